/// Writes pieces to standard output in order, although several threads make them in any order.
///
/// A piece that comes before its turn waits in memory; while one thread writes, the others find the
/// lock taken and wait too, so hardly more than one piece per thread is ever held.
package final class OrderedOutput: Sendable {
  private struct State {
    var next = 0
    var waiting: [Int: [UInt8]] = [:]
    var failure: SystemError?
  }

  private let state = Locked(State())

  /// Makes `count` pieces on all processors and writes each as soon as those before it have been
  /// written. Returns the error if a write failed.
  package static func write(count: Int, _ piece: @Sendable (Int) -> [UInt8]) -> SystemError? {
    let output = OrderedOutput()
    // A heading and one piece are not worth a thread.
    parallelForEach(count: count, threads: count > 2 ? availableProcessors() : 1) { index in
      guard !output.hasFailed else { return }
      output.deliver(index, piece(index))
    }
    return output.state.withLock { $0.failure }
  }

  private var hasFailed: Bool { state.withLock { $0.failure != nil } }

  private func deliver(_ index: Int, _ bytes: [UInt8]) {
    state.withLock { state in
      state.waiting[index] = bytes
      while state.failure == nil, let piece = state.waiting.removeValue(forKey: state.next) {
        do throws(SystemError) {
          try StandardStream.output.write(piece.span)
        } catch {
          state.failure = error
        }
        state.next += 1
      }
    }
  }
}
