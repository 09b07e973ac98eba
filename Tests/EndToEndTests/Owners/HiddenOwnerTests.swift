import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// Sockets that no descriptor of a process refers to, each made for the test: who has them, and
/// where that is not known, why not.
@Suite("Owners without descriptors and reasons", .timeLimited, .needsRoot, .needs("python3"))
struct HiddenOwnerTests {
  /// The columns that say who has a socket and why not.
  private static let columns = ["-H", "-W", "--columns", "attribution,owner_reason,owners"]

  private func run(_ arguments: [String]) -> Finished { Finished(running: Program.path, arguments) }

  private static let ring = """
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    s = listener()
    ring = libc.syscall(425, 4, (ctypes.c_char * 120)())
    files = (ctypes.c_int * 3)(-1, -1, s.fileno())
    if libc.syscall(427, ring, 2, files, 3) != 0: sys.exit(1)
    s.close()
    print(ring, flush=True)
    stay()
    """

  @Test("A listener whose only holder is an io_uring has that as owner, which lsof and ss do not show", .needs("lsof"))
  func ring() throws {
    try isolated {
      let peer = try PythonPeer(Self.ring)
      let ring = try peer.line()
      let listing = run(["--port", "1234"] + Self.columns)
      #expect(listing.text == "io_uring  io-uring  python3[\(peer.pid)] ring fd \(ring) slot 2\n")
      #expect(Program.run("--pid", "\(peer.pid)").text.contains("127.0.0.1:1234"))
      let json = Program.run("--port", "1234", "--json").text
      let owner = "{\"pid\":\(peer.pid),\"fd\":null,\"ring_fd\":\(ring),\"ring_slot\":2,\"name\":\"python3\""
      #expect(json.contains(owner), "\(json)")
      #expect(json.contains("\"attribution\":\"io_uring\",\"owner_reason\":\"io-uring\""))
      #expect(!Finished(running: try EndToEndTests.peer("lsof"), ["-nP", "-i", ":1234"]).text.contains("python3"))
      #expect(Program.run("lsof", "-nPi").exitStatus == 1, "the classic view shows what the original does")
    }
  }

  @Test("Another user sees of a ring that is not his only that he may not")
  func ringOfOther() throws {
    try withProgramForAnybody { program in
      try isolated {
        let own = try PythonPeer(Self.ring, user: EndToEndTests.nobody)
        _ = try own.line()
        let finished = try Finished(as: EndToEndTests.nobody, program, ["--port", "1234"] + Self.columns)
        #expect(finished.text.hasPrefix("io_uring  io-uring  python3[\(own.pid)] ring fd "), "\(finished.text)")
      }
      try isolated {
        let root = try PythonPeer(Self.ring)
        _ = try root.line()
        let finished = try Finished(as: EndToEndTests.nobody, program, ["--port", "1234"] + Self.columns)
        #expect(finished.rows == [["-", "not-permitted", "-"]])
      }
    }
  }

  @Test("A socket on the way to a process has that as possible owner")
  func inFlight() throws {
    let program = """
      a, b = socket.socketpair()
      s = listener()
      socket.send_fds(a, [b'x'], [s.fileno()])
      s.close()
      print(b.fileno(), flush=True)
      pause()
      kept = socket.recv_fds(b, 1, 1)
      print('taken', flush=True)
      stay()
      """
    try isolated {
      let peer = try PythonPeer(program)
      let receiver = try peer.line()
      let listing = run(["--port", "1234"] + Self.columns)
      #expect(listing.text == "in_flight  in-flight  python3[\(peer.pid)] in flight to fd \(receiver)?\n")
      try peer.goOn()
      #expect(try peer.line() == "taken")
      #expect(run(["--port", "1234"] + Self.columns).rows.first?.prefix(2) == ["fd", "-"])
    }
  }

  @Test("Threads with their own descriptors are named with the thread")
  func thread() throws {
    let program = """
      import ctypes, threading
      ready = threading.Event()
      def run():
          ctypes.CDLL(None).unshare(0x400)
          global s
          s = socket.socket(); s.bind(HERE); s.listen(); ready.set()
          threading.Event().wait()
      t = threading.Thread(target=run, daemon=True)
      t.start(); ready.wait()
      print('ready', flush=True)
      print(t.native_id, s.fileno(), flush=True)
      stay()
      """
    try isolated {
      let peer = try PythonPeer(program)
      let words = try peer.line().split(separator: " ")
      let listing = run(["--port", "1234"] + Self.columns)
      #expect(listing.text == "thread  -  python3[\(peer.pid)] thread \(words[0]) fd \(words[1])\n")
    }
  }

