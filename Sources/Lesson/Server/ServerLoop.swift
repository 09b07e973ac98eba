import LinuxSystem

/// What the servers for connections and for datagrams share: the settings, the calls they make,
/// what they wait for, when they end, and the account of what they did.
class ServerLoop {
  /// Marks the signals in ``queue``.
  static let watchTag: UInt64 = 0
  /// Marks the server's own socket in ``queue``.
  static let socketTag: UInt64 = 1

  let settings: ServerSettings
  let calls: Calls
  let watch: SignalWatch
  let queue: ReadinessQueue
  /// The results of the last wait.
  var events: [ReadinessQueue.Event] = []
  /// The buffer for received bytes.
  var buffer: [UInt8]
  /// The account of what it did.
  var account: ServerAccount
  /// When it is to end, in milliseconds of the monotonic clock.
  private(set) var end: Int?

  init(
    _ settings: ServerSettings, _ calls: Calls, _ watch: SignalWatch, _ account: ServerAccount, bufferSize: Int
  ) throws(SystemError) {
    self.settings = settings
    self.calls = calls
    self.watch = watch
    self.account = account
    queue = try ReadinessQueue()
    buffer = Array(repeating: 0, count: max(1, bufferSize))
  }

  /// Whether it has had as many clients as it is to have.
  var isFull: Bool { settings.maxClients.map { account.clients >= $0 } ?? false }

  /// Begins to wait for signals, and its lifetime.
  func begin() throws(SystemError) {
    end = settings.lifetime.map { Clock.monotonicMilliseconds() + $0 }
    try queue.add(watch.descriptor.number, for: .reading, tag: Self.watchTag)
  }

  /// Returns why it is to end now: a signal, or the end of its lifetime.
  func reasonToEnd(at now: Int) -> ServerAccount.End? {
    if let signal = watch.arrived() { return .signal(signal) }
    if let end, now >= end { return .timeOver }
    return nil
  }

  /// Waits for ``events``, until a time of the monotonic clock in milliseconds if one is given.
  ///
  /// It does not wait once a signal has arrived: a write looks for signals too, and takes what it
  /// finds from the descriptor, which then wakes nothing.
  func waitForEvents(until due: Int?) throws(SystemError) {
    let limit = watch.arrived() == nil ? due.map { $0 - Clock.monotonicMilliseconds() } : 0
    try queue.wait(milliseconds: limit, into: &events)
  }
}
