import Foundation
import Glibc
import LinuxSystem
import SocketModel
import TestSupport
import Testing

@testable import Inspection
@testable import Tracking

@Suite("The scans of a watcher", .timeLimited)
struct WatchReaderTests {
  /// The result of one scan: whether it looked through the processes, and what kept it from looking
  /// into all of them.
  private struct Reported: Sendable {
    let isWalked: Bool
    let problems: [Problem]
  }

  @Test(
    "What kept a scan from some processes is also reported by scans that skip them",
    .enabled("needs root, to give it up") { geteuid() == 0 || ProcessInfo.processInfo.environment["CI"] != nil })
  func notes() throws {
    let reported = try unprivileged { () -> [Reported] in
      // Owners are looked for only if there is a socket.
      let listener = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue)))
      try listener.listen(backlog: 1)
      var request = InspectionRequest()
      request.transports = [.tcp]
      let reader = WatchReader(root: try .live(), request: request)
      var reported: [Reported] = []
      for _ in 0..<20 where reported.last?.isWalked != false {
        var scan = try reader.readSockets()
        if reader.isWalkDue(SocketTracker().ownerNeed(of: scan.snapshot), now: scan.ended) {
          reader.walk(&scan)
        } else {
          reader.keepObstacles(&scan)
        }
        reported.append(
          Reported(isWalked: scan.isWalked, problems: scan.snapshot.problems.filter { $0.kind == .forbidden }))
      }
      #expect(listener.number >= 0)
      return reported
    }
    let (first, last) = (try #require(reported.first), try #require(reported.last))
    #expect(first.isWalked && first.problems.count == 1 && (first.problems.first?.count ?? 0) > 0)
    #expect(!last.isWalked && last.problems.map(\.subject) == first.problems.map(\.subject))
    #expect((last.problems.first?.count ?? 0) > 0 && last.problems.first?.advice == first.problems.first?.advice)
  }

  @Test(
    "A scan that is kept has what checks need, and looks to the tracker like any other",
    arguments: [[], .drops, [.drops, .memory, .tcpInfo]] as [RequiredDetails])
  func keeps(details: RequiredDetails) throws {
    let listener = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue)))
    try listener.bind(.ipv4(0x7F00_0001, port: 0))
    try listener.listen(backlog: 1)
    let client = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue)))
    try client.connect(try listener.localAddress())
    let server = try listener.accept()
    // Data that waits makes details of a connection worth having.
    _ = try client.send([1, 2, 3])
    let port = try #require(try client.localAddress().port)
    var request = InspectionRequest()
    request.transports = [.tcp]
    request.requiredDetails = details
    let reader = WatchReader(root: try .live(), request: request)
    func row(_ snapshot: Snapshot) throws -> SocketRecord {
      try #require(snapshot.records.first { $0.remotePort == port })
    }
    let usual = try reader.readSockets()
    let scan = try reader.readSockets(keepsRows: true)
    #expect(usual.kept == nil)
    let kept = try #require(scan.kept)
    #expect(try row(kept).detailIndex != SocketRecord.noIndex && row(kept).known.contains(.drops))
    #expect(
      !kept.counters.isEmpty && scan.snapshot.counters.isEmpty && scan.snapshot.problems == usual.snapshot.problems)
    var (plain, reduced) = (try row(usual.snapshot), try row(scan.snapshot))
    #expect((plain.detailIndex == SocketRecord.noIndex) == (reduced.detailIndex == SocketRecord.noIndex))
    plain.dropIndexes()
    reduced.dropIndexes()
    (plain.timer, plain.timerMilliseconds) = (reduced.timer, reduced.timerMilliseconds)
    #expect(plain == reduced)
    // Only one in some seconds is kept.
    var keeping = KeptScan()
    #expect(keeping.isDue(scan.begun))
    var taken = scan
    keeping.take(&taken)
    #expect(taken.kept == nil && !keeping.isDue(scan.ended) && keeping.isDue(scan.ended + 60_000_000_000))
    #expect(keeping.take()?.records.count == kept.records.count && keeping.take() == nil)
    #expect(server.number >= 0)
  }

  @Test("A transport that the kernel does not have is asked for once, unless it was named")
  func absent() throws {
    var request = InspectionRequest()
    request.transports = Set(Transport.allCases).subtracting([.other])
    request.requiredDetails = []
    let reader = WatchReader(root: try .live(), request: request)
    #expect(reader.askedTransports == request.transports)
    let had = Set(try reader.readSockets().snapshot.lookedAt.keys)
    #expect(reader.askedTransports == had && had.isSuperset(of: [.tcp, .udp, .unix]))
    #expect(Set(try reader.readSockets().snapshot.lookedAt.keys) == had)
    request.requiredTransports = request.transports
    let strict = WatchReader(root: try .live(), request: request)
    _ = try strict.readSockets()
    #expect(strict.askedTransports == request.transports)
  }
}
