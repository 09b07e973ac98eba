import Options
import Query
import SocketModel
import TestSupport
import Testing

@testable import CommandLine
@testable import sockinspect

@Suite("Which events of a watch are shown, and when it has what it waits for", .timeLimited)
struct WatchGoalTests {
  /// A connection, or a listener without a peer, with its own number.
  private func record(_ state: SocketState, port: UInt16, peer: UInt16 = 0, _ transport: Transport = .tcp)
    -> SocketRecord
  {
    var record = SocketRecord(transport: transport, family: .ipv4, state: state)
    record.localBits = 0x7F00_0001
    record.localPort = port
    record.remoteBits = peer == 0 ? 0 : 0x7F00_0001
    record.remotePort = peer
    return record
  }

  private func event(
    _ kind: SocketEvent.Kind, _ record: SocketRecord, id: UInt64, from: SocketState? = nil
  ) -> SocketEvent {
    var event = SocketEvent(kind, at: Timestamp(seconds: 9, nanoseconds: 0), source: .tracepoint, record: record)
    event.socketID = id
    event.from = kind == .closed ? record.state : from
    event.to = kind == .closed ? nil : record.state
    return event
  }

  private func plan(_ options: String) throws -> WatchPlan {
    let environment = Environment(variable: { _ in nil }, isTerminal: false, names: { NameTables() })
    let typed = try TypedArguments.parse(shellWords("watch " + options), for: .sockinspect)
    guard case .command(let plan as WatchPlan) = try Plan(typed, in: environment) else {
      throw UsageError("\(options) is no watch")
    }
    return plan
  }

  /// A listener at 80, a connection to it from SYN_SENT to TIME_WAIT and beyond, a UDP socket, and
  /// events that were missed.
  private var story: [SocketEvent] {
    [
      event(.opened, record(.listen, port: 80), id: 1),
      event(.opened, record(.synSent, port: 5000, peer: 80), id: 2),
      event(.changed, record(.established, port: 5000, peer: 80), id: 2, from: .synSent),
      SocketEvent(
        .missed, at: Timestamp(seconds: 9, nanoseconds: 0), source: .tracepoint, record: record(.close, port: 0)),
      event(.changed, record(.timeWait, port: 5000, peer: 80), id: 2, from: .established),
      event(.opened, record(.unconnected, port: 53, .udp), id: 3),
      event(.closed, record(.timeWait, port: 5000, peer: 80), id: 2),
      event(.closed, record(.listen, port: 80), id: 1),
    ]
  }

  @Test(
    "an event is shown when its socket is selected before or after it; what was missed is shown always",
    arguments: [
      ("", [0, 1, 2, 3, 4, 5, 6, 7]), ("-u", [3, 5]), ("-t", [0, 1, 2, 3, 4, 6, 7]), ("-6", [3]), ("-x", [3]),
      ("--state established", [2, 3, 4]), ("--state syn_sent", [1, 2, 3]), ("--state time_wait", [3, 4, 6]),
      ("-l", [0, 3, 5, 7]), ("--port 80", [0, 1, 2, 3, 4, 6, 7]), ("sport = :80", [0, 3, 7]),
      ("--state established --port 5000 --remote-port 81", [3]),
    ])
  func selection(options: String, expected: [UInt32]) throws {
    let sockets = Snapshot(events: story)
    #expect(try EventSelection(plan(options).list).rows(of: story, in: sockets) == expected)
  }

