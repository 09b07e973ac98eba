package import SocketModel

/// The kernel's rules for sockets that want the same port, applied to the sockets of a snapshot.
///
/// They are those of `inet_csk_get_port` and `inet_csk_bind_conflict`
/// (`net/ipv4/inet_connection_sock.c`) for TCP, and of `udp_lib_get_port` and `udp_lib_lport_inuse`
/// (`net/ipv4/udp.c`) for UDP.
///
/// The kernel remembers who bound a TCP port last with `SO_REUSEPORT`, and lets that user bind it
/// again there without a look at the other sockets (`sk_reuseport_match`). Nothing shows what it
/// remembers, so where that may decide, the outcome is not known. Not seen either are the options
/// of a socket at the time of its `bind(2)` when it changed them later.
package struct BindTable: Sendable {
  /// A socket that has the port, at an address that the new one wants too, or may want.
  package struct Holder: Sendable, Hashable {
    /// Its row in the snapshot.
    package let row: Int
    /// Whether both want packets to the same address; `nil` where that depends on an option of the
    /// holder that is not known.
    package let meets: Bool?
    /// Its options; `nil` where they are not known.
    package let options: BindOptions?
    let isListening: Bool
    /// Whether no socket is left, only its entry: TIME_WAIT, or FIN_WAIT2 without a process.
    let isRemainder: Bool
    /// Its user; `nil` where that is not known.
    let uid: UInt32?
    /// Whether it takes every address of its family.
    let isUnspecified: Bool
    /// Whether it was bound and has not been connected since.
    let isBound: Bool
    /// Whether it takes IPv6 only; `nil` where that is not known.
    let isIPv6Only: Bool?
  }

  package let request: BindRequest
  /// The sockets that count, in the order of the snapshot.
  package let holders: [Holder]
  /// All sockets with the port, at whatever address.
  private let neighbours: [(record: SocketRecord, holder: Holder)]
  /// Whether UDP has so many sockets with the port that the kernel looks for others by address
  /// only.
  private let isCrowded: Bool

  /// How many UDP sockets a slot of the kernel's table may have before it searches by address
  /// (`udp_lib_get_port`).
  private static let crowd = 10

  /// Finds the sockets that count.
  ///
  /// - Parameters:
  ///   - snapshot: all sockets with the port, of the namespace.
  ///   - options: the options of sockets by their rows, as far as they are known.
  package init(_ request: BindRequest, in snapshot: Snapshot, options: [Int: BindOptions] = [:]) {
    self.request = request
    var holders: [Holder] = []
    var neighbours: [(record: SocketRecord, holder: Holder)] = []
    for (row, record) in snapshot.records.enumerated() {
      guard record.transport == request.transport, record.localPort == request.local.port else { continue }
      // A handshake in progress holds no port: its listener does. Nor does a socket in no table.
      guard record.state != .synRecv, record.state != .unhashed else { continue }
      let options = options[row]
      let reported = record.known.contains(.ipv6Only) ? record.flags.contains(.ipv6Only) : nil
      let isIPv6Only = reported ?? options?.isIPv6Only
      var meets = Self.meets(
        request.local.address, isIPv6Only: request.isIPv6Only, record, isIPv6Only: isIPv6Only)
      if meets == true { meets = Self.shareInterface(request, record) }
      let holder = Holder(row, meets, record, options, isIPv6Only: isIPv6Only)
      neighbours.append((record, holder))
      holders.append(holder)
    }
    self.holders = holders.filter { $0.meets != false }
    self.neighbours = neighbours
    isCrowded = request.transport == .udp && neighbours.count > Self.crowd
  }

  /// What the rules say for these options of the new socket.
  package func outcome(_ reuse: ReuseOptions) -> BindOutcome {
    let conflicts = holders.map { isInTheWay($0, reuse) }
    if conflicts.contains(true) {
      return dependsOnOrder(conflicts, reuse) || dependsOnMemory(reuse) ? .unknown : .impossible
    }
    return conflicts.contains(nil) ? .unknown : .possible
  }

  /// The holders that are in the way with these options, or may be.
  package func inTheWay(_ reuse: ReuseOptions) -> [Holder] { holders.filter { isInTheWay($0, reuse) != false } }

  /// The rows whose options are not known and could change what is known for a set of options.
  package var rowsToAsk: [Int] {
    let open = ReuseOptions.combinations.filter { outcome($0) == .unknown }
    let mayShare = open.contains { $0.contains(.port) }
    return neighbours.compactMap { record, holder in
      guard holder.options == nil else { return nil }
      let decides = open.contains { isInTheWay(holder, $0) == nil } || mayShare && mayBeRemembered(record, holder)
      return decides ? holder.row : nil
    }
  }

  /// Whether the port would be free of TCP or UDP sockets, whatever options they have.
  package var isUnused: Bool { holders.isEmpty }

  // MARK: One holder

  /// Whether a holder keeps the new socket out (`inet_bind_conflict`); `nil` where it is not known.
  private func isInTheWay(_ holder: Holder, _ reuse: ReuseOptions) -> Bool? {
    let isUDP = request.transport == .udp
    // SO_REUSEADDR at both, as long as a TCP holder does not listen.
    let byAddress: Bool? =
      reuse.contains(.address) && (isUDP || !holder.isListening)
      ? holder.options?.reuse.contains(.address) : false
    return both(holder.meets, not(either(byAddress, sharesByPort(holder, reuse))))
  }

  /// Whether both have SO_REUSEPORT, and the same user; what is left of a connection has none.
  private func sharesByPort(_ holder: Holder, _ reuse: ReuseOptions) -> Bool? {
    guard reuse.contains(.port) else { return false }
    let isOfUser = request.transport != .udp && holder.isRemainder ? true : holder.uid.map { $0 == request.uid }
    return both(holder.options?.reuse.contains(.port), isOfUser)
  }

  /// Whether the outcome depends on which of the holders was bound last: the kernel stops at the
  /// first UDP socket that shares its port, and looks at no others.
  private func dependsOnOrder(_ conflicts: [Bool?], _ reuse: ReuseOptions) -> Bool {
    guard request.transport == .udp else { return false }
    if holders.contains(where: { $0.meets != false && sharesByPort($0, reuse) != false }) { return true }
    // In a crowded slot the kernel may find only sockets with an unspecified address.
    guard isCrowded, request.local.address.isUnspecified || request.local.address.embeddedIPv4 == 0 else {
      return false
    }
    return !zip(holders, conflicts).contains { $0.isUnspecified && $1 == true }
  }

  // MARK: What the kernel remembers

  /// Whether the kernel may let the user bind because of an earlier `bind(2)` with SO_REUSEPORT,
  /// although sockets are in the way.
  private func dependsOnMemory(_ reuse: ReuseOptions) -> Bool {
    reuse.contains(.port) && neighbours.contains { mayBeRemembered($0.record, $0.holder) }
  }

  /// Whether the kernel may remember the user from the `bind(2)` of a socket, or of the listener that
  /// left a connection.
  private func mayBeRemembered(_ record: SocketRecord, _ holder: Holder) -> Bool {
    guard request.transport != .udp, holder.options?.reuse.contains(.port) != false else { return false }
    if holder.isBound { return holder.uid.map { $0 == request.uid } ?? true && remembersAddress(record, holder) }
    // A listener that is still there speaks for its connections.
    return !isAccepted(record)
  }

  /// Whether a listener takes connections to the local address of a connection.
  private func isAccepted(_ record: SocketRecord) -> Bool {
    neighbours.contains { $0.holder.isListening && Self.covers($0.record, record) }
  }

  /// Whether an address that was bound includes that of the request, as the kernel compares them in
  /// `sk_reuseport_match`: of an IPv4 socket only with what is IPv4 in the other.
  private func remembersAddress(_ record: SocketRecord, _ holder: Holder) -> Bool {
    guard let held = record.local?.address else { return false }
    let wanted = request.local.address
    let wanted4 = wanted.embeddedIPv4 ?? (wanted.isUnspecified && !request.isIPv6Only ? 0 : nil)
    if held.isIPv4 { return wanted4.map { held.bits == 0 || held.bits == UInt128($0) } ?? false }
    if let held4 = held.embeddedIPv4 { return wanted.embeddedIPv4.map { held4 == 0 || held4 == $0 } ?? false }
    if held.isUnspecified { return wanted.embeddedIPv4 == nil || holder.isIPv6Only != true }
    return !wanted.isIPv4 && held.bits == wanted.bits
  }

  /// Whether a listener takes connections to the local address of another socket.
  private static func covers(_ listener: SocketRecord, _ other: SocketRecord) -> Bool {
    guard let first = listener.local?.address, let second = other.local?.address else { return false }
    if let inner = first.embeddedIPv4 { return second.embeddedIPv4.map { inner == 0 || inner == $0 } ?? false }
    return first.isUnspecified || first.bits == second.bits
  }

  // MARK: Addresses

  /// Whether a new socket and another of its transport and port want packets to the same address
  /// (`inet_rcv_saddr_equal`); `nil` where that depends on whether the other takes IPv6 only.
  static func meets(
    _ wanted: IPAddress, isIPv6Only wantsOnly: Bool, _ record: SocketRecord, isIPv6Only heldOnly: Bool?
  ) -> Bool? {
    guard let held = record.local?.address else { return false }
    if PortHolders.overlap((wanted, isOnly: wantsOnly), (held, isOnly: true)) { return true }
    if PortHolders.overlap((wanted, isOnly: wantsOnly), (held, isOnly: false)) { return heldOnly.map { !$0 } }
    // The kernel also keeps an IPv4 address of every IPv6 socket: 127.0.0.6 (LOOPBACK4_IPV6). It
    // counts for one that was not bound to its address but connected, or accepted.
    guard wanted.isIPv4, held.embeddedIPv4 == nil else { return false }
    let shadow: UInt128 = 0x7F00_0006
    return wanted.bits == 0 || record.transport == .udp && wanted.bits == shadow ? heldOnly.map { !$0 } : false
  }

  /// Whether both would be bound to the same interface, or one of them to none. A request without a
  /// scope is bound to none.
  private static func shareInterface(_ request: BindRequest, _ record: SocketRecord) -> Bool? {
    guard request.scope != 0 else { return true }
    guard record.known.contains(.interface) else { return nil }
    return record.interface == 0 || record.interface == request.scope
  }
}

extension BindTable.Holder {
  fileprivate init(
    _ row: Int, _ meets: Bool?, _ record: SocketRecord, _ options: BindOptions?, isIPv6Only: Bool?
  ) {
    self.row = row
    self.meets = meets
    self.options = options
    isListening = record.state == .listen
    isBound = record.state == .listen || record.state == .boundInactive
    self.isIPv6Only = isIPv6Only
    isRemainder = record.isRemainder
    uid = record.known.contains(.uid) ? record.uid : nil
    isUnspecified = record.localBits == 0 || record.localBits == 0xFFFF << 32
  }
}

// Three-valued logic: `nil` is "not known".
private func not(_ value: Bool?) -> Bool? { value.map { !$0 } }
private func both(_ first: Bool?, _ second: Bool?) -> Bool? {
  if first == false || second == false { return false }
  return first == nil || second == nil ? nil : true
}
private func either(_ first: Bool?, _ second: Bool?) -> Bool? { not(both(not(first), not(second))) }
