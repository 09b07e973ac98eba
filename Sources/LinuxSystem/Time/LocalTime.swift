// `timespec` and `tm` belong to whichever module's headers the compiler met first.
import CLinux
import Glibc

extension Clock {
  /// The local time in a format of `strftime(3)`; `nil` when the result is empty or longer than
  /// `limit` bytes.
  ///
  /// - Parameter later: how many seconds after now.
  package static func localTime(format: String, limit: Int, later: Int = 0) -> String? {
    var seconds = time(nil) + later
    var parts = unsafe tm()
    guard unsafe localtime_r(&seconds, &parts) != nil, limit > 0 else { return nil }
    var buffer: [CChar] = Array(repeating: 0, count: limit)
    let count = unsafe strftime(&buffer, limit, format, &parts)
    guard count > 0 else { return nil }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
