import Inspection
import LinuxSystem
import SocketModel

/// Looks up the rows of the sockets that a demo's calls are made on, before and after each call, as
/// long as that costs little.
///
/// With many sockets open, many new ones per second, or slow lookups, rows are left out, which is
/// reported once; later they are shown again.
struct RowWatch {
  /// What was seen before a call.
  struct Pending {
    let subject: RowSubject?
    let sighting: RowSighting?
    /// For a listener: what else was at its port.
    let others: Snapshot?
  }

  /// With more open descriptors than this, or more new ones within a second, no rows are read:
  /// clients would have to wait for them.
  static let crowd = 16
  /// A lookup that takes more processor time than this, in milliseconds, is slow, as among a
  /// million sockets; on a busy machine any lookup may take longer. After this many slow ones in a
  /// row, lookups pause for this many seconds.
  static let slow: Int = 50
  static let slowInARow = 4
  static let pause: Int = 5

  private let transport: Transport
  /// Whether a person waits for each row anyway.
  private let isPatient: Bool
  private var lookup: RowLookup?
  private var isBlind = false
  private var open: Set<Int32> = []
  /// Descriptors whose closing resets (`SO_LINGER`), and whose `connect(2)` failed.
  private var resetting: Set<Int32> = []
  private var refused: Set<Int32> = []
  /// The peers of sockets that had one: once a connection has ended, its socket does not report the
  /// peer.
  private var peers: [Int32: SocketAddress] = [:]
  private var slowLooks = 0
  private var pauseEnds: Int = 0
  /// When the second in which new descriptors are counted began, in milliseconds, and how many
  /// there were since.
  private var secondBegan: Int = 0
  private var newOnes = 0
  private var reported: Set<Int> = []
  private var trouble: RowTrouble?

  init(transport: Transport, isPatient: Bool) {
    self.transport = transport
    self.isPatient = isPatient
  }

  /// Returns the message about rows that are missing; each message once.
  mutating func takeTrouble() -> RowTrouble? {
    defer { trouble = nil }
    return trouble
  }

  // MARK: Before and after

  /// Looks at the socket that the call will be made on.
  mutating func before(_ call: SocketCall) -> Pending? {
    guard mayLook() else { return nil }
    guard let descriptor = call.descriptor else {
      return Pending(subject: nil, sighting: RowSighting.none(.noSocket), others: nil)
    }
    let subject = RowSubject(open: descriptor, transport)
    let (sighting, others) = look(at: subject, isListener: call.isAccept)
    return Pending(subject: subject, sighting: sighting, others: others)
  }

  /// Looks again, and records which descriptors are open.
  mutating func after(_ call: SocketCall, _ result: CallResult, _ pending: Pending?) -> [RowPair] {
    defer { forgetClosed(call) }
    keep(call, result)
    guard let pending, let before = pending.sighting, lookup != nil || pending.subject == nil else { return [] }
    switch (call, result) {
    case (.socket, .made(let number)):
      let subject = RowSubject(open: number, transport)
      return look(at: subject, isNew: true).sighting.map { [RowPair(before: before, after: $0)] } ?? []
    case (.socket, _): return []
    case (.accept(let listener), .accepted(let number, let peer)):
      return accepted(listener, number, peer, pending, before)
    case (.close(let number), _):
      guard var subject = pending.subject else { return [] }
      subject.descriptor = nil
      subject.peer = subject.peer ?? peers[number]
      return look(at: subject, closed: (number, before)).sighting.map { [RowPair(before: before, after: $0)] } ?? []
    default:
      guard let number = call.descriptor else { return [] }
      let subject = RowSubject(open: number, transport)
      return look(at: subject).sighting.map { [RowPair(before: before, after: $0)] } ?? []
    }
  }

  private mutating func accepted(
    _ listener: Int32, _ number: Int32, _ peer: SocketAddress, _ pending: Pending, _ before: RowSighting
  ) -> [RowPair] {
    let subject = RowSubject(open: number, transport)
    guard let after = look(at: RowSubject(open: listener, transport)).sighting, let own = look(at: subject).sighting
    else {
      return []
    }
    var waited: RowSighting?
    if let others = pending.others, let lookup, subject.transport != .unix {
      waited = lookup.row(from: subject.local, to: peer, in: others).map { .row($0) }
    }
    let reason: RowAbsence = subject.transport == .unix ? .unlistedWaiting : .cameBetween
    return [RowPair(before: before, after: after), RowPair(before: waited ?? .none(reason), after: own)]
  }

