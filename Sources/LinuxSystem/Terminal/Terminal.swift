import CLinux
import Glibc

/// The terminal that a descriptor refers to, if any.
package enum Terminal {
  /// The number of columns; `nil` when the descriptor is not a terminal or its size is not known.
  /// The C request is `TIOCGWINSZ`.
  package static func width(of number: Int32) -> Int? {
    var columns: UInt16 = 0
    var rows: UInt16 = 0
    guard unsafe sockinspect_window_size(number, &columns, &rows) == 0, columns > 0 else { return nil }
    return Int(columns)
  }
}

/// The value of an environment variable; `nil` when it is not set. The C function is `getenv`.
package func environmentVariable(_ name: String) -> String? {
  guard let value = unsafe getenv(name) else { return nil }
  return unsafe String(cString: value)
}
