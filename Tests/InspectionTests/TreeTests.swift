import Capture
import Foundation
import Glibc
import Inspection
import KernelFormats
import SocketModel
import Synchronization
import TestSupport
import Testing

@Suite("Captured trees", .timeLimited)
struct TreeTests {
  @Test("a tree's tables and processes are read like the live ones", arguments: ["net", "self/net", "1/net"])
  func shapes(folder: String) throws {
    let tree = try Tree()
    try tree.write("\(folder)/tcp", tcpHeader + tcpRow("0100007F:1F90", inode: 77) + tcpRow("0100007F:1F91", inode: 78))
    try tree.writeUsualTables(in: folder)
    try tree.process(300, "second", [(3, 77)], uid: 1000)
    try tree.process(20, "first", [(9, 77), (4, 77), (5, 99)], uid: 5)
    var request = InspectionRequest()
    request.requiredDetails = [.owners, .executables, .startTimes, .processUsers]
    let snapshot = try tree.snapshot(request)
    #expect(snapshot.records.map(\.localPort) == [8080, 8081])
    #expect(snapshot.ownerNumbers(at: 0) == [[20, 4], [20, 9], [300, 3]])
    #expect(snapshot.ownerNumbers(at: 1) == [])
    #expect(snapshot.processes.map(\.pid) == [20, 300])
    #expect(snapshot.processes.map(\.name) == [Array("first".utf8), Array("second".utf8)])
    #expect(snapshot.processes.map(\.uid) == [5, 1000])
    #expect(snapshot.processes.map(\.startTime) == [4242, 4242])
    #expect(snapshot.processes[1].executable == Array("/usr/bin/second".utf8))
    #expect(snapshot.problems == [])
    #expect(snapshot.meta.root == tree.path && snapshot.meta.source == "proc")
    #expect(snapshot.meta.time == nil)
  }

  @Test("the manifest has byte order, clock ticks, kernel, host, time and namespace")
  func manifest() throws {
    let tree = try Tree()
    // 127.0.0.1 as a big-endian machine prints it, with a timer of 250 ticks.
    let row = "   0: 7F000001:1F90 7F000001:9C40 01 00000000:00000000 02:000000FA 00000000 0 0 77 1 0 20 4 30 10 -1\n"
    try tree.write("net/tcp", tcpHeader + row)
    try tree.write(
      "manifest",
      "schema=sockinspect.capture/1\nbyte_order=big\nclock_ticks=250\nkernel=5.10.1\nhost=zee\ntime=12.5\nnetns=7\n")
    let snapshot = try tree.snapshot()
    #expect(snapshot.records.first?.local?.address == IPAddress(ipv4: 0x7F00_0001))
    #expect(snapshot.records.first?.timerMilliseconds == 1000)
    #expect(snapshot.records.first?.netns == 7)
    #expect(snapshot.meta.kernelRelease == "5.10.1" && snapshot.meta.hostName == "zee")
    #expect(snapshot.meta.time == Timestamp(seconds: 12, nanoseconds: 500_000_000))
    #expect(snapshot.meta.ticksPerSecond == 250)
  }

  @Test(
    "what a manifest says was unreadable is reported once, with the process count and what would have helped",
    arguments: [("user=1000\n", .captureAsRoot), ("user=0\n", .grantPtrace), ("", nil)]
      as [(String, Problem.Remedy?)])
  func unreadable(user: String, remedy: Problem.Remedy?) throws {
    let tree = try Tree()
    try tree.write("net/tcp", tcpHeader + tcpRow("0100007F:1F90", inode: 77))
    try tree.writeUsualTables()
    try tree.write(
      "manifest",
      "schema=sockinspect.capture/1\n\(user)unreadable=1/fd Permission denied\nunreadable=2/fd Permission denied\n")
    let problems = try tree.snapshot().problems
    #expect(problems.count == 1)
    #expect(problems.first?.kind == .forbidden && problems.first?.count == 2)
    #expect(problems.first?.remedy == remedy)
  }

