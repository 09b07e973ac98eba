import Glibc
package import LinuxSystem

/// The lesson's client over TCP or a unix stream: connects, sends, reads one reply, closes; as
/// often, and as many at a time, as its settings say.
///
/// One thread serves all connections; none of them waits for another.
package final class StreamClient {
  private let addresses: [SocketAddress]
  private let settings: ClientSettings
  private let calls: Calls
  private let watch: SignalWatch?
  private let queue: ReadinessQueue
  private var account = ClientAccount()
  private var connections: [UInt64: ClientConnection] = [:]
  /// How many of the connections are in use, rather than only kept open.
  private var busy = 0
  /// How many may be in use at a time: the requested number, or less when descriptors run out.
  private var limit: Int
  /// The address that the last connection was made to.
  private var preferred = 0
  private var lastTag: UInt64 = 0
  /// The connections that wait for something that has not been reported yet.
  private var unreported: [ClientConnection] = []
  private var hasReportedKept = false
  private var hasReportedLimit = false
  /// No deadline is earlier than this.
  private var earliest: Int?
  private var buffer: [UInt8]

  /// Makes a client of the server at the first address that answers.
  ///
  /// - Parameters:
  ///   - addresses: the server's addresses, at least one; they are tried in order.
  ///   - watch: the signals that end the client early.
  /// - Throws: when the kernel has no `epoll(7)` queue for it.
  package init(
    addresses: [SocketAddress], settings: ClientSettings, observer: (any CallObserver)?, watch: SignalWatch?
  ) throws(SystemError) {
    self.addresses = addresses
    self.settings = settings
    calls = Calls(observer: observer)
    self.watch = watch
    queue = try ReadinessQueue()
    limit = max(1, settings.parallel)
    buffer = Array(repeating: 0, count: max(1, settings.buffer))
    if let watch { try queue.add(watch.descriptor.number, for: .reading, tag: 0) }
  }

  /// Makes all the connections. Connections that are kept open are closed when the client is asked
  /// to end.
  package func run() -> ClientAccount {
    do throws(ClientEnd) {
      while true {
        try beginMore()
        if connections.isEmpty { break }
        try advanceReady()
        try advanceOverdue()
      }
    } catch {
      account.isInterrupted = true
      account.openAtTheEnd = connections.count
      closeAll()
    }
    return account
  }

  private func beginMore() throws(ClientEnd) {
    while account.begun < settings.count, busy < limit {
      if watch?.arrived() != nil { throw .interrupted }
      account.begun += 1
      lastTag += 1
      let connection = ClientConnection(tag: lastTag, addressIndex: preferred)
      connections[connection.tag] = connection
      busy += 1
      try attempt(connection) { (connection) throws(ClientEnd) in try self.begin(connection) }
    }
  }

  /// Takes a connection one step further, and records how it ends if it does.
  private func attempt(
    _ connection: ClientConnection, _ step: (ClientConnection) throws(ClientEnd) -> Void
  ) throws(ClientEnd) {
    do throws(ClientEnd) { try step(connection) } catch {
      switch error {
      case .interrupted: throw .interrupted
      case .noDescriptor: try postpone(connection)
      case .trouble(let trouble): try end(connection, in: trouble)
      }
    }
  }

  private func begin(_ connection: ClientConnection) throws(ClientEnd) {
    let address = addresses[connection.addressIndex]
    let kind = SocketKind(family: address.family, type: Int32(SOCK_STREAM.rawValue))
    do throws(DemoFailure) {
      let descriptor = try calls.socket(kind)
      if settings.isResetting { try calls.resetOnClose(descriptor) }
      connection.descriptor = consume descriptor
    } catch {
      if error.systemError?.isOutOfDescriptors == true, busy > 1 {
        throw .noDescriptor
      }
      throw end(error, connection)
    }
    try connect(connection)
  }

  private func connect(_ connection: ClientConnection) throws(ClientEnd) {
    let address = addresses[connection.addressIndex]
    let stands: Bool
    do throws(ClientEnd) {
      stands = try using(connection) { (open) throws(DemoFailure) in try calls.connect(open, to: address) }
    } catch {
      if case .trouble(let trouble) = error, trouble.isQueueFull {
        return queueUp(connection)
      }
      throw error
    }
    if stands { return try connected(connection) }
    try wait(.connecting, connection, for: .writing, until: settings.timeout)
    report(connection, .connect(connection.number, address))
  }

  private func connected(_ connection: ClientConnection) throws(ClientEnd) {
    preferred = connection.addressIndex
    guard settings.delay > 0 else { return try send(connection) }
    try wait(.pausing, connection, for: [], until: settings.delay)
  }

  private func send(_ connection: ClientConnection) throws(ClientEnd) {
    while connection.sent < settings.message.count {
      let rest = connection.sent == 0 ? settings.message : Array(settings.message[connection.sent...])
      let count = try using(connection) { (open) throws(DemoFailure) in try calls.send(open, rest) }
      connection.sent += count
      account.bytesSent += count
      if count == 0 {
        try wait(.sending, connection, for: .writing, until: settings.timeout)
        report(connection, .send(connection.number, rest))
        return
      }
    }
    if settings.isHalfClosing {
      try using(connection) { (open) throws(DemoFailure) in try calls.shutdownSending(open) }
    }
    guard settings.reads else { return try keep(connection) }
    try wait(.reading, connection, for: .reading, until: settings.timeout)
    report(connection, .receive(connection.number, capacity: buffer.count))
  }

  private func read(_ connection: ClientConnection) throws(ClientEnd) {
    let bytes = try using(connection) { (open) throws(DemoFailure) in try calls.receive(open, into: &buffer) }
    guard let bytes else { return }
    connection.received += bytes.count
    account.bytesReceived += bytes.count
    // The end of the stream is a line of its own only where Python would print one: when nothing
    // was received.
    if !bytes.isEmpty || connection.received == 0 { calls.observer?.prints(.received(Array(bytes))) }
    if settings.isHalfClosing, !bytes.isEmpty {
      try wait(.reading, connection, for: .reading, until: settings.timeout)
      report(connection, .receive(connection.number, capacity: buffer.count))
      return
    }
    if connection.received == 0 { account.unanswered += 1 }
    account.done += 1
    guard settings.closes else { return try keep(connection) }
    try close(connection)
  }

  /// Leaves a connection open.
  private func keep(_ connection: ClientConnection) throws(ClientEnd) {
    if !settings.reads { account.done += 1 }
    busy -= 1
    try wait(.keeping, connection, for: [], until: settings.closes ? settings.timeout : nil)
  }

  private func close(_ connection: ClientConnection) throws(ClientEnd) {
    forget(connection)
    guard let descriptor = connection.descriptor.take() else { return }
    do throws(DemoFailure) { try calls.close(descriptor) } catch { throw .interrupted }
  }

  private func forget(_ connection: ClientConnection) {
    connection.waitsFor = nil
    if connections.removeValue(forKey: connection.tag) != nil, connection.phase != .keeping { busy -= 1 }
  }

  /// Records a connection's trouble and closes it; the next address, if there is one, is tried when
  /// this one could not be reached.
  private func end(_ connection: ClientConnection, in trouble: ClientTrouble) throws(ClientEnd) {
    if let waited = trouble.waited { calls.observer?.notes(.gaveUp(milliseconds: waited)) }
    let isUnreached = trouble.call == "connect" || trouble.call == "socket"
    guard isUnreached, connection.addressIndex + 1 < addresses.count else {
      account.add(trouble)
      return try close(connection)
    }
    try close(connection)
    calls.observer?.notes(.remark(.otherAddress))
    connection.addressIndex += 1
    connection.isWatched = false
    connections[connection.tag] = connection
    busy += 1
    try attempt(connection) { (connection) throws(ClientEnd) in try self.begin(connection) }
  }

  /// Postpones a connection until another has been closed.
  private func postpone(_ connection: ClientConnection) throws(ClientEnd) {
    forget(connection)
    account.begun -= 1
    limit = max(1, busy)
    if !hasReportedLimit { calls.observer?.notes(.outOfDescriptors(limit: OpenFileLimit.current)) }
    hasReportedLimit = true
  }

  private func closeAll() {
    for connection in connections.values.sorted(by: { $0.tag < $1.tag }) {
      do throws(ClientEnd) { try close(connection) } catch { break }
    }
    connections.removeAll()
  }

  // MARK: - Waiting

  private func advanceReady() throws(ClientEnd) {
    var events: [ReadinessQueue.Event] = []
    // What a connection waits for is reported when it is not available at once.
    if !unreported.isEmpty {
      try wait(milliseconds: 0, into: &events)
      if events.isEmpty { reportWaits() }
    }
    if events.isEmpty {
      reportKept()
      // What was printed may have taken a signal from its descriptor, which wakes nobody then.
      if watch?.arrived() != nil { throw .interrupted }
      try wait(milliseconds: earliest.map { $0 - Clock.monotonicMilliseconds() }, into: &events)
    }
    for event in events {
      if event.tag == 0, watch?.arrived() != nil { throw .interrupted }
      guard let connection = connections[event.tag] else { continue }
      try attempt(connection) { (connection) throws(ClientEnd) in try self.advance(connection) }
    }
  }

  private func wait(milliseconds: Int?, into events: inout [ReadinessQueue.Event]) throws(ClientEnd) {
    // The wait fails only for a wrong argument.
    do throws(SystemError) { try queue.wait(milliseconds: milliseconds, into: &events) } catch { throw .interrupted }
  }

  /// Makes the call that a connection waited for and that is possible now.
  private func advance(_ connection: ClientConnection) throws(ClientEnd) {
    connection.waitsFor = nil
    switch connection.phase {
    case .connecting, .queueing: try connect(connection)
    case .sending: try send(connection)
    case .reading: try read(connection)
    case .pausing, .keeping:
      // The connection has ended, and the queue would report that again and again.
      try? queue.remove(connection.number)
      connection.isWatched = false
      let code = try using(connection) { (open) throws(DemoFailure) in (try? open.takePendingError()) ?? 0 }
      if code != 0 { calls.observer?.notes(.reset(addresses[connection.addressIndex])) }
    }
  }

  private func advanceOverdue() throws(ClientEnd) {
    let now = Clock.monotonicMilliseconds()
    guard let earliest, earliest <= now else { return }
    let waiting = connections.values.filter { $0.deadline != nil }
    self.earliest = waiting.lazy.compactMap(\.deadline).filter { $0 > now }.min()
    for connection in waiting.sorted(by: { $0.tag < $1.tag }) where connection.deadline.map({ $0 <= now }) ?? false {
      connection.deadline = nil
      try attempt(connection) { (connection) throws(ClientEnd) in try self.endWaiting(connection) }
    }
  }

  /// Continues with a connection whose time is over.
  private func endWaiting(_ connection: ClientConnection) throws(ClientEnd) {
    switch connection.phase {
    case .pausing: try send(connection)
    case .keeping: try close(connection)
    case .queueing: try retry(connection)
    case .connecting: try lastAttempt(connection, "connect")
    case .sending: try lastAttempt(connection, "send")
    case .reading: try lastAttempt(connection, "recv")
    }
  }

  /// Tries once more before giving up: the time that this thread needed for other things, or a
  /// person for steps, is not the server's delay.
  private func lastAttempt(_ connection: ClientConnection, _ call: String) throws(ClientEnd) {
    let (phase, progress) = (connection.phase, connection.sent + connection.received)
    try advance(connection)
    guard connections[connection.tag] === connection, connection.phase == phase,
      connection.sent + connection.received == progress
    else { return }
    throw timeout(call, connection)
  }

  private func timeout(_ call: String, _ connection: ClientConnection) -> ClientEnd {
    .trouble(
      ClientTrouble(call: call, error: nil, waited: settings.timeout, address: addresses[connection.addressIndex]))
  }

  /// Waits for a connection's next step.
  ///
  /// - Parameter milliseconds: how long; `nil` for as long as it takes.
  private func wait(
    _ phase: ClientConnection.Phase, _ connection: ClientConnection, for interest: ReadinessQueue.Interest,
    until milliseconds: Int?
  ) throws(ClientEnd) {
    do throws(SystemError) {
      if connection.isWatched {
        try queue.change(connection.number, to: interest, tag: connection.tag)
      } else {
        try queue.add(connection.number, for: interest, tag: connection.tag)
      }
    } catch {
      throw end(.call(.close(connection.number), error), connection)
    }
    connection.isWatched = true
    connection.phase = phase
    setDeadline(of: connection, in: milliseconds)
  }

  private func setDeadline(of connection: ClientConnection, in milliseconds: Int?) {
    connection.deadline = milliseconds.map { Clock.monotonicMilliseconds() + $0 }
    if let deadline = connection.deadline { earliest = min(earliest ?? deadline, deadline) }
  }

  /// Remembers to report that a connection waits for a call, if it has to wait.
  private func report(_ connection: ClientConnection, _ call: SocketCall) {
    guard calls.observer != nil else { return }
    // Connections that never had to wait are dropped, so that the list does not grow for ever.
    if unreported.count > 1024 { unreported.removeAll { $0.waitsFor == nil } }
    connection.waitsFor = call
    unreported.append(connection)
  }

  private func reportWaits() {
    for connection in unreported {
      if let call = connection.waitsFor { calls.observer?.waits(for: call) }
      connection.waitsFor = nil
    }
    unreported.removeAll(keepingCapacity: true)
  }

  private func reportKept() {
    guard !hasReportedKept, busy == 0, !connections.isEmpty else { return }
    hasReportedKept = true
    let milliseconds = settings.closes ? settings.timeout : nil
    calls.observer?.notes(.staysOpen(connections: connections.count, milliseconds: milliseconds))
  }

  // MARK: - A unix listener whose queue is full

  /// Waits for room in the queue: `connect(2)` does not, and nothing reports when there is some.
  private func queueUp(_ connection: ClientConnection) {
    if connection.phase != .queueing {
      connection.phase = .queueing
      connection.queuedUntil = settings.timeout.map { Clock.monotonicMilliseconds() + $0 }
      report(connection, .connect(connection.number, addresses[connection.addressIndex]))
    }
    setDeadline(of: connection, in: 20)
  }

  /// Connects once more, and reports the call when it succeeds or fails.
  private func retry(_ connection: ClientConnection) throws(ClientEnd) {
    let address = addresses[connection.addressIndex]
    let call = SocketCall.connect(connection.number, address)
    do throws(ClientEnd) {
      _ = try using(connection) { (open) throws(DemoFailure) in try Calls(observer: nil).connect(open, to: address) }
    } catch {
      guard case .trouble(let trouble) = error, let systemError = trouble.error else { throw error }
      guard trouble.isQueueFull else {
        calls.observer?.after(call, .failed(systemError))
        throw error
      }
      if let end = connection.queuedUntil, Clock.monotonicMilliseconds() >= end { throw timeout("connect", connection) }
      return queueUp(connection)
    }
    calls.observer?.after(call, .done(0))
    try connected(connection)
  }

  // MARK: - Failures

  private func using<Value>(
    _ connection: ClientConnection, _ body: (borrowing Descriptor) throws(DemoFailure) -> Value
  ) throws(ClientEnd) -> Value {
    try connection.using(at: addresses[connection.addressIndex], body)
  }

  private func end(_ failure: DemoFailure, _ connection: ClientConnection) -> ClientEnd {
    ClientEnd(failure, at: addresses[connection.addressIndex])
  }
}
