/// The declaration of a field: everything about it that does not depend on a socket. It is the only
/// place where a field is added.
///
/// Columns, queries, orders, counts, JSON, CSV, help, completions and the manual page read it.
/// Where a table cell or JSON member has a special form, the writer of cells (`CellWriter`) or
/// members (`JSONMember`) also has a case for the field.
public final class FieldDeclaration: Sendable {
  /// The field.
  package let field: Field

  // MARK: Names

  /// The name in queries, `--columns` and CSV headers: lower case with `_`, ending in its unit
  /// where there is one.
  public let name: String
  /// Other spellings that are understood: those of `ss`, `netstat` and `lsof`.
  public let aliases: [String]
  /// The heading of the column in a table.
  public let title: String
  /// One line that says what it is.
  public let summary: String

  // MARK: Values

  /// What kind of values it has, and so how they are compared.
  public let type: FieldType
  /// The unit of a number: `bytes`, `us`, `ms`, `segments` ...; `nil` for plain numbers and
  /// everything else.
  public let unit: String?
  /// The words for its numbers in tables and queries; JSON and CSV keep the numbers.
  package let numberWords: NumberWords?
  /// How the text of a query is compared with its text.
  package let textForm: TextForm
  /// How its value is read.
  package let access: FieldAccess
  /// Whether it has one value for each owner of a socket rather than one for the socket.
  package let isPerOwner: Bool

  // MARK: Which sockets have it, and who reports it

  /// What must be collected before it has a value.
  public let requiredDetails: RequiredDetails
  /// The transports whose sockets a query for it can find.
  package let transports: TransportSet
  /// Whether a query for it selects only these transports, which are then listed even if they are
  /// not by default.
  package let impliesTransports: Bool
  /// The states in which a socket can have it.
  package let states: SocketStateSet
  /// The transports for which sock_diag reports it and the tables of `/proc/net` do not.
  package let notInTables: TransportSet
  /// Whether it can change without a ``SocketEvent``: true of everything but the kind of socket and
  /// its state.
  package let changesUnseen: Bool

  // MARK: Tables and JSON

  /// How long its column stays when a terminal gets narrow: columns with a low number are hidden
  /// first.
  package let priority: Int
  /// How a cell that is too wide is shortened.
  package let cut: FieldCut
  /// The field whose value includes this one's, so that an output need not show both.
  package let includedIn: Field?
  /// Its place in a full JSON object; `nil` when it is not in it, or other members already
  /// say the same.
  package let json: JSONPlace?

  /// Makes a declaration. The defaults are those of most fields: every socket can have a value,
  /// both sources report it, and it costs nothing to collect.
  package init(
    _ field: Field, _ name: String, _ title: String, _ type: FieldType, unit: String? = nil, aliases: [String] = [],
    requiredDetails: RequiredDetails = [], transports: TransportSet = .all, impliesTransports: Bool = false,
    states: SocketStateSet = .all, notInTables: TransportSet = [], changesUnseen: Bool = true, priority: Int = 20,
    cut: FieldCut = .tail(least: nil), includedIn: Field? = nil, json: JSONPlace? = nil,
    numberWords: NumberWords? = nil, textForm: TextForm = .plain, _ access: FieldAccess, _ summary: String
  ) {
    self.field = field
    self.name = name
    self.title = title
    self.type = type
    self.unit = unit
    self.aliases = aliases
    self.requiredDetails = requiredDetails
    self.transports = transports
    self.impliesTransports = impliesTransports
    self.states = states
    self.notInTables = notInTables
    self.changesUnseen = changesUnseen
    self.priority = priority
    self.cut = cut
    self.includedIn = includedIn
    self.json = json
    self.numberWords = numberWords
    self.textForm = textForm
    self.access = access
    self.summary = summary
    isPerOwner = access.isOfOwner
  }

  /// Whether its column holds numbers, which are right-aligned. The numbers of several owners are a
  /// list, which is text.
  package var isRightAligned: Bool {
    !isPerOwner && (numberWords == nil || numberWords == .rate) && (type == .number || type == .port)
  }
}

