import SocketModel
import TestSupport
import Testing

@Suite("The model", .timeLimited)
struct SocketModelTests {
  @Test("a record is a flat value of at most 128 bytes")
  func recordSize() {
    #expect(MemoryLayout<SocketRecord>.stride <= 128)
    #expect(_isPOD(SocketRecord.self))
  }

  @Test("every state is found by its own name, with dashes, without, and in capitals", arguments: SocketState.allCases)
  func stateSpellings(state: SocketState) {
    let name = state.name
    #expect(SocketState(name: name) == state)
    #expect(SocketState(name: name.uppercased()) == state)
    #expect(SocketState(name: String(name.map { $0 == "_" ? "-" : $0 })) == state)
    #expect(SocketState(name: name.filter { $0 != "_" }) == state)
  }

  @Test(
    "the spellings of ss and netstat are known",
    arguments: [
      ("ESTAB", SocketState.established), ("UNCONN", .unconnected), ("SYN-RECV", .synRecv), ("FIN-WAIT-1", .finWait1),
      ("FIN_WAIT2", .finWait2), ("LISTENING", .listen), ("closed", .close), ("LAST-ACK", .lastAck),
    ])
  func foreignSpellings(name: String, state: SocketState) {
    #expect(SocketState(name: name) == state)
  }

  @Test("words that are not states are refused", arguments: ["", "open", "listenx", "time wait", "éstablished"])
  func noStates(name: String) {
    #expect(SocketState(name: name) == nil)
  }

  @Test("a set of states contains what it was made of and nothing else")
  func stateSets() {
    for state in SocketState.allCases {
      let set = SocketStateSet(state)
      for other in SocketState.allCases { #expect(set.contains(other) == (state == other)) }
      #expect(SocketStateSet.all.contains(state))
    }
    #expect(SocketStateSet([.listen, .close]).rawValue == 1 << 10 | 1 << 7)
  }

  @Test("names of unix sockets keep every byte, and an abstract one shows @ for NUL")
  func unixNames() {
    var names = UnixNames()
    let inputs: [[UInt8]] = [Array("/run/a b\nc".utf8), [0, 0x61, 0, 0xFF], [0x80]]
    for (index, bytes) in inputs.enumerated() { #expect(names.append(bytes.span) == UInt32(index)) }
    for (index, bytes) in inputs.enumerated() { #expect(names[index].bytes == bytes) }
    #expect(names[0].isAbstract == false)
    #expect(names[1].isAbstract)
    #expect(names[1].display == [0x40, 0x61, 0x40, 0xFF])
  }

  @Test("a figure of tcp_info that was not measured is nil, and can be taken back")
  func metrics() {
    var metrics = TCPMetrics()
    #expect(metrics.isEmpty)
    for metric in TCPMetric.allCases { #expect(metrics[metric] == nil) }
    metrics[.rtt] = 0
    #expect(metrics[.rtt] == 0)
    #expect(!metrics.isEmpty)
    #expect(metrics != TCPMetrics())
    metrics[.rtt] = nil
    #expect(metrics == TCPMetrics())
    #expect(TCPMetric.allCases.count <= 72)
  }

  @Test("owners of a row are found by the row, and none before the walk")
  func owners() {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    snapshot.records = Array(repeating: SocketRecord(transport: .udp, family: .ipv4, state: .unconnected), count: 3)
    #expect(!snapshot.hasOwners)
    #expect(snapshot.owners(at: 2).isEmpty)
    snapshot.processes = [ProcessInfo(pid: 5, name: [0x61])]
    snapshot.owners = [
      Owner(pid: 5, descriptor: 3, processIndex: 0), Owner(pid: 5, descriptor: 4, processIndex: 0),
    ]
    snapshot.ownerStarts = [0, 0, 2, 2]
    #expect(snapshot.hasOwners)
    #expect(snapshot.owners(at: 0).isEmpty)
    #expect(snapshot.owners(at: 1).map(\.descriptor) == [3, 4])
    #expect(snapshot.value(of: .descriptor, at: 1) == .number(3))
    #expect(snapshot.value(of: .pid, at: 2) == .absent)
  }
}

@Suite("The history of a tracked socket", .timeLimited)
struct TrackedSocketHistoryTests {
  @Test("keeps the newest states with their microseconds, in order", arguments: [1, 5, 6, 7, 16, 17, 40])
  func newest(count: Int) {
    let states = (0..<count).map { $0 % 2 == 0 ? SocketState.established : .closeWait }
    func time(_ index: Int) -> Timestamp { Timestamp(seconds: 1_700_000_000 + Int64(index), nanoseconds: 123_456_789) }
    let record = SocketRecord(transport: .tcp, family: .ipv4, state: states[0])
    var socket = TrackedSocket(id: 1, record: record, at: time(0), wasThere: false)
    for index in states.indices.dropFirst() { socket.enter(states[index], at: time(index)) }
    let kept = states.indices.suffix(TrackedSocket.longestHistory)
    #expect(socket.history.map(\.state) == kept.map { states[$0] })
    #expect(socket.history.map(\.since.seconds) == kept.map { time($0).seconds })
    #expect(socket.history.allSatisfy { $0.since.nanoseconds == 123_456_000 })
    #expect(socket.record.state == states[count - 1])
    let history = socket.history
    socket.history = history
    #expect(socket.history == history)
    #expect(socket.hasBeen(in: SocketStateSet(.closeWait)) == (count > 1))
    #expect(!socket.hasBeen(in: SocketStateSet(.listen)))
  }

  @Test(
    "moments before and after 1970 are converted to nanoseconds and back",
    arguments: [-1, 0, 1, 1_700_000_000_123_456_789, -1_000_000_001])
  func moments(count: Int64) {
    let time = Timestamp(nanosecondsSince1970: count)
    #expect(time.nanosecondsSince1970 == count)
    #expect((0..<1_000_000_000).contains(time.nanoseconds))
  }
}
