package import SocketModel

/// Whether a socket can be bound, why not, and what would help: facts from a snapshot, settings and
/// addresses, without any wording.
package struct BindAnswer: Sendable {
  /// Why the kernel would refuse, in words of its errors.
  package enum Reason: Sendable, Hashable {
    /// The address is none of the host's (EADDRNOTAVAIL).
    case noSuchAddress
    /// The port is below the first that everybody may bind to (EACCES).
    case notPermitted(first: UInt16)
    /// A link-local address without its interface (EINVAL).
    case noInterface
    /// A TCP socket and the address of an IPv6 group (EINVAL).
    case multicast
    /// An IPv4 address mapped into IPv6, for a socket that takes IPv6 only (EINVAL).
    case mappedOnIPv6Only
    /// Sockets have the port (EADDRINUSE).
    case taken

    /// The name of the error that `bind(2)` fails with.
    package var errorName: String {
      switch self {
      case .noSuchAddress: "EADDRNOTAVAIL"
      case .notPermitted: "EACCES"
      case .noInterface, .multicast, .mappedOnIPv6Only: "EINVAL"
      case .taken: "EADDRINUSE"
      }
    }
  }

  /// What was not seen and decides.
  package enum Doubt: Sendable, Hashable {
    /// The options of sockets, by row: another user's, or of a connection that no process has.
    case options(rows: [Int])
    /// Which of several sockets was bound last, and how full the kernel's table is.
    case order
    /// A table that could not be read, or not whole.
    case tables
    /// TCP sockets that are bound and neither listen nor are connected, which the source lacks.
    case idleSockets
    /// The addresses of the namespace.
    case addresses
    /// The first port that everybody may bind to.
    case firstPort
  }

  package enum Verdict: Sendable, Hashable {
    case can
    case cannot(Reason)
    case unknown([Doubt])
  }

  /// How the port stands to those that the kernel gives to outgoing connections.
  package enum Ephemeral: Sendable, Hashable {
    /// It is one of them. The list of reserved ports with this one added, as sysctl takes it, is
    /// known when the list is.
    case inside(ClosedRange<UInt16>, reserving: String?)
    case outside
    case reserved
    case unknown
  }

  /// The settings that the answer to a request needs.
  package static func settings(for request: BindRequest) -> [Sysctl] {
    var settings: [Sysctl] = [.ephemeralPorts, .reservedPorts]
    if !request.mayBindAnyPort { settings.append(.firstUnprivilegedPort) }
    guard request.needsAddress else { return settings }
    return settings + [request.local.address.embeddedIPv4 == nil ? .bindsForeignIPv6 : .bindsForeignIPv4]
  }

  package let request: BindRequest
  package let table: BindTable
  /// The verdict for the options that were asked for.
  package let verdict: Verdict
  package let ephemeral: Ephemeral
  private let snapshot: Snapshot
  /// Why no options help; `nil` when it depends on the other sockets.
  private let refusal: Reason?
  private let doubts: [Doubt]

  /// Finds the answer.
  ///
  /// - Parameters:
  ///   - snapshot: all sockets of TCP or of UDP with the port, from one namespace.
  ///   - settings: those of the namespace; see ``settings(for:)``.
  ///   - addresses: those of the namespace, of the request's family.
  ///   - options: the options of sockets, by row, as far as they are known.
  package init(
    _ request: BindRequest, in snapshot: Snapshot, settings: SystemSettings, addresses: LocalAddresses,
    options: [Int: BindOptions]
  ) {
    self.request = request
    self.snapshot = snapshot
    table = BindTable(request, in: snapshot, options: options)
    var doubts: [Doubt] = []
    refusal = Self.checks(request, settings, addresses, &doubts)
    doubts += Self.tableDoubts(request, snapshot)
    self.doubts = doubts
    ephemeral = Self.ephemeral(request.local.port, settings)
    verdict = Self.verdict(request.reuse, table, refusal, doubts)
  }

  /// The outcome with other options.
  package func outcome(_ reuse: ReuseOptions) -> BindOutcome {
    switch Self.verdict(reuse, table, refusal, doubts) {
    case .can: .possible
    case .cannot: .impossible
    case .unknown: .unknown
    }
  }

  private static func verdict(_ reuse: ReuseOptions, _ table: BindTable, _ refusal: Reason?, _ doubts: [Doubt])
    -> Verdict
  {
    if let refusal { return .cannot(refusal) }
    switch table.outcome(reuse) {
    case .impossible: return .cannot(.taken)
    case .possible: return doubts.isEmpty ? .can : .unknown(doubts)
    case .unknown:
      let unasked = table.inTheWay(reuse).filter { $0.options == nil }.map(\.row)
      return .unknown(doubts + (unasked.isEmpty ? [.order] : [.options(rows: unasked)]))
    }
  }

  // MARK: What would help

  /// The smallest sets of options, with those that were asked for, with which it can be bound.
  package var helpful: [ReuseOptions] { smallest(.possible) }

  /// The smallest sets of options that may help: whether they do was not seen.
  package var perhapsHelpful: [ReuseOptions] { helpful.isEmpty ? smallest(.unknown) : [] }

  private func smallest(_ outcome: BindOutcome) -> [ReuseOptions] {
    let sets = ReuseOptions.combinations.filter {
      $0.isSuperset(of: request.reuse) && $0 != request.reuse && self.outcome($0) == outcome
    }
    return sets.filter { set in !sets.contains { $0 != set && $0.isSubset(of: set) } }
  }

  /// The milliseconds until the port is free by itself: when all that is or may be in the way is
  /// left of connections that have ended. `nil` when anything else is, or nothing.
  package var freeAfterMilliseconds: UInt32? {
    let rows = table.inTheWay(request.reuse).map { snapshot.records[$0.row] }
    guard refusal == nil, !rows.isEmpty,
      rows.allSatisfy({ $0.isRemainder && $0.timer == .timeWait && $0.known.contains(.timer) })
    else { return nil }
    return rows.map(\.timerMilliseconds).max()
  }

  // MARK: Address and permission

  /// The refusals that do not depend on other sockets, in the kernel's order (`inet_bind`,
  /// `inet6_bind`).
  private static func checks(
    _ request: BindRequest, _ settings: SystemSettings, _ addresses: LocalAddresses, _ doubts: inout [Doubt]
  ) -> Reason? {
    let isIPv4 = request.local.address.isIPv4
    if !isIPv4 {
      if request.isMulticast, request.transport != .udp, request.local.address.embeddedIPv4 == nil { return .multicast }
      if let refusal = permission(request, settings, &doubts) { return refusal }
      if request.isIPv6Only, request.local.address.embeddedIPv4 != nil { return .mappedOnIPv6Only }
      if request.isLinkLocal, request.scope == 0 { return .noInterface }
    }
    switch hasAddress(request, settings, addresses) {
    case false: return .noSuchAddress
    case nil: doubts.append(.addresses)
    default: break
    }
    return isIPv4 ? permission(request, settings, &doubts) : nil
  }

  private static func permission(_ request: BindRequest, _ settings: SystemSettings, _ doubts: inout [Doubt]) -> Reason?
  {
    if request.mayBindAnyPort { return nil }
    guard let first = settings[.firstUnprivilegedPort] else {
      // The kernel's own value is 1024; where it was not read, ports above are hardly ever refused.
      if request.local.port < 1024 { doubts.append(.firstPort) }
      return nil
    }
    return Int64(request.local.port) < first ? .notPermitted(first: UInt16(clamping: first)) : nil
  }

  /// Whether the kernel takes the address; `nil` when that is not known.
  private static func hasAddress(_ request: BindRequest, _ settings: SystemSettings, _ addresses: LocalAddresses)
    -> Bool?
  {
    let address = request.local.address
    guard request.needsAddress else { return true }
    if let inner = address.embeddedIPv4 {
      if settings[.bindsForeignIPv4] == 1 { return true }
      let plain = IPAddress(ipv4: inner)
      return addresses.ipv4?.contains { $0.contains(plain) } ?? (address.isLoopback ? true : nil)
    }
    if settings[.bindsForeignIPv6] == 1 { return true }
    guard let known = addresses.ipv6 else { return address.isLoopback ? true : nil }
    guard let interfaces = known[address] else { return false }
    return request.scope == 0 || interfaces.contains(request.scope)
  }

  private static func tableDoubts(_ request: BindRequest, _ snapshot: Snapshot) -> [Doubt] {
    if snapshot.mayLackSockets(of: request.transport == .udp ? [.udp] : [.tcp, .mptcp]) { return [.tables] }
    guard request.transport != .udp else { return [] }
    return snapshot.fromTables.contains(request.transport) || !snapshot.dumpsHaveIdleSockets ? [.idleSockets] : []
  }

  private static func ephemeral(_ port: UInt16, _ settings: SystemSettings) -> Ephemeral {
    guard let range = settings.ephemeralPorts else { return .unknown }
    guard range.contains(port) else { return .outside }
    if settings.reservedPorts?.contains(where: { $0.contains(port) }) ?? false { return .reserved }
    return .inside(range, reserving: settings.reservedList(with: port))
  }
}

extension Snapshot {
  /// Whether a dump of TCP sockets has those that are bound and idle, as from Linux 6.8 on; also
  /// where the release is not known.
  var dumpsHaveIdleSockets: Bool {
    if records.contains(where: { $0.state == .boundInactive }) { return true }
    return meta.isKernel(atLeast: 6, 8) ?? true
  }
}