  private mutating func keep(_ call: SocketCall, _ result: CallResult) {
    switch (call, result) {
    case (_, .made(let number)):
      open.insert(number)
      countNewOne()
    case (_, .accepted(let number, let peer)):
      open.insert(number)
      countNewOne()
      peers[number] = peer
    case (.connect(let number, let address), .done), (.connect(let number, let address), .underWay):
      peers[number] = address
    case (.connect(let number, _), .failed):
      refused.insert(number)
      peers[number] = nil
    case (.setOption(let number, "SO_LINGER", _), .done): resetting.insert(number)
    default: break
    }
  }

  private mutating func forgetClosed(_ call: SocketCall) {
    guard case .close(let number) = call else { return }
    open.remove(number)
    resetting.remove(number)
    refused.remove(number)
    peers[number] = nil
  }

  private mutating func countNewOne() {
    let now = Clock.monotonicMilliseconds()
    if now - secondBegan >= 1000 {
      secondBegan = now
      newOnes = 0
    }
    newOnes += 1
  }

  // MARK: Looking

  private mutating func look(
    at subject: RowSubject, isListener: Bool = false, isNew: Bool = false,
    closed: (number: Int32, before: RowSighting)? = nil
  ) -> (sighting: RowSighting?, others: Snapshot?) {
    guard subject.hasPlace else { return (.none(absence(of: subject, closed: closed, isNew: isNew)), nil) }
    guard let lookup else { return (nil, nil) }
    let start = Clock.processorMilliseconds()
    do throws(InspectionError) {
      let snapshot = try lookup.rows(near: subject, withConnections: isListener)
      var row = lookup.row(of: subject, in: snapshot)
      if row == nil, let number = subject.descriptor, let peer = peers[number] {
        row = try lookup.timeWait(of: subject, at: peer)
      }
      noteTime(Clock.processorMilliseconds() - start)
      return (row.map { .row($0) } ?? .none(absence(of: subject, closed: closed)), isListener ? snapshot : nil)
    } catch {
      goBlind("\(error)")
      return (nil, nil)
    }
  }

  /// Why there is no row.
  private func absence(
    of subject: RowSubject, closed: (number: Int32, before: RowSighting)?, isNew: Bool = false
  ) -> RowAbsence {
    if let closed {
      if subject.transport != .tcp { return .closedForGood }
      if resetting.contains(closed.number) { return .closedByReset }
      guard let row = closed.before.row else { return .closed }
      if row.state == .listen { return .closedListener }
      // The FIN that has arrived counts as one byte until it is read.
      let isClosing = row.state == .closeWait
      if (row.receiveQueue ?? 0) > (isClosing ? 1 : 0) { return .closedUnread }
      // The other end's FIN, or its reset, can come between the look and the call.
      return isClosing ? .closedSecond : .closedSecondOrReset
    }
    if let number = subject.descriptor, refused.contains(number) {
      return .connectFailed
    }
    if let number = subject.descriptor, peers[number] != nil {
      return .connectionOver
    }
    if !subject.hasPlace, !isNew { return .noPort }
    if !subject.hasPlace { return .newWithoutPort(subject.transport) }
    if subject.transport == .tcp, subject.peer == nil {
      return .onlyBound
    }
    return .unlisted
  }

  private mutating func mayLook() -> Bool {
    if isBlind { return false }
    if open.count > Self.crowd {
      report(.manyOpen(Self.crowd))
      return false
    }
    if newOnes > Self.crowd, !isPatient, Clock.monotonicMilliseconds() - secondBegan < 1000 {
      report(.manyNew(Self.crowd))
      return false
    }
    if pauseEnds != 0, Clock.monotonicMilliseconds() < pauseEnds { return false }
    if lookup == nil {
      do throws(InspectionError) { lookup = try RowLookup() } catch {
        goBlind("\(error)")
        return false
      }
    }
    return true
  }

  private mutating func noteTime(_ milliseconds: Int) {
    slowLooks = milliseconds > Self.slow && !isPatient ? slowLooks + 1 : 0
    guard slowLooks >= Self.slowInARow else { return }
    slowLooks = 0
    pauseEnds = Clock.monotonicMilliseconds() + Self.pause * 1000
    report(.slow(milliseconds: milliseconds, pause: Self.pause))
  }

  private mutating func goBlind(_ reason: String) {
    isBlind = true
    report(.unreadable(reason))
  }

  private mutating func report(_ trouble: RowTrouble) {
    // Other numbers may be missing the next time.
    if reported.insert(trouble.kind).inserted { self.trouble = trouble }
  }
}

extension SocketCall {
  fileprivate var isAccept: Bool {
    if case .accept = self { true } else { false }
  }
}
