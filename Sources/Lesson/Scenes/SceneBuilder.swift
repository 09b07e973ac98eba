import Glibc
import LinuxSystem
import SocketModel

/// Makes troubles with sockets on loopback, by ordinary calls.
struct SceneBuilder {
  let scene: TroubleScene
  /// The address in question; port 0 asks for a free one.
  let address: SocketAddress
  private let ends: TCPScenarioBuilder

  init(_ scene: TroubleScene, at address: SocketAddress) {
    self.scene = scene
    self.address = address
    ends = TCPScenarioBuilder(at: address)
  }

  /// What a scene consists of.
  struct Parts {
    var address: SocketAddress
    var sockets: [HeldSocket] = []
    var sightings: Set<SocketSighting> = []
    var count = 0
    var isInUserNamespace = false
    var process = MadeScene.SceneProcess.none

    init(_ address: SocketAddress) { self.address = address }

    init(_ socket: HeldSocket) throws(SystemError) {
      self.init(try socket.descriptor.localAddress())
      sockets = [socket]
    }
  }

  func make() throws(SystemError) -> Parts {
    switch scene {
    case .acceptQueue: try fillQueue()
    case .closeWait: try leaveFirstOpen()
    case .resetSockets: try leaveResets()
    case .ephemeralPorts: try exhaustPorts()
    case .zeroWindow: try fillWindow()
    case .udpDrops: try overflow()
    case .inherited: try bequeath()
    case .timeWait: try leaveTimeWait()
    case .outgoingConnection: try connectFromPort()
    case .reusePort: try share()
    case .ipv6Only: try splitFamilies()
    case .stopped: try stop()
    }
  }

  // MARK: The scenes

  /// How many clients the full queue takes, which is one more than its limit, and how many find it
  /// full.
  static let (queued, refused) = (3, 3)

  private func fillQueue() throws(SystemError) -> Parts {
    let listener = try ends.listener(backlog: Int32(Self.queued - 1))
    var parts = try Parts(listener)
    for _ in 0..<Self.queued { parts.sockets.append(try ends.connect(to: listener)) }
    // Of a listener the kernel reports the length of its queue here (`tcp_get_info`).
    try ends.until { () throws(SystemError) in try listener.descriptor.segmentsInFlight() >= UInt32(Self.queued) }
    for _ in 0..<Self.refused {
      let late = try ends.client()
      try late.descriptor.set(.synRetries, to: 127)
      try late.descriptor.setBlocking(false)
      try late.descriptor.connect(parts.address)
      parts.sockets.append(late)
    }
    return parts
  }

  private func leaveFirstOpen() throws(SystemError) -> Parts {
    let listener = try ends.listener(backlog: 16)
    var parts = try Parts(listener)
    parts.sockets.append(try leaveOpen(at: listener))
    return parts
  }

  /// Connects, has the server read what the client sends, and closes the client: the server's end,
  /// which is returned, is in CLOSE_WAIT.
  func leaveOpen(at listener: HeldSocket) throws(SystemError) -> HeldSocket {
    let place = try listener.descriptor.localAddress()
    // No reset when it is closed, as the other clients' sockets have it.
    let client = HeldSocket(try Descriptor.socket(Loopback.ipv4.kind(SOCK_STREAM)))
    try client.descriptor.connect(place)
    let server = try ends.accept(client, of: listener)
    try client.descriptor.send(Array("Hello, world".utf8))
    try ends.until { () throws(SystemError) in try server.descriptor.discardReceived() > 0 }
    try client.descriptor.shutdown(sending: true)
    try ends.settle(server, in: .closeWait)
    return server
  }

  /// How many connections are reset.
  static let resets = 12

  private func leaveResets() throws(SystemError) -> Parts {
    let listener = try ends.listener(backlog: 16)
    var parts = try Parts(listener)
    for _ in 0..<Self.resets { parts.sockets.append(try leaveReset(at: listener)) }
    for server in parts.sockets.dropFirst() { try ends.settle(server, in: .close) }
    parts.count = Self.resets
    return parts
  }

  /// The server's end of a connection that its client resets by closing.
  private func leaveReset(at listener: HeldSocket) throws(SystemError) -> HeldSocket {
    try ends.accept(try ends.connect(to: listener), of: listener)
  }

  /// The local ports for connections in the namespace of the scene.
  static let range: ClosedRange<UInt16> = 40_000...40_009

  private func exhaustPorts() throws(SystemError) -> Parts {
    let isOfUser = try moveIntoNewNetworkNamespace()
    let setting = try Descriptor.open("/proc/sys/net/ipv4/ip_local_port_range", for: .replacing)
    try setting.writeAll(Array("\(Self.range.lowerBound) \(Self.range.upperBound)\n".utf8).span)
    let listener = try ends.listener(backlog: 16)
    var parts = try Parts(listener)
    parts.isInUserNamespace = isOfUser
    while parts.count <= Self.range.count {
      do throws(SystemError) {
        let client = try ends.connect(to: listener)
        parts.sockets += [client, try ends.accept(client, of: listener)]
      } catch {
        if error.code == EADDRNOTAVAIL { return parts }
        throw error
      }
      parts.count += 1
    }
    throw SystemError("connect", "more connections than there are ports", code: EADDRNOTAVAIL)
  }

