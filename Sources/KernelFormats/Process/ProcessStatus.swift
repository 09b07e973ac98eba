/// `/proc/PID/status`: what is known about a process, one `Key:\tvalue` per line
/// (`fs/proc/array.c`, `proc_pid_status`).
///
/// The kernel escapes newlines in the process's name, the first line, so no name can imitate a
/// line.
package struct ProcessStatus: Sendable, Hashable {
  /// The real user id.
  package let realUser: UInt32
  /// The effective user id.
  package let effectiveUser: UInt32

  /// Parses the file's content.
  package init(parsing bytes: Span<UInt8>) throws(DecodeError) {
    let found = try fields(behind: "Uid:", of: "status", in: bytes)
    var cursor = found.cursor
    guard let real = cursor.number(bytes).flatMap({ UInt32(exactly: $0) }),
      let effective = cursor.number(bytes).flatMap({ UInt32(exactly: $0) })
    else { throw DecodeError("status", "expected user ids behind Uid:", in: bytes, at: found.line) }
    realUser = real
    effectiveUser = effective
  }
}

/// `/proc/stat`: figures of the whole machine, one keyword per line (`fs/proc/stat.c`,
/// `show_stat`).
package struct SystemStat: Sendable, Hashable {
  /// When the machine booted, in seconds since 1970 (`btime`).
  package let bootTime: UInt64

  /// Parses the file's content.
  package init(parsing bytes: Span<UInt8>) throws(DecodeError) {
    let found = try fields(behind: "btime", of: "stat", in: bytes)
    var cursor = found.cursor
    guard let seconds = cursor.number(bytes).flatMap({ UInt64(exactly: $0) }) else {
      throw DecodeError("stat", "expected seconds behind btime", in: bytes, at: found.line)
    }
    bootTime = seconds
  }
}

/// Finds the first line that begins with a key, and makes a cursor behind the key.
///
/// - Parameter subject: what is parsed, for the error when there is no such line.
func fields(
  behind key: StaticString, of subject: String, in bytes: Span<UInt8>
) throws(DecodeError) -> (line: Int, cursor: FieldCursor) {
  guard let line = lineStart(of: key, in: bytes) else {
    throw DecodeError(subject, "expected a line that begins with \(key)", in: bytes)
  }
  return (line, FieldCursor(position: line + key.utf8CodeUnitCount))
}

/// The index of the first line that begins with a text; `nil` when there is none.
func lineStart(of text: StaticString, in bytes: Span<UInt8>) -> Int? {
  let wanted = Array(text.description.utf8)
  var start = 0
  while start < bytes.count {
    if bytes.count - start >= wanted.count {
      var length = 0
      while length < wanted.count, bytes[start + length] == wanted[length] { length += 1 }
      if length == wanted.count { return start }
    }
    while start < bytes.count, bytes[start] != UInt8(ascii: "\n") { start += 1 }
    start += 1
  }
  return nil
}
