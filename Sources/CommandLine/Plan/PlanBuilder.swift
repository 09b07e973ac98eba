import Inspection
import KernelFormats
package import Options
import Query
import SocketModel
import Text

extension Plan {
  /// Finds out what the arguments mean.
  package init(_ typed: TypedArguments, in environment: Environment) throws(UsageError) {
    if let command = typed.command.flatMap(typed.registry.leadingCommand), let table = command.ownOptions {
      self = try Plan(command, table, typed, in: environment)
    } else if let command = typed.operands.first.flatMap(typed.registry.command) {
      var behind = typed
      behind.operands.removeFirst()
      self = try Plan(command, behind, in: environment)
    } else if typed.has(.help) {
      self = .help(try HelpSubject(typed.allOperands, in: typed.registry))
    } else if typed.has("version") {
      self = .version
    } else if typed.has("list-columns") {
      self = .listColumns
    } else {
      var builder = ListPlanBuilder(typed, in: environment)
      try ListingOptions.listing.apply(typed.options, to: &builder)
      self = .list(try builder.build(operands: typed.allOperands))
    }
  }

  /// The meaning of the arguments of a command that came first and has its own options.
  private init(
    _ command: Command, _ table: OptionTable, _ typed: TypedArguments, in environment: Environment
  ) throws(UsageError) {
    if typed.has(.help) {
      let named = typed.allOperands.first { table.option(named: $0) != nil }
      self = .help(try HelpSubject([command.name, named].compactMap { $0 }, in: typed.registry))
      return
    }
    if command.operands.count == 0...0, let operand = typed.allOperands.first { throw .operand(operand, of: command) }
    try table.check(typed.options)
    self = try command.meaning(typed, environment)
  }

  /// The meaning of the arguments around a command that shares the options of the listing.
  private init(_ command: Command, _ typed: TypedArguments, in environment: Environment) throws(UsageError) {
    let isHelp = if case .subject = command.operands { true } else { false }
    if typed.has(.help) {
      self = .help(try HelpSubject(isHelp ? typed.allOperands : [command.name], in: typed.registry))
      return
    }
    let allowed = command.sharedOptions
    for option in typed.options where allowed?.option(option.id) == nil {
      throw UsageError("\(option.spelling) does not go with \(command.name)", [command.usage])
    }
    let wanted = command.operands.count
    guard wanted.contains(typed.allOperands.count) else {
      let problem = typed.allOperands.count < wanted.lowerBound ? "something is missing" : "too much"
      throw UsageError("\(command.name): \(problem) behind the command", [command.usage])
    }
    guard !command.hasOwnOptions else { throw .lateCommand(command) }
    self = try command.meaning(typed, environment)
  }
}

