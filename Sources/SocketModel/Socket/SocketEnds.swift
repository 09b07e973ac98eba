/// The protocol and the two ends of a socket: where it is in the kernel's tables of connections and
/// listeners.
///
/// No two connections of a network namespace have the same ends at the same time. Listeners may,
/// with `SO_REUSEPORT`.
package struct SocketEnds: Sendable, Hashable {
  /// The local address and port.
  package var localBits: UInt128
  package var localPort: UInt16
  /// The remote address and port.
  package var remoteBits: UInt128
  package var remotePort: UInt16
  package var transport: Transport
  package var family: AddressFamily

  /// The ends as seen by the socket at the other end, when that is on this machine.
  package var mirrored: SocketEnds {
    var other = self
    swap(&other.localBits, &other.remoteBits)
    swap(&other.localPort, &other.remotePort)
    return other
  }

  /// A hash of the ends. Two different pairs of ends almost never share one; `==` is exact.
  package var key: UInt64 {
    var hasher = Hasher()
    hasher.combine(UInt32(transport.rawValue) << 8 | UInt32(family.rawValue))
    hasher.combine(UInt32(localPort) << 16 | UInt32(remotePort))
    hasher.combine(localBits)
    hasher.combine(remoteBits)
    return UInt64(UInt(bitPattern: hasher.finalize()))
  }
}

extension SocketRecord {
  /// Protocol and ends.
  package var ends: SocketEnds {
    get {
      SocketEnds(
        localBits: localBits, localPort: localPort, remoteBits: remoteBits, remotePort: remotePort,
        transport: transport, family: family)
    }
    set {
      localBits = newValue.localBits
      localPort = newValue.localPort
      remoteBits = newValue.remoteBits
      remotePort = newValue.remotePort
      transport = newValue.transport
      family = newValue.family
    }
  }

  /// Whether both have the same protocol and ends.
  package func hasEnds(of other: SocketRecord) -> Bool {
    localPort == other.localPort && remotePort == other.remotePort && localBits == other.localBits
      && remoteBits == other.remoteBits && transport == other.transport && family == other.family
  }

  /// Whether both have the same protocol and remote end.
  package func hasPeer(of other: SocketRecord) -> Bool {
    remotePort == other.remotePort && remoteBits == other.remoteBits && transport == other.transport
      && family == other.family
  }

  /// Whether both ends are known: the kernel sets the port and the addresses a little after it
  /// changes the state.
  package var hasBothEnds: Bool { localPort != 0 && remotePort != 0 && remoteBits != 0 }

  /// Whether it is what the kernel keeps of a connection without a socket: TIME_WAIT, or FIN_WAIT2
  /// without a process.
  package var isRemainder: Bool { state == .timeWait || state == .finWait2 && inode == 0 && timer == .timeWait }

  /// Whether the local address never leaves the network namespace: 127.0.0.0/8, `::1`, or
  /// 127.0.0.0/8 mapped into IPv6.
  package var isLoopback: Bool {
    if family == .ipv4 { return localBits >> 24 == 127 }
    return localBits == 1 || localBits >> 24 == 0xFF_FF7F
  }
}
