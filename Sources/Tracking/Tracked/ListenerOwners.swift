/// Which processes have the listeners: decides whether the known owners of a listener are all of
/// its owners.
///
/// A process that forks gives its listeners to its child; a process whose descriptors cannot be
/// read may have any listener.
struct ListenerOwners: Sendable {
  /// The known listeners of each process.
  private var listeners: [Int32: Set<UInt64>] = [:]
  /// The listeners that may have more owners, and since when, in nanoseconds of the monotonic
  /// clock.
  private var shared: [UInt64: UInt64] = [:]
  /// The listeners that may also belong to a process whose descriptors cannot be read.
  private var doubtful: Set<UInt64> = []

  /// Whether a listener may have got more owners since the last walk through all processes.
  var hasShared: Bool { !shared.isEmpty }

  /// Whether the known owners of a listener are all of its owners.
  func areComplete(for listener: UInt64) -> Bool { shared[listener] == nil && !doubtful.contains(listener) }

  /// Notes that a process has a listener.
  mutating func note(_ listener: UInt64, of process: Int32) { listeners[process, default: []].insert(listener) }

  /// Forgets a listener that has ended, which some processes had.
  mutating func forget(_ listener: UInt64, of processes: some Sequence<Int32>) {
    shared[listener] = nil
    doubtful.remove(listener)
    for process in processes {
      listeners[process]?.remove(listener)
      if listeners[process]?.isEmpty == true { listeners[process] = nil }
    }
  }

  /// Notes that a process has forked.
  mutating func share(of parent: Int32, at moment: UInt64) {
    for listener in listeners[parent] ?? [] { shared[listener] = moment }
  }

  /// Notes that a walk through all processes began at a moment: what was shared before is known
  /// now.
  mutating func noteWalk(begun: UInt64, doubtful: Set<UInt64>) {
    shared = shared.filter { $0.value >= begun }
    self.doubtful = doubtful
  }
}
