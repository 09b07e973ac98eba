package import Lesson
import LinuxSystem
package import Options
package import SocketModel
import Text

/// Collects the request for a demo from the options, one by one.
package struct DemoPlanBuilder {
  let environment: Environment
  var host: TypedArguments.Occurrence?
  var unix: TypedArguments.Occurrence?
  var port = DemoPlace.lessonPort
  var family: AddressFamily?
  var isDualStack = false
  var isDatagram = false
  var server = ServerSettings()
  var client = ClientSettings()
  var count: Int?
  var showsNoGuarantee = false
  var held: (states: [SocketState], isAll: Bool)?
  var narration = NarrationPlan()
  var colour = ColourChoice.auto
  var width: Int??

  package init(environment: Environment) {
    self.environment = environment
    narration.language = Language(environment: environment.variable)
  }

  /// The requested server.
  package func serverPlan() throws(UsageError) -> ServerPlan {
    ServerPlan(place: try place(), isDatagram: isDatagram, settings: server, narration: narrationOnError())
  }

  /// The requested client.
  package func clientPlan() throws(UsageError) -> ClientPlan {
    var settings = client
    settings.count = count ?? settings.parallel
    settings.parallel = min(settings.parallel, settings.count)
    return ClientPlan(
      place: try place(), isDatagram: isDatagram, settings: settings, showsNoGuarantee: showsNoGuarantee,
      narration: narrationOnError())
  }

  /// The requested flow. It is the program's data, so it goes to standard output.
  package func flow() -> FlowPlan {
    var narration = narration
    narration.usesColour = environment.wantsColour(colour, isTerminal: environment.isTerminal)
    narration.width = outputWidth()
    return FlowPlan(
      port: port, family: family ?? .ipv4, isDatagram: isDatagram,
      drawsBoxes: Language.usesUTF8(environment: environment.variable), narration: narration)
  }

  /// The states to hold, when that was requested. What is printed about them is the program's data,
  /// so it goes to standard output.
  package func hold() throws(UsageError) -> HoldPlan? {
    guard let held else { return nil }
    let family = try familyOfHost()
    var narration = narration
    narration.usesColour = environment.wantsColour(colour, isTerminal: environment.isTerminal)
    narration.width = outputWidth()
    return HoldPlan(
      states: held.states, isAll: held.isAll, host: host?.value, port: port, family: family ?? .ipv4,
      lifetime: server.lifetime, narration: narration)
  }

  /// The lesson, in the requested language.
  package func lesson() -> LessonPlan {
    LessonPlan(
      language: narration.language, usesColour: environment.wantsColour(colour, isTerminal: environment.isTerminal),
      usesPager: environment.isTerminal, width: outputWidth())
  }

  /// The subjects to explain.
  package func explanation(of subjects: [String]) -> ExplainPlan {
    ExplainPlan(
      subjects: subjects,
      language: narration.language,
      usesColour: environment.wantsColour(colour, isTerminal: environment.isTerminal),
      drawsBoxes: Language.usesUTF8(environment: environment.variable), width: outputWidth())
  }

  /// The narration of server and client goes to standard error, beside the lesson's lines.
  private func narrationOnError() -> NarrationPlan {
    var narration = narration
    narration.usesColour = environment.wantsColour(colour, isTerminal: environment.errorIsTerminal)
    narration.width = environment.errorIsTerminal ? environment.errorWidth ?? 80 : nil
    return narration
  }

  private func outputWidth() -> Int? {
    width ?? (environment.isTerminal ? environment.terminalWidth ?? 80 : nil)
  }

  private func place() throws(UsageError) -> DemoPlace {
    if let unix { return try unixPlace(unix) }
    return .internet(host: host?.value, port: port, family: try familyOfHost(), isDualStack: isDualStack)
  }

  /// The family that options or an address require, which must not contradict each other.
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
}

extension HoldPlan {
  /// The states that a word stands for: one, or `all`.
  package static func states(
    named typed: TypedArguments.Occurrence
  ) throws(UsageError) -> (states: [SocketState], isAll: Bool) {
    let text = typed.text
    if text.lowercased() == "all" { return (everyState, true) }
    guard let state = SocketState(name: text), everyState.contains(state) else {
      throw .unknownWord(text, for: typed.spelling, "state", among: Words.heldStates)
    }
    return ([state], false)
  }
}

extension UsageError {
  /// An unexpected word where a command takes only options.
  static func operand(_ word: String, of command: Command) -> UsageError {
    let number = word.drop { $0 == ":" }
    var option = UInt16(number) != nil ? "--port \(number)" : nil
    if IPAddress(word) != nil { option = "--host \(word)" }
    if let colon = word.lastIndex(of: ":"), let port = UInt16(word[word.index(after: colon)...]), option == nil {
      let host = String(word[..<colon]).filter { $0 != "[" && $0 != "]" }
      option = "--host \(ShellWords.quoted(host.rawBytes)) --port \(port)"
    }
    return UsageError(
      "\(command.name) takes no operand, but \(quoted(word)) was given",
      [
        option.map { "type: sockinspect \(command.name) \($0)" }
          ?? "`sockinspect help \(command.name)` lists its options"
      ])
  }
}
