import CLinux
import Glibc

/// The arguments of `socket(2)`. The numbers are the kernel's, so that kinds that Glibc's module
/// lacks can be made too.
package struct SocketKind: Sendable, Hashable {
  /// The corresponding C constants are `AF_`.
  package var family: Int32
  /// The corresponding C constants are `SOCK_`.
  package var type: Int32
  /// The corresponding C constants are `IPPROTO_`; for packet sockets, an ethertype in network
  /// order.
  package var protocolNumber: Int32

  /// Makes a kind from the arguments of `socket(2)`.
  package init(family: Int32, type: Int32, protocolNumber: Int32 = 0) {
    self.family = family
    self.type = type
    self.protocolNumber = protocolNumber
  }
}

/// An option of `setsockopt(2)` whose value is an `int`.
package struct SocketOption: Sendable, Hashable {
  package let level: Int32
  package let name: Int32

  /// Makes an option from the C library's numbers.
  package init(level: Int32, name: Int32) {
    self.level = level
    self.name = name
  }

  /// The corresponding C constant is `SO_RCVBUF`: bytes; the kernel doubles it.
  package static let receiveBuffer = SocketOption(level: SOL_SOCKET, name: SO_RCVBUF)
  /// The corresponding C constant is `SO_SNDBUF`: bytes; the kernel doubles it.
  package static let sendBuffer = SocketOption(level: SOL_SOCKET, name: SO_SNDBUF)
  /// The corresponding C constant is `TCP_DEFER_ACCEPT`: seconds.
  package static let deferAccept = SocketOption(level: Int32(IPPROTO_TCP), name: TCP_DEFER_ACCEPT)
  /// The corresponding C constant is `SO_REUSEADDR`.
  package static let reuseAddress = SocketOption(level: SOL_SOCKET, name: SO_REUSEADDR)
  /// The corresponding C constant is `SO_REUSEPORT`.
  package static let reusePort = SocketOption(level: SOL_SOCKET, name: SO_REUSEPORT)
  /// The corresponding C constant is `TCP_SYNCNT`: how often a SYN, or a listener's SYN-ACK, is
  /// sent again; at most 127.
  package static let synRetries = SocketOption(level: Int32(IPPROTO_TCP), name: TCP_SYNCNT)
  /// The corresponding C constant is `SO_BINDTOIFINDEX`: an interface index. Without privilege
  /// since Linux 5.7.
  package static let boundInterface = SocketOption(level: SOL_SOCKET, name: 62)
  /// The corresponding C constant is `IPV6_V6ONLY`.
  package static let ipv6Only = SocketOption(level: Int32(IPPROTO_IPV6), name: IPV6_V6ONLY)
}

extension Descriptor {
  /// Makes a socket with `socket(2)`, close-on-exec.
  package static func socket(_ kind: SocketKind) throws(SystemError) -> Descriptor {
    let number = Glibc.socket(kind.family, kind.type | Int32(SOCK_CLOEXEC.rawValue), kind.protocolNumber)
    guard number >= 0 else {
      throw SystemError("socket", "family \(kind.family) type \(kind.type) protocol \(kind.protocolNumber)")
    }
    return Descriptor(owning: number)
  }

  /// Makes two connected unix sockets without names, with `socketpair(2)`. The caller closes both
  /// numbers.
  package static func socketPair(type: Int32) throws(SystemError) -> (Int32, Int32) {
    var numbers: [Int32] = [-1, -1]
    guard unsafe socketpair(AF_UNIX, type | Int32(SOCK_CLOEXEC.rawValue), 0, &numbers) == 0 else {
      throw SystemError("socketpair")
    }
    return (numbers[0], numbers[1])
  }

  /// Gives the socket its local address with `bind(2)`.
  package func bind(_ address: SocketAddress) throws(SystemError) {
    let result = unsafe address.withPointer { unsafe Glibc.bind(number, $0, $1) }
    guard result == 0 else { throw SystemError("bind") }
  }

  /// Makes the socket take connections with `listen(2)`; `backlog` limits those not accepted yet.
  package func listen(backlog: Int32) throws(SystemError) {
    guard Glibc.listen(number, backlog) == 0 else { throw SystemError("listen") }
  }

  /// Connects with `connect(2)`.
  ///
  /// - Returns: whether the connection is established; `false` when the descriptor does not block
  ///   and the handshake is still in progress.
  @discardableResult
  package func connect(_ address: SocketAddress) throws(SystemError) -> Bool {
    let result = unsafe address.withPointer { (pointer, length) in
      retryingInterrupts { unsafe Glibc.connect(number, pointer, length) }
    }
    if result == 0 || errno == EISCONN { return true }
    guard errno == EINPROGRESS || errno == EALREADY else { throw SystemError("connect") }
    return false
  }

  /// Takes the next connection of a listener with `accept4(2)`, close-on-exec.
  package func accept() throws(SystemError) -> Descriptor {
    let accepted = retryingInterrupts { sockinspect_accept(number) }
    guard accepted >= 0 else { throw SystemError("accept4") }
    return Descriptor(owning: accepted)
  }

