import Glibc
import Lesson
import LinuxSystem
import Query
import SocketModel
import TestSupport
import Testing

@testable import sockinspect

/// sock_diag and /proc on the same sockets: what each must show, and where they differ and why.
@Suite("The two sources show the sockets that are there", .timeLimited, .needsRoot)
struct SourcesTests {
  /// What one source cannot show, whatever the program does. (source, what it is, which sightings)
  private static let blind: [(source: String, why: String, sighting: @Sendable (SocketSighting) -> Bool)] = [
    ("proc", "no /proc table has sockets that are bound and idle", { $0.state == .boundInactive }),
    ("proc", "no /proc table has MPTCP sockets", { $0.transport == .mptcp }),
    (
      "diag", "unix_diag leaves out connections that were not accepted",
      { $0.transport == .unix && $0.descriptor == nil }
    ),
  ]

  private static func visible(_ held: HeldSockets, from source: String) -> [SocketSighting] {
    held.sightings.filter { sighting in !blind.contains { $0.source == source && $0.sighting(sighting) } }
  }

  @Test("TCP and UDP in every state are listed once each, and nothing else", arguments: ["auto", "diag", "proc"])
  func tcpAndUDP(source: String) throws {
    try isolated {
      let held = try HeldScenarios.tcpAndUDP()
      let wanted: [Row] = SourcesTests.visible(held, from: source).map(Row.init(sighting:))
      let listing: Listing = try eventually {
        try Program.list("--source", source)
      } until: { (listing: Listing) in
        differences(wanted, listing.rows).isEmpty
      }
      let difference = differences(wanted, listing.rows)
      #expect(difference.isEmpty)
      // In a container some process is often out of reach even for root; its descriptors are not
      // the test's.
      let problems = listing.meta.problems.filter { $0.kind != "forbidden" }
      #expect(problems.isEmpty)
    }
  }

