import CLinux
import Glibc

/// A connection that a listener accepted, and the address of its other end.
package struct AcceptedConnection: ~Copyable, Sendable {
  /// The connection's descriptor; it does not block.
  package let descriptor: Descriptor
  /// The address of the other end; empty for a unix client without a name.
  package let peer: SocketAddress

  /// Returns the descriptor, which then stays open.
  package consuming func intoDescriptor() -> Descriptor { descriptor }
}

/// A datagram from `recvfrom(2)`.
package struct Datagram: Sendable, Hashable {
  /// The bytes that were read.
  package let bytes: [UInt8]
  /// Who sent it.
  package let sender: SocketAddress
  /// The length of the datagram in bytes, even when fewer were read.
  package let length: Int
}

extension Descriptor {
  /// Takes the next connection of a listener that does not block, with `accept4(2)`.
  ///
  /// - Returns: `nil` when none is waiting (EAGAIN), or the one that was waiting has ended
  ///   (ECONNABORTED).
  package func acceptReady() throws(SystemError) -> AcceptedConnection? {
    var (bytes, length) = Descriptor.addressBuffer()
    let accepted = unsafe bytes.withUnsafeMutableBytes { (raw) -> Int32 in
      retryingInterrupts { unsafe sockinspect_accept_ready(number, raw.baseAddress, &length) }
    }
    guard accepted >= 0 else {
      if errno == EAGAIN || errno == ECONNABORTED { return nil }
      throw SystemError("accept4")
    }
    return AcceptedConnection(
      descriptor: Descriptor(owning: accepted), peer: SocketAddress(bytes: Array(bytes.prefix(Int(length)))))
  }

  /// Reads what has arrived with `recv(2)`, up to the buffer's size.
  ///
  /// - Returns: the number of bytes, 0 at the end of the stream; `nil` when nothing is there and
  ///   `wait` is false.
  package func receive(into buffer: inout [UInt8], wait: Bool = true) throws(SystemError) -> Int? {
    let count = unsafe buffer.withUnsafeMutableBytes { (raw) -> Int in
      retryingInterrupts { unsafe recv(number, raw.baseAddress, raw.count, wait ? 0 : Int32(MSG_DONTWAIT)) }
    }
    if count < 0, errno == EAGAIN { return nil }
    guard count >= 0 else { throw SystemError("recv") }
    return count
  }

  /// Reads one datagram with `recvfrom(2)`, up to the buffer's size.
  ///
  /// - Returns: the datagram; `nil` when none is there and `wait` is false.
  package func receiveDatagram(into buffer: inout [UInt8], wait: Bool = true) throws(SystemError) -> Datagram? {
    var (address, length) = Descriptor.addressBuffer()
    // With MSG_TRUNC the result is the datagram's own length.
    let flags = Int32(MSG_TRUNC) | (wait ? 0 : Int32(MSG_DONTWAIT))
    let count = unsafe buffer.withUnsafeMutableBytes { (raw) -> Int in
      unsafe address.withUnsafeMutableBytes { (name) -> Int in
        let pointer = unsafe name.baseAddress?.assumingMemoryBound(to: sockaddr.self)
        return retryingInterrupts { unsafe recvfrom(number, raw.baseAddress, raw.count, flags, pointer, &length) }
      }
    }
    if count < 0, errno == EAGAIN { return nil }
    guard count >= 0 else { throw SystemError("recvfrom") }
    return Datagram(
      bytes: Array(buffer.prefix(min(count, buffer.count))),
      sender: SocketAddress(bytes: Array(address.prefix(Int(length)))),
      length: count)
  }

  /// Sends one datagram with `sendto(2)`.
  package func send(_ bytes: [UInt8], to address: SocketAddress) throws(SystemError) {
    let count = unsafe bytes.withUnsafeBytes { (raw) -> Int in
      unsafe address.bytes.withUnsafeBytes { (name) -> Int in
        let pointer = unsafe name.baseAddress?.assumingMemoryBound(to: sockaddr.self)
        return retryingInterrupts {
          unsafe sendto(number, raw.baseAddress, raw.count, Int32(MSG_NOSIGNAL), pointer, socklen_t(name.count))
        }
      }
    }
    guard count >= 0 else { throw SystemError("sendto") }
  }

