public import SocketModel

extension Watcher {
  /// How to watch.
  public struct Options: Sendable {
    /// Milliseconds between scans.
    public var interval = 1000
    /// How long lives that have ended are kept in ``Watcher/book``, in milliseconds.
    public var linger = 5000
    /// The sources to use where they can be. Scans always take place.
    public var sources = Set(EventSource.allCases)
    /// Whether the owners of listeners in other network namespaces are looked for; the connections
    /// that they accept, which the tracepoint reports, get those owners.
    public var seeksOwnersElsewhere = false
    /// Whether the process exists for the watching alone: then the thread that empties the kernel's
    /// rings gets a higher priority where that is allowed (`setpriority`), and memory pages that a
    /// burst took are given back to the system for the whole process (`malloc_trim`).
    public var ownsProcess = false

    /// Scans once a second, keeps what has ended for five, and uses all sources.
    public init() {}
  }
}
