public import SocketModel

/// A call of the socket interface.
public enum ExplainedCall: String, CaseIterable, Sendable, Hashable {
  /// `socket(2)`.
  case socket
  /// `setsockopt(2)`.
  case setsockopt
  /// `bind(2)`.
  case bind
  /// `listen(2)`.
  case listen
  /// `accept(2)`.
  case accept
  /// `connect(2)`.
  case connect
  /// `send(2)`.
  case send
  /// `sendto(2)`.
  case sendto
  /// `recv(2)`.
  case recv
  /// `recvfrom(2)`.
  case recvfrom
  /// `shutdown(2)`.
  case shutdown
  /// `close(2)`.
  case close

  /// The states that a socket goes through with the call, TCP first; empty for a call that changes none.
  public var paths: [[SocketState]] {
    switch self {
    case .socket: [[.close], [.unconnected]]
    case .bind: [[.close, .boundInactive]]
    case .listen: [[.boundInactive, .listen]]
    case .connect: [[.close, .synSent, .established], [.unconnected, .connected]]
    case .shutdown, .close: [[.established, .finWait1, .finWait2, .timeWait], [.closeWait, .lastAck, .close]]
    case .setsockopt, .accept, .send, .sendto, .recv, .recvfrom: []
    }
  }
}

/// Something that can be explained.
public enum Subject: Sendable, Hashable {
  /// A state of a socket.
  case state(SocketState)
  /// A call of the socket interface.
  case call(ExplainedCall)

  /// The states of TCP, in the order of a connection's life.
  public static let tcpStates = [
    SocketState.close, .boundInactive, .listen, .synSent, .synRecv, .established, .finWait1, .finWait2, .closeWait,
    .closing, .lastAck,
    .timeWait,
  ].map { Subject.state($0) }
  /// The states of sockets without TCP's.
  public static let otherStates = [SocketState.unconnected, .connected, .connecting, .disconnecting].map {
    Subject.state($0)
  }
  /// The calls, in the order in which a program makes them.
  public static let calls = ExplainedCall.allCases.map { Subject.call($0) }
  /// Every subject: the states, then the calls.
  public static let all = tcpStates + otherStates + calls

  /// The name as output shows it: `close_wait`, `close()`.
  public var name: String {
    switch self {
    case .state(let state): state.name
    case .call(let call): call.rawValue + "()"
    }
  }

  /// The name as people write it for TCP: `CLOSE_WAIT`, `close()`.
  public var title: String {
    switch self {
    case .state(let state): state.title
    case .call(let call): call.rawValue + "()"
    }
  }

  /// What a word may mean; empty when nothing.
  ///
  /// States are known in every spelling of `SocketState/init(name:)`. `close` and `listen` name a
  /// state and a call: the word in capital letters is the state alone, with `()` or `(2)` behind it
  /// the call alone, otherwise it is both.
  public static func named(_ word: String) -> [Subject] {
    let isCall = word.hasSuffix("()") || word.hasSuffix("(2)")
    let bare = isCall ? String(word[..<(word.firstIndex(of: "(") ?? word.endIndex)]) : word
    let call = call(named: bare.lowercased()).map { Subject.call($0) }
    let state = isCall ? nil : SocketState(name: bare).map { Subject.state($0) }
    if let state, bare.contains(where: \.isLetter), bare == bare.uppercased() { return [state] }
    return [state, call].compactMap { $0 }
  }

  /// The arguments of `sockinspect` that show what the explanation speaks of, each a shell's command line; none for some.
  public var commands: [String] {
    switch self {
    case .state(let state): state.commands
    case .call(let call): call.commands
    }
  }

  private static func call(named name: String) -> ExplainedCall? {
    switch name {
    case "accept4": .accept
    case "sendall": .send
    default: ExplainedCall(rawValue: name)
    }
  }
}

extension SocketState {
  /// The name in capital letters, as in RFC 9293 but with the kernel's spelling: `CLOSE_WAIT`.
  public var title: String { name.uppercased() }

  fileprivate var commands: [String] {
    switch self {
    case .listen: ["-tl", "'accept_queue >= accept_limit'"]
    case .synSent, .finWait1, .closing, .lastAck: ["--state \(name)"]
    case .synRecv: ["--state syn_recv --count-by local"]
    case .established: ["'state established and recv_queue > 0'", "'state established and send_queue > 0'"]
    case .finWait2: ["--state fin_wait2 --count-by remote_address,process"]
    case .timeWait: ["--state time_wait --count-by remote_address,remote_port"]
    case .closeWait: ["--state close_wait --count-by process", "--state close_wait"]
    case .close: ["--state close,bound_inactive"]
    case .boundInactive: ["--state bound_inactive"]
    case .unconnected: ["-u --state unconnected"]
    case .connected: ["-u --state connected", "-x --state connected"]
    case .connecting: ["-x --source proc --state connecting"]
    case .disconnecting: ["-x --source proc --state disconnecting"]
    }
  }
}

extension ExplainedCall {
  fileprivate var commands: [String] {
    switch self {
    case .socket: []
    case .setsockopt: ["'timer = keepalive'"]
    case .bind: ["--local-port 1234", "--port 1234 --state time_wait"]
    case .listen: ["-tl --port 1234"]
    case .accept: ["'accept_queue > 0'"]
    case .connect: ["--state syn_sent", "--remote-port 1234"]
    case .send: ["'send_queue > 0'"]
    case .sendto: ["-u 'send_queue > 0'"]
    case .recv: ["'state established and recv_queue > 0'"]
    case .recvfrom: ["-u 'recv_queue > 0'"]
    case .shutdown: ["--state fin_wait2,close_wait"]
    case .close: ["--state close_wait", "--state fin_wait1,fin_wait2,time_wait"]
    }
  }
}
