import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite("Connections, datagrams and readiness", .timeLimited)
struct TrafficTests {
  private func stream() throws -> Descriptor {
    try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue)))
  }

  private func listener() throws -> Descriptor {
    let listener = try stream()
    try listener.bind(.ipv4(0x7F00_0001, port: 0))
    try listener.listen(backlog: 4)
    try listener.setBlocking(false)
    return listener
  }

  /// Waits for something that the kernel does within a moment, at most two seconds.
  private func wait(for number: Int32, _ interest: ReadinessQueue.Interest) throws -> ReadinessQueue.Event? {
    let queue = try ReadinessQueue()
    try queue.add(number, for: interest, tag: 7)
    var events: [ReadinessQueue.Event] = []
    try queue.wait(milliseconds: 2000, into: &events)
    return events.first
  }

  @Test("accepting returns who connected, the bytes that were sent, and the end; and nothing while nothing is there")
  func accepting() throws {
    let listener = try listener()
    let isEmpty = try listener.acceptReady() == nil
    #expect(isEmpty)
    let client = try stream()
    try client.connect(try listener.localAddress())
    let event = try wait(for: listener.number, .reading)
    #expect(event?.tag == 7)
    #expect(event?.ready == .reading)
    guard let accepted = try listener.acceptReady() else {
      Issue.record("no connection was there")
      return
    }
    #expect(accepted.peer == (try client.localAddress()))
    let server = accepted.intoDescriptor()
    #expect(try server.peerAddress() == (try client.localAddress()))
    var buffer: [UInt8] = Array(repeating: 0, count: 8)
    let nothing = try server.receive(into: &buffer, wait: false)
    #expect(nothing == nil)
    try client.send(Array("Hello, world".utf8))
    try client.shutdown(sending: true)
    _ = try wait(for: server.number, .reading)
    let first = try server.receive(into: &buffer)
    #expect(first == 8)
    #expect(buffer == Array("Hello, w".utf8))
    let second = try server.receive(into: &buffer)
    #expect(second == 4)
    let end = try server.receive(into: &buffer)
    #expect(end == 0)
  }

  @Test("a connection to a port without listener is refused, at once or later")
  func refused() throws {
    let free = try stream()
    try free.bind(.ipv4(0x7F00_0001, port: 0))
    let client = try stream()
    try client.setBlocking(false)
    let error = #expect(throws: SystemError.self) {
      let isDone = try client.connect(try free.localAddress())
      let stands = try client.finishConnecting(milliseconds: 2000)
      Issue.record("connected: \(isDone) \(stands)")
    }
    #expect(error?.code == ECONNREFUSED)
    #expect(error?.call == "connect")
    #expect(try client.takePendingError() == 0)
  }

  @Test("a datagram that is longer than the buffer has its own length and its sender")
  func datagrams() throws {
    let kind = SocketKind(family: AF_INET6, type: Int32(SOCK_DGRAM.rawValue))
    let receiver = try Descriptor.socket(kind)
    try receiver.bind(.ipv6(1, port: 0))
    let sender = try Descriptor.socket(kind)
    try sender.bind(.ipv6(1, port: 0))
    var buffer: [UInt8] = Array(repeating: 0, count: 8)
    let nothing = try receiver.receiveDatagram(into: &buffer, wait: false)
    #expect(nothing == nil)
    try sender.send(Array("Welcome to the server".utf8), to: try receiver.localAddress())
    let datagram = try receiver.receiveDatagram(into: &buffer)
    #expect(datagram?.bytes == Array("Welcome ".utf8))
    #expect(datagram?.length == 21)
    #expect(datagram?.sender == (try sender.localAddress()))
    #expect(throws: SystemError.self) { try sender.send(Array(repeating: 0, count: 70_000), to: .ipv6(1, port: 9)) }
  }

  @Test("a socket keeps its cookie, and what is not a socket has none")
  func cookies() throws {
    let first = try stream()
    let second = try stream()
    let cookie = socketCookie(of: first.number)
    #expect(cookie != nil)
    try first.bind(.ipv4(0x7F00_0001, port: 0))
    #expect(socketCookie(of: first.number) == cookie)
    #expect(socketCookie(of: second.number) != cookie)
    let file = try Descriptor.open("/dev/null")
    #expect(socketCookie(of: file.number) == nil)
    #expect(socketCookie(of: -1) == nil)
  }

  @Test("a listener that drops what comes in holds the handshake at either step until it admits all")
  func segments() throws {
    let synSent: UInt8 = 2
    let established: UInt8 = 1
    let listener = try listener()
    try listener.admit(.none)
    let client = try stream()
    try client.setBlocking(false)
    let isDone = try client.connect(try listener.localAddress())
    #expect(!isDone)
    #expect(try client.tcpState() == synSent)
    // The SYN that the kernel sends again is answered; the handshake's end does not reach the
    // listener.
    try listener.admit(.onlySYN)
    #expect(try client.finishConnecting(milliseconds: 10_000))
    #expect(try client.tcpState() == established)
    let isEmpty = try listener.acceptReady() == nil
    #expect(isEmpty)
    try listener.admitAll()
    let queue = try ReadinessQueue()
    try queue.add(listener.number, for: .reading, tag: 1)
    var events: [ReadinessQueue.Event] = []
    try queue.wait(milliseconds: 10_000, into: &events)
    #expect(events.count == 1)
    let isThere = try listener.acceptReady() != nil
    #expect(isThere)
  }

  @Test("readiness: all that are ready, none that was removed, nothing after the time")
  func readiness() throws {
    let queue = try ReadinessQueue()
    let pipes = try (0..<3).map { _ in try Descriptor.socketPair(type: Int32(SOCK_STREAM.rawValue)) }
    let ends = pipes.flatMap { [$0.0, $0.1] }
    defer { for number in ends { close(number) } }
    for (index, pair) in pipes.enumerated() { try queue.add(pair.0, for: .reading, tag: UInt64(index)) }
    var events: [ReadinessQueue.Event] = []
    try queue.wait(milliseconds: 0, into: &events)
    #expect(events.isEmpty)
    for pair in pipes { _ = write(pair.1, "x", 1) }
    try queue.wait(milliseconds: 2000, into: &events)
    #expect(Set(events.map(\.tag)) == [0, 1, 2])
    try queue.remove(pipes[0].0)
    try queue.change(pipes[1].0, to: .writing, tag: 9)
    try queue.wait(milliseconds: 2000, into: &events)
    #expect(Set(events.map(\.tag)) == [9, 2])
    shutdown(pipes[2].1, Int32(SHUT_RDWR))
    try queue.change(pipes[2].0, to: [], tag: 2)
    try queue.wait(milliseconds: 2000, into: &events)
    #expect(events.contains { $0.tag == 2 && $0.isOver })
    #expect(throws: SystemError.self) { try queue.add(pipes[1].0, for: .reading, tag: 1) }
  }

  @Test("a signal is something to wait for while it is watched, and the first one stays known")
  func signals() throws {
    do {
      let watch = try SignalWatch()
      #expect(watch.arrived() == nil)
      raise(SIGTERM)
      let event = try wait(for: watch.descriptor.number, .reading)
      #expect(event?.ready == .reading)
      raise(SIGINT)
      let first = watch.arrived()
      #expect(first == SIGINT || first == SIGTERM)
      #expect(watch.arrived() == first)
      raise(SIGHUP)
      // A pending signal does not end the process when the watch is dropped.
    }
    var blocked = sigset_t()
    pthread_sigmask(SIG_BLOCK, nil, &blocked)
    #expect(sigismember(&blocked, SIGTERM) == 0)
  }

  @Test(
    "a name or address as text has addresses with the port asked for",
    arguments: [("127.0.0.1", 4), ("::1", 16), ("0x7f.1", 4), ("localhost", 0)])
  func addresses(name: String, length: Int) throws {
    let found = try HostNames.addresses(of: name, port: 1234)
    #expect(!found.isEmpty)
    #expect(found.allSatisfy { $0.port == 1234 })
    if length == 4 { #expect(found == [.ipv4(0x7F00_0001, port: 1234)]) }
    if length == 16 { #expect(found == [.ipv6(1, port: 1234)]) }
    #expect(Set(found).count == found.count)
  }

  @Test("a name that has no address is reported with the reason", arguments: ["", "no such name", "256.1.1.1."])
  func unknownNames(name: String) {
    let error = #expect(throws: HostNames.LookupError.self) { try HostNames.addresses(of: name, port: 1) }
    #expect(error?.name == name)
    #expect(error?.reason.isEmpty == false)
  }
}
