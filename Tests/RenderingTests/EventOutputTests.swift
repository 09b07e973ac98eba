import Foundation
import TestSupport
import Testing

@testable import Rendering
@testable import SocketModel

@Suite("Events as lines and as JSON", .timeLimited)
struct EventOutputTests {
  /// A connection from its SYN to the end of TIME_WAIT, reported by three sources, with missed
  /// events in between.
  static func events() -> [SocketEvent] {
    func tcp(_ local: String, _ port: UInt16, _ peer: String?, _ peerPort: UInt16) -> SocketRecord {
      var record = SocketRecord(transport: .tcp, family: local.contains(":") ? .ipv6 : .ipv4, state: .established)
      record.localBits = IPAddress(local)?.bits ?? 0
      record.localPort = port
      record.remoteBits = peer.flatMap { IPAddress($0) }?.bits ?? 0
      record.remotePort = peerPort
      return record
    }
    func event(
      _ kind: SocketEvent.Kind, _ microseconds: Int32, _ record: SocketRecord, from: SocketState?, to: SocketState?,
      _ source: EventSource = .tracepoint
    ) -> SocketEvent {
      let time = Timestamp(seconds: 1_769_903_999, nanoseconds: microseconds * 1000)
      var event = SocketEvent(kind, at: time, source: source, record: record)
      event.record.state = to ?? from ?? .close
      (event.from, event.to) = (from, to)
      event.socketID = 7
      return event
    }
    let client = tcp("127.0.0.1", 40000, "127.0.0.1", 1234)
    var owner = EventOwner(pid: 45, name: Array("client".utf8))
    owner.descriptor = 3
    var events = [
      event(.opened, 123, client, from: nil, to: .synSent),
      event(.changed, 150, client, from: .synSent, to: .established),
      event(.changed, 40_000, client, from: nil, to: .timeWait, .destroyNotice),
      event(.missed, 50_000, client, from: nil, to: nil),
      event(.missed, 50_001, client, from: nil, to: nil, .destroyNotice),
      event(.closed, 60_000, client, from: .timeWait, to: nil, .difference),
      event(
        .opened, 70_000, tcp("2001:db8:1234:5678:9abc:def0:1234:5678", 54321, "2001:db8::1", 443), from: .close,
        to: .synSent),
      event(.opened, 80_000, tcp("127.0.0.1", 1, nil, 0), from: nil, to: .listen),
    ]
    for index in [0, 1, 2, 5] { events[index].owners = [owner] }
    for index in [0, 1, 2, 5] { events[index].attribution = .descriptor }
    events[1].age = 27
    events[2].age = 39_877
    (events[2].bytesSent, events[2].bytesReceived) = (12, 0)
    events[3].missed = 4096
    events[5].age = 60_059_877
    var unix = SocketRecord(transport: .unix, family: .unix, state: .listen)
    unix.known = [.inode]
    var named = event(.opened, 90_000, unix, from: nil, to: .listen, .difference)
    named.name = UnixName(bytes: Array("/run/\u{1B}[2J\n\u{202E}x".utf8))
    var shell = EventOwner(pid: 7, name: Array("a\u{9B}b\tc".utf8))
    named.owners = [shell]
    shell.pid = 8
    shell.descriptor = 12
    named.owners.append(shell)
    return events + [named]
  }

  private func lines(
    _ events: [SocketEvent], _ writer: TimestampWriter = TimestampWriter(.local), usesColour: Bool = false,
    columns: [Field] = EventLines.defaultColumns, hasFigures: Bool = true
  ) -> [String] {
    var lines = EventLines(writer, usesColour: usesColour, columns: columns, hasFigures: hasFigures)
    let output = lines.render(events, rows: events.indices.map { UInt32($0) }, of: Snapshot(events: events))
    return Samples.text(output).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  @Test("With columns a line has these between mark and age, numbers to the right, the state with both states")
  func columns() throws {
    let lines = lines(Self.events(), columns: [.receiveQueue, .local, .state, .process])
    #expect(
      lines[0].hasSuffix(" +      -  127.0.0.1:40000        new -> syn_sent           client"), "\(lines[0])")
    #expect(lines[1].contains("syn_sent -> established   client   age 27us"), "\(lines[1])")
    let plain = self.lines(Self.events(), columns: [.state], hasFigures: false)
    #expect(plain[1].hasSuffix(" ~ syn_sent -> established"), "\(plain[1])")
    #expect(lines[3].hasSuffix("! missed 4096 events (tracepoint)"), "\(lines[3])")
    // What is wider than the column so far makes it wider for what follows.
    let wide = try #require(lines[6].firstRange(of: "close -> syn_sent"))
    let next = try #require(lines[7].firstRange(of: "new -> listen"))
    #expect(lines[6][..<wide.lowerBound].count == lines[7][..<next.lowerBound].count, "\(lines[6...7])")
  }

