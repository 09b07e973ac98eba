import Glibc
import LinuxSystem

/// The server for connections, TCP and unix: many clients at once, on one thread, none of which can
/// block another.
///
/// For each client it holds at most one piece of the answer that could not be sent yet; while there
/// is one, nothing more is read from that client.
final class StreamServer: ServerLoop {
  /// How much is read from an echoing client at a time, whatever the buffer's size, so that little
  /// waits to be sent.
  private static let largestEcho = 16384
  /// How many connections are accepted before the other clients get their turn.
  private static let burst = 64
  /// How many milliseconds it accepts nothing after accepting failed, unless a client is closed
  /// before that.
  private static let pause = 1000

  /// Contains only the listener, to check whether another connection waits: an `accept(2)` that
  /// finds none would be a call to report.
  private let arrivals: ReadinessQueue
  private var clients: [UInt64: ServerClient] = [:]
  private var nextTag = StreamServer.socketTag + 1
  private var timers = ServerTimers()
  private var isAccepting = false
  private var resumesAt: Int?
  private var hasReportedOutOfDescriptors = false
  /// The client that was served last.
  private weak var latest: ServerClient?
  private var reportedWait: SocketCall?

  init(
    _ settings: ServerSettings, _ calls: Calls, _ watch: SignalWatch, _ account: ServerAccount
  ) throws(SystemError) {
    arrivals = try ReadinessQueue()
    let size = settings.isEcho ? min(settings.buffer, StreamServer.largestEcho) : settings.buffer
    try super.init(settings, calls, watch, account, bufferSize: size)
  }

  /// Serves until it is to end, and returns the reason.
  func run(_ listener: borrowing Descriptor) throws(DemoFailure) -> ServerAccount.End {
    do throws(SystemError) {
      try begin()
      if settings.accepts {
        try arrivals.add(listener.number, for: .reading, tag: StreamServer.socketTag)
        try accepting(true, listener)
      }
    } catch {
      throw .call(.accept(listener.number), error)
    }
    while true {
      let now = Clock.monotonicMilliseconds()
      if let reason = reasonToEnd(at: now) { return reason }
      while let tag = timers.takeDue(at: now) { try timeIsUp(of: tag, now) }
      if let resumesAt, resumesAt <= now { try resume(listener) }
      if clients.isEmpty, isFull { return .clientsDone }
      try wait(until: [end, timers.next, resumesAt].compactMap(\.self).filter { $0 != .max }.min(), listener)
      for event in events where watch.arrived() == nil {
        switch event.tag {
        case StreamServer.watchTag: break
        case StreamServer.socketTag: try acceptAll(listener)
        default: try handle(event)
        }
      }
    }
  }

  /// Closes the connections that are still open.
  func closeAll() {
    account.stillOpen = clients.count
    for tag in clients.keys.sorted() {
      if let socket = clients[tag]?.takeSocket() { try? calls.close(socket) }
    }
    clients.removeAll()
  }

  // MARK: Waiting

  private func wait(until due: Int?, _ listener: borrowing Descriptor) throws(DemoFailure) {
    do throws(SystemError) {
      if let call = idleCall(listener), call != reportedWait {
        try queue.wait(milliseconds: 0, into: &events)
        if !events.isEmpty { return }
        reportedWait = call
        calls.observer?.waits(for: call)
      }
      try waitForEvents(until: due)
      if !events.isEmpty { reportedWait = nil }
    } catch {
      throw .call(.accept(listener.number), error)
    }
  }

  /// The call that it waits to make: the next one for the client that was served last, or otherwise
  /// the one for a new client.
  private func idleCall(_ listener: borrowing Descriptor) -> SocketCall? {
    guard calls.observer != nil else { return nil }
    if let latest {
      if latest.phase == .reading { return .receive(latest.number, capacity: buffer.count) }
      if latest.phase == .replying { return .send(latest.number, latest.pending) }
    }
    return isAccepting ? .accept(listener.number) : nil
  }

  // MARK: Accepting

  private func accepting(_ shall: Bool, _ listener: borrowing Descriptor) throws(SystemError) {
    guard shall != isAccepting else { return }
    if shall {
      try queue.add(listener.number, for: .reading, tag: StreamServer.socketTag)
    } else {
      try queue.remove(listener.number)
    }
    isAccepting = shall
  }

