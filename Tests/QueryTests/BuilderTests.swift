import Query
import TestSupport
import Testing
import SocketModel
import Testing

@Suite("Queries made from options, and what is derived from queries", .timeLimited)
struct BuilderTests {
  @Test("arguments of options select as their fields do")
  func arguments() throws {
    #expect(World.matches(try .port("443", names: World.tables)) == "web web6 client clientPeer ping")
    #expect(World.matches(try .port("https", end: .remote, names: World.tables)) == "client")
    #expect(World.matches(try .port("50-60,8080", end: .local)) == "mapped dns")
    #expect(World.matches(.port([53...53], end: .remote)) == "udpConnected")
    #expect(World.matches(.port([])) == "")
    #expect(World.matches(try .address("10.0.0.0/8", end: .remote)) == "mapped")
    #expect(World.matches(try .host("127.0.0.1:443,:53", names: World.tables)) == "client clientPeer dns udpConnected")
    #expect(World.matches(try .state("TIME_WAIT,bound-inactive")) == "timewait bound")
    #expect(World.matches(try .pid("101,300")) == "web clientPeer dns route")
    #expect(World.matches(.pid([100, -5])) == "web web6")
    #expect(World.matches(try .process("nginx")) == "web web6")
    #expect(World.matches(try .process(#"nginx\*"#)) == "")
    #expect(World.matches(.all([try .process("ngi*"), .transport([.tcp]), .family([.ipv4])])) == "web clientPeer")
    // The socket's own user, or that of an owner.
    #expect(World.matches(try .user("dev", names: World.tables)) == "client mapped udpConnected bound sock abstract")
    #expect(World.matches(.user(33)) == "web web6 clientPeer")
    #expect(World.matches(.all([.everything, .not(.any([]))])).split(separator: " ").count == World.names.count)
  }

  @Test(
    "a wrong argument is an error that says what is wrong",
    arguments: [
      ("70000", "port \"70000\" is out of range"),
      ("90-80", "the range \"90-80\" runs backwards; did you mean \"80-90\"?"),
      ("htps", "unknown service \"htps\"; did you mean \"https\"?"), ("", "the value is empty"),
      ("80,,90", "an item of the list is empty"), ("80-", "the end of the range \"80-\" is missing"),
      ("80-90-100", "\"90-100\" is not a port"), ("8o", "unknown service \"8o\""),
      ("-5", "port \"-5\" is out of range"),
      ("0x", "\"0x\" is not a port"), ("\u{1B}[31m", "unknown service \"\\e[31m\""),
    ])
  func wrongPorts(_ text: String, _ message: String) throws {
    let error = try #require(throws: QueryError.self) { try Query.port(text, names: World.tables) }
    #expect(error.description == message)
  }

  @Test("what must be collected is derived from the fields in a query")
  func requiredDetails() throws {
    func requiredDetails(_ text: String) throws -> RequiredDetails {
      try Query.parse(text, names: World.tables).requiredDetails
    }
    #expect(try requiredDetails("sport = 443 and state = listen") == [])
    #expect(try requiredDetails("process = x or sport = 1") == [.owners, .executables])
    #expect(try requiredDetails("exe = x") == [.owners, .executables])
    #expect(try requiredDetails("user = root and dev = lo") == [])
    #expect(try requiredDetails("recv_queue > send_queue") == [])
    #expect(try requiredDetails("rtt_us < timer_expires_ms or pid > fd") == [.tcpInfo, .owners])
    #expect(try requiredDetails("rtt_us > 1 and fwmark = 1/1") == [.tcpInfo, .attributes, .marks])
    #expect(try requiredDetails("process_user = root") == [.owners, .processUsers])
    #expect(try Query.parse("user = root and dev = lo").requiredDetails == [.userNames, .interfaceNames])
  }

