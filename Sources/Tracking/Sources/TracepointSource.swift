import Glibc
import Inspection
import KernelFormats
import LinuxSystem
import SocketModel

/// The tracepoint `sock:inet_sock_set_state`, read on every processor, and the kernel's records
/// about processes.
///
/// Each processor has two rings: bursts of new processes never take space from transitions, and
/// lost transitions are counted exactly.
final class TracepointSource {
  /// A record from the kernel; they come in order of time.
  enum Item {
    case transition(SocketTransition)
    case process(PerfRecord)
  }

  /// How many records were lost since the losses were last taken.
  struct Losses {
    var transitions: UInt64 = 0
    var processes: UInt64 = 0
  }

  /// One ring, and how far it has been read.
  private struct Lane {
    let isTransitions: Bool
    /// The bytes that are being read. Their storage goes back to the reader for the next ones: two
    /// buffers serve a ring forever, because fresh pages for each hand-over would cost more than
    /// reading them.
    private var bytes: [UInt8] = []
    /// The most bytes that were handed over at once since the last ``shrink()``.
    private var mostUsed = 0
    private var records = PerfRecords()
    /// The next record; `nil` when all have been read.
    private(set) var next: PerfRecord?
    /// How many transitions were read, how many there were at the last count, and how many of the
    /// missing ones have been reported.
    var read: UInt64 = 0
    var passes: UInt64 = 0
    var reported: UInt64 = 0

    /// How far the clock of this process's time namespace is ahead of the machine's, which stamps
    /// the records; modulo 2^64.
    let shift: UInt64

    init(isTransitions: Bool, shift: UInt64) {
      self.isTransitions = isTransitions
      self.shift = shift
    }

    /// Advances to the next record.
    ///
    /// - Throws: when it does not parse. The kernel writes no such record, and what follows it
    ///   cannot be found.
    mutating func advance() throws(DecodeError) {
      let bytes = self.bytes
      next = nil
      next = try records.next(in: bytes.span)
      if shift != 0, let record = next { next = PerfRecord(time: record.time &+ shift, content: record.content) }
    }

    /// Continues with bytes that arrived later, when all have been read.
    mutating func refill(from reader: PerfReader, _ index: Int) throws(DecodeError) {
      bytes.removeAll(keepingCapacity: true)
      reader.take(index, into: &bytes)
      mostUsed = max(mostUsed, bytes.count)
      records = PerfRecords()
      if !bytes.isEmpty { try advance() }
    }

    /// Frees storage that was not used since the last call: a burst must not take memory forever.
    mutating func shrink() {
      if next == nil, bytes.capacity > Self.usualCapacity, mostUsed < bytes.capacity / 4 {
        bytes = []
        records = PerfRecords()
      }
      mostUsed = 0
    }

    private static let usualCapacity = 1 << 17

    /// Decodes the raw record of a sample.
    func transition(
      _ record: PerfRecord, _ layout: SocketTransitionLayout
    ) throws(DecodeError) -> SocketTransition? {
      guard case .sample(let process, let thread, let raw) = record.content else { return nil }
      return try layout.decode(bytes.span.extracting(raw), time: record.time, process: process, thread: thread)
    }
  }

  private let layout: SocketTransitionLayout
  private let reader: PerfReader
  private var lanes: [Lane] = []
  private var losses = Losses()
  /// When the present turn ends, and how long a turn may be: signals and keys are handled between
  /// turns.
  private var deadline: UInt64 = 0
  private static let longestTurn: UInt64 = 20_000_000
  /// The time up to which records belong to the count in progress.
  private var countedUpTo: UInt64?
  /// The first record that did not parse; its content counts as lost.
  private(set) var malformed: DecodeError?

  /// The most bytes of one ring of transitions, some 36,000 records, and of all rings together: on
  /// a busy machine seconds may pass until this process runs again.
  private static let ringSize = 4 << 20
  private static let allRings = 64 << 20
  private static let processRingSize = 1 << 18
  /// The most bytes that wait outside of the rings, for all of them together, and the least for
  /// one.
  private static let allWaiting = 48 << 20
  private static let leastWaiting = 1 << 18

