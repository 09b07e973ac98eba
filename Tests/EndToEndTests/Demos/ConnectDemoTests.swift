import Foundation
import Glibc
import LinuxSystem
import Query
import TestSupport
import Testing

/// `connect-demo` over TCP and unix streams, talking to other programs.
@Suite("The lesson's client, with servers of other makes", .timeLimited, .needsRoot, .needs("python3"))
struct ConnectDemoTests {
  /// The line that the lesson's client prints.
  static let received = "Received b'Welcome to the server'\n"

  /// The lesson's own server.py; its host is this namespace's.
  static let lesson = """
    HOST = '127.0.0.1'
    PORT = 1234
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        s.bind((HOST, PORT))
        s.listen(1)
        print('ready', flush=True)

        while True:
            conn, addr = s.accept()
            with conn:
                print('Connected by', addr)

                msg = conn.recv(1024)
                print(f'Received {msg}', flush=True)

                conn.send(bytes("Welcome to the server", "utf-8"))
    """

  /// The same for many at a time: the lesson's queue holds two, and the kernel drops what comes
  /// beyond those.
  static let busy = """
    s = listener()
    while True:
        c = s.accept()[0]
        c.recv(1024)
        c.send(b'Welcome to the server')
        c.close()
    """

  @Test("The lesson's server gets the lesson's message, and its answer is printed as Python prints it")
  func lesson() throws {
    try isolated {
      let server = try PythonPeer(ConnectDemoTests.lesson)
      let finished = client()
      #expect(finished.text == ConnectDemoTests.received)
      #expect(finished.errorText == "")
      #expect(finished.exitStatus == 0)
      #expect(try server.line().hasPrefix("Connected by ('127.0.0.1', "))
      #expect(try server.line() == "Received b'Hello, world'")
    }
  }

