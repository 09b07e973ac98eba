import Foundation
import Glibc
import TestSupport
import Testing

/// Sockets of other network namespaces, with `--netns`.
@Suite("Sockets of several network namespaces", .timeLimited, .needsRoot)
struct NamespaceListingTests {
  /// A program in a network namespace of its own with TCP listeners on one port each, IPv4 and
  /// IPv6, a UDP socket, a bound TCP socket and a unix listener.
  private static let server = """
    unshare_network()
    sockets = []
    for family, address in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1')):
        s = socket.socket(family); s.bind((address, int(sys.argv[1]))); s.listen(); sockets.append(s)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(('127.0.0.1', int(sys.argv[1]))); sockets.append(s)
    s = socket.socket(); s.bind(('127.0.0.2', int(sys.argv[1]))); sockets.append(s)
    s = socket.socket(socket.AF_UNIX); s.bind('\\0sockinspect-' + str(os.getpid())); s.listen(); sockets.append(s)
    print('ready', flush=True)
    stay()
    """

  /// Programs in namespaces of their own, with the number of each namespace.
  private func servers(_ count: Int, port: UInt16) throws -> [(peer: PythonPeer, netns: UInt32)] {
    try (0..<count).map { _ in
      let peer = try server(port)
      return (peer, try peer.networkNamespace())
    }
  }

  private func server(_ port: UInt16) throws -> PythonPeer { try PythonPeer(Self.server, arguments: ["\(port)"]) }

  @Test("all of them are listed once, each with its namespace and its owner")
  func all() throws {
    let port = try OwnPorts.next()
    let servers = try servers(6, port: port)
    let listing = try isolated { try Program.list("--netns", "all", "-a", "--port", "\(port)") }
    for (peer, netns) in servers {
      let own = listing.sockets.filter { $0.netns == netns }
      #expect(own.map(\.transport).sorted() == ["tcp", "tcp", "tcp", "udp"], "\(own)")
      #expect(own.allSatisfy { $0.owners?.map(\.pid) == [peer.pid] })
      #expect(Set(own.compactMap(\.inode)).count == 4)
    }
    #expect(Set(listing.sockets.compactMap(\.inode)).count == listing.sockets.count)
    let numbers = Set(servers.map(\.netns))
    #expect(numbers.isSubset(of: Set(listing.meta.namespaces?.map(\.netns) ?? [])))
    let unix = try isolated { try Program.list("--netns", "all", "-xl") }
    for (peer, netns) in servers {
      let own = unix.sockets.filter { $0.path == "@sockinspect-\(peer.pid)" }
      #expect(own.map(\.netns) == [netns])
    }
  }

  @Test("the tables of /proc and sock_diag show the same")
  func sources() throws {
    let port = try OwnPorts.next()
    let servers = try servers(3, port: port)
    for source in ["diag", "proc"] {
      let listing = try isolated {
        try Program.list("--netns", "all", "-tul", "--port", "\(port)", "--source", source)
      }
      let found = listing.sockets.map { "\($0.netns ?? 0) \($0.transport) \($0.local?.address ?? "")" }.sorted()
      let expected = servers.flatMap { server in
        ["tcp 127.0.0.1", "tcp ::1", "udp 127.0.0.1"].map { "\(server.netns) \($0)" }
      }
      #expect(found == expected.sorted(), "\(source)")
    }
  }

