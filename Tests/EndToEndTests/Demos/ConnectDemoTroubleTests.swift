import Foundation
import Glibc
import LinuxSystem
import Query
import TestSupport
import Testing

/// The behaviour of `connect-demo` when there is no server, or one that misbehaves.
@Suite("The lesson's client, when it fails", .timeLimited, .needsRoot, .needs("python3"))
struct ConnectDemoTroubleTests {
  /// Runs the client, which must fail with exactly these lines after the program's name, and print
  /// nothing.
  private func fails(_ arguments: [String], _ lines: [String], account: String) throws {
    let finished = Finished(running: Program.path, ["connect-demo", "--quiet"] + arguments, timeout: 60)
    let wanted = lines.joined(separator: "\n") + "\nsockinspect: \(account)\n"
    #expect(finished.errorText == "sockinspect: " + wanted)
    #expect(finished.text == "")
    #expect(finished.exitStatus == 1)
  }

  @Test(
    "Where nothing listens it says so, and how to start a server there",
    arguments: [
      ([], "127.0.0.1", 1234, ""), (["--port", "4321"], "127.0.0.1", 4321, " --port 4321"),
      (["-6"], "[::1]", 1234, " -6"), (["--host", "127.0.0.3"], "127.0.0.3", 1234, " --host 127.0.0.3"),
    ])
  func refused(arguments: [String], host: String, port: Int, options: String) throws {
    try isolated {
      try fails(
        arguments,
        [
          "connect \(host):\(port): refused: nothing listens there, so the SYN was answered with a reset (RST)",
          "  start a server in another terminal: `sockinspect listen-demo\(options)`",
          "  `sockinspect --port \(port)` shows what is there",
        ], account: "1 connection: 1 refused; 0 bytes sent, 0 received")
    }
  }

  @Test("The reason of many similar failures is reported once")
  func manyRefused() throws {
    try isolated {
      let finished = client("--count", "50", "--parallel", "5")
      #expect(finished.errorText.contains("(50 times)\n"))
      #expect(finished.errorText.split(separator: "\n").count == 4)
      #expect(finished.errorText.hasSuffix("sockinspect: 50 connections: 50 refused; 0 bytes sent, 0 received\n"))
      #expect(finished.exitStatus == 1)
    }
  }

  @Test("A SYN that nobody answers is waited for as long as --timeout says")
  func noHandshake() throws {
    try isolated {
      // The queue holds one more than its limit; the SYN of the next is dropped.
      let server = try PythonPeer(
        """
        s = listener(0)
        c = socket.create_connection(HERE)
        stay()
        """)
      _ = try eventually {
        try Program.list("--state", "established")
      } until: {
        $0.sockets.count == 2
      }
      try fails(
        ["--timeout", "0.3"],
        [
          "connect 127.0.0.1:1234: no answer to the SYN within 0.3 s",
          "  a full accept queue drops SYNs, as a firewall does: `sockinspect --port 1234` shows the queue",
        ], account: "1 connection: 1 timed out; 0 bytes sent, 0 received")
      server.end()
    }
  }

  @Test("A reply that does not come is waited for as long as --timeout says, though nobody accepted the connection")
  func noReply() throws {
    try isolated {
      let server = try PythonPeer("s = listener(); stay()")
      try fails(
        ["--timeout", "0.3"],
        [
          "recv 127.0.0.1:1234: no reply within 0.3 s; the connection stood",
          "  `sockinspect --port 1234` shows whether it was accepted, and what lies in the queues",
        ], account: "1 connection: 1 timed out; 12 bytes sent, 0 received")
      server.end()
    }
  }