  @Test("The narration goes to standard error and leaves the lesson's line alone")
  func narration() throws {
    try isolated {
      let server = try PythonPeer(ConnectDemoTests.lesson)
      let finished = Program.run("connect-demo")
      #expect(finished.text == ConnectDemoTests.received)
      #expect(finished.exitStatus == 0)
      let calls = finished.errorText.split(separator: "\n").compactMap { $0.firstMatch(of: #/^(\w+)\([^)]*\) = /#)?.1 }
      #expect(calls == ["socket", "connect", "send", "recv", "close"])
      server.end()
    }
  }

  @Test("Several connections are all answered, one after the other or at the same time", arguments: [1, 4])
  func several(parallel: Int) throws {
    try isolated {
      let server = try PythonPeer(ConnectDemoTests.busy)
      let finished = client("--count", "12", "--parallel", "\(parallel)")
      #expect(finished.text == String(repeating: ConnectDemoTests.received, count: 12))
      #expect(finished.errorText == "sockinspect: 12 connections: 12 answered; 144 bytes sent, 252 received\n")
      #expect(finished.exitStatus == 0)
      server.end()
    }
  }

  @Test("2,000 connections are open at the same time: the server answers none before it has them all")
  func thousands() throws {
    try isolated {
      let server = try PythonPeer(
        """
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        s = listener(4096)
        all = [s.accept()[0] for _ in range(2000)]
        print(sum(len(c.recv(1024)) for c in all), flush=True)
        for c in all: c.sendall(b'Welcome to the server'); c.close()
        """)
      let finished = client("--parallel", "2000", timeout: 100)
      #expect(finished.text == String(repeating: ConnectDemoTests.received, count: 2000))
      #expect(finished.errorText == "sockinspect: 2000 connections: 2000 answered; 24000 bytes sent, 42000 received\n")
      #expect(finished.exitStatus == 0)
      #expect(server.finish() == "24000\n")
    }
  }

  @Test("Where there are fewer descriptors than connections asked for, the others wait for them", .needs("bash"))
  func fewDescriptors() throws {
    try isolated {
      let server = try PythonPeer(ConnectDemoTests.busy)
      // Without the capability no process can exceed the hard limit.
      let command =
        "ulimit -n 64; exec setpriv --bounding-set -sys_resource '\(Program.path)' connect-demo --quiet --parallel 200"
      let finished = Finished(running: try peer("bash"), ["-c", command], timeout: 60)
      #expect(finished.text == String(repeating: ConnectDemoTests.received, count: 200))
      let lines = finished.errorText.split(separator: "\n")
      #expect(lines.count == 2)
      #expect(lines.first?.contains("no descriptor is left (the limit is 64)") == true)
      #expect(lines.last == "sockinspect: 200 connections: 200 answered; 2400 bytes sent, 4200 received")
      #expect(finished.exitStatus == 0)
      server.end()
    }
  }

  @Test("Any bytes of an answer are printed as Python prints them, never as they are")
  func hostile() throws {
    try isolated {
      let server = try PythonPeer(
        """
        reply = bytes(range(256)) + b"'" + '\\u202e\\x9b31m'.encode() + b'\\x1b[2J'
        c = listener().accept()[0]
        c.recv(1024)
        c.sendall(reply)
        print('Received', reply, flush=True)
        """)
      let finished = client()
      #expect(UnixTests.controls(in: finished.output).isEmpty)
      #expect(finished.text == server.finish())
    }
  }

  @Test("With --half-close the server sees the end of the message, and everything that it sends afterwards is read")
  func halfClose() throws {
    try isolated {
      let server = try PythonPeer(
        """
        c = listener().accept()[0]
        got = b''
        while (more := c.recv(5)): got += more
        print(got, flush=True)
        c.sendall(b'one')
        pause()
        c.sendall(b'two')
        """)
      let arguments = ["connect-demo", "--quiet", "--half-close", "--timeout", "30"]
      let running = try Running(Program.path, arguments.map { Array($0.utf8) })
      // The client has read one answer before the other is sent, so that it gets each by itself.
      #expect(try running.output.line() == "Received b'one'")
      try server.goOn()
      let finished = running.finish(timeout: 60)
      #expect(finished.text == "Received b'two'\n")
      #expect(finished.exitStatus == 0)
      #expect(server.finish() == "b'Hello, world'\n")
    }
  }

  @Test("A server that closes without sending leaves an empty answer, as in Python", arguments: [[], ["--half-close"]])
  func wordless(options: [String]) throws {
    try isolated {
      let server = try PythonPeer("c = listener().accept()[0]; c.recv(1024); c.close()")
      let finished = Finished(running: Program.path, ["connect-demo", "--quiet"] + options)
      #expect(finished.text == "Received b''\n")
      #expect(finished.exitStatus == 0)
      _ = server.finish()
    }
  }

  @Test("A long message is sent whole, in pieces as there is room")
  func long() throws {
    try isolated {
      let server = try PythonPeer(
        """
        s = listener()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        c = s.accept()[0]
        got = 0
        while got < 120000: got += len(c.recv(3000))
        c.sendall(b'Welcome to the server')
        print(got, flush=True)
        """)
      let finished = client("--message", String(repeating: "x", count: 120_000))
      #expect(finished.text == ConnectDemoTests.received)
      #expect(server.finish() == "120000\n")
    }
  }

  /// A server that continues to read after its answer, and reports how that ended.
  static let readingOn = """
    c = listener().accept()[0]
    c.recv(1024)
    c.sendall(b'Welcome to the server')
    try:
        print('end', c.recv(1024), flush=True)
    except ConnectionResetError as e:
        print(e.strerror, flush=True)
    c.close()
    """

  @Test(
    "With --reset the server's connection is reset and no TIME_WAIT is left, which an ordinary end leaves",
    arguments: [true, false])
  func reset(isResetting: Bool) throws {
    try isolated {
      let server = try PythonPeer(ConnectDemoTests.readingOn)
      let finished = isResetting ? client("--reset") : client()
      #expect(finished.text == ConnectDemoTests.received)
      #expect(finished.exitStatus == 0)
      #expect(server.finish() == (isResetting ? "Connection reset by peer\n" : "end b''\n"))
      let rows = try Program.list("-t", "-a")
      #expect(rows.sockets.map(\.state) == (isResetting ? [] : ["time_wait"]))
    }
  }

  @Test("With --never-close the connections stay until Ctrl-C, which ends it with an account and status 0")
  func neverClose() throws {
    try isolated {
      let server = try PythonPeer(ConnectDemoTests.lesson)
      let arguments = ["connect-demo", "--quiet", "--never-close", "--count", "3"]
      let running = try Running(Program.path, arguments.map { Array($0.utf8) })
      // The lesson's server closes after its answer: the client's end waits for its own close().
      let listing = try eventually {
        try Program.list("--state", "close-wait", "--pid", "\(running.child.pid)")
      } until: {
        $0.sockets.count == 3
      }
      #expect(listing.sockets.count == 3)
      running.child.signal(SIGINT)
      let finished = running.finish(timeout: 30)
      #expect(finished.text == String(repeating: ConnectDemoTests.received, count: 3))
      #expect(finished.errorText == "sockinspect: 3 connections: 3 answered; 36 bytes sent, 63 received\n")
      #expect(finished.exitStatus == 0)
      server.end()
      #expect(try Program.list("-t", "-a").sockets.allSatisfy { $0.state == "time_wait" })
    }
  }

  @Test("With --never-read the answer lies in the receive queue until Ctrl-C")
  func neverRead() throws {
    try isolated {
      let server = try PythonPeer(
        "c = listener().accept()[0]; c.recv(1024); c.sendall(b'Welcome to the server'); stay()")
      let running = try Running(
        Program.path, ["connect-demo", "--quiet", "--never-read"].map { Array($0.utf8) })
      let listing = try eventually {
        try Program.list("--state", "established", "--pid", "\(running.child.pid)")
      } until: {
        $0.sockets.first?.recvQueue == 21
      }
      #expect(listing.sockets.map(\.recvQueue) == [21])
      running.child.signal(SIGINT)
      let finished = running.finish(timeout: 30)
      #expect(finished.text == "")
      #expect(finished.errorText == "sockinspect: 1 connection: 1 sent; 12 bytes sent, 0 received\n")
      #expect(finished.exitStatus == 0)
      server.end()
    }
  }

  @Test("Ctrl-C while it waits for an answer ends it at once, with an account and status 1")
  func interrupted() throws {
    try isolated {
      let server = try PythonPeer(
        "s = listener(); c = s.accept()[0]; c.recv(1024); print('read', flush=True); stay()")
      let running = try Running(Program.path, ["connect-demo", "--quiet"].map { Array($0.utf8) })
      #expect(try server.line() == "read")
      running.child.signal(SIGINT)
      let finished = running.finish(timeout: 30)
      #expect(finished.text == "")
      #expect(finished.errorText == "sockinspect: 1 connection: 1 not through; 12 bytes sent, 0 received\n")
      #expect(finished.exitStatus == 1)
      server.end()
    }
  }

  @Test("nc is served and serves", .needs("nc"))
  func netcat() throws {
    try isolated {
      let listener = try Running(
        try peer("nc"), ["-l", "-N", "127.0.0.1", "1234"].map { Array($0.utf8) }, wantsInput: true)
      _ = try eventually {
        try Program.list("-l", "-t")
      } until: {
        $0.sockets.count == 1
      }
      let answers = DispatchQueue(label: "nc")
      let group = DispatchGroup()
      let served = HeldAnswer()
      answers.async(group: group) {
        served.finished = listener.finish(input: Array("Welcome to the server".utf8), timeout: 30)
      }
      let finished = client()
      group.wait()
      #expect(finished.text == ConnectDemoTests.received)
      #expect(served.finished?.text == "Hello, world")
    }
  }

  @Test("A unix socket is reached by its path and by its abstract name", arguments: [true, false])
  func unix(isAbstract: Bool) throws {
    try withFolder { folder in
      try isolated {
        let server = try PythonPeer(
          """
          c = listener(address='\(isAbstract ? "\\0\(folder)" : "\(folder)/s")').accept()[0]
          print(c.recv(1024), flush=True)
          c.sendall(b'Welcome to the server')
          """)
        let finished = client("--unix", isAbstract ? "@\(folder)" : "\(folder)/s")
        #expect(finished.text == ConnectDemoTests.received)
        #expect(finished.exitStatus == 0)
        #expect(server.finish() == "b'Hello, world'\n")
      }
    }
  }

  @Test("Of a name's addresses the one that answers is used, even if it is not the first", .needs("unshare"))
  func otherAddress() throws {
    try withFolder { folder in
      try Data("::1 several.test\n127.0.0.1 several.test\n".utf8).write(
        to: URL(fileURLWithPath: "\(folder)/hosts"))
      try isolated {
        let server = try PythonPeer(ConnectDemoTests.lesson)
        // The resolver's file of names is replaced for this program only.
        let finished = Finished(
          running: try peer("unshare"),
          [
            "-m", "sh", "-c",
            "mount --bind \(folder)/hosts /etc/hosts && exec '\(Program.path)' connect-demo --host several.test --count 2",
          ])
        #expect(finished.text == String(repeating: ConnectDemoTests.received, count: 2))
        #expect(finished.exitStatus == 0)
        #expect(finished.errorText.contains("[::1]:1234) = -1 ECONNREFUSED"))
        #expect(finished.errorText.matches(of: #/\[::1\]:1234\) =/#).count == 1)
        server.end()
      }
    }
  }

  @Test("A unix listener whose queue is full is waited for")
  func fullUnixQueue() throws {
    try withFolder { folder in
      try isolated {
        let server = try PythonPeer(
          """
          s = listener(0, '\(folder)/s')
          pause()
          for _ in range(5):
              c = s.accept()[0]
              c.recv(1024)
              c.sendall(b'Welcome to the server')
              c.close()
          """)
        let arguments = ["connect-demo", "--unix", "\(folder)/s", "--parallel", "5", "--timeout", "30"]
        let running = try Running(Program.path, arguments.map { Array($0.utf8) })
        // One client is in the queue then, and it says of each of the others that it waits.
        var waiting = 0
        while waiting < 4 {
          let line = try running.errors.line()
          try #require(!line.isEmpty, "\(running.finish().errorText)")
          if line.hasPrefix("connect("), line.contains(" waits for ") { waiting += 1 }
        }
        try server.goOn()
        let finished = running.finish(timeout: 60)
        #expect(finished.text == String(repeating: ConnectDemoTests.received, count: 5))
        #expect(finished.exitStatus == 0)
        _ = server.finish()
      }
    }
  }

  @Test("A reader who has enough ends it quietly", .needs("bash"))
  func closedPipe() throws {
    try isolated {
      let server = try PythonPeer(ConnectDemoTests.lesson)
      let command = "'\(Program.path)' connect-demo --quiet --count 100000 | head -1; echo ${PIPESTATUS[0]}"
      let finished = Finished(running: try peer("bash"), ["-c", command], timeout: 60)
      #expect(finished.text == ConnectDemoTests.received + "0\n")
      #expect(finished.errorText == "")
      server.end()
    }
  }

  @Test("Output that cannot be written is an error of status 4", .needs("bash"))
  func fullDisk() throws {
    try isolated {
      let server = try PythonPeer(ConnectDemoTests.lesson)
      let finished = Finished(
        running: try peer("bash"), ["-c", "'\(Program.path)' connect-demo --quiet > /dev/full"], timeout: 60)
      #expect(finished.errorText == "sockinspect: write standard output: No space left on device\n")
      #expect(finished.exitStatus == 4)
      server.end()
    }
  }

  private final class HeldAnswer: @unchecked Sendable {
    /// Written before the group is left, read after.
    var finished: Finished?
  }
}