  private func resume(_ listener: borrowing Descriptor) throws(DemoFailure) {
    resumesAt = nil
    do throws(SystemError) { try accepting(true, listener) } catch { throw .call(.accept(listener.number), error) }
  }

  private func acceptAll(_ listener: borrowing Descriptor) throws(DemoFailure) {
    var waiting: [ReadinessQueue.Event] = []
    for _ in 0..<StreamServer.burst where isAccepting {
      try acceptOne(listener)
      do throws(SystemError) {
        if isFull { try accepting(false, listener) }
        try arrivals.wait(milliseconds: 0, into: &waiting)
      } catch {
        throw .call(.accept(listener.number), error)
      }
      if waiting.isEmpty { return }
    }
  }

  private func acceptOne(_ listener: borrowing Descriptor) throws(DemoFailure) {
    let connection: AcceptedConnection?
    do throws(DemoFailure) {
      connection = try calls.accept(listener)
    } catch {
      return try stopAccepting(listener, after: error)
    }
    guard let connection else { return }
    let client = ServerClient(connection, tag: nextTag)
    nextTag += 1
    account.clients += 1
    clients[client.tag] = client
    latest = client
    calls.observer?.prints(.connected(by: client.peer))
    if !settings.reads { client.phase = .held }
    do throws(DemoFailure) {
      try wish(client.phase == .reading ? .reading : [], for: client)
    } catch {
      return try lose(client, error)
    }
    if client.phase == .reading { expect(client, after: settings.timeout) }
  }

  /// Accepts nothing until a client is closed, which frees a descriptor; or for a while, if
  /// something other than descriptors is missing.
  private func stopAccepting(_ listener: borrowing Descriptor, after failure: DemoFailure) throws(DemoFailure) {
    guard let error = failure.systemError else { throw failure }
    if !error.isOutOfDescriptors {
      calls.observer?.notes(.remark(.acceptingFailed(error.reason)))
    } else if !hasReportedOutOfDescriptors {
      hasReportedOutOfDescriptors = true
      calls.observer?.notes(.outOfDescriptors(limit: OpenFileLimit.current))
    }
    do throws(SystemError) { try accepting(false, listener) } catch { throw .call(.accept(listener.number), error) }
    // Without a client of this server, the descriptors are in use elsewhere in the process or
    // machine.
    let waitsForClient = error.isOutOfDescriptors && !clients.isEmpty
    resumesAt = waitsForClient ? .max : Clock.monotonicMilliseconds() + StreamServer.pause
  }

  // MARK: A client

  private func handle(_ event: ReadinessQueue.Event) throws(DemoFailure) {
    guard let client = clients[event.tag] else { return }
    do throws(DemoFailure) {
      switch client.phase {
      case .reading: try read(client)
      case .replying: try send(client)
      case .delaying: ignore(client)
      case .held:
        if event.isOver { noteEnd(of: client) }
        ignore(client)
      }
    } catch {
      try lose(client, error)
    }
  }

  private func read(_ client: ServerClient) throws(DemoFailure) {
    latest = client
    let received = try client.make { (socket) throws(DemoFailure) -> [UInt8]? in
      try calls.receive(socket, into: &buffer).map { Array($0) }
    }
    guard let received else { return }
    account.bytesReceived += received.count
    if settings.isEcho, received.isEmpty { return try finish(client) }
    calls.observer?.prints(.received(received))
    client.pending = settings.isEcho ? received : settings.reply
    if !settings.isEcho, let reply = settings.replyInHTTP(to: received) {
      client.pending = reply
      calls.observer?.notes(.remark(.askedInHTTP))
    }
    guard settings.delay > 0 else { return try send(client) }
    client.phase = .delaying
    try wish([], for: client)
    expect(client, after: settings.delay)
  }

