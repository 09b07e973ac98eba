import Foundation
import LinuxSystem
import Query
import TestSupport
import Testing

@Suite("listen-demo among many clients and bad ones", .timeLimited, .serialized)
struct ListenDemoLoadTests {
  /// The most memory that it may use, in KiB.
  static let memory = 20 * 1024

  @Test("clients that are silent, slow, resetting or flooding hold up nobody", arguments: [true, false])
  func badClients(isEcho: Bool) throws {
    let server = try ListeningServer("--port", "0", "--quiet", isEcho ? "--echo" : "--backlog=128")
    let port = try server.port()
    let silent = try (0..<50).map { _ in try TestClient(port: port) }
    let slow = try (0..<20).map { _ in try TestClient(port: port) }
    var flooding: [TestClient] = []
    for _ in 0..<3 {
      let client = try TestClient(port: port)
      flooding.append(client)
      // The echo is not read, so that it stops; otherwise the server closes upon the first bytes.
      let piece: [UInt8] = Array(repeating: 0x78, count: 1_000_000)
      var rounds = 0
      while rounds < 100, let count = try? client.descriptor.send(piece, wait: false), count > 0 { rounds += 1 }
    }
    for round in 0..<30 {
      let resetting = try TestClient(port: port)
      if round % 2 == 0 { try resetting.send("x") }
      try resetting.descriptor.resetOnClose()
    }
    for round in 0..<60 {
      if isEcho, round % 20 == 0 { for client in slow { try client.send("a") } }
      let client = try TestClient(port: port)
      try client.send("Hello, world")
      try client.descriptor.shutdown(sending: true)
      let answer = String(decoding: try client.receiveAll(), as: UTF8.self)
      #expect(answer == (isEcho ? "Hello, world" : TestClient.welcome))
    }
    for client in slow {
      if !isEcho { try client.send("a") }
      try client.descriptor.shutdown(sending: true)
      #expect(try client.receiveAll() == Array((isEcho ? "aaa" : TestClient.welcome).utf8))
    }
    #expect(try server.peakKilobytes() < ListenDemoLoadTests.memory)
    let ended = try server.end()
    #expect(ended.exitStatus == 0)
    let clients = 50 + 20 + 3 + 30 + 60
    #expect(ended.text.matches(of: #/(?m)^Connected by \('127\.0\.0\.1', \d+\)$/#).count == clients)
    #expect(ended.errorText.contains("sockinspect: \(clients) clients, "), "\(ended.errorText)")
    withExtendedLifetime((silent, flooding)) {}
  }

  @Test("a flood that nobody reads back stops at the buffers, and the server does not spin on it")
  func backPressure() throws {
    let server = try ListeningServer("--port", "0", "--quiet", "--echo")
    let client = try TestClient(port: try server.port())
    try client.descriptor.setBlocking(false)
    let piece: [UInt8] = Array(repeating: 0x78, count: 1_000_000)
    var sent = 0
    // It ends after half a second without room, which never comes when the server keeps what it
    // reads.
    var room = pollfd(fd: client.descriptor.number, events: Int16(POLLOUT), revents: 0)
    while sent < 100_000_000, poll(&room, 1, 500) > 0 { sent += try client.descriptor.send(piece, wait: false) }
    #expect(sent < 100_000_000)
    #expect(try ListenDemoLoadTests.ticks(server, during: 0.5) < 10)
    #expect(try server.peakKilobytes() < ListenDemoLoadTests.memory)
    _ = try server.end()
  }

  /// The processor time that the server uses, in hundredths of a second.
  ///
  /// That nothing happens has no event: it is measured over a time.
  private static func ticks(_ server: ListeningServer, during seconds: Double) throws -> Int {
    func total() throws -> Int {
      let fields = try String(contentsOfFile: "/proc/\(server.child.pid)/stat", encoding: .utf8).split(separator: " ")
      let user = try #require(Int(fields[13]))
      let system = try #require(Int(fields[14]))
      return user + system
    }
    let before = try total()
    // It must not end meanwhile.
    let hasEnded = try ProcessHandle(server.child.pid).waitForEnd(milliseconds: Int(seconds * 1000))
    #expect(!hasEnded)
    return try total() - before
  }

