import Query
import Options
import SocketModel
import TestSupport
import Testing

@testable import Classic
@testable import Inspection
@testable import Text

@Suite("The command line of lsof", .timeLimited)
struct LsofReaderTests {
  static func read(_ line: String, variables: [String: String] = [:]) -> LsofPlan.ParseResult {
    let users: [String: UInt32] = ["root": 0, "dev": 1000, "www-data": 33]
    var names = NameTables()
    names.userID = { users[$0] }
    names.userNames = { Array(users.keys) }
    names.servicePorts = { name in
      switch name {
      case "domain": [.init(port: 53, transport: .tcp), .init(port: 53, transport: .udp)]
      case "odd": [.init(port: 1, transport: .tcp), .init(port: 2, transport: .udp)]
      case "ntp": [.init(port: 123, transport: .udp)]
      default: []
      }
    }
    return LsofReader.read(
      shellWords(line), names: names, variable: { variables[$0] },
      kindOfName: { path in
        switch String(decoding: path, as: UTF8.self) {
        case let name where name.hasSuffix(".sock"): .socket
        case "/etc/passwd": .other
        default: .missing("No such file or directory")
        }
      }, isMountPoint: { $0 == Array("/proc".utf8) })
  }

  private func read(_ line: String, variables: [String: String] = [:]) -> LsofPlan.ParseResult {
    Self.read(line, variables: variables)
  }

  private func plan(_ line: String) throws -> LsofPlan {
    guard case .list(let plan) = read(line) else {
      Issue.record("\(line): \(read(line))")
      throw CancellationError()
    }
    return plan
  }