  @Test("states, transports and processes that cannot matter are ruled out")
  func bounds() throws {
    func query(_ text: String) throws -> Query { try Query.parse(text, names: World.tables) }
    #expect(try query("state listening sport = 1").states == SocketStateSet(.listen))
    let full = try query("accept_queue >= accept_limit")
    #expect(full.states == SocketStateSet(.listen) && full.possibleTransports == [.tcp, .mptcp, .sctp, .unix])
    #expect(try query("accept_queue != accept_limit").states == .all)
    let withPorts: Set<Transport> = [.tcp, .mptcp, .udp, .udplite, .sctp, .smc, .vsock, .tipc]
    #expect(try query("sport = dport").possibleTransports == withPorts)
    #expect(try query("sport = dport").kernelFilter == .any)
    #expect(try query("peer_inode > inode").mentionedTransports == [.unix])
    #expect(try query("pid = 5 and pid > fd").ownerPIDs == nil)
    #expect(try query("not state = listen").states == SocketStateSet.all.subtracting(SocketStateSet(.listen)))
    #expect(try query("state = listen or sport = 1").states == .all)
    #expect(try query("accept_queue > 0").states == SocketStateSet(.listen))
    #expect(try query("path = *foo*").mentionedTransports == [.unix])
    #expect(try query("path = *foo*").possibleTransports == [.unix])
    #expect(try query("transport = unix or dport = 80").mentionedTransports == [.unix])
    #expect(try query("transport = unix or dport = 80").possibleTransports == withPorts.union([.unix]))
    #expect(try query("transport != tcp").mentionedTransports == nil)
    #expect(try !query("transport != tcp").possibleTransports.contains(.tcp))
    #expect(try query("family = netlink").mentionedTransports == [.netlink])
    #expect(try query("family = ipv6").mentionedTransports == nil)
    #expect(try query("pid = 5,7 and sport = 80").ownerPIDs == [5, 7])
    #expect(try query("pid = 5 or sport = 80").ownerPIDs == nil)
    #expect(try query("not pid = 5").ownerPIDs == nil)
    // Another process could answer a second question about owners.
    #expect(try query("pid = 5 and process = x").ownerPIDs == nil)
    #expect(try query("pid > 5").ownerPIDs == nil)
    #expect(try query("process_user = dev").ownerUsers == [1000])
    // The users of --user: of the socket or of an owner.
    #expect(try query("user = dev or process_user = dev").socketOrOwnerUsers == [1000])
    #expect(try query("(user = dev or process_user = dev) and sport = 80").socketOrOwnerUsers == [1000])
    #expect(try Query.user("dev,5", names: World.tables).socketOrOwnerUsers == [5, 1000])
    #expect(try Query.not(.user("dev", names: World.tables)).socketOrOwnerUsers == nil)
    #expect(try query("user = dev or process_user = 5").socketOrOwnerUsers == nil)
    #expect(try query("user = dev").socketOrOwnerUsers == nil)
    #expect(try query("user = dev or process_user = dev or sport = 80").socketOrOwnerUsers == nil)
    #expect(try query("(user = dev or process_user = dev) and pid = 5").socketOrOwnerUsers == nil)
    #expect(try query("process = nginx and sport = 80").ownerProcess == ProcessPattern(Glob("nginx")))
  }

  @Test("ports, addresses and interfaces become a filter for the kernel, and negations only what is exact")
  func kernelFilters() throws {
    let ports: Set<Transport> = [.tcp, .udp]
    func filter(_ text: String) throws -> KernelFilter {
      try Query.parse(text, names: World.tables).kernelFilter(for: ports)
    }
    #expect(try filter("sport = 443") == .localPort(443...443))
    #expect(try filter("sport = 443 and process = x") == .localPort(443...443))
    #expect(try filter("sport = 443 or process = x") == .any)
    #expect(try filter("port = 443") == .either([.localPort(443...443), .remotePort(443...443)]))
    #expect(try filter("sport != 443") == .not(.localPort(443...443)))
    #expect(try filter("not (sport = 443 and process = x)") == .any)
    #expect(try filter("not (sport = 443 or process = x)") == .not(.localPort(443...443)))
    #expect(try filter("dport < 1024") == .remotePort(0...1023))
    #expect(try filter("not dport < 1024") == .not(.remotePort(1...1023)))
    #expect(try filter("not dport = 0") == .any)
    #expect(try filter("sport > 65535") == .none)
    #expect(try filter("dev = lo") == .interface(1))
    #expect(try Query.parse("sport != 443").kernelFilter == .any)
    let many = (1...100).map { String($0 * 10) }.joined(separator: ",")
    #expect(try filter("sport = \(many)") == .localPort(10...1000))
    #expect(try filter("sport != \(many)") == .any)
  }

  @Test(
    "patterns match bytes as the shell matches names",
    arguments: [
      ("", "", true), ("*", "", true), ("a*c", "abc", true), ("a*c", "ac", true), ("a*c", "abd", false),
      ("*a*b*", "xxaxxbxx", true), ("?", "é", true), ("??", "é", false), ("[é-ü]", "ö", true), ("[!a]", "a", false),
      ("[^a]", "b", true), ("[]]", "]", true), ("[a-]", "-", true), ("[a", "[a", true), ("a\\*", "a*", true),
      ("a\\*", "ab", false), ("[z-a]", "m", false), ("**", "x", true), ("a?", "a", false),
    ])
  func globs(_ pattern: String, _ text: String, _ expected: Bool) {
    #expect(Glob(pattern).matches(Array(text.utf8)) == expected)
  }

  @Test("a hostile pattern takes time proportional to the product of the lengths at most")
  func slowGlob() {
    let pattern = Glob(String(repeating: "a*", count: 200) + "b")
    #expect(!pattern.matches(Array(repeating: 0x61, count: 5000)))
  }
}
