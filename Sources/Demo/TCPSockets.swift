import Glibc
import LinuxSystem
import SocketModel

/// The states that a TCP socket can be held in, and how each is reached with ordinary calls on loopback.
public enum TCPExhibit: String, CaseIterable, Sendable {
  /// A listener.
  case listen
  /// Both ends of a connection.
  case established
  /// One end has closed its direction and the other has not answered: FIN_WAIT2 and CLOSE_WAIT.
  case closeWait = "close_wait"
  /// Bytes that the peer does not read hold back the FIN: FIN_WAIT1.
  case finWait1 = "fin_wait1"
  /// As FIN_WAIT1, after the peer has closed its direction: LAST_ACK.
  case lastAck = "last_ack"
  /// Both ends have closed while bytes were held back, and one has read: CLOSING.
  case closing
  /// A connection closed by both ends; the kernel keeps the side of the first closer: TIME_WAIT.
  case timeWait = "time_wait"
  /// A connection to a listener whose accept queue is full: SYN_SENT.
  case synSent = "syn_sent"
  /// A connection without data to a listener with TCP_DEFER_ACCEPT: SYN_RECV at its side.
  case synRecv = "syn_recv"
  /// A connection that the listener has not accepted: its socket has no file (inode 0).
  case notAccepted = "not_accepted"
  /// Bound to a port, neither listening nor connected; in no /proc table.
  case boundInactive = "bound_inactive"
}

extension TCPExhibit {
  /// Makes and holds the sockets of this state.
  ///
  /// - Throws: ``DemoError`` when a call fails, such as `socket(2)` where the kernel has no IPv6.
  public func hold(over loopback: Loopback = .ipv4) throws(DemoError) -> HeldSockets {
    try making("a TCP socket in \(rawValue) over \(loopback.rawValue)") { () throws(SystemError) in
      try TCPStage(loopback).play(self)
    }
  }
}

/// One listener and what is connected to it.
struct TCPStage {
  let loopback: Loopback
  var protocolNumber: Int32 = 0
  var transport = Transport.tcp

  init(_ loopback: Loopback) { self.loopback = loopback }

  func play(_ exhibit: TCPExhibit) throws(SystemError) -> HeldSockets {
    switch exhibit {
    case .listen:
      var held = HeldSockets()
      add(try listener(backlog: 16), .listen, to: &held)
      return held
    case .boundInactive:
      var held = HeldSockets()
      let socket = try socket()
      try socket.descriptor.bind(loopback.address())
      add(socket, .boundInactive, to: &held)
      return held
    case .established: return try connected(.established, .established) { (_, _) throws(SystemError) in }
    case .closeWait:
      return try connected(.finWait2, .closeWait) { (client, _) throws(SystemError) in
        try client.descriptor.shutdown(sending: true)
      }
    case .finWait1:
      return try connected(.finWait1, .established) { (client, _) throws(SystemError) in
        try TCPStage.fill(client)
        try client.descriptor.shutdown(sending: true)
      }
    case .lastAck:
      return try connected(.lastAck, .finWait2) { (client, server) throws(SystemError) in
        try TCPStage.fill(client)
        try server.descriptor.shutdown(sending: true)
        try client.descriptor.shutdown(sending: true)
      }
    case .closing:
      return try connected(.closing, .finWait2) { (client, server) throws(SystemError) in
        try TCPStage.fill(client)
        try TCPStage.fill(server)
        try client.descriptor.shutdown(sending: true)
        try server.descriptor.shutdown(sending: true)
        // The client reads, so the server's bytes and FIN arrive while the client's own are still held back.
        try TCPStage.drain(client)
      }
    case .timeWait: return try timeWait()
    case .synSent: return try synSent()
    case .synRecv: return try synRecv()
    case .notAccepted:
      var held = HeldSockets()
      let listener = try listener(backlog: 4)
      add(listener, .listen, to: &held)
      let client = try connect(to: listener)
      add(client, .established, remoteOf: listener, to: &held)
      addUnowned(.established, listener, client, to: &held)
      return held
    }
  }

  private func timeWait() throws(SystemError) -> HeldSockets {
    var held = HeldSockets()
    let listener = try listener(backlog: 4)
    add(listener, .listen, to: &held)
    let client = try connect(to: listener)
    let server = HeldSocket(try listener.descriptor.accept())
    addUnowned(.timeWait, listener, client, to: &held)
    // The listener's side closes first, so that the client's port is free for others.
    try server.descriptor.shutdown(sending: true)
    try client.descriptor.shutdown(sending: true)
    return held
  }

