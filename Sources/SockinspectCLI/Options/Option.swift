/// One option of the command line, as data. Help, man page, completions, parsing and "did you mean" are all made from it.
struct Option: Sendable {
  /// What the option is, for the code that gives it its meaning.
  let id: OptionID
  /// The long name without its dashes; empty for an option of a classic program that is spelled in one way only.
  let long: String
  /// The short letter, when there is one.
  let short: Character?
  /// The one spelling of an option of a classic program, with its sign: `-i`, `+c`.
  let spelling: String?
  /// Other long names that mean the same: those of the tools that people come from.
  let aliases: [String]
  /// The value that follows it; `nil` for an option that takes none.
  let value: OptionValue?
  /// The chapter of the help that explains it.
  let topic: TopicID
  /// One line, lower case, without a full stop: at most ``summaryLimit`` characters.
  let summary: String
  /// The whole explanation: sentences, with literal text between backticks.
  let documentation: String
  /// Examples: arguments after the program's name, and what they do.
  let examples: [Example]
  /// Whether it is among the few that `--help` shows.
  let isCommon: Bool

  /// The length at which a summary still fits beside the option in 80 columns.
  static let summaryLimit = 52

  init(
    _ id: OptionID, _ long: String, _ short: Character? = nil, aliases: [String] = [], value: OptionValue? = nil,
    topic: TopicID, common: Bool = false, _ summary: String, examples: [Example] = [], _ documentation: String
  ) {
    self.id = id
    self.long = long
    self.short = short
    spelling = nil
    self.aliases = aliases
    self.value = value
    self.topic = topic
    self.summary = summary
    self.documentation = documentation
    self.examples = examples
    isCommon = common
  }

  /// Declares an option that is spelled in one way only: a letter, behind whatever sign, or a word.
  init(
    _ id: OptionID, spelling: String, value: OptionValue? = nil, topic: TopicID, _ summary: String,
    examples: [Example] = [], _ documentation: String
  ) {
    self.id = id
    long = ""
    short = nil
    self.spelling = spelling
    aliases = []
    self.value = value
    self.topic = topic
    self.summary = summary
    self.documentation = documentation
    self.examples = examples
    isCommon = false
  }

  /// Every way to write the option, with signs.
  var spellings: [String] { spelling.map { [$0] } ?? [short.map { "-\($0)" }, "--\(long)"].compactMap { $0 } }

  /// How the option is written at the head of its explanation: `-A, --transport LIST`.
  var synopsis: String {
    if let spelling { return value.map { "\(spelling) \($0.placeholder)" } ?? spelling }
    let name = short.map { "-\($0), --\(long)" } ?? "--\(long)"
    return value.map { "\(name) \($0.placeholder)" } ?? name
  }
}

/// The value that follows an option.
struct OptionValue: Sendable, Hashable {
  /// The word that stands for it in help, in capitals.
  let placeholder: String
  /// What it can be.
  let kind: ValueKind

  init(_ placeholder: String, _ kind: ValueKind) {
    self.placeholder = placeholder
    self.kind = kind
  }
}

/// What the value of an option can be: decides which completions are offered.
enum ValueKind: Sendable, Hashable {
  /// Ports, ranges of them and service names.
  case ports
  /// Addresses and blocks of them.
  case addresses
  /// Process ids.
  case processIDs
  /// Process names.
  case processNames
  /// User names and numbers.
  case users
  /// A folder or file.
  case path
  /// A number.
  case number
  /// The name or address of a host.
  case host
  /// A query.
  case query
  /// Any text.
  case text
  /// One of some words.
  case choice([String])
  /// Some words with commas between them.
  case list([String])

  /// The words there are, when they are known beforehand.
  var words: [String] {
    switch self {
    case .choice(let words), .list(let words): words
    default: []
    }
  }
}

/// One example: what is typed behind `sockinspect`, and what it does.
struct Example: Sendable, Hashable {
  /// The arguments, quoted for a shell.
  let arguments: String
  /// What it shows, lower case, without a full stop.
  let effect: String

  init(_ arguments: String, _ effect: String) {
    self.arguments = arguments
    self.effect = effect
  }
}

/// Every option there is. Tables of different commands may declare the same one differently.
enum OptionID: Hashable, Sendable, CaseIterable {
  case port, localPort, remotePort, address, local, remote, state, listening, all, pid, process, user, ipv4, ipv6
  case transport, tcp, udp, unix, raw, packet, mptcp, udplite, icmp, netlink
  case json, ndjson, csv, columns, listColumns, sort, reverse, limit, countBy, summary, noHeader, resolve, numeric
  case color, width, wide, owners, noOwners, extended, info, memory, timer
  case boundInactive, family, oneLine, noQueues, typeOfService, controlGroup
  case source, root, byteOrder, strict, quiet, redact, help, version
  case host, dualStack, backlog, reuseAddress, reusePort, reply, echo, delay, buffer, timeout, once, maxClients
  case neverAccept, neverRead, neverClose, drop, reorder, hold, duration, step
  case numericHosts, numericPorts, numericUsers, continuous, verbose, addressFamily, sctp
  case message, count, parallel, halfClose, reset, noGuarantee, language
  case lsofInternet, lsofUnix, lsofProcess, lsofCommand, lsofUser, lsofGroup, lsofDescriptors, lsofAnd, lsofStates
  case lsofNumericHosts, lsofNumericPorts, lsofNumericUsers, lsofTerse, lsofInformation, lsofFields, lsofCommandWidth
  case lsofFlags, lsofParent, lsofOffset, lsofLinks, lsofRepeat, lsofRepeatWhileAny, lsofVerbose, lsofAllowMissing
  case lsofNoWarnings, lsofRoot, lsofHelp, lsofVersion
  case interval, events, view, until, untilGone, timestamps, every, allNamespaces
}
