import Foundation
import TestSupport
import Testing

/// `sockinspect watch --rates` and `sockinspect top` with transfers of known size.
@Suite("Rates of real transfers", .timeLimited, .needsRoot, .serialized)
struct RateTests {
  /// A connection that is there before, over which `COUNT` bytes go and which then ends, and short
  /// ones over which 777 bytes go, and as many as `answer` says come back. Clients close first.
  private static func transfers(answer: Int) -> String {
    """
    COUNT, SHORT, ANSWER = 3_000_000, 20, \(answer)
    s = socket.socket()
    s.bind(HERE)
    s.listen()
    c = socket.create_connection(HERE)
    a, _ = s.accept()
    c.sendall(b'x' * 5000)
    left = 5000
    while left > 0: left -= len(a.recv(left))
    print('ready', flush=True)
    pause()
    import threading
    def drain(d, answer):
        count = 0
        while True:
            some = d.recv(65536)
            if not some: break
            count += len(some)
            if count == 777 and answer: d.sendall(b'y' * answer)
        d.close()
    thread = threading.Thread(target=drain, args=(a, 0))
    thread.start()
    c.sendall(b'x' * COUNT)
    c.close()
    thread.join()
    for _ in range(SHORT):
        d = socket.create_connection(HERE)
        e, _ = s.accept()
        thread = threading.Thread(target=drain, args=(e, ANSWER))
        thread.start()
        d.sendall(b'z' * 777)
        left = ANSWER
        while left > 0: left -= len(d.recv(left))
        d.close()
        thread.join()
    print('done', flush=True)
    stay()
    """
  }

  private static let expected = 3_000_000 + 20 * 777

  private struct Rate: Decodable {
    struct Socket: Decodable {
      var local: Listing.End?
    }

    var schema: String
    var intervalUs: UInt64
    var life: UInt64
    var ended: Bool
    var rxRate: UInt64
    var txRate: UInt64
    var rxBytes: Int
    var txBytes: Int
    var socket: Socket
  }

  @Test(
    "Each interval has what was sent and received in it, in all exactly what was transferred", .needs("setpriv"),
    arguments: [WatchTests.User.root, .nobody])
  func rates(user: WatchTests.User) throws {
    try withProgramForAnybody { program in
      try isolatedUntilWhole {
        let peer = try PythonPeer(Self.transfers(answer: 0))
        let watch = try WatchingProgram(
          "--rates", "--ndjson", "--port", "1234", program: program, prefix: user.prefix())
        try peer.goOn()
        var rates: [Rate] = []
        var (sent, received) = (0, 0)
        func take(_ line: some StringProtocol) throws {
          let rate = try Listing.decoder.decode(Rate.self, from: Data(line.utf8))
          rates.append(rate)
          sent += rate.txBytes
          received += rate.rxBytes
        }
        while sent < Self.expected || received < Self.expected {
          guard let line = try watch.line() else { break }
          try take(line)
        }
        #expect(try peer.line() == "done")
        let finished = watch.end()
        for line in finished.text.split(separator: "\n") { try take(line) }
        #expect(finished.exitStatus == 0)
        // What was transferred before the watch began does not count.
        #expect(sent == Self.expected && received == Self.expected)
        #expect(rates.allSatisfy { $0.schema == "sockinspect.rates/1" && $0.intervalUs > 0 })
        #expect(rates.allSatisfy { $0.txBytes + $0.rxBytes > 0 && ($0.txRate > 0) == ($0.txBytes > 0) })
        let lives = Dictionary(grouping: rates, by: \.life)
        // Both ends of the long connection and of the short ones, each of which ends once.
        #expect(lives.count == 2 + 2 * 20)
        #expect(lives.values.allSatisfy { $0.count { $0.ended } <= 1 && $0.dropLast().allSatisfy { !$0.ended } })
        let atServer = rates.filter { $0.socket.local?.port == 1234 }
        #expect(atServer.reduce(0) { $0 + $1.rxBytes } == Self.expected)
        #expect(atServer.allSatisfy { $0.txBytes == 0 })
      }
    }
  }

  @Test(
    "top sums what was sent and received to the byte, connections within one interval included", .needs("setpriv"),
    arguments: [WatchTests.User.root, .nobody], ["process", "port", "peer"])
  func top(user: WatchTests.User, grouping: String) throws {
    try withProgramForAnybody { program in
      try isolatedUntilWhole {
        let peer = try PythonPeer(Self.transfers(answer: 4321))
        let watch = try WatchingProgram(
          "--interval", "600", "--for", "600", "--json", "--by", grouping, command: "top", program: program,
          prefix: user.prefix())
        try peer.goOn()
        #expect(try peer.line() == "done")
        let finished = watch.end()
        #expect(finished.exitStatus == 0, "\(finished.errorText)")
        let document = try #require(
          try JSONSerialization.jsonObject(with: Data(finished.text.utf8)) as? [String: Any], "\(finished.text)")
        let total = try #require(document["total"] as? [String: Any])
        let expected = Self.expected + 20 * 4321
        #expect(total["tx_bytes"] as? Int == expected && total["rx_bytes"] as? Int == expected, "\(finished.text)")
        // On a busy machine a notice may come after the last scan, whose TIME_WAIT of the connection has
        // another cookie: then that is a socket of its own.
        #expect(total["sockets"] as? Int ?? 0 >= 2 + 2 * 20)
        let groups = try #require(document["groups"] as? [[String: Any]])
        #expect(groups.count == 1, "\(finished.text)")
        #expect(groups.first?["tx_bytes"] as? Int == expected)
        switch grouping {
        case "process": #expect(groups.first?["pid"] as? Int32 == (user == .root ? peer.pid : nil))
        case "port": #expect(groups.first?["port"] as? Int == 1234)
        default: #expect(groups.first?["peer"] as? String == "127.0.0.1")
        }
        let meta = try #require(document["meta"] as? [String: Any])
        #expect(meta["schema"] as? String == "sockinspect.top/1" && meta["by"] as? String == grouping)
      }
    }
  }

  @Test("An idle connection has sent and received nothing, and UDP is said not to be counted")
  func idle() throws {
    try isolated {
      let peer = try PythonPeer(
        """
        u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        u.bind(HERE)
        kept = connection()
        stay()
        """)
      let finished = Program.run("top", "--for", "0.3", "--interval", "0.1")
      #expect(finished.exitStatus == 1, "no byte")
      #expect(finished.text.contains(#/ 0B +0B +0B +0B +2 +total/#), "\(finished.text)")
      #expect(finished.errorText.contains("1 UDP socket is not counted"), "\(finished.errorText)")
      peer.end()
    }
  }

  @Test("A watch waits for a rate, which a listing refuses with the line that has it")
  func query() throws {
    try isolated {
      let peer = try PythonPeer(
        """
        kept = connection()
        pause()
        kept[1].sendall(b'x' * 100000)
        stay()
        """)
      let watch = try WatchingProgram("--until", "tx_rate > 1kB", "--for", "600")
      try peer.goOn()
      let finished = watch.end(by: nil)
      #expect(finished.exitStatus == 0, "\(finished.errorText)")
      let refused = Program.run("--columns", "rx_rate")
      #expect(refused.exitStatus == 2 && refused.errorText.contains("sockinspect watch --columns +rx_rate"))
      peer.end()
    }
  }
}