  /// Whether bytes have arrived that were not read, so that closing would reset the connection.
  /// They stay (`MSG_PEEK`).
  package func hasUnreadBytes() -> Bool {
    var byte: UInt8 = 0
    return retryingInterrupts { unsafe recv(number, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) } > 0
  }

  /// The local address from `getsockname(2)`.
  package func localAddress() throws(SystemError) -> SocketAddress {
    guard let address = localSocketAddress(of: number) else { throw SystemError("getsockname") }
    return address
  }

  /// The address of the other end from `getpeername(2)`.
  package func peerAddress() throws(SystemError) -> SocketAddress {
    guard let address = peerSocketAddress(of: number) else { throw SystemError("getpeername") }
    return address
  }

  /// The pending error of the socket, which this clears (`SO_ERROR`); 0 for none. It is the result
  /// of a `connect(2)` that did not block.
  package func takePendingError() throws(SystemError) -> Int32 {
    var code: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    guard unsafe getsockopt(number, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else {
      throw SystemError("getsockopt", "SO_ERROR")
    }
    return code
  }

  /// Waits for the result of a `connect(2)` that did not block.
  ///
  /// - Returns: whether the connection is established; `false` when the time is over before that is
  ///   known.
  /// - Throws: why there is no connection, like `connect(2)` itself, such as ECONNREFUSED.
  package func finishConnecting(milliseconds: Int) throws(SystemError) -> Bool {
    var wait = pollfd(fd: number, events: Int16(POLLOUT), revents: 0)
    guard retryingInterrupts({ unsafe poll(&wait, 1, Int32(clamping: milliseconds)) }) > 0 else { return false }
    let code = try takePendingError()
    guard code == 0 else { throw SystemError("connect", code: code) }
    return true
  }

  private static func addressBuffer() -> ([UInt8], socklen_t) { (Array(repeating: 0, count: 128), 128) }
}

/// The kernel's own number of a socket, which stays the same from its first call to the end of
/// TIME_WAIT (`SO_COOKIE`); `nil` when the descriptor is not an open socket.
package func socketCookie(of descriptor: Int32) -> UInt64? {
  var cookie: UInt64 = 0
  var size = socklen_t(MemoryLayout<UInt64>.size)
  // The corresponding C constant is SO_COOKIE.
  guard unsafe getsockopt(descriptor, SOL_SOCKET, 57, &cookie, &size) == 0 else { return nil }
  return cookie
}

/// The local address of a socket whose descriptor belongs to other code; `nil` when the descriptor
/// is not an open socket. The C call is `getsockname`.
package func localSocketAddress(of descriptor: Int32) -> SocketAddress? {
  unsafe Descriptor.socketName { unsafe getsockname(descriptor, $0, &$1) }
}

/// The address of the other end of a socket whose descriptor belongs to other code; `nil` when it
/// has none. The C call is `getpeername`.
package func peerSocketAddress(of descriptor: Int32) -> SocketAddress? {
  unsafe Descriptor.socketName { unsafe getpeername(descriptor, $0, &$1) }
}

extension Descriptor {
  fileprivate static func socketName(
    _ call: (UnsafeMutablePointer<sockaddr>, inout socklen_t) -> Int32
  ) -> SocketAddress? {
    var (bytes, length) = addressBuffer()
    let result = unsafe bytes.withUnsafeMutableBytes { (raw) -> Int32 in
      guard let base = raw.baseAddress else { return -1 }
      return unsafe call(base.assumingMemoryBound(to: sockaddr.self), &length)
    }
    return result == 0 ? SocketAddress(bytes: Array(bytes.prefix(Int(length)))) : nil
  }
}
