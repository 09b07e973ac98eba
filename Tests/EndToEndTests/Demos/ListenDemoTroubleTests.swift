import Foundation
import LinuxSystem
import Query
import TestSupport
import Testing

@Suite("listen-demo, when the address cannot be had or a client misbehaves", .timeLimited)
struct ListenDemoTroubleTests {
  @Test("a port that is taken: who has it, and exit status 1")
  func taken() throws {
    let server = try ListeningServer("--port", "0")
    let port = try server.port()
    let second = Program.run("listen-demo", "--port", "\(port)", "--quiet")
    #expect(second.exitStatus == 1)
    #expect(second.text.isEmpty)
    #expect(second.errorText.contains("127.0.0.1:\(port) is taken"))
    #expect(second.errorText.contains("\(server.child.pid)"))
    _ = try server.end()
  }

  @Test(
    "an address that cannot be had is an error that says what to do",
    arguments: [
      (["--host", "192.0.2.1"], "192.0.2.1 is no address of this machine", "`ip address` lists"),
      (["--host", "no-such-host.invalid"], "no address of the host 'no-such-host.invalid'", "--host 127.0.0.1"),
      (["-6", "--host", "no-such-host.invalid"], "no IPv6 address of the host", "--host ::1"),
      (["--unix", "/no-such-folder/socket"], "/no-such-folder/socket cannot be made", "make that first"),
      (["--unix", "/proc/version"], "/proc/version is taken", "--unix PATH"),
    ])
  func addresses(options: [String], message: String, advice: String) {
    let finished = Finished(running: Program.path, ["listen-demo", "--quiet"] + options)
    #expect(finished.exitStatus == 1)
    #expect(finished.text.isEmpty)
    #expect(finished.errorText.contains(message), "\(finished.errorText)")
    #expect(finished.errorText.contains(advice), "\(finished.errorText)")
  }

  @Test("a port below 1024 without privilege", .needsRoot, .needs("setpriv"))
  func privilege() throws {
    let finished = try isolated {
      // The loader reads the program as root, so that it can be where no other user may go.
      Finished(
        running: try peer("setpriv"),
        ["--bounding-set", "-net_bind_service", "--inh-caps", "-net_bind_service", Program.path, "listen-demo", "-q"]
          + ["--port", "80"])
    }
    #expect(finished.exitStatus == 1)
    #expect(finished.errorText.contains("port 80 is not for everybody: a port below 1024"), "\(finished.errorText)")
    #expect(finished.errorText.contains("--port 8080"))
  }

  @Test("an address that other machines can reach is warned of, the loopback address not")
  func reachable() throws {
    let open = try ListeningServer("--port", "0", "--host", "0.0.0.0", "--quiet")
    #expect(try open.end().errorText.contains("other machines can reach 0.0.0.0:"))
    let closed = try ListeningServer("--port", "0", "--host", "localhost", "--quiet")
    #expect(!(try closed.end().errorText.contains("other machines")))
  }

