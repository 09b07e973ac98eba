import Foundation
import Glibc
import LinuxSystem
import Query
import Synchronization
import TestSupport
import Testing

/// `connect-demo --udp` and datagrams over unix sockets, talking to servers written in Python.
@Suite("The client for datagrams, and what happens to them", .timeLimited, .needsRoot, .needs("python3"))
struct ConnectDemoDatagramTests {
  /// The lesson's server for datagrams.
  static let lesson = """
    s = listener(kind=socket.SOCK_DGRAM)
    while True:
        message, client = s.recvfrom(1024)
        print(message, flush=True)
        s.sendto(b'Welcome to the server', client)
    """

  @Test("One datagram carries the lesson's message and its answer is printed; several have numbers")
  func lesson() throws {
    try isolated {
      let server = try PythonPeer(ConnectDemoDatagramTests.lesson)
      let one = client("--udp")
      #expect(one.text == ConnectDemoTests.received)
      #expect(one.errorText == "")
      #expect(one.exitStatus == 0)
      #expect(try server.line() == "b'Hello, world'")
      let two = client("--udp", "--count", "2")
      #expect(two.text == String(repeating: ConnectDemoTests.received, count: 2))
      #expect(two.exitStatus == 0)
      #expect(try server.line() == "b'Hello, world #1'")
      #expect(try server.line() == "b'Hello, world #2'")
      server.end()
    }
  }

