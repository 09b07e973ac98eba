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
  var isPortTyped = false
  var family: AddressFamily?
  var isDualStack = false
  var isDatagram = false
  var server = ServerSettings()
  var client = ClientSettings()
  var count: Int?
  var showsNoGuarantee = false
  var held: (states: [SocketState], isAll: Bool)?
  var scene: TroubleScene?
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
    FlowPlan(
      port: port, family: family ?? .ipv4, isDatagram: isDatagram,
      drawsBoxes: Language.usesUTF8(environment: environment.variable), narration: narrationOnOutput())
  }

  /// The states to hold, when that was requested. What is printed about them is the program's data,
  /// so it goes to standard output.
  package func hold() throws(UsageError) -> HoldPlan? {
    guard let held else { return nil }
    let family = try familyOfHost()
    return HoldPlan(
      states: held.states, isAll: held.isAll, host: host?.value, port: port, family: family ?? .ipv4,
      lifetime: server.lifetime, narration: narrationOnOutput())
  }

  /// The trouble to make, when that was requested. It is the program's data too.
  package func scenePlan() -> ScenePlan? {
    scene.map {
      ScenePlan($0, port: isPortTyped ? port : nil, lifetime: server.lifetime, narration: narrationOnOutput())
    }
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

  private func narrationOnOutput() -> NarrationPlan {
    var narration = narration
    narration.usesColour = environment.wantsColour(colour, isTerminal: environment.isTerminal)
    narration.width = outputWidth()
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
    guard !text.isEmpty else {
      throw UsageError(
        "\(host.spelling): \(language("the name is empty", "el nombre está vacío"))",
        [language("type a name or an address", "escribe un nombre o una dirección")])
    }
    guard let address = IPAddress(text) else { return asked }
    let own = address.isIPv4 ? AddressFamily.ipv4 : .ipv6
    if let asked, asked != own {
      let (name, other) = own == .ipv4 ? ("IPv4", isDualStack ? "::" : "::1") : ("IPv6", "127.0.0.1")
      let option = isDualStack ? "--dual-stack" : asked == .ipv4 ? "-4" : "-6"
      throw UsageError(
        "\(host.spelling): "
          + language("\(quoted(text)) is an \(name) address", "\(quoted(text)) es una dirección \(name)"),
        [
          language(
            "leave \(option) out, or type an address such as \(other)",
            "quita \(option), o escribe una dirección como \(other)")
        ])
    }
    return own
  }

  private func unixPlace(_ option: TypedArguments.Occurrence) throws(UsageError) -> DemoPlace {
    let text = option.value ?? ""
    let isAbstract = text.hasPrefix("@")
    let name = isAbstract ? String(text.dropFirst()) : text
    guard !name.isEmpty, !name.utf8.contains(0) else {
      let mistake =
        text.isEmpty
        ? language("the path is empty", "la ruta está vacía")
        : language("\(quoted(text)) is no name", "\(quoted(text)) no es un nombre")
      throw UsageError(
        "\(option.spelling): \(mistake)",
        [
          language(
            "type a path, or @name for an abstract name", "escribe una ruta, o @nombre si es un nombre abstracto")
        ])
    }
    // sun_path has 108 bytes; a path ends with a NUL, an abstract name begins with one.
    guard name.utf8.count <= 107 else {
      throw UsageError(
        "\(option.spelling): "
          + language(
            "\(quoted(text)) is longer than the 107 bytes of a unix address",
            "\(quoted(text)) pasa de los 107 bytes de una dirección unix"),
        [
          language(
            "type a shorter path, such as one from the folder where it is",
            "escribe una ruta más corta, por ejemplo desde la carpeta en que está")
        ])
    }
    return isAbstract ? .unixAbstract(name) : .unixPath(name)
  }

  private var language: Language { narration.language }
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

extension ScenePlan {
  /// The scene that a word stands for.
  package static func scene(named typed: TypedArguments.Occurrence) throws(UsageError) -> TroubleScene {
    guard let scene = TroubleScene(name: typed.text) else {
      throw .unknownWord(typed.text, for: typed.spelling, "scene", among: Words.scenes)
    }
    return scene
  }
}

extension UsageError {
  /// An unexpected word where a command takes only options. The option that it belongs behind is
  /// offered if the command has it.
  static func operand(_ word: String, of command: Command) -> UsageError {
    let options = optionsMeant(by: word)
    let isKnown = !options.isEmpty && options.allSatisfy { command.ownOptions?.option(long: $0.long) != nil }
    let meant = options.map { "--\($0.long) \(ShellWords.quoted($0.value.rawBytes))" }.joined(separator: " ")
    return UsageError(
      "\(command.name) takes no operand, but \(quoted(word)) was given",
      [
        isKnown
          ? "type: sockinspect \(command.name) \(meant)" : "`sockinspect help \(command.name)` lists its options"
      ])
  }

  /// The options of host and port that a word such as `127.0.0.1:1234` stands for.
  private static func optionsMeant(by word: String) -> [(long: String, value: String)] {
    if IPAddress(word) != nil { return [("host", word)] }
    let number = String(word.drop { $0 == ":" })
    if UInt16(number) != nil { return [("port", number)] }
    guard let colon = word.lastIndex(of: ":"), let port = UInt16(word[word.index(after: colon)...]) else { return [] }
    return [("host", word[..<colon].filter { $0 != "[" && $0 != "]" }), ("port", "\(port)")]
  }
}
