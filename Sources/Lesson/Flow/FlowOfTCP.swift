import Glibc
import LinuxSystem
import SocketModel

/// The connection that `accept(2)` returned.
private struct FlowPeer {
  let end: FlowEnd
  let address: SocketAddress
}

/// The life of a connection, from the first call to TIME_WAIT.
struct FlowOfTCP {
  private let flow: Flow
  private let calls = Calls(observer: nil)
  private var stage: FlowStage

  init(_ flow: Flow, _ observer: any FlowObserver) {
    self.flow = flow
    stage = FlowStage(.tcp, observer)
  }

  mutating func run() throws(FlowFailure) {
    let listener = try listen()
    let client = try makeClient()
    try shakeHands(listener, client)
    let connection = try accept(listener)
    try talk(connection, client)
    try finish(connection, client)
    try close(listener, connection, client)
  }

  // MARK: - The server up to listen()

  private mutating func listen() throws(FlowFailure) -> FlowEnd {
    let listener = try makeSocket()
    stage.unlisted[.listener] = FlowOfTCP.state(of: listener)
    try stage.show(
      [made(.server, listener)], [], [.server: .unlisted])

    let address = flow.loopback.address(port: flow.port)
    _ = try use(listener) { (calls, socket) throws(DemoFailure) in try calls.bind(socket, to: address) }
    stage.setServer(listener)
    try stage.look()
    let isListed = stage.record(.listener) != nil
    let bound = stage.server.map { $0.socketAddress } ?? address
    try stage.show(
      [.done(.server, .bind(listener.number, bound))], [],
      [
        .server: isListed
          ? .portTaken : .portTakenUnlisted
      ])

    _ = try use(listener) { (calls, socket) throws(DemoFailure) in try calls.listen(socket, backlog: 1) }
    try stage.settle([(.listener, .listen)])
    try stage.show([.done(.server, .listen(listener.number, backlog: 1))])
    return listener
  }

  // MARK: - The handshake

  private mutating func makeClient() throws(FlowFailure) -> FlowEnd {
    let client = try makeSocket()
    stage.unlisted[.client] = FlowOfTCP.state(of: client)
    try stage.look()
    try stage.show([made(.client, client)])
    return client
  }

  private mutating func shakeHands(_ listener: FlowEnd, _ client: FlowEnd) throws(FlowFailure) {
    guard let server = stage.server else { return }
    let address = server.socketAddress
    let connect = SocketCall.connect(client.number, address)
    try FlowStage.admit(Descriptor.SegmentFilter.none, on: listener)
    _ = try use(client) { (calls, socket) throws(DemoFailure) in try calls.connect(socket, to: address) }
    stage.setClient(client)
    try stage.settle([(.client, .synSent)])
    // The kernel tries 127 times. Each doubling of the time that a person takes uses some eleven of
    // the tries.
    let patience: (Int) -> Void = { client.setLongestWait(seconds: min(120, max(1, $0 / 16))) }
    try stage.show(
      [FlowAct(side: .client, call: connect, result: nil)], [FlowSegment(.syn, from: .client).heldBack],
      stage.client.map { [.client: .ownPort($0.port)] } ?? [:], meanwhile: patience)

    try FlowStage.admit(.onlySYN, on: listener)
    let syn = FlowSegment(.syn, from: .client).again
    try stage.settle([(.connection, .synRecv), (.client, .established)], after: syn)
    // From here on the waiting time may be a day, and the kernel is asked not to wait longer than a
    // second, where it supports that: it does not for a SYN-ACK.
    patience(0)
    try stage.show(
      [.done(.client, connect)],
      [syn, FlowSegment(.synAck, from: .server), FlowSegment(.ack, from: .client).heldBack],
      [.server: .kernelAnswers])

    try FlowStage.admit(nil, on: listener)
    let synAck = FlowSegment(.synAck, from: .server).again
    try stage.settle([(.listener, .listen), (.connection, .established), (.client, .established)], after: synAck) {
      $0.record(.listener)?.receiveQueue == 1
    }
    try stage.show(
      [], [synAck, FlowSegment(.ack, from: .client)], [.server: .notAccepted])
  }

  private mutating func accept(_ listener: FlowEnd) throws(FlowFailure) -> FlowEnd {
    let accepted = try use(listener) { (calls, socket) throws(DemoFailure) -> FlowPeer? in
      guard let connection = try calls.accept(socket) else { return nil }
      let peer = connection.peer
      return FlowPeer(end: FlowEnd(connection.intoDescriptor(), isTCP: true), address: peer)
    }
    guard let connection = accepted??.end, let peer = accepted??.address else {
      throw .lost(.connection, wanted: .established, seen: nil)
    }
    try stage.settle([(.listener, .listen), (.connection, .established)]) { $0.record(.listener)?.receiveQueue == 0 }
    let act = FlowAct(side: .server, call: .accept(listener.number), result: .accepted(connection.number, peer))
    try stage.show([act], [], [.server: .secondSocket])
    return connection
  }

  // MARK: - The data

  private mutating func talk(_ connection: FlowEnd, _ client: FlowEnd) throws(FlowFailure) {
    try send(Flow.message, from: (.client, client), to: .connection)
    try receive(.server, connection, .connection)
    try send(Flow.reply, from: (.server, connection), to: .client)
    try receive(.client, client, .client)
  }

