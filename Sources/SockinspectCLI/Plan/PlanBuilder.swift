import Inspection
import KernelFormats
import Selection
import SocketModel

extension Plan {
  /// Finds out what the arguments mean.
  init(_ typed: TypedArguments, in surroundings: Surroundings) throws(UsageError) {
    if let command = typed.command {
      self = try Plan(command, typed, in: surroundings)
      return
    }
    let ids = typed.options.map(\.id)
    if let name = typed.operands.first, let command = Registry.command(name) {
      let operands = Array(typed.operands.dropFirst()) + typed.literalOperands
      self = try Self.command(command, operands, typed.options, ids.contains(.help), in: surroundings)
      return
    }
    if ids.contains(.help) {
      self = .help(try HelpSubject(typed.operands + typed.literalOperands))
    } else if ids.contains(.version) {
      self = .version
    } else if ids.contains(.listColumns) {
      self = .listColumns
    } else {
      var builder = ListPlanBuilder(surroundings: surroundings)
      self = .list(try builder.build(typed))
    }
  }

  private static func command(
    _ command: Command, _ operands: [String], _ options: [TypedArguments.Occurrence], _ wantsHelp: Bool,
    in surroundings: Surroundings
  ) throws(UsageError) -> Plan {
    if wantsHelp { return .help(try HelpSubject(command == .help ? operands : [command.rawValue])) }
    let allowed: Set<OptionID> =
      switch command {
      case .capture: [.redact, .root, .byteOrder, .strict, .quiet, .every, .duration]
      case .link: [.quiet]
      default: []
      }
    for option in options where !allowed.contains(option.id) {
      throw UsageError("\(option.spelling) does not go with \(command.rawValue)", [usage(command)])
    }
    let takesOne: Set<Command> = [.capture, .completions, .link]
    let wanted = takesOne.contains(command) ? 1...1 : command == .help ? 0...2 : 0...0
    guard wanted.contains(operands.count) else {
      let problem = operands.count < wanted.lowerBound ? "something is missing" : "too much"
      throw UsageError("\(command.rawValue): \(problem) behind the command", [usage(command)])
    }
    switch command {
    case .watch, .listenDemo, .connectDemo, .flowDemo, .explain, .netstat, .lsof: throw .lateCommand(command)
    case .help: return .help(try HelpSubject(operands))
    case .man: return .man
    case .version: return .version
    case .completions:
      guard let shell = Shell(rawValue: operands[0]) else {
        throw .unknownWord(operands[0], for: "completions", "shell", among: Shell.allCases.map(\.rawValue))
      }
      return .completions(shell)
    case .link: return .link(directory: operands[0], quiet: !options.isEmpty)
    case .capture:
      var plan = CapturePlan(directory: operands[0])
      for option in options {
        switch option.id {
        case .redact: plan.redact = true
        case .every: plan.interval = try option.duration(from: 10, to: 86_400_000)
        case .duration: plan.lifetime = try option.duration(from: 1)
        case .root: plan.root = option.value
        case .byteOrder: plan.byteOrder = ByteOrder(rawValue: try option.choice(of: Registry.listing))
        case .strict: plan.strict = true
        default: plan.quiet = true
        }
      }
      if plan.lifetime != nil, plan.interval == nil {
        throw UsageError("--for goes with --every only", ["one capture takes as long as it takes: add --every"])
      }
      if plan.root == nil, let root = surroundings.rootByVariable {
        plan.root = root
        plan.isRootByVariable = true
      }
      return .capture(plan)
    }
  }

  private static func usage(_ command: Command) -> String { "usage: sockinspect \(command.synopsis)" }
}

/// Gathers a listing from the options, one by one.
struct ListPlanBuilder {
  let surroundings: Surroundings
  private var plan = ListPlan()
  private var selections: [Query] = []
  /// The ports of the last selection that named any.
  private var ports: AskedPorts?
  private var named: Set<Transport> = []
  private var grouped: Set<Transport> = []
  /// Transports that a selection is about, listed when none is named.
  private var implied: Set<Transport> = []
  private var families: Set<AddressFamily> = []
  private var listening = false
  private var everything = false
  private var color = "auto"
  private var width: Int??
  private var columns: (spelling: String, text: String)?
  private var added: [Field] = []
  private var removed: [Field] = []
  /// What `-A` names, and what it takes away.
  private var words: [TransportWord] = []
  private var unwanted: Set<Transport> = []
  private var sort: (spelling: String, text: String)?
  private var reverse = false
  private var format: (spelling: String, format: OutputPlan.Format)?
  private var content: String?

  init(surroundings: Surroundings) { self.surroundings = surroundings }

