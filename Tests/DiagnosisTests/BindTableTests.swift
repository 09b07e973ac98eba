import SocketModel
import TestSupport
import Testing

@testable import Diagnosis

private let here = IPAddress(ipv4: 0x7F00_0001)
private let every = IPAddress(ipv4: 0)
private let every6 = IPAddress(ipv6: 0)
private let here6 = IPAddress(ipv6: 1)

private func request(
  _ address: IPAddress = here, port: UInt16 = 8080, _ transport: Transport = .tcp, reuse: ReuseOptions = [],
  isIPv6Only: Bool = false, uid: UInt32 = 1000, mayBindAnyPort: Bool = true
) -> BindRequest {
  var request = BindRequest(
    transport, Endpoint(address: address, port: port), uid: uid, mayBindAnyPort: mayBindAnyPort)
  request.reuse = reuse
  request.isIPv6Only = isIPv6Only
  return request
}

private func record(
  _ state: SocketState, _ address: IPAddress = here, _ transport: Transport = .tcp, uid: UInt32? = 1000,
  isIPv6Only: Bool? = nil, timer: UInt32? = nil
) -> SocketRecord {
  var record = SocketRecord(transport: transport, family: address.isIPv4 ? .ipv4 : .ipv6, state: state)
  record.localBits = address.bits
  record.localPort = 8080
  record.inode = timer == nil ? 4711 : 0
  record.known = [.inode, .interface]
  if let uid {
    record.uid = uid
    record.known.insert(.uid)
  }
  if let isIPv6Only {
    record.known.insert(.ipv6Only)
    if isIPv6Only { record.flags.insert(.ipv6Only) }
  }
  if let timer {
    record.timer = .timeWait
    record.timerMilliseconds = timer
    record.known.insert(.timer)
  }
  return record
}

private func snapshot(_ records: SocketRecord..., tables: Set<Transport> = []) -> Snapshot {
  var snapshot = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
  snapshot.records = records
  snapshot.lookedAt = [.tcp: [.ipv4, .ipv6], .udp: [.ipv4, .ipv6]]
  snapshot.fromTables = tables
  return snapshot
}

private func outcomes(_ table: BindTable) -> [BindOutcome] { ReuseOptions.combinations.map { table.outcome($0) } }

private func known(_ reuse: ReuseOptions) -> [Int: BindOptions] { [0: BindOptions(reuse: reuse)] }

/// Facts from snapshots that are made here, without a kernel.
@Suite("The rules of bind(2)", .timeLimited)
struct BindTableTests {
  @Test("SO_REUSEADDR helps beside what does not listen, when both have it; SO_REUSEPORT among one user's")
  func options() {
    let cases: [(SocketRecord, [Int: BindOptions], [BindOutcome])] = [
      (record(.listen), known(.address), [.impossible, .impossible, .impossible, .impossible]),
      (record(.listen), known(.port), [.impossible, .impossible, .possible, .possible]),
      (record(.listen, uid: 0), known(.port), [.impossible, .impossible, .impossible, .impossible]),
      (record(.listen, uid: nil), known(.port), [.impossible, .impossible, .unknown, .unknown]),
      (record(.listen), [:], [.impossible, .impossible, .unknown, .unknown]),
      (record(.boundInactive), known([]), [.impossible, .impossible, .impossible, .impossible]),
      (record(.boundInactive), known(.address), [.impossible, .possible, .impossible, .possible]),
      (record(.established), [:], [.impossible, .unknown, .unknown, .unknown]),
      (record(.timeWait, uid: nil, timer: 5), [:], [.impossible, .unknown, .unknown, .unknown]),
      (record(.timeWait, uid: nil, timer: 5), known(.port), [.impossible, .impossible, .possible, .possible]),
      (record(.synRecv), [:], [.possible, .possible, .possible, .possible]),
      (record(.listen, here6), [:], [.possible, .possible, .possible, .possible]),
    ]
    for (record, options, wanted) in cases {
      #expect(outcomes(BindTable(request(), in: snapshot(record), options: options)) == wanted, "\(record)")
    }
  }

  @Test("two sockets meet where both want packets to one address; where IPV6_V6ONLY decides, it must be known")
  func addresses() {
    let mapped = IPAddress(ipv6: 0xFFFF_7F00_0001)
    let cases: [(BindRequest, SocketRecord, BindOutcome)] = [
      (request(every), record(.listen), .impossible),
      (request(), record(.listen, every), .impossible),
      (request(IPAddress(ipv4: 0x7F00_0002)), record(.listen), .possible),
      (request(), record(.listen, every6, isIPv6Only: false), .impossible),
      (request(), record(.listen, every6, isIPv6Only: true), .possible),
      (request(), record(.listen, every6), .unknown),
      (request(every6), record(.listen), .impossible),
      (request(every6, isIPv6Only: true), record(.listen), .possible),
      (request(every6, isIPv6Only: true), record(.listen, every6, isIPv6Only: true), .impossible),
      (request(here6), record(.listen, every), .possible),
      (request(here6), record(.listen, every6, isIPv6Only: true), .impossible),
      (request(mapped), record(.listen), .impossible),
      (request(), record(.listen, mapped), .impossible),
      (request(every), record(.listen, here6, isIPv6Only: true), .possible),
      (request(every), record(.established, here6), .unknown),
      (request(), record(.established, here6), .possible),
    ]
    for (request, record, wanted) in cases {
      #expect(BindTable(request, in: snapshot(record)).outcome([]) == wanted, "\(request) \(record)")
    }
  }