  @Test("letters stand alone or in clusters; what follows one that takes a value is the value, but for a sign")
  func clusters() throws {
    let cluster = try plan("-nPltRi")
    #expect(
      !cluster.hostNames && !cluster.portNames && !cluster.view.userNames && cluster.isTerse && cluster.view.parents)
    #expect(cluster.criteria.internet == .all)
    #expect(try plan("-i -n").hostNames == false)
    #expect(try plan("-ni4").criteria.internet == .ipv4)
    #expect(try plan("-i4 -i6").criteria.internet == .all && plan("-i6 -i6").criteria.internet == .ipv6)
    #expect(try plan("-U -T").view.information == [] && plan("-U -Tqs").view.information == [.queues, .state])
    #expect(try plan("-U -g -R").view.groups && plan("-U -g12,^3 -R").criteria.groups.map(\.number) == [12, 3])
    #expect(try plan("-U -r2Fpc").fields == ["p", "c"])
    #expect(try plan("-U -S5n -L").hostNames == false)
    #expect(try plan("-U -o2n").view.sizes == .either && plan("-U -on").view.sizes == .offset)
    #expect(try plan("-U --").criteria.unix)
    #expect(
      try plan("-U --root /x -n").root == "/x" && plan("--root=/y -U").root == "/y"
        && plan("-U -i --root /z").root == "/z")
    if case .list(let plan) = read("-U", variables: ["SOCKINSPECT_ROOT": "/v"]) { #expect(plan.root == "/v") }
  }

  @Test(
    "Internet addresses",
    arguments: [
      (":1234", [LsofAddress(argument: ":1234", ports: 1234...1234)]),
      ("tcp", [LsofAddress(argument: "tcp", transport: .tcp)]),
      (
        "UDPlite:1-3,7",
        [
          LsofAddress(argument: "UDPlite:1-3,7", transport: .udplite, ports: 1...3),
          LsofAddress(argument: "UDPlite:1-3,7", transport: .udplite, ports: 7...7),
        ]
      ),
      (
        "4tcp@127.0.0.1:domain",
        [
          LsofAddress(
            argument: "4tcp@127.0.0.1:domain", family: .ipv4, transport: .tcp, bits: 0x7F00_0001, ports: 53...53)
        ]
      ),
      ("@[::ffff:1.2.3.4]", [LsofAddress(argument: "@[::ffff:1.2.3.4]", family: .ipv4, bits: 0x0102_0304)]),
      ("6@[::1]:50-ntp", [LsofAddress(argument: "6@[::1]:50-ntp", family: .ipv6, bits: 1, ports: 50...123)]),
      ("udp:odd", [LsofAddress(argument: "udp:odd", transport: .udp, ports: 2...2)]),
      (":0", [LsofAddress(argument: ":0", ports: 0...0)]),
    ] as [(String, [LsofAddress])])
  func addresses(text: String, wanted: [LsofAddress]) throws {
    #expect(try plan("-i \(text)").criteria.addresses == wanted)
    #expect(try plan("-i\(text)").criteria.addresses == wanted)
  }

  @Test("lists: processes, users, descriptors, names, states")
  func lists() throws {
    let processes = try plan("-i -p 1,^2,1 -p 3").criteria.processes
    #expect(processes == [LsofNumber(1), LsofNumber(2, isExcluded: true), LsofNumber(3)])
    #expect(
      try plan("-i -u dev,^33,root").criteria.users
        == [LsofNumber(1000, login: "dev"), LsofNumber(33, isExcluded: true), LsofNumber(0, login: "root")])
    #expect(try plan("-i -d 1-3,7,cwd").criteria.descriptors == [1..<4, 7..<8, 0..<0])
    let excluded = try plan("-i -d ^1,^5-6").criteria
    #expect(excluded.excludesDescriptors && excluded.descriptors == [1..<2, 5..<7])
    #expect(try plan("-i -d fd").criteria.descriptors == [0..<Int64.max])
    let commands = try plan("-i -c a -c ^b -c /^C/i").criteria.commands
    #expect(commands.map { String(decoding: $0.text, as: UTF8.self) } == ["a", "b", "^C"])
    #expect(commands.map(\.isExcluded) == [false, true, false])
    let matches = try #require(commands[2].expression)
    #expect(matches(Array("cat".utf8)) && !matches(Array("acat".utf8)))
    #expect(
      try plan("-i -c /a+/b -c /a+/x").criteria.commands.map { $0.expression?(Array("aa".utf8)) } == [false, true])
    #expect(try plan("-i -sTCP:listen,^Close_Wait,closed").criteria.states == [10, 0])
    #expect(try plan("-i -stcp:^listen").criteria.excludedStates == [10])
    #expect(try plan("-i -s").view.sizes == .size)
  }

  @Test("how it is repeated")
  func repetition() throws {
    func repetition(_ line: String) throws -> LsofPlan.Repetition? { try plan("-U " + line).repetition }
    #expect(try repetition("") == nil)
    #expect(try repetition("-r") == LsofPlan.Repetition())
    #expect(try repetition("+r 3") == LsofPlan.Repetition(seconds: 3, endsWhenEmpty: true))
    #expect(try repetition("-r 2m%%x") == LsofPlan.Repetition(seconds: 2, marker: "%%x"))
    #expect(try repetition("-r1c4mx") == LsofPlan.Repetition(seconds: 1, count: 4, marker: "x"))
    #expect(try repetition("+r -r5") == LsofPlan.Repetition(seconds: 5, endsWhenEmpty: true))
    // As in lsof, a count without a format is read again as an option.
    #expect(try plan("-U -r1c4").criteria.commands.count == 1)
  }

  @Test(
    "a wrong command line ends with status 1 and says what is wrong",
    arguments: [
      ("-i -y", "unknown option: y"), ("-:", "a colon is no option"), ("-i xyz", "none of tcp, udp, udplite"),
      ("-i @", "behind the @"), ("-i @[::1", "behind the @"), ("-i @[x]", "between the brackets"),
      ("-i 4@[::1]", "none of IPv4"),
      ("-i 6@1.2.3.4", "none of IPv6"), ("-i @nothing.invalid", "is unknown"), ("-i :", "behind the colon"),
      ("-i :x", "no service x"), ("-i :odd", "write tcp:odd or udp:odd"), ("-i tcp:ntp", "tcp has no service ntp"),
      ("-i :5-4", "smaller first"), ("-i :1x", "a port is a number"), ("-i :1,,2", "a port is missing"),
      ("-p x -i", "a process id is a number"), ("-i -p", "must stand behind it"),
      ("-i -p 1,^1", "both included and excluded"),
      ("-g 1x -i", "a process group id is a number"), ("-i -u nobody-here", "no such user"),
      ("-i -u", "must stand behind it"),
      ("-i -d", "must stand behind it"), ("-i -d 3-2", "smaller first"), ("-i -d 3,^4", "not both"),
      ("-i -c", "a name"),
      ("-i -c -n", "a name"), ("-i -c 1234567890123456", "no more than 15"), ("-i -c /a", "ends with /"),
      ("-i -c /a/q", "unknown modifier q"), ("-i -c /a/ii", "twice"), ("-i -c /a/bx", "exclude each other"),
      ("-i -c /(/", "Unmatched"), ("-i -c a -c ^a", "contradict"), ("-i +c", "a width"),
      ("-i +c 16", "no more than 15"),
      ("-i -s udp:idle", "UDP has no states"), ("-i -s x:y", "tcp: must stand before"),
      ("-i -s tcp:", "behind the colon"),
      ("-i -s tcp:x", "no state \"x\""), ("-i -s tcp:listen,listen", "twice"), ("-i -s tcp:listen,^listen", "both"),
      ("-i -F x", "there is no field x"), ("-i -F -t", "-F and -t"), ("-i -s -o", "-o and -s"), ("-i -T x", "letter x"),
      ("-i +f x", "letter x"), ("-i -K x", "only i"), ("-i -L 3", "no number"), ("-i -x", "+d or +D"),
      ("-i -Z", "SELinux"),
      ("-i -D x", "not supported"), ("-i -m", "not supported"), ("-i -F -r1m%n", "%n"), ("-a", "nothing is selected"),
      ("-i -X", "leaves out"), ("-i --root", "needs a folder"), ("-i -e x", "file system"),
    ])
  func wrong(line: String, reason: String) {
    guard case .wrong(let problems) = read(line) else {
      Issue.record("\(line): \(read(line))")
      return
    }
    #expect(problems.contains { $0.contains(reason) }, "\(problems)")
    #expect(problems.allSatisfy { !$0.contains("\n") && !$0.isEmpty })
  }

  @Test(
    "what is about files is refused in one line that says what does it",
    arguments: [
      ("", "add -i or -U"), ("-p 1", "add -i or -U"), ("-c x -u root -d 3 -n", "add -i or -U"),
      ("-i +d /tmp", "original lsof"),
      ("-i +D /tmp", "original lsof"), ("-N", "original lsof"),
      ("-i +L1", "original lsof"),
      ("-i +m", "original lsof"),
      ("-i -n /etc/passwd", "no socket"), ("-- a.sock /etc/passwd x", "no socket"),
    ])
  func refused(line: String, advice: String) {
    guard case .refused(let text) = read(line) else {
      Issue.record("\(line): \(read(line))")
      return
    }
    #expect(text.contains(advice) && !text.contains("\n"), "\(text)")
  }

  @Test("names of sockets are searched for; one that is not a file is reported, and ends it when no name is left")
  func names() throws {
    #expect(try plan("/run/a.sock b.sock").criteria.names == [Array("/run/a.sock".utf8), Array("b.sock".utf8)])
    let some = try plan("-t x a.sock")
    #expect(some.criteria.names.count == 1 && some.criteria.selectors == .name)
    #expect(some.nameErrors == ["status error on x: No such file or directory"])
    // The files of a capture are on another machine.
    #expect(try plan("--root /c x").criteria.names == [Array("x".utf8)])
    #expect(try plan("-Q -i -n x").criteria.names.isEmpty)
    for (line, count) in [("x", 1), ("-i -n x y", 2), ("-Q x", 0)] {
      guard case .missing(let lines) = read(line) else {
        Issue.record("\(line): \(read(line))")
        continue
      }
      #expect(lines.count == count, "\(line)")
    }
  }

  @Test("a file system to leave alone must be mounted, as for lsof")
  func exemptFileSystems() throws {
    #expect(try plan("-i -e /proc").criteria.internet == .all)
    guard case .wrong(let problems) = read("-i -e /tmp") else {
      Issue.record("/tmp was taken")
      return
    }
    #expect(problems == ["\"-e /tmp\" is not a mounted file system."])
    let table = Array("t / ext4 rw 0 0\nproc /proc proc rw 0 0\nt /a\\040b\\134 tmpfs rw 0 0\n".utf8)
    for path in ["/", "/proc", "/a b\\"] { #expect(MountTable.contains(Array(path.utf8), in: table)) }
    for path in ["/pro", "/proc/", "proc", "/a"] { #expect(!MountTable.contains(Array(path.utf8), in: table)) }
  }

  @Test("every option in the table of the help is accepted", arguments: LsofOptions.explained)
  func table(option: Option) {
    guard option.id != "--root" else { return }
    let spelling = option.spelling ?? ""
    let values = ["-p": "1", "-d": "3", "-c": "x", "-u": "root", "+c": "3", "+f": "g"]
    let line = ["-i", spelling + (option.value == nil ? "" : values[spelling] ?? ""), "-n"]
    switch read(line.joined(separator: " ")) {
    case .list, .help, .version: break
    case let other: Issue.record("\(line): \(other)")
    }
  }

  @Test("help and version, also with other options")
  func help() {
    for line in ["-h", "-?", "-i -h", "-nh"] {
      if case .help = read(line) {} else { Issue.record("\(line)") }
    }
    if case .fieldHelp = read("-i -F?") {} else { Issue.record("-F?") }
    if case .version = read("-v") {} else { Issue.record("-v") }
    for text in [LsofHelp.text, LsofHelp.usage, LsofHelp.fields, LsofHelp.version] {
      #expect(text.hasSuffix("\n") && text.utf8.allSatisfy { (0x20..<0x7F).contains($0) || $0 == 0x0A })
    }
  }

  @Test(
    "the sources are asked for no more than can be shown",
    arguments: [
      ("-i", [.tcp, .udp, .udplite], .auto), ("-U", [.unix], .proc), ("-i :80 -Tq", [.tcp, .udp, .udplite], .proc),
      ("-i -F", [.tcp, .udp, .udplite], .proc), ("-i -F n", [.tcp, .udp, .udplite], .auto),
      ("-i -a -p 1", [.tcp, .udp, .udplite], .auto), ("-i -U", [.tcp, .udp, .udplite, .unix], .proc),
      ("-i -p 1", [.tcp, .udp, .udplite, .unix, .raw, .icmp, .packet, .netlink], .proc),
    ] as [(String, Set<Transport>, InspectionRequest.Source)])
  func request(line: String, transports: Set<Transport>, source: InspectionRequest.Source) throws {
    let request = LsofRequest(try plan(line), isLive: true).request
    #expect(request.transports == transports)
    #expect(request.source == source)
    #expect(request.processes.reportsAll == line.contains("-p"))
    #expect(request.processes.pids == (line.contains("-a") ? [1] : nil))
    #expect((request.filter == .any) == !line.contains(":80"))
  }

  @Test(
    "-K lists threads, -K i does not, and the last one counts",
    arguments: [
      ("-i -K", true), ("-K -i", true), ("-aK -i", true), ("-i -K i", false), ("-i -K I", false), ("-i -K -K i", false),
      ("-i -K i -K", true), ("-i", false),
    ])
  func tasks(line: String, tasks: Bool) {
    guard case .list(let plan) = read(line) else {
      Issue.record("\(line): \(read(line))")
      return
    }
    #expect(plan.criteria.tasks == tasks && plan.criteria.selectors.contains(.task) == tasks)
    #expect(LsofRequest(plan, isLive: true).request.processes.listsTasks == tasks)
  }
}
