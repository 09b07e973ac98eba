import SocketModel

/// A question to the kernel: what remains of a connection whose socket was destroyed?
struct KernelQuestion: Sendable {
  /// The number of the tracked socket.
  let socket: UInt64
  /// The event that waits for the answer.
  let event: Int
  /// The socket as it was last known.
  let record: SocketRecord
  let source: EventSource
  let time: Timestamp
  /// Whether a FIN is among the received bytes when nothing remains.
  var countsFIN = false
}

/// The answer to a ``KernelQuestion``.
struct KernelAnswer: Sendable {
  let question: KernelQuestion
  let outcome: Outcome
  /// When it was asked, in nanoseconds of the monotonic clock: scans that began before may be older.
  let asked: UInt64

  enum Outcome: Sendable {
    /// The kernel has a socket with these ends.
    case found(SocketRecord)
    /// It has none.
    case gone
    /// It was not asked, or did not answer.
    case unknown
  }

  /// Makes an answer from the result of a lookup.
  init(_ question: KernelQuestion, found: SocketRecord?, asked: UInt64) {
    self.question = question
    self.asked = asked
    outcome = found.map { .found($0) } ?? .gone
  }

  /// Makes the answer to a question that could not be asked.
  init(unanswered question: KernelQuestion) {
    self.question = question
    asked = 0
    outcome = .unknown
  }
}
