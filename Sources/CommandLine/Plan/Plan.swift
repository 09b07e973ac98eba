package import Inspection
package import KernelFormats
import Lesson
package import Options
package import Query
package import SocketModel

/// The meaning of the arguments: everything is decided, nothing is done yet.
package enum Plan: Sendable {
  case help(HelpSubject)
  case version
  case listColumns
  case list(ListPlan)
  case command(any CommandPlan)
}

/// The help that was requested.
package enum HelpSubject: Sendable, Equatable {
  case short
  case options
  case topic(TopicID)
  /// An option of a command with its own options, or otherwise of the listing.
  case option(OptionID, of: String?)
}

/// A capture to make.
package struct CapturePlan: Sendable, Equatable {
  /// The folder or file to write; `-` for an archive on standard output.
  package var directory: String
  package var root: String?
  /// The network namespaces to read.
  package var namespaces = NamespaceSelection.here
  /// Whether an environment variable, not an option, names the root.
  package var isRootByVariable = false
  /// The byte order of the root's tables; `nil` to find it out.
  package var byteOrder: ByteOrder?
  package var redact = false
  /// Whether one file, a tar archive, is written instead of a folder.
  package var archive = false
  /// Milliseconds between the captures of a series; `nil` for one capture.
  package var interval: Int?
  /// The number of milliseconds after which a series ends by itself; `nil` for never.
  package var lifetime: Int?
  package var strict = false
  package var quiet = false

  package init(directory: String) { self.directory = directory }
}

/// Links to make: `link`.
package struct LinkPlan: Sendable, Equatable {
  package var directory: String
  package var quiet = false

  package init(directory: String) { self.directory = directory }
}

/// A listing to make.
package struct ListPlan: Sendable {
  /// The transports to list.
  package var transports: Set<Transport> = [.tcp, .udp]
  /// Those that were named individually: one without a source is a problem.
  package var namedTransports: Set<Transport> = []
  /// Whether no transports were chosen, so that a query may name more.
  var transportsAreDefault = true
  /// The internet families to list.
  package var families: Set<AddressFamily> = [.ipv4, .ipv6]
  /// The condition of options and query on each socket.
  package var selection = Query.everything
  /// The part of it that options ask for, and the query besides, as it was typed.
  package var optionSelection = Query.everything
  package var typedQuery = ""
  /// The ports, when the arguments select by nothing else, except for `--listening`.
  package var askedPorts: AskedPorts?
  /// The ports of the servers that the arguments ask for, whatever else they ask.
  package var serverPorts: AskedPorts?
  /// The words of the query that stood alone, and how each was understood.
  package var words: [QueryReading.Word] = []
  /// The arguments as they were typed, for hints that repeat them.
  package var typedLine = TypedLine()
  /// The processes that `--pid` names individually; each must exist.
  package var askedProcesses: [Int32] = []
  package var source = InspectionRequest.Source.auto
  /// The folder, file or `-` to read instead of the live kernel.
  package var root: String?
  /// The network namespaces to read.
  package var namespaces = NamespaceSelection.here
  /// Whether an environment variable, not an option, names the root, which is easily forgotten.
  package var isRootByVariable = false
  /// The byte order of the root's tables; `nil` to find it out.
  package var byteOrder: ByteOrder?
  package var output = OutputPlan()
  /// Whether owners are shown and therefore looked for.
  package var owners = true
  package var strict = false
  package var quiet = false
}

/// Requested ports, in the words of the request.
package struct AskedPorts: Sendable, Equatable {
  /// The ports as part of a sentence: `local port 80`, `ports 80,443`.
  package var name: String
  /// The option and its value as they would be typed; `nil` for ports of peers, which no server
  /// has.
  package var typed: String?
  /// Whether only servers were requested.
  package var listening = false

  /// Makes it from the ports of servers that a query is about.
  init(_ servers: ServerPorts) {
    let ranges = servers.ports.ranges.map { range in
      range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
    }
    let list = ranges.joined(separator: ",")
    let noun = list.utf8.allSatisfy { ("0"..."9").contains(Unicode.Scalar($0)) } ? "port" : "ports"
    name = (servers.isLocal ? "local " : "") + "\(noun) \(list)"
    typed = (servers.isLocal ? "--local-port " : "--port ") + list
  }

  /// Makes it from the value of an option; `nil` for one that asks for all other ports.
  init?(_ text: String, at end: Query.End) {
    let list = String(text.drop { $0 == ":" })
    guard let first = list.utf8.first, first != UInt8(ascii: "!"), first != UInt8(ascii: "^"),
      list.utf8.allSatisfy({ (UInt8(ascii: "!")..<UInt8(ascii: "\u{7F}")).contains($0) })
    else { return nil }
    // The name of a service may contain a dash; after a digit it makes a range.
    let isRange = list.utf8.contains(UInt8(ascii: "-")) && ("0"..."9").contains(Unicode.Scalar(first))
    let noun = list.utf8.contains(UInt8(ascii: ",")) || isRange ? "ports" : "port"
    switch end {
    case .either: (name, typed) = ("\(noun) \(list)", "--port \(list)")
    case .local: (name, typed) = ("local \(noun) \(list)", "--local-port \(list)")
    case .remote: (name, typed) = ("remote \(noun) \(list)", nil)
    }
  }
}

/// How a listing is shown.
package struct OutputPlan: Sendable, Equatable {
  /// The shape of the data.
  package enum Format: String, Sendable { case table, json, ndjson, csv }
  /// What is shown about the sockets.
  package enum Content: Sendable, Equatable {
    case sockets
    case counts(CountBy)
    case summary
  }

  package var format = Format.table
  package var content = Content.sockets
  /// The requested columns.
  package var choice = ColumnChoice()
  /// The order of rows.
  package var order = SortOrder()
  package var limit: Int?
  /// Whether rows that are printed the same are printed once.
  package var isUnique = false
  package var header = true
  package var resolve = false
  package var color = false
  /// The width of the table; `nil` for no limit.
  package var width: Int?
}

/// What the environment provides while the arguments are interpreted. It is a value, so that tests
/// can make their own.
package struct Environment: Sendable {
  /// The value of an environment variable.
  package var variable: @Sendable (String) -> String?
  /// Whether standard output is a terminal.
  package var isTerminal: Bool
  /// The width of that terminal.
  var terminalWidth: Int?
  /// Whether standard error is a terminal.
  var errorIsTerminal = false
  /// The width of that one.
  var errorWidth: Int?
  /// The names that may be typed instead of numbers; read only when something is selected.
  package var names: @Sendable () -> NameTables
  /// The settings of the live view; `nil` for none. Read only for the view.
  var settings: @Sendable () throws(UsageError) -> LiveSettingsFile? = { () throws(UsageError) in nil }
}