  @Test("a user that shares the port may be remembered, whatever else is in the way")
  func memory() {
    let shared = [0: BindOptions(reuse: .port), 1: BindOptions(reuse: .port)]
    // Workers of another user accept what root's listener got.
    let server = snapshot(record(.listen, uid: 1000), record(.established, uid: 33))
    #expect(BindTable(request(), in: server, options: shared).outcome(.port) == .unknown)
    #expect(BindTable(request(uid: 33), in: server, options: shared).outcome(.port) == .impossible)
    let left = snapshot(record(.established, uid: 33))
    #expect(BindTable(request(), in: left, options: shared).outcome(.port) == .unknown)
    #expect(BindTable(request(), in: left, options: known([])).outcome(.port) == .impossible)
    #expect(BindTable(request(), in: left).rowsToAsk == [0])
    // A client may have been bound after the other one, by its own user.
    let client = snapshot(record(.boundInactive, uid: 1000), record(.established, uid: 33))
    #expect(BindTable(request(), in: client, options: shared).outcome(.port) == .unknown)
    let mixed = [0: BindOptions(reuse: []), 1: BindOptions(reuse: .port)]
    let two = snapshot(record(.listen, here6, isIPv6Only: true), record(.listen, every))
    #expect(BindTable(request(every6), in: two, options: mixed).outcome(.port) == .unknown)
    #expect(BindTable(request(every6), in: two, options: mixed).outcome([]) == .impossible)
  }

  @Test("an interface keeps sockets apart only when both are bound to one")
  func interfaces() {
    let local = IPAddress(ipv6: 0xFE80 << 112 | 1)
    var wanted = request(local)
    wanted.scope = 2
    var other = record(.listen, local, isIPv6Only: true)
    for (interface, outcome) in [(0, .impossible), (2, .impossible), (3, .possible)] as [(UInt32, BindOutcome)] {
      other.interface = interface
      #expect(BindTable(wanted, in: snapshot(other)).outcome([]) == outcome)
    }
    other.known.remove(.interface)
    #expect(BindTable(wanted, in: snapshot(other)).outcome([]) == .unknown)
  }

