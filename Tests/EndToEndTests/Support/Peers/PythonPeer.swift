import Foundation
import Glibc
import LinuxSystem
import Query

/// The other end of a demo: a Python program, started in the calling thread's network namespace,
/// that prints `ready` when it can be used.
///
/// It is killed when nobody refers to it any more.
final class PythonPeer {
  private let running: Running
  private var isEnded = false
  /// Its process id.
  var pid: Int32 { running.child.pid }

  /// What every program may use.
  private static let preamble = """
    import os, resource, socket, struct, sys, time
    HERE = ('127.0.0.1', 1234)
    # Until the test ends, which lets go of the other end of standard input.
    def stay(): sys.stdin.read()
    # Until the test lets it go on.
    def pause(): sys.stdin.readline()
    # From now on in a network namespace of its own, whose loopback interface is up.
    def unshare_network():
        import ctypes, fcntl
        if ctypes.CDLL(None).unshare(0x40000000) != 0: sys.exit('unshare')
        with socket.socket() as up: fcntl.ioctl(up, 0x8914, struct.pack('16sH14x', b'lo', 1))
    def listener(backlog=128, address=HERE, kind=socket.SOCK_STREAM):
        family = socket.AF_UNIX if isinstance(address, (str, bytes)) else socket.AF_INET6 if ':' in address[0] else \
    socket.AF_INET
        s = socket.socket(family, kind)
        s.bind(address)
        if kind == socket.SOCK_STREAM: s.listen(backlog)
        print('ready', flush=True)
        return s
    # More clients than a short queue takes, none of which waits for an answer.
    def crowd(count=6):
        clients = [socket.socket() for _ in range(count)]
        for c in clients:
            c.setblocking(False)
            c.connect_ex(HERE)
        return clients
    # A listener, a client, and the server's end of their connection.
    def connection():
        s = listener()
        c = socket.create_connection(HERE)
        a, _ = s.accept()
        return s, c, a

    """

  /// Starts a program, as another user if one is given, and waits until it is ready.
  init(_ program: String, arguments: [String] = [], user: UInt32? = nil) throws {
    var words = try user.map { try startingAs($0) + [pythonForNobody()] } ?? [peer("python3")]
    words += ["-c", PythonPeer.preamble + program] + arguments
    running = try Running(words[0], words.dropFirst().map { Array($0.utf8) }, wantsInput: true)
    let first = try line()
    guard first == "ready" else { throw PeerFailure(line: first, errors: end().errorText) }
  }

  deinit {
    if !isEnded { _ = end() }
  }

  /// The number of the network namespace that it is in.
  func networkNamespace() throws -> UInt32 {
    UInt32(truncatingIfNeeded: try Descriptor.openWithoutWaiting("/proc/\(pid)/ns/net").status().inode)
  }

  /// The next line that it prints; the incomplete rest when it has ended.
  func line() throws -> String { try running.output.line() }

  /// Lets it go on from its `pause()`.
  func goOn() throws { try running.enter() }

  /// Waits until it ends by itself; returns what it printed since.
  func finish() -> String {
    isEnded = true
    return running.finish(timeout: 30).text
  }

  /// Sends it a signal.
  func signal(_ number: Int32) { running.child.signal(number) }

  /// Kills it; returns what it printed since.
  @discardableResult
  func end() -> Finished {
    isEnded = true
    running.child.signal(SIGKILL)
    return running.finish(timeout: 30)
  }
}

/// A peer that did not start.
struct PeerFailure: Error, CustomStringConvertible {
  let line: String
  let errors: String
  var description: String { "the peer said '\(line)' instead of 'ready': \(errors)" }
}

/// The demo's client, run to its end in the calling thread's network namespace, without its
/// narration.
func client(_ arguments: String..., timeout: Int = 60) -> Finished {
  Finished(running: Program.path, ["connect-demo", "--quiet"] + arguments, timeout: timeout)
}
