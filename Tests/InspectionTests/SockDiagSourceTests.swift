import Foundation
import Glibc
import Inspection
import KernelFormats
import Lesson
import LinuxSystem
import SocketModel
import TestSupport
import Testing

/// These run on the live kernel, over sockets that they make on loopback; others may open and close
/// sockets meanwhile.
@Suite("sock_diag of the running kernel", .timeLimited)
struct SockDiagSourceTests {
  /// Returns everything that the source reports for some transports.
  private func read(
    _ transports: [Transport], filter: KernelFilter = .any, states: SocketStateSet = .all,
    requiredDetails: RequiredDetails = [],
    netns: NetworkNamespaceID? = nil
  ) -> (snapshot: Snapshot, errors: [SockDiagError]) {
    var request = InspectionRequest()
    request.filter = filter
    request.states = states
    request.requiredDetails = requiredDetails
    var snapshot = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    snapshot.meta.netns = netns
    let dumps = transports.flatMap { SockDiagDump.all(of: $0, families: [.ipv4, .ipv6]) }
    let errors = SockDiagSource.read(dumps, request: request, into: &snapshot)
    return (snapshot, errors)
  }

  @Test(
    "every TCP state that can be made is listed with both its ends", arguments: TCPScenario.allCases, Loopback.allCases)
  func tcp(scenario: TCPScenario, loopback: Loopback) throws {
    let held = try scenario.hold(over: loopback)
    for sighting in held.sightings where sighting.transport == .tcp {
      // A delayed acknowledgement keeps the end of a half-closed connection in FIN_WAIT1 for a
      // moment.
      let rows = try eventually {
        let (snapshot, errors) = read([.tcp], netns: 5)
        #expect(errors.isEmpty && snapshot.problems.isEmpty)
        return snapshot.records.filter {
          $0.family == sighting.family && $0.state == sighting.state && $0.local == sighting.local
            && (sighting.remote == nil || $0.remote == sighting.remote)
        }
      } until: {
        !$0.isEmpty
      }
      #expect(!rows.isEmpty, "\(sighting)")
      #expect(rows.allSatisfy { $0.netns == 5 && $0.cookie != 0 })
    }
    withExtendedLifetime(held) {}
  }

  @Test("the kernel's filter selects what the filter selects from the unfiltered dump")
  func filters() throws {
    var held = HeldSockets()
    for scenario in [TCPScenario.established, .listen] {
      for loopback in Loopback.allCases { held.add(try scenario.hold(over: loopback)) }
    }
    let ports = Set(held.sightings.compactMap { $0.local?.port }).sorted()
    let some = try #require(ports.first)
    let last = try #require(ports.last)
    let loopback4 = try #require(IPPrefix(address: IPAddress(ipv4: 0x7F00_0000), length: 8))
    let loopback6 = try #require(IPPrefix(address: IPAddress(ipv6: 1), length: 128))
    let filters: [(KernelFilter, (SocketRecord) -> Bool)] = [
      (.localPort(some...some), { $0.localPort == some }),
      (.remotePort(some...last), { (some...last).contains($0.remotePort) }),
      (.not(.localPort(some...last)), { !(some...last).contains($0.localPort) }),
      (.local(loopback4), { $0.local.map { loopback4.contains($0.address) } ?? false }),
      (.not(.remote(loopback4)), { !($0.remote.map { loopback4.contains($0.address) } ?? true) }),
      (
        .either([.remote(loopback6), .localPort(last...last)]),
        {
          $0.remote.map { loopback6.contains($0.address) } ?? false || $0.localPort == last
        }
      ),
      (
        .all([.not(.interface(1)), .either([.localPort(some...some), .remotePort(last...last)])]),
        {
          $0.interface != 1 && ($0.localPort == some || $0.remotePort == last)
        }
      ),
      (.none, { _ in false }),
    ]
    let records = read([.tcp]).snapshot.records
    let cookies = Set(records.filter { record in held.sightings.contains { $0.local == record.local } }.map(\.cookie))
    #expect(cookies.count >= 6)
    for (filter, holds) in filters {
      let (filtered, errors) = read([.tcp], filter: filter)
      #expect(errors.isEmpty && filtered.problems.isEmpty, "\(filter)")
      // Others may open sockets meanwhile: only those that this test holds, and those that came
      // back, are compared.
      #expect(filtered.records.allSatisfy(holds), "\(filter)")
      let expected = Set(
        read([.tcp]).snapshot.records.filter { cookies.contains($0.cookie) && holds($0) }.map(\.cookie))
      #expect(expected.isSubset(of: Set(filtered.records.map(\.cookie))), "\(filter)")
    }
    withExtendedLifetime(held) {}
  }

  @Test("the kernel takes filters of any shape and size")
  func largeFilters() {
    let ports = KernelFilter.either((1...600).map { .localPort(UInt16($0 * 100)...UInt16($0 * 100)) })
    let blocks = KernelFilter.either(
      (0...255).compactMap {
        IPPrefix(address: IPAddress(ipv6: UInt128($0) << 120), length: $0 / 2).map { .remote($0) }
      })
    for filter in [
      ports, .not(ports), .all([ports, .not(blocks)]), .not(.all([ports, blocks])), .either([ports, blocks]),
    ] {
      let (snapshot, errors) = read([.tcp, .udp], filter: filter)
      #expect(errors.isEmpty && snapshot.problems.isEmpty)
    }
  }

