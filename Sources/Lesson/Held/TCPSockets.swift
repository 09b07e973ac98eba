import Glibc
import LinuxSystem
import SocketModel

/// One listener and its connections.
///
/// Every step waits until the kernel shows that the segment before it has arrived; nothing relies
/// on timing. Every socket resets its connection when it is closed, even when the process is
/// killed, so that no orphan stays in the kernel for minutes.
struct TCPScenarioBuilder {
  let address: SocketAddress
  let family: AddressFamily
  var keepsListener = true
  var protocolNumber: Int32 = 0
  var transport = Transport.tcp

  init(_ loopback: Loopback) { self.init(at: loopback.address()) }

  init(at address: SocketAddress) {
    self.address = address
    family = address.family == AF_INET6 ? .ipv6 : .ipv4
  }

  func play(_ scenario: TCPScenario) throws(SystemError) -> HeldSockets {
    switch scenario {
    case .listen:
      var held = HeldSockets()
      add(try listener(backlog: 16), .listen, to: &held)
      return held
    case .boundInactive:
      var held = HeldSockets()
      let socket = try socket()
      do throws(SystemError) { try socket.descriptor.bind(address) } catch {
        guard error.isAddressTaken else { throw error }
        // Only beside TIME_WAIT, so that it keeps the port from others.
        try socket.descriptor.set(.reuseAddress, to: 1)
        try socket.descriptor.bind(address)
      }
      add(socket, .boundInactive, to: &held)
      return held
    case .established: return try connected(.established, .established) { (_, _) throws(SystemError) in }
    case .closeWait:
      return try connected(.finWait2, .closeWait) { (client, _) throws(SystemError) in
        try client.descriptor.shutdown(sending: true)
      }
    case .finWait1:
      return try connected(.finWait1, .established) { (client, _) throws(SystemError) in
        try overfill(from: client)
        try client.descriptor.shutdown(sending: true)
      }
    case .lastAck:
      return try connected(.lastAck, .finWait2) { (client, server) throws(SystemError) in
        try overfill(from: client)
        try server.descriptor.shutdown(sending: true)
        // A client that had not received it yet would be in FIN_WAIT1, and then in CLOSING.
        try settle(client, in: .closeWait)
        try client.descriptor.shutdown(sending: true)
      }
    case .closing:
      return try connected(.closing, .finWait2) { (client, server) throws(SystemError) in
        try overfill(from: client)
        try overfill(from: server)
        try client.descriptor.shutdown(sending: true)
        try server.descriptor.shutdown(sending: true)
        // The client reads, so the server's bytes and FIN arrive while the client's own are still
        // held back.
        try until { () throws(SystemError) in
          try client.descriptor.discardReceived()
          return try client.descriptor.tcpState() == SocketState.closing.rawValue
        }
      }
    case .timeWait: return try timeWait()
    case .synSent: return try synSent()
    case .synRecv: return try synRecv()
    case .notAccepted:
      var held = HeldSockets()
      let listener = try listener(backlog: 4)
      add(listener, .listen, to: &held)
      let client = try connect(to: listener)
      try waitForConnection(listener)
      add(client, .established, remoteOf: listener, to: &held)
      addUnowned(.established, listener, client, to: &held)
      return held
    }
  }

  private func timeWait() throws(SystemError) -> HeldSockets {
    var held = HeldSockets()
    let listener = try listener(backlog: 4)
    if keepsListener { add(listener, .listen, to: &held) }
    let client = try connect(to: listener)
    let server = try accept(client, of: listener)
    addUnowned(.timeWait, listener, client, to: &held)
    // The listener's side closes first, so that the client's port is free for others.
    try server.descriptor.shutdown(sending: true)
    try settle(client, in: .closeWait)
    try client.descriptor.shutdown(sending: true)
    // What remains belongs to the kernel; the socket that it came from is closed.
    try settle(server, in: .close)
    try settle(client, in: .close)
    return held
  }

  private func synSent() throws(SystemError) -> HeldSockets {
    var held = HeldSockets()
    let listener = try listener(backlog: 0)
    add(listener, .listen, to: &held)
    let waiting = try connect(to: listener)
    // The accept queue counts a connection from the last segment of its handshake on.
    try waitForConnection(listener)
    add(waiting, .established, remoteOf: listener, to: &held)
    addUnowned(.established, listener, waiting, to: &held)
    // The queue holds one more than its limit; the next SYN is dropped and sent again, eventually
    // every two minutes.
    let late = try client()
    try late.descriptor.set(.synRetries, to: 127)
    try late.descriptor.setBlocking(false)
    try late.descriptor.connect(try listener.descriptor.localAddress())
    add(late, .synSent, remoteOf: listener, to: &held)
    return held
  }

  private func synRecv() throws(SystemError) -> HeldSockets {
    var held = HeldSockets()
    let listener = try socket()
    try bind(listener)
    // The kernel converts this to a number of retransmissions, 255 at most, which take some eight
    // hours.
    try listener.descriptor.set(.deferAccept, to: 30_000)
    try listener.descriptor.listen(backlog: 4)
    add(listener, .listen, to: &held)
    let client = try connect(to: listener)
    add(client, .established, remoteOf: listener, to: &held)
    addUnowned(.synRecv, listener, client, to: &held)
    return held
  }

  /// Makes a connection, applies `act` to it, and waits for the states that its two ends then have.
  private func connected(
    _ clientState: SocketState, _ serverState: SocketState,
    act: (HeldSocket, HeldSocket) throws(SystemError) -> Void
  ) throws(SystemError) -> HeldSockets {
    var held = HeldSockets()
    let listener = try listener(backlog: 4)
    if keepsListener { add(listener, .listen, to: &held) }
    let client = try connect(to: listener)
    let server = try accept(client, of: listener)
    add(client, clientState, remoteOf: listener, to: &held)
    add(server, serverState, remoteOf: client, to: &held)
    try act(client, server)
    for (end, state) in [(client, clientState), (server, serverState)] { try settle(end, in: state) }
    // Everything that the other end has room for has arrived: the queues no longer change.
    if transport == .tcp {
      for end in [client, server] {
        try until { () throws(SystemError) in try end.descriptor.segmentsInFlight() == 0 }
      }
    }
    return held
  }

