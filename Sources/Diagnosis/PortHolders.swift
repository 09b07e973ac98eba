package import SocketModel

/// The sockets of a snapshot that keep another one from being bound to an address and port.
package struct PortHolders: Sendable, Equatable {
  /// Their rows in the snapshot: listeners first, finished connections last.
  package let rows: [Int]

  /// Finds the sockets.
  ///
  /// - Parameter takesIPv4: whether the socket to be bound is an IPv6 one that also takes IPv4.
  package init(_ snapshot: Snapshot, of wanted: Endpoint, takesIPv4: Bool) {
    let found = snapshot.records.indices.filter { row in
      let record = snapshot.records[row]
      // A handshake in progress holds no port: its listener does.
      guard record.localPort == wanted.port, record.state != .synRecv, let local = record.local else { return false }
      let isOnly = record.known.contains(.ipv6Only) ? record.flags.contains(.ipv6Only) : nil
      // Where it is not known, `::` takes IPv4 too, as it does unless a program asks for less.
      return BindTable.meets(wanted.address, isIPv6Only: !takesIPv4, record, isIPv6Only: isOnly)
        ?? local.address.isUnspecified
    }
    self.init(snapshot, rows: found)
  }

  /// Orders the rows of sockets that have a port: listeners first, finished connections last.
  package init(_ snapshot: Snapshot, rows found: [Int]) {
    // The connection below an MPTCP connection has the port but no owner: only the MPTCP one
    // counts.
    let multipath = found.filter { snapshot.records[$0].transport == .mptcp }.map { snapshot.records[$0].local }
    let holding = found.filter { row in
      snapshot.records[row].transport != .tcp || snapshot.records[row].state == .timeWait
        || !snapshot.owners(at: row).isEmpty || !multipath.contains(snapshot.records[row].local)
    }
    rows = holding.sorted { Self.rank(snapshot, $0) < Self.rank(snapshot, $1) }
  }

  /// Whether two sockets with the same port want packets to the same address. An unspecified IPv6
  /// address includes those of IPv4, unless the socket takes IPv6 only.
  package static func overlap(_ first: (address: IPAddress, isOnly: Bool), _ second: (address: IPAddress, isOnly: Bool))
    -> Bool
  {
    func takesIPv4(_ end: (address: IPAddress, isOnly: Bool)) -> Bool {
      end.address.embeddedIPv4 != nil || (end.address.isUnspecified && !end.isOnly)
    }
    func takesIPv6(_ end: (address: IPAddress, isOnly: Bool)) -> Bool { end.address.embeddedIPv4 == nil }
    if takesIPv4(first), takesIPv4(second) {
      let one = first.address.embeddedIPv4 ?? 0
      let other = second.address.embeddedIPv4 ?? 0
      if one == 0 || other == 0 || one == other { return true }
    }
    guard takesIPv6(first), takesIPv6(second) else { return false }
    return first.address.isUnspecified || second.address.isUnspecified || first.address.bits == second.address.bits
  }

  private static func rank(_ snapshot: Snapshot, _ row: Int) -> Int {
    switch snapshot.records[row].state {
    case .listen: 0
    case .boundInactive, .unconnected: 1
    case .timeWait: 4
    default: snapshot.owners(at: row).isEmpty ? 3 : 2
    }
  }
}
