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
