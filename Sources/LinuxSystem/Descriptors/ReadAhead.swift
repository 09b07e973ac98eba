import Glibc

extension Descriptor {
  /// Reads the rest of a file in pieces and passes each to `body`, while another thread continues
  /// to read.
  ///
  /// It is for files that the kernel generates as they are read, such as `/proc/net/tcp`: there
  /// reading is the larger part of the work, and it takes place on the processor of the thread that
  /// reads. For a file of one piece no thread is started.
  ///
  /// - Parameters:
  ///   - pieceSize: the size of each piece in bytes, except for the last.
  ///   - end: a read that returns fewer bytes than this is taken for the last, which saves the read
  ///     that finds nothing; with 0 only that read marks the end.
  ///   - body: takes a piece; reading ends when it returns false.
  /// - Throws: `SystemError` of the read that failed, after the bytes before it were passed on.
  package consuming func readAhead(
    pieceSize: Int = 262_144, endingBelow end: Int = 0, _ body: (Span<UInt8>) -> Bool
  ) throws(SystemError) {
    let reader = PieceReader(self, pieceSize: pieceSize, end: end)
    let first = reader.read(into: [])
    guard first.hand(to: body), !first.isLast else { return try first.check() }
    guard let thread = startThread({ reader.run() }) else {
      // No thread is available: the same in this one, piece by piece.
      var piece = first
      repeat { piece = reader.read(into: piece.buffer) } while piece.hand(to: body) && !piece.isLast
      return try piece.check()
    }
    var failure: SystemError?
    while var piece = reader.queue.take(), piece.hand(to: body) {
      failure = piece.failure
      reader.queue.giveBack(piece.takeBuffer())
    }
    reader.queue.abandon()
    pthread_join(thread, nil)
    if let failure { throw failure }
  }
}

/// Some bytes of a file.
private struct Piece: Sendable {
  /// The buffer, which holds the bytes at its beginning.
  var buffer: [UInt8]
  var count: Int
  /// Why reading ended with this piece, when it was an error.
  var failure: SystemError?

  /// Whether reading ended with this piece.
  var isLast: Bool { failure != nil || count < buffer.count }

  /// Passes the bytes on; returns whether more are wanted.
  func hand(to body: (Span<UInt8>) -> Bool) -> Bool { count == 0 || body(buffer.span.extracting(0..<count)) }

  /// Gives up the memory, so that there is no other reference to it when it is filled again.
  mutating func takeBuffer() -> [UInt8] {
    var taken: [UInt8] = []
    swap(&taken, &buffer)
    return taken
  }

  func check() throws(SystemError) { if let failure { throw failure } }
}

/// The side that reads.
private final class PieceReader: Sendable {
  let queue = PieceQueue()
  private let descriptor: Descriptor
  private let pieceSize: Int
  private let end: Int

  init(_ descriptor: consuming Descriptor, pieceSize: Int, end: Int) {
    self.descriptor = descriptor
    self.pieceSize = pieceSize
    self.end = end
  }

  /// Reads one piece, into memory that is no longer used or, when there is none, into new memory.
  func read(into spare: consuming [UInt8]) -> Piece {
    var piece = Piece(buffer: spare, count: 0)
    if piece.buffer.isEmpty { piece.buffer = Array(repeating: 0, count: pieceSize) }
    (piece.count, piece.failure) = descriptor.fill(&piece.buffer, endingBelow: end)
    return piece
  }

  /// Fills pieces until the file ends, a read fails, or no more are taken.
  func run() {
    var goesOn = true
    while goesOn {
      let piece = read(into: queue.spare())
      goesOn = queue.put(piece) && !piece.isLast
    }
    queue.end()
  }
}

/// A few pieces between two threads, under a mutex with one condition that both wait for.
///
/// Swift's own Mutex has no condition to wait for. All access to the state is between `lock` and
/// `unlock`.
@safe private final class PieceQueue: @unchecked Sendable {
  private static let depth = 4

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var pieces: [Piece] = []
  private var spares: [[UInt8]] = []
  private var hasEnded = false
  private var isAbandoned = false

  init() {
    unsafe pthread_mutex_init(mutex, nil)
    unsafe pthread_cond_init(changed, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(changed)
    unsafe pthread_mutex_destroy(mutex)
    unsafe changed.deallocate()
    unsafe mutex.deallocate()
  }

  /// Adds a piece, waiting while there are many; false when no more are taken.
  func put(_ piece: Piece) -> Bool {
    locked {
      while pieces.count >= Self.depth, !isAbandoned { wait() }
      if isAbandoned { return false }
      pieces.append(piece)
      return true
    }
  }

  /// Takes the next piece, waiting for it; `nil` after the last.
  func take() -> Piece? {
    locked {
      while pieces.isEmpty, !hasEnded { wait() }
      return pieces.isEmpty ? nil : pieces.removeFirst()
    }
  }

  /// Keeps the memory of a piece that is no longer used for another one.
  func giveBack(_ buffer: [UInt8]) { locked { if spares.count < Self.depth { spares.append(buffer) } } }

  /// An array to fill, with reused memory when there is some.
  func spare() -> [UInt8] { locked { spares.popLast() ?? [] } }

  /// Announces that no more pieces will come.
  func end() { locked { hasEnded = true } }

  /// Announces that no more pieces will be taken.
  func abandon() { locked { isAbandoned = true } }

  private func wait() { unsafe pthread_cond_wait(changed, mutex) }

  private func locked<Result>(_ body: () -> Result) -> Result {
    unsafe pthread_mutex_lock(mutex)
    defer {
      unsafe pthread_cond_broadcast(changed)
      unsafe pthread_mutex_unlock(mutex)
    }
    return body()
  }
}