  /// The rows that come before the end of a watch, and whether it was reached.
  private func reached(_ options: String, there: [SocketRecord] = []) throws -> UInt32? {
    let plan = try plan(options)
    let selection = EventSelection(plan.list)
    var goal = WatchGoal(try #require(plan.goal), of: selection)
    let now = Timestamp(seconds: 1, nanoseconds: 0)
    var tracked: [UInt64: TrackedSocket] = [:]
    for (index, record) in there.enumerated() {
      tracked[UInt64(100 + index)] = TrackedSocket(id: UInt64(100 + index), record: record, at: now, wasThere: true)
    }
    // An ended socket lingers, but does not exist.
    tracked[99] = TrackedSocket(id: 99, record: record(.listen, port: 99), at: now, wasThere: true)
    tracked[99]?.closed = now
    if goal.isReached(by: tracked, Snapshot(meta: SnapshotMeta(source: "test"))) { return .max }
    let sockets = Snapshot(events: story)
    return goal.reached(by: story, selection.rows(of: story, in: sockets), in: sockets)
  }

  @Test("a goal is reached by the first event that shows the socket, or by one that exists already")
  func until() throws {
    #expect(try reached("--until 'state listen sport = :80'") == 0)
    #expect(try reached("--until 'state established'") == 2)
    #expect(try reached("--until 'state time-wait'") == 4)
    #expect(try reached("--until ':53'") == 5)
    #expect(try reached("-t --until ':53'") == nil)
    #expect(try reached("--until ':99'") == nil)
    #expect(try reached("-t --until 'state close'") == nil, "what was missed is no socket")
    #expect(try reached("--until ':53'", there: [record(.unconnected, port: 53, .udp)]) == .max)
    #expect(try reached("-t --until ':53'", there: [record(.unconnected, port: 53, .udp)]) == nil)
  }

  @Test("the goal of an end is reached when the last match has ended or changed its state, or none existed")
  func untilGone() throws {
    #expect(try reached("--until-gone 'state established'") == .max)
    #expect(try reached("--until-gone ':99'") == .max)
    let other = record(.established, port: 6000, peer: 80)
    #expect(try reached("--until-gone 'dport = :80'", there: [other]) == nil, "the other is still there")
    var ended = story
    ended.append(event(.closed, other, id: 100))
    let plan = try plan("--until-gone 'state established'")
    let selection = EventSelection(plan.list)
    var goal = WatchGoal(try #require(plan.goal), of: selection)
    let tracked = [
      UInt64(100): TrackedSocket(id: 100, record: other, at: Timestamp(seconds: 1, nanoseconds: 0), wasThere: true)
    ]
    let isReachedAtOnce = goal.isReached(by: tracked, Snapshot(meta: SnapshotMeta(source: "test")))
    #expect(!isReachedAtOnce)
    let sockets = Snapshot(events: ended)
    let rows = selection.rows(of: ended, in: sockets)
    let end = goal.reached(by: ended, rows, in: sockets)
    #expect(end == 8, "the one from the story came and went meanwhile")
    let isReached = goal.isReached(by: [:], sockets)
    #expect(isReached)
  }

  @Test(
    "where owners that were not seen could decide, a check does",
    arguments: [
      ("--until-gone 'process = server'", .unmet, true), ("--until-gone 'process = server'", .unknown, false),
      ("--until-gone 'process = server'", .met, false), ("--process server --until-gone ':80'", .unknown, false),
      ("--until 'process != server'", .unknown, false), ("--until 'process != server'", .met, true),
      ("--until 'not process = server'", .unmet, false), ("--until 'process = server'", .met, false),
      ("--until ':80 or process = server'", .unknown, true), ("--process '!server' --until ':80'", .unknown, false),
    ] as [(String, GoalCheck.Answer, Bool)])
  func owners(options: String, answer: GoalCheck.Answer, isExpected: Bool) throws {
    let plan = try plan(options)
    var goal = WatchGoal(try #require(plan.goal), of: EventSelection(plan.list))
    goal.check = { answer }
    var listener = record(.listen, port: 80)
    listener.known.insert(.inode)
    listener.inode = 5
    let now = Timestamp(seconds: 1, nanoseconds: 0)
    let tracked = [UInt64(1): TrackedSocket(id: 1, record: listener, at: now, wasThere: true)]
    let isReached = goal.isReached(by: tracked, Snapshot(meta: SnapshotMeta(source: "test")))
    #expect(isReached == isExpected)
    #expect(goal.isUnknown == (answer == .unknown))
    let events = [event(.opened, listener, id: 1)]
    let sockets = Snapshot(events: events)
    let rows = EventSelection(plan.list).rows(of: events, in: sockets)
    if options.hasPrefix("--until-gone") || options.hasPrefix("--process server") { return }
    #expect((goal.reached(by: events, rows, in: sockets) != nil) == isExpected)
  }

  @Test("the end of the last socket that was seen to match is no end while another may match")
  func unseen() throws {
    let plan = try plan("--until-gone 'process = server'")
    let selection = EventSelection(plan.list)
    var owned = event(.opened, record(.listen, port: 80), id: 1)
    owned.owners = [EventOwner(pid: 7, name: Array("server".utf8))]
    var ended = event(.closed, owned.record, id: 1)
    ended.owners = owned.owners
    for answer in [GoalCheck.Answer.unknown, .unmet] {
      var goal = WatchGoal(try #require(plan.goal), of: selection)
      goal.check = { answer }
      let events = [owned, ended]
      let sockets = Snapshot(events: events)
      let row = goal.reached(by: events, selection.rows(of: events, in: sockets), in: sockets)
      #expect(row == (answer == .unmet ? 1 : nil))
    }
  }

  @Test(
    "a check finds that nothing matches when all processes were read that can have a socket which may match",
    arguments: [
      (.listen, false, .unmet), (.listen, true, .unknown), (.timeWait, true, .unmet),
    ] as [(SocketState, Bool, GoalCheck.Answer)])
  func check(state: SocketState, isHiding: Bool, expected: GoalCheck.Answer) throws {
    let check = try #require(GoalCheck(plan("--until-gone 'process = server'"), isOfTables: false))
    #expect(check.isNeeded)
    #expect(try GoalCheck(plan("--until-gone ':80'"), isOfTables: false)?.isNeeded == false)
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    snapshot.records = [record(state, port: 80)]
    snapshot.records[0].known.insert(.inode)
    if state == .listen { snapshot.records[0].inode = 5 }
    if isHiding {
      let refusal = Problem.Refusal.processes(count: 1, of: 2, hidesOthers: false)
      snapshot.problems = [Problem(subject: .descriptors, cause: .forbidden(refusal), remedy: .runAsRoot(.owners))]
    }
    #expect(check.answer(in: snapshot) == expected)
    // Nobody is known to have it open, and somebody may have.
    let unowned = try #require(GoalCheck(plan("--until 'process != server'"), isOfTables: false))
    #expect(unowned.answer(in: snapshot) == (isHiding && state == .listen ? .unknown : .met))
  }

  @Test("sockets in another or an unknown network namespace do not reach a goal")
  func namespaces() throws {
    let plan = try plan("--until 'state established'")
    let selection = EventSelection(plan.list)
    var goal = WatchGoal(try #require(plan.goal), of: selection)
    var scan = Snapshot(meta: SnapshotMeta(source: "test"))
    scan.meta.netns = 40
    for (netns, expected) in [(41, nil), (nil, nil), (40, 0)] as [(NetworkNamespaceID?, UInt32?)] {
      var reported = event(.opened, record(.established, port: 5000, peer: 80), id: 1)
      reported.record.networkNamespace = netns
      let sockets = Snapshot(events: [reported], of: scan)
      let reached = goal.reached(by: [reported], selection.rows(of: [reported], in: sockets), in: sockets)
      #expect(reached == expected)
    }
  }

  @Test("--count ends after the given number of events; missed ones do not count")
  func count() {
    var account = EventAccount()
    let rows = story.indices.map { UInt32($0) }
    #expect(account.end(of: rows, story, upTo: 3) == 3)
    #expect(account.end(of: rows, story, upTo: 4) == 5)
    #expect(account.end(of: rows, story, upTo: 8) == nil)
    for event in story.prefix(4) { account.count(event) }
    #expect(account.printed == 3 && account.counts[.missed] == 1)
    #expect(account.end(of: [4, 5, 6], story, upTo: 4) == 1)
  }

  @Test("the account states how many events were seen and missed, and whether the goal was reached")
  func account() throws {
    var account = EventAccount()
    let watch = try plan("")
    #expect(WatchText.account(account, watch, after: 1234) == "no event in 1.2 s")
    #expect(account.exitStatus(of: watch) == .nothing)
    for event in story { account.count(event) }
    #expect(
      WatchText.account(account, watch, after: 2000)
        == "7 events in 2 s: 3 opened, 2 changed, 2 closed; some were missed, nobody knows how many")
    var missed = story[3]
    missed.missed = 12
    account.count(missed)
    #expect(WatchText.account(account, watch, after: 0).hasSuffix("; 12 missed"))
    #expect(account.exitStatus(of: watch) == .matched)
    let until = try plan("--until :1")
    #expect(account.exitStatus(of: until) == .nothing)
    let gone = try plan("--until-gone :1")
    #expect(WatchText.account(account, gone, after: 0).hasPrefix("sockets still match; "))
    account.isUnknown = true
    #expect(WatchText.account(account, gone, after: 0).hasPrefix("whether a socket still matches is not known; "))
    #expect(WatchText.account(account, until, after: 0).hasPrefix("no socket is known to have matched; "))
    account.isUnknown = false
    #expect(WatchText.account(account, until, after: 0).hasPrefix("no socket matched; 7 events"))
    account.isReached = true
    #expect(account.exitStatus(of: until) == .matched)
    #expect(WatchText.account(account, until, after: 0).hasPrefix("a socket matches; "))
    #expect(WatchText.account(account, gone, after: 0).hasPrefix("no socket matches any more; "))
  }

  @Test("the first message names the sources in use, and why the others are not")
  func beginning() throws {
    let plan = try plan("-tu --interval 0.5")
    var scan = Snapshot(meta: SnapshotMeta(source: "test"))
    scan.lookedAt[.tcp] = [.ipv4]
    #expect(
      WatchText.beginning(
        plan,
        [
          EventSourceStatus(.tracepoint, obstacle: "only root may; sudo sockinspect watch"),
          EventSourceStatus(.destroyNotice), EventSourceStatus(.difference),
        ], scan: scan) == [
          "watching tcp, udp by destroy notices, a scan every 0.5 s",
          "without the tracepoint sock:inet_sock_set_state: only root may; sudo sockinspect watch",
        ])
    #expect(
      WatchText.beginning(plan, [EventSourceStatus(.tracepoint)], scan: nil) == [
        "watching tcp, udp by the tracepoint sock:inet_sock_set_state; the sockets that were there are still being read"
      ])
  }

  @Test("the first message names no transport that the kernel lacks, unless it was asked for by name")
  func beginningWithoutTransports() throws {
    var scan = Snapshot(meta: SnapshotMeta(source: "test"))
    scan.lookedAt = [.tcp: [.ipv4], .udp: [.ipv4]]
    let implied = try plan("--port 80")
    #expect(implied.list.transports.isSuperset(of: [.sctp, .smc]))
    #expect(
      WatchText.beginning(implied, [EventSourceStatus(.difference)], scan: scan) == [
        "watching tcp, udp by a scan every 1 s"
      ])
    let named = try plan("-A tcp,sctp")
    #expect(
      WatchText.beginning(named, [EventSourceStatus(.difference)], scan: scan) == [
        "watching tcp, sctp by a scan every 1 s"
      ])
  }
}
