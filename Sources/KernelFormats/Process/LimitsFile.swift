/// `/proc/PID/limits`: the resource limits of a process, one in each line (`fs/proc/base.c`,
/// `proc_pid_limits`): a name, the soft and the hard limit, a unit.
package struct LimitsFile: Sendable, Hashable {
  /// How many descriptors the process may have open, the soft limit of `Max open files`; the
  /// largest number for `unlimited`.
  package let openFiles: UInt64

  /// Parses the file's content.
  package init(parsing bytes: Span<UInt8>) throws(DecodeError) {
    let found = try fields(behind: "Max open files", of: "limits", in: bytes)
    var cursor = found.cursor
    if let number = cursor.number(bytes).flatMap({ UInt64(exactly: $0) }) {
      openFiles = number
      return
    }
    cursor = found.cursor
    guard let word = cursor.field(bytes), isEqual(bytes.extracting(word), "unlimited") else {
      throw DecodeError("limits", "expected a limit behind Max open files", in: bytes, at: found.line)
    }
    openFiles = .max
  }

  /// The one line of the file that is read.
  package var line: [UInt8] {
    Array("Max open files \(openFiles == .max ? "unlimited" : "\(openFiles)") files\n".utf8)
  }
}