  /// Ends one direction with `shutdown(2)`: sending (`SHUT_WR`) or receiving (`SHUT_RD`).
  package func shutdown(sending: Bool) throws(SystemError) {
    guard Glibc.shutdown(number, Int32(sending ? SHUT_WR : SHUT_RD)) == 0 else { throw SystemError("shutdown") }
  }

  /// Sets an option with `setsockopt(2)`.
  package func set(_ option: SocketOption, to value: Int32) throws(SystemError) {
    var value = value
    let size = socklen_t(MemoryLayout<Int32>.size)
    guard unsafe setsockopt(number, option.level, option.name, &value, size) == 0 else {
      throw SystemError("setsockopt")
    }
  }

  /// Makes closing send a reset and leave no TIME_WAIT (`SO_LINGER` with time 0).
  package func resetOnClose() throws(SystemError) {
    var value = linger(l_onoff: 1, l_linger: 0)
    let size = socklen_t(MemoryLayout<linger>.size)
    guard unsafe setsockopt(number, SOL_SOCKET, SO_LINGER, &value, size) == 0 else {
      throw SystemError("setsockopt", "SO_LINGER")
    }
  }

  /// The kernel's number of a TCP socket's state: the first byte of `struct tcp_info`, from
  /// `getsockopt(2)` with `TCP_INFO`.
  package func tcpState() throws(SystemError) -> UInt8 {
    var state: UInt8 = 0
    var size = socklen_t(1)
    guard unsafe getsockopt(number, Int32(IPPROTO_TCP), TCP_INFO, &state, &size) == 0 else {
      throw SystemError("getsockopt", "TCP_INFO")
    }
    return state
  }

  /// How many segments of a TCP socket have been sent but not acknowledged: `tcpi_unacked`, from
  /// `getsockopt(2)` with `TCP_INFO`. Zero while a full receive buffer at the other end holds back
  /// the rest.
  package func segmentsInFlight() throws(SystemError) -> UInt32 {
    // `struct tcp_info` begins with 8 bytes and 4 numbers of 32 bits.
    var info: (UInt64, UInt64, UInt64, UInt32) = (0, 0, 0, 0)
    var size = socklen_t(28)
    guard unsafe getsockopt(number, Int32(IPPROTO_TCP), TCP_INFO, &info, &size) == 0 else {
      throw SystemError("getsockopt", "TCP_INFO")
    }
    return info.3
  }

  /// Sends bytes with `send(2)`, without a signal when the peer has closed, and returns how many
  /// were sent.
  ///
  /// - Parameters:
  ///   - bytes: the bytes to send.
  ///   - wait: whether to block while the send buffer is full; otherwise the result is then 0.
  @discardableResult
  package func send(_ bytes: [UInt8], wait: Bool = true) throws(SystemError) -> Int {
    let flags = Int32(MSG_NOSIGNAL) | (wait ? 0 : Int32(MSG_DONTWAIT))
    let count = unsafe bytes.withUnsafeBytes { (raw) -> Int in
      retryingInterrupts { unsafe Glibc.send(number, raw.baseAddress, raw.count, flags) }
    }
    if count < 0, !wait, errno == EAGAIN { return 0 }
    guard count >= 0 else { throw SystemError("send") }
    return count
  }

  /// Reads and drops what has arrived, without waiting, and returns the number of bytes.
  @discardableResult
  package func discardReceived() throws(SystemError) -> Int {
    var buffer: [UInt8] = Array(repeating: 0, count: 65536)
    var total = 0
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { (raw) -> Int in
        retryingInterrupts { unsafe recv(number, raw.baseAddress, raw.count, Int32(MSG_DONTWAIT)) }
      }
      if count == 0 || (count < 0 && errno == EAGAIN) { return total }
      guard count > 0 else { throw SystemError("recv") }
      total += count
    }
  }

  /// Passes a copy of a descriptor to the process at the other end of this unix socket
  /// (`SCM_RIGHTS`).
  package func pass(_ passed: borrowing Descriptor) throws(SystemError) {
    let passedNumber = passed.number
    let count = retryingInterrupts { sockinspect_send_descriptor(number, passedNumber) }
    guard count == 1 else { throw SystemError("sendmsg", "SCM_RIGHTS") }
  }

  /// Takes a descriptor that the process at the other end of this unix socket passed.
  package func takePassed() throws(SystemError) -> Descriptor {
    let passed = retryingInterrupts { sockinspect_receive_descriptor(number) }
    guard passed >= 0 else { throw SystemError("recvmsg", "SCM_RIGHTS") }
    return Descriptor(owning: passed)
  }

  /// Makes calls on the descriptor return instead of waiting (`O_NONBLOCK`), or wait again.
  package func setBlocking(_ blocking: Bool) throws(SystemError) {
    let flags = fcntl(number, F_GETFL)
    guard flags >= 0, fcntl(number, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) == 0 else {
      throw SystemError("fcntl")
    }
  }
}

extension SocketAddress {
  fileprivate func withPointer(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    unsafe bytes.withUnsafeBytes { (raw) -> Int32 in
      guard let base = raw.baseAddress else { return -1 }
      return unsafe body(base.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
    }
  }
}
