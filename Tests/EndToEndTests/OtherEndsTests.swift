import Foundation
import Glibc
import Lesson
import LinuxSystem
import TestSupport
import Testing

/// Who is at the other end, compared with what made the sockets and with other programs.
@Suite("The processes at the other ends", .timeLimited, .needsRoot)
struct OtherEndsTests {
  /// Makes connections of every kind, each end of which a process and its child have, and clients of
  /// the child that wait to be accepted; prints the pids, the pairs of descriptors and the end.
  private static let scene = """
    folder = sys.argv[1]
    keep, pairs = [], []
    def pair(a, b, back=True):
        keep.extend([a, b])
        pairs.append((a.fileno(), b.fileno()))
        if back: pairs.append((b.fileno(), a.fileno()))
    def tcp(family, address, client=None, host=None):
        l = socket.socket(family, socket.SOCK_STREAM)
        l.bind(address)
        l.listen(5)
        c = socket.socket(client or family, socket.SOCK_STREAM)
        c.connect((host or address[0], address[1]))
        keep.append(l)
        pair(c, l.accept()[0])
    tcp(socket.AF_INET, ('127.0.0.1', 2001))
    tcp(socket.AF_INET6, ('::1', 2002))
    tcp(socket.AF_INET6, ('::', 2003), socket.AF_INET, '127.0.0.1')
    def udp(address, family=socket.AF_INET):
        s = socket.socket(family, socket.SOCK_DGRAM)
        s.bind(address)
        return s
    p, q = udp(('127.0.0.1', 2004)), udp(('127.0.0.1', 2005))
    p.connect(q.getsockname())
    q.connect(p.getsockname())
    pair(p, q)
    c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s = udp(('::', 2006), socket.AF_INET6)
    c.connect(('127.0.0.1', 2006))
    pair(c, s, back=False)
    l = socket.socket(socket.AF_UNIX)
    l.bind(folder + '/listener')
    l.listen(5)
    c = socket.socket(socket.AF_UNIX)
    c.connect(folder + '/listener')
    pair(c, l.accept()[0])
    d = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    d.bind(folder + '/datagrams')
    c = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    c.connect(folder + '/datagrams')
    pair(c, d, back=False)
    pair(*socket.socketpair())
    pair(*socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
    pair(*socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET))
    print('ready', flush=True)
    r, w = os.pipe()
    child = os.fork()
    if child == 0:
        open('/proc/self/comm', 'w').write('waiting one')
        waiting = [socket.socket(socket.AF_UNIX) for _ in range(2)]
        for c in waiting: c.connect(folder + '/listener')
        os.write(w, ' '.join(str(c.fileno()) for c in waiting).encode() + b'\\n')
        time.sleep(1000)
    waiting = os.read(r, 99).decode().strip()
    print(os.getpid(), child, l.fileno(), flush=True)
    print(waiting, flush=True)
    print(' '.join('%d>%d' % p for p in pairs), flush=True)
    sys.stdin.read()
    """

  private struct Scene {
    let peer: PythonPeer
    let parent: Int32
    let child: Int32
    /// The peer of each descriptor.
    let pairs: [Int32: Int32]
    let listener: Int32
    let waiting: [Int32]

    init(in folder: String, user: UInt32? = nil) throws {
      peer = try PythonPeer(OtherEndsTests.scene, arguments: [folder], user: user)
      let ids = try peer.line().split(separator: " ").compactMap { Int32($0) }
      (parent, child, listener) = (ids[0], ids[1], ids[2])
      waiting = try peer.line().split(separator: " ").compactMap { Int32($0) }
      var pairs: [Int32: Int32] = [:]
      for pair in try peer.line().split(separator: " ") {
        let numbers = pair.split(separator: ">").compactMap { Int32($0) }
        pairs[numbers[0]] = numbers[1]
      }
      self.pairs = pairs
    }

    /// The owners of a descriptor that both processes have.
    func both(_ descriptor: Int32) -> [String] { ["\(parent)/\(descriptor)", "\(child)/\(descriptor)"] }

    func end() {
      kill(child, SIGKILL)
      peer.end()
    }
  }

  private struct Row: Decodable {
    struct Owner: Decodable {
      let pid: Int32
      let fd: Int32
    }
    let inode: UInt64?
    let owners: [Owner]?
    let peerOwners: [Owner]?
    var own: [String] { (owners ?? []).map { "\($0.pid)/\($0.fd)" } }
    var others: [String]? { peerOwners.map { $0.map { "\($0.pid)/\($0.fd)" } } }
  }

  private static func rows(_ arguments: [String], as user: UInt32? = nil, program: String = Program.path) throws
    -> [Row]
  {
    let all = arguments + ["--columns", "inode,owners,peer_owners", "--ndjson"]
    let finished = try user.map { try Finished(as: $0, program, all) } ?? Finished(running: program, all)
    guard finished.exitStatus == 0 else { throw ProgramFailure(arguments: all, finished: finished) }
    return try finished.output.split(separator: 10).map { try Listing.decoder.decode(Row.self, from: Data($0)) }
  }

