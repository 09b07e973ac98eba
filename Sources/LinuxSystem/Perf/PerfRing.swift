import CLinux
import Glibc

/// The records of one processor that `perf_event_open(2)` writes into memory shared with this
/// process.
///
/// Records that do not fit because earlier ones were not read in time are lost, and counted.
@safe package final class PerfRing {
  /// What a ring records.
  package enum Subject: Sendable, Hashable {
    /// A tracepoint, by the id that tracefs shows.
    case tracepoint(UInt64)
    /// The names, starts, ends and namespaces of processes.
    case processes
  }

  private let descriptor: Descriptor
  private let page: UnsafeMutableRawPointer
  private let pageSize: Int
  private let dataSize: Int
  private let countsLosses: Bool

  /// Opens the ring of a processor, which is written to and counted from ``enable()`` on. Needs
  /// CAP_PERFMON, or `kernel.perf_event_paranoid` below 0.
  ///
  /// - Parameters:
  ///   - subject: what to record.
  ///   - processor: the number of the processor, from 0.
  ///   - bytes: the size of the ring, rounded up to a power of two of pages. Without CAP_IPC_LOCK
  ///     the kernel may allow less, and a limited address space may not have enough: then it is
  ///     halved until it fits.
  ///   - watermark: the number of bytes after which the descriptor becomes readable.
  /// - Throws: `SystemError` with ENODEV for a processor that is not running.
  package init(_ subject: Subject, processor: Int, bytes: Int, watermark: Int) throws(SystemError) {
    let id: UInt64 = if case .tracepoint(let id) = subject { id } else { 0 }
    func open(countingLosses: Bool) -> Int32 {
      sockinspect_perf_open(id, Int32(processor), UInt32(clamping: watermark), countingLosses ? 1 : 0)
    }
    var number = open(countingLosses: true)
    countsLosses = number >= 0
    // A kernel before 6.0 does not know PERF_FORMAT_LOST.
    if number < 0, errno == EINVAL { number = open(countingLosses: false) }
    guard number >= 0 else { throw SystemError("perf_event_open") }
    descriptor = Descriptor(owning: number)
    pageSize = sysconf(Int32(_SC_PAGESIZE))
    var size = pageSize
    while size < bytes { size *= 2 }
    while true {
      let mapped = unsafe mmap(nil, pageSize + size, PROT_READ | PROT_WRITE, MAP_SHARED, number, 0)
      if let mapped = unsafe mapped, unsafe mapped != MAP_FAILED {
        unsafe page = mapped
        break
      }
      guard errno == EPERM || errno == ENOMEM, size > pageSize * 4 else { throw SystemError("mmap", "perf ring") }
      size /= 2
    }
    dataSize = size
  }

  deinit { unsafe munmap(page, pageSize + dataSize) }

  /// Lets the kernel write and count from now on (`PERF_EVENT_IOC_ENABLE`).
  package func enable() throws(SystemError) {
    guard sockinspect_perf_enable(descriptor.number) == 0 else { throw SystemError("ioctl", "PERF_EVENT_IOC_ENABLE") }
  }

  /// The number of the descriptor, to wait on. It is valid as long as the ring exists.
  package var number: Int32 { descriptor.number }

  /// How many bytes of records it can hold.
  package var capacity: Int { dataSize }

  /// Moves all complete records to the end of a buffer and frees their space in the ring.
  ///
  /// - Returns: how many bytes there were.
  package func drain(into buffer: inout [UInt8]) -> Int {
    let head = unsafe sockinspect_ring_head(page)
    let tail = unsafe sockinspect_ring_tail(page)
    let count = Int(truncatingIfNeeded: head &- tail)
    guard count > 0, count <= dataSize else { return 0 }
    let data = unsafe UnsafeRawBufferPointer(start: page.advanced(by: pageSize), count: dataSize)
    let start = Int(truncatingIfNeeded: tail) & (dataSize - 1)
    let first = min(count, dataSize - start)
    unsafe buffer.append(contentsOf: data[start..<(start + first)])
    if first < count { unsafe buffer.append(contentsOf: data[0..<(count - first)]) }
    unsafe sockinspect_ring_set_tail(page, head)
    return count
  }

  /// How often the tracepoint was hit since the ring was enabled, whether or not there was room for
  /// a record. 0 for ``Subject/processes``.
  package var passes: UInt64 { values.passes }

  /// How many records did not fit since it was enabled; `nil` before Linux 6.0, where only the
  /// records about losses report them.
  package var losses: UInt64? { countsLosses ? values.losses : nil }

  private var values: (passes: UInt64, losses: UInt64) {
    var values: (UInt64, UInt64) = (0, 0)
    _ = retryingInterrupts { unsafe Glibc.read(descriptor.number, &values, 16) }
    return values
  }

  /// The upper limit of processor numbers, which begin at 0. Not all of them need to run.
  package static var processorLimit: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_CONF))) }
}
