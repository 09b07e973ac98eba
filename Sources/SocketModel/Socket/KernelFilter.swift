/// A condition on sockets that the kernel itself can test during a dump: a superset of what was
/// asked for.
///
/// Code that builds one must leave out what it cannot express in such a way that more sockets pass,
/// never fewer; the full condition is tested again on what comes back. The sock_diag source
/// compiles it to `INET_DIAG_REQ_BYTECODE`; other sources may ignore it.
public indirect enum KernelFilter: Sendable, Hashable {
  /// Every socket passes.
  case any
  /// No socket passes.
  case none
  /// All of the conditions hold.
  case all([KernelFilter])
  /// At least one of the conditions holds.
  case either([KernelFilter])
  /// The condition does not hold. Only valid around conditions that are exact.
  case not(KernelFilter)
  /// The local port is in the range.
  case localPort(ClosedRange<UInt16>)
  /// The remote port is in the range.
  case remotePort(ClosedRange<UInt16>)
  /// The local address is in the block. An IPv4 block also matches IPv4-mapped IPv6 addresses.
  case local(IPPrefix)
  /// The remote address is in the block. An IPv4 block also matches IPv4-mapped IPv6 addresses.
  case remote(IPPrefix)
  /// The socket is bound to the interface with the index.
  case interface(UInt32)
  /// The local port was chosen by the kernel, or no call of bind(2) holds it (no
  /// `SOCK_BINDPORT_LOCK`).
  case autobound
  /// `mark & mask == value`. Needs CAP_NET_ADMIN; without it the kernel refuses the dump.
  case mark(value: UInt32, mask: UInt32)
}
