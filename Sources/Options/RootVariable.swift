package import SocketModel
import Text

/// The environment variable that replaces a missing `--root`.
package enum RootVariable {
  /// Its name.
  package static let name = "SOCKINSPECT_ROOT"

  /// Its value, read by the given function; `nil` when it is not set, or empty.
  package static func value(_ variable: (String) -> String?) -> String? {
    variable(name).flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The message about a root that the variable names, so that nobody mistakes a capture for the
  /// present: `reading 'DIR', captured 2025-01-03T10:15:00Z, as SOCKINSPECT_ROOT says`.
  package static func note(_ path: String, captured time: Timestamp?) -> String {
    let moment = time.map { ", captured \($0.rfc3339.prefix { $0 != "." })Z," } ?? ""
    return "reading \(quoted(path))\(moment) as \(name) says"
  }
}
