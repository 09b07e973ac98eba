package import SocketModel

/// Selects the sockets of a watch to show: those of some transports and families that match a
/// query.
package struct EventSelection: Sendable {
  private let transports: Set<Transport>
  private let families: Set<AddressFamily>
  private let query: Query
  /// The transports and families as bits: a test of one socket costs no hashing.
  private let transportBits: UInt64
  private let familyBits: UInt64

  /// Selects the sockets of some transports and, for internet sockets, families that match a query.
  package init(transports: Set<Transport>, families: Set<AddressFamily>, query: Query) {
    self.transports = transports
    self.families = families
    self.query = query
    transportBits = transports.reduce(0) { $0 | 1 << UInt64($1.rawValue) }
    familyBits = families.reduce(0) { $0 | 1 << UInt64($1.rawValue) }
  }

  /// Returns the selection of those sockets that also match another query.
  package func narrowed(by other: Query) -> EventSelection {
    EventSelection(transports: transports, families: families, query: .all([query, other]))
  }

  /// Whether every socket that a watch of TCP and UDP sees is selected.
  package var isEverything: Bool {
    query.isEverything && families.count == 2 && transports.isSuperset(of: [.tcp, .udp])
  }

  /// Whether what is selected depends on the sockets at the other ends.
  package var asksForPeers: Bool { query.requiredDetails.contains(.peers) }

  /// Whether what is selected depends on who has sockets open.
  package var asksForOwners: Bool { query.asksForOwners }

  /// Whether what is selected depends on a field for which a test is true.
  package func tests(_ test: (Field) -> Bool) -> Bool { query.tests(test) }

  /// Whether a socket is selected independently of owners that were not seen.
  package func isCertain(of row: Int, in sockets: Snapshot) -> Bool { query.isCertain(of: row, in: sockets) }

  /// The rows of the events to show, in order: those whose sockets are selected as they are, or
  /// were before the event. Missed events are always shown, because their sockets are not known.
  package func rows(of events: [SocketEvent], in sockets: Snapshot) -> [UInt32] {
    // The sockets as they were before, made when one does not match as it is now: changing them one
    // by one would copy them all each time.
    var former: Snapshot?
    return events.indices.filter { row in
      let event = events[row]
      if event.kind == .missed || selects(sockets, row) { return true }
      guard event.kind == .changed, let before = event.from, before != sockets.records[row].state else { return false }
      let made = former ?? sockets.before(events)
      former = made
      return selects(made, row)
    }.map { UInt32($0) }
  }

  /// The rows of the sockets that are selected, in order.
  package func rows(of sockets: Snapshot) -> [UInt32] {
    if isEverything { return sockets.listedRows.map { UInt32($0) } }
    return sockets.listedRows.filter { selects(sockets, $0) }.map { UInt32($0) }
  }

  /// Keeps those of some rows that are selected, in their order.
  package func keep(_ rows: inout [UInt32], of sockets: Snapshot) {
    if !isEverything { rows.removeAll { !selects(sockets, Int($0)) } }
  }

  /// Whether the socket in a row is selected.
  package func selects(_ sockets: Snapshot, _ row: Int) -> Bool {
    let transport = sockets.records[row].transport
    guard transportBits >> UInt64(transport.rawValue) & 1 != 0 else { return false }
    guard !transport.isInternet || familyBits >> UInt64(sockets.records[row].family.rawValue) & 1 != 0 else {
      return false
    }
    return query.matches(sockets, row: row)
  }
}

extension Snapshot {
  /// The sockets of some events in the states that they had before.
  fileprivate func before(_ events: [SocketEvent]) -> Snapshot {
    var former = self
    for (row, event) in events.enumerated() {
      if event.kind == .changed, let before = event.from { former.records[row].state = before }
    }
    return former
  }
}
