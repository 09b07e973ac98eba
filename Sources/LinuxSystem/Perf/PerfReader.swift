import CLinux
import Glibc
import Synchronization

/// Takes records out of perf rings as they fill, on its own thread, so that the rings have space
/// however busy the machine and the rest of this process are.
package final class PerfReader: Sendable {
  private struct Lane {
    let ring: PerfRing
    var waiting: [UInt8] = []
    /// The most bytes that waited since the last ``PerfReader/tidy()``.
    var mostWaiting = 0
  }

  /// What the thread and its owner share.
  private final class Work: Sendable {
    let lanes: Locked<[Lane]>
    let numbers: [Int32]
    let isOver = Atomic<Bool>(false)
    let longestWait: Int
    let start: @Sendable () -> Void

    init(_ rings: sending [PerfRing], _ longestWait: Int, _ start: @escaping @Sendable () -> Void) {
      self.longestWait = longestWait
      self.start = start
      numbers = rings.map(\.number)
      lanes = Locked(rings.map { Lane(ring: $0) })
    }

    func run() {
      start()
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
        for index in lanes.indices where lanes[index].waiting.count < longestWait {
          _ = lanes[index].ring.drain(into: &lanes[index].waiting)
        }
      }
    }
  }

  private let work: Work
  private let thread: pthread_t?

  /// How many bytes of storage an idle ring keeps.
  private static let usualRoom = 1 << 17

  /// Starts to read.
  ///
  /// - Parameters:
  ///   - rings: the rings to read; this does not enable them.
  ///   - longestWait: how many bytes of one ring may wait to be taken; the last read may exceed
  ///     that by one ring. After that the ring itself fills.
  ///   - start: called first by the thread that reads.
  package init(_ rings: sending [PerfRing], longestWait: Int, start: @escaping @Sendable () -> Void) {
    let work = Work(rings, longestWait, start)
    self.work = work
    thread = startThread { work.run() }
  }

  deinit {
    work.isOver.store(true, ordering: .relaxed)
    if let thread { pthread_join(thread, nil) }
  }

  /// Empties the rings now: what was written before this call can be taken after it.
  package func collect() { work.collect() }

  /// Hands over what one ring has collected in exchange for an empty buffer, whose storage is used
  /// for what comes next.
  package func take(_ index: Int, into buffer: inout [UInt8]) {
    work.lanes.withLock { lanes in
      lanes[index].mostWaiting = max(lanes[index].mostWaiting, lanes[index].waiting.count)
      swap(&lanes[index].waiting, &buffer)
    }
  }

  /// Frees storage that was not used since the last call.
  package func tidy() {
    work.lanes.withLock { lanes in
      for index in lanes.indices {
        let room = lanes[index].waiting.capacity
        if lanes[index].waiting.isEmpty, room > Self.usualRoom, lanes[index].mostWaiting < room / 4 {
          lanes[index].waiting = []
        }
        lanes[index].mostWaiting = 0
      }
    }
  }

  /// How often the tracepoint of a ring was hit; see ``PerfRing/passes``.
  package func passes(_ index: Int) -> UInt64 { work.lanes.withLock { $0[index].ring.passes } }

  /// How many records of a ring were lost since it was opened; see ``PerfRing/losses``.
  package func losses(_ index: Int) -> UInt64? { work.lanes.withLock { $0[index].ring.losses } }
}
