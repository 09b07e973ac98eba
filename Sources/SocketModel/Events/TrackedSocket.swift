/// One socket from first sight to its end, as far as it was watched.
///
/// Stored as a single reference: tables of tracked sockets are cheap to copy and to grow, and
/// copies share what has not changed.
public struct TrackedSocket: Sendable {
  // This order makes 248 bytes with the object's header, the most for which the allocator takes 256,
  // and there may be a hundred thousand.
  private struct Fields: Sendable {
    var record: SocketRecord
    var firstCount: UInt8 = 0
    var attribution: Attribution?
    var wasThere: Bool
    var scope = NamespaceScope.unknown
    var isOwnerSought = false
    var id: UInt64
    var extras = Extras.none
    var owners: [EventOwner] = []
    // Nearly all connections have no more states than fit here; a separate array would be larger.
    var firstChanges = InlineArray<5, Int64>(repeating: 0)
    var firstSeen: Int64
    var closed = Int64.min
    var pointer: UInt64 = 0
    var lastTransition: UInt64 = 0
    // `.max` when unknown: one byte more would take eight.
    var bytesSent = UInt64.max
    var bytesReceived = UInt64.max

    init(id: UInt64, record: SocketRecord, firstSeen: Int64, wasThere: Bool) {
      self.id = id
      self.record = record
      self.firstSeen = firstSeen
      self.wasThere = wasThere
    }
  }

  /// The members that most sockets do not need.
  private final class Rest: Sendable {
    let name: UnixName?
    // Half a kilobyte.
    let detail: DetailBox?
    let laterChanges: [StateChange]

    init(_ name: UnixName?, _ detail: DetailBox?, _ laterChanges: [StateChange]) {
      self.name = name
      self.detail = detail
      self.laterChanges = laterChanges
    }
  }

  /// What not all sockets have, in eight bytes.
  private enum Extras: Sendable {
    case none
    case rest(Rest)
    case traffic(TrafficBox)
    case both(RestAndTraffic)

    init(_ rest: Rest?, _ traffic: TrafficBox?) {
      self =
        switch (rest, traffic) {
        case (nil, nil): .none
        case (let rest?, nil): .rest(rest)
        case (nil, let traffic?): .traffic(traffic)
        case (let rest?, let traffic?): .both(RestAndTraffic(rest, traffic))
        }
    }

    var rest: Rest? {
      switch self {
      case .none, .traffic: nil
      case .rest(let rest): rest
      case .both(let both): both.rest
      }
    }

    var traffic: TrafficBox? {
      switch self {
      case .none, .rest: nil
      case .traffic(let traffic): traffic
      case .both(let both): both.traffic
      }
    }
  }

  private final class RestAndTraffic: Sendable {
    let rest: Rest
    let traffic: TrafficBox

    init(_ rest: Rest, _ traffic: TrafficBox) {
      self.rest = rest
      self.traffic = traffic
    }
  }

  private final class Storage: @unchecked Sendable {
    // Mutated only while there is no other reference to it.
    var fields: Fields
    init(_ fields: Fields) { self.fields = fields }
  }

  private final class DetailBox: Sendable {
    let detail: SocketDetail
    init(_ detail: SocketDetail) { self.detail = detail }
  }

  private final class TrafficBox: Sendable {
    let traffic: SocketTraffic
    init(_ traffic: SocketTraffic) { self.traffic = traffic }
  }

  private var storage: Storage

  private var fields: Fields {
    get { storage.fields }
    _modify {
      if !isKnownUniquelyReferenced(&storage) { storage = Storage(storage.fields) }
      yield &storage.fields
    }
  }

  /// Its number, from 1, in the order of first sight.
  public var id: UInt64 { storage.fields.id }
  /// The socket as it was last seen.
  public var record: SocketRecord {
    get { storage.fields.record }
    _modify { yield &fields.record }
  }
  /// The name of a unix socket.
  public var name: UnixName? {
    get { storage.fields.extras.rest?.name }
    set { setRest(newValue, storage.fields.extras.rest?.detail, laterChanges) }
  }
  /// Details from the last scan, when they were asked for.
  public var detail: SocketDetail? {
    get { storage.fields.extras.rest?.detail?.detail }
    set { setRest(storage.fields.extras.rest?.name, newValue.map { DetailBox($0) }, laterChanges) }
  }
  /// What it has sent and received, where bytes are counted; `nil` for sockets without counters.
  public var traffic: SocketTraffic? {
    get { storage.fields.extras.traffic?.traffic }
    set { fields.extras = Extras(storage.fields.extras.rest, newValue.map { TrafficBox($0) }) }
  }
  private var laterChanges: [StateChange] {
    get { storage.fields.extras.rest?.laterChanges ?? [] }
    set { setRest(storage.fields.extras.rest?.name, storage.fields.extras.rest?.detail, newValue) }
  }

