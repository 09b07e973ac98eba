import KernelFormats
import SocketModel
import TestSupport
import Testing

/// Details are kept only of sockets with which something may be wrong, when that is asked for.
@Suite("Telling details", .timeLimited)
struct TellingDetailsTests {
  /// The details of the one connection in a recorded answer, with some bytes of its message changed.
  private func details(
    _ changes: [Int: UInt8] = [:], also more: RequiredDetails = []
  ) throws -> (details: [SocketDetail], record: SocketRecord) {
    var bytes = try diagFixture("tcp-extensions")
    // A netlink header precedes the message.
    for (offset, byte) in changes { bytes[16 + offset] = byte }
    let required: RequiredDetails = [.memory, .tcpInfo, .tellingDetailsOnly]
    let (table, _, _) = try decodeDump(bytes, .tcp, .ipv4, requiredDetails: required.union(more))
    return (table.details, try #require(table.records.first))
  }

  @Test("A healthy connection has none, and its drops and queues are known all the same")
  func healthy() throws {
    let (details, record) = try details()
    #expect(record.state == .established && details.isEmpty && record.detailIndex == SocketRecord.noIndex)
    #expect(record.known.isSuperset(of: [.drops, .receiveQueue, .sendQueue, .timer]))
  }

  @Test(
    "Queued data, retransmissions, no file, CLOSE_WAIT and FIN_WAIT2 keep them",
    arguments: [[56: 1], [60: 1], [2: 1, 3: 2], [68: 0, 69: 0, 70: 0, 71: 0], [1: 8], [1: 5]])
  func telling(changes: [Int: UInt8]) throws {
    let (details, record) = try details(changes)
    #expect(details.first?.tcp?[.lastDataSent] == 264 && record.detailIndex == 0)
  }

  @Test("A connection without keepalive has them only when those are asked for")
  func keepalive() throws {
    #expect(try details([2: 0]).details.isEmpty)
    #expect(try details([2: 0], also: .detailsWithoutKeepalive).details.count == 1)
    #expect(try details([2: 2], also: .detailsWithoutKeepalive).details.isEmpty)
  }

  @Test("TIME_WAIT, a listener and what the kernel ends by itself have none")
  func others() throws {
    #expect(try details([1: 5, 68: 0, 69: 0, 70: 0, 71: 0]).details.isEmpty)
    #expect(try details([1: 9]).details.isEmpty)
    #expect(try details([1: 6]).details.isEmpty)
    #expect(try details([1: 10]).details.isEmpty)
  }
}
