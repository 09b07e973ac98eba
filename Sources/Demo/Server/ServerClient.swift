import LinuxSystem

/// One connection of a stream server, and what is to be done for it.
final class ServerClient {
  /// What it is at.
  enum Phase {
    /// Waits for bytes.
    case reading
    /// The answer is not due yet.
    case delaying
    /// The answer is on its way.
    case replying
    /// Kept open, and nothing is done for it.
    case held
  }

  /// What events are told under.
  let tag: UInt64
  /// The number of its descriptor.
  let number: Int32
  /// Who connected.
  let peer: SocketAddress
  var phase = Phase.reading
  /// What has not been sent yet of the answer.
  var pending: [UInt8] = []
  /// When something happens unless something else does before; `nil` for never.
  var due: Int?
  /// The earliest moment that is set for it in the server's timers.
  var earliestTimer: Int?
  /// What its descriptor is waited for; `nil` when it is not in the queue.
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

  /// Gives the connection away, to be closed.
  func takeSocket() -> Descriptor? { socket.take() }
}