/// How the value of a field is read.
///
/// A reader gets only the part of a socket that it needs, never the ``Snapshot``: so it reads rows
/// of a scan and single events alike (see ``SocketRowSource``), and copies nothing. Loops over many
/// rows look at the case once, before the first row.
package enum FieldAccess: Sendable {
  /// A number of the record; `nil` when it was not reported or has no meaning for the socket.
  case number(@Sendable (SocketRecord) -> UInt64?)
  /// A number of the record that names something and may need all 64 bits: more than readers of
  /// JSON keep of a number.
  case identifier(@Sendable (SocketRecord) -> UInt64?)
  /// An identifier of the record that is shown in hexadecimal.
  case hexadecimal(@Sendable (SocketRecord) -> UInt64?)
  /// One of a fixed set of words, by its code.
  case word(FieldWords, @Sendable (SocketRecord) -> UInt8?)
  /// Yes or no.
  case flag(@Sendable (SocketRecord) -> Bool?)
  /// A number of the record that has a name in one of the tables that come with a scan.
  case named(NamesByNumber, @Sendable (SocketRecord) -> UInt32?)
  /// The port of an end.
  case port(SocketEnd)
  /// The address of an end.
  case address(SocketEnd)
  /// An end with address and port, or what sockets outside the internet families have instead.
  case endpoint(SocketEnd)
  /// A number of the memory accounting.
  case memory(@Sendable (SocketMemory) -> UInt32?)
  /// A figure of `tcp_info`.
  case metric(TCPMetric)
  /// A number of the details.
  case detailNumber(@Sendable (SocketDetail) -> UInt64?)
  /// Anything else in the details.
  case detail(@Sendable (SocketDetail) -> FieldValue)
  /// The control group, by its path.
  case cgroup
  /// A part of the workload.
  case workload(WorkloadPart)
  /// The name of a unix socket.
  case unixName
  /// How the owners were found, by its code.
  case attribution(FieldWords)
  /// A figure of the traffic of a tracked socket.
  case traffic(@Sendable (SocketTraffic) -> UInt64?)
  /// Why there are no owners, by its code.
  case ownerReason(FieldWords)
  /// Something of the scan as a whole.
  case scan(@Sendable (SnapshotMeta) -> FieldValue)
  /// A number of each owner.
  case ownerNumber(@Sendable (Owner) -> UInt64?)
  /// The name of each owner: that of its process, or what it is when it is not a process.
  case ownerName
  /// Something of each owner's process.
  case process(@Sendable (ProcessInfo) -> FieldValue)
  /// The user of each owner's process, by name.
  case processUser
  /// When each owner's process started, in seconds since 1970.
  case processStart
  /// How long each owner's process has been running when the scan began, in seconds.
  case processAge
  /// The same of the socket at the other end.
  indirect case ofPeer(FieldAccess)

  /// Whether there is one value per owner, of the socket or of the one at the other end.
  package var isOfOwner: Bool {
    switch self {
    case .ofPeer(let access): access.isOfOwner
    case .ownerNumber, .ownerName, .process, .processUser, .processStart, .processAge: true
    default: false
    }
  }
}

/// A table of names that comes with a scan.
package enum NamesByNumber: Sendable, Hashable {
  /// ``Snapshot/userNames``, by user id.
  case users
  /// ``Snapshot/interfaceNames``, by interface index; 0 stands for none.
  case interfaces
}

/// The words of a field of ``FieldType/word`` or ``FieldType/state``: each has a code below 64.
package struct FieldWords: Sendable {
  /// What one of them is, for messages: `socket type`.
  package let what: String
  /// Whether sockets are sorted by the codes rather than by the words.
  package let areOrdered: Bool
  /// The word with a code.
  package let name: @Sendable (UInt8) -> String?
  /// The words that a query may use with their codes, those that are shown first.
  package let spellings: @Sendable () -> [(name: String, code: UInt8)]

  package init(
    _ what: String, areOrdered: Bool = false, name: @escaping @Sendable (UInt8) -> String?,
    spellings: @escaping @Sendable () -> [(name: String, code: UInt8)]
  ) {
    self.what = what
    self.areOrdered = areOrdered
    self.name = name
    self.spellings = spellings
  }
}

/// Words for the numbers of a field.
package enum NumberWords: Sendable, Hashable {
  /// The number is an index into the words, from 0. `what` names one of them in messages.
  case ordinals(what: String, [String])
  /// Each bit of the number stands for a word, the lowest for the first; the number is below 256.
  case bits(what: String, [String])
  /// The number is a time in seconds since 1970.
  case time
  /// The number is a time span in seconds, shown in its two largest units: `3d4h`. Queries take it
  /// as a number with a unit.
  case duration
  /// The number is a rate in bytes per second, shown as `1.5MB`. Queries take it as a number with a
  /// unit.
  case rate
  /// The number is that of a network namespace; its name comes with a scan,
  /// ``Snapshot/namespaces``.
  case namespaces
}

/// How the text of a query is compared with the text of a field.
package enum TextForm: Sendable, Hashable {
  /// As it is, or as a pattern.
  case plain
  /// As the name of a process, or of its program.
  case process
  /// As the path of a control group in any of its forms.
  case cgroupPath
  /// As a hexadecimal number with or without `0x`.
  case hexadecimal
}

/// How the cell of a field is shortened.
package enum FieldCut: Sendable, Hashable {
  /// It is one of the program's own short words and stays whole.
  case never
  /// It is the end of a socket: the address loses its middle, the port stays.
  case end
  /// It is a path, whose beginning and end matter most; it needs at least `least` columns.
  case path(least: Int)
  /// Its tail is cut off; it needs at least `least` columns, or its full width when `nil`.
  case tail(least: Int?)
}

/// The place of a field in a full JSON object.
package struct JSONPlace: Sendable, Hashable {
  /// The names of the member and of the objects around it, separated by dots: `tcp.rtt_us`;
  /// `owners[].pid` is in each object of a list.
  package let path: String
  /// The position in the order of the members, from low to high. Fields with equal positions stand
  /// in the order of the registry.
  package let place: Int

  /// The position after all explicit ones.
  package static let last = 1000

  package init(_ path: String, _ place: Int = JSONPlace.last) {
    self.path = path
    self.place = place
  }
}