  @Test("another user reads the tables of a process in each, which everyone may", .needs("setpriv"))
  func unprivileged() throws {
    let port = try OwnPorts.next()
    let servers = try servers(3, port: port)
    try withProgramForAnybody { program in
      let finished = try isolated {
        try Finished(as: nobody, program, ["--netns", "all", "-tul", "--port", "\(port)", "--json"])
      }
      let listing = try Listing.decoder.decode(Listing.self, from: Data(finished.output))
      #expect(listing.sockets.count == 9, "\(finished.errorText)")
      let namespaces = listing.meta.namespaces ?? []
      for (peer, netns) in servers {
        // Who may not ask for the number of the namespace gets one that is equal in all of it.
        let entry = try #require(namespaces.first { $0.pid == peer.pid })
        #expect(entry.identity == "tables" && entry.netns != netns)
        #expect(listing.sockets.count { $0.netns == entry.netns } == 3)
      }
      let table = try isolated { try Finished(as: nobody, program, ["--netns", "all", "-tl", "--port", "\(port)"]) }
      for (peer, _) in servers { #expect(table.text.contains("pid:\(peer.pid) ")) }
      let place = "\(servers[1].peer.pid)"
      let one = try isolated { try Finished(as: nobody, program, ["-N", place, "-tl", "--port", "\(port)"]) }
      #expect(one.exitStatus == 0 && one.text.contains("[::1]:\(port)"))
    }
  }

  @Test("one is entered by a process, its number, a file, and the name that ip netns gave it", .needs("ip"))
  func one() throws {
    let port = try OwnPorts.next()
    let peer = try server(port)
    let netns = try peer.networkNamespace()
    let name = "sockinspect-test-\(peer.pid)"
    let attached = Finished(running: try TestPeers.ip, ["netns", "attach", name, "\(peer.pid)"])
    #expect(attached.exitStatus == 0, "\(attached.errorText)")
    defer { _ = try? Finished(running: TestPeers.ip, ["netns", "delete", name]) }
    for place in ["\(peer.pid)", "\(netns)", "/proc/\(peer.pid)/ns/net", name, "/run/netns/\(name)"] {
      let listing = try isolated { try Program.list("--netns", place, "-tul") }
      #expect(listing.sockets.map { $0.local?.port } == [port, port, port], "\(place)")
      #expect(listing.sockets.allSatisfy { $0.netns == netns && $0.owners?.map(\.pid) == [peer.pid] })
      let netstat = try isolated { Program.run("netstat", "--netns", place, "-tln") }
      #expect(netstat.text.contains("127.0.0.1:\(port) "))
      let lsof = try isolated { Program.run("lsof", "--netns", place, "-i", "-n", "-P") }
      #expect(lsof.text.contains("TCP [::1]:\(port) (LISTEN)"))
    }
    // It has a name now, in the column and in queries.
    let named = try isolated { Program.run("--netns", "all", "netns = \(name)", "-tl", "--no-header") }
    #expect(named.text.split(separator: "\n").count == 2 && named.text.contains(" \(name) "), "\(named.errorText)")
    let counts = try isolated { Program.run("--netns", "all", "--count-by", "netns") }
    #expect(counts.text.contains(name))
  }

  @Test("one without a process is listed as long as a file of it is mounted", .needs("ip"))
  func withoutProcess() throws {
    let name = "sockinspect-test-empty-\(getpid())"
    #expect(Finished(running: try TestPeers.ip, ["netns", "add", name]).exitStatus == 0)
    defer { _ = try? Finished(running: TestPeers.ip, ["netns", "delete", name]) }
    // A process of another namespace has the only socket there.
    let code = """
      import ctypes
      libc = ctypes.CDLL(None)
      own = open('/proc/thread-self/ns/net'); there = open('/run/netns/' + sys.argv[1])
      libc.setns(there.fileno(), 0); s = socket.socket(); s.bind(('0.0.0.0', int(sys.argv[2]))); s.listen()
      libc.setns(own.fileno(), 0); print('ready', flush=True); stay()
      """
    let port = try OwnPorts.next()
    let peer = try PythonPeer(code, arguments: [name, "\(port)"])
    let listing = try isolated { try Program.list("--netns", "all", "-tl", "--port", "\(port)") }
    #expect(listing.sockets.count == 1 && listing.sockets.first?.owners?.map(\.pid) == [peer.pid])
    #expect(listing.meta.namespaces?.first { $0.name == name }?.netns == listing.sockets.first?.netns)
    let hint = try isolated { Program.run("--port", "\(port)") }
    #expect(hint.errorText.contains("sockinspect --netns \(name) --port \(port)\n"), "\(hint.errorText)")
    try withProgramForAnybody { program in
      let other = try isolated { try Finished(as: nobody, program, ["--netns", "all", "-tl", "--port", "\(port)"]) }
      #expect(
        other.exitStatus == 1 && other.errorText.contains("without a process may be entered only by root"),
        "\(other.text)\(other.errorText)")
      let refused = try isolated { try Finished(as: nobody, program, ["--netns", name]) }
      #expect(refused.exitStatus == 4 && refused.errorText.contains("may be entered only by root"))
    }
  }

