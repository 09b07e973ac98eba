import Inspection
import Options
import Query
import Rendering
import SocketModel
import TestSupport
import Testing
import Tracking

@testable import CommandLine
@testable import sockinspect

@Suite("What the arguments of watch mean", .timeLimited)
struct WatchPlanTests {
  private func plan(_ options: String, in world: Environment = .test) throws -> WatchPlan {
    try CommandLineTests.plan("watch " + options, in: world)
  }

  private func error(_ options: String, in world: Environment = .test) -> UsageError? {
    do throws(UsageError) {
      _ = try Plan(TypedArguments.parse(shellWords("watch " + options)), in: world)
      return nil
    } catch {
      return error
    }
  }

  @Test("without options it looks once a second at TCP and UDP, with owners, for as long as it takes")
  func lesson() throws {
    let plan = try plan("")
    #expect(plan.list.transports == [.tcp, .udp] && plan.list.owners && plan.list.selection.isEverything)
    #expect(plan.interval == 1000 && plan.lifetime == nil && plan.count == nil && plan.goal == nil)
    #expect(plan.timestamps == .local && !plan.list.quiet && plan.list.root == nil)
    #expect(plan.request().requiredDetails.isSuperset(of: [.owners, .startTimes]))
  }

  @Test(
    "lines on a pipe, the view on a terminal, unless something asks for lines",
    arguments: [
      ("", .text, .view), ("--events", .text, .text), ("--ndjson", .ndjson, .ndjson), ("--count 1", .text, .text),
      ("--until :80", .text, .text), ("--until-gone :80", .text, .text), ("--for 5", .text, .view),
      ("--events --ndjson", .ndjson, .ndjson), ("--ndjson --events", .ndjson, .ndjson), ("-q", .text, .view),
    ] as [(String, WatchPlan.Shape, WatchPlan.Shape)])
  func shape(options: String, onPipe: WatchPlan.Shape, onTerminal: WatchPlan.Shape) throws {
    #expect(try plan(options).shape == onPipe)
    #expect(try plan(options, in: .test(variables: [:], width: 80)).shape == onTerminal)
  }

