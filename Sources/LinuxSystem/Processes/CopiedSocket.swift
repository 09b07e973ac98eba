import CLinux
import Glibc

/// What the kernel reports about a socket that another process has open, by a copy of its
/// descriptor (`pidfd_getfd(2)`, Linux 5.6) that is closed at once. Nothing is read from the socket
/// or written to it.
///
/// The copy needs the right to attach to the process (`PTRACE_MODE_ATTACH_REALCREDS`): root has it
/// for all, and other users for most of their own processes. Should the process close its
/// descriptor in that moment, the socket ends with the copy.
package struct CopiedSocket: Sendable, Hashable {
  /// The inode of its file, and the user that owns it.
  package let inode: UInt64
  package let uid: UInt32
  /// The corresponding C constants are `AF_` (`SO_DOMAIN`), `SOCK_` (`SO_TYPE`) and `IPPROTO_`
  /// (`SO_PROTOCOL`).
  package let family: Int32
  package let type: Int32
  package let protocolNumber: Int32
  /// The kernel's name of the protocol, such as `TCPv6`; see ``ProcessSockets/protocolName(at:)``.
  package let protocolName: String
  /// The kernel's own number of the socket (`SO_COOKIE`); `nil` before Linux 4.12.
  package let cookie: UInt64?
  /// The inode number of the network namespace of the socket, where that is not the one of the
  /// calling thread; `nil` also where it may not be asked for.
  package let foreignNamespace: UInt64?
  /// Whether its network namespace is that of the calling thread; `nil` where that is not known.
  package let isOfOwnNamespace: Bool?
  /// The two ends (`getsockname(2)`, `getpeername(2)`).
  package let local: SocketAddress?
  package let peer: SocketAddress?
  /// Whether `listen(2)` was called (`SO_ACCEPTCONN`).
  package let isListening: Bool
  /// The interface that it is bound to (`SO_BINDTOIFINDEX`, Linux 5.0); 0 for none, `nil` when that
  /// is not known.
  package let interface: UInt32?
  /// The kernel's number of a TCP socket's state; `nil` for other sockets.
  package let tcpState: UInt8?
  /// Whether a TCP socket has sent or received a segment; `nil` for other sockets.
  package let hasTraffic: Bool?
}

/// Copies the descriptors of one process.
package struct SocketCopier: ~Copyable {
  private let process: Descriptor
  /// The cookie of the calling thread's network namespace; `nil` before Linux 5.14.
  private let ownNamespace: UInt64?
  /// The corresponding C constants are `TCP_CLOSE` and `TCP_LISTEN`.
  private static let closed: UInt8 = 7
  private static let listening: UInt8 = 10

  /// Opens the process that has the number now, with `pidfd_open(2)`.
  package init(_ pid: Int32) throws(SystemError) {
    let number = sockinspect_pidfd_open(pid)
    guard number >= 0 else { throw SystemError("pidfd_open", "\(pid)") }
    process = Descriptor(owning: number)
    ownNamespace =
      (try? Descriptor.socket(SocketKind(family: AF_UNIX, type: Int32(SOCK_DGRAM.rawValue))))?.namespaceCookie ?? nil
  }

  /// Reads what is known about the socket that a descriptor refers to.
  ///
  /// - Parameter isWanted: asked for the address family, see ``CopiedSocket/family``; when it returns
  ///   false, nothing else is read.
  /// - Returns: `nil` for a socket that is not wanted.
  /// - Throws: `SystemError` of `pidfd_getfd`: EPERM when the process may not be attached to, EBADF
  ///   when the descriptor was closed; ENOTSOCK when it refers to something else by now.
  package func read(
    _ descriptor: Int32, where isWanted: (_ family: Int32) -> Bool
  ) throws(SystemError) -> CopiedSocket? {
    let number = sockinspect_pidfd_getfd(process.number, descriptor)
    guard number >= 0 else { throw SystemError("pidfd_getfd", "\(descriptor)") }
    let copy = Descriptor(owning: number)
    guard let family = copy.integer(option: 39) else { throw SystemError("getsockopt", "SO_DOMAIN") }
    guard isWanted(family) else { return nil }
    let status = try copy.status()
    let (isOwn, namespace) = copy.namespace(elsewhereThan: ownNamespace)
    let protocolNumber = copy.integer(option: 38) ?? 0
    let isTCP = (family == AF_INET || family == AF_INET6) && protocolNumber == Int32(IPPROTO_TCP)
    // What a TCP socket's number or state implies is not asked for: a process may leak thousands.
    let information = isTCP ? copy.tcpInformation : nil
    let tcpName = family == AF_INET6 ? "TCPv6" : "TCP"
    let type = isTCP ? Int32(SOCK_STREAM.rawValue) : copy.integer(option: Int32(SO_TYPE)) ?? 0
    return CopiedSocket(
      inode: status.inode, uid: status.uid, family: family, type: type, protocolNumber: protocolNumber,
      protocolName: isTCP ? tcpName : copy.protocolName ?? "", cookie: socketCookie(of: copy.number),
      foreignNamespace: namespace, isOfOwnNamespace: isOwn, local: localSocketAddress(of: copy.number),
      peer: information?.state == Self.closed ? nil : peerSocketAddress(of: copy.number),
      isListening: information.map { $0.state == Self.listening } ?? (copy.integer(option: Int32(SO_ACCEPTCONN)) == 1),
      interface: copy.integer(option: 62).map { UInt32(bitPattern: $0) },
      tcpState: information?.state, hasTraffic: information?.hasTraffic)
  }

  /// Reads the options of the socket that a descriptor refers to that decide about its port.
  ///
  /// - Returns: `nil` when the descriptor refers to another socket by now.
  /// - Throws: `SystemError` as ``read(_:where:)``.
  package func bindOptions(_ descriptor: Int32, ofInode inode: UInt64) throws(SystemError) -> BoundOptions? {
    let number = sockinspect_pidfd_getfd(process.number, descriptor)
    guard number >= 0 else { throw SystemError("pidfd_getfd", "\(descriptor)") }
    let copy = Descriptor(owning: number)
    guard try copy.status().inode == inode else { return nil }
    guard let reusesAddress = copy.integer(option: SO_REUSEADDR), let reusesPort = copy.integer(option: SO_REUSEPORT)
    else { throw SystemError("getsockopt", "SO_REUSEADDR") }
    let only = copy.integer(option: 39) == AF_INET6 ? copy.integer(.ipv6Only) : nil
    return BoundOptions(
      reusesAddress: reusesAddress != 0, reusesPort: reusesPort != 0, isIPv6Only: only.map { $0 != 0 })
  }
}

