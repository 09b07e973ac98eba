import SocketModel
import TestSupport
import Testing

@Suite("Traffic of sockets", .timeLimited)
struct SocketTrafficTests {
  private let second: UInt64 = 1_000_000_000

  @Test("SYN, FIN and what was repeated do not count as sent")
  func sentData() {
    func sent(_ acknowledged: UInt64, _ sent: UInt64?, _ repeated: UInt64? = 0, _ segments: UInt64? = 1) -> UInt64 {
      ByteCounters.sentData(acknowledged: acknowledged, sent: sent, retransmitted: repeated, dataSegments: segments)
    }
    #expect(sent(1, 0) == 0, "an idle client")
    #expect(sent(1_000_002, 1_000_000) == 1_000_000)
    #expect(sent(1_000_001, 1_300_000, 300_000) == 1_000_000)
    #expect(sent(400, 1000) == 400, "the rest is on its way")
    #expect(sent(5, 3, 9) == 0, "a figure that cannot be does not wrap around")
    #expect(sent(1, nil, nil, 0) == 0 && sent(1001, nil, nil, 1) == 1001, "before Linux 4.19")
  }

  @Test("a rate is rounded, and not 0 when there were bytes")
  func rates() {
    #expect(SocketTraffic.rate(0, per: second) == 0)
    #expect(SocketTraffic.rate(1, per: 10 * second) == 1)
    #expect(SocketTraffic.rate(3, per: 2 * second) == 2)
    #expect(SocketTraffic.rate(14, per: 10 * second) == 1)
    #expect(SocketTraffic.rate(1_000_000, per: second / 4) == 4_000_000)
    #expect(SocketTraffic.rate(.max, per: 1) == .max)
    #expect(SocketTraffic.rate(5, per: 0) == 0)
  }

  @Test("the first counters have no interval, later ones have that since the base")
  func interval() {
    var traffic = SocketTraffic(ByteCounters(sent: 10, received: 20))
    #expect(traffic.sendRate == nil && traffic.receiveRate == nil && traffic.bytesSentInInterval == nil)
    #expect(traffic.roundTripTime == nil && traffic.totalRetransmits == nil)
    traffic = SocketTraffic(
      ByteCounters(sent: 15, received: 19, roundTripTime: 7, retransmits: 1), since: traffic.base, interval: second)
    #expect(traffic.sendRate == 5 && traffic.receiveRate == 0, "a counter does not go back")
    #expect(traffic.bytesReceived == 20)
    #expect(traffic[.rtt] == 7 && traffic[.totalRetransmits] == 1 && traffic[.bytesAcked] == nil)
    traffic.forgetRates()
    #expect(traffic.sendRate == nil && traffic.bytesSent == 15)
  }

  @Test("rates, round trip time and retransmissions are fields of the rows of tracked sockets")
  func fields() {
    func socket(_ id: UInt64, _ traffic: SocketTraffic?) -> TrackedSocket {
      let record = SocketRecord(transport: .tcp, family: .ipv4, state: .established)
      var socket = TrackedSocket(id: id, record: record, at: Timestamp(seconds: 1, nanoseconds: 0), wasThere: true)
      socket.traffic = traffic
      return socket
    }
    let counters = ByteCounters(sent: 3000, received: 0, roundTripTime: 70, retransmits: 4)
    let sockets = [
      socket(1, nil), socket(2, SocketTraffic(counters, since: (0, 0), interval: second)),
      socket(3, SocketTraffic(counters)), socket(4, nil),
    ]
    let snapshot = Snapshot(sockets: sockets)
    func values(_ field: Field) -> [FieldValue] { snapshot.records.indices.map { snapshot.value(of: field, at: $0) } }
    #expect(values(.sendRate) == [.absent, .number(3000), .absent, .absent])
    #expect(values(.receiveRate) == [.absent, .number(0), .absent, .absent])
    #expect(values(.tcp(.rtt)) == [.absent, .number(70), .number(70), .absent])
    #expect(values(.tcp(.totalRetransmits)) == [.absent, .number(4), .number(4), .absent])
    #expect(FieldNumber(.sendRate).of(snapshot, row: 1) == 3000 && FieldNumber(.sendRate).of(snapshot, row: 0) == nil)
    #expect(Snapshot(sockets: [socket(1, nil)]).traffic.isEmpty, "none has any")
    var event = SocketEvent(
      .changed, at: Timestamp(seconds: 1, nanoseconds: 0), source: .difference, record: sockets[1].record)
    event.socketID = 2
    let events = Snapshot(events: [event], tracked: [2: sockets[1]])
    #expect(events.value(of: .sendRate, at: 0) == .number(3000))
  }

  @Test("a tracked socket with traffic takes one small object more, others nothing")
  func size() {
    #expect(MemoryLayout<SocketTraffic>.size <= 56)
  }
}