  private func synSent() throws(SystemError) -> HeldSockets {
    var held = HeldSockets()
    let listener = try listener(backlog: 0)
    add(listener, .listen, to: &held)
    let waiting = try connect(to: listener)
    add(waiting, .established, remoteOf: listener, to: &held)
    addUnowned(.established, listener, waiting, to: &held)
    // The queue holds one more than its limit says; the next SYN is dropped and sent again every few seconds.
    let late = try socket()
    try late.descriptor.setBlocking(false)
    try late.descriptor.connect(try listener.descriptor.localAddress())
    add(late, .synSent, remoteOf: listener, to: &held)
    return held
  }

  private func synRecv() throws(SystemError) -> HeldSockets {
    var held = HeldSockets()
    let listener = try socket()
    try listener.descriptor.bind(loopback.address())
    try listener.descriptor.set(.deferAccept, to: 60)
    try listener.descriptor.listen(backlog: 4)
    add(listener, .listen, to: &held)
    let client = try connect(to: listener)
    add(client, .established, remoteOf: listener, to: &held)
    addUnowned(.synRecv, listener, client, to: &held)
    return held
  }

  /// A connection on which `act` was done, and the states that its two ends then have.
  private func connected(
    _ clientState: SocketState, _ serverState: SocketState,
    act: (HeldSocket, HeldSocket) throws(SystemError) -> Void
  ) throws(SystemError) -> HeldSockets {
    var held = HeldSockets()
    let listener = try listener(backlog: 4)
    add(listener, .listen, to: &held)
    let client = try connect(to: listener)
    let server = HeldSocket(try listener.descriptor.accept())
    add(client, clientState, remoteOf: listener, to: &held)
    add(server, serverState, remoteOf: client, to: &held)
    try act(client, server)
    for (end, state) in [(client, clientState), (server, serverState)] { Self.settle(end, in: state) }
    return held
  }

  /// Waits until a socket is in a state, two seconds at most: a FIN is acknowledged with a delay, and until then its sender is in
  /// FIN_WAIT1.
  private static func settle(_ socket: HeldSocket, in state: SocketState) {
    for _ in 0..<2000 {
      // MPTCP has no such state of its own.
      guard let now = try? socket.descriptor.tcpState(), now != state.rawValue else { return }
      usleep(1000)
    }
  }

  /// Sends until neither the peer's receive buffer nor the own send buffer takes more.
  private static func fill(_ socket: HeldSocket) throws(SystemError) {
    let block: [UInt8] = Array(repeating: 0x78, count: 65536)
    var quiet = 0
    while quiet < 5 {
      quiet = try socket.descriptor.send(block, wait: false) == 0 ? quiet + 1 : 0
      if quiet > 0 { usleep(1000) }
    }
  }

  /// Reads until nothing has come for a while; what is held back comes in bursts as the window opens.
  private static func drain(_ socket: HeldSocket) throws(SystemError) {
    var quiet = 0
    while quiet < 300 {
      quiet = try socket.descriptor.discardReceived() == 0 ? quiet + 1 : 0
      if quiet > 0 { usleep(1000) }
    }
  }

  private func socket() throws(SystemError) -> HeldSocket {
    let socket = HeldSocket(try Descriptor.socket(loopback.kind(SOCK_STREAM, protocolNumber: protocolNumber)))
    // Small buffers, so that few bytes fill them.
    try socket.descriptor.set(.receiveBuffer, to: 4096)
    try socket.descriptor.set(.sendBuffer, to: 4096)
    return socket
  }

  private func listener(backlog: Int32) throws(SystemError) -> HeldSocket {
    let listener = try socket()
    try listener.descriptor.bind(loopback.address())
    try listener.descriptor.listen(backlog: backlog)
    return listener
  }

  private func connect(to listener: HeldSocket) throws(SystemError) -> HeldSocket {
    let client = try socket()
    try client.descriptor.connect(try listener.descriptor.localAddress())
    return client
  }

  private func add(
    _ socket: HeldSocket, _ state: SocketState, remoteOf other: HeldSocket? = nil, to held: inout HeldSockets
  ) {
    var sight = Sight(transport, loopback.family, state)
    sight.local = try? socket.descriptor.localAddress().endpoint
    if let other { sight.remote = try? other.descriptor.localAddress().endpoint }
    sight.descriptor = socket.descriptor.number
    held.sockets.append(socket)
    held.sights.append(sight)
  }

  /// The listener's side of a connection that no process holds.
  private func addUnowned(
    _ state: SocketState, _ listener: HeldSocket, _ client: HeldSocket, to held: inout HeldSockets
  ) {
    var sight = Sight(transport, loopback.family, state)
    sight.local = try? listener.descriptor.localAddress().endpoint
    sight.remote = try? client.descriptor.localAddress().endpoint
    held.sights.append(sight)
  }
}