  @Test("UDP: SO_REUSEADDR at both is enough; beside a mixed group the order of binding decides")
  func udp() {
    let one = record(.unconnected, here, .udp)
    let two = record(.unconnected, IPAddress(ipv4: 0x7F00_0002), .udp)
    let wanted = request(every, .udp)
    #expect(
      outcomes(BindTable(wanted, in: snapshot(one), options: known(.address)))
        == [.impossible, .possible, .impossible, .possible])
    #expect(
      outcomes(BindTable(wanted, in: snapshot(one), options: known(.port)))
        == [.impossible, .impossible, .possible, .possible])
    let mixed = [0: BindOptions(reuse: .port), 1: BindOptions(reuse: [])]
    #expect(
      outcomes(BindTable(wanted, in: snapshot(one, two), options: mixed))
        == [.impossible, .impossible, .unknown, .unknown])
    var crowd = snapshot()
    crowd.records = Array(repeating: one, count: 11)
    #expect(BindTable(wanted, in: crowd).outcome([]) == .unknown)
    #expect(BindTable(request(here, .udp), in: crowd).outcome([]) == .impossible)
  }

  @Test("only sockets whose options change what is known are asked for them")
  func asked() {
    let listener = record(.listen, uid: 0)
    #expect(BindTable(request(), in: snapshot(listener)).rowsToAsk.isEmpty)
    let shown = snapshot(record(.listen), record(.boundInactive, IPAddress(ipv4: 0x7F00_0002)))
    #expect(BindTable(request(), in: shown).rowsToAsk == [0])
    #expect(BindTable(request(every), in: shown).rowsToAsk == [0, 1])
  }

  // MARK: The answer

  private static func answer(
    _ request: BindRequest, _ snapshot: Snapshot = snapshot(), settings: [Sysctl: [Int64]] = [:],
    reserved: [ClosedRange<UInt16>]? = nil, addresses: LocalAddresses = LocalAddresses(),
    options: [Int: BindOptions] = [:]
  ) -> BindAnswer {
    var values = SystemSettings()
    values.numbers = settings
    values.reservedPorts = reserved
    return BindAnswer(request, in: snapshot, settings: values, addresses: addresses, options: options)
  }

  @Test("address and permission are tested in the kernel's order, and before other sockets")
  func refusals() throws {
    let addresses = LocalAddresses(
      ipv4: [try #require(IPPrefix(address: IPAddress(ipv4: 0x7F00_0000), length: 8))],
      ipv6: [here6: [1], IPAddress(ipv6: 0xFE80 << 112 | 1): [2]])
    let low: [Sysctl: [Int64]] = [.firstUnprivilegedPort: [1024]]
    let foreign = IPAddress(ipv4: 0xC000_0201)
    let local = IPAddress(ipv6: 0xFE80 << 112 | 1)
    var scoped = request(local)
    scoped.scope = 2
    var elsewhere = scoped
    elsewhere.scope = 3
    let cases: [(BindRequest, [Sysctl: [Int64]], BindAnswer.Verdict)] = [
      (request(), low, .can),
      (request(port: 80, mayBindAnyPort: false), low, .cannot(.notPermitted(first: 1024))),
      (request(port: 80), low, .can),
      (request(port: 80, mayBindAnyPort: false), [:], .unknown([.firstPort])),
      (request(port: 1024, mayBindAnyPort: false), low, .can),
      (request(foreign), low, .cannot(.noSuchAddress)),
      (request(foreign, port: 80, mayBindAnyPort: false), low, .cannot(.noSuchAddress)),
      (request(IPAddress(ipv6: 9), port: 80, mayBindAnyPort: false), low, .cannot(.notPermitted(first: 1024))),
      (request(foreign), [.bindsForeignIPv4: [1]], .can),
      (request(IPAddress(ipv6: 9)), [.bindsForeignIPv6: [1]], .can),
      (request(local), low, .cannot(.noInterface)), (scoped, low, .can), (elsewhere, low, .cannot(.noSuchAddress)),
      (request(IPAddress(ipv6: 0xFFFF_7F00_0001), isIPv6Only: true), low, .cannot(.mappedOnIPv6Only)),
      (request(IPAddress(ipv6: 0xFF02 << 112 | 1)), low, .cannot(.multicast)),
      (request(IPAddress(ipv4: 0xE000_0001)), low, .can),
    ]
    for (request, settings, wanted) in cases {
      let answer = Self.answer(request, settings: settings, addresses: addresses)
      #expect(answer.verdict == wanted, "\(request)")
    }
    #expect(Self.answer(request(foreign)).verdict == .unknown([.addresses]))
    #expect(Self.answer(request(here6)).verdict == .can)
  }

  @Test("a free port is free only in tables that were read and have every socket")
  func doubts() {
    #expect(Self.answer(request()).verdict == .can)
    #expect(Self.answer(request(), snapshot(tables: [.tcp])).verdict == .unknown([.idleSockets]))
    #expect(Self.answer(request(here, .udp), snapshot(tables: [.udp])).verdict == .can)
    #expect(Self.answer(request(), snapshot(record(.listen), tables: [.tcp])).verdict == .cannot(.taken))
    var old = snapshot()
    old.meta.kernelRelease = "6.6.9-generic"
    #expect(Self.answer(request(), old).verdict == .unknown([.idleSockets]))
    old.meta.kernelRelease = "6.18.1"
    #expect(Self.answer(request(), old).verdict == .can)
    var unread = snapshot()
    unread.lookedAt = [:]
    #expect(Self.answer(request(), unread).verdict == .unknown([.tables]))
    #expect(
      Self.answer(request(reuse: .address), snapshot(record(.boundInactive))).verdict == .unknown([.options(rows: [0])])
    )
  }

  @Test("what would help, and until when")
  func help() {
    let bound = Self.answer(request(), snapshot(record(.boundInactive)), options: known([.address, .port]))
    #expect(bound.helpful == [.address, .port] && bound.perhapsHelpful.isEmpty && bound.freeAfterMilliseconds == nil)
    let left = snapshot(record(.timeWait, uid: nil, timer: 41_200), record(.timeWait, uid: nil, timer: 9))
    let waiting = Self.answer(request(), left)
    #expect(waiting.helpful.isEmpty && waiting.perhapsHelpful == [.address, .port])
    #expect(waiting.freeAfterMilliseconds == 41_200)
    #expect(Self.answer(request(), snapshot(record(.listen), record(.timeWait, timer: 9))).freeAfterMilliseconds == nil)
  }

  @Test(
    "a port of outgoing connections is named with the list that reserves it",
    arguments: [
      (40000, [50000...50001], .inside(32768...60999, reserving: "40000,50000-50001")),
      (40000, [], .inside(32768...60999, reserving: "40000")), (40000, nil, .inside(32768...60999, reserving: nil)),
      (40000, [39999...40001], .reserved), (80, [], .outside),
    ] as [(UInt16, [ClosedRange<UInt16>]?, BindAnswer.Ephemeral)])
  func ephemeral(port: UInt16, reserved: [ClosedRange<UInt16>]?, wanted: BindAnswer.Ephemeral) {
    let settings: [Sysctl: [Int64]] = [.ephemeralPorts: [32768, 60999]]
    #expect(Self.answer(request(port: port), settings: settings, reserved: reserved).ephemeral == wanted)
    #expect(Self.answer(request(port: port)).ephemeral == .unknown)
  }
}