  /// The listing that the arguments ask for.
  mutating func build(_ typed: TypedArguments) throws(UsageError) -> ListPlan {
    plan.typedLine = TypedLine(typed.line)
    for option in typed.options { try take(option) }
    try takeOperands(typed.operands + typed.literalOperands)
    if selections.count == 1 { plan.askedPorts = ports }
    if listening, !everything {
      plan.askedPorts?.listening = true
      selections.append(.state(SocketStateSet([.listen, .unconnected])))
    }
    named.subtract(unwanted)
    grouped.subtract(unwanted)
    selectKinds()
    plan.selection = .all(selections)
    chooseTransports()
    try chooseColumns()
    try chooseOrder()
    if plan.root == nil, let root = surroundings.rootByVariable {
      plan.root = root
      plan.isRootByVariable = true
    }
    if plan.root == nil, plan.byteOrder != nil {
      throw UsageError("--byte-order goes with --root only", ["the byte order of the running kernel is known"])
    }
    if plan.root != nil, plan.source == .diag {
      let name = plan.isRootByVariable ? Surroundings.rootVariable : "--root"
      throw UsageError("--source diag asks the live kernel and does not go with \(name)")
    }
    plan.output.color = surroundings.wantsColour(color, isTerminal: surroundings.isTerminal)
    if let width {
      plan.output.width = width
    } else if surroundings.isTerminal {
      plan.output.width = surroundings.terminalWidth ?? 80
    }
    return plan
  }

  private mutating func take(_ option: TypedArguments.Occurrence) throws(UsageError) {
    let text = option.value ?? ""
    switch option.id {
    case .port, .localPort, .remotePort, .address, .local, .remote, .state, .pid, .process, .user:
      selections.append(try Query(option, names: surroundings.names()))
      ports = AskedPorts(option)
      if option.id == .pid { plan.askedProcesses += Query.processIDs(listedIn: text) }
      if [.port, .localPort, .remotePort].contains(option.id) {
        implied.formUnion(Transport.allCases.filter(\.hasPorts))
      }
      if [.address, .local, .remote].contains(option.id) { implied.formUnion(Transport.allCases.filter(\.isInternet)) }
    case .boundInactive: selections.append(.state(SocketStateSet(.boundInactive)))
    case .family: try takeFamily(option)
    case .listening: listening = true
    case .all: everything = true
    case .ipv4: families.insert(.ipv4)
    case .ipv6: families.insert(.ipv6)
    case .transport: try takeTransports(text, option.spelling)
    case .tcp: named.insert(.tcp)
    case .udp: named.insert(.udp)
    case .unix: named.insert(.unix)
    case .raw: named.insert(.raw)
    case .packet: named.insert(.packet)
    case .mptcp: named.insert(.mptcp)
    case .udplite: named.insert(.udplite)
    case .icmp: named.insert(.icmp)
    case .netlink: named.insert(.netlink)
    default: try takeOutput(option, text)
    }
  }

