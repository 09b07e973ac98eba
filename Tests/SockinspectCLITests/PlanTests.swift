import SocketModel
import Testing

@testable import SockinspectCLI

@Suite("What the arguments mean")
struct PlanTests {
  private func list(_ line: String, in world: Surroundings = .test) throws -> ListPlan {
    guard case .list(let plan) = try Plan(TypedArguments.parse(shellWords(line)), in: world) else {
      throw UsageError("not a listing")
    }
    return plan
  }

  private func error(_ line: String) -> UsageError? {
    do throws(UsageError) {
      _ = try Plan(TypedArguments.parse(shellWords(line)), in: .test)
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "transports: TCP and UDP, unless options name or imply others",
    arguments: [
      ("", [.tcp, .udp]), ("-t", [.tcp]), ("-tu", [.tcp, .udp]), ("-A tcp -x", [.tcp, .unix]),
      ("-a", Set(Transport.allCases)), ("-A all", Set(Transport.allCases)), ("-ta", [.tcp]),
      ("-s", Set(Transport.allCases)),
      ("-s -u", [.udp]), ("--port 80", [.tcp, .mptcp, .udp, .udplite]), ("--port 80 -t", [.tcp]),
      ("--address ::1", [.tcp, .mptcp, .udp, .udplite, .raw, .icmp]),
      ("-A inet", [.tcp, .mptcp, .udp, .udplite, .raw, .icmp]),
      ("-4a", [.tcp, .mptcp, .udp, .udplite, .raw, .icmp]), ("-4x", [.unix]),
    ] as [(String, Set<Transport>)])
  func transports(line: String, expected: Set<Transport>) throws { #expect(try list(line).transports == expected) }

  @Test("transports that were named one by one are required, groups are not")
  func required() throws {
    #expect(try list("-t -A udplite,inet").namedTransports == [.tcp, .udplite])
    #expect(try list("-a").namedTransports.isEmpty)
    #expect(try list("").transportsAreDefault)
    #expect(try !list("-t").transportsAreDefault)
  }

  @Test(
    "ports: numbers, ranges, names, lists, the opposite",
    arguments: [
      ("80", [80...80], false), ("80,443", [80...80, 443...443], false), ("8000-8100", [8000...8100], false),
      (":80", [80...80], false), ("https", [443...443], false), ("!80", [80...80], true),
      ("^80,90", [80...80, 90...90], true),
      ("60000-", [60000...65535], false), ("-1023", [0...1023], false), ("0", [0...0], false),
      ("65535", [65535...65535], false),
    ] as [(String, [ClosedRange<UInt16>], Bool)])
  func ports(text: String, ranges: [ClosedRange<UInt16>], negated: Bool) throws {
    #expect(try list("--port '\(text)'").conditions == [.ports(.either, ranges, negated: negated)])
    #expect(try list("--local-port='\(text)'").conditions == [.ports(.local, ranges, negated: negated)])
  }

  @Test(
    "an operand that can be nothing but ports is ports",
    arguments: [("1234", 1234...1234), (":1234", 1234...1234), (":https", 443...443), ("8000-8100", 8000...8100)]
      as [(String, ClosedRange<UInt16>)])
  func portOperand(text: String, range: ClosedRange<UInt16>) throws {
    let plan = try list(text)
    #expect(plan.conditions == [.ports(.either, [range], negated: false)])
    #expect(plan.query == nil)
  }

  @Test("operands are joined into one query; behind -- nothing is an option or a command")
  func query() throws {
    #expect(try list("dport = :443 -t").query == "dport = :443")
    #expect(try list("-- help").query == "help")
    #expect(error("''")?.message == "the query is empty")
  }

  @Test("states: any spelling, groups, and the opposite of single ones")
  func states() throws {
    func states(_ text: String) throws -> SocketStateSet? {
      guard case .states(let set)? = try list("--state '\(text)'").conditions.first else { return nil }
      return set
    }
    #expect(try states("TIME-WAIT,estab") == SocketStateSet([.timeWait, .established]))
    #expect(try states("!listen") == SocketStateSet.all.subtracting(SocketStateSet(.listen)))
    #expect(try states("bucket") == SocketStateSet([.timeWait, .synRecv]))
    #expect(try states("all,^time_wait") == SocketStateSet.all.subtracting(SocketStateSet(.timeWait)))
  }

  @Test("--all takes back --listening, in either order, as in ss and netstat")
  func listening() throws {
    #expect(try list("-l").conditions == [.states(SocketStateSet([.listen, .unconnected]))])
    #expect(try list("-la").conditions.isEmpty)
    #expect(try list("-al").conditions.isEmpty)
  }

  @Test("addresses, processes and users")
  func others() throws {
    let block = try #require(IPPrefix(address: IPAddress(ipv4: 0x0A00_0000), length: 8))
    let host = try #require(IPPrefix(address: IPAddress(ipv6: 1), length: 128))
    #expect(try list("--address 10.0.0.0/8,::1").conditions == [.addresses(.either, [block, host], negated: false)])
    #expect(try list("--remote '![::1]'").conditions == [.addresses(.remote, [host], negated: true)])
    #expect(try list("--pid 1,2").conditions == [.processIDs([1, 2], negated: false)])
    #expect(try list("--process 'nginx*'").conditions == [.processNames(["nginx*"], negated: false)])
    #expect(try list("--user dev,33").conditions == [.users([1000, 33], negated: false)])
  }

  @Test("the last of two opposite options counts")
  func lastWins() throws {
    #expect(try list("--no-owners").owners == false)
    #expect(try list("--no-owners -p").owners)
    #expect(try list("-rn").output.resolve == false)
    #expect(try list("--width 40 -W").output.width == nil)
    #expect(try list("-W --width 40").output.width == 40)
  }

  @Test("columns: chosen, added, taken away")
  func columns() throws {
    #expect(try list("").output.columns == nil)
    #expect(try list("--columns state,local-address").output.columns == [.state, .localAddress])
    #expect(
      try list("--columns +rtt_us,-state").output.columns
        == [.transport, .receiveQueue, .sendQueue, .local, .peer, .tcp(.rtt), .owners])
    #expect(try list("-o").output.columns?.suffix(4) == [.timer, .timerExpires, .retransmits, .owners])
    #expect(try list("--no-owners").output.columns?.contains(.owners) == false)
    #expect(try list("-oo").output.columns?.filter { $0 == .timer }.count == 1)
  }

  @Test("sort keys have a direction each")
  func sort() throws {
    #expect(
      try list("--sort -recv_queue,local_port").output.sort == [
        .init(field: .receiveQueue, descending: true), .init(field: .localPort, descending: false),
      ])
  }

