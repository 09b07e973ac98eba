/// `/proc/PID/wchan`: the function of the kernel in which the main thread of a process sleeps, `0`
/// while it runs and for who may not know (`fs/proc/base.c`, `proc_pid_wchan`).
package enum WaitChannel {
  /// Functions in which no server waits for its clients: for time, a child, a signal, a pipe, a
  /// terminal, a file to change.
  private static let elsewhere = [
    "nanosleep", "do_wait", "sigsuspend", "sys_pause", "pipe_read", "pipe_wait", "tty_read", "inotify_read",
  ]

  /// Whether the process waits where no server does; `nil` when the file does not tell.
  package static func isElsewhere(_ bytes: Span<UInt8>) -> Bool? {
    var name = ""
    for index in bytes.indices where (UInt8(ascii: "!")...UInt8(ascii: "~")).contains(bytes[index]) {
      name.unicodeScalars.append(Unicode.Scalar(bytes[index]))
    }
    if name.isEmpty || name == "0" { return nil }
    return elsewhere.contains { name.contains($0) }
  }
}
