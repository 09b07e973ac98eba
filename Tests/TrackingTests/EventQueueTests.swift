import SocketModel
import TestSupport
import Testing

@testable import Tracking

@Suite("The queue of events", .timeLimited)
struct EventQueueTests {
  private func event(_ id: UInt64) -> SocketEvent {
    var event = SocketEvent(
      .opened, at: Timestamp(seconds: 1, nanoseconds: 0), source: .tracepoint, record: Script.tcp(.established))
    event.socketID = id
    return event
  }

  @Test("no event overtakes one that waits; released and expired ones leave in order")
  func order() {
    var queue = EventQueue()
    let first = queue.append(event(1), deadline: 100)
    queue.append(event(2))
    queue.append(event(3), deadline: 50)
    #expect(queue.take(at: 99).isEmpty && queue.count == 3 && queue.deadline == 100)
    queue.hold(first, until: 0)
    #expect(queue.take(at: 49).map(\.socketID) == [1, 2] && queue.deadline == 50)
    #expect(queue.take(at: 50).map(\.socketID) == [3] && queue.deadline == nil)
  }

  @Test("an event can be changed or dropped until it has left")
  func changes() {
    var queue = EventQueue()
    let numbers = (1...3).map { queue.append(event(UInt64($0)), deadline: 10) }
    queue.update(numbers[0]) { $0.bytesSent = 7 }
    queue.drop(numbers[1])
    queue.updateAll { $0.bytesReceived = 8 }
    let events = queue.take(at: 10)
    #expect(events.map(\.socketID) == [1, 3])
    #expect(events.map(\.bytesSent) == [7, nil] && events.map(\.bytesReceived) == [8, 8])
    queue.update(numbers[0]) { $0.bytesSent = 9 }
    #expect(queue.take(at: .max).isEmpty)
  }

  @Test("numbers stay right when many events have left")
  func many() {
    var queue = EventQueue()
    for id in UInt64(1)...3000 { queue.append(event(id)) }
    let last = queue.append(event(3001), deadline: 10)
    #expect(queue.take(at: 0).count == 3000)
    queue.update(last) { $0.bytesSent = 7 }
    #expect(queue.take(at: 10).map(\.bytesSent) == [7])
  }
}
