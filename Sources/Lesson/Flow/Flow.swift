import LinuxSystem
import SocketModel

/// A server and a client in one process, taken through all of the lesson's calls so slowly that
/// each state can be observed.
///
/// Over loopback a handshake takes microseconds. Here segments are dropped on arrival until the
/// state before them was shown; then they are accepted, and the kernel itself sends them again. So
/// every state is the kernel's own, and any program that lists sockets shows it at that moment.
package struct Flow: Sendable {
  /// The address that both ends use.
  package let loopback: Loopback
  /// The server's port; 0 for any free one.
  package let port: UInt16
  /// What the client sends in the lesson.
  package static let message = Array("Hello, world".utf8)
  /// What the server answers in the lesson.
  package static let reply = Array("Welcome to the server".utf8)

  /// Plans a flow over the loopback address of a family.
  package init(over loopback: Loopback, port: UInt16) {
    self.loopback = loopback
    self.port = port
  }

  /// A connection from `socket(2)` to TIME_WAIT.
  package func connection(before observer: any FlowObserver) throws(FlowFailure) {
    var flow = FlowOfTCP(self, observer)
    try flow.run()
  }

  /// A datagram to the server and one back.
  package func datagrams(before observer: any FlowObserver) throws(FlowFailure) {
    var flow = FlowOfUDP(self, observer)
    try flow.run()
  }
}

/// What a flow knows about its sockets, and how it looks at them.
struct FlowStage {
  let transport: Transport
  let observer: any FlowObserver
  private(set) var server: Endpoint?
  private(set) var client: Endpoint?
  /// The states that sockets report themselves while they are in no table.
  var unlisted: [FlowRole: SocketState] = [:]
  /// The roles whose descriptors were closed.
  var closed: Set<FlowRole> = []
  private var reported: Set<FlowRole> = []
  private var number = 0
  private var records: [SocketRecord] = []

  init(_ transport: Transport, _ observer: any FlowObserver) {
    self.transport = transport
    self.observer = observer
  }

  /// Sets the server's address to the one that the kernel reports.
  mutating func setServer(_ socket: FlowEnd) { server = FlowStage.address(of: socket) }

  /// Sets the client's address to the one that the kernel reports: it has a port after `connect(2)`
  /// or its first datagram.
  mutating func setClient(_ socket: FlowEnd) { client = FlowStage.address(of: socket) }

  private static func address(of socket: FlowEnd) -> Endpoint? {
    socket.with { (descriptor) in try? descriptor.localAddress() }??.endpoint
  }

  /// Reads the kernel's table.
  mutating func look() throws(FlowFailure) {
    guard let server else { return }
    // A datagram socket that is not connected has only its own port.
    let ports = transport == .tcp ? [server.port] : [server, client].compactMap { $0?.port }
    records = try observer.table(of: transport, ports: ports)
  }

  /// The socket of a role as the table had it at the last look.
  func record(_ role: FlowRole) -> SocketRecord? {
    guard let server else { return nil }
    switch role {
    case .listener: return records.first { $0.has(local: server, remote: nil) }
    case .connection:
      guard let client else { return nil }
      return records.first { $0.has(local: server, remote: client) }
    case .client:
      guard let client else { return nil }
      let remote = transport == .tcp ? server : nil
      return records.first { $0.has(local: client, remote: remote) }
    }
  }

  /// Reads the table until the sockets are in the expected states, which may take the kernel some
  /// time.
  ///
  /// - Parameters:
  ///   - wanted: the states to wait for; `nil` for a socket that is to disappear.
  ///   - isGood: an additional condition.
  ///   - segment: the segment that the kernel must send again first.
  mutating func settle(
    _ wanted: [(FlowRole, SocketState?)], after segment: FlowSegment? = nil,
    isGood: (FlowStage) -> Bool = { _ in true }
  ) throws(FlowFailure) {
    var slept = 0
    var patience = 10_000
    while true {
      try look()
      if wanted.allSatisfy({ record($0.0)?.state == $0.1 }), isGood(self) { return }
      if let next = millisecondsToRetransmission {
        if let segment { observer.waits(for: segment, milliseconds: next) }
        // As long as the kernel is going to send again, there is something to wait for.
        patience = max(patience, slept + next + 10_000)
      }
      if slept > patience { throw lost(wanted) }
      let pause = slept < 100 ? 2 : 20
      try observer.sleep(milliseconds: pause)
      slept += pause
    }
  }

  private var millisecondsToRetransmission: Int? {
    FlowRole.allCases.compactMap { record($0) }.filter { $0.timer == .retransmit && $0.known.contains(.timer) }
      .map { Int($0.timerMilliseconds) }.max()
  }

  private func lost(_ wanted: [(FlowRole, SocketState?)]) -> FlowFailure {
    let missed = wanted.first { record($0.0)?.state != $0.1 } ?? wanted.first
    let role = missed?.0 ?? .client
    return .lost(role, wanted: missed?.1, seen: record(role)?.state)
  }

  /// Shows the calls and what the last look found.
  mutating func show(
    _ acts: [FlowAct], _ segments: [FlowSegment] = [], _ remarks: [FlowSide: FlowRemark] = [:],
    meanwhile: (Int) -> Void = { _ in }
  ) throws(FlowFailure) {
    number += 1
    var step = FlowStep()
    step.number = number
    step.acts = acts
    step.segments = segments
    step.remarks = remarks
    step.server = server
    step.client = client
    for role in FlowRole.allCases {
      let record = record(role)
      let own = closed.contains(role) ? nil : unlisted[role]
      if record != nil || own != nil || (closed.contains(role) && !reported.contains(role)) {
        step.sightings.append(FlowSighting(role: role, record: record, state: record?.state ?? own))
      }
    }
    reported = closed
    try observer.shows(step, meanwhile: meanwhile)
  }

  /// Makes calls, and throws their failures as failures of the flow.
  static func call<Value: ~Copyable>(_ body: () throws(DemoFailure) -> Value) throws(FlowFailure) -> Value {
    do throws(DemoFailure) {
      return try body()
    } catch {
      switch error {
      case .call(let call, let cause): throw .call(call, cause)
      case .interrupted: throw .interrupted
      }
    }
  }

  /// Sets which incoming segments a socket accepts.
  static func admit(_ filter: Descriptor.SegmentFilter?, on socket: FlowEnd) throws(FlowFailure) {
    do throws(SystemError) {
      _ = try socket.with { (descriptor) throws(SystemError) in
        if let filter { try descriptor.admit(filter) } else { try descriptor.admitAll() }
      }
    } catch {
      throw .call(.setOption(socket.number, name: "IP_MINTTL", value: filter == nil ? "0" : "255"), error)
    }
  }
}

extension FlowAct {
  /// A call that returned a count or nothing.
  package static func done(_ side: FlowSide, _ call: SocketCall, _ count: Int = 0) -> FlowAct {
    FlowAct(side: side, call: call, result: .done(count))
  }
}
