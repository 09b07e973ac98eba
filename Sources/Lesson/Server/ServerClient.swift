import LinuxSystem

/// One connection of a stream server, and what remains to be done for it.
final class ServerClient {
  /// What the server does for it.
  enum Phase {
    /// Waits for bytes.
    case reading
    /// The answer is not due yet.
    case delaying
    /// The answer is being sent.
    case replying
    /// The connection is kept open, and nothing is done for it.
    case held
  }

  /// The tag of its events in the queue.
  let tag: UInt64
  /// The number of its descriptor.
  let number: Int32
  /// The address of the client.
  let peer: SocketAddress
  var phase = Phase.reading
  /// The part of the answer that has not been sent yet.
  var pending: [UInt8] = []
  /// When its timer ends, unless something else happens first; `nil` for never.
  var due: Int?
  /// The earliest time that is set for it in the server's timers.
  var earliestTimer: Int?
  /// What the queue waits for on its descriptor; `nil` when it is not in the queue.
  var interest: ReadinessQueue.Interest?
  /// Whether it has never been in the queue.
  var isNew = true
  private var socket: Descriptor?

  init(_ connection: consuming AcceptedConnection, tag: UInt64) {
    peer = connection.peer
    let descriptor = connection.intoDescriptor()
    number = descriptor.number
    socket = consume descriptor
    self.tag = tag
  }

  /// Makes a call on the connection; `nil` when it is closed.
  func make<Value>(
    _ call: (borrowing Descriptor) throws(DemoFailure) -> Value?
  ) throws(DemoFailure) -> Value? {
    switch socket {
    case .some(let descriptor): try call(descriptor)
    case .none: nil
    }
  }

  /// Returns the socket, to be closed by the caller.
  func takeSocket() -> Descriptor? { socket.take() }
}