/// Collects a listing from the options, one by one: each notes its meaning here, and
/// ``build(operands:)`` decides what all of them mean together.
package struct ListPlanBuilder {
  let environment: Environment
  let registry: Registry
  var plan = ListPlan()
  var selections: [Query] = []
  /// The ports of the last selection with ports.
  var ports: AskedPorts?
  /// Transports that were named individually, and by a word for several.
  var named: Set<Transport> = []
  private var grouped: Set<Transport> = []
  /// Transports that a selection implies, listed when none is named.
  var implied: Set<Transport> = []
  var families: Set<AddressFamily> = []
  var listening = false
  var everything = false
  var colour = ColourChoice.auto
  var width: Int??
  var columns: TypedArguments.Occurrence?
  var added: [Field] = []
  var removed: [Field] = []
  /// The transports that `-A` names, and those that it excludes.
  private var words: [TransportWord] = []
  private var unwanted: Set<Transport> = []
  var sort: TypedArguments.Occurrence?
  var reverse = false
  var unique: TypedArguments.Occurrence?
  private var format: (spelling: String, format: OutputPlan.Format)?
  private var content: String?
  /// Whether sockets are looked at more than once, so that they have rates.
  var hasRates = false

  init(_ typed: TypedArguments, in environment: Environment) {
    self.environment = environment
    registry = typed.registry
    plan.typedLine = TypedLine(typed.line)
  }

  /// The listing that the options and operands ask for.
  mutating func build(operands: [String]) throws(UsageError) -> ListPlan {
    let optionCount = selections.count
    try takeOperands(operands)
    let operandRange = optionCount..<selections.count
    if selections.count == 1 { plan.askedPorts = ports }
    if listening, !everything {
      plan.askedPorts?.listening = true
      selections.append(.state(SocketStateSet([.listen, .unconnected])))
    }
    named.subtract(unwanted)
    grouped.subtract(unwanted)
    selectKinds()
    plan.selection = .all(selections)
    plan.typedQuery = operands.joined(separator: " ")
    selections.removeSubrange(operandRange)
    plan.optionSelection = .all(selections)
    plan.serverPorts = plan.askedPorts ?? plan.selection.serverPorts.map(AskedPorts.init)
    chooseTransports()
    try chooseColumns()
    try chooseOrder()
    try chooseUniqueRows()
    if plan.root == nil, let root = RootVariable.value(environment.variable) {
      plan.root = root
      plan.isRootByVariable = true
    }
    if plan.root == nil, plan.byteOrder != nil {
      throw UsageError("--byte-order goes with --root only", ["the byte order of the running kernel is known"])
    }
    if plan.root != nil, plan.source == .diag {
      let name = plan.isRootByVariable ? RootVariable.name : "--root"
      throw UsageError("--source diag asks the live kernel and does not go with \(name)")
    }
    if !hasRates { try refuseRates() }
    plan.output.color = environment.wantsColour(colour, isTerminal: environment.isTerminal)
    if let width {
      plan.output.width = width
    } else if environment.isTerminal {
      plan.output.width = environment.terminalWidth ?? 80
    }
    return plan
  }

  /// Refuses fields that only more than one scan can show.
  private func refuseRates() throws(UsageError) {
    guard plan.request().requiredDetails.contains(.byteCounters) else { return }
    throw UsageError(
      "bytes a second (rx_rate, tx_rate) need two looks at the sockets, and this takes one",
      [
        "watch has them: sockinspect watch --columns +rx_rate,tx_rate",
        "as do the sums of top: sockinspect top",
      ])
  }

  private mutating func takeOperands(_ operands: [String]) throws(UsageError) {
    let text = operands.joined(separator: " ")
    if let hints = Habits.hints(forCommand: operands) {
      throw UsageError("\(quoted(operands[0])) is no command", hints)
    }
    guard text.contains(where: { !$0.isWhitespace }) else {
      if operands.isEmpty { return }
      throw UsageError("the query is empty")
    }
    if operands.allSatisfy(QueryReading.isPortList) {
      // Adjacent ports are one list.
      let list = operands.map { String($0.drop { $0 == ":" }) }.joined(separator: ",")
      try selectPorts(TypedArguments.Occurrence(id: "port", spelling: "port", value: list), at: .either)
      return
    }
    // `--unix PATH listen-demo`: the value of a command's option was read as the beginning of a
    // query.
    let late = operands.dropFirst().lazy.compactMap { [registry] in registry.leadingCommand($0) }.first
    let reading: QueryReading
    do throws(UsageError) {
      let shown = TextFields.of(try shownColumns())
      reading = try QueryReading(typed: text, names: environment.names(), shown: shown, registry)
    } catch {
      throw late.map { .lateCommand($0) } ?? error
    }
    if let late, reading.words.contains(where: { $0.text == late.name }) { throw .lateCommand(late) }
    selections.append(reading.query)
    plan.words = reading.words
    if reading.has(.port) { implied.formUnion(Transport.allCases.filter(\.hasPorts)) }
    if reading.has(.address) { implied.formUnion(Transport.allCases.filter(\.isInternet)) }
  }

  /// The columns of a table, from what was named so far.
  private func shownColumns() throws(UsageError) -> [Field] {
    let choice = try columnChoice(columns, added: added)
    return choice.columns(default: [], owners: true)
  }

  /// Notes the transports of a list that was typed.
  mutating func takeTransports(_ typed: TypedArguments.Occurrence) throws(UsageError) {
    let items = typed.text.split(separator: ",", omittingEmptySubsequences: false)
    for item in items {
      let isUnwanted = item.hasPrefix("!")
      let name = String(isUnwanted ? item.dropFirst() : item)
      guard let word = TransportWord(name) else { throw .unknownTransport(name, for: typed.spelling) }
      if isUnwanted {
        unwanted.formUnion(word.transports)
      } else {
        words.append(word)
        if word.isSingle { named.formUnion(word.transports) } else { grouped.formUnion(word.transports) }
      }
    }
    // `!tcp` alone means all but TCP.
    if items.allSatisfy({ $0.hasPrefix("!") }) { grouped.formUnion(Transport.allCases) }
  }

  /// Notes the meaning of the name of a family of sockets.
  mutating func takeFamily(_ typed: TypedArguments.Occurrence) throws(UsageError) {
    guard let family = SocketFamily(rawValue: typed.text) else {
      if UsageError.familiesOfOthers.contains(typed.text) { throw .unknownTransport(typed.text, for: typed.spelling) }
      _ = try typed.choice()
      return
    }
    switch family {
    case .inet: families.insert(.ipv4)
    case .inet6: families.insert(.ipv6)
    case .unix: named.insert(.unix)
    case .link: named.insert(.packet)
    case .netlink: named.insert(.netlink)
    case .vsock: named.insert(.vsock)
    case .xdp: named.insert(.xdp)
    case .tipc: named.insert(.tipc)
    }
  }

  /// The condition of the words of `-A`, where one of them means only some sockets of a transport.
  private mutating func selectKinds() {
    guard words.contains(where: { $0.families != nil || $0.types != nil }) else { return }
    let whole = named.subtracting(words.reduce(into: []) { $0.formUnion($1.transports) })
    selections.append(.any(words.map(\.query) + [.transport(whole)]))
  }

  private mutating func chooseTransports() {
    if !families.isEmpty { plan.families = families }
    plan.namedTransports = named
    plan.transportsAreDefault = false
    var chosen = named.union(grouped)
    if chosen.isEmpty, everything || plan.output.content == .summary {
      chosen = Set(Transport.allCases)
      if !families.isEmpty { chosen = chosen.filter(\.isInternet) }
    } else if chosen.isEmpty {
      chosen = implied.union([.tcp, .udp]).union(plan.selection.mentionedTransports ?? [])
      // Their sockets are found by the processes that have them.
      if plan.selection.asksForProcesses { chosen.formUnion([.vsock, .xdp, .tipc, .other]) }
      plan.transportsAreDefault = true
    }
    plan.transports = chosen
  }

  private mutating func chooseColumns() throws(UsageError) {
    if let columns, plan.output.content != .sockets {
      throw UsageError("\(columns.spelling) has no meaning with \(content ?? "counts")")
    }
    plan.output.choice = try columnChoice(columns, added: added, removed: removed)
    guard plan.columns?.isEmpty != true else {
      throw UsageError("\(columns?.spelling ?? "--columns"): no column is left")
    }
  }

  private mutating func chooseUniqueRows() throws(UsageError) {
    guard let unique else { return }
    if plan.output.content != .sockets {
      throw UsageError("\(unique.spelling) has no meaning with \(content ?? "counts"): each row is unique")
    }
    if let peer = plan.columns?.first(where: \.isOfPeer) {
      throw UsageError(
        "\(unique.spelling) does not go with \(peer.description.name), which belongs to another socket",
        ["--count-by \(peer.description.name) lists each once"])
    }
    guard plan.columns != nil else {
      throw UsageError(
        "\(unique.spelling) with \(format?.spelling ?? "JSON") needs --columns",
        ["whole objects differ: \(format?.spelling ?? "--json") \(unique.spelling) --columns pid,process"])
    }
    plan.output.isUnique = true
  }

  private mutating func chooseOrder() throws(UsageError) {
    plan.output.order = SortOrder(isReversed: reverse)
    guard let sort else { return }
    if let content {
      let order = plan.output.content == .summary ? "its order is fixed" : "the largest count comes first"
      throw UsageError("\(sort.spelling) has no meaning with \(content): \(order)")
    }
    do throws(QueryError) {
      plan.output.order = try SortOrder.parse(sort.text, isReversed: reverse)
    } catch {
      throw UsageError(error, in: sort.spelling)
    }
  }

  /// Notes that sockets are counted by the columns that were typed.
  mutating func showCounts(_ typed: TypedArguments.Occurrence) throws(UsageError) {
    let counts: CountBy
    do throws(QueryError) {
      counts = try CountBy.parse(typed.text)
    } catch {
      throw UsageError(error, in: typed.spelling)
    }
    try show(.counts(counts), typed)
  }

  /// Notes the shape of the data, of which there can be only one.
  mutating func choose(_ new: OutputPlan.Format, _ typed: TypedArguments.Occurrence) throws(UsageError) {
    if let format, format.format != new {
      throw UsageError("\(format.spelling) and \(typed.spelling) exclude each other")
    }
    format = (typed.spelling, new)
    plan.output.format = new
  }

  /// Notes what is shown about the sockets, which can be only one thing.
  mutating func show(_ new: OutputPlan.Content, _ typed: TypedArguments.Occurrence) throws(UsageError) {
    if let content, content != typed.spelling, plan.output.content != new {
      throw UsageError("\(content) and \(typed.spelling) exclude each other")
    }
    content = typed.spelling
    plan.output.content = new
  }
}

/// The families of sockets by their names in ss.
enum SocketFamily: String, CaseIterable {
  case inet, inet6, unix, link, netlink, vsock, xdp, tipc
}
