import Foundation
import Lesson
import LinuxSystem
import Query
import SocketModel
import TestSupport
import Testing

@Suite("listen-demo, the lesson's server", .timeLimited)
struct ListenDemoTests {
  /// The lesson's client, word for word.
  static let lessonClient = """
    import socket

    HOST = socket.gethostname()  # The remote host
    PORT = 1234  # The same port as used by the server

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        s.connect((HOST, PORT))
        s.sendall(b'Hello, world')
        data = s.recv(1024)

    print('Received', repr(data))
    """

  @Test("the lesson's own client gets the lesson's answer", .needsRoot, .needs("python3"), .needs("unshare"))
  func lesson() throws {
    let (client, server) = try isolated {
      let server = try ListeningServer("--host", "localhost", "--once")
      // The lesson's client asks for the host by the machine's own name.
      let script = "echo localhost > /proc/sys/kernel/hostname; exec python3 -c \"$1\""
      let client = Finished(
        running: try peer("unshare"), ["--uts", "sh", "-c", script, "sh", ListenDemoTests.lessonClient])
      return (client, try server.end(by: nil))
    }
    #expect(client.text == "Received b'Welcome to the server'\n", "\(client.errorText)")
    #expect(server.exitStatus == 0)
    #expect(
      server.text.wholeMatch(
        of: #/listening\nConnected by \('127\.0\.0\.1', \d+\)\nReceived b'Hello, world'\n/#) != nil, "\(server.text)")
    #expect(server.errorText.contains("1 client, 12 bytes received, 21 bytes sent\n"))
  }

  @Test("a Python client for datagrams gets its answer", .needs("python3"))
  func pythonDatagrams() throws {
    let server = try ListeningServer("--udp", "--port", "0", "--once")
    let script = """
      import socket
      with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
          s.settimeout(30)
          s.bind(('127.0.0.1', 0))
          s.sendto(b'Hello, world', ('127.0.0.1', \(try server.port())))
          print('Received', repr(s.recv(1024)), s.getsockname())
      """
    let client = Finished(running: try peer("python3"), ["-c", script])
    let ended = try server.end(by: nil)
    let words = client.text.split(separator: "(")
    #expect(words.first == "Received b'Welcome to the server' ", "\(client.errorText)")
    let address = "(\(words.last ?? "")".trimmingCharacters(in: .newlines)
    #expect(ended.text == "listening\nDatagram from \(address)\nReceived b'Hello, world'\n")
    #expect(ended.exitStatus == 0)
  }

  @Test("a dual-stack server takes both families, on the loopback interface only", .needsRoot, .needs("ss"))
  func dualStack() throws {
    let (answers, listed, server) = try isolated {
      let server = try ListeningServer("--dual-stack", "--max-clients", "2")
      let listed = Finished(running: try peer("ss"), ["-Hltn"]).text
      let answers = ["127.0.0.1", "::1"].map { Program.run("connect-demo", "--quiet", "--host", $0).text }
      return (answers, listed, try server.end(by: nil))
    }
    #expect(answers == Array(repeating: "Received b'\(TestClient.welcome)'\n", count: 2))
    #expect(listed.contains("*%lo:1234"), "\(listed)")
    #expect(server.text.contains("Connected by ('::ffff:127.0.0.1', "), "\(server.text)")
    #expect(!server.errorText.contains("other machines"))
  }

  @Test("nc prints the answer", .needs("nc"))
  func netcat() throws {
    let server = try ListeningServer("--port", "0")
    let client = Finished(
      running: try peer("nc"), ["-N", "127.0.0.1", "\(try server.port())"], input: Array("hi\n".utf8))
    #expect(client.text == TestClient.welcome, "\(client.errorText)")
    let ended = try server.end()
    #expect(ended.text.hasSuffix("\nReceived b'hi\\n'\n"))
  }

  @Test("curl, which accepts only HTTP, gets the reply in HTTP", .needs("curl"))
  func curl() throws {
    let server = try ListeningServer("--port", "0")
    let url = "http://127.0.0.1:\(try server.port())/"
    let options = ["-sS", "--noproxy", "*", "--max-time", "30"]
    let taken = Finished(running: try peer("curl"), options + [url])
    #expect(taken.exitStatus == 0 && taken.text == TestClient.welcome, "\(taken.errorText)")
    let head = Finished(running: try peer("curl"), options + ["--head", url])
    #expect(
      head.text == "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 21\r\n\r\n", "\(head.errorText)")
    let ended = try server.end()
    #expect(ended.text.contains("\nReceived b'GET / HTTP/1.1\\r\\n"), "\(ended.text)")
    #expect(ended.errorText.contains("sockinspect: the client asks in HTTP: the reply gets HTTP's header\n"))
    #expect(
      ended.errorText.contains("2 clients, ") && ended.errorText.contains(", 172 bytes sent\n"), "\(ended.errorText)")
  }

  @Test(
    "only what begins as a request of HTTP is answered in HTTP, and an answer that is HTTP already is left as it is",
    arguments: [
      ("GET / HTTP/1.1\r\n\r\n", "", true), ("POST /a?b HTTP/1.0\nx", "", true),
      ("GET / HTTP/1.1", "HTTP/1.0 204 No\r\n\r\n", false),
      ("GET /", "", false), ("get / HTTP/1.1\r\n", "", false), ("Hello, world", "", false),
      ("\nGET / HTTP/1.1", "", false),
    ])
  func notHTTP(message: String, reply: String, isHTTP: Bool) throws {
    let replying = reply.isEmpty ? [] : ["--reply", reply]
    let server = try ListeningServer(["--port", "0", "--once"] + replying)
    let client = try TestClient(port: try server.port())
    try client.send(message)
    let answer = String(decoding: try client.receiveAll(), as: UTF8.self)
    let wanted = reply.isEmpty ? TestClient.welcome : reply
    #expect(
      isHTTP ? answer.hasPrefix("HTTP/1.0 200 OK\r\n") && answer.hasSuffix("\r\n\r\n\(wanted)") : answer == wanted)
    _ = try server.end(by: nil)
  }

  @Test("received bytes are printed as Python prints them, and at most the buffer's size")
  func bytes() throws {
    let server = try ListeningServer("--port", "0", "--buffer", "12", "--max-clients", "2", "--quiet")
    let port = try server.port()
    let client = try TestClient(port: port)
    try client.send([0, 0x1B, 0x5B, 0x33, 0x31, 0x6D, 0xFF, 0x27, 0x0A, 0x5C, 0xC3, 0xA9])
    #expect(try client.receiveAll() == Array(TestClient.welcome.utf8))
    let empty = try TestClient(port: port)
    try empty.descriptor.shutdown(sending: true)
    #expect(try empty.receiveAll() == Array(TestClient.welcome.utf8))
    let ended = try server.end(by: nil)
    #expect(ended.text.contains("\nReceived b\"\\x00\\x1b[31m\\xff'\\n\\\\\\xc3\\xa9\"\n"), "\(ended.text)")
    #expect(ended.text.hasSuffix("\nReceived b''\n"))
  }

  @Test("ten megabytes come back as they were sent")
  func echo() throws {
    var random = SeededGenerator(seed: 7)
    let sent = (0..<1_310_720).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
    let server = try ListeningServer("--port", "0", "--echo", "--buffer", "65536", "--quiet", "--once")
    let client = try TestClient(port: try server.port())
    let group = DispatchGroup()
    DispatchQueue.global().async(group: group) {
      try? client.send(sent)
      try? client.descriptor.shutdown(sending: true)
    }
    let received = try client.receiveAll()
    group.wait()
    #expect(received == sent)
    let ended = try server.end(by: nil)
    #expect(ended.errorText.contains("1 client, 10485760 bytes received, 10485760 bytes sent\n"))
  }

  @Test("it ends by itself after the given number of clients", arguments: [1, 3])
  func maxClients(count: Int) throws {
    let option = count == 1 ? ["--once"] : ["--max-clients", "\(count)"]
    let server = try ListeningServer("--port", "0", "--quiet", option[0], option.last ?? "")
    let port = try server.port()
    // The first stays silent until the others are done.
    let first = try TestClient(port: port)
    _ = try server.outputs { $0.contains("Connected by") }
    for _ in 1..<max(count, 1) { #expect(try TestClient.lesson(port: port) == TestClient.welcome) }
    #expect(processExists(server.child.pid))
    try first.send("Hello, world")
    #expect(try first.receiveAll() == Array(TestClient.welcome.utf8))
    let ended = try server.end(by: nil)
    #expect(ended.exitStatus == 0)
    #expect(ended.errorText.contains("\(count) client"))
  }

  @Test("a signal ends it with an account", arguments: [SIGINT, SIGTERM, SIGHUP], [true, false])
  func signals(signal: Int32, isQuiet: Bool) throws {
    let server = try ListeningServer("--port", "0", isQuiet ? "--quiet" : "--color=never")
    let port = try server.port()
    #expect(try TestClient.lesson(port: port) == TestClient.welcome)
    let silent = try TestClient(port: port)
    _ = try server.outputs { $0.split(separator: "\n").count == 4 }
    let ended = try server.end(by: signal)
    #expect(ended.exitStatus == 0)
    #expect(
      ended.errorText.contains(
        "sockinspect: 2 clients, 12 bytes received, 21 bytes sent, 1 still open at the end\n"), "\(ended.errorText)")
    #expect(ended.errorText.contains(" of 127.0.0.1:\(port); to see: sockinspect --port \(port)\n"))
    #expect(try silent.receiveAll().isEmpty)
    let left = try Program.list("--local-port", "\(port)")
    #expect(left.sockets.allSatisfy { $0.state != "listen" })
  }

  @Test("with SIGHUP ignored it outlives its terminal", .needs("nohup"))
  func ignoredHangUp() throws {
    let server = try ListeningServer(["--port", "0", "--quiet"], prefix: [try peer("nohup")])
    server.child.signal(SIGHUP)
    #expect(try TestClient.lesson(port: try server.port()) == TestClient.welcome)
    #expect(try server.end(by: SIGTERM).exitStatus == 0)
  }

  @Test("it ends when its time is over")
  func lifetime() throws {
    let server = try ListeningServer("--port", "0", "--for", "0.1", "--quiet")
    let ended = try server.end(by: nil)
    #expect(ended.exitStatus == 0)
    #expect(ended.errorText.contains("0 clients, 0 bytes received, 0 bytes sent\n"))
  }

  @Test("it makes the lesson's calls in the lesson's order")
  func order() throws {
    final class Observer: CallObserver {
      let calls = Locked<[String]>([])
      let address = Locked<SocketAddress?>(nil)
      func before(_ call: SocketCall) throws(Interrupted) { calls.withLock { $0.append(call.name) } }
      func after(_ call: SocketCall, _ result: CallResult) {}
      func waits(for call: SocketCall) {
        guard call.name == "accept", let address = address.withLock({ $0 }) else { return }
        guard let client = try? TestClient(address, family: AF_INET) else { return }
        try? client.send("Hello, world")
        held.append(client)
      }
      func prints(_ line: LessonLine) {}
      func notes(_ note: DemoNote) { if case .serving(let address) = note { self.address.withLock { $0 = address } } }
      var held: [TestClient] = []
    }
    let observer = Observer()
    var settings = ServerSettings()
    settings.maxClients = 1
    let account = try DemoServer.run(
      at: ServerPlace(.ipv4(0x7F00_0001, port: 0)), settings, before: observer, until: try SignalWatch())
    #expect(
      observer.calls.withLock { $0 } == ["socket", "bind", "listen", "accept", "recv", "send", "close", "close"])
    #expect(account.end == .clientsDone)
    #expect(account.bytesReceived == 12)
    #expect(account.bytesSent == 21)
  }
}