  // MARK: Steps

  /// Waits until a socket is in a state: a FIN is acknowledged with a delay, and until then its
  /// sender is in FIN_WAIT1.
  func settle(_ socket: HeldSocket, in state: SocketState) throws(SystemError) {
    // An MPTCP socket does not report its own state.
    guard transport == .tcp else { return }
    try until { () throws(SystemError) in try socket.descriptor.tcpState() == state.rawValue }
  }

  /// Checks repeatedly until a condition is true. That takes microseconds, or the delay of an
  /// acknowledgement.
  func until(_ condition: () throws(SystemError) -> Bool) throws(SystemError) {
    for _ in 0..<10_000 {
      if try condition() { return }
      usleep(1000)
    }
    throw SystemError("getsockopt", "TCP_INFO, the expected state", code: ETIMEDOUT)
  }

  /// Sends several times as much as the peer's receive buffer can hold, so that a FIN after it has
  /// to wait until the peer reads.
  private func overfill(from socket: HeldSocket) throws(SystemError) {
    let block: [UInt8] = Array(repeating: UInt8(ascii: "x"), count: overfillSize)
    guard try socket.descriptor.send(block, wait: false) == block.count else {
      throw SystemError("send", "\(block.count) bytes at once", code: ENOBUFS)
    }
  }

  private let overfillSize = 32768

  func socket() throws(SystemError) -> HeldSocket {
    let kind = SocketKind(
      family: address.family, type: Int32(SOCK_STREAM.rawValue), protocolNumber: protocolNumber)
    let socket = HeldSocket(try Descriptor.socket(kind))
    try socket.descriptor.set(.receiveBuffer, to: 4096)
    try socket.descriptor.set(.sendBuffer, to: Int32(2 * overfillSize))
    try socket.descriptor.resetOnClose()
    return socket
  }

  /// Makes a socket to connect with. It gets the listener's address where the kernel would choose
  /// 127.0.0.1 for it.
  func client() throws(SystemError) -> HeldSocket {
    let client = try socket()
    if let bits = address.ipBits, bits != 1, UInt32(truncatingIfNeeded: bits) != 0x7F00_0001 {
      try client.descriptor.bind(address.with(port: 0))
    }
    return client
  }

  func listener(backlog: Int32) throws(SystemError) -> HeldSocket {
    let listener = try socket()
    try bind(listener)
    try listener.descriptor.listen(backlog: backlog)
    return listener
  }

  /// Binds a listener. At a requested port that also works while connections of an earlier listener
  /// are in TIME_WAIT.
  private func bind(_ listener: HeldSocket) throws(SystemError) {
    if address.port != 0 { try listener.descriptor.set(.reuseAddress, to: 1) }
    try listener.descriptor.bind(address)
    // Not before `bind(2)`: the kernel would also choose among ports that others have in TIME_WAIT.
    // But it must be set for the connections, so that the port can be bound again while some of
    // them are in TIME_WAIT.
    if address.port == 0 { try listener.descriptor.set(.reuseAddress, to: 1) }
  }

  func connect(to listener: HeldSocket) throws(SystemError) -> HeldSocket {
    let client = try client()
    try client.descriptor.setBlocking(false)
    if try !client.descriptor.connect(try listener.descriptor.localAddress()),
      try !client.descriptor.finishConnecting(milliseconds: 10_000)
    {
      throw SystemError("connect", code: ETIMEDOUT)
    }
    return client
  }

  /// Waits until a connection can be accepted.
  private func waitForConnection(_ listener: HeldSocket) throws(SystemError) {
    let queue = try ReadinessQueue()
    try queue.add(listener.descriptor.number, for: .reading, tag: 0)
    var events: [ReadinessQueue.Event] = []
    try queue.wait(milliseconds: 10_000, into: &events)
    if events.isEmpty { throw SystemError("accept4", code: ETIMEDOUT) }
  }

  /// Accepts the listener's side of a client's connection; connections of others that came first
  /// are closed.
  func accept(_ client: HeldSocket, of listener: HeldSocket) throws(SystemError) -> HeldSocket {
    let address = try client.descriptor.localAddress()
    while true {
      try waitForConnection(listener)
      let server = HeldSocket(try listener.descriptor.accept())
      try server.descriptor.resetOnClose()
      if transport != .tcp { return server }
      if try server.descriptor.peerAddress().endpoint == address.endpoint { return server }
    }
  }

  private func add(
    _ socket: HeldSocket, _ state: SocketState, remoteOf other: HeldSocket? = nil, to held: inout HeldSockets
  ) {
    var sighting = SocketSighting(transport, family, state)
    sighting.local = try? socket.descriptor.localAddress().endpoint
    if let other { sighting.remote = try? other.descriptor.localAddress().endpoint }
    sighting.descriptor = socket.descriptor.number
    held.sockets.append(socket)
    held.sightings.append(sighting)
  }

  /// The listener's side of a connection that no process holds.
  private func addUnowned(
    _ state: SocketState, _ listener: HeldSocket, _ client: HeldSocket, to held: inout HeldSockets
  ) {
    var sighting = SocketSighting(transport, family, state)
    sighting.local = try? listener.descriptor.localAddress().endpoint
    sighting.remote = try? client.descriptor.localAddress().endpoint
    held.sightings.append(sighting)
  }
}
