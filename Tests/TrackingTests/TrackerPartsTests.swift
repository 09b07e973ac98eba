import SocketModel
import TestSupport
import Testing

@testable import Tracking

@Suite("Openings that wait for their ends", .timeLimited)
struct PendingOpeningsTests {
  @Test("the event of a socket waits until it is taken, once")
  func take() {
    var openings = PendingOpenings()
    #expect(openings.take(1) == nil)
    openings.add(1, event: 10)
    openings.add(2, event: 20)
    #expect(openings.count == 2 && openings.contains(1) && Set(openings.sockets) == [1, 2])
    #expect(openings.take(1) == 10 && openings.take(1) == nil && openings.count == 1)
  }
}

@Suite("Ends since the last scan", .timeLimited)
struct RecentEndsTests {
  @Test("connections and listeners are remembered from a moment on, and nothing else")
  func ends() {
    var ends = RecentEnds()
    let (connection, listener) = (Script.tcp(.established), Script.tcp(.listen, 80))
    var datagram = Script.tcp(.boundInactive, 53)
    datagram.transport = .udp
    for record in [connection, listener, datagram] { ends.note(record, at: 10) }
    #expect(ends.hasEnded(connection, since: 10) && ends.hasEnded(listener, since: 9))
    #expect(!ends.hasEnded(connection, since: 11) && !ends.hasEnded(datagram, since: 0))
    #expect(!ends.hasEnded(Script.tcp(.established, 40001), since: 0))
    ends.forget(before: 11)
    #expect(!ends.hasEnded(connection, since: 0))
  }

  @Test("without another source nothing is remembered")
  func alone() {
    var ends = RecentEnds()
    ends.note(Script.tcp(.established), at: 10)
    ends.forget(before: .max)
    #expect(!ends.hasEnded(Script.tcp(.established), since: 0))
  }
}

@Suite("Owners of listeners", .timeLimited)
struct ListenerOwnersTests {
  @Test("a fork makes the owners of its process's listeners uncertain, until a later walk")
  func forks() {
    var owners = ListenerOwners()
    owners.note(1, of: 100)
    owners.note(2, of: 200)
    owners.share(of: 100, at: 50)
    #expect(!owners.areComplete(for: 1) && owners.areComplete(for: 2) && owners.hasShared)
    owners.noteWalk(begun: 50, doubtful: [])
    #expect(!owners.areComplete(for: 1), "it may have missed the child")
    owners.noteWalk(begun: 51, doubtful: [])
    #expect(owners.areComplete(for: 1) && !owners.hasShared)
  }

  @Test("a walk that could not look into all processes leaves doubts")
  func doubts() {
    var owners = ListenerOwners()
    owners.noteWalk(begun: 1, doubtful: [1])
    #expect(!owners.areComplete(for: 1) && owners.areComplete(for: 2) && !owners.hasShared)
    owners.forget(1, of: [100])
    #expect(owners.areComplete(for: 1))
  }

  @Test("a listener that has ended no longer belongs to its process")
  func gone() {
    var owners = ListenerOwners()
    owners.note(1, of: 100)
    owners.forget(1, of: [100])
    owners.share(of: 100, at: 50)
    #expect(owners.areComplete(for: 1) && !owners.hasShared)
  }
}

@Suite("Owner lists that are shared", .timeLimited)
struct SharedOwnerListsTests {
  private func address(_ owners: [EventOwner]) -> UInt {
    unsafe owners.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
  }

  @Test("equal lists of one process without a descriptor are one array; all others stay as they are")
  func lists() {
    var lists = SharedOwnerLists()
    let owner = EventOwner(pid: 100, name: Array("client".utf8))
    var other = owner
    other.startTime = 5
    var open = owner
    open.descriptor = 3
    let first = lists.shared([owner])
    #expect(address(lists.shared([owner])) == address(first))
    #expect(lists.shared([other]) == [other], "another process had the number")
    #expect(address(lists.shared([owner])) != address(first), "the newest counts")
    for other in [[open], [owner, open], []] { #expect(lists.shared(other) == other) }
  }
}

@Suite("What scans cover", .timeLimited)
struct ScanCoverageTests {
  private func time(_ seconds: Int64) -> Timestamp { Timestamp(seconds: seconds, nanoseconds: 0) }

  @Test("a loss is made up for by a complete scan that began later, and by no other")
  func losses() {
    var coverage = ScanCoverage()
    #expect(!coverage.isGapless && coverage.hasNoLoss)
    coverage.note(isComplete: true, begun: time(1))
    coverage.endScan()
    #expect(coverage.isGapless)
    coverage.noteLoss(at: time(5))
    for (isComplete, begun) in [(true, time(5)), (false, time(6)), (true, nil)] {
      coverage.note(isComplete: isComplete, begun: begun)
      #expect(!coverage.isGapless && !coverage.hasNoLoss)
    }
    coverage.note(isComplete: true, begun: time(6))
    #expect(coverage.isGapless)
    coverage.note(isComplete: false, begun: time(7))
    #expect(!coverage.isGapless && coverage.hasNoLoss)
  }
}
