import Options
import Query
import SocketModel
import TestSupport
import Testing

@testable import CommandLine
@testable import sockinspect
@testable import Inspection
@testable import LinuxSystem

@Suite("What the arguments mean", .timeLimited)
struct PlanTests {
  @Test(
    "transports: TCP and UDP, unless options name or imply others",
    arguments: [
      ("", [.tcp, .udp]), ("-t", [.tcp]), ("-tu", [.tcp, .udp]), ("-A tcp -x", [.tcp, .unix]),
      ("-a", Set(Transport.allCases)), ("-A all", Set(Transport.allCases)), ("-ta", [.tcp]),
      ("-s", Set(Transport.allCases)),
      ("-s -u", [.udp]), ("--port 80", [.tcp, .mptcp, .udp, .udplite, .sctp, .smc]), ("--port 80 -t", [.tcp]),
      ("--address ::1", [.tcp, .mptcp, .udp, .udplite, .sctp, .smc, .raw, .icmp]),
      ("-A inet", [.tcp, .mptcp, .udp, .udplite, .sctp, .smc, .raw, .icmp]),
      ("-4a", [.tcp, .mptcp, .udp, .udplite, .sctp, .smc, .raw, .icmp]), ("-4x", [.unix]),
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
    "the ports of servers are those that any spelling of the question names",
    arguments: [
      (":1234", "port 1234"), ("--port 1234", "port 1234"), ("1234 listen", "port 1234"), ("-l 1234", "port 1234"),
      ("127.0.0.1:1234", "port 1234"), ("'port = 1234'", "port 1234"), ("'sport = 1234'", "local port 1234"),
      ("--local-port 80,443", "local ports 80,443"), ("'port = 80,443 and process = x'", "ports 80,443"),
      ("'port = 8000-8100 or sport = 80'", "ports 80,8000-8100"),
      ("'sport = 80 or port = 81 and pid = 1'", "ports 80-81"),
      ("--port 1234 --process x", "port 1234"), ("'dport = 80'", nil), ("--remote-port 80", nil),
      ("'port > 1023'", nil), ("'port != 80'", nil), ("'sport = 80 or process = x'", nil), ("-t", nil),
      ("'sport = 80 and dport = 81'", nil), ("'state established and port = 80'", nil),
    ])
  func serverPorts(line: String, expected: String?) throws {
    let ports = try list(line).serverPorts
    let typed = expected.map { text in
      let list = text.split(separator: " ").last ?? ""
      return (text.hasPrefix("local") ? "--local-port " : "--port ") + list
    }
    #expect(ports?.typed == typed)
    if typed != nil { #expect(ports?.name == expected) }
  }

  /// The sockets of ``samples`` that a command line selects, by their names.
  private func selected(_ line: String) throws -> String {
    let plan = try list(line)
    let (snapshot, names) = samples
    return plan.selection.rows(of: snapshot).map { names[Int($0)] }.joined(separator: " ")
  }

  /// A server at port 80 of every interface, a client at port 50000 of one at 10.0.0.9:443, the
  /// closed end of another, and a DNS server.
  private var samples: (Snapshot, [String]) {
    func socket(
      _ transport: Transport, _ state: SocketState, _ local: UInt32, _ port: UInt16, _ remote: UInt32 = 0,
      _ peer: UInt16 = 0
    ) -> SocketRecord {
      var record = SocketRecord(transport: transport, family: .ipv4, state: state)
      record.localBits = UInt128(local)
      record.localPort = port
      record.remoteBits = UInt128(remote)
      record.remotePort = peer
      record.known = [.uid, .inode]
      return record
    }
    var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
    snapshot.records = [
      socket(.tcp, .listen, 0, 80), socket(.tcp, .established, 0x0A00_0001, 50000, 0x0A00_0009, 443),
      socket(.tcp, .timeWait, 0x7F00_0001, 80, 0x7F00_0001, 50001), socket(.udp, .unconnected, 0x7F00_0035, 53),
    ]
    snapshot.records[0].uid = 33
    snapshot.processes = [
      ProcessInfo(pid: 7, name: Array("nginx".utf8)), ProcessInfo(pid: 9, name: Array("curl".utf8)),
    ]
    snapshot.owners = [
      Owner(pid: 7, descriptor: 3, processIndex: 0), Owner(pid: 9, descriptor: 4, processIndex: 1),
    ]
    snapshot.ownerStarts = [0, 1, 2, 2, 2]
    return (snapshot, ["server", "client", "closed", "dns"])
  }

  @Test(
    "selections: ports, addresses, states, processes, users, their lists and opposites",
    arguments: [
      ("", "server client closed dns"), ("--port 80", "server closed"), ("--port 80,443", "server client closed"),
      ("--port 400-500", "client"), ("--port https", "client"), ("--port '!80'", "client dns"),
      ("--port ^80,53", "client"),
      ("--local-port 443", ""), ("--remote-port 443", "client"), ("--sport 50000", "client"),
      ("--port 80 --remote-port 50001", "closed"), ("80", "server closed"), (":443", "client"), (":https", "client"),
      ("50-60", "dns"), ("--address 127.0.0.0/8", "closed dns"), ("--local 127.0.0.1", "closed"),
      ("--remote '!127.0.0.0/8'", "server client dns"), ("--state TIME-WAIT,estab", "client closed"),
      ("--state '!listen'", "client closed dns"), ("--state all,^time_wait", "server client dns"),
      ("--state bucket", "closed"),
      ("-l", "server dns"), ("-la", "server client closed dns"), ("-al", "server client closed dns"),
      ("--pid 7,8", "server"),
      ("--pid '!7'", "client closed dns"), ("--process 'ng*'", "server"), ("--process curl,nginx", "server client"),
      ("--user www-data", "server"), ("sport = :80 and state listen", "server"), ("--port 80 state listen", "server"),
      ("-t process = curl", "client"),
    ])
  func selections(line: String, names: String) throws { #expect(try selected(line) == names) }

  @Test("a query that names other transports lists them; behind -- nothing is an option or a command")
  func query() throws {
    #expect(try list("transport = raw").transports == [.tcp, .udp, .raw])
    #expect(try list("-t transport = raw").transports == [.tcp])
    #expect(try list("dport = :443 -t").transports == [.tcp])
    #expect(usageError("''")?.message == "the query is empty")
    #expect(try list("-- help").words.map(\.text) == ["help"])
    #expect(usageError("-- =x")?.message.hasPrefix("query: ") == true)
    // A word of the query language is an incomplete query.
    #expect(usageError("sport")?.message.hasPrefix("query: ") == true)
    #expect(usageError("not")?.message.hasPrefix("query: ") == true)
    #expect(usageError("wacth")?.details.contains("a process: --process wacth") == true)
    #expect(usageError("caputre")?.details.first == "did you mean the command capture?")
  }

  @Test("the place of a mistake in a query is marked")
  func mark() throws {
    let wrong = try #require(usageError("state listen and dprot = 1"))
    #expect(wrong.details[0] == "state listen and dprot = 1")
    #expect(wrong.details[1] == "                 ^~~~~")
    #expect(wrong.details.last == "did you mean \"dport\"?")
    #expect(usageError("--port 80,70000")?.details[1] == "   ^~~~~")
  }

  @Test("columns to count by count once")
  func counts() throws {
    #expect(try list("--count-by pid,state,pid").output.content == .counts(CountBy(fields: [.pid, .state])))
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
    #expect(try list("").output.choice == ColumnChoice())
    #expect(try list("--columns state,local-address").columns == [.state, .localAddress])
    #expect(
      try list("--columns +rtt_us,-state").columns
        == [.transport, .receiveQueue, .sendQueue, .local, .peer, .tcp(.rtt), .owners])
    #expect(
      try list("--columns +accept_queue,accept_limit").columns
        == [.transport, .state, .receiveQueue, .sendQueue, .local, .peer, .acceptQueue, .acceptLimit, .owners])
    #expect(
      try list("--columns -send_queue,recv_queue,+inode,uid,-state").columns
        == [.transport, .local, .peer, .inode, .uid, .owners])
    #expect(try list("--columns proto,pid,proto").columns == [.transport, .pid])
    #expect(try list("--columns local,+inode,peer,-local,state").columns == [.peer, .state, .inode])
    #expect(try list("-o").columns?.suffix(4) == [.timer, .timerExpires, .retransmits, .owners])
    #expect(try list("--no-owners").columns?.contains(.owners) == false)
    #expect(try list("-oo").columns?.filter { $0 == .timer }.count == 1)
  }

