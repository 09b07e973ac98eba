import Glibc
import KernelFormats
import LinuxSystem
import SocketModel

/// The tracepoint `sock:inet_sock_set_state`, read on every processor, and what the kernel tells of processes beside it.
///
/// Two rings a processor: transitions never lack room because many processes begin, and what is lost of them is counted exactly.
final class TracepointSource {
  /// What came, in the order of time.
  enum Item {
    case transition(SocketTransition)
    case process(PerfRecord)

    var time: UInt64 {
      switch self {
      case .transition(let transition): transition.time
      case .process(let record): record.time
      }
    }
  }

  /// How many records were lost since they were asked for last.
  struct Losses {
    var transitions: UInt64 = 0
    var processes: UInt64 = 0
  }

  private let layout: SocketTransitionLayout
  private let transitionRings: [PerfRing]
  private let processRings: [PerfRing]
  /// What is younger than the moment that was drained up to.
  private var pending: [Item] = []
  private var buffer: [UInt8] = []
  private var told: [UInt64]
  private var losses = Losses()
  /// The first record that did not parse; what it told is counted as lost.
  private(set) var malformed: DecodeError?

  /// The most bytes of one ring of transitions, some 9,000 records, and of all together.
  private static let ringSize = 1 << 20
  private static let allRings = 32 << 20
  private static let processRingSize = 1 << 18

  /// The descriptors that are readable when a ring is an eighth full.
  var descriptors: [Int32] { (transitionRings + processRings).map(\.number) }

  /// Opens the rings; records come from now on.
  init() throws(TracepointObstacle) {
    let folder: Descriptor
    do throws(SystemError) {
      folder = try TraceFolder.open()
    } catch {
      throw TracepointObstacle("tracefs cannot be read (\(error.call): \(error.reason))")
    }
    var text: [UInt8] = []
    let path = "events/sock/inet_sock_set_state/format"
    do throws(SystemError) {
      try Descriptor.open(path, in: folder).readAll(into: &text, limit: 65536, subject: path)
    } catch {
      throw TracepointObstacle(
        error.isGone
          ? "this kernel has no tracepoint sock:inet_sock_set_state (Linux 4.16)"
          : "the tracepoint cannot be read (\(error.call): \(error.reason))")
    }
    let format: TracepointFormat
    do throws(DecodeError) {
      format = try TracepointFormat(parsing: text.span)
      layout = try SocketTransitionLayout(format)
    } catch {
      throw TracepointObstacle(error.description)
    }
    let limit = PerfRing.processorLimit
    let size = max(1 << 16, min(Self.ringSize, Self.allRings / limit))
    do throws(SystemError) {
      transitionRings = try Self.rings(.tracepoint(format.id), size, limit)
      processRings = try Self.rings(.processes, min(size, Self.processRingSize), limit)
    } catch {
      let paranoid = Self.paranoia.map { ", kernel.perf_event_paranoid is \($0)" } ?? ""
      throw TracepointObstacle(
        error.isForbidden
          ? "the tracepoint needs root or CAP_PERFMON (\(error.call): \(error.reason)\(paranoid))"
          : "the tracepoint cannot be opened (\(error.description))")
    }
    told = Array(repeating: 0, count: transitionRings.count + processRings.count)
  }

  private static func rings(_ subject: PerfRing.Subject, _ bytes: Int, _ limit: Int) throws(SystemError) -> [PerfRing] {
    var rings: [PerfRing] = []
    for processor in 0..<limit {
      do throws(SystemError) {
        rings.append(try PerfRing(subject, processor: processor, bytes: bytes, watermark: bytes / 8))
      } catch {
        // A processor that is not running.
        guard error.code == ENODEV else { throw error }
      }
    }
    if rings.isEmpty { throw SystemError("perf_event_open", code: ENODEV) }
    return rings
  }

  private static var paranoia: String? {
    var text: [UInt8] = []
    guard let file = try? Descriptor.open("/proc/sys/kernel/perf_event_paranoid"),
      (try? file.readAll(into: &text, limit: 64)) != nil
    else { return nil }
    return String(decoding: text.prefix { $0 != 0x0A }, as: UTF8.self)
  }

  /// Takes what came up to a moment, in order. The rings are read to their ends, so that there is room.
  ///
  /// - Parameter moment: nanoseconds of the monotonic clock, before now: what another processor is still writing is younger.
  func drain(upTo moment: UInt64) -> [Item] {
    for (index, ring) in transitionRings.enumerated() {
      buffer.removeAll(keepingCapacity: true)
      let count = ring.drain(into: &buffer)
      if count > 0 { losses.transitions &+= decode(losses(of: ring, index, filled: count)) }
    }
    for (index, ring) in processRings.enumerated() {
      buffer.removeAll(keepingCapacity: true)
      let count = ring.drain(into: &buffer)
      if count > 0 {
        losses.processes &+= decode(losses(of: ring, transitionRings.count + index, filled: count))
      }
    }
    // Nothing keeps a burst's room for ever.
    if buffer.capacity > 4 << 20 { buffer = [] }
    pending.sort { $0.time < $1.time }
    let ready = pending.partitioningIndex { $0.time > moment }
    let items = Array(pending[..<ready])
    pending.removeFirst(ready)
    if pending.isEmpty { pending = [] }
    return items
  }

  /// What was lost since this was called last.
  func takeLosses() -> Losses {
    defer { losses = Losses() }
    return losses
  }

  /// Asks the kernel how much was lost in all, be it that no record has told of it yet.
  func countLosses() {
    for (index, ring) in transitionRings.enumerated() {
      losses.transitions &+= losses(of: ring, index, filled: ring.capacity) ?? 0
    }
  }

  /// What a ring lost since it was asked last; 0 when it never was near full, `nil` when only its records tell.
  private func losses(of ring: PerfRing, _ index: Int, filled: Int) -> UInt64? {
    guard filled > ring.capacity / 2 else { return 0 }
    guard let all = ring.losses else { return nil }
    defer { told[index] = all }
    return all &- told[index]
  }

  /// Reads the records of one ring.
  ///
  /// - Parameter counted: what was lost; `nil` when the records tell.
  /// - Returns: what was lost.
  private func decode(_ counted: UInt64?) -> UInt64 {
    var lost = counted ?? 0
    var records = PerfRecords()
    let buffer = self.buffer
    let bytes = buffer.span
    do throws(DecodeError) {
      while let record = try records.next(in: bytes) {
        switch record.content {
        case .sample(let process, let thread, let raw):
          do throws(DecodeError) {
            let transition = try layout.decode(
              bytes.extracting(raw), time: record.time, process: process, thread: thread)
            if let transition { pending.append(.transition(transition)) }
          } catch {
            malformed = malformed ?? error
            lost &+= 1
          }
        case .lost(let count): if counted == nil { lost &+= count }
        case .other: break
        default: pending.append(.process(record))
        }
      }
    } catch {
      // The kernel does not write such; what follows cannot be found.
      malformed = malformed ?? error
      lost &+= 1
    }
    return lost
  }
}

/// Why the tracepoint is not in use.
struct TracepointObstacle: Error {
  let text: String
  init(_ text: String) { self.text = text }
}

extension Array {
  /// The index of the first element that satisfies the predicate, in an array whose elements that do come last.
  fileprivate func partitioningIndex(where predicate: (Element) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if predicate(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
