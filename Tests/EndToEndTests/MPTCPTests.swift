import Foundation
import LinuxSystem
import TestSupport
import Testing

/// Connections of Multipath TCP with a second subflow, and one that fell back to TCP.
@Suite("MPTCP connections and their subflows", .timeLimited, .needsRoot, .needs("ip"))
struct MPTCPTests {
  /// A server at 10.9.0.1:5000 with one client of MPTCP, whose second subflow comes from 10.9.0.2,
  /// and a plain one; a client of MPTCP at a plain server.
  private static let scene = """
    import subprocess
    def ip(line): subprocess.run(['ip'] + line.split(), check=True)
    ip('link set lo up')
    for address in ('10.9.0.1', '10.9.0.2'): ip('addr add %s/32 dev lo' % address)
    ip('mptcp limits set subflows 2 add_addr_accepted 2')
    ip('mptcp endpoint add 10.9.0.2 dev lo subflow')
    def mptcp(): return socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
    server = mptcp(); server.bind(('10.9.0.1', 5000)); server.listen()
    client = mptcp(); client.connect(('10.9.0.1', 5000)); accepted = server.accept()[0]
    client.send(b'x'); accepted.recv(1); accepted.send(b'y'); client.recv(1)
    plain = socket.create_connection(('10.9.0.1', 5000)); kept = server.accept()[0]
    other = socket.create_server(('10.9.0.1', 6000))
    fallen = mptcp(); fallen.connect(('10.9.0.1', 6000)); last = other.accept()[0]
    print('ready', flush=True)
    stay()
    """

  private static let columns = ["--columns", "+mptcp_token,subflows,fallback,mptcp_flags"]

  /// The listing of MPTCP and TCP once the second subflow is there at both ends.
  private static func listing() throws -> Listing {
    try eventually {
      try Program.list(["-Mt"] + columns)
    } until: { (listing: Listing) in
      listing.sockets.count { $0.mptcp?.flags?.contains("J") == true && $0.mptcp?.flags?.contains("e") == true } == 2
    }
  }

  /// The tokens that `ss` prints, by the ports of both ends. For subflows it prints that of the
  /// peer first.
  private static func tokensOfSs(_ option: String) throws -> [String: UInt32] {
    var tokens: [String: UInt32] = [:]
    for line in Finished(running: try peer("ss"), [option]).text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard let token = words.first(where: { $0.hasPrefix("token:") })?.dropFirst(6).split(separator: "/").last,
        let number = UInt32(token.prefix { $0.isHexDigit }, radix: 16), number != 0, words.count > 4
      else { continue }
      let ports = words[3...4].map { $0.split(separator: ":").last ?? "" }
      tokens[ports.joined(separator: " ")] = number
    }
    return tokens
  }

  private static func tokens(_ sockets: [Listing.Socket]) -> [String: UInt32] {
    var tokens: [String: UInt32] = [:]
    for socket in sockets {
      guard let token = socket.mptcp?.token.flatMap({ UInt32($0, radix: 16) }) else { continue }
      tokens["\(socket.local?.port ?? 0) \(socket.peer?.port ?? 0)"] = token
    }
    return tokens
  }

  @Test("each TCP socket that carries a connection has its token, and ss says the same", .needs("ss"))
  func tokens() throws {
    try isolated {
      let peer = try PythonPeer(Self.scene)
      try withExtendedLifetime(peer) {
        let sockets = try Self.listing().sockets
        let connections = sockets.filter { $0.transport == "mptcp" && $0.state == "established" }
        let subflows = sockets.filter { $0.transport == "tcp" && $0.mptcp != nil }
        #expect(connections.count == 3 && subflows.count == 5)
        for connection in connections {
          let own = subflows.filter { $0.mptcp?.token == connection.mptcp?.token }
          #expect(own.count == (connection.fallback == true ? 1 : 2), "\(connection)")
          #expect(own.count == connection.mptcp?.subflows)
          #expect(own.allSatisfy { $0.owners == connection.owners })
        }
        let listed = Self.tokens(sockets.filter { $0.transport == "mptcp" })
        #expect(try listed.count == 3 && listed == Self.tokensOfSs("-HOMni"))
        #expect(try Self.tokens(subflows) == Self.tokensOfSs("-HOtni"))
      }
    }
  }

  @Test("a fallback is shown of the connection and its TCP socket, and plain TCP has nothing to do with it")
  func fallback() throws {
    try isolated {
      let peer = try PythonPeer(Self.scene)
      try withExtendedLifetime(peer) {
        let sockets = try Self.listing().sockets
        let fallen = sockets.filter { $0.fallback == true }
        #expect(fallen.map(\.transport).sorted() == ["mptcp", "tcp"] && fallen.allSatisfy { $0.peer?.port == 6000 })
        #expect(sockets.count { $0.transport == "mptcp" && $0.fallback == false } == 2)
        let plain = sockets.filter { $0.transport == "tcp" && $0.mptcp == nil && $0.state == "established" }
        #expect(plain.count == 3 && plain.allSatisfy { $0.fallback == nil })
        let found = Program.run("-Mt", "fallback = yes", "--no-header", "--columns", "transport,fallback")
        #expect(
          found.text.split(separator: "\n").map { $0.split(separator: " ") } == [["tcp", "yes"], ["mptcp", "yes"]])
        let token = try #require(fallen[0].mptcp?.token)
        #expect(try Program.list("-Mt", "mptcp_token = \(token)").sockets.count == 2)
      }
    }
  }

  @Test("another user sees the tokens too", .needs("setpriv"))
  func unprivileged() throws {
    try withProgramForAnybody { program in
      try isolated {
        let peer = try PythonPeer(Self.scene)
        try withExtendedLifetime(peer) {
          let expected = try Self.tokens(Self.listing().sockets)
          let finished = try Finished(as: nobody, program, ["-Mt", "--json"] + Self.columns)
          let listing = try Listing.decoder.decode(Listing.self, from: Data(finished.output))
          #expect(expected.count == 5 && Self.tokens(listing.sockets) == expected)
        }
      }
    }
  }
}