  private mutating func send(
    _ bytes: [UInt8], from sender: (side: FlowSide, socket: FlowEnd), to receiver: FlowRole
  ) throws(FlowFailure) {
    let count = try use(sender.socket) { (calls, socket) throws(DemoFailure) in try calls.send(socket, bytes) } ?? 0
    let sending: FlowRole = receiver == .client ? .connection : .client
    try stage.settle([(.connection, .established), (.client, .established)]) { (stage) in
      stage.record(receiver)?.receiveQueue == UInt32(bytes.count) && stage.record(sending)?.sendQueue == 0
    }
    try stage.show(
      [.done(sender.side, .send(sender.socket.number, bytes), count)],
      [FlowSegment(.data(count), from: sender.side), FlowSegment(.ack, from: receiver.side)],
      [receiver.side: .unread(count)])
  }

  private mutating func receive(_ side: FlowSide, _ end: FlowEnd, _ role: FlowRole) throws(FlowFailure) {
    let bytes = try read(end)
    try stage.settle([(.connection, .established), (.client, .established)]) {
      $0.record(role)?.receiveQueue == 0
    }
    try stage.show([got(side, end, bytes)])
  }

  // MARK: - The end

  private mutating func finish(_ connection: FlowEnd, _ client: FlowEnd) throws(FlowFailure) {
    try FlowStage.admit(Descriptor.SegmentFilter.none, on: connection)
    _ = try use(client) { (calls, socket) throws(DemoFailure) in try calls.shutdownSending(socket) }
    try stage.settle([(.client, .finWait1), (.connection, .established)])
    let fin = FlowSegment(.fin, from: .client)
    try stage.show(
      [.done(.client, .shutdownSending(client.number))], [fin.heldBack],
      [.client: .sendsFIN])

    try FlowStage.admit(nil, on: connection)
    try stage.settle([(.client, .finWait2), (.connection, .closeWait)], after: fin.again)
    try stage.show(
      [], [fin.again, FlowSegment(.ack, from: .server)], [.server: .countedFIN])

    let bytes = try read(connection)
    try stage.settle([(.client, .finWait2), (.connection, .closeWait)]) { $0.record(.connection)?.receiveQueue == 0 }
    try stage.show([got(.server, connection, bytes)], [], [.server: .endOfStream])

    try FlowStage.admit(Descriptor.SegmentFilter.none, on: connection)
    _ = try use(connection) { (calls, socket) throws(DemoFailure) in try calls.shutdownSending(socket) }
    try stage.settle([(.connection, .lastAck), (.client, .timeWait)])
    let last = FlowSegment(.fin, from: .server)
    try stage.show(
      [.done(.server, .shutdownSending(connection.number))], [last, FlowSegment(.ack, from: .client).heldBack])

    try FlowStage.admit(nil, on: connection)
    try stage.settle([(.connection, nil), (.client, .timeWait)], after: last.again)
    stage.unlisted[.connection] = FlowOfTCP.state(of: connection)
    try stage.show([], [last.again, FlowSegment(.ack, from: .client)], [.server: .gone])
  }

  private mutating func close(
    _ listener: FlowEnd, _ connection: FlowEnd, _ client: FlowEnd
  ) throws(FlowFailure) {
    let acts: [FlowAct] = [
      .done(.server, .close(connection.number)), .done(.server, .close(listener.number)),
      .done(.client, .close(client.number)),
    ]
    for end in [connection, listener, client] { end.close() }
    stage.closed = Set(FlowRole.allCases)
    try stage.look()
    let isHeld = stage.record(.client)?.canHaveOwner ?? true
    try stage.show(acts, [], isHeld ? [:] : [.client: .unheld])
  }

  // MARK: - Calls

  private func makeSocket() throws(FlowFailure) -> FlowEnd {
    let kind = flow.loopback.kind(SOCK_STREAM)
    let calls = calls
    let descriptor = try FlowStage.call { () throws(DemoFailure) in try calls.socket(kind) }
    return FlowEnd(descriptor, isTCP: true)
  }

  private func made(_ side: FlowSide, _ end: FlowEnd) -> FlowAct {
    FlowAct(side: side, call: .socket(flow.loopback.kind(SOCK_STREAM)), result: .made(end.number))
  }

  private func got(_ side: FlowSide, _ end: FlowEnd, _ bytes: [UInt8]) -> FlowAct {
    FlowAct(
      side: side, call: .receive(end.number, capacity: 1024), result: .received(bytes, from: nil, length: bytes.count))
  }

  private func read(_ end: FlowEnd) throws(FlowFailure) -> [UInt8] {
    var buffer: [UInt8] = Array(repeating: 0, count: 1024)
    let bytes = try use(end) { (calls, socket) throws(DemoFailure) -> [UInt8] in
      Array(try calls.receive(socket, into: &buffer) ?? [])
    }
    return bytes ?? []
  }

  private func use<Value: ~Copyable>(
    _ end: FlowEnd, _ body: (Calls, borrowing Descriptor) throws(DemoFailure) -> Value
  ) throws(FlowFailure) -> Value? {
    let calls = calls
    return try FlowStage.call { () throws(DemoFailure) -> Value? in
      try end.with { (descriptor) throws(DemoFailure) -> Value in try body(calls, descriptor) }
    }
  }

  private static func state(of end: FlowEnd) -> SocketState? {
    let number = end.with { (descriptor) in try? descriptor.tcpState() }
    return number.flatMap { $0 }.flatMap { SocketState(rawValue: $0) }
  }
}
