import Inspection
import Options
import Query
import Rendering
import SocketModel
import TestSupport
import Testing

@testable import CommandLine
@testable import sockinspect

@Suite("Command lines of habit", .timeLimited)
struct HabitTests {
  /// Sockets of the kinds that people ask for, each identified by a word.
  private static let sockets: (snapshot: Snapshot, names: [String]) = {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    var names: [String] = []
    snapshot.processes = ["python3", "nginx", "node18", "Xorg", "dbus-daemon"].enumerated().map { index, name in
      var process = ProcessInfo(pid: Int32(18952 + index), name: Array(name.utf8))
      process.uid = index == 0 ? 0 : 1000
      return process
    }
    snapshot.ownerStarts = [0]
    func add(
      _ name: String, _ transport: Transport, _ state: SocketState, _ local: String, _ port: UInt16,
      _ remote: String = "", _ peer: UInt16 = 0, owner: Int
    ) {
      let address = IPAddress(local) ?? IPAddress(ipv4: 0)
      var record = SocketRecord(
        transport: transport, family: transport == .unix ? .unix : address.isIPv4 ? .ipv4 : .ipv6, state: state)
      record.known = [.uid, .inode, .socketType]
      record.uid = owner == 0 ? 0 : 1000
      record.inode = UInt64(snapshot.records.count + 1)
      if transport == .unix {
        record.nameIndex = snapshot.names.append(Array(local.utf8).span)
      } else {
        record.localBits = address.bits
        record.localPort = port
        record.remoteBits = IPAddress(remote)?.bits ?? 0
        record.remotePort = peer
      }
      snapshot.records.append(record)
      snapshot.owners.append(Owner(pid: Int32(18952 + owner), descriptor: 3, processIndex: Int32(owner)))
      snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
      names.append(name)
    }
    add("server", .tcp, .listen, "127.0.0.1", 1234, owner: 0)
    add("inside", .tcp, .established, "127.0.0.1", 1234, "127.0.0.1", 40000, owner: 0)
    add("web", .tcp, .listen, "::", 80, owner: 1)
    add("away", .tcp, .established, "10.0.0.9", 50000, "192.0.2.7", 443, owner: 2)
    add("leak", .tcp, .closeWait, "10.0.0.9", 3000, "192.0.2.7", 50001, owner: 2)
    add("udp", .udp, .unconnected, "0.0.0.0", 5353, owner: 3)
    add("bus", .unix, .listen, "/run/dbus/socket", 0, owner: 4)
    return (snapshot, names)
  }()

  /// The rows that a command line lists, or the message about it.
  private func answer(_ line: String) -> String {
    do throws(UsageError) {
      switch try Plan(TypedArguments.parse(shellWords(line)), in: .test) {
      case .list(let plan):
        let (snapshot, names) = Self.sockets
        let rows = plan.selection.rows(of: snapshot).filter { row in
          let record = snapshot.records[Int(row)]
          return plan.transports.contains(record.transport)
            && (!record.transport.isInternet || plan.families.contains(record.family))
        }
        return rows.map { names[Int($0)] }.joined(separator: " ")
      case .command(let plan): return plan is WatchPlan ? "watch" : "?"
      case .help(let subject): return "help \(subject)"
      case .version, .listColumns: return "?"
      }
    } catch {
      return ([error.message] + error.details).joined(separator: "; ")
    }
  }