  private let failure = CallFailure(call: "read", code: 5, reason: "Input/output error")

  @Test(
    "a port that nothing uses is said to be free, by what was looked at; any other selection matches nothing",
    arguments: [
      ("--port 4321", "nothing uses port 4321 (looked at tcp, mptcp, udp, udplite, sctp, smc)"),
      (":4321 -t", "nothing uses port 4321 (looked at tcp)"),
      ("4321 -a", "nothing uses port 4321 (looked at tcp, mptcp, udp, udplite, sctp, smc)"),
      ("--port 80,443", "nothing uses ports 80,443 (looked at tcp, mptcp, udp, udplite, sctp, smc)"),
      ("--port 8000-8100 -t", "nothing uses ports 8000-8100 (looked at tcp)"),
      ("--port https -t4", "nothing uses port https (looked at tcp, ipv4 only)"),
      ("--local-port 80 -u", "nothing uses local port 80 (looked at udp)"),
      ("--remote-port :80 -u", "nothing uses remote port 80 (looked at udp)"),
      ("-tlp --port 80", "nothing listens on port 80 (looked at tcp)"),
      ("-x --port 80", "no unix socket matches"), ("--port '!80' -t", "no tcp socket matches"),
      ("--port 80 --state listen -t", "no tcp socket matches"), ("state listen", "no tcp or udp socket matches"),
      ("--port 80 --port 81 -t", "no tcp socket matches"), ("-t", "there is no tcp socket"),
      ("-a", "there is no socket"), ("-6", "there is no ipv6 tcp or ipv6 udp socket"),
      ("-4 -t state listen", "no ipv4 tcp socket matches"),
    ])
  func nothingMatched(line: String, text: String) throws {
    let plan = try list(line)
    var snapshot = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    for transport in plan.transports { snapshot.lookedAt[transport] = plan.families }
    snapshot.problems = [Problem(subject: .descriptors, cause: .forbidden(.noProc))]
    #expect(plan.nothingMatched(in: snapshot) == text)
    // When a table was not read, nothing is known about the port.
    snapshot.problems = [Problem(subject: .table(.tcp, path: "net/tcp"), cause: .unreadable(.endedEarly(failure)))]
    #expect(plan.nothingMatched(in: snapshot)?.hasPrefix("nothing") == false)
    // It is not known whether there are sockets of transports that no source has.
    snapshot.lookedAt = [:]
    #expect(plan.nothingMatched(in: snapshot) == nil)
  }