  private func fillWindow() throws(SystemError) -> Parts {
    let listener = try ends.listener(backlog: 16)
    var parts = try Parts(listener)
    let client = try ends.connect(to: listener)
    let server = try ends.accept(client, of: listener)
    let block: [UInt8] = Array(repeating: UInt8(ascii: "x"), count: 16_384)
    while case let sent = try client.descriptor.send(block, wait: false), sent > 0 { parts.count += sent }
    try ends.until { () throws(SystemError) in try client.descriptor.segmentsInFlight() == 0 }
    parts.sockets += [client, server]
    return parts
  }

  /// How many datagrams are sent, and the bytes of each.
  static let (datagrams, datagramSize) = (200, 512)

  private func overflow() throws(SystemError) -> Parts {
    let receiver = HeldSocket(try Descriptor.socket(Loopback.ipv4.kind(SOCK_DGRAM)))
    try receiver.descriptor.set(.receiveBuffer, to: 4096)
    try receiver.descriptor.bind(address)
    var parts = try Parts(receiver)
    let sender = HeldSocket(try Descriptor.socket(Loopback.ipv4.kind(SOCK_DGRAM)))
    try sender.descriptor.connect(parts.address)
    let datagram: [UInt8] = Array(repeating: UInt8(ascii: "x"), count: Self.datagramSize)
    for _ in 0..<Self.datagrams { try sender.descriptor.send(datagram) }
    parts.count = Self.datagrams
    return parts
  }

  private func bequeath() throws(SystemError) -> Parts {
    let listener = try ends.listener(backlog: 16)
    var parts = Parts(try listener.descriptor.localAddress())
    parts.process = .heir(try ListenerHeir(of: listener.descriptor))
    return parts
  }

  /// Leaves the server's end of a connection in TIME_WAIT. The server has no SO_REUSEADDR, and is
  /// closed.
  func leaveTimeWait() throws(SystemError) -> Parts {
    let listener = try ends.socket()
    try listener.descriptor.bind(address)
    try listener.descriptor.listen(backlog: 16)
    var parts = Parts(try listener.descriptor.localAddress())
    let client = try ends.connect(to: listener)
    let server = try ends.accept(client, of: listener)
    var sighting = SocketSighting(.tcp, .ipv4, .timeWait)
    sighting.local = parts.address.endpoint
    sighting.remote = try client.descriptor.localAddress().endpoint
    parts.sightings = [sighting]
    try server.descriptor.shutdown(sending: true)
    try ends.settle(client, in: .closeWait)
    try client.descriptor.shutdown(sending: true)
    try ends.settle(server, in: .close)
    try ends.settle(client, in: .close)
    return parts
  }

  private func connectFromPort() throws(SystemError) -> Parts {
    let other = TCPScenarioBuilder(at: Loopback.ipv4.address())
    let listener = try other.listener(backlog: 16)
    let client = try other.socket()
    if address.port != 0 { try client.descriptor.bind(address) }
    try client.descriptor.connect(try listener.descriptor.localAddress())
    var parts = try Parts(client)
    parts.sockets += [listener, try other.accept(client, of: listener)]
    return parts
  }

  /// How many servers share the port.
  static let members = 4

  private func share() throws(SystemError) -> Parts {
    var parts = Parts(address)
    for _ in 0..<Self.members {
      let member = try ends.socket()
      try member.descriptor.set(.reusePort, to: 1)
      try member.descriptor.bind(parts.address)
      try member.descriptor.listen(backlog: 16)
      parts.address = try member.descriptor.localAddress()
      parts.sockets.append(member)
    }
    parts.count = Self.members
    return parts
  }

  private func splitFamilies() throws(SystemError) -> Parts {
    for _ in 0..<8 {
      let every = SocketAddress.ipv6(0, port: address.port ?? 0)
      let first = try TCPScenarioBuilder(at: every).socket()
      try first.descriptor.set(.ipv6Only, to: 1)
      // The loopback interface is the first of each network namespace.
      try first.descriptor.set(.boundInterface, to: 1)
      try first.descriptor.set(.reuseAddress, to: 1)
      do throws(SystemError) {
        try first.descriptor.bind(every)
        try first.descriptor.listen(backlog: 16)
      } catch {
        throw SystemError(error.call, MadeScene.everyIPv6Address, code: error.code)
      }
      let place = Loopback.ipv4.address(port: try first.descriptor.localAddress().port ?? 0)
      do throws(SystemError) {
        var parts = try Parts(try TCPScenarioBuilder(at: place).listener(backlog: 16))
        parts.sockets.append(first)
        return parts
      } catch {
        // The port that the kernel chose for IPv6 may be taken for IPv4.
        guard address.port == 0, error.isAddressTaken else { throw error }
      }
    }
    throw SystemError("bind", code: EADDRINUSE)
  }

  private func stop() throws(SystemError) -> Parts {
    let listener = try ends.listener(backlog: 16)
    var parts = Parts(try listener.descriptor.localAddress())
    let server = try ForkedServer(of: listener.descriptor, answering: Array("Welcome to the server".utf8))
    try server.stop()
    let client = try ends.connect(to: listener)
    try client.descriptor.send(Array("Hello, world".utf8))
    parts.sockets.append(client)
    parts.process = .stopped(server)
    return parts
  }
}