  @Test(
    "what is typed by habit lists what was wanted",
    arguments: [
      // Ports.
      ("1234", "server inside"), (":1234", "server inside"), ("80,1234", "server inside web"),
      ("80 1234", "server inside web"), (":80 :1234", "server inside web"), ("80 or 1234", "server inside web"),
      ("port 1234", "server inside"), ("port=1234", "server inside"), ("--port=1234", "server inside"),
      ("--port :1234", "server inside"), ("port 80 or port 1234", "server inside web"), (":http", "web"),
      ("-tulpn 80", "web"), ("-p 1234", "server inside"), ("-i :80", "web"), ("1234/tcp", "server inside"),
      ("tcp:1234", "server inside"), ("5353/udp", "udp"), ("udp 5353", "udp"), (":1234 state listen", "server"),
      (":1234 listen", "server"), ("listen 1234", "server"), ("1234 and listen", "server"), ("8000-8100", ""),
      ("sport = :1234", "server inside"), ("sport == 1234", "server inside"), ("sport=:1234", "server inside"),
      ("'( dport = :http or sport = :http )'", "web"), ("dst 192.0.2.7:443", "away"), ("port:1234", "server inside"),
      // Addresses.
      ("127.0.0.1", "server inside"), ("127.0.0.1:1234", "server inside"), ("localhost", "server inside"),
      ("localhost:1234", "server inside"), ("10.0.0.0/8", "away leak"), ("10/8", "away leak"),
      ("192.0.2.7:443", "away"),
      ("'*:5353'", "udp"), ("::", "web"), ("'[::]:80'", "web"), ("127.0.0.1 listen", "server"),
      // States and transports.
      ("listen", "server web"), ("LISTEN", "server web"), ("listening", "server web"), ("established", "inside away"),
      ("ESTABLISHED", "inside away"), ("estab", "inside away"), ("close-wait", "leak"), ("close_wait", "leak"),
      ("CLOSE_WAIT", "leak"), ("closewait", "leak"), ("state listening", "server web"), ("state=listen", "server web"),
      ("state:listen", "server web"), ("tcp", "server inside web away leak"), ("TCP", "server inside web away leak"),
      ("udp", "udp"), ("tcp6", "web"), ("tcp4", "server inside away leak"), ("unix", "bus"),
      ("-anp tcp", "server inside web away leak"),
      ("-an -p udp", "udp"), ("tcp listen", "server web"), ("tcp udp 5353", "udp"), ("all listen", "server web bus"),
      ("-lntp", "server web"), ("-plnt", "server web"), ("-tulpn", "server web udp"),
      ("-tan", "server inside web away leak"),
      ("-ltn6", "web"), ("-xl", "bus"), ("-OHtn", "server inside web away leak"), ("-tlnQ", "server web"),
      ("-f inet6", "web"), ("-f unix", "bus"), ("-A tcp,udp", "server inside web away leak udp"),
      ("-A '!tcp'", "udp bus"),
      ("-a -A 'all,!tcp'", "udp bus"), ("-A u_str", "bus"), ("-A unix_stream", "bus"), ("-A unix_dgram", ""),
      ("-A unix_stream,udp", "udp bus"), ("-A packet_raw", ""), ("-A tcp6", "web"), ("-B", ""),
      ("-anv", "server inside web away leak udp bus"),
      ("-tn --tos --cgroup", "server inside web away leak"),
      // Processes and users.
      ("nginx", "web"), ("python3", "server inside"), ("node18", "away leak"), ("Xorg", "udp"), ("xorg", "udp"),
      ("'ngin*'", "web"),
      ("python3 listen", "server"), ("nginx 80", "web"), ("process python3", "server inside"),
      ("process=python3", "server inside"), ("proc=python3", "server inside"), ("proc:python3", "server inside"),
      ("--proc nginx", "web"), ("--process nginx", "web"), ("--command nginx", "web"), ("pid=18952", "server inside"),
      ("pid:18952", "server inside"), ("pid 18952", "server inside"), ("user root", "server inside"),
      ("root", "server inside"), ("dev", "\"dev\""), ("--user root", "server inside"), ("https", "away"),
      (":https", "away"),
      ("dbus", ""), ("-a dbus", "bus"), ("/run/dbus", "bus"), ("-x /run/dbus/socket", "bus"),
      ("nginx or python3", "server inside web"),
      ("not nginx", "server inside away leak udp"), ("'!nginx' listen", "server"),
    ])
  func lists(line: String, names: String) {
    let answer = answer(line)
    #expect(names.hasPrefix("\"") ? answer.contains(names) : answer == names, "\(line): \(answer)")
  }

