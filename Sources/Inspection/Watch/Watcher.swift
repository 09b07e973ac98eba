import KernelFormats
import LinuxSystem
public import SocketModel

/// Watches sockets: reads them again and again, listens to what the kernel tells meanwhile, and makes one stream of events of it.
public final class Watcher {
  /// A source of events, and whether it is in use.
  public struct SourceStatus: Sendable, Hashable {
    /// The source.
    public let source: EventSource
    /// Why it is not in use, in words; `nil` when it is.
    public let obstacle: String?
  }

  /// How to watch.
  public struct Options: Sendable {
    /// Milliseconds between readings.
    public var interval = 1000
    /// How long lives that have ended are kept in ``Watcher/book``, in milliseconds.
    public var linger = 5000

    /// Reads once a second, and keeps what has ended for five.
    public init() {}
  }

  /// The lives so far.
  public private(set) var book = LifeBook()
  /// The newest reading.
  public private(set) var snapshot: Snapshot
  /// The sources, the best first.
  public private(set) var sources: [SourceStatus]
  private let inspector: Inspector
  private let request: InspectionRequest
  private let options: Options
  private var nextReading: Int

  /// Begins: opens the sources and reads all sockets once.
  public init(root: ProcRoot, request: InspectionRequest, options: Options) throws(InspectionError) {
    inspector = Inspector(root: root)
    self.request = request
    self.options = options
    sources = [SourceStatus(source: .difference, obstacle: nil)]
    nextReading = Clock.monotonicMilliseconds() + options.interval
    snapshot = try inspector.snapshot(request)
    _ = book.observe(snapshot, at: snapshot.meta.time ?? Timestamp(seconds: 0, nanoseconds: 0))
  }

  /// The descriptors that are readable when there is something to ``poll()``.
  public var descriptors: [Int32] { [] }

  /// Milliseconds until the next reading is due; 0 when it is.
  public var millisecondsLeft: Int { max(0, nextReading - Clock.monotonicMilliseconds()) }

  /// Takes what has come from all sources, reads the sockets when that is due, and returns the events in order.
  public func poll() throws(InspectionError) -> [SocketEvent] {
    guard millisecondsLeft == 0 else { return [] }
    nextReading = max(nextReading + options.interval, Clock.monotonicMilliseconds())
    snapshot = try inspector.snapshot(request)
    let now = Clock.now()
    let time = snapshot.meta.time ?? Timestamp(seconds: now.seconds, nanoseconds: now.nanoseconds)
    let events = book.observe(snapshot, at: time)
    book.forget(
      closedBefore: Timestamp(
        seconds: time.seconds - Int64((options.linger + 999) / 1000), nanoseconds: time.nanoseconds))
    return events
  }
}