  @Test("The socket of a VXLAN interface that is up is the kernel's, by the name of the interface", .needs("ip"))
  func vxlan() throws {
    try withProgramForAnybody { program in
      try isolated {
        let ip = try peer("ip")
        let made = Finished(
          running: ip, ["link", "add", "vx7", "type", "vxlan", "id", "7", "dstport", "4789", "dev", "lo"])
        try #require(made.exitStatus == 0, "\(made.errorText)")
        #expect(Finished(running: ip, ["link", "set", "vx7", "up"]).exitStatus == 0)
        let expected = [["-", "kernel", "kernel", "vxlan", "vx7"]]
        #expect(run(["-u", "--port", "4789"] + Self.columns).rows == expected)
        #expect(Program.run("-u", "--json").text.contains("{\"pid\":null,\"fd\":null,\"name\":\"kernel vxlan vx7\""))
        // The interface is the same evidence for everyone.
        let other = try Finished(as: EndToEndTests.nobody, program, ["-u", "--port", "4789"] + Self.columns)
        #expect(other.rows == expected)
        // A process's socket at another port is no evidence of anything.
        let peer = try PythonPeer("s = listener(kind=socket.SOCK_DGRAM)\nstay()")
        #expect(run(["-u", "--port", "1234"] + Self.columns).rows.first?.first == "fd")
        withExtendedLifetime(peer) {}
      }
    }
  }

  @Test(
    "Without a view of all processes the reason says what is lacking", .needs("unshare"), .needs("setpriv"),
    arguments: [("hidepid", "hidden"), ("pid namespace", "other-pid-namespace"), ("user namespace", "not-permitted")])
  func reasons(place: String, reason: String) throws {
    try withProgramForAnybody { program in
      try isolated {
        let peer = try PythonPeer("s = listener()\nstay()")
        let unshare = try EndToEndTests.peer("unshare")
        let arguments = ["--port", "1234"] + Self.columns
        let user = try startingAs(EndToEndTests.nobody)
        let words = user.joined(separator: " ")
        let finished =
          switch place {
          case "hidepid":
            Finished(
              running: unshare,
              ["-m", "sh", "-c", "mount -t proc -o hidepid=2 proc /proc; exec \(words) \"$0\" \"$@\"", program]
                + arguments)
          case "pid namespace": Finished(running: unshare, ["-pf", "--mount-proc", program] + arguments)
          default: Finished(running: user[0], user.dropFirst() + [unshare, "-r", program] + arguments)
          }
        #expect(finished.rows == [["-", reason, "-"]], "\(finished.errorText)")
        withExtendedLifetime(peer) {}
      }
    }
  }

  @Test("Sockets without a file say what is left of them")
  func withoutFile() throws {
    let program = """
      s = listener()
      waiting = socket.create_connection(HERE)
      c = socket.create_connection(HERE)
      # The first in the queue stays there; the second is not taken either.
      d = socket.create_connection(HERE)
      d.shutdown(socket.SHUT_WR)
      print(c.getsockname()[1], flush=True)
      stay()
      """
    try isolated {
      let peer = try PythonPeer(program)
      let port = try peer.line()
      let columns = ["-tH", "--columns", "owner_reason,state"]
      let queued = run(["--local-port", "1234", "--remote-port", port] + columns).rows
      #expect(queued == [["not-accepted", "established"]])
      let halfClosed = run(["--local-port", "1234", "--state", "close_wait"] + columns).rows
      #expect(halfClosed == [["not-accepted", "close_wait"]])
    }
    try isolated {
      let peer = try PythonPeer(
        """
        s = listener()
        c = socket.create_connection(HERE)
        d, _ = s.accept()
        c.close()
        print('closed', flush=True)
        pause()
        d.close()
        print('closed', flush=True)
        stay()
        """)
      #expect(try peer.line() == "closed")
      let columns = ["-tH", "--columns", "owner_reason,state"]
      #expect(run(["--remote-port", "1234"] + columns).rows == [["orphan", "fin_wait2"]])
      try peer.goOn()
      #expect(try peer.line() == "closed")
      let left = run(["--remote-port", "1234"] + columns).rows
      #expect(left == [["time-wait", "time_wait"]])
    }
  }
}