  @Test(
    "what cannot be done as typed names what can",
    arguments: [
      ("-iTCP -sTCP:LISTEN", "sockinspect lsof -iTCP -sTCP:LISTEN"), ("-n -P -i", "sockinspect lsof -n -P -i"),
      ("-nP -iTCP:80", "sockinspect lsof -nP -iTCP:80"), ("-P", "sockinspect lsof -P"),
      ("-c python3", "sockinspect lsof -c python3"),
      ("-i@10.0.0.1", "sockinspect lsof -i@10.0.0.1"), ("-g", "sockinspect lsof -g"),
      ("-port 1234", "did you mean --port?"), ("-state listen", "did you mean --state?"),
      ("-pid 1", "did you mean --pid?"),
      ("-port=1234", "did you mean --port?"), ("-json", "did you mean --json?"), ("--prot 80", "did you mean --port?"),
      ("--ports 80", "did you mean --port?"), ("--listen", "did you mean --listening?"),
      ("wacth", "did you mean the command watch?"),
      ("kill 3000", "sockinspect watch 3000, then K"), ("--kill :3000", "sockinspect watch :3000, then K"),
      ("-k", "then K"), ("-K dport = 80", "sockinspect watch dport = 80, then K"), ("ls", "sockinspect"),
      ("--watch :80", "sockinspect watch :80"),
      ("--follow", "sockinspect watch"), ("-f", "sockinspect watch"), ("-E", "sockinspect watch"),
      ("-tE", "sockinspect watch -t"),
      ("-tc", "sockinspect watch -t"),
      ("-d", "ss -d lists them"), ("--dccp", "ss -d lists them"), ("-A dccp", "ss -A dccp lists them"),
      ("--tipcinfo", "ss --tipc --tipcinfo"),
      ("-A tpc", "did you mean tcp?"),
      ("-b", "ss -0 --bpf"), ("-T", "what only a thread has open is found as its process's"),
      ("-Z", "ss -Z"), ("-z", "ss -z"), ("--context", "ss -Z"), ("--contexts", "ss -z"),
      ("-D out", "sockinspect capture DIR"),
      ("-F query.txt", "$(cat FILE)"), ("--inet-sockopt", "--columns +ipv6_only,tos,tclass"),
      ("connect-demo localhost:80", "type: sockinspect connect-demo --host localhost --port 80"),
      ("listen-demo 8080", "type: sockinspect listen-demo --port 8080"), ("dport = 12 adn x", "did you mean \"and\"?"),
      ("99999", "out of range"), ("80-", "the end of the range"), ("--state foo", "unknown state"),
      ("state lisen", "listen"),
      ("help qeury", "topics: selecting"), ("help nothing", "topics: selecting"),
      ("--interval 1", "sockinspect watch --interval 1"), ("-t --interval=1 :80", "watch -t --interval=1 :80"),
      ("--json --interval 1", "sockinspect watch --interval"),
      ("--for 1", "type: sockinspect watch --for 1"),
      ("--for 1", "goes with capture, watch, top, doctor and listen-demo only"),
    ])
  func names(line: String, hint: String) {
    let answer = answer(line)
    #expect(answer.contains(hint), "\(line): \(answer)")
  }

  @Test(
    "help explains options by any spelling, and topics by words near them",
    arguments: [
      ("help --port", "help option"), ("help --columns", "help topic"), ("--help --port", "help option"),
      ("help -t", "help option"),
      ("help ports", "help topic"), ("help states", "help topic"), ("help kill", "help topic"),
      ("help listen-demo --backlog", "help option"),
    ])
  func help(line: String, kind: String) {
    #expect(answer(line).hasPrefix(kind), "\(line): \(answer(line))")
  }

  @Test(
    "watch takes the letters of the listing, and says what has no meaning for events",
    arguments: [
      ("watch -n", "watch"), ("watch -p", "watch"), ("watch -tanp", "watch"), ("watch -tulpn", "watch"),
      ("watch -O 80", "watch"),
      ("watch --resolve", "watch"), ("watch --columns pid", "watch"), ("watch nginx", "watch"),
      ("watch :80 listen", "watch"), ("watch -e", "watch"),
      ("watch --until 'nginx listen'", "watch"), ("watch --until-gone :1234", "watch"),
      ("watch 127.0.0.1:1234", "watch"),
      ("watch --limit 5", "--count 5"), ("watch --sort -recv_queue", "events come in the order of time"),
      ("watch -n1 -tanp", "sockinspect watch --interval 1 -tanp"), ("watch -tn0.5", "watch --interval 0.5 -t"),
      ("watch -n60", "--interval 60"), ("watch -n4", "watch"),
      ("watch -d :80", "mark what changed: sockinspect watch :80"),
      ("watch -d -n 2", "sockinspect watch --interval 2"),
      ("watch -tW", "lines of events are always whole"), ("watch --dccp", "ss -d lists them"),
      ("watch -s", "sockinspect -s"), ("watch -K", "sockinspect watch, then K"),
    ])
  func watch(line: String, expected: String) {
    #expect(answer(line).contains(expected), "\(line): \(answer(line))")
  }