  @Test("one to which only a descriptor refers is found by it")
  func heldByDescriptor() throws {
    // The last process in it has ended; the listener is only in this process's descriptors too.
    let code = """
      import ctypes, fcntl
      libc = ctypes.CDLL(None)
      own = open('/proc/thread-self/ns/net')
      libc.unshare(0x40000000)
      there = open('/proc/thread-self/ns/net'); os.dup2(there.fileno(), 200); there.close()
      with socket.socket() as up: fcntl.ioctl(up, 0x8914, struct.pack('16sH14x', b'lo', 1))
      s = socket.socket(); s.bind((sys.argv[1], int(sys.argv[2]))); s.listen(7)
      libc.setns(own.fileno(), 0); print('ready'); print(os.fstat(200).st_ino, flush=True); stay()
      """
    let port = try OwnPorts.next()
    let address = OwnPorts.address()
    let peer = try PythonPeer(code, arguments: [address, "\(port)"])
    let netns = try #require(UInt32(try peer.line()))
    for options in [[], ["--columns", "+peer_process"], ["--pid", "\(peer.pid)"]] {
      let listing = try isolated { try Program.list(["--netns", "all", "-l", "sport = :\(port)"] + options) }
      let socket = try #require(listing.sockets.first, "\(options)")
      #expect(listing.sockets.count == 1 && socket.netns == netns && socket.owners?.map(\.pid) == [peer.pid])
      #expect(socket.local?.address == address && socket.state == "listen")
    }
    let bare = try isolated { try Program.list("--netns", "all", "-l", "--no-owners", "sport = :\(port)") }
    #expect(bare.sockets.map(\.netns) == [netns])
    let one = try isolated { try Program.list("--netns", "\(netns)", "-l") }
    #expect(one.sockets.map { $0.local?.port } == [port])
    try withFolder { folder in
      let copy = folder + "/copy"
      let finished = try isolated { Program.run("capture", "--netns", "all", copy) }
      #expect(finished.exitStatus == 0 || finished.exitStatus == 3, "\(finished.errorText)")
      let captured = try Program.list("--root", copy, "--netns", "all", "-l", "sport = :\(port)")
      #expect(captured.sockets.map(\.netns) == [netns])
    }
    try withProgramForAnybody { program in
      let all = ["--netns", "all", "--port", "\(port)", "--local", address]
      let other = try isolated { try Finished(as: nobody, program, all) }
      #expect(
        other.exitStatus == 1 && other.errorText.contains("is known to match"), "\(other.text)\(other.errorText)")
    }
  }

  @Test("what is named and does not exist is wrong usage, with the nearest name", .needs("ip"))
  func unknown() throws {
    let name = "sockinspect-test-known-\(getpid())"
    #expect(Finished(running: try TestPeers.ip, ["netns", "add", name]).exitStatus == 0)
    defer { _ = try? Finished(running: TestPeers.ip, ["netns", "delete", name]) }
    for (place, message) in [
      ("4194304", "no process has the id 4194304"), (name + "x", "did you mean \(name)?"),
      ("a\u{1B}[31mb", #"no network namespace is named a\e[31mb"#), ("/etc/passwd", "is not a network namespace"),
      ("", "no network namespace is named"),
    ] {
      let finished = Program.run("--netns", place, "-t")
      #expect(finished.exitStatus == 2 && finished.output.isEmpty)
      #expect(finished.errorText.contains(message), "\(finished.errorText)")
    }
    let both = Program.run("--netns", "all", "--root", "/proc/1")
    #expect(both.exitStatus == 2 && both.errorText.contains("does not go with --root"))
  }

  @Test("a capture of all of them is listed as they were, redacted too, one by its name or number", .needs("ip"))
  func captured() throws {
    let port = try OwnPorts.next()
    let servers = try servers(2, port: port)
    let name = "sockinspect-test-captured-\(getpid())"
    #expect(Finished(running: try TestPeers.ip, ["netns", "add", name]).exitStatus == 0)
    defer { _ = try? Finished(running: TestPeers.ip, ["netns", "delete", name]) }
    try withFolder { folder in
      let tree = folder + "/tree"
      let live = try isolated {
        let finished = Program.run("capture", "--netns", "all", tree)
        #expect(finished.exitStatus == 0 || finished.exitStatus == 3, "\(finished.errorText)")
        return try Program.list("--netns", "all", "-tul", "--port", "\(port)")
      }
      func text(_ socket: Listing.Socket) -> String { "\(PeerRow(socket, inode: true)) \(socket.netns ?? 0)" }
      let dead = try Program.list("--root", tree, "--netns", "all", "-tul", "--port", "\(port)")
      #expect(differences(live.sockets.map(text), dead.sockets.map(text)).isEmpty)
      #expect(dead.sockets.count == 6)
      for (peer, netns) in servers {
        for place in ["\(netns)", "\(peer.pid)"] {
          let one = try Program.list("--root", tree, "--netns", place, "-tul")
          #expect(one.sockets.count == 3 && one.sockets.allSatisfy { $0.netns == netns })
        }
      }
      let empty = Program.run("--root", tree, "--netns", name, "-t")
      #expect(empty.exitStatus == 1 && empty.errorText == "sockinspect: there is no tcp socket\n")
      #expect(Program.run("--root", tree, "--netns", name + "y").errorText.contains("did you mean \(name)?"))
      let copy = folder + "/redacted"
      let redacted = Program.run("capture", "--root", tree, "--netns", "all", "--redact", copy)
      #expect(redacted.exitStatus == 0 || redacted.exitStatus == 3, "\(redacted.errorText)")
      let shown = try Program.list("--root", copy, "--netns", "all", "-tul", "--port", "\(port)")
      #expect(shown.sockets.map(\.netns) == dead.sockets.map(\.netns))
      #expect(shown.meta.namespaces?.allSatisfy { $0.name == nil } == true)
    }
  }

  @Test("each row has its namespace, however narrow the terminal is", arguments: [40, 60, 80])
  func narrow(width: Int) throws {
    let port = try OwnPorts.next()
    let servers = try servers(2, port: port)
    let table = try isolated {
      Program.run("--netns", "all", "-tl", "--port", "\(port)", "--width", "\(width)", "--no-header")
    }
    let lines = table.text.split(separator: "\n")
    #expect(lines.count == 4 && lines.allSatisfy { $0.count <= width }, "\(table.text)")
    for (_, netns) in servers { #expect(lines.count { $0.contains("\(netns)") } == 2, "\(table.text)") }
  }

  @Test("without /proc only the named ones can be entered, and that is said", .needs("unshare"), .needs("ip"))
  func withoutProc() throws {
    let name = "sockinspect-test-bare-\(getpid())"
    #expect(Finished(running: try TestPeers.ip, ["netns", "add", name]).exitStatus == 0)
    defer { _ = try? Finished(running: TestPeers.ip, ["netns", "delete", name]) }
    func run(_ arguments: String) throws -> Finished {
      let script = "umount -l /proc; mount -t tmpfs none /proc; exec \"$0\" \(arguments)"
      return Finished(running: try peer("unshare"), ["-m", "sh", "-c", script, Program.path])
    }
    let named = try run("--netns \(name) -t")
    #expect(named.exitStatus == 1 && named.errorText.contains("there is no tcp socket"), "\(named.errorText)")
    for (place, reason) in [
      ("all", "network namespaces are found by their processes; "), ("nosuch", "/run/netns/nosuch does not exist"),
      ("7", "cannot enter the network namespace of process 7; "),
    ] {
      let finished = try run("--netns \(place) -t")
      #expect(finished.exitStatus == 4 && finished.errorText.contains(reason), "\(finished.errorText)")
      #expect(finished.errorText.contains("mount -t proc proc /proc"))
    }
  }

  @Test("namespaces that come and go are never doubled nor mislabelled")
  func churn() throws {
    let port = try OwnPorts.next()
    let stable = try servers(3, port: port)
    let code = """
      import ctypes
      libc = ctypes.CDLL(None)
      print('ready', flush=True)
      for turn in range(100000):
          libc.unshare(0x40000000)
          s = socket.socket(); s.bind(('0.0.0.0', int(sys.argv[1]))); s.listen()
          t = socket.socket(); t.bind(('0.0.0.0', int(sys.argv[1]) + 1)); t.listen()
      """
    let coming = try PythonPeer(code, arguments: ["\(port)"])
    for _ in 0..<60 {
      let listing = try isolated { try Program.list("--netns", "all", "-tl", "--port", "\(port),\(port + 1)") }
      #expect(Set(listing.sockets.compactMap(\.inode)).count == listing.sockets.count)
      for (peer, netns) in stable {
        let own = listing.sockets.filter { $0.netns == netns }
        #expect(own.count == 2 && own.allSatisfy { $0.owners?.map(\.pid) == [peer.pid] })
      }
      for (_, sockets) in Dictionary(grouping: listing.sockets, by: { $0.netns ?? 0 }) {
        let ports = sockets.compactMap { $0.local?.port }
        #expect(ports.count { $0 == port + 1 } <= 1 && ports.count { $0 == port } <= 2)
      }
    }
    coming.end()
  }
}

/// Programs that make namespaces.
private enum TestPeers {
  static var ip: String { get throws { try peer("ip") } }
}
