import Inspection
import Presentation
import SocketModel

extension Surroundings {
  /// The variable that says what `--root` is when it is not given.
  static let rootVariable = "SOCKINSPECT_ROOT"

  /// What it says; `nil` when it is not set, or empty.
  var rootByVariable: String? { Self.rootByVariable(variable) }

  /// The same, by a way of reading variables.
  static func rootByVariable(_ variable: (String) -> String?) -> String? {
    variable(rootVariable).flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The message about a root that the variable names, so that nobody takes a capture for the
  /// present: `reading 'DIR', captured 2025-01-03T10:15:00Z, as SOCKINSPECT_ROOT says`.
  static func noteOfRoot(_ path: String, captured time: Timestamp?) -> String {
    let moment = time.map { ", captured \($0.rfc3339.prefix { $0 != "." })Z," } ?? ""
    return "reading \(quoted(path))\(moment) as \(rootVariable) says"
  }
}
