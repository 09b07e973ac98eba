import SocketModel

/// Applies notices of destroyed sockets to the tracked sockets.
extension SocketTracker {
  /// Applies a notice.
  mutating func ingest(_ notice: DestroyNotice, now: UInt64) {
    let record = notice.record
    // A socket without a port was never bound or connected.
    guard record.localPort != 0 else { return }
    let moment = moment(now)
    guard record.transport.hasTCPStates else { return end(record, at: moment) }
    if let expectation = notices.takeExpectation(record) {
      settle(expectation, notice)
      return
    }
    let id = tracked.id(identifiedBy: record)
    if setup.isTracing, let id, let socket = tracked[id], socket.pointer == 0,
      [.boundInactive, .listen].contains(socket.record.state)
    {
      end(id, at: moment, .destroyNotice)
    } else if setup.isTracing {
      // Its last transition has not been reported yet, or was long ago.
      if !notices.hasEnded(record.cookie) { notices.keep(notice, until: now &+ setup.patience) }
    } else if !notices.hasEnded(record.cookie) || id != nil {
      close(id, notice, at: moment)
    }
  }

  /// Ends a UDP socket. When no scan has shown it, nothing else about it is ever reported.
  private mutating func end(_ record: SocketRecord, at moment: Moment) {
    guard !notices.hasEnded(record.knownCookie) else { return }
    let known = tracked.id(identifiedBy: record) ?? tracked.id(withoutCookieWithEndsOf: record)
    let id = known ?? tracked.begin(record, at: moment.time, wasThere: true, scope: .watched)
    let socket = tracked.update(id) { socket in
      socket.lastTransition = moment.monotonic
      return socket
    }
    if known != nil {
      end(id, at: moment, .destroyNotice)
    } else if let socket {
      queue.append(socket.event(.closed, at: moment.time, .destroyNotice, from: nil, to: nil))
      close(id, at: moment)
    }
  }

  /// Ends a TCP socket whose end only the notice reports.
  private mutating func close(_ known: UInt64?, _ notice: DestroyNotice, at moment: Moment) {
    let known = known ?? tracked.id(withoutCookieWithEndsOf: notice.record)
    let wasSeen = known != nil
    let id = known ?? tracked.begin(notice.record, at: moment.time, wasThere: true)
    if !wasSeen {
      tracked.update(id) { $0.scope = .watched }
      attributeAccepted(id)
    }
    let taken = tracked.update(id) { socket in
      // A scan that began before cannot show this end.
      socket.lastTransition = moment.monotonic
      let isExact = socket.take(notice)
      return (socket: socket, isExact: isExact)
    }
    guard let (socket, isExact) = taken else { return }
    meter.noteFinal(id)
    let event = socket.event(
      .closed, at: moment.time, .destroyNotice, from: wasSeen ? socket.record.state : nil, to: nil)
    let isConnection = notice.record.hasBothEnds
    let number = queue.append(event, deadline: isConnection ? .max : 0)
    if isConnection {
      var record = socket.record
      // The kernel is asked about the ends that it reported last.
      record.localBits = notice.record.localBits
      record.interface = notice.record.interface
      if record.interface != 0 { record.known.insert(.interface) }
      ask(
        about: record, id, event: number, .destroyNotice, at: moment.time, countsFIN: !isExact && hasAnsweredFIN(notice)
      )
    } else {
      close(id, at: moment)
    }
  }

  /// Whether a connection of which nothing remains had received a FIN, so far as its notice shows that:
  /// its own was acknowledged, and the end that closes first leaves a TIME_WAIT.
  private func hasAnsweredFIN(_ notice: DestroyNotice) -> Bool {
    guard let signals = notice.acknowledgedSignals else { return false }
    // The SYN is acknowledged too, of the end that connected: not of the one at a listener's port.
    return signals > 1 || signals == 1 && !tracked.listeners(at: notice.record.localPort).isEmpty
  }

  /// Expects the notice of a socket that was destroyed; its event waits for it.
  mutating func expectNotice(of record: SocketRecord, _ id: UInt64, event: Int, now: UInt64) {
    // The event does not wait for so long, but where bytes are counted the figures are wanted after it
    // too: on a busy machine the kernel sends notices late.
    let patience = meter.isOn ? max(setup.patience, ByteMeter.patience) : setup.patience
    let expectation = PendingNotices.Expectation(
      socket: id, event: event, cookie: record.knownCookie, deadline: now &+ patience)
    if let notice = notices.expect(expectation, of: record) { settle(expectation, notice) }
  }

  /// Adds the content of a notice to an event.
  private mutating func settle(_ expectation: PendingNotices.Expectation, _ notice: DestroyNotice) {
    let figures = tracked.update(expectation.socket) { socket in
      socket.take(notice)
      socket.scope = .watched
      return (sent: socket.bytesSent, received: socket.bytesReceived)
    }
    meter.noteFinal(expectation.socket)
    queue.update(expectation.event) { event in
      event.bytesSent = figures?.sent
      event.bytesReceived = figures?.received
      event.scope = .watched
      if let namespace = notice.record.networkNamespace { event.record.networkNamespace = namespace }
    }
    queue.hold(expectation.event, until: 0)
  }
}

extension TrackedSocket {
  /// Adds the figures of a notice. A FIN that the socket is known to have received counts among the
  /// kernel's received bytes.
  ///
  /// - Returns: whether it is known that no FIN is among them any more.
  @discardableResult
  fileprivate mutating func take(_ notice: DestroyNotice) -> Bool {
    // A listener transfers no bytes.
    guard notice.record.remotePort != 0, ![.listen, .boundInactive].contains(record.state) else { return true }
    bytesSent = notice.bytesSent
    bytesReceived = notice.bytesReceived
    guard let received = notice.bytesReceived, received > 0 else { return true }
    // Where no segment had data since the last scan, one byte more is the FIN.
    let known = traffic?.bytesReceived ?? 0
    let hasNoData = notice.dataSegmentsIn == traffic?.dataSegmentsIn ?? 0 && received <= known + 1
    if hasReceivedFIN || hasNoData && received == known + 1 { bytesReceived = received - 1 }
    return hasReceivedFIN || hasNoData
  }

  /// Whether it was in a state that only a FIN from the other end leads to while the socket exists.
  /// TIME_WAIT is not one of them: the mini-socket may have received the FIN.
  private var hasReceivedFIN: Bool { hasBeen(in: SocketStateSet([.closeWait, .lastAck, .closing])) }
}
