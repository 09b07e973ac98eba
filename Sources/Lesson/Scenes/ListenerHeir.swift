import Glibc
import LinuxSystem

/// A process that has a listener only because it was open when a server started it, and that server
/// has ended: `cat`, which reads a pipe and so ends when this process does, however that ends.
final class ListenerHeir: Sendable {
  /// The process id of cat.
  let pid: Int32
  private let pipe: Descriptor
  private let handle: ProcessHandle

  /// Starts a server that has a copy of the listener without close-on-exec, starts cat and ends.
  init(of listener: borrowing Descriptor) throws(SystemError) {
    let input = try Pipe()
    let output = try Pipe()
    // What a shell starts in the background has /dev/null as standard input, unless it is given
    // another one.
    let server = try ChildProcess.start(
      "/bin/sh", arguments: ["sh", "-c", "exec 4<&0; cat <&4 4<&- >/dev/null & echo $!"].map { Array($0.utf8) },
      descriptors: [(input.reading.number, 0), (output.writing.number, 1), (listener.number, 3)])
    pipe = input.intoWriting()
    // The shell prints it and ends; cat has another output.
    let answers = output.intoReading()
    var answer: [UInt8] = []
    try answers.readAll(into: &answer, limit: 64)
    _ = try server.wait()
    let digits = answer.prefix { $0 != UInt8(ascii: "\n") }
    guard let pid = Int32(String(decoding: digits, as: UTF8.self)) else {
      throw SystemError("posix_spawn", "cat", code: ENOENT)
    }
    self.pid = pid
    handle = try ProcessHandle(pid)
  }

  /// Whether somebody has ended it.
  var hasEnded: Bool { handle.waitForEnd(milliseconds: 0) }

  deinit {
    // Without job control the shell has it ignore SIGINT.
    try? handle.send(signal: SIGTERM)
    _ = handle.waitForEnd(milliseconds: 1000)
  }
}
