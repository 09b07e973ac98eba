public import SocketModel

extension Watcher {
  /// The options of a watcher.
  public struct Options: Sendable {
    /// Milliseconds between scans.
    public var interval = 1000
    /// How long sockets that have ended are kept in ``Watcher/sockets``, in milliseconds.
    public var linger = 5000
    /// The sources to use when they are available. Scans always take place.
    public var sources = Set(EventSource.allCases)
    /// Whether some of the scans are kept for checks of all sockets: at most one in five seconds, and
    /// with more details than are asked for.
    package var keepsScans = false
    /// Called first by the thread that empties the kernel's rings. A program that only watches
    /// raises the thread's priority here, so that less is lost on a busy machine.
    public var startReading: @Sendable () -> Void = {}
    /// Called each time that the memory of a burst was freed. A program that runs for days returns
    /// the pages to the system here (`malloc_trim`).
    public var freedMemory: @Sendable () -> Void = {}

    /// Makes options that scan once a second, keep what has ended for five, and use all sources.
    public init() {}
  }
}
