/// `/proc/PID/fdinfo/N`: what is known about one descriptor, one `key:\tvalue` per line
/// (`fs/proc/fd.c`, `seq_show`).
package struct DescriptorInfo: Sendable, Hashable {
  /// The flags as `open(2)` takes them, with `O_CLOEXEC` when the descriptor has it. In the file
  /// they are octal.
  package let flags: UInt32

  /// Parses the file's content.
  package init(parsing bytes: Span<UInt8>) throws(DecodeError) {
    let found = try fields(behind: "flags:", of: "fdinfo", in: bytes)
    var cursor = found.cursor
    guard let field = cursor.field(bytes) else {
      throw DecodeError("fdinfo", "expected a number behind flags:", in: bytes, at: found.line)
    }
    var number: UInt32 = 0
    for index in field {
      let digit = bytes[index] &- UInt8(ascii: "0")
      let (scaled, overflow) = number.multipliedReportingOverflow(by: 8)
      guard digit < 8, !overflow else {
        throw DecodeError("fdinfo", "expected an octal number of 32 bits behind flags:", in: bytes, at: found.line)
      }
      number = scaled + UInt32(digit)
    }
    flags = number
  }

  /// How many descriptors wait in the queue of a unix socket (`scm_fds`, Linux 5.5 and later; of a
  /// listener those of the connections that it has not accepted); `nil` for any other file.
  package static func descriptorsWaiting(_ bytes: Span<UInt8>) -> UInt64? {
    guard let line = lineStart(of: "scm_fds:", in: bytes) else { return nil }
    var cursor = LineCursor(at: line + 8, isCut: false)
    cursor.skipBlanks(bytes)
    return cursor.decimal(bytes)
  }
}