  @Test("what was looked at names what was read: fewer transports or families than were asked for, and /proc")
  func lookedAt() throws {
    let plan = try list("--port 4321")
    var snapshot = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    snapshot.lookedAt = [.udp: [.ipv4, .ipv6], .tcp: [.ipv6]]
    #expect(plan.nothingMatched(in: snapshot) == "nothing uses port 4321 (looked at tcp (ipv6 only), udp)")
    #expect(try list("state listen").nothingMatched(in: snapshot) == "no tcp (ipv6 only) or udp socket matches")
    snapshot.problems = [Problem(subject: .sockDiag, cause: .unreadable(.endedEarly(failure)))]
    snapshot.fromTables = [.tcp]
    let rest = "; TCP sockets that are bound and idle are not in /proc)"
    #expect(plan.nothingMatched(in: snapshot) == "nothing uses port 4321 (looked at tcp (ipv6 only), udp" + rest)
    snapshot.problems = [Problem(subject: .transports([.tcp]), cause: .missing(.transport(in: nil)))]
    #expect(plan.nothingMatched(in: snapshot) == "no tcp (ipv6 only) or udp socket matches")
  }

  @Test("a process without a socket in the tables that were read may have one in the others")
  func otherTransports() throws {
    let hints = try list("--pid 7").wordHints { _ in true }
    #expect(hints == ["unix sockets and other transports too: sockinspect --pid 7 -a"])
    #expect(try list("-a --pid 7").wordHints { _ in true } == [])
    #expect(try list("state listen").wordHints { _ in true } == [])
  }