  @Test("Sockets with a file have an inode and an owner, the others neither", arguments: ["diag", "proc"])
  func owners(source: String) throws {
    try isolated {
      let held = try HeldScenarios.tcpAndUDP()
      let listing = try ProgramStarts.undisturbed { try Program.list("--source", source) }
      for sighting in SourcesTests.visible(held, from: source) {
        // States change while time passes; the ends stay.
        let ends = Row(sighting: sighting).ends
        let rows: [Listing.Socket] = listing.sockets.filter { Row(listed: $0).ends == ends }
        try #require(rows.count == 1, "\(ends)")
        if let descriptor = sighting.descriptor {
          let inode = try held.inode(of: sighting)
          #expect(rows[0].inode == inode, "\(ends)")
          #expect(rows[0].ownerTexts == [ownerText(descriptor)], "\(ends)")
          #expect(rows[0].uid == geteuid(), "\(ends)")
          #expect(rows[0].attribution == "fd")
        } else {
          #expect(rows[0].fileInode == nil, "\(ends)")
          #expect(rows[0].ownerTexts.isEmpty, "\(ends)")
          #expect(rows[0].attribution == nil)
        }
        // The kernel prints 0 for the user of a TIME_WAIT and SYN_RECV socket; that is not root.
        if sighting.state == .timeWait || sighting.state == .synRecv { #expect(rows[0].uid == nil, "\(ends)") }
      }
    }
  }

  private static let steadyTimers: Set<String> = ["listen", "established", "time_wait", "syn_sent"]

  @Test("Queues, users, timers and inodes are the same from both sources")
  func fields() throws {
    try isolated {
      let held = try HeldScenarios.tcpAndUDP()
      let (diag, proc) = try ProgramStarts.undisturbed {
        (try Program.list("--source", "diag").sockets, try Program.list("--source", "proc").sockets)
      }
      var byRow: [Row: Listing.Socket] = [:]
      for socket in proc { byRow[Row(listed: socket)] = socket }
      var compared = 0
      for socket in diag where socket.state != "bound_inactive" {
        let row = Row(listed: socket)
        guard let other = byRow[row] else { continue }
        compared += 1
        #expect(socket.recvQueue == other.recvQueue, "\(row)")
        // Only sock_diag has the limit of the accept queue.
        if socket.state != "listen" { #expect(socket.sendQueue == other.sendQueue, "\(row)") }
        #expect(socket.uid == other.uid, "\(row)")
        #expect(socket.fileInode == other.fileInode, "\(row)")
        #expect(socket.ownerTexts == other.ownerTexts, "\(row)")
        // Timers end and start again between the two listings, but in these states the same one
        // always runs.
        if SourcesTests.steadyTimers.contains(socket.state ?? "") {
          #expect(socket.timer?.kind == other.timer?.kind, "\(row)")
        }
        #expect(socket.cookie != nil, "sock_diag reports the cookie")
        #expect(other.cookie == nil, "/proc does not report the cookie")
      }
      #expect(compared > held.sightings.count / 2)
    }
  }

  @Test("UDP-Lite, raw, ICMP, packet and netlink sockets are listed with their owners", arguments: ["auto", "proc"])
  func others(source: String) throws {
    try isolated {
      let held = try HeldScenarios.others()
      let listing = try ProgramStarts.undisturbed {
        try Program.list("--source", source, "-A", "udplite,raw,icmp,packet,netlink")
      }
      for sighting in held.sightings {
        let inode = try held.inode(of: sighting)
        let rows = listing.sockets.filter { $0.inode == inode }
        try #require(rows.count == 1, "\(sighting) is listed \(rows.count) times")
        #expect(rows[0].transport == sighting.transport.name)
        #expect(rows[0].type == sighting.family.name)
        #expect(rows[0].ownerTexts == [ownerText(sighting.descriptor)])
        if sighting.transport == .raw { #expect(rows[0].ipProtocol == 253) }
        if sighting.transport == .packet { #expect(rows[0].ipProtocol == 0x88B5) }
      }
      #expect(listing.sockets.count { $0.isOurs } == held.sightings.count)
    }
  }

  @Test("An MPTCP connection is listed with both ends and their owner")
  func mptcp() throws {
    try isolated {
      let held = try OtherScenario.mptcp.hold()
      let listing = try Program.list("-A", "mptcp")
      let difference = differences(held.rows, listing.rows)
      #expect(difference.isEmpty)
      #expect(listing.sockets.count { $0.isOurs } == held.sightings.count)
    }
  }

  @Test("Unix sockets of every type are listed with state, name and owner", arguments: ["diag", "proc"])
  func unix(source: String) throws {
    try withFolder { folder in
      try isolated {
        var held = HeldSockets()
        for scenario in UnixScenario.allCases { held.add(try scenario.hold(in: folder)) }
        let listing = try ProgramStarts.undisturbed { try Program.list("--source", source, "-x") }
        for sighting in held.sightings {
          let inode = try held.inode(of: sighting)
          let rows = listing.sockets.filter { $0.inode == inode }
          try #require(rows.count == 1, "\(sighting) is listed \(rows.count) times")
          #expect(rows[0].state == sighting.state.name, "\(sighting)")
          #expect(rows[0].ownerTexts == [ownerText(sighting.descriptor)], "\(sighting)")
          let isNamed = rows[0].path != nil
          #expect(isNamed == (sighting.name != nil), "\(sighting)")
          if let name = sighting.name {
            let shown = try #require(rows[0].pathBytes)
            // sock_diag reports a NUL byte inside an abstract name, which /proc writes as `@`: the
            // names in /proc are checked against sock_diag.
            let isReported = name.first == 0 && name.dropFirst().contains(0)
            #expect(shown == (isReported ? name : UnixTests.display(name)), "\(sighting)")
          }
        }
        // A connection that nobody accepted has no inode, and only /proc shows it.
        let withoutFile = listing.sockets.count { $0.fileInode == nil }
        #expect(withoutFile == (source == "proc" ? 1 : 0))
      }
    }
  }

  @Test(
    "A socket shared by inheritance, SCM_RIGHTS and dup is listed once with all its owners",
    arguments: ["diag", "proc"])
  func shared(source: String) throws {
    try isolated {
      let held = try TCPScenario.listen.hold()
      let listener = try #require(held.sockets.first)
      let (near, far) = try Descriptor.socketPair(type: Int32(SOCK_STREAM.rawValue))
      let nearEnd = Descriptor(owning: near)
      let farEnd = Descriptor(owning: far)
      try nearEnd.pass(listener.descriptor)
      let passed = HeldSocket(try farEnd.takePassed())
      let lifeline = try LinuxSystem.Pipe()
      let child = try ChildProcess.startUnseen(
        try peer("cat"), arguments: [Array("cat".utf8)],
        descriptors: [(lifeline.reading.number, 0), (listener.descriptor.number, 7), (listener.descriptor.number, 9)])
      defer {
        child.signal(SIGKILL)
        _ = try? child.wait()
      }
      let wanted: Set<String> = [
        ownerText(listener.descriptor.number), ownerText(passed.descriptor.number), "\(child.pid)/7", "\(child.pid)/9",
      ]
      let listing = try ProgramStarts.undisturbed { try Program.list("--source", source) }
      #expect(listing.sockets.count == 1)
      let seen = try #require(listing.sockets.first?.ownerTexts)
      #expect(seen.count == 4)
      withExtendedLifetime(lifeline) {}
      #expect(Set(seen) == wanted)
    }
  }
}

/// An owner in this process, as `PID/DESCRIPTOR`.
func ownerText(_ descriptor: Int32?) -> String { "\(getpid())/\(descriptor ?? -1)" }

extension Listing.Socket {
  /// The owners as `PID/DESCRIPTOR`.
  var ownerTexts: [String] { (owners ?? []).map { "\($0.pid)/\($0.fd)" } }

  /// The inode, where there is a file.
  var fileInode: UInt64? { inode == 0 ? nil : inode }

  /// Whether this process holds it.
  var isOurs: Bool { (owners ?? []).contains { $0.pid == getpid() } }

  /// The exact bytes of the path, which JSON gives in hexadecimal where they are not text.
  var pathBytes: [UInt8]? {
    guard let pathHex else { return path.map { Array($0.utf8) } }
    let digits: [UInt8] = Array(pathHex.utf8)
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count - 1, by: 2) {
      let pair = String(decoding: digits[index...(index + 1)], as: UTF8.self)
      bytes.append(UInt8(pair, radix: 16) ?? 0)
    }
    return bytes
  }
}
