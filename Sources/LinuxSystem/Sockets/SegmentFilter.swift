import Glibc

extension Descriptor {
  /// Which incoming segments a TCP socket accepts.
  package enum SegmentFilter: Sendable, Hashable {
    /// Drops all of them, like a lossy network; their sender sends them again.
    case none
    /// For a listener: answers a SYN, but ignores the handshake's last acknowledgement.
    case onlySYN
  }

  /// Makes a TCP socket ignore incoming segments. It needs no privilege, unlike `SO_ATTACH_FILTER`
  /// on newer kernels.
  ///
  /// Segments with a time to live below 255 are dropped (`IP_MINTTL`, `IPV6_MINHOPCOUNT`;
  /// net/ipv4/tcp_ipv4.c, `tcp_v4_rcv`); senders begin with 64 unless the system is configured
  /// otherwise (`IP_TTL`). The end of a handshake is exempt from that check, but with
  /// `TCP_DEFER_ACCEPT` an acknowledgement without data is ignored there (net/ipv4/tcp_minisocks.c,
  /// `tcp_check_req`).
  package func admit(_ filter: SegmentFilter) throws(SystemError) {
    switch filter {
    case .none: try setLeastTimeToLive(255)
    case .onlySYN:
      // The kernel converts the seconds to a number of SYN-ACKs, at most 255.
      try set(.deferAccept, to: 1_000_000)
      try setLeastTimeToLive(0)
    }
  }

  /// Undoes ``admit(_:)``.
  package func admitAll() throws(SystemError) {
    try setLeastTimeToLive(0)
    try set(.deferAccept, to: 0)
  }

  private func setLeastTimeToLive(_ value: Int32) throws(SystemError) {
    if try localAddress().family == AF_INET6 {
      // The corresponding C constant is IPV6_MINHOPCOUNT.
      try set(SocketOption(level: Int32(IPPROTO_IPV6), name: 73), to: value)
    }
    // On an IPv6 socket it applies to IPv4-mapped addresses. The corresponding C constant is
    // IP_MINTTL.
    try set(SocketOption(level: Int32(IPPROTO_IP), name: 21), to: value)
  }
}
