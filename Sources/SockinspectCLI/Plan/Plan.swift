import Inspection
import KernelFormats
import Selection
import SocketModel

/// What the arguments mean: everything is decided, nothing is done yet.
enum Plan: Sendable {
  case help(HelpSubject)
  case version
  case completions(Shell)
  case man
  case listColumns
  case capture(CapturePlan)
  case link(LinkPlan)
  case list(ListPlan)
  case watch(WatchPlan)
  case listenDemo(ServerPlan)
  case connectDemo(ClientPlan)
  case flowDemo(FlowPlan)
  case hold(HoldPlan)
  case explain(ExplainPlan)
}

/// The help that was requested.
enum HelpSubject: Sendable, Equatable {
  case short
  case options
  case topic(TopicID)
  /// An option of a command that has its own options, or else of the listing.
  case option(OptionID, of: Command?)
}

/// A capture to make.
struct CapturePlan: Sendable, Equatable {
  var directory: String
  var root: String?
  /// Whether a variable and not an option names the root.
  var isRootByVariable = false
  /// The order of bytes of the root's tables; `nil` to find it out.
  var byteOrder: ByteOrder?
  var redact = false
  /// Milliseconds from one capture of a series to the next; `nil` for one capture.
  var interval: Int?
  /// After how many milliseconds a series ends by itself; `nil` for never.
  var lifetime: Int?
  var strict = false
  var quiet = false
}

/// Links to make: `link`.
struct LinkPlan: Sendable, Equatable {
  var directory: String
  var quiet = false
}

/// A listing to make.
struct ListPlan: Sendable {
  /// The transports to list.
  var transports: Set<Transport> = [.tcp, .udp]
  /// Those that were named one by one: one without a source is a problem.
  var namedTransports: Set<Transport> = []
  /// Whether no transports were chosen, so that a query may name more.
  var transportsAreDefault = true
  /// The internet families to list.
  var families: Set<AddressFamily> = [.ipv4, .ipv6]
  /// What options and query ask of each socket.
  var selection = Query.everything
  /// The ports, when the arguments select by nothing else, except for `--listening`.
  var askedPorts: AskedPorts?
  /// The words of the query that stood alone, and how each was read.
  var words: [QueryReading.Word] = []
  /// The arguments as they were typed, for hints that repeat them.
  var typedLine = TypedLine()
  /// The processes that `--pid` names one by one; each must exist.
  var askedProcesses: [Int32] = []
  var source = InspectionRequest.Source.auto
  /// The folder, file or `-` to read instead of the live kernel.
  var root: String?
  /// Whether an environment variable, not an option, names it, which is easily forgotten.
  var isRootByVariable = false
  /// The order of bytes of the root's tables; `nil` to find it out.
  var byteOrder: ByteOrder?
  var output = OutputPlan()
  /// Whether owners are shown and, for that, looked for.
  var owners = true
  var strict = false
  var quiet = false
}

/// Ports that were requested, in the words of the request.
struct AskedPorts: Sendable, Equatable {
  /// The ports as they stand in a sentence: `local port 80`, `ports 80,443`.
  var name: String
  /// The option and its value as they would be typed; `nil` for ports of peers, which no server has.
  var typed: String?
  /// Whether only servers were requested.
  var listening = false

  /// Creates it from the value of an option; `nil` for one that asks for all other ports.
  init?(_ text: String, at end: Query.End) {
    let list = String(text.drop { $0 == ":" })
    guard let first = list.utf8.first, first != UInt8(ascii: "!"), first != UInt8(ascii: "^"),
      list.utf8.allSatisfy({ (0x21..<0x7F).contains($0) })
    else { return nil }
    // The name of a service may have a dash; behind a digit it is a range.
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
struct OutputPlan: Sendable, Equatable {
  /// The shape of the data.
  enum Format: String, Sendable { case table, json, ndjson, csv }
  /// What is shown of the sockets.
  enum Content: Sendable, Equatable {
    case sockets
    case counts(CountBy)
    case summary
  }

  var format = Format.table
  var content = Content.sockets
  /// The requested columns.
  var choice = ColumnChoice()
  /// The order of rows.
  var order = SortOrder()
  var limit: Int?
  var header = true
  var resolve = false
  var color = false
  /// How wide the table may be, `nil` for no limit.
  var width: Int?
}

/// What the environment provides while the arguments are interpreted. A value, so that tests can
/// make their own.
struct Surroundings: Sendable {
  /// The value of an environment variable.
  var variable: @Sendable (String) -> String?
  /// Whether standard output is a terminal.
  var isTerminal: Bool
  /// The width of that terminal.
  var terminalWidth: Int?
  /// Whether standard error is a terminal.
  var errorIsTerminal = false
  /// The width of that one.
  var errorWidth: Int?
  /// The names that may be typed instead of numbers; read only when something is selected.
  var names: @Sendable () -> NameTables
}