  /// Opens the rings; records arrive from now on.
  ///
  /// - Parameter startReading: called first by the thread that empties the rings.
  init(startReading: @escaping @Sendable () -> Void) throws(TracepointObstacle) {
    let folder: Descriptor
    do throws(SystemError) {
      folder = try TraceFolder.open()
    } catch {
      throw TracepointObstacle(unread: error)
    }
    var text: [UInt8] = []
    let path = "events/sock/inet_sock_set_state/format"
    do throws(SystemError) {
      try Descriptor.open(path, in: folder).readAll(into: &text, limit: 65536, subject: path)
    } catch {
      throw TracepointObstacle(
        error.isGone
          ? "this kernel has no tracepoint sock:inet_sock_set_state (Linux 4.16)"
          : TracepointObstacle(unread: error).text)
    }
    let format: TracepointFormat
    do throws(DecodeError) {
      format = try TracepointFormat(parsing: text.span)
      layout = try SocketTransitionLayout(format)
    } catch {
      throw TracepointObstacle(error.description)
    }
    let limit = PerfRing.processorLimit
    // Where the address space is limited, most of it is left for other uses.
    let share = (addressSpaceLimit() ?? .max) / 16
    let size = max(1 << 16, min(Self.ringSize, min(Self.allRings, share) / limit))
    let waiting = max(Self.leastWaiting, min(Self.allWaiting, share) / limit)
    do throws(SystemError) {
      let transitions = try Self.rings(.tracepoint(format.id), size, limit)
      let processes = try Self.rings(.processes, min(size, Self.processRingSize), limit)
      let shift = UInt64(bitPattern: Clock.monotonicOffset())
      lanes =
        transitions.map { _ in Lane(isTransitions: true, shift: shift) }
        + processes.map { _ in Lane(isTransitions: false, shift: shift) }
      // Only after all of them have their memory: what is counted can then be read.
      for ring in processes + transitions { try ring.enable() }
      reader = PerfReader(transitions + processes, longestWait: waiting, start: startReading)
    } catch {
      throw TracepointObstacle(
        unopened: error, paranoia: ProcRoot.liveSettings(.perfEventParanoid)[.perfEventParanoid])
    }
  }

  private static func rings(_ subject: PerfRing.Subject, _ bytes: Int, _ limit: Int) throws(SystemError) -> [PerfRing] {
    var rings: [PerfRing] = []
    for processor in 0..<limit {
      do throws(SystemError) {
        rings.append(try PerfRing(subject, processor: processor, bytes: bytes, watermark: min(bytes / 8, 1 << 17)))
      } catch {
        // A processor that is not running.
        guard error.code == ENODEV else { throw error }
      }
    }
    if rings.isEmpty { throw SystemError("perf_event_open", code: ENODEV) }
    return rings
  }

  /// Takes what arrived up to a moment, in order of time.
  ///
  /// - Parameters:
  ///   - moment: nanoseconds of the monotonic clock, before now: what another processor is still
  ///     writing is younger.
  ///   - limit: the most items to take. When the processor is busy they may be fewer.
  ///   - body: called with each item.
  /// - Returns: whether that was everything up to the moment.
  func take(upTo moment: UInt64, atMost limit: Int, _ body: (Item) -> Void) -> Bool {
    deadline = Clock.monotonicNanoseconds() &+ Self.longestTurn
    reader.collect()
    for index in lanes.indices where lanes[index].next == nil { advance(index) }
    var count = 0
    if let counted = countedUpTo, counted <= moment {
      guard take(upTo: counted, count: &count, limit, body) else { return false }
      endCount()
    }
    return take(upTo: moment, count: &count, limit, body)
  }

  private func take(upTo moment: UInt64, count: inout Int, _ limit: Int, _ body: (Item) -> Void) -> Bool {
    while true {
      // Find the lane whose next record is the oldest, and until when it stays the oldest.
      var oldest = -1
      var first = UInt64.max
      var second = UInt64.max
      for index in lanes.indices {
        let time = lanes[index].next?.time ?? .max
        if time < first {
          (second, first, oldest) = (first, time, index)
        } else if time < second {
          second = time
        }
      }
      guard oldest >= 0, first <= moment else { return true }
      let until = min(second, moment)
      while let record = lanes[oldest].next, record.time <= until {
        if count >= limit { return false }
        count += 1
        if count.isMultiple(of: 64), Clock.monotonicNanoseconds() > deadline { return false }
        if let item = item(record, oldest) { body(item) }
        advance(oldest)
      }
    }
  }

