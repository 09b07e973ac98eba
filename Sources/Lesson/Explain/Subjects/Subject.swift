package import SocketModel

/// A call of the socket interface.
package enum ExplainedCall: String, CaseIterable, Sendable, Hashable {
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

  /// The states that a socket goes through with the call, TCP first; empty for a call that changes
  /// none.
  package var paths: [[SocketState]] {
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
package enum Subject: Sendable, Hashable {
  /// A state of a socket.
  case state(SocketState)
  /// A call of the socket interface.
  case call(ExplainedCall)
  /// An error that a call of the socket interface fails with.
  case error(SocketError)
  /// A technical term.
  case term(NetworkTerm)
  /// A column of the listing.
  case column(Field)

  /// The states of TCP, in the order of a connection's life.
  package static let tcpStates = [
    SocketState.close, .boundInactive, .listen, .synSent, .synRecv, .established, .finWait1, .finWait2, .closeWait,
    .closing, .lastAck,
    .timeWait,
  ].map { Subject.state($0) }
  /// The states of sockets without TCP's.
  package static let otherStates = [
    SocketState.unconnected, .connected, .connecting, .disconnecting, .unhashed, .cookieWait, .cookieEchoed,
    .shutdownPending, .shutdownSent, .shutdownReceived, .shutdownAckSent,
  ].map { Subject.state($0) }
  /// The calls, in the order in which a program makes them.
  package static let calls = ExplainedCall.allCases.map { Subject.call($0) }
  /// The errors, by name.
  package static let errors = SocketError.allCases.map { Subject.error($0) }
  /// The terms, in the order of a connection's life.
  package static let terms = NetworkTerm.allCases.map { Subject.term($0) }
  /// The columns, in the order of the list of them.
  package static let columns = Field.all.map { Subject.column($0) }
  /// Every subject: the states, the calls, the errors, the terms, the columns.
  package static let all = tcpStates + otherStates + calls + errors + terms + columns

  /// The name as output shows it: `close_wait`, `close()`.
  package var name: String {
    switch self {
    case .state(let state): state.name
    case .call(let call): call.rawValue + "()"
    case .error(let error): error.rawValue
    case .term(let term): term.rawValue
    case .column(let field): field.description.name
    }
  }

  /// The name in TCP's usual spelling, or of a column's heading: `CLOSE_WAIT`, `close()`, `RECV-Q`.
  package var title: String {
    switch self {
    case .state(let state): state.title
    case .call(let call): call.rawValue + "()"
    case .error(let error): error.rawValue
    case .term(let term): term.rawValue
    case .column(let field): field.description.title
    }
  }

  /// The possible meanings of a word; empty when it has none.
  ///
  /// States are known in every spelling of `SocketState/init(name:)`. `close` and `listen` name a
  /// state and a call: in capital letters the word means only the state, followed by `()` or `(2)`
  /// only the call, otherwise both.
  ///
  /// What is neither a state nor a call is an error by name or by the C library's message, a term,
  /// or a column by its name or title; `backlog`, a term and a name of a column, is both. In
  /// capital letters a column's title means only the column.
  package static func named(_ word: String) -> [Subject] {
    let stateOrCall = stateOrCall(word)
    if !stateOrCall.isEmpty {
      // A call and a column are named shutdown.
      guard case .call = stateOrCall[0] else { return stateOrCall }
      if let titled = Field.all.first(where: { $0.description.title == word }) { return [.column(titled)] }
      return stateOrCall + Field.all.filter { $0.description.name == word }.map { Subject.column($0) }
    }
    if let error = SocketError(word: word) { return [.error(error)] }
    let titled = Field.all.first { $0.description.title.uppercased() == word.uppercased() }
    let isCapital = word.contains(where: \.isLetter) && (word == word.uppercased() || titled?.description.title == word)
    let term = NetworkTerm(word: word).map { Subject.term($0) }
    if isCapital, term == nil || titled?.description.title == word, let titled { return [.column(titled)] }
    let field = (Field(name: word) ?? titled).map { Subject.column($0) }
    return [term, field].compactMap { $0 }
  }

  private static func stateOrCall(_ word: String) -> [Subject] {
    let isCall = word.hasSuffix("()") || word.hasSuffix("(2)")
    let bare = isCall ? String(word[..<(word.firstIndex(of: "(") ?? word.endIndex)]) : word
    let call = call(named: bare.lowercased()).map { Subject.call($0) }
    let state = isCall ? nil : SocketState(name: bare).map { Subject.state($0) }
    if let state, bare.contains(where: \.isLetter), bare == bare.uppercased() { return [state] }
    return [state, call].compactMap { $0 }
  }

  /// The arguments of `sockinspect` that show what the explanation describes, each one command line
  /// for a shell; empty for some.
  package var commands: [String] {
    switch self {
    case .state(let state): state.commands
    case .call(let call): call.commands
    case .error(let error): error.commands
    case .term(let term): term.commands
    case .column(let field): field.commands
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
  package var title: String { name.uppercased() }

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
    case .unhashed: ["--state unhashed --count-by process", "--state unhashed"]
    case .cookieWait, .cookieEchoed, .shutdownPending, .shutdownSent, .shutdownReceived, .shutdownAckSent:
      ["--sctp --state \(name)"]
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
