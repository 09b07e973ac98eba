import KernelFormats
import Lesson
import LinuxSystem
import SocketModel
import TestSupport
import Testing

@testable import Inspection

@Suite("TCP dumps in parts", .timeLimited)
struct TCPDumpPartsTests {
  private func dumper(_ filter: KernelFilter = .any, states: SocketStateSet = .all) -> SockDiagDumper {
    SockDiagDumper(dump: SockDiagDump(.tcp, .ipv4), states: states, requiredDetails: [], filter: filter, netns: nil)
  }

  private func run(_ dumpers: [SockDiagDumper]) throws -> [[SocketRecord]] {
    try dumpers.map { dumper in
      var socket = try NetlinkSocket.sockDiag()
      return try dumper.run(over: &socket).records
    }
  }

  @Test("few sockets take one dump for both families, many are split; bound ones are asked for once")
  func shape() {
    let few = TCPDumpParts.parts(of: dumper(), socketCount: 10)
    #expect(few.count == 1 && few.allSatisfy { $0.hasBothFamilies && !$0.needsFilter })
    guard availableProcessors() > 1 else { return }
    let many = TCPDumpParts.parts(of: dumper(), socketCount: 1_000_000)
    #expect(many.map { $0.states.contains(.boundInactive) } == [false, false, true])
    #expect(many.map(\.needsFilter) == [true, true, false])
    let filtered = TCPDumpParts.parts(of: dumper(.localPort(80...80)), socketCount: 1_000_000)
    #expect(filtered.map { $0.states.contains(.boundInactive) } == [false, true])
    let bound = TCPDumpParts.parts(of: dumper(states: SocketStateSet(.boundInactive)), socketCount: 1_000_000)
    #expect(bound.count == 1)
    #expect(TCPDumpParts.parts(of: dumper(states: SocketStateSet([.listen])), socketCount: 1_000_000).count == 2)
  }

  @Test("the parts have every socket that dumps of each family have, each once", arguments: [0, 1_000_000])
  func sameSockets(socketCount: Int) throws {
    var held = HeldSockets()
    for scenario in TCPScenario.allCases {
      for loopback in Loopback.allCases { held.add(try scenario.hold(over: loopback)) }
    }
    let ports = Set(held.sightings.compactMap { $0.local?.port })
    func mine(_ records: [[SocketRecord]]) -> [UInt64] {
      records.joined().filter { ports.contains($0.localPort) && $0.state != .timeWait }.map(\.cookie).sorted()
    }
    // Others' sockets come and go; these stay, except for those that a timer ends: then the
    // comparison is repeated.
    for attempt in 0..<10 {
      let before = mine(
        try run(
          [.ipv4, .ipv6].map { family in
            SockDiagDumper(
              dump: SockDiagDump(.tcp, family), states: .all, requiredDetails: [], filter: .any, netns: nil)
          }))
      let parts = mine(try run(TCPDumpParts.parts(of: dumper(), socketCount: socketCount)))
      #expect(Set(parts).count == parts.count)
      #expect(parts.count > 10)
      if before == parts { break }
      #expect(attempt < 9, "\(before) \(parts)")
    }
    withExtendedLifetime(held) {}
  }

  @Test("a bound socket that connected between the parts is shown once, as connected")
  func repetitions() {
    func record(_ cookie: UInt64, _ state: SocketState) -> SocketRecord {
      var record = SocketRecord(transport: .tcp, family: .ipv4, state: state)
      record.cookie = cookie
      record.known = .cookie
      return record
    }
    var tables = [SockDiagTable(), SockDiagTable(), SockDiagTable()]
    tables[0].records = [record(1, .established), record(2, .established)]
    tables[1].records = [record(3, .synSent)]
    tables[2].records = [record(3, .boundInactive), record(4, .boundInactive), record(1, .boundInactive)]
    var results = tables.map { Optional(Result<SockDiagTable, SockDiagError>.success($0)) }
    TCPDumpParts.leaveOutRepetitions(&results, count: 3)
    let left = results.compactMap { try? $0?.get().records }
    #expect(left.map { $0.map(\.cookie) } == [[1, 2], [3], [4]])
    #expect(left[0].allSatisfy { $0.state == .established })
  }

  @Test("a filter that the parts depend on is never left out")
  func neededFilter() throws {
    var whole = dumper(.not(.localPort(0...65535)))
    whole.needsFilter = true
    whole.hasBothFamilies = true
    #expect(try run([whole]) == [[]])
  }
}
