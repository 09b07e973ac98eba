import SocketModel
import TestSupport
import Testing
import Text

@testable import Rendering
@testable import SocketModel

@Suite("One socket as a form", .timeLimited)
struct SocketFormTests {
  private static func snapshot(_ change: (inout TCPMetrics) -> Void = { _ in }) -> Snapshot {
    var snapshot = Samples.internet()
    var metrics = TCPMetrics()
    metrics[.rtt] = 250
    metrics[.pacingRate] = 58_528_800_000
    metrics[.maxPacingRate] = .max
    metrics[.congestionState] = 3
    change(&metrics)
    var detail = SocketDetail()
    detail.tcp = metrics
    snapshot.details = [detail]
    snapshot.records[2].detailIndex = 0
    snapshot.meta.bootTime = 1_795_913_500
    snapshot.meta.ticksPerSecond = 100
    snapshot.processes[0].startTime = 6800
    return snapshot
  }

  private static func lines(_ fields: [Field], row: Int = 2, width: Int = 80, named: Set<Field> = []) -> [String] {
    var style = TableStyle(columns: fields, width: width)
    style.named = named
    let text = Samples.text(SocketForm(snapshot(), row: row, style: style).render())
    return text.split(separator: "\n").map(String.init)
  }

  @Test("Each field is a line of name, value and unit, under the heading of its group; what is not known is named last")
  func form() {
    #expect(
      Self.lines([.transport, .state, .receiveQueue, .local, .peer, .tcp(.rtt), .tcp(.minRTT), .user, .owners]) == [
        "What it is",
        "  transport   tcp",
        "  state       established",
        "The two ends",
        "  local       [::1]:80",
        "  peer        [2001:db8::25]:40000",
        "Queues and counters",
        "  recv_queue  0 bytes",
        "Owners (one value an owner)",
        "  owners      python3[4112] fd 6, tmux: server[4113] fd 7",
        "TCP and IP",
        "  rtt_us      250 us",
        "Not known, or without meaning here",
        "  user, min_rtt_us",
      ])
  }

  @Test("Rates are in bits, moments dates, states names, a listener's queues connections")
  func readable() {
    let rates = Self.lines([.tcp(.pacingRate), .tcp(.maxPacingRate), .tcp(.congestionState)])
    #expect(rates.contains("  pacing_rate      468.2 Gbit/s (58528800000 bytes/s)"))
    #expect(rates.contains("  max_pacing_rate  no limit"))
    #expect(rates.contains("  ca_state         recovery"))
    let listener = Self.lines([.receiveQueue, .sendQueue, .acceptQueue, .processStart], row: 0)
    #expect(listener.contains("  recv_queue     2 connections"))
    #expect(listener.contains("  send_queue     4096 connections at most"))
    #expect(listener.contains("  accept_queue   2"))
    #expect(listener.contains("  process_start  2026-11-29T00:52:48Z"))
    #expect(FieldReport.bitRate(0) == "0 bit/s")
    #expect(FieldReport.bitRate(125) == "1.0 kbit/s")
    #expect(FieldReport.bitRate(1_250_000) == "10.0 Mbit/s")
    #expect(FieldReport.bitRate(.max) == "147573952589.7 Gbit/s")
  }

  @Test("What another field shows appears once, unless it was asked for by name")
  func once() {
    let fields: [Field] = [.local, .localAddress, .localPort, .owners, .pid]
    #expect(
      Self.lines(fields) == [
        "The two ends", "  local   [::1]:80", "Owners (one value an owner)",
        "  owners  python3[4112] fd 6, tmux: server[4113] fd 7",
      ])
    #expect(Self.lines(fields, named: [.localPort, .pid]).contains("  local_port  80"))
    #expect(Self.lines([.localPort]) == ["The two ends", "  local_port  80"])
    #expect(Self.lines([.user], named: [.user]) == ["Identity", "  user  -"])
  }

  @Test("A long value continues in the next line, complete", arguments: [24, 40, 60])
  func long(width: Int) {
    let lines = Self.lines([.owners, .executable], width: width)
    #expect(lines.allSatisfy { TextWidth.columns($0) <= max(width, 30) })
    let text = lines.joined().filter { $0 != " " }
    #expect(text.contains("python3[4112]fd6,tmux:server[4113]fd7"))
    #expect(text.contains("/usr/bin/python3"))
  }

  @Test("A unix listener's queue counts connections by sock_diag; /proc does not have it")
  func unixListener() {
    var snapshot = Samples.unix([Array("/run/a".utf8)], process: Array("a".utf8))
    #expect(snapshot.value(of: .acceptQueue, at: 0) == .absent)
    snapshot.records[0].known.formUnion([.receiveQueue, .sendQueue])
    snapshot.records[0].receiveQueue = 1
    snapshot.records[0].sendQueue = 5
    #expect(snapshot.value(of: .acceptQueue, at: 0) == .number(1))
    #expect(snapshot.value(of: .acceptLimit, at: 0) == .number(5))
    let style = TableStyle(columns: [.receiveQueue, .sendQueue], width: 80)
    let text = Samples.text(SocketForm(snapshot, row: 0, style: style).render())
    #expect(text.contains("recv_queue  1 connection\n") && text.contains("send_queue  5 connections at most\n"))
  }
}
