import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// Sockets that a process has open and that no table of the kernel lists.
@Suite("Sockets that no table lists", .timeLimited, .needsRoot, .needs("python3"))
struct UnlistedSocketTests {
  private static let unbound = """
    keep = [socket.socket() for _ in range(3)] + [socket.socket(socket.AF_INET6)]
    keep += [socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket(socket.AF_UNIX)]
    keep += [socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)]
    keep += [socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)]
    s = listener()
    c = socket.create_connection(HERE)
    d, _ = s.accept()
    # Closing with SO_LINGER of 0 seconds resets the connection.
    d.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    d.close()
    c.settimeout(30)
    try: c.recv(1)
    except ConnectionResetError: pass
    print(c.getsockname()[1], c.fileno(), flush=True)
    stay()
    """

  private func run(_ arguments: [String]) -> Finished { Finished(running: Program.path, arguments) }

  private static let columns = ["-H", "-W", "--columns", "transport,family,state,socket_type,local,fd"]

  @Test("They are listed by process, state and among all sockets, with what is left of their ends")
  func unbound() throws {
    try isolated {
      let peer = try PythonPeer(Self.unbound)
      let words = try peer.line().split(separator: " ").map(String.init)
      let expected = [
        ["tcp", "ipv4", "unhashed", "stream", "0.0.0.0:*", "3"],
        ["tcp", "ipv4", "unhashed", "stream", "0.0.0.0:*", "4"],
        ["tcp", "ipv4", "unhashed", "stream", "0.0.0.0:*", "5"], ["tcp", "ipv6", "unhashed", "stream", "[::]:*", "6"],
        ["tcp", "ipv4", "unhashed", "stream", "127.0.0.1:\(words[0])", words[1]],
        ["udp", "ipv4", "unhashed", "dgram", "0.0.0.0:*", "7"],
      ]
      let byPID = run(["--pid", "\(peer.pid)", "--strict"] + Self.columns)
      #expect(byPID.exitStatus == 0 && byPID.errors.isEmpty, "\(byPID.errorText)")
      #expect(byPID.rows.filter { $0[2] == "unhashed" } == expected)
      #expect(run(["--process", "python3"] + Self.columns).rows.filter { $0[2] == "unhashed" } == expected)
      // By state, those of this namespace's processes alone.
      #expect(run(["--state", "unhashed"] + Self.columns).rows == expected)
      let all = run(["-a"] + Self.columns).rows.filter { $0[2] == "unhashed" }
      #expect(all.filter { $0[0] == "tcp" || $0[0] == "udp" } == expected)
      #expect(all.contains(["netlink", "netlink", "unhashed", "raw", "rtnl:*", "9"]))
      #expect(all.contains(["mptcp", "ipv4", "unhashed", "stream", "0.0.0.0:*", "10"]))
      // The unix socket is in its table, once.
      #expect(run(["-x", "--pid", "\(peer.pid)"] + Self.columns).rows.count == 1)
      // Other listings do not have them.
      for other in [["-t"], ["-l", "--pid", "\(peer.pid)"], ["--state", "listen"], ["-s"]] {
        #expect(!run(other).text.contains("unhashed"), "\(other)")
      }
      let six = run(["--pid", "\(peer.pid)", "-6"] + Self.columns)
      #expect(six.rows == [["tcp", "ipv6", "unhashed", "stream", "[::]:*", "6"]])
      let counted = Program.run("--state", "unhashed", "--count-by", "process", "-H")
      #expect(counted.rows == [["6", "python3"]])
    }
  }