  @Test("of the processes that a capture could not look into only those count that a listing would have walked")
  func unreadableOfThoseAsked() throws {
    let tree = try Tree()
    try tree.write("net/tcp", tcpHeader + tcpRow("0100007F:1F90", inode: 77))
    try tree.writeUsualTables()
    try tree.process(1, "init", [(3, 77)], uid: 0)
    for pid: Int32 in [2, 3] {
      try tree.process(pid, "hidden", [], uid: UInt32(pid) * 10)
      try FileManager.default.removeItem(atPath: tree.path + "/\(pid)/fd")
    }
    // What is not a process, or not about descriptors, does not count; 4 was hidden entirely.
    try tree.write(
      "manifest",
      """
      schema=sockinspect.capture/1
      unreadable=2/fd Permission denied
      unreadable=3/fd Permission denied
      unreadable=3/exe Permission denied
      unreadable=4 Operation not permitted
      unreadable=net/route Permission denied
      unreadable=-5/fd x

      """)
    func count(_ change: (inout ProcessLimits) -> Void) throws -> [Int] {
      var request = InspectionRequest()
      change(&request.processes)
      let problems = try tree.snapshot(request).problems
      #expect(problems.allSatisfy { $0.kind == .forbidden })
      return problems.map(\.count)
    }
    #expect(try count { _ in } == [3])
    #expect(try tree.snapshot().problems.first?.message.contains("3 of 4 processes") == true)
    #expect(try count { $0.pids = [1] } == [])
    #expect(try count { $0.pids = [1, 3] } == [1])
    #expect(try count { $0.users = [0, 20] } == [2])
  }

  @Test("a table that every kernel has but a copy lacks is a problem; another only when it was asked for by name")
  func missing() throws {
    let tree = try Tree()
    try tree.write("net/tcp", tcpHeader)
    func problems(_ change: (inout InspectionRequest) -> Void = { _ in }) throws -> [String] {
      var request = InspectionRequest()
      change(&request)
      return try tree.snapshot(request).problems.map { "\($0.kind) \($0.subjectText)" }
    }
    #expect(try problems() == ["missing udp", "missing net/tcp6"])
    #expect(try problems { $0.requiredTransports = [.udp, .tcp] } == ["missing udp", "missing net/tcp6"])
    #expect(try problems { $0.families = [.ipv4] } == ["missing udp"])
    #expect(try problems { $0.transports = [.tcp, .icmp, .packet] } == ["missing net/tcp6"])
    #expect(try problems { $0.transports = [.tcp, .unix, .udp] } == ["missing udp, unix", "missing net/tcp6"])
    // A copy of all of net, of a machine without IPv6.
    try tree.write("net/sockstat", "sockets: used 5\n")
    #expect(try problems() == ["missing udp"])
    try tree.write("net/sockstat6", "TCP6: inuse 0\n")
    #expect(try problems() == ["missing udp", "missing net/tcp6"])
    // A capture has all tables that existed.
    try tree.write("manifest", "schema=sockinspect.capture/1\n")
    #expect(try problems() == ["missing udp"])
  }

  @Test("only tables that were read to their end, including the header, count as looked at")
  func lookedAt() throws {
    let tree = try Tree()
    try tree.write("net/tcp", tcpHeader)
    try tree.write("net/tcp6", "")
    try tree.write("net/udp", udpHeader.dropLast().description)
    try tree.write("net/udp6", tcpRow("\(String(repeating: "0", count: 32)):1F93", inode: 9))
    try tree.write("net/unix", "")
    var request = InspectionRequest()
    request.transports = Set(Transport.allCases)
    let snapshot = try tree.snapshot(request)
    #expect(snapshot.lookedAt == [.tcp: [.ipv4], .udp: [.ipv4, .ipv6]])
    #expect(snapshot.fromTables == [.tcp, .udp, .unix])
    let problems = snapshot.problems.map { "\($0.kind) \($0.subjectText) \($0.message)" }
    #expect(problems.contains("truncated net/tcp6 it is empty, without even its header"))
    #expect(problems.contains("truncated net/udp6 it begins without its header: rows may be missing"))
    #expect(problems.contains("truncated net/unix it is empty, without even its header"))
    #expect(snapshot.problems.contains { $0.kind == .missing && $0.transports == [.raw, .netlink] })
    #expect(snapshot.problems.first { $0.subjectText == "net/tcp6" }?.advice?.contains("cp -r") == true)
  }

