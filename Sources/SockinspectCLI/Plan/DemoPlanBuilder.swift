import Demo
import Diagnosis
import LinuxSystem
import SocketModel
import Text

extension Plan {
  /// Interprets the arguments of a command that has its own options.
  init(_ command: Command, _ typed: TypedArguments, in surroundings: Surroundings) throws(UsageError) {
    let operands = typed.operands + typed.literalOperands
    let table = Registry.table(of: command)
    if typed.options.contains(where: { $0.id == .help }) {
      let named = operands.first { table.option(named: $0) != nil }
      self = .help(try HelpSubject([command.rawValue, named].compactMap { $0 }))
      return
    }
    if command != .explain, command != .watch, let operand = operands.first { throw .operand(operand, of: command) }
    try table.check(typed.options)
    if command == .watch {
      var builder = WatchPlanBuilder(surroundings: surroundings)
      self = .watch(try builder.build(typed))
      return
    }
    var builder = DemoPlanBuilder(table: table, surroundings: surroundings)
    for option in typed.options { try builder.take(option) }
    switch command {
    case .listenDemo:
      self = if let hold = try builder.hold() { .hold(hold) } else { .listenDemo(try builder.server()) }
    case .connectDemo: self = .connectDemo(try builder.client())
    case .flowDemo: self = .flowDemo(try builder.flow())
    default: self = .explain(builder.explanation(of: operands))
    }
  }
}

/// Collects what is requested of a demo from the options, one by one.
struct DemoPlanBuilder {
  let table: OptionTable
  let surroundings: Surroundings
  private var host: TypedArguments.Occurrence?
  private var unix: TypedArguments.Occurrence?
  private var port = DemoPlace.lessonPort
  private var family: AddressFamily?
  private var isDualStack = false
  private var isDatagram = false
  private var serverSettings = ServerSettings()
  private var clientSettings = ClientSettings()
  private var count: Int?
  private var showsNoGuarantee = false
  private var held: (states: [SocketState], isAll: Bool)?
  private var narration = NarrationPlan()
  private var color = "auto"
  private var width: Int??
  private var language: String?

  init(table: OptionTable, surroundings: Surroundings) {
    self.table = table
    self.surroundings = surroundings
  }

  /// Takes one option as it was typed.
  mutating func take(_ option: TypedArguments.Occurrence) throws(UsageError) {
    switch option.id {
    case .host: host = option
    case .unix: unix = option
    case .port: port = UInt16(try option.number(in: (table.command == .connectDemo ? 1 : 0)...65535))
    case .ipv4: family = .ipv4
    case .ipv6: family = .ipv6
    case .dualStack: isDualStack = true
    case .udp: isDatagram = true
    case .noGuarantee: showsNoGuarantee = true
    case .hold: held = try heldStates(option)
    case .step: narration.isStepped = true
    case .quiet: narration.isQuiet = true
    case .color: color = try option.choice(of: table)
    case .width:
      let columns = try option.number(in: 0...1_000_000_000)
      width = .some(columns == 0 ? nil : columns)
    case .language: language = try option.choice(of: table)
    default:
      if table.command == .connectDemo { try takeClient(option) } else { try takeServer(option) }
    }
  }

  private mutating func takeServer(_ option: TypedArguments.Occurrence) throws(UsageError) {
    switch option.id {
    case .backlog: serverSettings.backlog = Int32(try option.number(in: 0...Int(Int32.max)))
    case .reuseAddress: serverSettings.reusesAddress = true
    case .reusePort: serverSettings.reusesPort = true
    case .reply: serverSettings.reply = Array((option.value ?? "").utf8)
    case .echo: serverSettings.isEcho = true
    case .delay: serverSettings.delay = try option.milliseconds()
    case .buffer: serverSettings.buffer = try option.number(in: 1...1_048_576)
    case .timeout: serverSettings.timeout = try option.milliseconds(from: 1)
    case .once: serverSettings.maxClients = 1
    case .maxClients: serverSettings.maxClients = try option.number(in: 1...1_000_000_000)
    case .neverAccept: serverSettings.accepts = false
    case .neverRead: serverSettings.reads = false
    case .neverClose: serverSettings.closes = false
    case .drop: serverSettings.dropPercent = try option.number(in: 0...100)
    case .reorder: serverSettings.isReordering = true
    case .duration: serverSettings.lifetime = try option.milliseconds(from: 1)
    default: break
    }
  }

  private mutating func takeClient(_ option: TypedArguments.Occurrence) throws(UsageError) {
    switch option.id {
    case .message: clientSettings.message = Array((option.value ?? "").utf8)
    case .count: count = try option.number(in: 1...1_000_000_000)
    case .parallel: clientSettings.parallel = try option.number(in: 1...1_000_000)
    case .timeout: clientSettings.timeout = try option.milliseconds(from: 1)
    case .delay: clientSettings.delay = try option.milliseconds()
    case .buffer: clientSettings.buffer = try option.number(in: 1...1_048_576)
    case .halfClose: clientSettings.isHalfClosing = true
    case .reset: clientSettings.isResetting = true
    case .neverRead: clientSettings.reads = false
    case .neverClose: clientSettings.closes = false
    default: break
    }
  }

  /// The server that was requested.
  func server() throws(UsageError) -> ServerPlan {
    ServerPlan(place: try place(), isDatagram: isDatagram, settings: serverSettings, narration: narrationOnError())
  }

  /// The client that was requested.
  func client() throws(UsageError) -> ClientPlan {
    var settings = clientSettings
    settings.count = count ?? settings.parallel
    settings.parallel = min(settings.parallel, settings.count)
    return ClientPlan(
      place: try place(), isDatagram: isDatagram, settings: settings, showsNoGuarantee: showsNoGuarantee,
      narration: narrationOnError())
  }