  @Test("what is new is compared with the first scan or with a capture, and reported as lines")
  func new() throws {
    #expect(try plan("").baseline == nil && plan("-l").baseline == nil)
    #expect(try plan("--new").baseline == .firstScan && plan("--new").shape == .text)
    #expect(try plan("--new", in: .test(variables: [:], width: 80)).shape == .text)
    #expect(try plan("--new --ndjson", in: .test(variables: [:], width: 80)).shape == .ndjson)
    #expect(try plan("--new --baseline x.tar").baseline == .capture("x.tar"))
    #expect(try plan("--baseline x.tar --new -x").baseline == .capture("x.tar"))
    #expect(try plan("--new -tl :80").list.askedPorts == plan("--new -t :80").list.askedPorts)
    #expect(try plan("--new --process nginx").request().processes.admits == nil)
    #expect(try plan("--process nginx").request().processes.admits != nil)
    #expect(error("--baseline x")?.message == "--baseline goes with --new only")
    #expect(error("--new --baseline ''")?.message == "--baseline: the path is empty")
    #expect(error("--new --until :80")?.message == "--new and --until exclude each other")
    #expect(error("--new --until-gone :80")?.message == "--new and --until-gone exclude each other")
    #expect(
      error("--new --view", in: .test(variables: [:], width: 80))?.message == "--new and --view exclude each other")
  }

  @Test("the palette and the mouse are the view's; with lines of events a note says so")
  func palette() throws {
    let terminal = Environment.test(variables: [:], width: 80)
    #expect(try plan("", in: terminal).palette == nil && plan("", in: terminal).usesMouse)
    #expect(try plan("--palette light", in: terminal).palette == .light)
    #expect(try plan("--palette light --palette auto", in: terminal).palette == nil)
    #expect(try !plan("--no-mouse", in: terminal).usesMouse && plan("--no-mouse", in: terminal).asides.isEmpty)
    let note = "--palette changes the live view only: here are lines of events"
    #expect(try plan("--palette dark").asides == [note])
    #expect(error("--palette brown")?.message == "--palette: unknown choice 'brown'")
  }

  @Test("the speed of a replay is a number or max, and needs a root")
  func speed() throws {
    #expect(try plan("--root x").speed == nil)
    #expect(try plan("--root x --speed 1").speed == .times(1) && plan("--root x --speed 0.1x").speed == .times(0.1))
    #expect(try plan("--root x --speed 1000").speed == .times(1000) && plan("--speed max --root x").speed == .fastest)
    #expect(try plan("--speed 2", in: .test(variables: ["SOCKINSPECT_ROOT": "x"])).speed == .times(2))
    #expect(error("--speed 2")?.message == "--speed goes with --root only")
    for text in ["0", "0.05", "1001", "-1", "fast", "1e1", "", "x", "nan"] {
      let message = "--speed: '\(text)' is not a number from 0.1 to 1000, nor max"
      #expect(error("--root x --speed '\(text)'")?.message == message)
    }
    #expect(ReplaySpeed.times(4).pause(1000) == 250 && ReplaySpeed.times(0.5).pause(1000) == 2000)
    #expect(ReplaySpeed.times(0.1).pause(-5) == 0 && ReplaySpeed.fastest.pause(1000) == 0)
  }

  @Test("the view needs a terminal")
  func view() throws {
    #expect(error("--view")?.message == "--view needs a terminal, and standard output is none")
    #expect(error("--view")?.details.first?.contains("--ndjson") == true)
    #expect(try plan("--view", in: .test(variables: [:], width: 80)).shape == .view)
  }

  @Test("colour is that of standard output")
  func colour() throws {
    #expect(try !plan("").list.output.color)
    #expect(try plan("--color always").list.output.color)
    #expect(try plan("--events", in: .test(variables: [:], width: 80)).list.output.color)
    #expect(try !plan("--events", in: .test(variables: ["NO_COLOR": "1"], width: 80)).list.output.color)
  }

  @Test(
    "times have units and decimals",
    arguments: [
      ("1", 1000), ("0.25", 250), ("500ms", 500), ("2s", 2000), ("1.5s", 1500), ("2m", 120_000), ("1h", 3_600_000),
      ("0.01", 10), ("86400", 86_400_000),
    ])
  func times(text: String, milliseconds: Int) throws {
    #expect(try plan("--interval \(text)").interval == milliseconds)
    #expect(try plan("--for \(text)").lifetime == milliseconds)
  }

  @Test(
    "no scan is due too often, never or after the end of time",
    arguments: [
      "0", "-1", "0.0001", "1ms", "86401", "25h", "1e3", "inf", "nan", "0x10", "", "s", "ms", ".", "1 s", "+1",
    ])
  func badInterval(text: String) {
    #expect(error("--interval '\(text)'")?.message == "--interval: '\(text)' is not a time from 0.01 s to 86400 s")
  }

  @Test("a watch that ends before the first scan scans at its end")
  func short() throws {
    #expect(try plan("--for 0.2").options.interval == 200)
    #expect(try plan("--for 5").options.interval == 1000)
  }

  @Test(
    "sources of events are chosen by name; scans are always made",
    arguments: [
      ("auto", [.tracepoint, .destroyNotice, .difference]), ("snapshot", [.difference]),
      ("destroy", [.destroyNotice, .difference]), ("tracepoint,snapshot", [.tracepoint, .difference]),
    ] as [(String, Set<EventSource>)])
  func sources(text: String, expected: Set<EventSource>) throws {
    #expect(try plan("--source \(text)").options.sources == expected)
    #expect(error("--source \(text),diag")?.message == "--source: unknown source 'diag'")
  }

  @Test("the selections are those of a listing")
  func selections() throws {
    #expect(try plan("-tx").list.transports == [.tcp, .unix])
    #expect(try plan("--port 80").list.transports == [.tcp, .mptcp, .udp, .udplite, .sctp, .smc])
    #expect(try plan("-6").list.families == [.ipv6])
    #expect(try plan("--root x -q --no-owners").list.root == "x")
    #expect(try plan(":1234").list.askedPorts?.name == "port 1234")
    #expect(error("--port 99999")?.message == "--port: port \"99999\" is out of range")
    #expect(error("dport = 12 adn x")?.details.contains("did you mean \"and\"?") == true)
    #expect(error("--columns")?.message.contains("--columns needs") == true)
    #expect(error("--count-by pid")?.message.hasPrefix("unknown option '--count-by' of watch") == true)
  }

  @Test("the columns of events are chosen as those of a listing; those of full objects stay full")
  func columns() throws {
    #expect(try plan("").eventColumns == [.transport, .local, .peer, .state, .owners])
    #expect(try plan("--columns state,local,pid").eventColumns == [.state, .local, .pid])
    #expect(try plan("--columns +inode,-peer").eventColumns == [.transport, .local, .state, .inode, .owners])
    #expect(try plan("-e --no-owners").eventColumns.contains(.cookie))
    #expect(try plan("--ndjson").list.columns == nil && plan("--ndjson --columns +inode").list.columns == nil)
    #expect(try plan("--ndjson --columns local,pid").list.columns == [.local, .pid])
    #expect(try plan("--columns rtt_us").request().requiredDetails.contains(.tcpInfo))
    #expect(error("--columns peer_process")?.message == "events do not have the other end's owners")
    #expect(error("--columns +owner_reason")?.message == "events do not say why a socket has no owner")
    #expect(error("--columns -transport,-local,-peer,-state,-owners")?.message == "--columns: no column is left")
    #expect(try plan("-i --columns -peer").eventsHaveFigures && !plan("--columns local,age").eventsHaveFigures)
  }

  @Test("a letter that takes away columns which no event has says so")
  func queues() throws {
    for line in ["-Q", "-Q --ndjson"] {
      #expect(try plan(line).asides == ["-Q changes the live view only: the lines of events have no queues"])
    }
    #expect(try plan("-i").asides.isEmpty)
  }

  @Test("a scan leaves out no state and no port, because a missing socket counts as ended")
  func request() throws {
    let request = try plan("--state established --port 80").request()
    #expect(request.states == .all && request.filter == .any)
    #expect(request.transports == [.tcp, .mptcp, .udp, .udplite, .sctp, .smc])
  }

  @Test("all network namespaces are watched by either option, of which one is enough")
  func namespaces() throws {
    #expect(try plan("--netns all").includesElsewhere && plan("--all-namespaces").includesElsewhere)
    let one = try plan("--netns blue")
    #expect(one.list.namespaces == .one("blue") && !one.includesElsewhere)
    #expect(error("--netns all --all-namespaces")?.message == "--all-namespaces and --netns exclude each other")
  }

  @Test(
    "the other end's owners are for the view, and events are refused them",
    arguments: ["'peer_process = nginx'", "--until 'peer_pid = 5'"])
  func peers(line: String) throws {
    #expect(error(line)?.message == "events do not have the other end's owners")
    let view = try plan("--columns +peer_process", in: .test(variables: [:], width: 80))
    #expect(view.request().requiredDetails.isSuperset(of: [.owners, .peers]))
    #expect(try !plan("").request().requiredDetails.contains(.peers))
  }

  @Test("what the goal needs is collected, and listed even if its transport was not named")
  func goals() throws {
    guard case .matching(let query)? = try plan("--until ':80,443'").goal else { return #expect(Bool(false)) }
    #expect(query.possibleTransports.contains(.tcp) && !query.possibleTransports.contains(.unix))
    guard case .gone? = try plan("--until-gone 'state established'").goal else { return #expect(Bool(false)) }
    let unix = try plan("--until 'path = /run/x'")
    #expect(unix.list.transports == [.tcp, .udp, .unix])
    #expect(try plan("-t --until 'path = /run/x'").list.transports == [.tcp])
    #expect(try plan("--until 'rtt_us > 5'").request().requiredDetails.contains(.tcpInfo))
    #expect(try plan("--no-owners --until 'process = x'").request().requiredDetails.contains(.owners))
    #expect(error("--until ''")?.message == "--until: the query is empty")
    #expect(error("--until-gone 'sport ='")?.message.hasPrefix("--until-gone: ") == true)
    #expect(error("--until ':99999'")?.message == "--until: port \"99999\" is out of range")
  }

  @Test(
    "what contradicts itself is refused",
    arguments: [
      ("--until :1 --until-gone :1", "--until and --until-gone exclude each other"),
      ("--until :1 --count 2", "--until and --count exclude each other"),
      ("--count 2 --until-gone :1", "--until-gone and --count exclude each other"),
      ("--ndjson --timestamps epoch", "--ndjson and --timestamps exclude each other"),
      ("--view --events", "--view and --events exclude each other"),
      ("--count 0", "--count: '0' is not a number from 1 to 1000000000"),
      ("--timestamps iso", "--timestamps: unknown choice 'iso'"), ("--root ''", "--root: the path is empty"),
    ])
  func contradictions(options: String, message: String) { #expect(error(options)?.message == message) }

  @Test("every style of moments can be chosen", arguments: TimestampStyle.allCases)
  func timestamps(style: TimestampStyle) throws {
    #expect(try plan("--timestamps \(style.rawValue)").timestamps == style)
  }
}