  /// The arguments that list sockets of the scene, and whether they list all of them.
  private static let selections: [([String], isAll: Bool)] = [
    (["-a"], true), (["-a", "--pid", "CHILD"], true), (["-a", "--process", "waiting one"], true),
    (["-a", "peer_pid = PARENT"], false),
    (["--port", "2001"], false), (["-4", "--port", "2003"], false), (["-a", "--user", "root"], true),
    (["-x", "--pid", "PARENT"], false),
  ]

  @Test("Every kind of connection, with several owners, however the sockets are selected")
  func kinds() throws {
    try withFolder { folder in
      try isolated {
        let scene = try Scene(in: folder)
        defer { scene.end() }
        for (selection, isAll) in Self.selections {
          let arguments = selection.map {
            $0.replacing("CHILD", with: "\(scene.child)").replacing("PARENT", with: "\(scene.parent)")
          }
          var seen: Set<Int32> = []
          let rows = try Self.rows(arguments)
          for row in rows {
            // The kernel's netlink sockets have no owner.
            guard let own = row.own.last.flatMap({ Int32($0.split(separator: "/")[1]) }) else { continue }
            if let peer = scene.pairs[own], !scene.waiting.contains(own) {
              #expect(row.others == scene.both(peer), "\(arguments) fd \(own)")
              seen.insert(own)
            } else if own == scene.listener {
              #expect(row.others == scene.waiting.map { "\(scene.child)/\($0)" }, "\(arguments)")
            } else if row.own == ["\(scene.child)/\(own)"], scene.waiting.contains(own) {
              #expect(row.others == scene.both(scene.listener), "\(arguments)")
            } else {
              #expect(row.others == nil, "\(arguments) fd \(own)")
            }
          }
          #expect(isAll ? seen == Set(scene.pairs.keys) : !seen.isEmpty, "\(arguments): \(seen)")
        }
      }
    }
  }

  @Test("Without permission owners of the other end are absent, which it says", .needs("setpriv"))
  func unprivileged() throws {
    try withProgramForAnybody { program in
      try withFolder { folder in
        chmod(folder, 0o777)
        try isolated {
          let scene = try Scene(in: folder)
          defer { scene.end() }
          let rows = try Self.rows(["-a"], as: nobody, program: program)
          #expect(rows.allSatisfy { $0.own.isEmpty && $0.others?.isEmpty ?? true })
          #expect(rows.count { $0.others != nil } >= scene.pairs.count)
          // A process of its own that is connected to one of root's.
          let server = try PythonPeer("s = listener(address=('127.0.0.1', 2010))\nc = s.accept()\nstay()")
          let client = try PythonPeer(
            "c = socket.create_connection(('127.0.0.1', 2010))\nprint('ready', flush=True)\nstay()", user: nobody)
          defer { server.end() }
          defer { client.end() }
          let arguments = ["--pid", "\(client.pid)", "--columns", "process,peer_process"]
          let finished = try eventually {
            try Finished(as: nobody, program, arguments)
          } until: {
            !$0.errors.isEmpty
          }
          #expect(finished.text.hasSuffix("  -\n"), "\(finished.text)")
          #expect(finished.errorText.contains("may not be read"), "\(finished.errorText)")
          let asRoot = Finished(running: Program.path, arguments)
          #expect(asRoot.errors.isEmpty && asRoot.exitStatus == 0, "\(asRoot.errorText)")
        }
      }
    }
  }

  @Test("The client of a connection that nobody accepted is connected to the listener's process")
  func acceptQueue() throws {
    try isolated {
      let server = try PythonPeer("s = listener()\nstay()")
      let clients = try PythonPeer(
        "c = [socket.create_connection(HERE) for _ in range(2)]\nprint('ready', flush=True)\nstay()")
      defer {
        server.end()
        clients.end()
      }
      let rows = try Self.rows(["--port", "1234"])
      let client = rows.filter { $0.own.contains { $0.hasPrefix("\(clients.pid)/") } }
      #expect(client.count == 2 && client.allSatisfy { $0.others == ["\(server.pid)/3"] })
      let listener = rows.first { $0.own == ["\(server.pid)/3"] }
      #expect(listener?.others == ["\(clients.pid)/3", "\(clients.pid)/4"])
    }
  }