  /// Returns what was lost since the last call.
  func takeLosses() -> Losses {
    defer { losses = Losses() }
    return losses
  }

  /// Asks the kernel how often the tracepoint was hit; whatever of that has not been read a moment
  /// later is lost.
  ///
  /// Records about losses are incomplete: on Linux 6.18 some transitions are counted and neither
  /// written nor counted as lost, under load and where a timer makes them on an idle processor, such
  /// as the end of a connection that nobody answers.
  ///
  /// - Parameter isLast: whether this count replaces one that is in progress.
  func beginCount(isLast: Bool = false) {
    guard isLast || countedUpTo == nil else { return }
    for index in lanes.indices {
      if lanes[index].isTransitions {
        lanes[index].passes = reader.passes(index)
      } else if let all = reader.losses(index) {
        losses.processes &+= all &- lanes[index].reported
        lanes[index].reported = all
      }
    }
    countedUpTo = Clock.monotonicNanoseconds() &+ Self.countDelay
  }

  /// A transition is counted before it gets its time.
  static let countDelay: UInt64 = 1_000_000

  /// Ends the count in progress: whatever was counted but has not been read by now is lost.
  func abandon() {
    if countedUpTo != nil { endCount() }
  }

  /// Frees storage that a burst needed.
  func shrink() {
    for index in lanes.indices { lanes[index].shrink() }
    reader.tidy()
  }

  private func endCount() {
    countedUpTo = nil
    for index in lanes.indices where lanes[index].isTransitions {
      // More may have been read than were counted, which hides as many losses until the next count.
      let missing = lanes[index].passes &- min(lanes[index].passes, lanes[index].read)
      guard missing > lanes[index].reported else { continue }
      losses.transitions &+= missing &- lanes[index].reported
      lanes[index].reported = missing
    }
  }

  /// Advances to the next record of a lane, which may have arrived since.
  private func advance(_ index: Int) {
    do throws(DecodeError) {
      if lanes[index].next != nil { try lanes[index].advance() }
      if lanes[index].next == nil { try lanes[index].refill(from: reader, index) }
    } catch {
      malformed = malformed ?? error
    }
  }

  private func item(_ record: PerfRecord, _ index: Int) -> Item? {
    switch record.content {
    case .sample:
      lanes[index].read &+= 1
      do throws(DecodeError) {
        return try lanes[index].transition(record, layout).map { .transition($0) }
      } catch {
        malformed = malformed ?? error
        lanes[index].read &-= 1
        return nil
      }
    case .lost(let count):
      // From Linux 6.0 on the ring itself is asked. Transitions are counted.
      if !lanes[index].isTransitions, reader.losses(index) == nil { losses.processes &+= count }
      return nil
    case .other: return nil
    default: return .process(record)
    }
  }
}

/// Why the tracepoint is not in use.
struct TracepointObstacle: Error {
  let text: String
  /// Whether root has no such obstacle.
  let isPrivilege: Bool

  init(_ text: String) {
    self.text = text
    isPrivilege = false
  }

  /// Makes an obstacle: tracefs could not be read. Even root may lack the privilege, as in most
  /// containers.
  init(unread error: SystemError) {
    isPrivilege = Users.effectiveUID != 0
    let needs = isPrivilege ? "it needs root" : "root lacks the capability CAP_SYS_ADMIN here"
    text = "\(needs): tracefs cannot be read (\(error.call): \(error.reason))"
  }

  /// Makes an obstacle: the kernel does not let the tracepoint be read.
  init(unopened error: SystemError, paranoia: Int64?) {
    isPrivilege = error.isForbidden && Users.effectiveUID != 0
    guard error.isForbidden else {
      text = "it cannot be opened (\(error.description))"
      return
    }
    let needs = isPrivilege ? "it needs root or CAP_PERFMON" : "root lacks the capability CAP_PERFMON here"
    let setting = paranoia.map { ", kernel.perf_event_paranoid is \($0)" } ?? ""
    text = "\(needs) (\(error.call): \(error.reason)\(setting))"
  }
}