  @Test("If no socket has the port, it reports ICMP, and that the send had succeeded", arguments: [1, 3])
  func refused(count: Int) throws {
    try isolated {
      let finished = client("--udp", "--count", "\(count)")
      let times = count > 1 ? " (3 times)" : ""
      let account =
        count > 1
        ? "3 datagrams: 3 refused; 45 bytes sent, 0 received\n  refused: #1-#3"
        : "1 datagram: 1 refused; 12 bytes sent, 0 received"
      #expect(
        finished.errorText == """
          sockinspect: recvfrom 127.0.0.1:1234: refused: send() had succeeded, but no socket has this port, and the \
          kernel there said so by ICMP (port unreachable)\(times)
            start a server in another terminal: `sockinspect listen-demo --udp`
            `sockinspect --port 1234` shows what is there
          sockinspect: \(account)

          """)
      #expect(finished.text == "")
      #expect(finished.exitStatus == 1)
    }
  }

  @Test("A datagram without an answer is lost when the time is over; the others are not")
  func lost() throws {
    try isolated {
      let server = try PythonPeer(
        """
        s = listener(kind=socket.SOCK_DGRAM)
        while True:
            message, client = s.recvfrom(1024)
            if not message.endswith((b'#2', b'#4')): s.sendto(message, client)
        """)
      let finished = client("--udp", "--count", "5", "--timeout", "1")
      #expect(
        finished.text
          == "Received b'Hello, world #1'\nReceived b'Hello, world #3'\nReceived b'Hello, world #5'\n")
      #expect(
        finished.errorText == """
          sockinspect: recv 127.0.0.1:1234: no answer within 1 s: the datagram or its answer is lost, or nobody \
          answers (2 times)
          sockinspect: 5 datagrams: 3 answered, 2 lost; 75 bytes sent, 45 received
            answered: #1, #3, #5
            lost: #2, #4

          """)
      #expect(finished.exitStatus == 1)
      server.end()
    }
  }

  @Test("Answers without a number are not assigned to certain datagrams")
  func unnumbered() throws {
    try isolated {
      let server = try PythonPeer(
        """
        s = listener(kind=socket.SOCK_DGRAM)
        while True:
            message, client = s.recvfrom(1024)
            if not message.endswith(b'#1'): s.sendto(b'Welcome to the server', client)
        """)
      let finished = client("--udp", "--count", "3", "--timeout", "1")
      #expect(finished.errorText.contains("3 datagrams: 2 answered, 1 lost; "))
      #expect(finished.errorText.contains("which datagrams they answer is not known"))
      #expect(!finished.errorText.contains("#"))
      #expect(finished.exitStatus == 1)
      server.end()
    }
  }

  @Test(
    "Reordered answers are matched by number; a repeated one answers nothing"
  )
  func reordered() throws {
    try isolated {
      let server = try PythonPeer(
        """
        s = listener(kind=socket.SOCK_DGRAM)
        got = [s.recvfrom(1024) for _ in range(4)]
        for i in (2, 0, 1): s.sendto(*got[i])
        s.sendto(*got[0])
        stay()
        """)
      let finished = client("--udp", "--count", "4", "--timeout", "1")
      #expect(
        finished.text
          == "Received b'Hello, world #3'\nReceived b'Hello, world #1'\nReceived b'Hello, world #2'\nReceived b'Hello, world #1'\n"
      )
      #expect(
        finished.errorText.hasSuffix(
          """
          sockinspect: 4 datagrams: 3 answered, 1 lost; 60 bytes sent, 60 received
            answered: #3
            answered out of order: #1 after #3, #2 after #3
            lost: #4
            answers to nothing that was sent: 1

          """))
      #expect(finished.exitStatus == 1)
      server.end()
    }
  }

  @Test("An answer that comes after it was given up is counted as answered, too late")
  func late() throws {
    try isolated {
      let server = try PythonPeer(
        """
        s = listener(kind=socket.SOCK_DGRAM)
        first = s.recvfrom(1024)
        for _ in range(2): s.recvfrom(1024)
        s.sendto(*first)
        stay()
        """)
      // The third is sent when the first has been given up.
      let finished = client("--udp", "--count", "3", "--timeout", "1", "--delay", "0.6")
      #expect(finished.text == "Received b'Hello, world #1'\n")
      #expect(finished.errorText.contains("  answered too late: #1\n  lost: #2-#3\n"))
      server.end()
    }
  }

  @Test("An answer longer than the buffer is cut, and the rest is lost")
  func truncated() throws {
    try isolated {
      let server = try PythonPeer(ConnectDemoDatagramTests.lesson)
      let narrated = Program.run("connect-demo", "--udp", "--buffer", "8")
      #expect(narrated.text == "Received b'Welcome '\n")
      #expect(
        narrated.errorText.contains(
          "the datagram had 21 bytes and the buffer room for 8: the other 13 are gone for good"))
      #expect(narrated.exitStatus == 0)
      let several = client("--udp", "--buffer", "8", "--count", "2")
      #expect(several.text == "Received b'Welcome '\nReceived b'Welcome '\n")
      server.end()
    }
  }

  @Test("With --never-read it still reports that no socket has the port")
  func refusedUnread() throws {
    try isolated {
      let finished = client("--udp", "--never-read", "--timeout", "0.3")
      #expect(finished.errorText.hasSuffix("1 datagram: 1 refused; 12 bytes sent, 0 received\n"))
      #expect(finished.exitStatus == 1)
    }
  }

  @Test("With --step an answer that came in time is not lost, however slow the person is")
  func stepped() throws {
    try isolated {
      let server = try PythonPeer(ConnectDemoDatagramTests.lesson)
      let silent = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_DGRAM.rawValue)))
      try silent.bind(.ipv4(0x7F00_0001, port: 4321))
      let demo = try SteppedDemo("connect-demo", "--udp", "--count", "2", "--timeout", "1")
      // socket, connect, send, then the other send and each recvfrom as they come, and close.
      for step in 0..<7 {
        _ = try demo.reports("next: ")
        // A person who takes longer than the timeout: until another client, with a longer one, has
        // given up.
        if step > 2 {
          let other = client("--udp", "--port", "4321", "--timeout", "1.1")
          try #require(other.exitStatus == 1, "\(other.errorText)")
        }
        try demo.press()
      }
      let finished = demo.running.finish(timeout: 30)
      #expect(finished.text == String(repeating: ConnectDemoTests.received, count: 2))
      #expect(finished.exitStatus == 0)
      _ = consume silent
      server.end()
    }
  }

  @Test("Any bytes of an answer are printed as Python prints them")
  func hostile() throws {
    try isolated {
      let server = try PythonPeer(
        """
        s = listener(kind=socket.SOCK_DGRAM)
        reply = bytes(range(256)) + b'"' + '\\u202e'.encode() + b'\\x1b[2J #999999999999999999999'
        s.sendto(reply, s.recvfrom(1024)[1])
        print('Received', reply, flush=True)
        """)
      let finished = client("--udp", "--count", "1")
      #expect(UnixTests.controls(in: finished.output).isEmpty)
      #expect(finished.text == server.finish())
    }
  }

  @Test("Datagrams go over unix sockets too, by path and by abstract name", arguments: [true, false])
  func unix(isAbstract: Bool) throws {
    try withFolder { folder in
      try isolated {
        let server = try PythonPeer(
          """
          s = listener(address='\(isAbstract ? "\\0\(folder)" : "\(folder)/s")', kind=socket.SOCK_DGRAM)
          message, client = s.recvfrom(1024)
          s.sendto(b'Welcome to the server', client)
          print(message, flush=True)
          """)
        let finished = client("--udp", "--unix", isAbstract ? "@\(folder)" : "\(folder)/s")
        #expect(finished.text == ConnectDemoTests.received)
        #expect(finished.errorText == "")
        #expect(finished.exitStatus == 0)
        #expect(server.finish() == "b'Hello, world'\n")
      }
    }
  }

  @Test("Ctrl-C ends the waiting for an answer at once, with an account and status 1")
  func interrupted() throws {
    try isolated {
      let server = try PythonPeer("s = listener(kind=socket.SOCK_DGRAM); print(s.recv(99), flush=True); stay()")
      let running = try Running(
        Program.path, ["connect-demo", "--quiet", "--udp", "--timeout", "50"].map { Array($0.utf8) })
      #expect(try server.line() == "b'Hello, world'")
      running.child.signal(SIGINT)
      let finished = running.finish(timeout: 30)
      #expect(finished.text == "")
      #expect(finished.errorText == "sockinspect: 1 datagram: 1 not through; 12 bytes sent, 0 received\n")
      #expect(finished.exitStatus == 1)
      server.end()
    }
  }

  @Test(
    "--no-guarantee shows refused, lost, reordered, truncated and dropped datagrams within 80 columns",
    arguments: [[], ["-6"]])
  func noGuarantee(family: [String]) throws {
    try isolated {
      let finished = Finished(running: Program.path, ["connect-demo", "--udp", "--no-guarantee"] + family)
      #expect(finished.exitStatus == 0)
      #expect(finished.errorText == "")
      let lines = finished.text.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(lines.allSatisfy { $0.count <= 80 })
      let scenes = finished.text.components(separatedBy: "\n\n")
      try #require(scenes.count == 5)
      #expect(scenes[0].contains("client  recv fails: Connection refused"))
      #expect(scenes[1].contains("server  recv b'Hello, world #2'\n   server  throws it away"))
      #expect(scenes[1].contains("client  recv nothing, for 0.3 s"))
      let answers = scenes[2].matches(of: #/client  recv b'Welcome to the server #(\d)'/#).map { $0.1 }
      #expect(answers == ["3", "2", "1"])
      #expect(
        scenes[3].contains("client  recv b'Welcome ': 8 of 21 bytes\n   client  recv nothing: the rest is not kept"))
      // What the kernel counted as dropped and what was read add up to what was sent.
      let drops = try #require(scenes[4].firstMatch(of: #/DROPS (\d+)\n/#).flatMap { Int($0.1) })
      let read = try #require(
        scenes[4].firstMatch(of: #/server  recv (\d+) datagrams, and then nothing/#).flatMap { Int($0.1) })
      #expect(drops > 0 && read > 0)
      #expect(drops + read == 50)
      #expect(try Program.list("-u", "-a").sockets.isEmpty)
    }
  }

  @Test("--no-guarantee ends quietly when its reader goes away", .needs("bash"))
  func closedPipe() throws {
    try isolated {
      let command = "'\(Program.path)' connect-demo --udp --no-guarantee | head -1; echo ${PIPESTATUS[0]}"
      let finished = Finished(running: try peer("bash"), ["-c", command], timeout: 60)
      #expect(finished.text == "1. Refused: nobody has the port\n0\n")
      #expect(finished.errorText == "")
    }
  }
}
