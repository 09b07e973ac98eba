import SocketModel

/// Applies the kernel's answers to the tracked sockets.
extension SocketTracker {
  /// Applies the answer to a question: the mini-socket, or that there is none.
  mutating func ingest(_ answer: KernelAnswer, now: UInt64) {
    let question = answer.question
    if case .unknown = answer.outcome { return postpone(question, now: now) }
    guard let socket = tracked[question.socket], !socket.isClosed else {
      queue.hold(question.event, until: 0)
      return
    }
    if case .found(let found) = answer.outcome, found.isRemainder {
      let state = socket.record.state
      identify(question.socket, found, in: state, asked: answer.asked)
      if found.state == state { return postpone(question, now: now) }
      goOn(question, as: found.state)
    } else {
      if case .gone = answer.outcome, question.countsFIN { takeOffFIN(question) }
      close(question.socket, at: Moment(monotonic: now, time: question.time))
    }
    if setup.hasNotices, question.source == .tracepoint {
      queue.hold(question.event, until: now &+ setup.patience)
      expectNotice(of: question.record, question.socket, event: question.event, now: now)
    } else {
      queue.hold(question.event, until: 0)
    }
  }

  /// Continues a connection as a mini-socket: the event becomes a change instead of an end.
  private mutating func goOn(_ question: KernelQuestion, as state: SocketState) {
    tracked.enter(question.socket, state, at: question.time)
    let record = tracked.record(question.socket)
    queue.update(question.event) { event in
      event.kind = .changed
      event.to = state
      event.scope = .watched
      if let record { event.record = record }
    }
  }

  /// Takes a FIN off the received bytes.
  private mutating func takeOffFIN(_ question: KernelQuestion) {
    let received = tracked.update(question.socket) { socket in
      socket.bytesReceived = socket.bytesReceived.map { $0 > 0 ? $0 - 1 : 0 }
      return socket.bytesReceived
    }
    queue.update(question.event) { $0.bytesReceived = received ?? $0.bytesReceived }
  }

  private mutating func identify(_ id: UInt64, _ found: SocketRecord, in state: SocketState, asked: UInt64) {
    var record = found
    record.state = state
    tracked.identify(id, record)
    tracked.update(id) { socket in
      socket.scope = .watched
      // A FIN that arrived meanwhile made a TIME_WAIT of what a scan from before shows in FIN_WAIT2.
      socket.lastTransition = max(socket.lastTransition, asked)
    }
  }

  /// Leaves the question what remains of a connection to the next scan, which shows its TIME_WAIT,
  /// or its end.
  private mutating func postpone(_ question: KernelQuestion, now: UInt64) {
    queue.drop(question.event)
    // The figures of its notice are reported with later events.
    if setup.hasNotices, question.source == .tracepoint {
      expectNotice(of: question.record, question.socket, event: question.event, now: now)
    }
  }
}