  @Test(
    "a connection that is over and kept costs no time",
    arguments: [["--never-close"], ["--never-read"], ["--delay", "3600"]])
  func keptConnections(options: [String]) throws {
    let server = try ListeningServer(["--port", "0", "--quiet"] + options)
    let port = try server.port()
    for isReset in [true, false] {
      let client = try TestClient(port: port)
      try client.send("Hello, world")
      let count = isReset ? 1 : 2
      let word = options == ["--never-read"] ? "Connected" : "Received"
      _ = try server.outputs { $0.split(separator: "\n").filter { $0.hasPrefix(word) }.count == count }
      if isReset { try client.descriptor.resetOnClose() }
    }
    #expect(try ListenDemoLoadTests.ticks(server, during: 0.5) < 10)
    let ended = try server.end()
    #expect(ended.errorText.contains("2 clients, "))
    #expect(ended.errorText.contains(", 2 still open at the end\n"), "\(ended.errorText)")
  }

  @Test("an answer larger than the reader's buffer arrives whole, though it is read only when the server has sent it")
  func largeAnswer() throws {
    let answer = String(repeating: "0123456789", count: 12_000)
    let server = try ListeningServer("--port", "0", "--once", "--reply", answer)
    let client = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue)))
    try client.set(.receiveBuffer, to: 4096)
    try client.connect(.ipv4(0x7F00_0001, port: try server.port()))
    try client.send(Array("Hello, world".utf8))
    try server.errors { $0.contains("\nsend(") }
    var received: [UInt8] = []
    var buffer: [UInt8] = Array(repeating: 0, count: 1500)
    while let count = try client.receive(into: &buffer), count > 0 { received += buffer.prefix(count) }
    #expect(received == Array(answer.utf8))
    let ended = try server.end(by: nil)
    #expect(ended.errorText.contains("1 client, 12 bytes received, 120000 bytes sent\n"))
  }

  @Test("500 clients at once and 1,000 one after the other: all are served, no line is lost")
  func load() throws {
    let server = try ListeningServer("--port", "0", "--quiet", "--max-clients", "1500", "--backlog", "1024")
    let port = try server.port()
    OpenFileLimit.raise(to: 4096)
    let together = try (0..<500).map { _ in try TestClient(port: port) }
    for client in together.reversed() { try client.send("Hello, world") }
    for client in together { #expect(try client.receiveAll() == Array(TestClient.welcome.utf8)) }
    var served = 0
    for _ in 0..<999 where try TestClient.lesson(port: port) == TestClient.welcome { served += 1 }
    #expect(served == 999)
    #expect(try server.peakKilobytes() < ListenDemoLoadTests.memory)
    #expect(try TestClient.lesson(port: port) == TestClient.welcome)
    let ended = try server.end(by: nil)
    #expect(ended.exitStatus == 0)
    #expect(ended.text.matches(of: #/(?m)^Connected by \('127\.0\.0\.1', \d+\)$/#).count == 1500)
    #expect(ended.text.matches(of: #/(?m)^Received b'Hello, world'$/#).count == 1500)
    #expect(ended.errorText.contains("sockinspect: 1500 clients, 18000 bytes received, 31500 bytes sent\n"))
  }

  @Test("a delayed answer holds up no other client")
  func delay() throws {
    let server = try ListeningServer("--port", "0", "--quiet", "--delay", "3600")
    let port = try server.port()
    let clients = try (0..<5).map { _ in try TestClient(port: port) }
    for client in clients { try client.send("Hello, world") }
    _ = try server.outputs { $0.matches(of: #/Received/#).count == 5 }
    let ended = try server.end()
    #expect(ended.errorText.contains("5 clients, 60 bytes received, 0 bytes sent, 5 still open at the end\n"))
  }

  @Test("a client that is silent for too long is closed and reported")
  func timeout() throws {
    let server = try ListeningServer("--port", "0", "--quiet", "--timeout", "0.2", "--once")
    let client = try TestClient(port: try server.port())
    #expect(try client.receiveAll().isEmpty)
    let ended = try server.end(by: nil)
    #expect(ended.errorText.contains(" said nothing for 0.2 s\n"), "\(ended.errorText)")
    #expect(ended.errorText.contains("1 closed for silence\n"))
  }

  @Test(
    "what it never does leaves the state behind",
    arguments: [
      ("--never-close", "close_wait", 1), ("--never-read", "close_wait", 13), ("--never-accept", "close_wait", 13),
    ])
  func never(option: String, state: String, unread: UInt64) throws {
    let server = try ListeningServer("--port", "0", "--quiet", option)
    let port = try server.port()
    let client = try TestClient(port: port)
    try client.send("Hello, world")
    // Before accept(2) the connection has no owner.
    if option != "--never-accept" { _ = try server.outputs { $0.contains("Connected by") } }
    if option == "--never-close" { _ = try server.outputs { $0.contains("Received") } }
    try client.descriptor.shutdown(sending: true)
    let found = try eventually(
      within: 30,
      { try Program.list("--local-port", "\(port)", "--remote-port", "1-65535").sockets },
      until: { $0.first?.state == state })
    #expect(found.map(\.state) == [state])
    // The end that the client sent counts as one.
    #expect(found.map(\.recvQueue) == [unread])
    #expect((found.first?.ownerTexts.isEmpty ?? false) == (option == "--never-accept"))
    let ended = try server.end()
    #expect(ended.text.contains("Connected by") == (option != "--never-accept"))
    #expect(ended.text.contains("Received") == (option == "--never-close"))
  }
}

@Suite("listen-demo for datagrams", .timeLimited)
struct ListenDemoDatagramTests {
  private static func client(_ port: UInt16) throws -> TestClient {
    try TestClient(.ipv4(0x7F00_0001, port: port), family: AF_INET, type: Int32(SOCK_DGRAM.rawValue))
  }

  @Test("of a hundred datagrams exactly the share asked for is dropped", arguments: [0, 1, 30, 50, 99, 100])
  func drop(percent: Int) throws {
    let server = try ListeningServer(
      "--udp", "--port", "0", "--quiet", "--drop", "\(percent)", "--max-clients", "100", "--echo")
    let client = try ListenDemoDatagramTests.client(try server.port())
    // The receive queue has room for all of them.
    for number in 0..<100 { try client.send("\(number)") }
    let ended = try server.end(by: nil)
    #expect(ended.exitStatus == 0)
    #expect(ended.text.matches(of: #/(?m)^Datagram from /#).count == 100 - percent)
    #expect(ended.errorText.contains("sockinspect: 100 datagrams, 190 bytes received, "), "\(ended.errorText)")
    #expect(ended.errorText.contains("\(percent) dropped as asked") == (percent > 0))
  }

  @Test("an answer is overtaken by the next two, and one that no others follow still comes")
  func reorder() throws {
    let server = try ListeningServer(
      "--udp", "--port", "0", "--quiet", "--reorder", "--echo", "--max-clients", "4")
    let client = try ListenDemoDatagramTests.client(try server.port())
    for word in ["one", "two", "three", "four"] { try client.send(word) }
    var buffer: [UInt8] = Array(repeating: 0, count: 100)
    let received = try (0..<4).map { _ in
      let count = try client.descriptor.receive(into: &buffer) ?? 0
      return String(decoding: buffer.prefix(count), as: UTF8.self)
    }
    #expect(received == ["two", "three", "one", "four"])
    let ended = try server.end(by: nil)
    #expect(ended.exitStatus == 0)
  }

  @Test("a datagram longer than the buffer is cut, and that is reported")
  func truncation() throws {
    let server = try ListeningServer("--udp", "--port", "0", "--buffer", "5", "--once")
    let client = try ListenDemoDatagramTests.client(try server.port())
    try client.send("Hello, world")
    let ended = try server.end(by: nil)
    #expect(ended.text.hasSuffix("\nReceived b'Hello'\n"))
    #expect(ended.errorText.contains("the datagram had 12 bytes and the buffer took 5"), "\(ended.errorText)")
    #expect(ended.errorText.contains("1 datagram, 5 bytes received, 21 bytes sent, 1 cut to the buffer's size\n"))
  }
}
