import Foundation
import TestSupport
import Testing

/// `sockinspect watch --columns` where events are lines or objects.
@Suite("Columns of watched events", .timeLimited, .needsRoot, .serialized)
struct WatchColumnTests {
  /// A connection to a port over which 2,000 bytes have come; its client closes when it is let go on.
  private static let connection = """
    there = ('127.0.0.1', int(sys.argv[1]))
    s = socket.socket()
    s.bind(there)
    s.listen()
    c = socket.create_connection(there)
    a, _ = s.accept()
    c.sendall(b'x' * 2000)
    left = 2000
    while left > 0: left -= len(a.recv(left))
    print('ready', flush=True)
    pause()
    c.close()
    stay()
    """

  @Test(
    "An event has the figures of the newest scan, and nothing behind the named columns", .needs("setpriv"),
    arguments: [WatchTests.User.root, .nobody])
  func figures(user: WatchTests.User) throws {
    try withProgramForAnybody { program in
      try isolatedUntilWhole {
        // A transition from before the first scan may be of a socket in another namespace, of which no scan
        // has figures: other tests do not use this port there.
        let port = try "\(OwnPorts.next())"
        let connection = try PythonPeer(Self.connection, arguments: [port])
        let prefix = try user.prefix()
        let lines = try WatchingProgram(
          "--columns", "state,local,bytes_sent,snd_cwnd,process", "--port", port, program: program, prefix: prefix)
        let objects = try WatchingProgram(
          "--ndjson", "--columns", "state,local,bytes_sent", "--port", port, program: program, prefix: prefix)
        try connection.goOn()
        let isOfClient = { (text: String) in text.contains("established") && !text.contains("127.0.0.1:\(port)") }
        let line = try #require(try lines.lines(until: isOfClient).last)
        let form = #/\S+ [~-] established -> \w+ +127\.0\.0\.1:\d+ +2000 +\d+ +(\S+)/#
        let match = try #require(try form.wholeMatch(in: line), "\(line)")
        #expect((match.1 == "-") == (user == .nobody), "\(line)")

        let isFirst = { (text: String) in
          text.contains(#""from":"established""#) && !text.contains("\"port\":\(port)")
        }
        let object = try #require(try objects.lines(until: isFirst).last)
        let read = try JSONSerialization.jsonObject(with: Data(object.utf8)) as? [String: Any]
        let socket = try #require(read?["socket"] as? [String: Any], "\(object)")
        #expect(Set(socket.keys) == ["state", "local", "bytes_sent"], "\(object)")
        #expect(socket["bytes_sent"] as? Int == 2000, "\(object)")
        _ = lines.end()
        _ = objects.end()
      }
    }
  }

  @Test("A process that no scan has met has its arguments and its parent where they are columns")
  func processes() throws {
    try isolatedUntilWhole {
      let port = try "\(OwnPorts.next())"
      let watch = try WatchingProgram("--interval", "60", "--columns", "state,command,parent", "--port", port)
      let server = try PythonPeer("s = listener(address=('127.0.0.1', int(sys.argv[1]))); stay()", arguments: [port])
      let line = try #require(try watch.lines { $0.contains("-> listen") }.last)
      #expect(line.contains(" -c ") && line.hasSuffix("[\(ProcessInfo.processInfo.processIdentifier)]"), "\(line)")
      server.end()
      _ = watch.end()
    }
  }
}