  @Test("a tree whose tables are all empty gives no answer")
  func empty() throws {
    let tree = try Tree()
    for name in ["tcp", "tcp6", "udp"] { try tree.write("net/\(name)", "") }
    let error = try #require(throws: InspectionError.self) { try tree.snapshot() }
    #expect("\(error)".hasPrefix("no sockets could be read: net/tcp is empty, without even its header; tar and rsync"))
    try tree.write("nothing", "")
    let single = try #require(throws: InspectionError.self) {
      try Inspector(root: .open(tree.path + "/nothing")).snapshot(.init())
    }
    #expect("\(single)".hasSuffix("it is empty, without even a header line"))
  }

  @Test("a report that keeps a copy of /proc, and a copy of one process's tables, are found", arguments: ["proc/", ""])
  func deeper(folder: String) throws {
    let tree = try Tree()
    try tree.write("\(folder)77/net/tcp", tcpHeader + tcpRow("0100007F:1F90", inode: 77))
    try tree.link("\(folder)77/fd/3", to: "socket:[77]")
    let snapshot = try tree.snapshot()
    #expect(snapshot.records.map(\.localPort) == [8080] && snapshot.ownerNumbers(at: 0) == [[77, 3]])
    // With a second one it is not clear which is meant.
    try tree.write("\(folder)78/net/tcp", tcpHeader)
    #expect(throws: InspectionError.self) { try tree.snapshot() }
  }

  @Test("a folder without any table is an error, as is one that does not exist")
  func nothing() throws {
    let tree = try Tree()
    #expect(throws: InspectionError.self) { try tree.snapshot() }
    #expect(throws: InspectionError.self) { try ProcRoot.open(tree.path + "/none") }
    var request = InspectionRequest()
    request.source = .diag
    try tree.write("net/tcp", tcpHeader)
    #expect(throws: InspectionError.self) { try tree.snapshot(request) }
  }

  @Test("without a manifest the rows show the byte order, unless an option gives it", arguments: [true, false])
  func byteOrder(isBig: Bool) throws {
    let tree = try Tree()
    let loopback = isBig ? "7F000001:0050" : "0100007F:0050"
    let other = isBig ? "C0000221:0051" : "210200C0:0051"
    try tree.write("net/tcp", tcpHeader + tcpRow(other, inode: 5))
    try tree.write("net/udp", tcpHeader.replacingOccurrences(of: "inode", with: "inode ref pointer drops"))
    func address(_ path: String, _ reported: ByteOrder? = nil) throws -> (text: String?, meta: SnapshotMeta) {
      var request = InspectionRequest()
      request.byteOrder = reported
      let snapshot = try Inspector(root: .open(path)).snapshot(request)
      return (snapshot.records.first?.local.map { "\($0.address)" }, snapshot.meta)
    }
    let order: ByteOrder = isBig ? .big : .little
    let unknown = try address(tree.path)
    #expect(unknown.meta.byteOrderSource == "assumed" && unknown.meta.byteOrder == ByteOrder.native.rawValue)
    #expect(unknown.meta.notes.count == 1 && unknown.meta.notes[0].contains("--byte-order"))
    #expect(try address(tree.path, order).text == "192.0.2.33")
    #expect(try address(tree.path, order).meta.byteOrderSource == "option")
    // The order is inferred from another table of the tree.
    try tree.write(
      "net/udp",
      tcpHeader.replacingOccurrences(of: "inode", with: "inode ref pointer drops")
        + tcpRow(loopback, state: "07", inode: 6))
    let inferred = try address(tree.path)
    #expect(inferred.text == "192.0.2.33" && inferred.meta.byteOrder == order.rawValue)
    #expect(inferred.meta.byteOrderSource == "rows" && inferred.meta.notes.count == (order == .native ? 0 : 1))
    try tree.write("table", tcpHeader + tcpRow(other, inode: 5) + tcpRow(loopback, inode: 6))
    #expect(try address(tree.path + "/table").text == "192.0.2.33")
    // A redacted copy keeps which addresses are loopback, and its manifest names the order.
    let copy = tree.path + "-copy"
    defer { try? FileManager.default.removeItem(atPath: copy) }
    _ = try Capture(of: .open(tree.path), isRedacting: true).write(to: copy)
    var request = InspectionRequest()
    request.transports = [.udp]
    let redacted = try Inspector(root: .open(copy)).snapshot(request)
    #expect(redacted.meta.byteOrderSource == "manifest")
    #expect(redacted.records.map { $0.local?.address.isLoopback } == [true])
    // A table of a capture is from the machine that its manifest describes.
    try tree.write("manifest", "schema=sockinspect.capture/1\nbyte_order=\(order.rawValue)\n")
    #expect(try address(tree.path + "/net/tcp").text == "192.0.2.33")
  }

  @Test("a file of joined tables is listed as a tree is: transports that were named, the usual ones, or all there are")
  func joinedTables() throws {
    let tree = try Tree()
    let udp = " " + tcpHeader.replacingOccurrences(of: "inode", with: "inode ref pointer drops")
    let unix = unixHeader + "0000000000000000: 00000002 00000000 00010000 0001 01 90 /a\n"
    let tables = "text\n" + tcpHeader + tcpRow("0100007F:0050", inode: 5) + udp
    try tree.write("all", tables + tcpRow("0100007F:0035", state: "07", inode: 6) + "more\ntext\n" + unix)
    func read(_ name: String, _ change: (inout InspectionRequest) -> Void = { _ in }) throws -> Snapshot {
      var request = InspectionRequest()
      change(&request)
      return try Inspector(root: .open(tree.path + "/" + name)).snapshot(request)
    }
    let usual = try read("all")
    #expect(usual.records.map(\.transport) == [.tcp, .udp])
    #expect(usual.problems.isEmpty)
    #expect(usual.meta.notes == ["passed over 3 lines that belong to no table of sockets"])
    let named = try read("all") { ($0.transports, $0.requiredTransports) = ([.unix], [.unix]) }
    #expect(named.records.map(\.transport) == [.unix] && named.problems.isEmpty)
    let missing = try read("all") { ($0.transports, $0.requiredTransports) = ([.packet], [.packet]) }
    #expect(missing.records.isEmpty && missing.problems.map(\.kind) == [.missing])
    try tree.write("unix", unix)
    #expect(try read("unix").records.map(\.transport) == [.unix])
    for (name, text, what) in [("empty", "", "it is empty"), ("text", "a\nb\n", "no line of it")] {
      try tree.write(name, text)
      do throws(InspectionError) {
        _ = try Inspector(root: .open(tree.path + "/" + name)).snapshot(InspectionRequest())
        Issue.record("\(name) was read")
      } catch {
        #expect("\(error)".contains(what))
      }
    }
  }

  @Test("a single table file is recognised by its header, and by its name among those that share one")
  func singleTable() throws {
    let tree = try Tree()
    try tree.write("some.txt", tcpHeader + tcpRow("0100007F:1F90", inode: 77))
    try tree.write("unix", unixHeader + "0000000000000000: 00000002 00000000 00010000 0001 01 12 /run/x y\n")
    let header6 =
      "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when"
      + " retrnsmt   uid  timeout inode ref pointer drops\n"
    try tree.write("raw6", header6)
    try tree.write(
      "raw6",
      header6
        + "  58: 00000000000000000000000000000000:003A 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 9 2 0000000000000000 0\n"
    )
    try tree.write("nonsense", "hello\nworld\n")
    func records(_ name: String, _ request: InspectionRequest = .init()) throws -> [SocketRecord] {
      try Inspector(root: .open(tree.path + "/" + name)).snapshot(request).records
    }
    #expect(try records("some.txt").map(\.transport) == [.tcp])
    #expect(try records("unix").map(\.transport) == [.unix])
    #expect(try records("raw6").map(\.transport) == [.raw])
    #expect(throws: InspectionError.self) { try records("nonsense") }
    var request = InspectionRequest()
    request.requiredTransports = [.udp]
    #expect(try records("some.txt", request) == [])
    let other = try Inspector(root: .open(tree.path + "/some.txt")).snapshot(request)
    #expect(other.problems.map(\.subject) == [.transports([.udp])] && other.lookedAt.isEmpty)
    let root = try ProcRoot.open(tree.path + "/some.txt")
    #expect(try Inspector(root: root).snapshot(.init()).records == Inspector(root: root).snapshot(.init()).records)
  }

  @Test("states, families and the row test leave rows out, in any order of sources, and keep the order of the others")
  func rowFilter() throws {
    let tree = try Tree()
    let ports = (0..<2000).map { UInt16(1000 + $0) }
    let rows = ports.map { port -> String in
      let hex = String(port, radix: 16, uppercase: true)
      return tcpRow(
        "0100007F:" + String(repeating: "0", count: 4 - hex.count) + hex, state: port % 2 == 0 ? "0A" : "07",
        inode: UInt64(port))
    }
    try tree.write("net/tcp", tcpHeader + rows.joined())
    var request = InspectionRequest()
    request.states = [SocketStateSet(.listen)]
    let asked = Atomic<Int>(0)
    let snapshot = try tree.snapshot(request) { snapshot, row in
      asked.add(1, ordering: .relaxed)
      return snapshot.records[row].localPort % 3 == 0
    }
    #expect(snapshot.records.map(\.localPort) == ports.filter { $0 % 6 == 0 })
    let times = asked.load(ordering: .relaxed)
    #expect(times == 1000)
    request.families = [.ipv6]
    #expect(try tree.snapshot(request).records == [])
  }

  @Test("no process is looked at when no row that is left can have an owner")
  func skippedWalk() throws {
    let tree = try Tree()
    try tree.write(
      "net/tcp", tcpHeader + tcpRow("0100007F:1F90", state: "06", inode: 0) + tcpRow("0100007F:1F91", inode: 5))
    try tree.process(7, "x", [(3, 5)])
    let asked = Counter()
    var request = InspectionRequest()
    request.processes.admits = { _, _ in
      asked.add()
      return true
    }
    let none = try tree.snapshot(request) { snapshot, row in snapshot.records[row].inode == 0 }
    #expect(none.records.count == 1 && none.hasOwners && none.owners(at: 0).isEmpty)
    #expect(asked.value == 0)
    let some = try tree.snapshot(request)
    #expect(some.ownerNumbers(at: 1) == [[7, 3]])
    #expect(asked.value == 1)
  }

  @Test("limits on pid, user and name narrow the walk")
  func limits() throws {
    let tree = try Tree()
    try tree.write("net/tcp", tcpHeader + tcpRow("0100007F:1F90", inode: 5))
    try tree.process(7, "seven", [(3, 5)], uid: 70)
    try tree.process(8, "eight", [(3, 5)], uid: 80)
    func owners(_ change: (inout ProcessLimits) -> Void) throws -> [[Int32]] {
      var request = InspectionRequest()
      change(&request.processes)
      return try tree.snapshot(request).ownerNumbers(at: 0)
    }
    #expect(try owners { _ in } == [[7, 3], [8, 3]])
    #expect(try owners { $0.pids = [8, 9, -1] } == [[8, 3]])
    #expect(try owners { $0.users = [70] } == [[7, 3]])
    #expect(
      try owners { $0.admits = { name, exe in name == Array("eight".utf8) && exe == Array("/usr/bin/eight".utf8) } }
        == [[8, 3]])
    #expect(
      try owners {
        $0.pids = [8]
        $0.users = [70]
      } == [])
  }

  @Test("the walk of one user's processes is widened for sockets of that user that none of them has open")
  func widened() throws {
    let tree = try Tree()
    try tree.write(
      "net/tcp",
      tcpHeader + tcpRow("0100007F:1F90", uid: 70, inode: 5) + tcpRow("0100007F:1F91", uid: 80, inode: 6)
        + tcpRow("0100007F:1F92", uid: 70, inode: 0))
    try tree.process(7, "seven", [(3, 5), (4, 6)], uid: 70)
    try tree.process(8, "eight", [(3, 5), (4, 6)], uid: 80)
    var request = InspectionRequest()
    request.processes.users = [70]
    request.processes.findsSocketsOfUsersElsewhere = true
    let asked = Counter()
    request.processes.admits = { name, _ in
      if name == Array("eight".utf8) { asked.add() }
      return true
    }
    let usual = try tree.snapshot(request)
    #expect(usual.ownerNumbers(at: 0) == [[7, 3]] && usual.ownerNumbers(at: 1) == [[7, 4]])
    #expect(asked.value == 0)
    // The same sockets, with another that only a process of another user has.
    try tree.write(
      "net/tcp6",
      tcpHeader
        + tcpRow(
          "\(String(repeating: "0", count: 32)):1F93", "\(String(repeating: "0", count: 32)):0000", uid: 70, inode: 9))
    try tree.link("8/fd/9", to: "socket:[9]")
    let unusual = try tree.snapshot(request)
    #expect(unusual.ownerNumbers(at: 0) == [[7, 3]] && unusual.ownerNumbers(at: 1) == [[7, 4]])
    #expect(unusual.records.last?.localPort == 0x1F93 && unusual.ownerNumbers(at: 3) == [[8, 9]])
    #expect(asked.value == 1)
  }
}

/// A counter that closures may share.
final class Counter: @unchecked Sendable {
  private let lock = NSLock()
  private var count = 0
  func add() { lock.withLock { count += 1 } }
  var value: Int { lock.withLock { count } }
}
