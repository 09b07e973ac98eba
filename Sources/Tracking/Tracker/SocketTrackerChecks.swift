import LinuxSystem
package import SocketModel

/// What checks of a scan take from the tracker.
extension SocketTracker {
  /// The number of the socket that a row is about; `nil` when it is not known, or has ended.
  package func number(of record: SocketRecord) -> UInt64? {
    tracked.id(identifiedBy: record) ?? tracked.id(withEndsOf: record)
  }

  /// Adds the owners that are known by now to a scan that did not look for them. Idle connections, of
  /// which there may be very many, are left without.
  func addOwners(to snapshot: inout Snapshot) {
    var places: [EventOwner.Key: Int32] = [:]
    snapshot.processes = []
    snapshot.owners = []
    snapshot.ownerStarts = [0]
    snapshot.ownerStarts.reserveCapacity(snapshot.records.count + 1)
    for row in snapshot.records.indices {
      let record = snapshot.records[row]
      if record.canHaveOwner, !record.isIdleConnection, let socket = number(of: record).flatMap({ tracked[$0] }) {
        for owner in socket.owners {
          let place = places[owner.key] ?? Int32(truncatingIfNeeded: snapshot.processes.count)
          if places.updateValue(place, forKey: owner.key) == nil { snapshot.processes.append(owner.process) }
          snapshot.owners.append(
            Owner(
              pid: owner.pid, descriptor: owner.descriptor, processIndex: place, attribution: socket.attribution))
        }
      }
      snapshot.ownerStarts.append(UInt32(truncatingIfNeeded: snapshot.owners.count))
    }
  }

  /// Sets the offset between the clocks, since the time of day may be changed; the scatter between
  /// reads of the two is ignored.
  mutating func setClock() {
    let offset = Clock.timeOfDayOffset()
    if abs(offset &- clock) > 1_000_000 { clock = offset }
  }
}

extension EventOwner {
  fileprivate struct Key: Hashable {
    let pid: Int32
    let startTime: UInt64?
  }

  fileprivate var key: Key { Key(pid: pid, startTime: startTime) }
}

extension SocketRecord {
  /// Whether it is a connection with nothing in its queues and without details.
  fileprivate var isIdleConnection: Bool {
    state == .established && transport.hasTCPStates && detailIndex == SocketRecord.noIndex && receiveQueue == 0
      && sendQueue == 0
  }
}
