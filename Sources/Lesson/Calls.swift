import Glibc
package import LinuxSystem
import SocketModel

/// Why a step of a demo failed.
package enum DemoFailure: Error, Sendable, Hashable {
  /// A call failed.
  case call(SocketCall, SystemError)
  /// A signal or the user asked for the end.
  case interrupted

  /// The error of the call that failed; `nil` when the demo was interrupted.
  package var systemError: SystemError? {
    if case .call(_, let error) = self { error } else { nil }
  }
}

/// Makes socket calls, and reports each of them to an observer.
///
/// Every call of a demo goes through here, so that every call is reported. All descriptors are
/// non-blocking: code that wants to wait does so with a `ReadinessQueue` and reports it to the
/// observer.
package struct Calls {
  /// The observer of the calls; `nil` for none.
  package let observer: (any CallObserver)?

  package init(observer: (any CallObserver)?) { self.observer = observer }

  /// `socket(2)`.
  package func socket(_ kind: SocketKind) throws(DemoFailure) -> Descriptor {
    let call = SocketCall.socket(kind)
    try before(call)
    do throws(SystemError) {
      let descriptor = try Descriptor.socket(kind)
      try descriptor.setBlocking(false)
      observer?.after(call, .made(descriptor.number))
      return descriptor
    } catch {
      throw failed(call, error)
    }
  }

  /// `setsockopt(2)` of an option that is a number; `name` is its C name.
  package func set(
    _ option: SocketOption, _ name: String, to value: Int32, on socket: borrowing Descriptor
  ) throws(DemoFailure) {
    try make(.setOption(socket.number, name: name, value: "\(value)"), socket) { (socket) throws(SystemError) in
      try socket.set(option, to: value)
    }
  }

  /// `setsockopt(2)` that makes closing reset the connection.
  package func resetOnClose(_ socket: borrowing Descriptor) throws(DemoFailure) {
    let call = SocketCall.setOption(socket.number, name: "SO_LINGER", value: "{on, 0 s}")
    try make(call, socket) { (socket) throws(SystemError) in try socket.resetOnClose() }
  }

  /// `bind(2)`.
  package func bind(_ socket: borrowing Descriptor, to address: SocketAddress) throws(DemoFailure) {
    try make(.bind(socket.number, address), socket) { (socket) throws(SystemError) in try socket.bind(address) }
  }

  /// `listen(2)`.
  package func listen(_ socket: borrowing Descriptor, backlog: Int32) throws(DemoFailure) {
    try make(.listen(socket.number, backlog: backlog), socket) { (socket) throws(SystemError) in
      try socket.listen(backlog: backlog)
    }
  }

  /// `accept4(2)`.
  ///
  /// - Returns: the connection; `nil` when none is waiting.
  package func accept(_ listener: borrowing Descriptor) throws(DemoFailure) -> AcceptedConnection? {
    let call = SocketCall.accept(listener.number)
    try before(call)
    do throws(SystemError) {
      guard let connection = try listener.acceptReady() else {
        observer?.after(call, .underWay)
        return nil
      }
      observer?.after(call, .accepted(connection.descriptor.number, connection.peer))
      return connection
    } catch {
      throw failed(call, error)
    }
  }

  /// `connect(2)`. Over loopback the handshake is finished when the call returns, although it did
  /// not block, and it is reported as finished.
  ///
  /// - Returns: whether the connection is established; if not, the descriptor becomes writable when
  ///   that is decided, and ``Descriptor/finishConnecting(milliseconds:)`` returns the result.
  package func connect(_ socket: borrowing Descriptor, to address: SocketAddress) throws(DemoFailure) -> Bool {
    let call = SocketCall.connect(socket.number, address)
    try before(call)
    do throws(SystemError) {
      var isDone = try socket.connect(address)
      if !isDone { isDone = try socket.finishConnecting(milliseconds: 0) }
      observer?.after(call, isDone ? .done(0) : .underWay)
      return isDone
    } catch {
      throw failed(call, error)
    }
  }

  /// `recv(2)` of at most the buffer's size.
  ///
  /// - Returns: the bytes that were read, none at the end of the stream; `nil` when nothing is
  ///   there.
  package func receive(
    _ socket: borrowing Descriptor, into buffer: inout [UInt8]
  ) throws(DemoFailure) -> ArraySlice<UInt8>? {
    let call = SocketCall.receive(socket.number, capacity: buffer.count)
    try before(call)
    do throws(SystemError) {
      guard let count = try socket.receive(into: &buffer, wait: false) else {
        observer?.after(call, .underWay)
        return nil
      }
      if let observer { observer.after(call, .received(Array(buffer.prefix(count)), from: nil, length: count)) }
      return buffer.prefix(count)
    } catch {
      throw failed(call, error)
    }
  }

  /// `recvfrom(2)` of at most the buffer's size.
  ///
  /// - Returns: the datagram; `nil` when none is there.
  package func receiveDatagram(
    _ socket: borrowing Descriptor, into buffer: inout [UInt8]
  ) throws(DemoFailure) -> Datagram? {
    let call = SocketCall.receiveFrom(socket.number, capacity: buffer.count)
    try before(call)
    do throws(SystemError) {
      guard let datagram = try socket.receiveDatagram(into: &buffer, wait: false) else {
        observer?.after(call, .underWay)
        return nil
      }
      observer?.after(call, .received(datagram.bytes, from: datagram.sender, length: datagram.length))
      return datagram
    } catch {
      throw failed(call, error)
    }
  }

  /// `send(2)`.
  ///
  /// - Returns: how many of the bytes were sent; 0 when there is no room.
  package func send(_ socket: borrowing Descriptor, _ bytes: [UInt8]) throws(DemoFailure) -> Int {
    let call = SocketCall.send(socket.number, bytes)
    try before(call)
    do throws(SystemError) {
      let count = try socket.send(bytes, wait: false)
      observer?.after(call, count == 0 && !bytes.isEmpty ? .underWay : .done(count))
      return count
    } catch {
      throw failed(call, error)
    }
  }

  /// `sendto(2)`.
  package func send(
    _ socket: borrowing Descriptor, _ bytes: [UInt8], to address: SocketAddress
  ) throws(DemoFailure) {
    let call = SocketCall.sendTo(socket.number, bytes, address)
    try before(call)
    do throws(SystemError) {
      try socket.send(bytes, to: address)
      observer?.after(call, .done(bytes.count))
    } catch {
      throw failed(call, error)
    }
  }

  /// `shutdown(2)` with `SHUT_WR`.
  package func shutdownSending(_ socket: borrowing Descriptor) throws(DemoFailure) {
    try make(.shutdownSending(socket.number), socket) { (socket) throws(SystemError) in
      try socket.shutdown(sending: true)
    }
  }

  /// `close(2)`. The socket is closed even if the demo was interrupted.
  package func close(_ socket: consuming Descriptor) throws(DemoFailure) {
    let call = SocketCall.close(socket.number)
    try before(call)
    drop(socket)
    observer?.after(call, .done(0))
  }

  private func drop(_: consuming Descriptor) {}

  private func make(
    _ call: SocketCall, _ socket: borrowing Descriptor, _ body: (borrowing Descriptor) throws(SystemError) -> Void
  ) throws(DemoFailure) {
    try before(call)
    do throws(SystemError) { try body(socket) } catch { throw failed(call, error) }
    observer?.after(call, .done(0))
  }

  private func before(_ call: SocketCall) throws(DemoFailure) {
    do throws(Interrupted) { try observer?.before(call) } catch { throw .interrupted }
  }

  private func failed(_ call: SocketCall, _ error: SystemError) -> DemoFailure {
    observer?.after(call, .failed(error))
    return .call(call, error)
  }
}