  @Test("only the states asked for come back")
  func states() throws {
    let held = try TCPScenario.established.hold()
    let listening = read([.tcp], states: SocketStateSet(.listen)).snapshot
    #expect(listening.records.allSatisfy { $0.state == .listen } && !listening.records.isEmpty)
    #expect(read([.tcp], states: SocketStateSet(.connected)).snapshot.records.isEmpty)
    withExtendedLifetime(held) {}
  }

  @Test("details are collected on request, and only then")
  func requiredDetails() throws {
    let held = try TCPScenario.established.hold()
    let plain = read([.tcp, .udp, .unix]).snapshot
    #expect(plain.details.isEmpty)
    let full = read([.tcp], requiredDetails: [.memory, .tcpInfo, .congestion, .attributes]).snapshot
    let row = try #require(
      full.records.indices.first { row in
        full.records[row].state == .established && held.sightings.contains { $0.local == full.records[row].local }
      })
    let detail = try #require(full.detail(at: row))
    #expect(detail.memory != nil && detail.congestion?.isEmpty == false)
    #expect(detail.tcp?[.rtt] != nil && detail.tcp?[.sendMSS] != nil)
    #expect(full.records[row].known.contains(.drops))
    withExtendedLifetime(held) {}
  }

  @Test("dumps come in the requested order, whichever thread is first")
  func order() throws {
    // The kinds that anybody may make, on any machine.
    let held = try OtherScenario.allCases.filter { ![.packet, .raw, .icmp].contains($0) }.map { try $0.hold() }
    let (snapshot, _) = read(Transport.allCases)
    // TCP's parts have both families each.
    let transports = snapshot.records.map { [$0.transport.rawValue, $0.transport == .tcp ? 0 : $0.family.rawValue] }
    #expect(transports == transports.sorted { $0.lexicographicallyPrecedes($1) })
    #expect(Set(snapshot.records.map(\.cookie)).count == snapshot.records.count)
    withExtendedLifetime(held) {}
  }

  @Test("a transport that the kernel cannot dump is unsupported, not empty")
  func unsupported() {
    // No kernel has a dump for ICMP echo sockets.
    let (snapshot, errors) = read([.icmp])
    #expect(snapshot.records.isEmpty && snapshot.problems.isEmpty)
    #expect(errors.map(\.dump) == [.init(.icmp, .ipv4), .init(.icmp, .ipv6)])
    #expect(errors.allSatisfy { $0.isUnsupported })
  }

  @Test("unix sockets: every kind with its name, including hostile ones")
  func unix() throws {
    let folder = try #require(mkdtemp(strdup("/tmp/sockinspect-diag-XXXXXX")).map { String(cString: $0) })
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let held = try UnixScenario.allCases.map { try $0.hold(in: folder) }
    let (snapshot, errors) = read([.unix])
    #expect(errors.isEmpty)
    let names = Set(snapshot.records.indices.compactMap { snapshot.name(at: $0)?.bytes })
    var seen = 0
    for sighting in held.flatMap(\.sightings) {
      guard let name = sighting.name, !name.isEmpty else { continue }
      #expect(names.contains(name), "\(String(decoding: name, as: UTF8.self))")
      seen += 1
    }
    #expect(seen > 0)
    withExtendedLifetime(held) {}
  }

  @Test("a unix datagram server has no peer, even when clients have connected to it")
  func datagramServer() throws {
    let folder = try #require(mkdtemp(strdup("/tmp/sockinspect-diag-XXXXXX")).map { String(cString: $0) })
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let kind = SocketKind(family: AF_UNIX, type: Int32(SOCK_DGRAM.rawValue))
    let name = Array("\(folder)/log".utf8)
    let server = HeldSocket(try Descriptor.socket(kind))
    try server.descriptor.bind(.unix(path: name))
    let client = HeldSocket(try Descriptor.socket(kind))
    try client.descriptor.connect(.unix(path: name))
    // Listeners are requested by state, which the kernel tests.
    for states in [SocketStateSet.all, SocketStateSet(.unconnected)] {
      let (snapshot, errors) = read([.unix], states: states)
      #expect(errors.isEmpty)
      let row = try #require(snapshot.records.indices.first { snapshot.name(at: $0)?.bytes == name })
      #expect(snapshot.records[row].state == .unconnected && snapshot.records[row].peerInode == 0)
      let clients = snapshot.records.filter { $0.peerInode == snapshot.records[row].inode }
      #expect(clients.map(\.state) == (states == .all ? [.connected] : []))
    }
    withExtendedLifetime((server, client)) {}
  }

  @Test("the socket is closed, and a wrong request gets an answer at once")
  func netlinkSocket() throws {
    let socket = try NetlinkSocket.sockDiag(timeout: 2)
    #expect(socket.port != 0)
    var request = try #require(
      SockDiagRequest.encode(SockDiagDump(.tcp, .ipv4), sequence: 1, states: .all, requiredDetails: []))
    request[16] = 250
    try socket.send(request.span)
    var buffer: [UInt8] = Array(repeating: 0, count: 4096)
    let datagram = try socket.receive(into: &buffer)
    #expect(datagram.sender == 0 && !datagram.isTruncated && datagram.count > 20)
    var small: [UInt8] = Array(repeating: 0, count: 8)
    try socket.send(request.span)
    #expect(try socket.receive(into: &small).isTruncated)
    #expect(throws: SystemError.self) { try NetlinkSocket.sockDiag(timeout: 1).receive(into: &small) }
  }
}