  @Test("They have the inodes that lsof shows, and a cookie, user and namespace as others do", .needs("lsof"))
  func comparedWithLsof() throws {
    try isolated {
      let peer = try PythonPeer(Self.unbound)
      _ = try peer.line()
      let lsof = Finished(running: try EndToEndTests.peer("lsof"), ["-nP", "-p", "\(peer.pid)"]).text
      let unidentified = lsof.split(separator: "\n").compactMap { line -> String? in
        let words = line.split(separator: " ")
        guard let colon = words.firstIndex(of: "protocol:") else { return nil }
        return "\(words[3].dropLast()) \(words[colon - 1])"
      }
      let columns = ["-aH", "-W", "--columns", "fd,inode", "--pid", "\(peer.pid)", "--state", "unhashed"]
      #expect(!unidentified.isEmpty)
      #expect(
        Set(run(columns).rows.map { $0.joined(separator: " ") }) == Set(unidentified), "\(lsof)")
      let json = Program.run("--pid", "\(peer.pid)", "--state", "unhashed", "--json").text
      let listing = try Listing.decoder.decode(Listing.self, from: Data(json.utf8))
      #expect(listing.sockets.count == 6)
      #expect(Set(listing.sockets.compactMap(\.cookie)).count == 6 && listing.sockets.allSatisfy { $0.uid == 0 })
      let own = try Program.list("--pid", "\(peer.pid)", "--state", "listen").sockets.first?.netns
      #expect(own != nil && listing.sockets.allSatisfy { $0.netns == own })
    }
  }

  @Test("Sockets of protocols without a table here are listed by the name of their protocol", .needs("lsof"))
  func otherProtocol() throws {
    let program = """
      kinds = [(1, 40, 'AF_VSOCK'), (3, 44, 'XDP'), (5, 38, 'ALG')]
      keep = []
      for kind, family, _ in kinds:
          try: keep.append(socket.socket(family, kind, 0))
          except OSError: pass
      s = listener()
      print(len(keep), flush=True)
      stay()
      """
    try isolated {
      let peer = try PythonPeer(program)
      let count = try Int(peer.line()) ?? 0
      let finished = Program.run(
        "--pid", "\(peer.pid)", "-A", "all", "--state", "unhashed", "-HW", "--columns", "transport,inode")
      #expect(finished.rows.count == count, "\(finished.text)")
      let lsof = Finished(running: try EndToEndTests.peer("lsof"), ["-nP", "-p", "\(peer.pid)"]).text
      for row in finished.rows { #expect(lsof.contains(row[1])) }
    }
  }

  @Test("A process's socket of another namespace has its ends and state, and is no unhashed one")
  func foreign() throws {
    let program = """
      import ctypes
      libc = ctypes.CDLL(None)
      own = os.open('/proc/self/ns/net', 0)
      libc.unshare(0x40000000)
      there = os.stat('/proc/thread-self/ns/net').st_ino
      s = listener(address=('0.0.0.0', 1234))
      u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(('0.0.0.0', 1235))
      b = socket.socket(); b.bind(('0.0.0.0', 1236))
      n = socket.socket()
      libc.setns(own, 0x40000000)
      print(there, flush=True)
      stay()
      """
    try isolated {
      let peer = try PythonPeer(program)
      let namespace = try peer.line()
      let columns = ["--pid", "\(peer.pid)", "-H", "-W", "--csv", "--columns", "transport,state,local,netns"]
      let lines = run(columns).text.split(whereSeparator: \.isNewline).map(String.init)
      #expect(
        lines.sorted() == [
          "tcp,bound_inactive,0.0.0.0:1236,\(namespace)", "tcp,listen,0.0.0.0:1234,\(namespace)",
          "tcp,unhashed,0.0.0.0:0,\(namespace)", "udp,unconnected,0.0.0.0:1235,\(namespace)",
        ])
      // Its table is not read: only the process shows them.
      #expect(Program.run("-t", "--port", "1234").exitStatus == 1)
    }
  }

  @Test("Another user sees his own with ends, and of others that they may not be read")
  func unprivileged() throws {
    try withProgramForAnybody { program in
      try isolated {
        let own = try PythonPeer(Self.unbound, user: EndToEndTests.nobody)
        _ = try own.line()
        let arguments = ["--pid", "\(own.pid)", "--state", "unhashed"] + Self.columns
        let finished = try Finished(as: EndToEndTests.nobody, program, arguments)
        #expect(finished.rows.count == 6 && finished.rows.map(\.last) == run(arguments).rows.map(\.last))
        let other = try PythonPeer("s = socket.socket()\nprint('ready', flush=True)\nstay()")
        let refused = try Finished(as: EndToEndTests.nobody, program, ["--pid", "\(other.pid)", "--strict"])
        #expect(refused.exitStatus == 3 && refused.errorText.contains("may not be read"), "\(refused.errorText)")
      }
    }
  }

  @Test("Where descriptors may not be copied the protocol is shown, and the lack is said once", .needs("setpriv"))
  func refusedCopies() throws {
    try isolated {
      let peer = try PythonPeer(Self.unbound)
      _ = try peer.line()
      // Reading a process's folder takes no capability of its own user; attaching to one with more
      // capabilities does.
      let finished = Finished(
        running: try EndToEndTests.peer("setpriv"),
        ["--bounding-set", "-sys_ptrace", "--inh-caps", "-sys_ptrace", Program.path, "--pid", "\(peer.pid)"]
          + Self.columns)
      let unhashed = finished.rows.filter { $0[2] == "unhashed" }
      if unhashed.isEmpty {
        #expect(finished.errorText.contains("may not be read"), "\(finished.errorText)")
      } else {
        #expect(unhashed.count == 6)
        #expect(finished.errorText.split(separator: "\n").count <= 1, "\(finished.errorText)")
      }
    }
  }
}
