package import SocketModel

extension SocketRecord {
  /// A number for protocol and both ends. Two different sockets almost never share one;
  /// ``hasEnds(of:)`` is exact.
  var endsKey: UInt64 { Self.key(transport, family, localBits, localPort, remoteBits, remotePort) }

  /// The key of the socket at the other end, when that is on this machine.
  var mirrorKey: UInt64 { Self.key(transport, family, remoteBits, remotePort, localBits, localPort) }

  private static func key(
    _ transport: Transport, _ family: AddressFamily, _ localBits: UInt128, _ localPort: UInt16, _ remoteBits: UInt128,
    _ remotePort: UInt16
  ) -> UInt64 {
    var hasher = Hasher()
    hasher.combine(UInt32(transport.rawValue) << 8 | UInt32(family.rawValue))
    hasher.combine(UInt32(localPort) << 16 | UInt32(remotePort))
    hasher.combine(localBits)
    hasher.combine(remoteBits)
    return UInt64(UInt(bitPattern: hasher.finalize()))
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

  /// Whether the other has the ends of this one, the other way round.
  func isMirror(of other: SocketRecord) -> Bool {
    localPort == other.remotePort && remotePort == other.localPort && localBits == other.remoteBits
      && remoteBits == other.localBits && transport == other.transport && family == other.family
  }

  /// The cookie; 0 when it is not known.
  var knownCookie: UInt64 { known.contains(.cookie) ? cookie : 0 }

  /// Whether both ends are known: the kernel chooses a port and takes over addresses a little after
  /// it changes the state.
  var hasBothEnds: Bool { localPort != 0 && remotePort != 0 && remoteBits != 0 }

  /// Whether it is what the kernel keeps of a connection that has no socket any more: TIME_WAIT, or FIN_WAIT2 without a process.
  var isRemainder: Bool { state == .timeWait || state == .finWait2 && inode == 0 && timer == .timeWait }

  /// Whether the local address is one that never leaves the network namespace: 127.0.0.0/8, `::1`, or 127.0.0.0/8 mapped into IPv6.
  package var isLoopback: Bool {
    if family == .ipv4 { return localBits >> 24 == 127 }
    return localBits == 1 || localBits >> 24 == 0xFF_FF7F
  }
}