  @Test(
    "the name of an option or command behind one dash is named, with the line to type",
    arguments: [
      ("-watch :80", "the command watch? sockinspect watch :80"), ("-netstat -tulpn", "sockinspect netstat -tulpn"),
      ("-kill :80", "sockinspect watch :80, then K"), ("-csv", "did you mean --csv? sockinspect --csv"),
      ("-listen 80", "did you mean --listening? sockinspect --listening 80"), ("-version", "sockinspect --version"),
      ("-unix", "sockinspect --unix"), ("-all", "sockinspect --all"), ("-tcp", "sockinspect --tcp"),
      ("-port=80", "sockinspect --port=80"), ("-ports 80", "sockinspect --port 80"), ("-timer", "sockinspect --timer"),
      ("-interval 1", "sockinspect watch --interval 1"), ("-netns x :80", "sockinspect --netns x :80"),
      ("-follow", "sockinspect watch"), ("watch -csv", "sockinspect watch --ndjson"),
      ("watch -netstat", "sockinspect netstat"),
      ("watch -events", "sockinspect watch --events"),
    ])
  func oneDash(line: String, expected: String) {
    #expect(answer(line).contains(expected) && answer(line).contains("has one dash"), "\(line): \(answer(line))")
  }

  @Test(
    "letters that happen to stand like a word stay letters",
    arguments: [
      "-tulpn", "-tanp", "-an", "-li", "-tan", "-plnt", "-antp", "-tunlp", "-anpe", "-tnOH", "-raw", "-tos", "-man",
      "-net", "-ntlp", "-tupan", "-tulpen", "-natp", "-tupln", "-tulwnp", "-4tlnp", "-peanut", "-ltnup", "-tina",
    ])
  func letters(line: String) throws { _ = try list(line) }

  @Test("a number behind -n is a port, and the remark names the interval")
  func interval() throws {
    let plan: WatchPlan = try plan("watch -n 5 -t")
    #expect(plan.list.askedPorts?.name == "port 5")
    #expect(
      plan.asides == ["'5' is taken for a port; the time between scans: sockinspect watch --interval 5 -t"])
  }

  @Test("an ambiguous word, a process id and a letter of lsof are remarked on; nothing else is")
  func remarks() throws {
    #expect(
      try list("root").remarks == ["'root' is taken for a user and text; one of them: --user root or --process root"])
    #expect(
      try list("https 80").remarks == [
        "'https' is taken for a port and text; one of them: --port https or --process https"
      ])
    #expect(try list("-u root").remarks == ["-u is UDP here; the sockets of a user: sockinspect --user root"])
    for line in ["80", "nginx", "listen", "127.0.0.1:80", "user root", "nginx:80"] {
      #expect(try list(line).remarks.isEmpty)
    }
    #expect(
      try list("-p 18952").wordHints { $0 == 18952 } == ["18952 is the number of a process: sockinspect --pid 18952"])
    #expect(try list("-p 18952").wordHints { _ in false }.isEmpty)
    #expect(try list("prot 80").wordHints { _ in false }.first == "'prot' was looked for as text; did you mean port?")
    #expect(try list("my.host:80").wordHints { _ in false }.first?.contains("names of hosts are not looked up") == true)
    #expect(
      try list("-e dbus").wordHints { _ in false }.last
        == "unix sockets and other transports too: sockinspect -e dbus -a")
  }

  @Test(
    "a line that was typed can be pasted back into a shell",
    arguments: [
      (["-t", "80"], "sockinspect -t 80"), (["sport = :80"], "sockinspect 'sport = :80'"), ([""], "sockinspect ''"),
      (["it's"], #"sockinspect 'it'\''s'"#), (["é\n"], "sockinspect $'\\xc3\\xa9\\x0a'"),
      (["!tcp"], "sockinspect '!tcp'"),
    ])
  func typedLine(arguments: [String], text: String) { #expect(TypedLine(arguments).text == text) }

  @Test("advice to run the program as root repeats the line that was typed")
  func sudo() {
    let line = TypedLine(["-e", "dport = 80"]).text
    var problem = Problem(subject: .descriptors, cause: .forbidden(.noProc), remedy: .runAsRoot(.owners))
    #expect(
      ProblemText.advice(for: problem, command: line)
        == "run it as root to see all owners: sudo sockinspect -e 'dport = 80'")
    problem.remedy = .captureAsRoot
    #expect(ProblemText.advice(for: problem, command: line) == "capture again as root: sudo sockinspect capture DIR")
  }
}