  private mutating func takeOutput(_ option: TypedArguments.Occurrence, _ text: String) throws(UsageError) {
    switch option.id {
    case .json: try takeFormat(.json, option.spelling)
    case .ndjson: try takeFormat(.ndjson, option.spelling)
    case .csv: try takeFormat(.csv, option.spelling)
    case .countBy: try takeCounts(text, option.spelling)
    case .summary: try takeContent(.summary, option.spelling)
    case .columns: columns = (option.spelling, text)
    case .extended: added += [.user, .inode, .cookie, .interface]
    case .info:
      added += [
        .congestion, .tcp(.rtt), .tcp(.congestionWindow), .tcp(.totalRetransmits), .tcp(.bytesSent),
        .tcp(.bytesReceived),
      ]
    case .typeOfService: added += [.typeOfService, .trafficClass]
    case .controlGroup: added.append(.cgroup)
    case .noQueues: removed += [.receiveQueue, .sendQueue]
    case .memory: added += [.receiveAllocated, .receiveLimit, .sendAllocated, .sendLimit, .drops]
    case .timer: added += [.timer, .timerExpires, .retransmits]
    case .sort: sort = (option.spelling, text)
    case .reverse: reverse = true
    case .limit: plan.output.limit = try option.number(in: 0...1_000_000_000)
    case .noHeader: plan.output.header = false
    case .resolve: plan.output.resolve = true
    case .numeric: plan.output.resolve = false
    case .color: color = try option.choice(of: Registry.listing)
    case .width:
      let columns = try option.number(in: 0...1_000_000_000)
      width = .some(columns == 0 ? nil : columns)
    case .wide: width = .some(nil)
    case .owners: plan.owners = true
    case .noOwners: plan.owners = false
    case .source: plan.source = InspectionRequest.Source(rawValue: try option.choice(of: Registry.listing)) ?? .auto
    case .root:
      guard !text.isEmpty else { throw UsageError("\(option.spelling): the path is empty") }
      plan.root = text
    case .byteOrder: plan.byteOrder = ByteOrder(rawValue: try option.choice(of: Registry.listing))
    case .strict: plan.strict = true
    case .quiet: plan.quiet = true
    case .redact, .every, .duration:
      throw .ofCommands(option, of: plan.typedLine.arguments)
    default: break
    }
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
      // Ports side by side are one list.
      let list = operands.map { String($0.drop { $0 == ":" }) }.joined(separator: ",")
      let port = TypedArguments.Occurrence(id: .port, spelling: "port", value: list)
      selections.append(try Query(port, names: surroundings.names()))
      ports = AskedPorts(port)
      implied.formUnion(Transport.allCases.filter(\.hasPorts))
      return
    }
    // `--unix PATH listen-demo`: what a command's option takes is read as the beginning of a query.
    let late = operands.dropFirst().lazy.compactMap(Registry.command).first { $0.hasOwnOptions }
    let reading: QueryReading
    do throws(UsageError) {
      let shown = TextFields.of(try shownColumns())
      reading = try QueryReading(typed: text, names: surroundings.names(), shown: shown)
    } catch {
      throw late.map { .lateCommand($0) } ?? error
    }
    if let late, reading.words.contains(where: { $0.text == late.rawValue }) { throw .lateCommand(late) }
    selections.append(reading.query)
    plan.words = reading.words
    if reading.has(.port) { implied.formUnion(Transport.allCases.filter(\.hasPorts)) }
    if reading.has(.address) { implied.formUnion(Transport.allCases.filter(\.isInternet)) }
  }

  /// The columns of a table of what was named so far.
  private func shownColumns() throws(UsageError) -> [Field] {
    let choice = try columnChoice(columns?.text, spelling: columns?.spelling ?? "--columns", added: added)
    return choice.columns(default: [], owners: true)
  }

  private mutating func takeTransports(_ text: String, _ spelling: String) throws(UsageError) {
    let items = text.split(separator: ",", omittingEmptySubsequences: false)
    for item in items {
      let isUnwanted = item.hasPrefix("!")
      let name = String(isUnwanted ? item.dropFirst() : item)
      guard let word = TransportWord(name) else { throw .unknownTransport(name, for: spelling) }
      if isUnwanted {
        unwanted.formUnion(word.transports)
      } else {
        words.append(word)
        if word.isSingle { named.formUnion(word.transports) } else { grouped.formUnion(word.transports) }
      }
    }
    // `!tcp` alone is all but TCP.
    if items.allSatisfy({ $0.hasPrefix("!") }) { grouped.formUnion(Transport.allCases) }
  }

  private mutating func takeFamily(_ option: TypedArguments.Occurrence) throws(UsageError) {
    switch option.value ?? "" {
    case "inet": families.insert(.ipv4)
    case "inet6": families.insert(.ipv6)
    case "unix": named.insert(.unix)
    case "link": named.insert(.packet)
    case "netlink": named.insert(.netlink)
    default:
      if let other = option.value, UsageError.familiesOfOthers.contains(other) {
        throw .unknownTransport(other, for: option.spelling)
      }
      _ = try option.choice(of: Registry.listing)
    }
  }

  /// What the words of `-A` ask of a socket, where one of them means only some sockets of a transport.
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
      plan.transportsAreDefault = true
    }
    plan.transports = chosen
  }

  private mutating func chooseColumns() throws(UsageError) {
    if let columns, plan.output.content != .sockets {
      throw UsageError("\(columns.spelling) has no meaning with \(content ?? "counts")")
    }
    plan.output.choice = try columnChoice(
      columns?.text, spelling: columns?.spelling ?? "--columns", added: added, removed: removed)
    guard plan.columns?.isEmpty != true else {
      throw UsageError("\(columns?.spelling ?? "--columns"): no column is left")
    }
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

  private mutating func takeCounts(_ text: String, _ spelling: String) throws(UsageError) {
    let counts: CountBy
    do throws(QueryError) {
      counts = try CountBy.parse(text)
    } catch {
      throw UsageError(error, in: spelling)
    }
    try takeContent(.counts(counts), spelling)
  }

  private mutating func takeFormat(_ new: OutputPlan.Format, _ spelling: String) throws(UsageError) {
    if let format, format.format != new {
      throw UsageError("\(format.spelling) and \(spelling) exclude each other")
    }
    format = (spelling, new)
    plan.output.format = new
  }

  private mutating func takeContent(_ new: OutputPlan.Content, _ spelling: String) throws(UsageError) {
    if let content, content != spelling, plan.output.content != new {
      throw UsageError("\(content) and \(spelling) exclude each other")
    }
    content = spelling
    plan.output.content = new
  }
}