  @Test("The objects of events have the chosen members of the socket only")
  func chosenMembers() throws {
    let events = Self.events()
    let output = JSONEvents.render(
      events, rows: [0, 3], of: Snapshot(events: events), columns: [.state, .local, .pid])
    let lines = Samples.text(output).split(separator: "\n")
    let socket = #""socket":{"state":"syn_sent","local":{"address":"127.0.0.1","port":40000},"pid":[45]}}"#
    #expect(lines[0].hasSuffix(socket), "\(lines[0])")
    #expect(lines[1].hasSuffix(#""socket":null}"#))
  }

  @Test("A line has time, mark, protocol, ends, states, owners, age and bytes, in columns, without blanks at its end")
  func text() {
    let addresses = "[2001:db8:1234:5678:9abc:def0:1234:5678]:54321  [2001:db8::1]:443"
    #expect(
      lines(Self.events()) == [
        "23:59:59.000123 + tcp    127.0.0.1:40000        127.0.0.1:1234         new -> syn_sent           client[45] fd 3",
        "23:59:59.000150 ~ tcp    127.0.0.1:40000        127.0.0.1:1234         syn_sent -> established   "
          + "client[45] fd 3       age 27us",
        "23:59:59.040000 ~ tcp    127.0.0.1:40000        127.0.0.1:1234         - -> time_wait            "
          + "client[45] fd 3       age 39.8ms  sent 12  received 0",
        "23:59:59.050000 ! missed 4096 events (tracepoint)", "23:59:59.050001 ! missed events (destroy)",
        "23:59:59.060000 - tcp    127.0.0.1:40000        127.0.0.1:1234         time_wait -> gone         "
          + "client[45] fd 3       age 1m00s",
        "23:59:59.070000 + tcp    \(addresses)      close -> syn_sent         -",
        "23:59:59.080000 + tcp    127.0.0.1:1                                     -                      "
          + "new -> listen             -",
        "23:59:59.090000 + unix   /run/\\e[2J\\n\\u{202e}x                           -                      "
          + "new -> listen             a\\u{9b}b\\tc[7], a\\u{9b}b\\tc[8] fd 12", "",
      ])
  }

  @Test(
    "Owners that were not found by their descriptors say how",
    arguments: Attribution.allCases.filter { $0 != .ioUring && $0 != .inFlight })
  func attribution(way: Attribution) {
    var event = Self.events()[1]
    event.attribution = way
    let text = lines([event])[0]
    #expect(text.contains("client[45] fd 3") && text.contains("(\(way.name))") == (way != .descriptor))
  }

  @Test("A socket outside the scanned network namespace shows its own")
  func namespace() {
    var event = Self.events()[1]
    event.record.networkNamespace = 4_026_531_833
    for (own, isOther) in [(4_026_531_833, false), (4_026_532_000, true)] as [(NetworkNamespaceID, Bool)] {
      var scan = Snapshot(meta: SnapshotMeta(source: "test"))
      scan.meta.netns = own
      var lines = EventLines(TimestampWriter(.local), usesColour: false)
      let text = Samples.text(lines.render([event], rows: [0], of: Snapshot(events: [event], of: scan)))
      #expect(text.contains("fd 3       netns 4026531833  age 27us\n") == isOther && text.contains("netns") == isOther)
    }
  }

  @Test(
    "What is, or may be, in another namespace without its number says so",
    arguments: [
      (NamespaceScope.watched, EventSource.tracepoint, false, "false"), (.likelyWatched, .tracepoint, false, "false"),
      (.other, .tracepoint, true, "true"), (.unknown, .tracepoint, true, "null"),
      (.unknown, .difference, false, "null"),
    ])
  func unknownNamespace(scope: NamespaceScope, source: EventSource, isMarked: Bool, member: String) {
    var event = Self.events()[1]
    event.record.networkNamespace = nil
    event.scope = scope
    event.source = source
    var scan = Snapshot(meta: SnapshotMeta(source: "test"))
    scan.meta.netns = 4_026_531_833
    let sockets = Snapshot(events: [event], of: scan)
    var lines = EventLines(TimestampWriter(.local), usesColour: false)
    let text = Samples.text(lines.render([event], rows: [0], of: sockets))
    #expect(text.contains("  netns ?  age 27us\n") == isMarked && text.contains("netns") == isMarked)
    #expect(Samples.text(JSONEvents.render([event], rows: [0], of: sockets)).contains(",\"elsewhere\":\(member),"))
  }

  @Test("Colour is that of mark and states, of the terminal's own sixteen, and takes no column")
  func colour() {
    let events = Self.events()
    let painted = lines(events, usesColour: true)
    #expect(painted[0].contains(" \u{1B}[32m+\u{1B}[0m tcp "))
    #expect(painted[1].contains("\u{1B}[35msyn_sent\u{1B}[0m -> \u{1B}[32mestablished\u{1B}[0m   client"))
    #expect(painted[3].contains(" \u{1B}[1;31m!\u{1B}[0m missed"))
    let plain = painted.map { $0.replacing(#/\u{1B}\[[0-9;]*m/#, with: "") }
    #expect(plain == lines(events))
  }

  @Test(
    "Moments are written in each style",
    arguments: [
      (TimestampStyle.local, "01:29:59.000123 + "), (.rfc3339, "2026-01-31T23:59:59.000123000Z + "),
      (.epoch, "1769903999.000123 + "), (.relative, "   59.999623 + "),
    ])
  func timestamps(style: TimestampStyle, beginning: String) {
    // 26 times 60 minutes are more than a day, which local time wraps around.
    let writer = TimestampWriter(style, since: Timestamp(seconds: 1_769_903_939, nanoseconds: 500_000)) { _ in 90 * 60 }
    #expect(lines(Self.events(), writer)[0].hasPrefix(beginning), "\(lines(Self.events(), writer)[0])")
  }

  @Test(
    "No moment, not even before the beginning or at the end of time, breaks a line", arguments: TimestampStyle.allCases)
  func extremes(style: TimestampStyle) {
    for seconds in [Int64.min, -1, 0, Int64.max] {
      var event = Self.events()[0]
      event.time = Timestamp(seconds: seconds, nanoseconds: 999_999_999)
      let text = lines([event], TimestampWriter(style, since: Timestamp(seconds: 5, nanoseconds: 0)))[0]
      #expect(text.hasSuffix("client[45] fd 3"))
    }
    var early = Self.events()[0]
    early.time = Timestamp(seconds: 4, nanoseconds: 750_000_000)
    let writer = TimestampWriter(.relative, since: Timestamp(seconds: 5, nanoseconds: 0))
    #expect(lines([early], writer)[0].hasPrefix("   -0.250000 + "))
  }

  @Test(
    "Ages have a unit that a person reads",
    arguments: [
      (UInt64(0), "0us"), (999, "999us"), (1000, "1.0ms"), (999_999, "999.9ms"), (1_000_000, "1.000s"),
      (59_999_999, "59.999s"), (60_000_000, "1m00s"), (3_599_999_999, "59m59s"), (3_600_000_000, "1h00m"),
      (.max, "5124095576h01m"),
    ])
  func ages(microseconds: UInt64, text: String) { #expect(EventLines.duration(microseconds) == text) }

  @Test("An event is one JSON object with the same members in a fixed order")
  func json() throws {
    let events = Self.events()
    let output = JSONEvents.render(events, rows: [2, 3], of: Snapshot(events: events))
    let parts = Samples.text(output).split(separator: "\n")
    #expect(
      parts[0].hasPrefix(
        """
        {"schema":"sockinspect.event/1","time":"2026-01-31T23:59:59.040000000Z","event":"changed","life":7,"source":"destroy","from":null,"to":"time_wait","attribution":"fd","age_us":39877,"bytes_sent":12,"bytes_received":0,"missed":null,"elsewhere":null,"netns_name":null,"socket":{"schema":"sockinspect.socket/2","transport":"tcp","type":"ipv4","netns":null,"local":{"address":"127.0.0.1","port":40000},"peer":{"address":"127.0.0.1","port":1234},"state":"time_wait",
        """))
    #expect(parts[0].contains("\"tcp\":{\"bytes_acked\":12,\"bytes_received\":0}"))
    #expect(
      parts[1] == """
        {"schema":"sockinspect.event/1","time":"2026-01-31T23:59:59.050000000Z","event":"missed","life":null,\
        "source":"tracepoint","from":null,"to":null,"attribution":null,"age_us":null,"bytes_sent":null,\
        "bytes_received":null,"missed":4096,"elsewhere":null,"netns_name":null,"socket":null}
        """)
    let objects = try Samples.text(
      JSONEvents.render(events, rows: events.indices.map { UInt32($0) }, of: Snapshot(events: events))
    )
    .split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(objects.count == events.count)
    for object in objects { #expect(Set(object.keys) == Set(objects[0].keys)) }
    let owners = try #require((objects[8]["socket"] as? [String: Any])?["owners"] as? [[String: Any]])
    #expect(owners[0]["fd"] is NSNull && owners[1]["fd"] as? Int == 12)
    #expect(owners[0]["name"] as? String == "a\u{9B}b\tc")
  }

  @Test("Whatever a process chose, an event stays one line without control characters")
  func hostile() throws {
    var generator = SeededGenerator()
    for _ in 0..<300 {
      var event = Self.events()[8]
      event.name = UnixName(bytes: [0x2F] + generator.hostileBytes(upTo: 60))
      event.owners[0].name = generator.hostileBytes(upTo: 20)
      let text = lines([event])
      #expect(text.count == 2 && !text[0].utf8.contains { $0 < 0x20 || $0 == 0x7F }, "seed \(generator.seed)")
      let json = JSONEvents.render([event], rows: [0], of: Snapshot(events: [event]))
      #expect(!json.dropLast().contains { $0 < 0x20 || $0 == 0x7F }, "seed \(generator.seed)")
      #expect(try JSONSerialization.jsonObject(with: Data(json)) is [String: Any], "seed \(generator.seed)")
    }
  }
}
