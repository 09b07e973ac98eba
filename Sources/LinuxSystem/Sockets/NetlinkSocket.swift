import CLinux
import Glibc

/// A netlink socket that is bound to a port id that the kernel chose (`netlink(7)`).
package struct NetlinkSocket: ~Copyable, Sendable {
  private let descriptor: Descriptor
  /// The protocol of ``sockDiag(timeout:groups:)``; the corresponding C constant is
  /// `NETLINK_SOCK_DIAG`.
  package static let sockDiagProtocol: UInt16 = 4
  /// The port id, which is in the kernel's answers.
  package let port: UInt32

  /// The result of ``receive(into:)``.
  package struct Datagram: Sendable, Hashable {
    /// How many bytes of the buffer were filled.
    package let count: Int
    /// The port id of the sender; 0 is the kernel.
    package let sender: UInt32
    /// Whether the datagram was longer than the buffer (`MSG_TRUNC`): the rest is lost.
    package let isTruncated: Bool

    package init(count: Int, sender: UInt32, isTruncated: Bool) {
      self.count = count
      self.sender = sender
      self.isTruncated = isTruncated
    }
  }

  /// Opens a socket for `NETLINK_SOCK_DIAG`, in the network namespace of the calling thread.
  ///
  /// - Parameters:
  ///   - timeout: after how many seconds without a datagram ``receive(into:)`` fails with EAGAIN.
  ///   - groups: the multicast groups to join, one bit each; the lowest is group 1.
  package static func sockDiag(timeout: Int = 10, groups: UInt32 = 0) throws(SystemError) -> NetlinkSocket {
    try open(sockDiagProtocol, timeout: timeout, groups: groups)
  }

  /// Opens a socket for `NETLINK_ROUTE`, in the network namespace of the calling thread.
  package static func route() throws(SystemError) -> NetlinkSocket { try open(0, timeout: 10, groups: 0) }

  /// Opens a socket for `NETLINK_GENERIC`, in the network namespace of the calling thread.
  package static func generic() throws(SystemError) -> NetlinkSocket { try open(16, timeout: 10, groups: 0) }

  /// Opens a socket for `NETLINK_NETFILTER`, in the network namespace of the calling thread.
  package static func netfilter() throws(SystemError) -> NetlinkSocket { try open(12, timeout: 10, groups: 0) }

  private static func open(
    _ protocolNumber: UInt16, timeout: Int, groups: UInt32
  ) throws(SystemError) -> NetlinkSocket {
    let number = socket(
      AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), Int32(protocolNumber))
    guard number >= 0 else { throw SystemError("socket", "AF_NETLINK") }
    let descriptor = Descriptor(owning: number)
    var limit = timeval(tv_sec: timeout, tv_usec: 0)
    let result = unsafe setsockopt(
      number, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    guard result == 0 else { throw SystemError("setsockopt", "SO_RCVTIMEO") }
    guard sockinspect_netlink_bind(number, groups) == 0 else { throw SystemError("bind", "AF_NETLINK") }
    var port: UInt32 = 0
    guard unsafe sockinspect_netlink_port(number, &port) == 0 else { throw SystemError("getsockname", "AF_NETLINK") }
    return NetlinkSocket(descriptor: descriptor, port: port)
  }

  private init(descriptor: consuming Descriptor, port: UInt32) {
    self.descriptor = descriptor
    self.port = port
  }

  /// Sends one datagram to the kernel.
  package func send(_ bytes: Span<UInt8>) throws(SystemError) {
    let count = unsafe bytes.withUnsafeBytes { (raw) -> Int in
      retryingInterrupts { unsafe Glibc.send(descriptor.number, raw.baseAddress, raw.count, 0) }
    }
    guard count == bytes.count else { throw SystemError("send", "AF_NETLINK", code: count < 0 ? errno : EMSGSIZE) }
  }

  /// The number of the descriptor, to wait on. It is valid as long as the socket exists.
  package var number: Int32 { descriptor.number }

  /// Enlarges the buffer for datagrams that have not been received yet: `SO_RCVBUFFORCE`, or as
  /// much as the machine allows with `SO_RCVBUF`.
  package func setReceiveBuffer(bytes: Int32) throws(SystemError) {
    do throws(SystemError) {
      try descriptor.set(SocketOption(level: SOL_SOCKET, name: 33), to: bytes)  // SO_RCVBUFFORCE
    } catch {
      guard error.isForbidden else { throw error }
      try descriptor.set(.receiveBuffer, to: bytes)
    }
  }

  /// How many datagrams the kernel dropped because there was no room: `SK_MEMINFO_DROPS` of
  /// `SO_MEMINFO`, since Linux 4.12; `nil` before.
  package var drops: UInt32? {
    var values: InlineArray<9, UInt32> = .init(repeating: 0)
    var size = socklen_t(MemoryLayout<InlineArray<9, UInt32>>.size)
    guard unsafe getsockopt(descriptor.number, SOL_SOCKET, 55, &values, &size) == 0, size == 36 else { return nil }
    return values[8]
  }

  /// Receives one datagram if one has arrived; `nil` when none has.
  ///
  /// - Throws: `SystemError` with ENOBUFS when datagrams were dropped since the last call.
  package func receiveIfAny(into buffer: inout [UInt8]) throws(SystemError) -> Datagram? {
    do throws(SystemError) {
      return try receive(into: &buffer, flags: Int32(MSG_DONTWAIT))
    } catch {
      if error.code == EAGAIN { return nil }
      throw error
    }
  }

  /// Receives one datagram into the buffer, whose size does not change.
  package func receive(into buffer: inout [UInt8]) throws(SystemError) -> Datagram {
    try receive(into: &buffer, flags: 0)
  }

  private func receive(into buffer: inout [UInt8], flags wanted: Int32) throws(SystemError) -> Datagram {
    var sender: UInt32 = 0
    var flags: Int32 = 0
    let count = unsafe buffer.withUnsafeMutableBytes { (bytes) -> Int in
      retryingInterrupts {
        flags = wanted
        return unsafe sockinspect_netlink_receive(descriptor.number, bytes.baseAddress, bytes.count, &sender, &flags)
      }
    }
    guard count >= 0 else { throw SystemError("recvmsg", "AF_NETLINK") }
    return Datagram(count: count, sender: sender, isTruncated: flags & Int32(MSG_TRUNC) != 0)
  }
}