  @Test("A server that does not read leaves no room to send, which --timeout ends")
  func noRoom() throws {
    try isolated {
      let server = try PythonPeer(
        "s = listener(); s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1); stay()")
      let options = ["--count", "40", "--parallel", "40", "--timeout", "0.3"]
      let message = String(repeating: "x", count: 130_000)
      // A small send buffer, so that the message does not fit: the sysctl belongs to this
      // namespace.
      let setting = try Descriptor.open("/proc/sys/net/ipv4/tcp_wmem", for: .replacing)
      try setting.writeAll(Array("4096 4096 4096\n".utf8).span)
      let finished = Finished(
        running: Program.path, ["connect-demo", "--quiet", "--message", message] + options, timeout: 60)
      #expect(
        finished.errorText.hasPrefix(
          "sockinspect: send 127.0.0.1:1234: no room to send for 0.3 s: the server does not read (40 times)\n"))
      #expect(finished.errorText.contains("40 connections: 40 timed out; "))
      #expect(finished.exitStatus == 1)
      server.end()
    }
  }

  @Test("A reset by the server is reported as one")
  func reset() throws {
    try isolated {
      let server = try PythonPeer(
        """
        c = listener().accept()[0]
        c.recv(1024)
        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        c.close()
        """)
      try fails(
        [],
        [
          "recv 127.0.0.1:1234: the server reset the connection (RST): it ended, or closed without reading all that was sent"
        ], account: "1 connection: 1 reset; 12 bytes sent, 0 received")
      _ = server.finish()
    }
  }

  @Test("Each connection has its own end: some answered, some reset, some silent")
  func mixed() throws {
    try isolated {
      let server = try PythonPeer(
        """
        s = listener()
        kept = []
        for i in range(9):
            c = s.accept()[0]
            c.recv(1024)
            if i % 3 == 0: c.sendall(b'Welcome to the server'); c.close()
            elif i % 3 == 1: c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); c.close()
            else: kept.append(c)
        stay()
        """)
      let finished = client("--count", "9", "--parallel", "9", "--timeout", "1")
      #expect(finished.text == String(repeating: ConnectDemoTests.received, count: 3))
      #expect(
        finished.errorText.hasSuffix(
          "sockinspect: 9 connections: 3 answered, 3 reset, 3 timed out; 108 bytes sent, 63 received\n"))
      #expect(finished.exitStatus == 1)
      server.end()
    }
  }

  @Test("A name without an address is an error that names it, its hostile characters escaped")
  func unresolved() throws {
    try isolated {
      for name in ["nosuch.invalid", "no\u{1B}[31m\nsuch"] {
        let finished = client("--host", name)
        #expect(finished.errorText.hasPrefix("sockinspect: there is no address of the host 'no"))
        #expect(finished.errorText.split(separator: "\n").count == 2)
        #expect(UnixTests.controls(in: finished.errors).isEmpty)
        #expect(finished.exitStatus == 1)
      }
    }
  }

  @Test("An address to which no route leads")
  func unreachable() throws {
    try isolated {
      try fails(
        ["--host", "192.0.2.1"],
        ["connect 192.0.2.1:1234: no route leads there", "  `ip route get 192.0.2.1` shows which way is taken"],
        account: "1 connection: 1 failed; 0 bytes sent, 0 received")
    }
  }

  @Test("Local ports that are used up, by TIME_WAIT of the connections before")
  func usedUp() throws {
    try isolated {
      let setting = try Descriptor.open("/proc/sys/net/ipv4/ip_local_port_range", for: .replacing)
      try setting.writeAll(Array("20000 20009\n".utf8).span)
      let again = try Descriptor.open("/proc/sys/net/ipv4/tcp_tw_reuse", for: .replacing)
      try again.writeAll(Array("0\n".utf8).span)
      let server = try PythonPeer(
        """
        s = listener()
        while True:
            c = s.accept()[0]
            while c.recv(1024): pass
            c.sendall(b'Welcome to the server')
            c.close()
        """)
      let finished = client("--half-close", "--count", "12")
      #expect(finished.text == String(repeating: ConnectDemoTests.received, count: 10))
      #expect(
        finished.errorText == """
          sockinspect: connect 127.0.0.1:1234: no local port is left for this address: 10 have a connection to it \
          (10 time_wait) (2 times)
            wait a minute, until TIME_WAIT is over: `sockinspect --state time-wait --remote-port 1234` lists them
            net.ipv4.ip_local_port_range says which ports there are
          sockinspect: 12 connections: 10 answered, 2 failed; 120 bytes sent, 210 received

          """)
      #expect(finished.exitStatus == 1)
      #expect(try Program.list("--state", "time-wait").sockets.count == 10)
      server.end()
    }
  }

  @Test(
    "A unix path that is missing, that nobody listens at any more, that is of the other kind, and a name that nobody has"
  )
  func unix() throws {
    try withFolder { folder in
      try isolated {
        let path = "\(folder)/s"
        let advice = "  start a server in another terminal: `sockinspect listen-demo --unix \(path)`"
        let failed = "1 connection: 1 failed; 0 bytes sent, 0 received"
        let refused = "1 connection: 1 refused; 0 bytes sent, 0 received"
        try fails(
          ["--unix", path], ["connect \(path): no server is there: the path does not exist", advice], account: failed)
        _ = try PythonPeer("listener(address='\(path)').close()").finish()
        try fails(
          ["--unix", path],
          [
            "connect \(path): refused: the file is there, but the server that made it has ended, or does not listen",
            advice,
          ],
          account: refused)
        unlink(path)
        let server = try PythonPeer("s = listener(address='\(path)', kind=socket.SOCK_DGRAM); stay()")
        try fails(
          ["--unix", path], ["connect \(path): the socket there is for datagrams", "  add --udp"], account: failed)
        server.end()
        try fails(
          ["--unix", "@nobody"],
          [
            "connect @nobody: refused: no listening socket has this name",
            "  start a server in another terminal: `sockinspect listen-demo --unix @nobody`",
          ], account: refused)
      }
    }
  }
}
