import Query
import SocketModel
import TestSupport
import Testing

@Suite("Words that stand alone in a query", .timeLimited)
struct QueryReadingTests {
  private func reading(_ text: String) throws -> QueryReading { try Query.reading(text, names: World.tables) }

  @Test(
    "a word is what it looks like: port, address, both, state, transport, or text",
    arguments: [
      ("80,53", "timewait dns udpConnected"),
      ("40000-40001", "client clientPeer bound"), ("443/tcp", "web web6 client clientPeer"),
      ("udp:53", "dns udpConnected"), ("53/udp", "dns udpConnected"), ("tcp:53", ""),
      ("127.0.0.53", "dns"), ("127.0.0.1:443", "client clientPeer"), ("[2001:db8::53]:53", "udpConnected"),
      ("2001:db8::53", "udpConnected"), ("2001:db8::53:53", "udpConnected"), ("192.0.2/24", "timewait"),
      ("localhost", "client clientPeer bound"), ("localhost:443", "client clientPeer"), ("*:53", "dns udpConnected"),
      ("listen", "web web6 sock"), ("LISTEN", "web web6 sock"), ("close-wait", "mapped"), ("CLOSE_WAIT", "mapped"),
      ("time-wait,close_wait", "mapped timewait"), ("udp", "dns udpConnected"), ("UDP", "dns udpConnected"),
      ("tcp6", "web6 mapped"), ("unix", "sock abstract unnamed"), ("u_str", "sock abstract unnamed"), ("u_dgr", ""),
      ("packet", "wire"),
      ("nginx", "web web6 clientPeer"), ("NGINX", "web web6 clientPeer"),
      ("python3", "client mapped udpConnected sock abstract"),
      ("'nginx*'", ""), ("nginx*", "web web6 clientPeer"), ("worker", "web clientPeer"),
      ("systemd-resolve", "dns route"), ("MainThread[200]", "client mapped udpConnected sock abstract"),
      ("one.sock", "sock"), ("/run/app", "sock"), ("@1a2b3", "abstract"), ("app\\ one", "sock"),
      ("443", "web web6 client clientPeer ping"), (":443", "web web6 client clientPeer ping"),
      ("https", "web web6 client clientPeer ping"), ("root", "udpConnected ping"),
      ("state:listen", "web web6 sock"), ("pid:300", "dns route"), ("user:dev", "client mapped bound"),
    ])
  func words(text: String, names: String) throws { #expect(World.matches(try reading(text).query) == names) }

  @Test(
    "words side by side must all hold; ports, states and transports side by side are alternatives",
    arguments: [
      ("443 listen", "web web6"), (":443 state listen", "web web6"),
      ("443 53", "web web6 client clientPeer dns udpConnected ping"),
      (":443 :53 udp", "dns udpConnected"), ("listen close-wait tcp", "web web6 mapped"),
      ("tcp udp 53", "dns udpConnected"),
      ("443 or 53", "web web6 client clientPeer dns udpConnected ping"), ("443 and 40000", "client clientPeer"),
      ("nginx listen", "web web6"), ("nginx not listen", "clientPeer"), ("!nginx 443 tcp", "client"),
      ("(nginx or python3) established", "client clientPeer"), ("nginx 127.0.0.1", "clientPeer"),
      ("nginx recv_queue > 0", "web"), ("recv_queue > 0 nginx", "web"), ("nginx:443", "web web6 clientPeer"),
      ("80, 53", "timewait dns udpConnected"),
    ])
  func several(text: String, names: String) throws { #expect(World.matches(try reading(text).query) == names) }

  @Test("a well-formed query takes precedence, and no word of it stands alone")
  func wellFormed() throws {
    for text in ["", "sport = 443", "process nginx", "state listen", "autobound", "port 443 or user root"] {
      let reading = try reading(text)
      #expect(reading.words.isEmpty)
      #expect(World.matches(reading.query) == World.matches(try Query.parse(text, names: World.tables)))
    }
  }

  @Test("a word that can mean several things means all of them, and says so")
  func ambiguous() throws {
    #expect(try reading("https").words.map(\.meanings) == [[.port, .text]])
    #expect(try reading("www").words.map(\.meanings) == [[.user, .text]])
    #expect(World.matches(try reading("www").query) == "web web6 clientPeer")
    #expect(try reading("nginx 443").words.map(\.meanings) == [[.text], [.port]])
    #expect(try reading("prot 80").words.first?.suggestion == "port")
    #expect(try reading("lsiten").words.first?.suggestion == "listen")
    #expect(try reading("nginx").words.first?.suggestion == nil)
  }

  @Test(
    "what is nearly a query stays a mistake",
    arguments: [
      ("dport = 12 adn x", "unknown field \"adn\""), ("dprot = 3", "unknown field \"dprot\""),
      ("443 state lisen", "unknown state \"lisen\""), ("99999", "port \"99999\" is out of range"),
      ("80-", "the end of the range \"80-\" is missing"), (",", "unknown field \",\""),
      ("nginx and", "a condition is missing"),
      ("sport", "\"sport\" is not compared with anything"), ("(nginx", "this parenthesis is not closed"),
      ("pid:x", "\"x\" is not a number"),
    ])
  func mistakes(text: String, message: String) throws {
    let error = try #require(throws: QueryError.self) { try reading(text) }
    #expect(error.message == message)
  }

  @Test("any words give a query or an error, and what is derived from the query is true of every socket")
  func random() throws {
    var generator = SeededGenerator()
    let pieces = [
      "443", ":53", "tcp", "listen", "nginx", "root", "https", "127.0.0.1", "::1:443", "localhost", "[", "]", "%lo",
      "/24",
      "and", "or", "not", "(", ")", "!", "=", ",", ":", "state", "pid", "@", "*", "'", " ", " ", " ", "\u{1B}", "é",
    ]
    for _ in 0..<3000 {
      let text = (0..<Int.random(in: 1...7, using: &generator)).map { _ in
        pieces.randomElement(using: &generator) ?? ""
      }.joined()
      guard let query = try? reading(text).query else { continue }
      #expect(QueryInvariants.violation(of: query, on: World.snapshot) == nil, "\(text), seed \(generator.seed)")
    }
  }
}