  private func send(_ client: ServerClient) throws(DemoFailure) {
    latest = client
    client.phase = .replying
    // Sending nothing is not a call here; the lesson's would be send(b''), which does nothing to a
    // stream.
    while !client.pending.isEmpty {
      let count = try client.make { (socket) throws(DemoFailure) -> Int? in try calls.send(socket, client.pending) }
      guard let count, count > 0 else {
        try wish(.writing, for: client)
        return expect(client, after: settings.timeout)
      }
      account.bytesSent += count
      client.pending.removeFirst(count)
    }
    guard settings.isEcho else { return try finish(client) }
    client.phase = .reading
    try wish(.reading, for: client)
    expect(client, after: settings.timeout)
  }

  /// Ends the service of a client for which everything is done.
  private func finish(_ client: ServerClient) throws(DemoFailure) {
    client.due = nil
    client.pending = []
    client.phase = .held
    guard settings.closes else {
      do throws(DemoFailure) { try wish([], for: client) } catch { ignore(client) }
      return
    }
    clients[client.tag] = nil
    if resumesAt != nil { resumesAt = Clock.monotonicMilliseconds() }
    guard let socket = client.takeSocket() else { return }
    if socket.hasUnreadBytes() {
      account.closedUnread += 1
      calls.observer?.notes(.remark(.closingUnread(descriptor: client.number)))
    }
    try calls.close(socket)
  }

  /// Handles a failed call for a client: only that client is lost.
  private func lose(_ client: ServerClient, _ failure: DemoFailure) throws(DemoFailure) {
    guard let error = failure.systemError else { throw failure }
    // When the reader of standard output has gone, clients are no longer reported either; the
    // server ends now.
    if watch.arrived() == SignalWatch.closedPipe { return try finish(client) }
    if error.isReset {
      account.resets += 1
      calls.observer?.notes(.reset(client.peer))
    } else {
      account.failures += 1
      calls.observer?.notes(.remark(.connectionLost(error.reason)))
    }
    try finish(client)
  }

  private func noteEnd(of client: ServerClient) {
    let code = (try? client.make { (socket) throws(DemoFailure) -> Int32? in try? socket.takePendingError() }) ?? 0
    guard code == ECONNRESET else { return }
    account.resets += 1
    calls.observer?.notes(.reset(client.peer))
  }

  // MARK: Timers and interests

  private func timeIsUp(of tag: UInt64, _ now: Int) throws(DemoFailure) {
    guard let client = clients[tag] else { return }
    client.earliestTimer = nil
    guard let due = client.due else { return }
    guard due <= now else { return setTimer(client, due) }
    client.due = nil
    do throws(DemoFailure) {
      if client.phase == .delaying { return try send(client) }
      account.timeouts += 1
      calls.observer?.notes(.silent(client.peer, milliseconds: settings.timeout ?? 0))
      try finish(client)
    } catch {
      try lose(client, error)
    }
  }

  /// Sets the client's timer; `nil` for none.
  private func expect(_ client: ServerClient, after milliseconds: Int?) {
    client.due = milliseconds.map { Clock.monotonicMilliseconds() + $0 }
    if let due = client.due { setTimer(client, due) }
  }

  private func setTimer(_ client: ServerClient, _ due: Int) {
    if let earliest = client.earliestTimer, earliest <= due { return }
    client.earliestTimer = due
    timers.add(client.tag, due: due)
    // Timers of closed clients would pile up while others come and go.
    if timers.count > 2 * clients.count + 64 { timers.keep { clients[$0] != nil } }
  }

  /// Sets what the queue waits for on the client's descriptor. If the system has no room for that
  /// (epoll_ctl(2): ENOMEM, ENOSPC), only this client is lost, as after a failed call.
  private func wish(_ interest: ReadinessQueue.Interest, for client: ServerClient) throws(DemoFailure) {
    guard interest != client.interest else { return }
    do throws(SystemError) {
      if client.interest != nil {
        try queue.change(client.number, to: interest, tag: client.tag)
      } else if interest != [] || client.isNew {
        try queue.add(client.number, for: interest, tag: client.tag)
      } else {
        return
      }
    } catch {
      throw .call(.receive(client.number, capacity: buffer.count), error)
    }
    client.isNew = false
    client.interest = interest
  }

  /// Removes a client from the queue when its end was reported and cannot be handled now: it would
  /// be reported again and again.
  private func ignore(_ client: ServerClient) {
    guard client.interest != nil else { return }
    client.interest = nil
    try? queue.remove(client.number)
  }
}
