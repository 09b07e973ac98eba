import CLinux
import Glibc
import Synchronization

/// Takes records out of perf rings as they fill, on a thread of its own, so that they find room however busy the machine and the rest of this
/// process are.
public final class PerfReader: Sendable {
  private struct Lane {
    let ring: PerfRing
    var waiting: [UInt8] = []
  }

  /// What the thread and its owner share.
  private final class Work: Sendable {
    let lanes: Locked<[Lane]>
    let numbers: [Int32]
    let isOver = Atomic<Bool>(false)

    init(_ rings: sending [PerfRing]) {
      numbers = rings.map(\.number)
      lanes = Locked(rings.map { Lane(ring: $0) })
    }

    func run() {
      // The thread works for moments only; who may not do that is served in turn.
      setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, -15)
      guard let queue = try? ReadinessQueue() else { return }
      for number in numbers { try? queue.add(number, for: .reading, tag: 0) }
      var events: [ReadinessQueue.Event] = []
      while !isOver.load(ordering: .relaxed) {
        guard (try? queue.wait(milliseconds: 100, into: &events)) != nil else { return }
        if !events.isEmpty { collect() }
      }
    }

    /// Empties the rings.
    func collect() {
      lanes.withLock { lanes in
        for index in lanes.indices where lanes[index].waiting.count < PerfReader.longestWait {
          _ = lanes[index].ring.drain(into: &lanes[index].waiting)
        }
      }
    }
  }

  private let work: Work
  private let thread: pthread_t?

  /// How much of one ring may wait to be taken. Then the ring itself fills.
  private static let longestWait = 24 << 20

  /// Starts to read.
  public init(_ rings: sending [PerfRing]) {
    let work = Work(rings)
    self.work = work
    thread = startThread { work.run() }
  }

  deinit {
    work.isOver.store(true, ordering: .relaxed)
    if let thread { pthread_join(thread, nil) }
  }

  /// Empties the rings now: what was written before this call can be taken after it.
  public func collect() { work.collect() }

  /// Gives what has come of one ring in exchange for an empty buffer.
  public func take(_ index: Int, into buffer: inout [UInt8]) {
    work.lanes.withLock { swap(&$0[index].waiting, &buffer) }
  }

  /// How often the tracepoint of a ring was passed; see ``PerfRing/passes``.
  public func passes(_ index: Int) -> UInt64 { work.lanes.withLock { $0[index].ring.passes } }

  /// How many records of a ring were lost since it was opened; see ``PerfRing/losses``.
  public func losses(_ index: Int) -> UInt64? { work.lanes.withLock { $0[index].ring.losses } }
}
