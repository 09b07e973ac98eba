import Classic
import SocketModel
import TestSupport
import Testing

@Suite("What lsof selects, and what it counts as found", .timeLimited)
struct LsofSearchTests {
  /// Processes 10 (root, `web`, group 10), 20 (33, `web-worker`, group 10) and 30 (1000, `dns`,
  /// group 30), and 40, which has no socket.
  ///
  /// Descriptors, in this order: 10/3 listens on 80; 10/4 and 20/4 are its connection from
  /// 127.0.0.1:5000; 20/7 is the same over a mapped address; 30/3 is UDP at port 53, 30/1000 UDP
  /// over IPv6 with a peer, 30/1001 a unix socket, 30/1002 netlink.
  private static let snapshot: Snapshot = {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    for (pid, name, uid, group) in [
      (10, "web", 0, 10), (20, "web-worker", 33, 10), (30, "dns", 1000, 30), (40, "idle", 7, 40),
    ]
      as [(Int32, String, UInt32, Int32)]
    {
      var process = ProcessInfo(pid: pid, name: Array(name.utf8))
      (process.uid, process.group) = (uid, group)
      snapshot.processes.append(process)
    }
    var unix = SocketRecord(transport: .unix, family: .unix, state: .listen)
    unix.known = [.inode]
    var netlink = SocketRecord(transport: .netlink, family: .netlink, state: .unconnected)
    netlink.known = [.inode]
    // In an order other than that of processes and descriptors.
    let rows: [(SocketRecord, [(Int32, Int32)])] = [
      (netlink, [(2, 1002)]), (unix, [(2, 1001)]),
      (World.internet(.udp, "::1", 6000, "::1", 53, .connected), [(2, 1000)]),
      (World.internet(.udp, "0.0.0.0", 53, "0.0.0.0", 0, .unconnected), [(2, 3)]),
      (World.tcp("::ffff:127.0.0.1", 80, "::ffff:127.0.0.1", 5001, .established), [(1, 7)]),
      (World.tcp("127.0.0.1", 80, "127.0.0.1", 5000, .established), [(0, 4), (1, 4)]),
      (World.tcp("0.0.0.0", 80, "0.0.0.0", 0, .listen), [(0, 3)]),
    ]
    for (record, owners) in rows {
      snapshot.records.append(record)
      snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
      for (process, descriptor) in owners {
        let pid = snapshot.processes[Int(process)].pid
        snapshot.owners.append(Owner(pid: pid, descriptor: descriptor, processIndex: process))
      }
    }
    snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
    return snapshot
  }()

  private func find(_ change: (inout LsofCriteria) -> Void) -> (files: String, missing: [LsofSearch.Missing]) {
    var criteria = LsofCriteria()
    change(&criteria)
    var search = LsofSearch(criteria)
    let files = search.files(in: Self.snapshot).map { file in
      let owner = Self.snapshot.owners[Int(file.owner)]
      return "\(owner.pid ?? -1)/\(owner.descriptor.map { "\($0)" } ?? "-")"
    }
    return (files.joined(separator: " "), search.missing)
  }

  private static let allInternet = "10/3 10/4 20/4 20/7 30/3 30/1000"

  @Test("sockets by kind, family and address, in the order of processes and descriptors")
  func sockets() {
    func select(_ change: (inout LsofCriteria) -> Void) -> String { find(change).files }
    func address(_ address: LsofAddress...) -> String { find { $0.addresses = address }.files }
    #expect(select { $0.internet = .all } == Self.allInternet)
    #expect(select { $0.internet = .ipv4 } == "10/3 10/4 20/4 30/3")
    #expect(select { $0.internet = .ipv6 } == "20/7 30/1000")
    #expect(select { $0.unix = true } == "30/1001")
    #expect(address(LsofAddress(argument: "tcp", transport: .tcp)) == "10/3 10/4 20/4 20/7")
    #expect(address(LsofAddress(argument: ":53", ports: 53...53)) == "30/3 30/1000")
    #expect(address(LsofAddress(argument: ":5000-5001", ports: 5000...5001)) == "10/4 20/4 20/7")
    // A mapped address counts as IPv4, even where a family is requested.
    let loopback = LsofAddress(argument: "@127.0.0.1", family: .ipv4, bits: 0x7F00_0001)
    #expect(address(loopback) == "10/4 20/4 20/7")
    #expect(address(LsofAddress(argument: "6@[::1]", family: .ipv6, bits: 1)) == "30/1000")
    #expect(address(LsofAddress(argument: "udp:80", transport: .udp, ports: 80...80)) == "")
  }

