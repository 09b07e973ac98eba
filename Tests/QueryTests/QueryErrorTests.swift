import Query
import TestSupport
import Testing
import SocketModel
import Testing

@Suite("Errors in queries", .timeLimited)
struct QueryErrorTests {
  @Test(
    "a wrong query is shown with its place, what was expected and the nearest name",
    arguments: [
      (
        "dprot = 443",
        #"""
        dprot = 443
        ^~~~~
        unknown field "dprot"
        expected a field
        did you mean "dport"?
        """#
      ),
      (
        "sport = 80 and dport = htps",
        #"""
        sport = 80 and dport = htps
                               ^~~~
        unknown service "htps"
        expected a port number from 0 to 65535, a range such as 8000-8100 or a service name
        did you mean "https"?
        """#
      ),
      (
        "state establised",
        #"""
        state establised
              ^~~~~~~~~~
        unknown state "establised"
        expected established, syn_sent, syn_recv, fin_wait1, fin_wait2, time_wait, close, close_wait, last_ack, listen, closing, bound_inactive, unconnected, connected, connecting, disconnecting, unhashed, cookie_wait, cookie_echoed, shutdown_pending, shutdown_sent, shutdown_received, shutdown_ack_sent, all, synchronized, bucket or big
        did you mean "established"?
        """#
      ),
      (
        "sport = 80 or",
        #"""
        sport = 80 or
                     ^
        a condition is missing
        expected a field, state, not or (
        """#
      ),
      (
        "sport =",
        #"""
        sport =
               ^
        the value is missing
        expected a value
        """#
      ),
      (
        "(sport = 80",
        #"""
        (sport = 80
        ^
        this parenthesis is not closed
        expected and, or or )
        """#
      ),
      (
        "sport = 80)",
        #"""
        sport = 80)
                  ^
        there is no parenthesis that this one closes
        expected and, or or the end
        """#
      ),
      (
        "not ()",
        #"""
        not ()
             ^
        there is nothing in the parentheses
        expected a field, state, not or (
        """#
      ),
      (
        "sport = 70000",
        #"""
        sport = 70000
                ^~~~~
        port "70000" is out of range
        expected a number from 0 to 65535
        """#
      ),
      (
        "port = 80,90-85",
        #"""
        port = 80,90-85
                  ^~~~~
        the range "90-85" runs backwards
        expected the smaller port first
        did you mean "85-90"?
        """#
      ),
      (
        "path < 3",
        #"""
        path < 3
             ^
        "path" cannot be compared with <
        expected = or !=
        """#
      ),
      (
        "recv_queue > state",
        #"""
        recv_queue > state
                     ^~~~~
        "recv_queue" is a number of bytes, "state" is a state
        expected a number or a field that is a number of bytes too
        """#
      ),
      (
        "state > recv_queue",
        #"""
        state > recv_queue
              ^
        "state" cannot be compared with >
        expected = or !=
        """#
      ),
      (
        "state = recv_queue",
        #"""
        state = recv_queue
                ^~~~~~~~~~
        "state" cannot be compared with another field
        expected a value
        """#
      ),
      (
        "rtt_us < bytes_sent or sport = 1",
        #"""
        rtt_us < bytes_sent or sport = 1
                 ^~~~~~~~~~
        "rtt_us" is a length of time, "bytes_sent" is a number of bytes
        expected a number or a field that is a length of time too
        """#
      ),
      (
        "sport = inode",
        #"""
        sport = inode
                ^~~~~
        "local_port" is a port, "inode" is a plain number
        expected a port number or service or a field that is a port too
        """#
      ),
      (
        "port = dport",
        #"""
        port = dport
               ^~~~~
        "port" stands for two fields, so it cannot be compared with another one
        did you mean "local_port = peer_port"?
        """#
      ),
      (
        "dst 10.0.0.0/33",
        #"""
        dst 10.0.0.0/33
                     ^~
        an IPv4 prefix has at most 32 bits, not 33
        expected a number from 0 to 32
        """#
      ),
      (
        "src rtnl",
        #"""
        src rtnl
            ^~~~
        "rtnl" is a netlink protocol, not an address
        expected transport = netlink or ip_protocol = NUMBER
        did you mean "transport = netlink"?
        """#
      ),
      (
        "src netlink:*:777777",
        #"""
        src netlink:*:777777
            ^~~~~~~~~~~~~~~~
        the ends of netlink sockets have no address
        expected transport = netlink or ip_protocol = NUMBER
        did you mean "transport = netlink"?
        """#
      ),
      (
        "dst example.org",
        #"""
        dst example.org
            ^~~~~~~~~~~
        "example.org" is not an address; names of hosts are not looked up
        expected an IPv4 or IPv6 address or a block such as 10.0.0.0/8
        """#
      ),
      (
        "uid = 5k",
        #"""
        uid = 5k
              ^~
        this field has no unit, so "k" may not follow the number
        expected a number
        """#
      ),
      (
        "process = 'nginx",
        #"""
        process = 'nginx
                  ^~~~~~
        the quoted text has no end
        expected a closing '
        """#
      ),
      (
        "user = deb",
        #"""
        user = deb
               ^~~
        unknown user "deb"
        expected a user's name or number
        did you mean "dev"?
        """#
      ),
      (
        "1234",
        #"""
        1234
        ^~~~
        unknown field "1234"
        expected a field
        did you mean "port = 1234"?
        """#
      ),
      (
        "listen",
        #"""
        listen
        ^~~~~~
        unknown field "listen"
        expected a field
        did you mean "state listen"?
        """#
      ),
      // Wide, combining, invisible and control characters before the mistake.
      (
        "process = \"日本é\u{301}\u{7}\u{202E}\" adn sport = 80",
        #"""
        process = "日本éé\x07\u{202e}" adn sport = 80
                                      ^~~
        unknown field "adn"
        expected a field
        did you mean "and"?
        """#.replacingFirst("éé", "é\u{301}")
      ),
    ])
  func rendering(_ text: String, _ expected: String) throws {
    let error = try #require(throws: QueryError.self) { try Query.parse(text, names: World.tables) }
    #expect(error.render() == expected)
  }

  @Test("bytes that are not UTF-8 are escaped, and the mark stands under what follows them")
  func invalidBytes() throws {
    let error = try #require(throws: QueryError.self) { try Query.parse(bytes: [0xFF, 0x20, 0x3D, 0x20, 0x31]) }
    #expect(error.render().hasPrefix("\\xff = 1\n^~~~\n"))
  }

  @Test("of a long query the part around the mistake is shown")
  func longQuery() throws {
    let text = Array(repeating: "sport = 80 or", count: 1000).joined(separator: " ") + " nosuch = 1 or sport = 1"
    let error = try #require(throws: QueryError.self) { try Query.parse(text) }
    let lines = error.render().split(separator: "\n")
    #expect(lines[0].utf8.count < 140)
    #expect(lines[0].hasPrefix("...") && lines[0].contains("nosuch"))
    let column = lines[1].prefix { $0 == " " }.count
    #expect(lines[0].dropFirst(column).hasPrefix("nosuch"))
  }

  @Test(
    "depth and length have a limit",
    arguments: [
      String(repeating: "(", count: 100_000), String(repeating: "not ", count: 30_000),
      String(repeating: "!", count: 100_000), String(repeating: "(!", count: 5000),
      String(repeating: "a", count: 200_000),
    ])
  func limits(_ text: String) {
    #expect(throws: QueryError.self) { try Query.parse(text) }
  }

  @Test("a long flat query is not a deep one")
  func longFlatQuery() throws {
    let query = try Query.parse(Array(repeating: "sport = 53", count: 9000).joined(separator: " or "))
    #expect(World.matches(query) == "dns")
  }

  @Test(
    "other mistakes are errors too",
    arguments: [
      "and", "or sport = 1", "sport = 1 or or sport = 2", "sport = 1 and", "not", "= 3", "sport sport = 1",
      "sport = and",
      "state", "state =", "state and x", "exclude nothing", "state listen established", "sport > 1,2", "sport > 1-5",
      "sport = 1-", "sport = -1", "sport = ,", "sport = 1,", "sport = 1,,2", "sport = 99999999999999999999999",
      "port = mixed or port > mixed", "pid = x", "pid = -1", "recv_queue = 1.5", "recv_queue = 1x", "rtt_us = 1.5us",
      "rtt_us > 0.1us", "bytes_sent = 99999999999T", "dst 10.0.0", "dst 1.2.3.4.5", "dst [::1", "dst [1.2.3.4]",
      "dst 1.2.3.4/", "dst ::1/129", "dst fe80::1%eth7", "dst 1.2.3.4:", "dst inet6:1.2.3.4", "dst /run/x", "src unix:",
      "ipv6_only = maybe", "ipv6_only > 1", "transport = tpc", "timer = never", "autobound = yes", "dev = eth7",
      "dev = wlan*", "fwmark = 1/", "fwmark = 1/x", "fwmark = 5000000000/1", "path = \"\\xg0\"", "path = a\\",
      "process ~ x", "\"sport\" = 80", "sport ! = 80", "sport = (80)", "state = connectd", "dst = ", "cookie > 5",
    ])
  func refuses(_ text: String) throws {
    let error = try #require(throws: QueryError.self) { try Query.parse(text, names: World.tables) }
    #expect(error.render().split(separator: "\n").count >= 3)
    #expect(QueryInvariants.violation(Array(text.utf8), on: World.snapshot, names: World.tables) == nil)
  }

  @Test("without a table of users names are compared as text, unless the tables say that they are complete")
  func noTable() throws {
    var tables = NameTables()
    _ = try Query.user("nosuch", names: tables)
    tables.areComplete = true
    for text in ["nosuch", "no*"] {
      _ = try #require(throws: QueryError.self) { try Query.user(text, names: tables) }
    }
    _ = try Query.user("1000", names: tables)
  }
}

extension String {
  fileprivate func replacingFirst(_ old: String, _ new: String) -> String {
    guard let range = firstRange(of: old) else { return self }
    return String(self[..<range.lowerBound]) + new + String(self[range.upperBound...])
  }
}
