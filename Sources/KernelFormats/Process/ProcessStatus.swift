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
    guard let line = lineStart(of: "Uid:", in: bytes) else {
      throw DecodeError("status", "expected a line that begins with Uid:", in: bytes)
    }
    var cursor = FieldCursor()
    cursor.position = line + 4
    guard let real = cursor.number(bytes).flatMap({ UInt32(exactly: $0) }),
      let effective = cursor.number(bytes).flatMap({ UInt32(exactly: $0) })
    else { throw DecodeError("status", "expected user ids behind Uid:", in: bytes, at: line) }
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
    guard let line = lineStart(of: "btime ", in: bytes) else {
      throw DecodeError("stat", "expected a line that begins with btime", in: bytes)
    }
    var cursor = FieldCursor()
    cursor.position = line + 6
    guard let seconds = cursor.number(bytes).flatMap({ UInt64(exactly: $0) }) else {
      throw DecodeError("stat", "expected seconds behind btime", in: bytes, at: line)
    }
    bootTime = seconds
  }
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