  @Test("one kind of option is enough, unless all are joined; lists with ^ only leave out")
  func joined() {
    let web = LsofCommand(beginning: Array("web".utf8))
    #expect(
      find { ($0.internet, $0.processes) = (.all, [LsofNumber(30)]) }.files == Self.allInternet + " 30/1001 30/1002")
    #expect(find { ($0.internet, $0.processes, $0.isAnded) = (.all, [LsofNumber(30)], true) }.files == "30/3 30/1000")
    #expect(find { ($0.internet, $0.commands, $0.isAnded) = (.all, [web], true) }.files == "10/3 10/4 20/4 20/7")
    #expect(
      find { ($0.internet, $0.processes) = (.all, [LsofNumber(30, isExcluded: true)]) }.files == "10/3 10/4 20/4 20/7")
    #expect(
      find { ($0.internet, $0.users) = (.all, [LsofNumber(33, isExcluded: true)]) }.files == "10/3 10/4 30/3 30/1000")
    #expect(find { ($0.internet, $0.groups, $0.isAnded) = (.all, [LsofNumber(30)], true) }.files == "30/3 30/1000")
    #expect(
      find {
        ($0.internet, $0.groups, $0.users, $0.isAnded) = (.all, [LsofNumber(10)], [LsofNumber(33)], true)
      }.files == "20/4 20/7")
    #expect(
      find { ($0.internet, $0.descriptors, $0.isAnded) = (.all, [4..<8, 0..<0], true) }.files == "10/4 20/4 20/7")
    #expect(
      find { ($0.internet, $0.descriptors, $0.excludesDescriptors, $0.isAnded) = (.all, [3..<5], true, true) }.files
        == "20/7 30/1000")
    #expect(find { ($0.internet, $0.unix, $0.isAnded) = (.all, true, true) }.files == "")
    let pattern = LsofCommand(expression: Array("er$".utf8)) { $0.last == 0x72 }
    #expect(find { ($0.internet, $0.commands, $0.isAnded) = (.all, [pattern], true) }.files == "20/4 20/7")
    let no = LsofCommand(beginning: Array("web-".utf8), isExcluded: true)
    #expect(find { ($0.internet, $0.commands) = (.all, [no]) }.files == "10/3 10/4 30/3 30/1000")
  }

  @Test("states are those of the tables, in which UDP is closed, or established with a peer")
  func states() {
    #expect(find { ($0.internet, $0.states) = (.all, [10]) }.files == "10/3")
    #expect(find { ($0.internet, $0.states) = (.all, [7]) }.files == "30/3")
    #expect(find { ($0.internet, $0.states) = (.all, [1]) }.files == "10/4 20/4 20/7 30/1000")
    #expect(find { ($0.internet, $0.excludedStates) = (.all, [1, 7]) }.files == "10/3")
    // They exclude sockets even where a process is what selects.
    #expect(find { ($0.unix, $0.processes, $0.states) = (true, [LsofNumber(10)], [10]) }.files == "10/3 30/1001")
  }

  @Test("what was not found is reported in lsof's order, each thing once")
  func missing() {
    #expect(find { $0.internet = .all }.missing == [])
    #expect(find { $0.unix = true }.missing == [])
    let missing = find {
      $0.isAnded = true
      $0.internet = .all
      $0.processes = [LsofNumber(10), LsofNumber(40), LsofNumber(99)]
      $0.users = [LsofNumber(0), LsofNumber(8, login: "mail")]
      $0.groups = [LsofNumber(10), LsofNumber(5)]
      $0.states = [10, 6, 0]
      $0.commands = [
        LsofCommand(beginning: Array("a".utf8)), LsofCommand(expression: Array("x".utf8)) { _ in false },
        LsofCommand(beginning: Array("web".utf8)), LsofCommand(beginning: Array("b".utf8)),
      ]
      $0.addresses = [
        LsofAddress(argument: ":1", ports: 1...1), LsofAddress(argument: ":80", ports: 80...80),
        LsofAddress(argument: "@host", bits: 7), LsofAddress(argument: "@host", bits: 8),
      ]
    }.missing
    #expect(
      missing == [
        .command(Array("b".utf8)), .command(Array("a".utf8)), .expression(Array("x".utf8)), .address("@host"),
        .address(":1"), .state(0), .state(6), .process(99), .group(5), .user(8, login: "mail"),
      ])
    // A process counts as found though none of its descriptors is listed.
    #expect(find { ($0.internet, $0.processes, $0.isAnded) = (.all, [LsofNumber(40)], true) }.missing == [.internet])
    // A name to leave out never counts as found.
    let no = LsofCommand(beginning: Array("idle".utf8), isExcluded: true)
    #expect(find { ($0.internet, $0.commands) = (.all, [no]) }.missing == [.command(Array("idle".utf8))])
    // Of two options that match one socket, the later counts.
    let both = [LsofAddress(argument: "tcp", transport: .tcp), LsofAddress(argument: ":80", ports: 80...80)]
    #expect(find { $0.addresses = both }.missing == [])
    let listening = find { ($0.addresses, $0.states) = (both, [10]) }.missing
    #expect(listening == [.address("tcp")])
  }

  @Test("a unix socket is found by the text that it was bound to, and a name without one is missing")
  func names() {
    var snapshot = Self.snapshot
    snapshot.records[1].nameIndex = snapshot.names.append(Array("/run/a.sock".utf8).span)
    var criteria = LsofCriteria()
    criteria.names = [Array("/run/a.sock".utf8), Array("a.sock".utf8)]
    var search = LsofSearch(criteria)
    #expect(search.files(in: snapshot).map { snapshot.owners[Int($0.owner)].descriptor } == [1001])
    #expect(search.missing == [.name(Array("a.sock".utf8))])
    (criteria.isAnded, criteria.internet) = (true, .all)
    search = LsofSearch(criteria)
    #expect(search.files(in: snapshot).isEmpty)
  }

  @Test("a search over several snapshots remembers what any of them had")
  func repeated() {
    var criteria = LsofCriteria()
    criteria.internet = .all
    criteria.processes = [LsofNumber(10)]
    var search = LsofSearch(criteria)
    var empty = Snapshot(meta: SnapshotMeta(source: "test"))
    #expect(search.files(in: empty).isEmpty && search.missing == [.internet, .process(10)] && !search.foundOtherFiles)
    #expect(!search.files(in: Self.snapshot).isEmpty && search.missing.isEmpty && search.foundOtherFiles)
    empty.processes = [ProcessInfo(pid: 1, name: [])]
    #expect(search.files(in: empty).isEmpty && search.missing.isEmpty)
  }
}