  /// The flow that was requested. It is the program's data, so it goes to standard output.
  func flow() throws(UsageError) -> FlowPlan {
    var narration = narration
    narration.usesColour = surroundings.wantsColour(color, isTerminal: surroundings.isTerminal)
    narration.width = outputWidth()
    return FlowPlan(
      port: port, family: family ?? .ipv4, isDatagram: isDatagram,
      drawsBoxes: Language.usesUTF8(environment: surroundings.variable), narration: narration)
  }

  /// The states to hold, when that was requested. What it prints about them is the program's data,
  /// so it goes to standard output.
  func hold() throws(UsageError) -> HoldPlan? {
    guard let held else { return nil }
    let family = try familyOfHost()
    var narration = narration
    narration.usesColour = surroundings.wantsColour(color, isTerminal: surroundings.isTerminal)
    narration.width = outputWidth()
    return HoldPlan(
      states: held.states, isAll: held.isAll, host: host?.value, port: port, family: family ?? .ipv4,
      lifetime: serverSettings.lifetime, narration: narration)
  }

  /// What is to be explained.
  func explanation(of subjects: [String]) -> ExplainPlan {
    ExplainPlan(
      subjects: subjects,
      language: language.flatMap { Language(tag: $0) } ?? Language(environment: surroundings.variable),
      usesColour: surroundings.wantsColour(color, isTerminal: surroundings.isTerminal),
      drawsBoxes: Language.usesUTF8(environment: surroundings.variable), width: outputWidth())
  }

  /// The narration of server and client goes to standard error, beside the lesson's lines.
  private func narrationOnError() -> NarrationPlan {
    var narration = narration
    narration.usesColour = surroundings.wantsColour(color, isTerminal: surroundings.errorIsTerminal)
    narration.width = surroundings.errorIsTerminal ? surroundings.errorWidth ?? 80 : nil
    return narration
  }

  private func outputWidth() -> Int? {
    width ?? (surroundings.isTerminal ? surroundings.terminalWidth ?? 80 : nil)
  }

  private func place() throws(UsageError) -> DemoPlace {
    if let unix { return try unixPlace(unix) }
    return .internet(host: host?.value, port: port, family: try familyOfHost(), isDualStack: isDualStack)
  }

  /// The family that options or an address say, which must not contradict each other.
  private func familyOfHost() throws(UsageError) -> AddressFamily? {
    let asked = isDualStack ? .ipv6 : family
    guard let host else { return asked }
    let text = host.value ?? ""
    guard !text.isEmpty else { throw UsageError("\(host.spelling): the name is empty", ["type a name or an address"]) }
    guard let address = IPAddress(text) else { return asked }
    let own = address.isIPv4 ? AddressFamily.ipv4 : .ipv6
    if let asked, asked != own {
      let (name, other) = own == .ipv4 ? ("IPv4", isDualStack ? "::" : "::1") : ("IPv6", "127.0.0.1")
      throw UsageError(
        "\(host.spelling): \(quoted(text)) is an \(name) address",
        [
          "leave \(isDualStack ? "--dual-stack" : asked == .ipv4 ? "-4" : "-6") out, or type an address such as \(other)"
        ])
    }
    return own
  }

  private func unixPlace(_ option: TypedArguments.Occurrence) throws(UsageError) -> DemoPlace {
    let text = option.value ?? ""
    let isAbstract = text.hasPrefix("@")
    let name = isAbstract ? String(text.dropFirst()) : text
    guard !name.isEmpty, !name.utf8.contains(0) else {
      throw UsageError(
        "\(option.spelling): \(text.isEmpty ? "the path is empty" : "\(quoted(text)) is no name")",
        ["type a path, or @name for an abstract name"])
    }
    // sun_path has 108 bytes; a path ends with a NUL, an abstract name begins with one.
    guard name.utf8.count <= 107 else {
      throw UsageError(
        "\(option.spelling): \(quoted(text)) is longer than the 107 bytes of a unix address",
        ["type a shorter path, such as one from the folder where it is"])
    }
    return isAbstract ? .unixAbstract(name) : .unixPath(name)
  }

  private func heldStates(_ option: TypedArguments.Occurrence) throws(UsageError) -> ([SocketState], Bool) {
    let text = option.value ?? ""
    if text.lowercased() == "all" { return (HoldPlan.everyState, true) }
    guard let state = SocketState(name: text), HoldPlan.everyState.contains(state) else {
      throw .unknownWord(text, for: option.spelling, "state", among: Words.heldStates)
    }
    return ([state], false)
  }
}

extension UsageError {
  /// A word where a command takes options only.
  fileprivate static func operand(_ word: String, of command: Command) -> UsageError {
    let number = word.drop { $0 == ":" }
    var option = UInt16(number) != nil ? "--port \(number)" : nil
    if IPAddress(word) != nil { option = "--host \(word)" }
    if let colon = word.lastIndex(of: ":"), let port = UInt16(word[word.index(after: colon)...]), option == nil {
      let host = String(word[..<colon]).filter { $0 != "[" && $0 != "]" }
      option = "--host \(ShellWords.quoted(host.rawBytes)) --port \(port)"
    }
    return UsageError(
      "\(command.rawValue) takes no operand, but \(quoted(word)) was given",
      [
        option.map { "type: sockinspect \(command.rawValue) \($0)" }
          ?? "`sockinspect help \(command.rawValue)` lists its options"
      ])
  }
}