  @Test("the table fits a terminal, and is whole on a pipe; colour follows NO_COLOR and TERM")
  func terminal() throws {
    #expect(try list("").output.width == nil)
    #expect(try list("", in: .test(variables: [:], width: 100)).output.width == 100)
    #expect(try list("").output.color == false)
    #expect(try list("", in: .test(variables: ["TERM": "xterm"], width: 80)).output.color)
    #expect(try list("", in: .test(variables: ["NO_COLOR": "1"], width: 80)).output.color == false)
    #expect(try list("", in: .test(variables: ["NO_COLOR": ""], width: 80)).output.color)
    #expect(try list("", in: .test(variables: ["TERM": "dumb"], width: 80)).output.color == false)
    #expect(try list("--color always", in: .test(variables: ["NO_COLOR": "1"])).output.color)
  }

  @Test("SOCKINSPECT_ROOT stands in for --root, which wins")
  func root() throws {
    let world = Surroundings.test(variables: ["SOCKINSPECT_ROOT": "/tree"])
    #expect(try list("", in: world).root == "/tree")
    #expect(try list("--root other", in: world).root == "other")
  }

  @Test("commands take their own options and operands only")
  func commands() throws {
    func plan(_ line: String) throws -> Plan { try Plan(TypedArguments.parse(shellWords(line)), in: .test) }
    #expect(try plan("help query") == .help(.topic(.query)))
    #expect(try plan("--help") == .help(.short))
    #expect(try plan("--help --port 80") == .help(.short))
    #expect(try plan("help port") == .help(.option(.port)))
    #expect(try plan("capture -h") == .help(.topic(.capture)))
    #expect(try plan("completions zsh") == .completions(.zsh))
    #expect(try plan("version") == .version)
    #expect(try plan("capture --redact out") == .capture(CapturePlan(directory: "out", redact: true)))
  }

