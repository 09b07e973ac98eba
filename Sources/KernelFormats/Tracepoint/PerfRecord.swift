package import SocketModel

/// One record of a ring of `perf_event_open(2)`: `struct perf_event_header` and what follows it
/// (`include/uapi/linux/perf_event.h`, `kernel/events/core.c`).
///
/// The header has type 0 (4 bytes), misc 4, size 6. The rings are those of events that ask for the
/// task, time and processor of every record (`PERF_SAMPLE_TID | PERF_SAMPLE_TIME |
/// PERF_SAMPLE_CPU`, `sample_id_all`) and, for tracepoints, for the raw record.
package struct PerfRecord: Sendable, Hashable {
  /// When it was written, in nanoseconds of the clock that the event asked for.
  package let time: UInt64
  /// What was recorded.
  package let content: Content

  package init(time: UInt64, content: Content) {
    self.time = time
    self.content = content
  }

  /// What a record can be about.
  package enum Content: Sendable, Hashable {
    /// A task hit a tracepoint: its process and thread, and the bytes that hold the tracepoint's
    /// own record.
    case sample(process: Int32, thread: Int32, raw: Range<Int>)
    /// This many records before this one did not fit into the ring.
    case lost(UInt64)
    /// A thread has another name, by itself or because it runs another program.
    case name(process: Int32, thread: Int32, [UInt8])
    /// A thread began; for the first one of a process, `thread` and `process` are the same.
    case began(process: Int32, thread: Int32, parent: Int32)
    /// A thread ended.
    case ended(process: Int32, thread: Int32)
    /// The network namespace of a thread is this one.
    case network(process: Int32, thread: Int32, NetworkNamespaceID)
    /// Anything else.
    case other
  }
}

/// A walk over the records of a ring. Each step advances by at least a header or fails.
package struct PerfRecords: Sendable {
  /// The offset of the next record.
  package private(set) var position = 0

  /// Begins at the start of the bytes.
  package init() {}

  /// The size of what follows every record but samples: process and thread, time, processor.
  private static let trailer = 24

  /// Returns the next record; `nil` at the end.
  ///
  /// - Throws: ``DecodeError`` when a record is shorter than its kind or longer than the bytes.
  package mutating func next(in bytes: Span<UInt8>) throws(DecodeError) -> PerfRecord? {
    let start = position
    let left = bytes.count - start
    if left == 0 { return nil }
    guard left >= 8 else {
      throw DecodeError("perf record", "only \(left) bytes are left of its header", in: bytes, at: start)
    }
    let type = bytes.hostUInt32(at: start)
    let size = Int(bytes.hostUInt16(at: start + 6))
    guard size >= 8, size <= left else {
      throw DecodeError(
        "perf record", "its size of \(size) does not lie between 8 and the \(left) bytes there are", in: bytes,
        at: start)
    }
    position = start + size
    let body = start + 8
    /// Throws unless the record has its fixed part and what follows it.
    func requiredDetails(_ fixed: Int, _ behind: Int = Self.trailer) throws(DecodeError) {
      guard size >= 8 + fixed + behind else {
        throw DecodeError("perf record", "\(size) bytes are too few for type \(type)", in: bytes, at: start)
      }
    }
    func number(_ offset: Int) -> Int32 { Int32(bitPattern: bytes.hostUInt32(at: body + offset)) }
    // PERF_RECORD_SAMPLE: process 0, thread 4, time 8, processor 16, size of the raw record 24, the
    // raw record 28
    if type == 9 {
      try requiredDetails(28, 0)
      let rawSize = Int(bytes.hostUInt32(at: body + 24))
      guard rawSize <= size - 36 else {
        throw DecodeError("perf record", "its raw part of \(rawSize) bytes is beyond its end", in: bytes, at: start)
      }
      return PerfRecord(
        time: bytes.hostUInt64(at: body + 8),
        content: .sample(process: number(0), thread: number(4), raw: (body + 28)..<(body + 28 + rawSize)))
    }
    try requiredDetails(0)
    let end = start + size - Self.trailer
    let content: PerfRecord.Content
    switch type {
    // PERF_RECORD_LOST: id 0, count 8
    case 2:
      try requiredDetails(16)
      content = .lost(bytes.hostUInt64(at: body + 8))
    // PERF_RECORD_COMM: process 0, thread 4, name 8 with at least one NUL
    case 3:
      try requiredDetails(8)
      var nameEnd = body + 8
      while nameEnd < end, bytes[nameEnd] != 0 { nameEnd += 1 }
      content = .name(process: number(0), thread: number(4), (body + 8..<nameEnd).map { bytes[$0] })
    // PERF_RECORD_EXIT: process 0, parent 4, thread 8, parent's thread 12, time 16
    case 4:
      try requiredDetails(24)
      content = .ended(process: number(0), thread: number(8))
    // PERF_RECORD_FORK: the same
    case 7:
      try requiredDetails(24)
      content = .began(process: number(0), thread: number(8), parent: number(4))
    // PERF_RECORD_NAMESPACES: process 0, thread 4, count 8, then device and inode of each, the
    // network's first
    case 16:
      try requiredDetails(16)
      let count = bytes.hostUInt64(at: body + 8)
      if count > 0 { try requiredDetails(32) }
      content =
        count > 0
        ? .network(
          process: number(0), thread: number(4), NetworkNamespaceID(truncating: bytes.hostUInt64(at: body + 24)))
        : .other
    default: content = .other
    }
    return PerfRecord(time: bytes.hostUInt64(at: end + 8), content: content)
  }
}