  @Test("The other end in another network namespace, with --netns all", .needs("ip"), .needs("unshare"))
  func namespaces() throws {
    try isolated {
      // The server has a namespace of its own, into which one end of a veth pair is moved.
      let server = try PythonPeer(
        """
        import ctypes
        if ctypes.CDLL(None).unshare(0x40000000) != 0: sys.exit('unshare')
        print('ready', flush=True)
        pause()
        s = socket.socket()
        s.bind(('10.9.0.2', 2001))
        s.listen(5)
        print('listening', flush=True)
        kept = s.accept()
        print('accepted', flush=True)
        stay()
        """)
      defer { server.end() }
      let script = """
        set -e
        ip link add left type veth peer name right netns \(server.pid)
        ip address add 10.9.0.1/24 dev left
        ip link set left up
        nsenter -t \(server.pid) -n ip address add 10.9.0.2/24 dev right
        nsenter -t \(server.pid) -n ip link set right up
        """
      let made = Finished(running: try peer("sh"), ["-c", script])
      try #require(made.exitStatus == 0, "\(made.errorText)")
      try server.goOn()
      #expect(try server.line() == "listening")
      let client = try PythonPeer(
        "c = socket.create_connection(('10.9.0.2', 2001))\nprint('ready', flush=True)\nstay()")
      defer { client.end() }
      #expect(try server.line() == "accepted")
      func others(_ arguments: [String]) throws -> [String: [String]?] {
        var result: [String: [String]?] = [:]
        for row in try Self.rows(["--port", "2001"] + arguments) {
          for owner in row.owners ?? [] where [server.pid, client.pid].contains(owner.pid) {
            result["\(owner.pid)/\(owner.fd)"] = row.others
          }
        }
        return result
      }
      #expect(try others([]) == ["\(client.pid)/3": nil])
      let all = try others(["--netns", "all"])
      #expect(all["\(client.pid)/3"] == ["\(server.pid)/4"], "\(all)")
      #expect(all["\(server.pid)/4"] == ["\(client.pid)/3"], "\(all)")
    }
  }

  @Test("/proc shows the other ends of internet sockets, of unix sockets none")
  func tables() throws {
    try withFolder { folder in
      try isolated {
        let scene = try Scene(in: folder)
        defer { scene.end() }
        let internet = try Self.rows(["--source", "proc"])
        #expect(internet.count { $0.others?.isEmpty == false } == 8)
        let unix = try Self.rows(["-x", "--source", "proc"])
        #expect(unix.count >= 12 && unix.allSatisfy { $0.others == nil })
        let finished = Program.run("-x", "--source", "proc", "peer_process = python3")
        #expect(finished.exitStatus == 1 && finished.errorText.contains("peer_process"), "\(finished.errorText)")
      }
    }
  }

  @Test("ss: the peers of unix sockets and their owners", .needs("ss"))
  func ss() throws {
    try withFolder { folder in
      try isolated {
        let scene = try Scene(in: folder)
        defer { scene.end() }
        // u_str ESTAB 0 0 * 123 * 124 users:(("python3",pid=1,fd=3))
        var owners: [String: Set<String>] = [:]
        var peers: [String: String] = [:]
        for line in Finished(running: try peer("ss"), ["-Hxap"]).text.split(separator: "\n") {
          let words = line.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
          peers[words[5]] = words[7]
          let list = words.dropFirst(8).joined(separator: " ").split(separator: "pid=").dropFirst()
          owners[words[5]] = Set(
            list.map { item in
              let numbers = item.split { !$0.isNumber }
              return "\(numbers[0])/\(numbers[1])"
            })
        }
        var compared = 0
        for row in try Self.rows(["-x"]) {
          let inode = "\(row.inode ?? 0)"
          #expect(Set(row.own) == owners[inode])
          guard let peer = peers[inode], peer != "0" else { continue }
          compared += 1
          #expect(Set(row.others ?? []) == owners[peer], "\(inode)")
        }
        #expect(compared == 9, "\(compared)")
      }
    }
  }

  @Test("psutil: the process that has the mirrored ends of each TCP connection", .needsPsutil)
  func psutil() throws {
    try withFolder { folder in
      try isolated {
        let scene = try Scene(in: folder)
        defer { scene.end() }
        let script = """
          import psutil
          rows = {}
          def plain(a): return a.ip.replace('::ffff:', '') + ' ' + str(a.port)
          for c in psutil.net_connections('tcp'):
              if c.raddr: rows.setdefault((plain(c.laddr), plain(c.raddr)), set()).add('%d/%d' % (c.pid, c.fd))
          for (l, r), own in rows.items():
              print(' '.join(sorted(own)) + '>' + ' '.join(sorted(rows.get((r, l), []))))
          """
        let theirs = Set(
          Finished(running: try peer("python3"), ["-c", script]).text.split(separator: "\n").map(String.init))
        let ours = Set(
          try Self.rows(["-t", "connected"]).map {
            $0.own.sorted().joined(separator: " ") + ">" + ($0.others ?? []).sorted().joined(separator: " ")
          })
        // psutil names one owner of each socket.
        #expect(
          theirs.count == 6 && theirs.allSatisfy { row in ours.contains { Self.includes($0, row) } },
          "\(theirs) \(ours)")
      }
    }
  }

  private static func includes(_ row: String, _ other: String) -> Bool {
    let (sides, others) = (row.split(separator: ">"), other.split(separator: ">"))
    return sides.count == others.count
      && zip(sides, others).allSatisfy { Set($0.split(separator: " ")).isSuperset(of: $1.split(separator: " ")) }
  }
}
