import SocketModel

/// A source of what sockets have sent and received.
///
/// Its counters begin at 0 with the socket and only grow. Today it is `tcp_info` of the scans; a
/// counter in the kernel that knows UDP too could be another.
protocol ByteSource: Sendable {
  /// What each scan must collect for it.
  var requiredDetails: RequiredDetails { get }

  /// Takes over what a new scan has counted.
  mutating func begin(_ snapshot: Snapshot)

  /// The counters of the socket in a row of the scan that was begun last, the rows in their order;
  /// `nil` when it has none.
  mutating func counters(of record: SocketRecord) -> ByteCounters?
}

/// The counters of `tcp_info`, which are in the scan itself. They need no privilege.
struct TCPInfoBytes: ByteSource {
  private var counters: [SocketByteCounters] = []
  private var next = 0
  /// The places of all counters by their cookies, once a row was not where it was expected.
  private var places: [UInt64: Int]?

  /// How many counters of sockets without a row are passed over before the places are indexed.
  private static let step = 16

  var requiredDetails: RequiredDetails { .byteCounters }

  mutating func begin(_ snapshot: Snapshot) {
    counters = snapshot.byteCounters
    next = 0
    places = nil
  }

  mutating func counters(of record: SocketRecord) -> ByteCounters? {
    guard record.transport == .tcp else { return nil }
    // Without a connection nothing can be sent.
    if record.state == .synRecv || record.state == .boundInactive { return ByteCounters() }
    guard record.state != .listen, record.state != .timeWait, record.knownCookie != 0 else { return nil }
    // Rows and counters come from the same dumps, but a row may have been left out.
    for place in next..<min(next + Self.step, counters.count) where isOf(record, place) {
      next = place + 1
      return counters[place].counters
    }
    if places == nil {
      places = Dictionary(counters.indices.map { (counters[$0].cookie, $0) }) { first, _ in first }
    }
    guard let place = places?[record.cookie], isOf(record, place) else { return nil }
    next = place + 1
    return counters[place].counters
  }

  private func isOf(_ record: SocketRecord, _ place: Int) -> Bool {
    counters[place].cookie == record.cookie && counters[place].namespace == record.networkNamespace
  }
}
