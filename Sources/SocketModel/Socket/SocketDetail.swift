/// What sock_diag reports about a socket beyond ``SocketRecord``, on request. Every part can be
/// missing.
public struct SocketDetail: Sendable, Hashable {
  /// The socket's mark (`SO_MARK`). Reported only to holders of CAP_NET_ADMIN.
  public var mark: UInt32?
  /// Memory accounting, the kernel's `SK_MEMINFO_` array.
  public var memory: SocketMemory?
  /// The name of the congestion control algorithm, such as `cubic`.
  public var congestion: String?
  /// The type of service byte (`IP_TOS`).
  public var typeOfService: UInt8?
  /// The traffic class byte (`IPV6_TCLASS`).
  public var trafficClass: UInt8?
  /// The multicast groups that a netlink socket has joined, in ascending order.
  public var netlinkGroups: [UInt32]?
  /// What is known about Multipath TCP; `nil` for a socket that has nothing to do with it.
  public var mptcp: MPTCPDetail?
  /// The kernel's name of the protocol (`struct proto`), such as `ALG`, of a socket whose transport
  /// is ``Transport/other``.
  public var protocolName: String?
  /// The figures of `tcp_info`.
  public var tcp: TCPMetrics?

  /// Makes a detail in which nothing is known.
  public init() {}
}

/// The memory accounting of one socket, in bytes (`SK_MEMINFO_VARS`,
/// `include/uapi/linux/sock_diag.h`).
public struct SocketMemory: Sendable, Hashable {
  /// The corresponding C constant is `SK_MEMINFO_RMEM_ALLOC`.
  public var receiveAllocated: UInt32 = 0
  /// The corresponding C constant is `SK_MEMINFO_RCVBUF`.
  public var receiveLimit: UInt32 = 0
  /// The corresponding C constant is `SK_MEMINFO_WMEM_ALLOC`.
  public var sendAllocated: UInt32 = 0
  /// The corresponding C constant is `SK_MEMINFO_SNDBUF`.
  public var sendLimit: UInt32 = 0
  /// The corresponding C constant is `SK_MEMINFO_FWD_ALLOC`.
  public var forwardAllocated: UInt32 = 0
  /// The corresponding C constant is `SK_MEMINFO_WMEM_QUEUED`.
  public var sendQueued: UInt32 = 0
  /// The corresponding C constant is `SK_MEMINFO_OPTMEM`.
  public var optionMemory: UInt32 = 0
  /// The corresponding C constant is `SK_MEMINFO_BACKLOG`; `nil` before Linux 2.6.34.
  public var backlog: UInt32?

  /// Makes an accounting with all figures 0.
  public init() {}
}