  private mutating func setRest(_ name: UnixName?, _ detail: DetailBox?, _ laterChanges: [StateChange]) {
    let isNothing = name == nil && detail == nil && laterChanges.isEmpty
    let former = storage.fields.extras
    if isNothing, former.rest == nil { return }
    fields.extras = Extras(isNothing ? nil : Rest(name, detail, laterChanges), former.traffic)
  }
  /// The processes that have it.
  public var owners: [EventOwner] {
    get { storage.fields.owners }
    set { fields.owners = newValue }
  }
  /// How the owners were found.
  public var attribution: Attribution? {
    get { storage.fields.attribution }
    set { fields.attribution = newValue }
  }
  /// Bytes sent and acknowledged in total, once the kernel has reported them; see
  /// ``SocketEvent/bytesSent``.
  public var bytesSent: UInt64? {
    get { storage.fields.bytesSent == .max ? nil : storage.fields.bytesSent }
    set { fields.bytesSent = newValue ?? .max }
  }
  /// Bytes received in total, once the kernel has reported them; see ``SocketEvent/bytesReceived``.
  public var bytesReceived: UInt64? {
    get { storage.fields.bytesReceived == .max ? nil : storage.fields.bytesReceived }
    set { fields.bytesReceived = newValue ?? .max }
  }
  /// Its states so far and when each began; the first may have begun before it was seen. Only the
  /// newest ``longestHistory`` are kept.
  public var history: [StateChange] {
    get {
      (0..<Int(storage.fields.firstCount)).map { StateChange(bits: storage.fields.firstChanges[$0]) }
        + laterChanges
    }
    set {
      fields.firstCount = 0
      laterChanges = []
      for change in newValue.suffix(Self.longestHistory) { append(change) }
    }
  }
  /// Whether it existed when watching began.
  public var wasThere: Bool {
    get { storage.fields.wasThere }
    set { fields.wasThere = newValue }
  }
  /// When it was first seen.
  public var firstSeen: Timestamp {
    get { Timestamp(nanosecondsSince1970: storage.fields.firstSeen) }
    set { fields.firstSeen = newValue.nanosecondsSince1970 }
  }
  /// When it ended; `nil` while it exists.
  public var closed: Timestamp? {
    get { isClosed ? Timestamp(nanosecondsSince1970: storage.fields.closed) : nil }
    set { fields.closed = newValue?.nanosecondsSince1970 ?? .min }
  }
  /// Whether it has ended.
  public var isClosed: Bool { storage.fields.closed != .min }
  /// Whether it is in the watched network namespace.
  package var scope: NamespaceScope {
    get { storage.fields.scope }
    set { fields.scope = newValue }
  }
  /// The kernel's address of the socket while the tracepoint reports its transitions; 0 for none.
  package var pointer: UInt64 {
    get { storage.fields.pointer }
    set { fields.pointer = newValue }
  }
  /// When the tracepoint or a notice last reported it, or the kernel was asked about it, in
  /// nanoseconds of the monotonic clock; 0 for never.
  package var lastTransition: UInt64 {
    get { storage.fields.lastTransition }
    set { fields.lastTransition = newValue }
  }
  /// Whether its owners were looked for in all processes.
  package var isOwnerSought: Bool {
    get { storage.fields.isOwnerSought }
    set { fields.isOwnerSought = newValue }
  }

  /// A state and when it began.
  public struct StateChange: Sendable, Hashable {
    // Eight bytes for both, as there are many: microseconds since 1970 and the state's number.
    fileprivate let bits: Int64
    /// The state.
    public var state: SocketState { SocketState(rawValue: UInt8(truncatingIfNeeded: bits)) ?? .close }
    /// When it began, or was first seen, in whole microseconds.
    public var since: Timestamp { Timestamp(nanosecondsSince1970: (bits >> 8) &* 1000) }

    fileprivate init(bits: Int64) { self.bits = bits }

    /// Makes an entry for a state that began at a time.
    public init(_ state: SocketState, since: Timestamp) {
      bits = (since.nanosecondsSince1970 / 1000) << 8 | Int64(state.rawValue)
    }
  }

  /// How many states are remembered: no path through TCP has more.
  public static let longestHistory = 16

  /// Makes a tracked socket that is first seen now.
  public init(id: UInt64, record: SocketRecord, at time: Timestamp, wasThere: Bool) {
    storage = Storage(Fields(id: id, record: record, firstSeen: time.nanosecondsSince1970, wasThere: wasThere))
    enter(record.state, at: time)
  }

  /// Records that another state begins.
  package mutating func enter(_ state: SocketState, at time: Timestamp) {
    record.state = state
    append(StateChange(state, since: time))
  }

  private mutating func append(_ change: StateChange) {
    let capacity = storage.fields.firstChanges.count
    let count = Int(storage.fields.firstCount)
    if count < capacity, laterChanges.isEmpty {
      fields.firstChanges[count] = change.bits
      fields.firstCount += 1
      return
    }
    var later = laterChanges
    later.append(change)
    if count + later.count > Self.longestHistory {
      for index in 1..<capacity { fields.firstChanges[index - 1] = storage.fields.firstChanges[index] }
      fields.firstChanges[capacity - 1] = later.removeFirst().bits
    }
    laterChanges = later
  }

  /// Whether it is or was in one of the states.
  package func hasBeen(in states: SocketStateSet) -> Bool {
    for index in 0..<Int(storage.fields.firstCount) {
      if states.contains(StateChange(bits: storage.fields.firstChanges[index]).state) { return true }
    }
    return laterChanges.contains { states.contains($0.state) }
  }
}

extension Timestamp {
  /// Nanoseconds since 1970; valid until the year 2262.
  public var nanosecondsSince1970: Int64 { seconds &* 1_000_000_000 &+ Int64(nanoseconds) }

  /// Makes a moment of nanoseconds since 1970.
  public init(nanosecondsSince1970 count: Int64) {
    let (seconds, rest) = count.quotientAndRemainder(dividingBy: 1_000_000_000)
    self.init(
      seconds: rest < 0 ? seconds - 1 : seconds, nanoseconds: Int32(rest < 0 ? rest + 1_000_000_000 : rest))
  }
}