/// The options of a socket that decide whether another one can have its port.
package struct BoundOptions: Sendable, Hashable {
  /// The values of `SO_REUSEADDR` and `SO_REUSEPORT`.
  package let reusesAddress: Bool
  package let reusesPort: Bool
  /// The value of `IPV6_V6ONLY`; `nil` for an IPv4 socket.
  package let isIPv6Only: Bool?
}

extension Descriptor {
  /// An option whose value is an `int`; `nil` when the socket does not have it.
  fileprivate func integer(_ option: SocketOption) -> Int32? {
    var value: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    return unsafe getsockopt(number, option.level, option.name, &value, &size) == 0 ? value : nil
  }

  /// An option of the level `SOL_SOCKET` whose value is an `int`: 38 is `SO_PROTOCOL`, 39
  /// `SO_DOMAIN`, 62 `SO_BINDTOIFINDEX`.
  fileprivate func integer(option: Int32) -> Int32? {
    var value: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    return unsafe getsockopt(number, SOL_SOCKET, option, &value, &size) == 0 ? value : nil
  }

  fileprivate var protocolName: String? {
    var buffer: InlineArray<64, UInt8> = .init(repeating: 0)
    let count = unsafe withUnsafeMutableBytes(of: &buffer) { (bytes) -> Int in
      unsafe Int(sockinspect_getxattr(nil, number, "system.sockprotoname", bytes.baseAddress, bytes.count))
    }
    guard count >= 0 else { return nil }
    var name: [UInt8] = []
    for index in 0..<min(count, 64) where buffer[index] != 0 { name.append(buffer[index]) }
    return String(decoding: name, as: UTF8.self)
  }

  /// The cookie of the socket's network namespace (`SO_NETNS_COOKIE`, Linux 5.14).
  fileprivate var namespaceCookie: UInt64? {
    var cookie: UInt64 = 0
    var size = socklen_t(MemoryLayout<UInt64>.size)
    return unsafe getsockopt(number, SOL_SOCKET, 71, &cookie, &size) == 0 ? cookie : nil
  }

  /// Whether the socket's network namespace is that of the calling thread, and the inode number of
  /// any other. Comparing cookies costs one call and needs no privilege;
  /// `SIOCGSKNS` opens the namespace, and needs CAP_NET_ADMIN in it.
  fileprivate func namespace(elsewhereThan own: UInt64?) -> (isOwn: Bool?, inode: UInt64?) {
    if let own, namespaceCookie == own { return (true, nil) }
    let found = sockinspect_socket_namespace(number)
    if found >= 0, let inode = try? Descriptor(owning: found).status().inode {
      if own != nil { return (false, inode) }
      let here = (try? Descriptor.open("/proc/thread-self/ns/net", for: .reading).status())?.inode
      return (here.map { $0 == inode }, here == inode ? nil : inode)
    }
    return (own == nil ? nil : false, nil)
  }

  /// The first bytes of `struct tcp_info`: the state, and whether it counts segments
  /// (`tcpi_segs_out` and `tcpi_segs_in`, Linux 4.2, at 136 and 140).
  fileprivate var tcpInformation: (state: UInt8, hasTraffic: Bool)? {
    var bytes: InlineArray<144, UInt8> = .init(repeating: 0)
    var size = socklen_t(144)
    guard unsafe getsockopt(number, Int32(IPPROTO_TCP), TCP_INFO, &bytes, &size) == 0, size > 0 else { return nil }
    var hasTraffic = false
    for index in 136..<144 where bytes[index] != 0 { hasTraffic = true }
    return (bytes[0], hasTraffic)
  }
}
