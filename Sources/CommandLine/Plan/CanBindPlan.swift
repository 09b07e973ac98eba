import Inspection
package import Lesson
package import Options
import Query
package import SocketModel
import Text

/// A question whether a port can be bound: `can-bind`.
package struct CanBindPlan: Sendable {
  /// Where the sockets are read, as for a listing.
  package var list = ListPlan()
  /// The address or name that was typed before the port; `nil` for every address.
  package var host: String?
  package var port: UInt16
  package var transport = Transport.tcp
  package var reuse: ReuseOptions = []
  package var isIPv6Only = false
  /// On whose behalf; `nil` for the user that asks.
  package var uid: UInt32?
  /// Whether the port is bound for a moment, to compare.
  package var probes = false
  package var isJSON = false
  package var language = Language.english

  package init(port: UInt16) { self.port = port }

  /// What was asked about, as it is typed.
  package var subject: String {
    guard let host else { return "\(port)" }
    return host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)"
  }
}

/// Collects the plan of `can-bind` from the options, one by one.
package struct CanBindPlanBuilder: CommandPlanBuilder {
  var plan = CanBindPlan(port: 0)
  /// The listing that decides where sockets are read.
  package var list: ListPlanBuilder
  private let environment: Environment

  package init(_ typed: TypedArguments, in environment: Environment) {
    list = ListPlanBuilder(typed, in: environment)
    self.environment = environment
    plan.language = Language(environment: environment.variable)
  }

  /// The question that the arguments ask.
  package mutating func build(_ typed: TypedArguments) throws(UsageError) -> CanBindPlan {
    try CanBindOptions.options.apply(typed.options, to: &self)
    let operands = typed.allOperands
    guard let place = operands.first else {
      throw UsageError(language("can-bind: which port?", "can-bind: ¿qué puerto?"), [Self.example(plan.language)])
    }
    guard operands.count == 1 else {
      throw UsageError(
        language("can-bind: one port at a time", "can-bind: un puerto cada vez"), [Self.example(plan.language)])
    }
    let endpoint = try TypedEndpoint(place, of: "can-bind", in: plan.language)
    plan.host = endpoint.host
    plan.port = try port(endpoint.port)
    plan.list = try list.build(operands: [])
    if plan.list.namespaces == .all {
      throw UsageError(
        language("can-bind: one network namespace, not all", "can-bind: un espacio de red, no todos"),
        [language("name it: --netns NAME or --netns PID", "nómbralo: --netns NOMBRE o --netns PID")])
    }
    if plan.probes, plan.list.root != nil {
      throw UsageError(
        language(
          "--probe binds on the running kernel, and --root reads something else",
          "--probe usa el kernel en marcha, y --root lee otra cosa"),
        [language("leave one of them out", "quita uno de los dos")])
    }
    return plan
  }

  /// Sets the user on whose behalf the question is.
  mutating func setUser(_ typed: TypedArguments.Occurrence) throws(UsageError) {
    if let number = UInt32(typed.text), number != .max {
      plan.uid = number
    } else if let number = environment.names().userID(typed.text) {
      plan.uid = number
    } else {
      throw UsageError(
        "\(typed.spelling): " + language("no user \(quoted(typed.text))", "no hay usuario \(quoted(typed.text))"))
    }
  }

  private func language(_ english: String, _ spanish: String) -> String { plan.language(english, spanish) }

  private static func example(_ language: Language) -> String {
    language(
      "for example: sockinspect can-bind 8080, or can-bind 127.0.0.1:8080",
      "por ejemplo: sockinspect can-bind 8080, o can-bind 127.0.0.1:8080")
  }

  private func port(_ text: String) throws(UsageError) -> UInt16 {
    if TypedEndpoint.isNumber(text) {
      guard let number = UInt16(text) else {
        throw UsageError(
          language(
            "can-bind: \(shortened(text)) is not a port: they go from 1 to 65535",
            "can-bind: \(shortened(text)) no es un puerto: van de 1 a 65535"))
      }
      guard number != 0 else {
        throw UsageError(
          language(
            "can-bind: with port 0 the kernel chooses a free one, so it can always be bound",
            "can-bind: con el puerto 0 el kernel elige uno libre, así que siempre se puede"),
          [language("type a port from 1 to 65535", "escribe un puerto de 1 a 65535")])
      }
      return number
    }
    let found = environment.names().servicePorts(text)
    let ports = found.filter { $0.transport == nil || $0.transport == plan.transport }
    if let port = ports.first?.port, port != 0 { return port }
    if let other = found.first?.transport {
      throw UsageError(
        language(
          "can-bind: the service \(quoted(text)) has a port of \(other.name), not of \(plan.transport.name)",
          "can-bind: el servicio \(quoted(text)) tiene un puerto de \(other.name), no de \(plan.transport.name)"))
    }
    throw UsageError(
      language(
        "can-bind: \(quoted(text)) is neither a port nor the name of a service",
        "can-bind: \(quoted(text)) no es un puerto ni el nombre de un servicio"),
      [Self.example(plan.language)])
  }
}