  @Test(
    "wrong values are named with what would be right",
    arguments: [
      ("--port 70000", "--port: '70000' is out of range; ports are 0-65535"),
      ("--port 99999999999999999999", "--port: '99999999999999999999' is out of range; ports are 0-65535"),
      ("--port 80,,443", "--port: the list '80,,443' has an empty member"),
      ("--port ''", "--port: the list '' has an empty member"),
      ("--port 90-80", "--port: the range '90-80' runs backwards"),
      ("--port 1-2-3", "--port: '1-2-3' is not a range of ports"),
      ("--port nosuch", "--port: unknown service 'nosuch'"),
      ("--address 1.2.3", "--address: '1.2.3' is not an IPv4 or IPv6 address"),
      ("--address 10.0.0.0/33", "--address: the length of '10.0.0.0/33' must be 0-32"),
      ("--address 10.0.0.0/", "--address: the length of '10.0.0.0/' must be 0-32"),
      ("--state tmie_wait", "--state: unknown state 'tmie_wait'"),
      ("--pid nginx", "--pid: 'nginx' is not a process id"),
      ("--pid 0", "--pid: '0' is not a process id"),
      ("--pid 4294967297", "--pid: '4294967297' is not a process id"),
      ("--user nosuch", "--user: there is no user 'nosuch'"),
      ("-A tpc", "-A: unknown transport 'tpc'"),
      ("--columns stat", "--columns: unknown column 'stat'"),
      ("--columns -proto,-state,-recv_queue,-send_queue,-local,-peer,-owners", "--columns: no column is left"),
      ("--sort rtt", "--sort: unknown column 'rtt'"),
      ("--color blue", "--color: unknown choice 'blue'"),
      ("--width x", "--width: 'x' is not a number from 0 to 1000000000"),
      ("--limit -1", "--limit: '-1' is not a number from 0 to 1000000000"),
      ("--json --csv", "--json and --csv exclude each other"),
      ("--count-by state -s", "--count-by and -s exclude each other"),
      ("--count-by state --columns pid", "--columns has no meaning with --count-by"),
      ("--redact", "--redact goes with capture only"),
      ("--source diag --root x", "--source diag asks the live kernel and does not go with --root"),
      ("capture", "capture: something is missing behind the command"),
      ("capture a b", "capture: too much behind the command"),
      ("capture a --json", "--json does not go with capture"),
      ("completions tcsh", "completions: unknown shell 'tcsh'"),
      ("help qeury", "help: unknown topic 'qeury'"),
    ])
  func wrong(line: String, message: String) { #expect(error(line)?.message == message) }

  @Test(
    "near words are offered",
    arguments: [
      ("--state tmie_wait", "did you mean time_wait?"), ("-A tpc", "did you mean tcp?"),
      ("help qeury", "did you mean query?"),
      ("--columns stat", "did you mean state?"), ("--source dig", "did you mean diag?"),
      ("completions zhs", "did you mean zsh?"),
    ])
  func hints(line: String, hint: String) { #expect(error(line)?.details.first == hint) }
}

@Suite("The names of ports")
struct ServiceNamesTests {
  private let names = ServiceNames(
    parsing: Array(
      """
      # comment
      http\t\t80/tcp\t\twww # WorldWideWeb HTTP
      https 443/tcp
      https 443/udp
      domain 53/udp nameserver
      broken
      broken2 99999/tcp
      broken3 80
      tftp 69/udp\r
      """.utf8))

  @Test("names and aliases lead to ports, each once")
  func ports() {
    #expect(names.ports(of: "http") == [80])
    #expect(names.ports(of: "www") == [80])
    #expect(names.ports(of: "https") == [443])
    #expect(names.ports(of: "tftp") == [69])
    for name in ["broken", "broken2", "broken3", "", "#", "WorldWideWeb"] { #expect(names.ports(of: name).isEmpty) }
  }

  @Test("a port's name is the first of its protocol, never an alias")
  func reverse() {
    #expect(names.names(of: "tcp") == [80: "http", 443: "https"])
    #expect(names.names(of: "udp") == [443: "https", 53: "domain", 69: "tftp"])
  }
}
