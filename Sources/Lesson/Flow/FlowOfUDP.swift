import Glibc
import LinuxSystem
import SocketModel

/// A datagram and its answer, from the first call to the last.
struct FlowOfUDP {
  private let flow: Flow
  private let calls = Calls(observer: nil)
  private var stage: FlowStage

  init(_ flow: Flow, _ observer: any FlowObserver) {
    self.flow = flow
    stage = FlowStage(.udp, observer)
  }

  mutating func run() throws(FlowFailure) {
    let kind = flow.loopback.kind(SOCK_DGRAM)
    let server = try makeSocket(kind)
    stage.unlisted[.listener] = FlowOfUDP.state(of: server)
    try stage.show(
      [made(kind, .server, server)], [], [.server: .unlisted])
    let address = flow.loopback.address(port: flow.port)
    try use(server) { (calls, socket) throws(DemoFailure) in try calls.bind(socket, to: address) }
    stage.setServer(server)
    try stage.settle([(.listener, .unconnected)])
    let bound = stage.server.map { $0.socketAddress } ?? address
    try stage.show(
      [.done(.server, .bind(server.number, bound))], [], [.server: .readyForDatagrams])

    let client = try makeSocket(kind)
    stage.unlisted[.client] = FlowOfUDP.state(of: client)
    try stage.look()
    try stage.show([made(kind, .client, client)])

    try send(Flow.message, to: bound, from: (.client, client), .listener)
    let sender = try receive((.server, server), .listener)
    guard let sender else { throw .lost(.listener, wanted: .unconnected, seen: stage.record(.listener)?.state) }
    try send(Flow.reply, to: sender, from: (.server, server), .client)
    _ = try receive((.client, client), .client)

    let number = client.number
    client.close()
    stage.closed.insert(.client)
    try stage.settle([(.listener, .unconnected), (.client, nil)])
    try stage.show([.done(.client, .close(number))], [], [.server: .notNotified])
    let last = server.number
    server.close()
    stage.closed.insert(.listener)
    try stage.settle([(.listener, nil), (.client, nil)])
    try stage.show([.done(.server, .close(last))])
  }

  private mutating func send(
    _ bytes: [UInt8], to address: SocketAddress, from sender: (side: FlowSide, end: FlowEnd), _ receiver: FlowRole
  ) throws(FlowFailure) {
    try use(sender.end) { (calls, socket) throws(DemoFailure) in try calls.send(socket, bytes, to: address) }
    // The first datagram gives the client a port.
    if sender.side == .client { stage.setClient(sender.end) }
    try stage.settle([(.listener, .unconnected), (.client, .unconnected)]) {
      ($0.record(receiver)?.receiveQueue ?? 0) > 0
    }
    let kept = stage.record(receiver)?.receiveQueue ?? 0
    var remarks: [FlowSide: FlowRemark] = [receiver.side: .memory(bytes: bytes.count, taken: Int(kept))]
    if sender.side == .client, let port = stage.client?.port { remarks[.client] = .ownPort(port) }
    try stage.show(
      [.done(sender.side, .sendTo(sender.end.number, bytes, address), bytes.count)],
      [FlowSegment(.datagram(bytes.count), from: sender.side)],
      remarks)
  }

  private mutating func receive(
    _ receiver: (side: FlowSide, end: FlowEnd), _ role: FlowRole
  ) throws(FlowFailure) -> SocketAddress? {
    var buffer: [UInt8] = Array(repeating: 0, count: 1024)
    var datagram: Datagram?
    try use(receiver.end) { (calls, socket) throws(DemoFailure) in
      datagram = try calls.receiveDatagram(socket, into: &buffer)
    }
    guard let datagram else { throw .lost(role, wanted: .unconnected, seen: stage.record(role)?.state) }
    try stage.settle([(.listener, .unconnected), (.client, .unconnected)]) { $0.record(role)?.receiveQueue == 0 }
    let act = FlowAct(
      side: receiver.side, call: .receiveFrom(receiver.end.number, capacity: 1024),
      result: .received(datagram.bytes, from: datagram.sender, length: datagram.length))
    try stage.show([act])
    return datagram.sender
  }

  private func makeSocket(_ kind: SocketKind) throws(FlowFailure) -> FlowEnd {
    let calls = calls
    let descriptor = try FlowStage.call { () throws(DemoFailure) in try calls.socket(kind) }
    return FlowEnd(descriptor, isTCP: false)
  }

  private func made(_ kind: SocketKind, _ side: FlowSide, _ end: FlowEnd) -> FlowAct {
    FlowAct(side: side, call: .socket(kind), result: .made(end.number))
  }

  /// Returns the state of a socket that no table has yet, by whether it has a peer.
  private static func state(of end: FlowEnd) -> SocketState {
    let peer = end.with { (descriptor) in try? descriptor.peerAddress() }
    return peer.flatMap { $0 } == nil ? .unconnected : .connected
  }

  private func use(
    _ end: FlowEnd, _ body: (Calls, borrowing Descriptor) throws(DemoFailure) -> Void
  ) throws(FlowFailure) {
    let calls = calls
    try FlowStage.call { () throws(DemoFailure) in
      _ = try end.with { (descriptor) throws(DemoFailure) in try body(calls, descriptor) }
    }
  }
}
