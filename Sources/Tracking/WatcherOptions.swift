public import SocketModel

extension Watcher {
  /// How to watch.
  public struct Options: Sendable {
    /// Milliseconds between scans.
    public var interval = 1000
    /// How long sockets that have ended are kept in ``Watcher/sockets``, in milliseconds.
    public var linger = 5000
    /// The sources to use where they can be. Scans always take place.
    public var sources = Set(EventSource.allCases)
    /// Whether the owners of listeners in other network namespaces are looked for; the connections
    /// that they accept, which the tracepoint reports, get those owners.
    public var seeksOwnersElsewhere = false
    /// What the thread that empties the kernel's rings does first. A program that exists for the
    /// watching alone raises the thread's priority here, so that less is lost on a busy machine.
    public var startReading: @Sendable () -> Void = {}
    /// What is done each time that memory was freed that a burst took. A program that runs for days
    /// gives the pages back to the system here (`malloc_trim`).
    public var freedMemory: @Sendable () -> Void = {}

    /// Scans once a second, keeps what has ended for five, and uses all sources.
    public init() {}
  }
}
