import Inspection
package import Lesson
package import Options
import Query
package import SocketModel
import Text

/// A question about a port or a process: `why`.
package struct WhyPlan: Sendable {
  /// What is asked about.
  package enum Subject: Sendable, Equatable {
    /// A port, and the address or name before it.
    case port(UInt16, host: String?)
    /// A process by its id.
    case process(Int32)
    /// A process by its name, or else a service with one of the ports.
    case name(String, ports: [UInt16])
  }

  /// Where the sockets are read, as for a listing.
  package var list = ListPlan()
  package var subject: Subject
  /// The transports that count.
  package var transports: Set<Transport>
  /// Whether the question is why clients do not reach it.
  package var isUnreachable = false
  package var isJSON = false
  package var language = Language.english
  /// The columns of a terminal; `nil` for no limit.
  package var width: Int?

  package init(subject: Subject, transports: Set<Transport>, language: Language = .english) {
    self.subject = subject
    self.transports = transports
    self.language = language
  }
}

/// Collects the plan of `why` from the options, one by one.
package struct WhyPlanBuilder: CommandPlanBuilder {
  var plan = WhyPlan(subject: .process(0), transports: [])
  /// The listing that decides where sockets are read.
  package var list: ListPlanBuilder
  var isProcess = false
  var transports: Set<Transport> = []
  private let environment: Environment

  package init(_ typed: TypedArguments, in environment: Environment) {
    list = ListPlanBuilder(typed, in: environment)
    self.environment = environment
    plan.language = Language(environment: environment.variable)
  }

  /// The question that the arguments ask.
  package mutating func build(_ typed: TypedArguments) throws(UsageError) -> WhyPlan {
    try WhyOptions.options.apply(typed.options, to: &self)
    guard let word = typed.allOperands.first else {
      throw UsageError(language("why: which port or process?", "why: ¿qué puerto o proceso?"), examples)
    }
    guard typed.allOperands.count == 1 else {
      throw UsageError(language("why: one port or process at a time", "why: un puerto o proceso cada vez"), examples)
    }
    plan.subject = try subject(word)
    if plan.isUnreachable {
      guard case .port = plan.subject else {
        throw UsageError(
          language(
            "--unreachable takes a port, with or without an address",
            "--unreachable pide un puerto, con o sin dirección"),
          [language("type: ", "escribe: ") + "sockinspect why --unreachable 127.0.0.1:8080"])
      }
      if transports.isEmpty { transports = [.tcp, .mptcp] }
    }
    plan.transports = transports.isEmpty ? Set(Transport.allCases.filter(\.hasPorts)) : transports
    plan.list = try list.build(operands: [])
    plan.width = plan.list.output.width
    if plan.list.namespaces == .all {
      throw UsageError(
        language("why: one network namespace, not all", "why: un espacio de red, no todos"),
        [
          language(
            "name it: --netns NAME or --netns PID; without it the others are looked into when nothing is here",
            "nómbralo: --netns NOMBRE o --netns PID; sin él se mira en los demás si aquí no hay nada")
        ])
    }
    return plan
  }

  private func language(_ english: String, _ spanish: String) -> String { plan.language(english, spanish) }

  private var examples: [String] {
    [
      language(
        "for example: sockinspect why 8080, why 127.0.0.1:8080, or why nginx",
        "por ejemplo: sockinspect why 8080, why 127.0.0.1:8080, o why nginx")
    ]
  }

  // MARK: The word

  private func subject(_ word: String) throws(UsageError) -> WhyPlan.Subject {
    if isProcess {
      if let pid = Int32(word), pid > 0 { return .process(pid) }
      if TypedEndpoint.isNumber(word) { throw noProcess(word) }
      return .name(word, ports: [])
    }
    if TypedEndpoint.isNumber(word) {
      if let port = UInt16(word) { return .port(try checked(port), host: nil) }
      guard let pid = Int32(word) else { throw noProcess(word) }
      return .process(pid)
    }
    let endpoint = try TypedEndpoint(word, of: "why", in: plan.language)
    // Without a colon it is the name of a process or of a service.
    guard endpoint.port != word else { return .name(word, ports: ports(named: word)) }
    return .port(try port(endpoint.port, of: word), host: endpoint.host)
  }

  private func noProcess(_ word: String) -> UsageError {
    UsageError(
      language(
        "why: \(quoted(word)) is neither a port (1 to 65535) nor the id of a process",
        "why: \(quoted(word)) no es un puerto (de 1 a 65535) ni el número de un proceso"))
  }

  private func checked(_ port: UInt16) throws(UsageError) -> UInt16 {
    guard port != 0 else {
      throw UsageError(
        language(
          "why: no socket has port 0: with it the kernel chooses a free one",
          "why: ningún socket tiene el puerto 0: con él el kernel elige uno libre"),
        [language("type a port from 1 to 65535", "escribe un puerto de 1 a 65535")])
    }
    return port
  }

  private func port(_ text: String, of word: String) throws(UsageError) -> UInt16 {
    if let port = UInt16(text), TypedEndpoint.isNumber(text) { return try checked(port) }
    if !TypedEndpoint.isNumber(text), let port = ports(named: text).first { return port }
    throw UsageError(
      language(
        "why: \(quoted(word)) does not end in a port: they go from 1 to 65535",
        "why: \(quoted(word)) no acaba en un puerto: van de 1 a 65535"), examples)
  }

  private func ports(named name: String) -> [UInt16] {
    var ports: [UInt16] = []
    for entry in environment.names().servicePorts(name) where !ports.contains(entry.port) { ports.append(entry.port) }
    return ports
  }
}