  @Test(
    "where the loopback interface is down, as in a network namespace just made, that is said, and how to bring it up",
    .needsRoot, .needs("unshare"),
    arguments: [
      "listen-demo -6", "listen-demo --hold close-wait", "listen-demo --hold all -6", "connect-demo", "connect-demo -6",
      "connect-demo --udp --count 3", "connect-demo --udp --no-guarantee", "flow-demo", "flow-demo -6",
      "flow-demo --udp",
    ])
  func loopbackDown(command: String) throws {
    let words = command.split(separator: " ").map(String.init)
    let finished = Finished(running: try peer("unshare"), ["--net", Program.path] + words)
    #expect(finished.exitStatus == 1)
    let lines = finished.errorText.split(separator: "\n")
    let message = try #require(
      lines.firstIndex { $0.contains("the loopback interface of this network namespace is down") })
    #expect(lines[message].hasPrefix("sockinspect: "))
    #expect(lines[message + 1] == "  as root, `ip link set lo up` brings it up")
    if command.hasSuffix("3") {
      #expect(lines[(message + 2)...] == ["sockinspect: 1 datagram: 1 failed, 2 not begun; 0 bytes sent, 0 received"])
    }
  }

  @Test("IPv4 clients reach a dual-stack socket and no other IPv6 one", .needsRoot, arguments: [true, false])
  func dualStack(isDual: Bool) throws {
    let (answer, text) = try isolated {
      let server = try ListeningServer("--quiet", "--host", "::", isDual ? "--dual-stack" : "-6")
      let answer = try? TestClient.lesson(port: 1234)
      return (answer, try server.end().text)
    }
    #expect(answer == (isDual ? TestClient.welcome : nil))
    #expect(text.contains("Connected by ('::ffff:127.0.0.1', ") == isDual)
  }

  @Test("a unix path is served and removed at the end", arguments: ["stream", "datagram"])
  func unixPath(type: String) throws {
    try withFolder { folder in
      let path = "\(folder)/server.sock"
      let isDatagram = type == "datagram"
      let server = try ListeningServer("--unix", path, "--quiet", isDatagram ? "--udp" : "--backlog=5")
      let kind = isDatagram ? SOCK_DGRAM : SOCK_STREAM
      let client = try Descriptor.socket(SocketKind(family: AF_UNIX, type: Int32(kind.rawValue)))
      if isDatagram { try client.bind(.unixAutobind) }
      try client.connect(.unix(path: Array(path.utf8)))
      try client.send(Array("Hello, world".utf8))
      var buffer: [UInt8] = Array(repeating: 0, count: 100)
      let count = try client.receive(into: &buffer) ?? 0
      #expect(buffer.prefix(count) == ArraySlice(TestClient.welcome.utf8))
      let ended = try server.end(by: SIGTERM)
      #expect(ended.exitStatus == 0)
      #expect(ended.text.hasSuffix("\nReceived b'Hello, world'\n"))
      #expect(isDatagram || ended.text == "listening\nConnected by \nReceived b'Hello, world'\n")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }

  @Test("a path that belongs to another socket at the end is left alone, and an existing one is not taken")
  func foreignPath() throws {
    try withFolder { folder in
      let path = "\(folder)/server.sock"
      let server = try ListeningServer("--unix", path, "--quiet")
      try FileManager.default.removeItem(atPath: path)
      let other = try ListeningServer("--unix", path, "--quiet")
      #expect(try server.end().exitStatus == 0)
      #expect(FileManager.default.fileExists(atPath: path))
      let found = Program.run("-x", "path = \(path)", "--no-header").text.split(separator: "\n")
      #expect(found.count == 1 && found[0].contains("[\(other.child.pid)]"), "\(found)")
      let refused = Program.run("listen-demo", "--unix", path, "--quiet")
      #expect(refused.exitStatus == 1)
      #expect(refused.errorText.contains("\(other.child.pid)"), "\(refused.errorText)")
      #expect(try other.end().exitStatus == 0)
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test("an abstract name is served and leaves no file")
  func abstract() throws {
    let name = "sockinspect-test-\(UUID().uuidString)"
    let server = try ListeningServer("--unix", "@\(name)", "--once")
    let client = try TestClient(.unix(abstract: Array(name.utf8)), family: AF_UNIX)
    try client.send("Hello, world")
    #expect(try client.receiveAll() == Array(TestClient.welcome.utf8))
    let ended = try server.end(by: nil)
    #expect(ended.exitStatus == 0)
    #expect(ended.errorText.contains("to look at it: sockinspect -x 'path = @\(name)'\n"), "\(ended.errorText)")
    #expect(!FileManager.default.fileExists(atPath: "@\(name)"))
  }

  @Test("a reader of standard output that goes away ends the server quietly, and its path is removed")
  func closedOutput() throws {
    try withFolder { folder in
      let path = "\(folder)/server.sock"
      let script = "(\"$0\" listen-demo --quiet --unix \"$1\"; echo \"status $?\" >&2) | head -n 1"
      let running = try Running("/bin/sh", ["-c", script, Program.path, path].map { Array($0.utf8) })
      let client = try eventually(
        within: 30, { try? TestClient(.unix(path: Array(path.utf8)), family: AF_UNIX) }, until: { $0 != nil })
      // head may still be running when the first line is written. A client that ended with its
      // welcome unread would cause a reset, which even a quiet server reports, so all of them stay.
      var more: [TestClient] = []
      let isRefused = try eventually(within: 30) { () -> Bool in
        _ = try? client?.send("Hello, world")
        guard let next = try? TestClient(.unix(path: Array(path.utf8)), family: AF_UNIX) else { return true }
        more.append(next)
        return false
      } until: {
        $0
      }
      #expect(isRefused)
      let finished = withExtendedLifetime((client, more)) { running.finish() }
      #expect(finished.text == "listening\n")
      #expect(finished.errorText == "status 0\n")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }

  @Test("with standard output closed from the start, no client is sent its lines")
  func withoutOutput() throws {
    let name = "sockinspect-test-\(UUID().uuidString)"
    let script = "exec \"$0\" listen-demo --quiet --once --unix \"$1\" >&-"
    let running = try Running("/bin/sh", ["-c", script, Program.path, "@\(name)"].map { Array($0.utf8) })
    let client = try eventually(
      within: 30, { try? TestClient(.unix(abstract: Array(name.utf8)), family: AF_UNIX) }, until: { $0 != nil })
    try client?.send("Hello, world")
    #expect(try client?.receiveAll() == Array(TestClient.welcome.utf8))
    let finished = running.finish()
    #expect(finished.exitStatus == 4)
    #expect(finished.errorText.contains("write standard output: Bad file descriptor"), "\(finished.errorText)")
  }

  @Test(
    "without descriptors it accepts no more until a client goes, says so once, and loses nobody", .needs("prlimit"),
    .needs("setpriv"))
  func descriptors() throws {
    let limits = [try peer("prlimit"), "--nofile=24:24"]
    let drop = Prerequisite.root.isMet ? [try peer("setpriv"), "--bounding-set", "-sys_resource"] : []
    let server = try ListeningServer("--port", "0", "--quiet", prefix: limits + drop)
    let port = try server.port()
    let clients = try (0..<40).map { _ in try TestClient(port: port) }
    try server.errors { $0.contains("no descriptor is left") }
    for client in clients { try client.send("Hello, world") }
    for client in clients { #expect(try client.receiveAll() == Array(TestClient.welcome.utf8)) }
    let ended = try server.end()
    #expect(ended.errorText.matches(of: #/no descriptor is left \(the limit is 24\)/#).count == 1, "\(ended.errorText)")
    #expect(ended.text.matches(of: #/Connected by/#).count == 40)
  }
}
