import Glibc
package import LinuxSystem

/// What UDP does not guarantee, each shown by real datagrams over loopback between a client and a
/// server in this thread.
///
/// The server does on purpose what a network does by accident: it drops a datagram, and answers in
/// another order. The other failures need no help: the kernel refuses, cuts and drops.
package struct NoGuarantee {
  /// A way to fail.
  package enum Scene: Int, CaseIterable, Sendable {
    /// No socket has the port.
    case refused = 1
    /// One of three datagrams is dropped.
    case lost
    /// Three datagrams are answered in another order.
    case reordered
    /// The answer is longer than the buffer.
    case truncated
    /// More is sent than the server's receive buffer holds.
    case overflown
  }

  /// The side that acts.
  package enum Party: Sendable, Hashable {
    /// The client.
    case client
    /// The server.
    case server
  }

  /// Something that happened.
  package enum Event: Sendable, Hashable {
    /// A scene begins, with these ends.
    case begins(Scene, client: SocketAddress, server: SocketAddress)
    /// `send(2)`, which succeeded.
    case sent(Party, [UInt8])
    /// `recv(2)`: the bytes that were read of a datagram, and its length.
    case received(Party, [UInt8], length: Int)
    /// The server does not answer a datagram, as if it had not arrived.
    case threwAway([UInt8])
    /// `recv(2)` of the client failed.
    case failed(SystemError)
    /// The client waited this many milliseconds, and nothing came.
    case silent(milliseconds: Int)
    /// Nothing is left to read.
    case nothingLeft
    /// The client sent this many datagrams of this many bytes each, and each `send(2)` succeeded.
    case sentMany(count: Int, size: Int)
    /// The kernel counts drops for the server's socket, which is not read: this is the moment to
    /// look at it.
    case lookAt(SocketAddress)
    /// The server then read this many of those datagrams.
    case readMany(count: Int)
  }

  /// How long to wait for an answer that does not come, in milliseconds.
  package static let patience = 300
  /// The client's message and the server's answer, as in the lesson.
  private static let greeting = Array("Hello, world".utf8)
  private static let welcome = Array("Welcome to the server".utf8)

  private let loopback: Loopback
  private let watch: SignalWatch?
  private let calls = Calls(observer: nil)

  /// Makes the scenes over a loopback address.
  package init(over loopback: Loopback, watch: SignalWatch?) {
    self.loopback = loopback
    self.watch = watch
  }

  /// Plays a scene.
  ///
  /// - Parameter report: called for each event at once, while the sockets are in the state that the
  ///   event describes.
  package func play(_ scene: Scene, report: (Event) -> Void) throws(DemoFailure) {
    if watch?.arrived() != nil { throw .interrupted }
    let client = try socket()
    if scene == .refused {
      let address = try freeAddress()
      try connect(client, to: address)
      report(.begins(scene, client: try name(of: client), server: address))
      return try refuse(client, report)
    }
    let server = try socket()
    if scene == .overflown { try calls.set(.receiveBuffer, "SO_RCVBUF", to: 4096, on: server) }
    try calls.bind(server, to: loopback.address())
    try connect(client, to: try name(of: server))
    report(.begins(scene, client: try name(of: client), server: try name(of: server)))
    switch scene {
    case .refused: break
    case .lost: try lose(client, server, report)
    case .reordered: try reorder(client, server, report)
    case .truncated: try truncate(client, server, report)
    case .overflown: try overflow(client, server, report)
    }
  }

  // MARK: Scenes

  private func refuse(_ client: borrowing Descriptor, _ report: (Event) -> Void) throws(DemoFailure) {
    try send(client, NoGuarantee.greeting, report)
    _ = try receive(client, report)
  }

  private func lose(
    _ client: borrowing Descriptor, _ server: borrowing Descriptor, _ report: (Event) -> Void
  ) throws(DemoFailure) {
    for number in 1...3 {
      try send(client, NoGuarantee.greeting + Array(" #\(number)".utf8), report)
      guard let datagram = try take(server, report) else { continue }
      if number == 2 {
        report(.threwAway(datagram.bytes))
      } else {
        try answer(server, datagram, number, report)
      }
      _ = try receive(client, report)
    }
  }

  private func reorder(
    _ client: borrowing Descriptor, _ server: borrowing Descriptor, _ report: (Event) -> Void
  ) throws(DemoFailure) {
    for number in 1...3 { try send(client, NoGuarantee.greeting + Array(" #\(number)".utf8), report) }
    var datagrams: [(number: Int, datagram: Datagram)] = []
    for number in 1...3 { if let datagram = try take(server, report) { datagrams.append((number, datagram)) } }
    for (number, datagram) in datagrams.reversed() { try answer(server, datagram, number, report) }
    for _ in datagrams { _ = try receive(client, report) }
  }

  private func truncate(
    _ client: borrowing Descriptor, _ server: borrowing Descriptor, _ report: (Event) -> Void
  ) throws(DemoFailure) {
    try send(client, NoGuarantee.greeting, report)
    guard let datagram = try take(server, report) else { return }
    try answer(server, datagram, nil, report)
    _ = try receive(client, buffer: 8, report)
    var buffer: [UInt8] = Array(repeating: 0, count: 8)
    if try calls.receiveDatagram(client, into: &buffer) == nil { report(.nothingLeft) }
  }

  private func overflow(
    _ client: borrowing Descriptor, _ server: borrowing Descriptor, _ report: (Event) -> Void
  ) throws(DemoFailure) {
    let (count, size) = (50, 512)
    for _ in 0..<count { _ = try calls.send(client, Array(repeating: UInt8(ascii: "x"), count: size)) }
    report(.sentMany(count: count, size: size))
    report(.lookAt(try name(of: server)))
    var buffer: [UInt8] = Array(repeating: 0, count: 1024)
    var read = 0
    while try calls.receiveDatagram(server, into: &buffer) != nil { read += 1 }
    report(.readMany(count: read))
  }

  // MARK: Steps

  private func socket() throws(DemoFailure) -> Descriptor { try calls.socket(loopback.kind(SOCK_DGRAM)) }

  private func connect(_ client: borrowing Descriptor, to address: SocketAddress) throws(DemoFailure) {
    _ = try calls.connect(client, to: address)
  }

  /// Returns an address with a port that no socket had a moment ago.
  private func freeAddress() throws(DemoFailure) -> SocketAddress {
    let socket = try socket()
    try calls.bind(socket, to: loopback.address())
    return try name(of: socket)
  }

  private func name(of socket: borrowing Descriptor) throws(DemoFailure) -> SocketAddress {
    do throws(SystemError) { return try socket.localAddress() } catch {
      throw .call(.bind(socket.number, loopback.address()), error)
    }
  }

  private func send(
    _ client: borrowing Descriptor, _ bytes: [UInt8], _ report: (Event) -> Void
  ) throws(DemoFailure) {
    _ = try calls.send(client, bytes)
    report(.sent(.client, bytes))
  }

  private func answer(
    _ server: borrowing Descriptor, _ datagram: Datagram, _ number: Int?, _ report: (Event) -> Void
  ) throws(DemoFailure) {
    let bytes = NoGuarantee.welcome + (number.map { Array(" #\($0)".utf8) } ?? [])
    try calls.send(server, bytes, to: datagram.sender)
    report(.sent(.server, bytes))
  }

  /// Reads what has arrived at the server.
  private func take(_ server: borrowing Descriptor, _ report: (Event) -> Void) throws(DemoFailure) -> Datagram? {
    var buffer: [UInt8] = Array(repeating: 0, count: 1024)
    guard try wait(for: server), let datagram = try calls.receiveDatagram(server, into: &buffer) else { return nil }
    report(.received(.server, datagram.bytes, length: datagram.length))
    return datagram
  }

  /// Reads what has arrived at the client.
  private func receive(
    _ client: borrowing Descriptor, buffer size: Int = 1024, _ report: (Event) -> Void
  ) throws(DemoFailure) -> Datagram? {
    var buffer: [UInt8] = Array(repeating: 0, count: size)
    guard try wait(for: client) else {
      report(.silent(milliseconds: NoGuarantee.patience))
      return nil
    }
    do throws(DemoFailure) {
      guard let datagram = try calls.receiveDatagram(client, into: &buffer) else { return nil }
      report(.received(.client, datagram.bytes, length: datagram.length))
      return datagram
    } catch {
      guard let systemError = error.systemError else { throw error }
      report(.failed(systemError))
      return nil
    }
  }

  private func wait(for socket: borrowing Descriptor) throws(DemoFailure) -> Bool {
    do throws(SystemError) {
      let queue = try ReadinessQueue()
      try queue.add(socket.number, for: .reading, tag: 1)
      if let watch { try queue.add(watch.descriptor.number, for: .reading, tag: 0) }
      var events: [ReadinessQueue.Event] = []
      try queue.wait(milliseconds: NoGuarantee.patience, into: &events)
      if events.contains(where: { $0.tag == 1 }) { return true }
    } catch {
      throw .call(.receive(socket.number, capacity: 0), error)
    }
    if watch?.arrived() != nil { throw .interrupted }
    return false
  }
}