  @Test("sort keys have a direction each")
  func sort() throws {
    #expect(
      try list("--sort -recv_queue,local_port").output.order.keys == [
        .init(field: .receiveQueue, isDescending: true), .init(field: .localPort, isDescending: false),
      ])
    #expect(try list("--reverse").output.order == SortOrder(isReversed: true))
  }

  @Test("the sources are asked for no more than can be shown")
  func request() throws {
    func request(_ line: String) throws -> InspectionRequest { try list(line).request() }
    let port = try request("-t --port 80")
    #expect(port.transports == [.tcp] && port.requiredTransports == [.tcp])
    #expect(port.filter == .either([.localPort(80...80), .remotePort(80...80)]))
    #expect(port.requiredDetails.contains(.owners) && !port.requiredDetails.contains(.tcpInfo))
    #expect(try request("--state listen").states == SocketStateSet(.listen))
    #expect(try request("--pid 7").processes.pids == [7])
    #expect(try request("--pid 7,8 pid = 8").processes.pids == nil)
    #expect(try request("--process nginx").processes.admits != nil)
    #expect(try request("-s").requiredDetails == [])
    #expect(try !request("--no-owners").requiredDetails.contains(.owners))
    #expect(try request("--no-owners --pid 7").requiredDetails.contains(.owners))
    #expect(try request("--sort -rtt_us").requiredDetails.contains(.tcpInfo))
    #expect(try request("-i --json").requiredDetails.isSuperset(of: [.tcpInfo, .owners, .executables]))
    #expect(try request("--json --columns pid").requiredDetails == .owners)
    #expect(try request("--json").requiredDetails.isDisjoint(with: [.memory, .tcpInfo]))
    #expect(try request("--json").requiredDetails.contains(.drops))
    #expect(try request("-a path = /run/x").transports == [.unix])
    #expect(try request("-4").families == [.ipv4])
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

  @Test("SOCKINSPECT_ROOT replaces a missing --root")
  func root() throws {
    let world = Environment.test(variables: ["SOCKINSPECT_ROOT": "/tree"])
    #expect(try list("", in: world).root == "/tree")
    #expect(try list("--root other", in: world).root == "other")
  }

  @Test("commands take only their own options and operands")
  func commands() throws {
    func plan(_ line: String) throws -> String {
      switch try Plan(TypedArguments.parse(shellWords(line)), in: .test) {
      case .help(let subject): "help \(subject)"
      case .version: "version"
      case .listColumns: "columns"
      case .list: "list"
      case .command(let plan as CompletionsPlan): "completions \(plan.shell)"
      case .command(let plan as CapturePlan): "capture \(plan.directory) \(plan.redact)"
      case .command(let plan as LinkPlan): "link \(plan.directory) \(plan.quiet)"
      case .command(is ManPlan): "man"
      case .command(let plan): "\(type(of: plan))"
      }
    }
    #expect(try plan("help query") == "help \(HelpSubject.topic(.query))")
    #expect(try plan("--help") == "help \(HelpSubject.short)")
    #expect(try plan("--help --port 80") == "help \(HelpSubject.short)")
    #expect(try plan("help port") == "help \(HelpSubject.option("port", of: nil))")
    #expect(try plan("help backlog") == "help \(HelpSubject.option("backlog", of: "listen-demo"))")
    #expect(try plan("help connect-demo port") == "help \(HelpSubject.option("port", of: "connect-demo"))")
    #expect(try plan("listen-demo --once --help") == "help \(HelpSubject.topic(.listenDemo))")
    #expect(try plan("listen-demo --help once") == "help \(HelpSubject.option("once", of: "listen-demo"))")
    #expect(try plan("--help flow-demo") == "help \(HelpSubject.topic(.flowDemo))")
    #expect(try plan("explain time_wait -h") == "help \(HelpSubject.topic(.explain))")
    #expect(try plan("capture -h") == "help \(HelpSubject.topic(.capture))")
    #expect(try plan("completions zsh") == "completions zsh")
    #expect(try plan("version") == "version")
    #expect(try plan("-V") == "version")
    #expect(try plan("man") == "man")
    #expect(try plan("--list-columns") == "columns")
    #expect(try plan("capture --redact out") == "capture out true")
    #expect(try plan("link out") == "link out false")
    #expect(try plan("link -q out") == "link out true")
    #expect(try plan("help link") == "help \(HelpSubject.topic(.link))")
    #expect(try plan("help netstat") == "help \(HelpSubject.topic(.netstat))")
    #expect(try plan("help netstat timers") == "help \(HelpSubject.option("timers", of: "netstat"))")
    #expect(try plan("watch --help") == "help \(HelpSubject.topic(.watch))")
    #expect(try plan("watch --help until") == "help \(HelpSubject.option("until", of: "watch"))")
    #expect(try plan("help watch port") == "help \(HelpSubject.option("port", of: "watch"))")
  }

  @Test(
    "wrong values are named with what would be right",
    arguments: [
      ("--port 70000", "--port: port \"70000\" is out of range"),
      ("--state tmie_wait", "--state: unknown state \"tmie_wait\""),
      ("--pid nginx", "--pid: \"nginx\" is not a number"), ("--user nosuch", "--user: unknown user \"nosuch\""),
      ("-A tpc", "-A: unknown transport 'tpc'"),
      ("--columns stat", "--columns: unknown column 'stat'"),
      ("--columns -proto,-state,-recv_queue,-send_queue,-local,-peer,-owners", "--columns: no column is left"),
      ("--sort rtt", "--sort: unknown field \"rtt\""),
      ("--count-by state,,pid", "--count-by: the name of a field is missing"),
      ("--count-by state --sort pid", "--sort has no meaning with --count-by: the largest count comes first"),
      ("-s --sort pid", "--sort has no meaning with -s: its order is fixed"),
      ("--color blue", "--color: unknown choice 'blue'"),
      ("--width x", "--width: 'x' is not a number from 0 to 1000000000"),
      ("--limit -1", "--limit: '-1' is not a number from 0 to 1000000000"),
      ("--json --csv", "--json and --csv exclude each other"),
      ("--count-by state -s", "--count-by and -s exclude each other"),
      ("--count-by state --columns pid", "--columns has no meaning with --count-by"),
      ("--redact", "--redact goes with capture only"),
      ("--every 1", "--every goes with capture only"),
      ("--for 1", "--for goes with capture, watch, top, doctor and listen-demo only"),
      ("capture d --for 1", "--for goes with --every only"),
      ("capture d --every 0", "--every: '0' is not a time from 0.01 s to 86400 s"),
      ("capture d --every 1 --for never", "--for: 'never' is not a time from 0.001 s to 1000000 s"),
      ("--source diag --root x", "--source diag asks the live kernel and does not go with --root"),
      ("capture", "capture: something is missing behind the command"),
      ("capture a b", "capture: too much behind the command"),
      ("capture a --json", "--json does not go with capture"),
      ("completions tcsh", "completions: unknown shell 'tcsh'"),
      ("help qeury", "help: unknown topic 'qeury'"),
      ("help query port", "help: too much behind the command"),
      ("help listen-demo backlgo", "unknown option 'backlgo' of listen-demo"),
    ])
  func wrong(line: String, message: String) { #expect(usageError(line)?.message == message) }

  @Test("a message shows the beginning of what is too long for a line")
  func long() throws {
    let word = String(repeating: "x", count: 100_000)
    #expect(try list(word).words.first?.ambiguity == nil)
    #expect(usageError("--\(word)")?.message == "unknown option '--\(word.prefix(98))...'")
  }

  @Test(
    "near words are offered",
    arguments: [
      ("-A tpc", "did you mean tcp?"),
      ("help qeury", "did you mean query?"),
      ("--columns stat", "did you mean state?"), ("--columns prot", "did you mean proto?"),
      ("--source dig", "did you mean diag?"),
      ("completions zhs", "did you mean zsh?"),
    ])
  func hints(line: String, hint: String) { #expect(usageError(line)?.details.first == hint) }
}

@Suite("The names of ports", .timeLimited)
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

  @Test("names and aliases lead to ports")
  func ports() {
    #expect(names.entries(named: "http").map(\.port) == [80])
    #expect(names.entries(named: "www").map(\.port) == [80])
    #expect(names.entries(named: "https").map(\.transport) == ["tcp", "udp"])
    #expect(names.entries(named: "tftp").map(\.port) == [69])
    for name in ["broken", "broken2", "broken3", "", "#", "WorldWideWeb"] {
      #expect(names.entries(named: name).isEmpty)
    }
  }

  @Test("a port's name is the first of its protocol, never an alias")
  func reverse() {
    #expect(names.names(of: "tcp") == [80: "http", 443: "https"])
    #expect(names.names(of: "udp") == [443: "https", 53: "domain", 69: "tftp"])
  }
}
