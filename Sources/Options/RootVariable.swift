package import SocketModel
import Text

/// The variable that says what `--root` is when it is not given.
package enum RootVariable {
  /// Its name.
  package static let name = "SOCKINSPECT_ROOT"

  /// What it says, by a way of reading variables; `nil` when it is not set, or empty.
  package static func value(_ variable: (String) -> String?) -> String? {
    variable(name).flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The message about a root that the variable names, so that nobody takes a capture for the
  /// present: `reading 'DIR', captured 2025-01-03T10:15:00Z, as SOCKINSPECT_ROOT says`.
  package static func note(_ path: String, captured time: Timestamp?) -> String {
    let moment = time.map { ", captured \($0.rfc3339.prefix { $0 != "." })Z," } ?? ""
    return "reading \(quoted(path))\(moment) as \(name) says"
  }
}
