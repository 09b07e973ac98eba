import CLinux
import Glibc
import Synchronization

/// How many processors this process may run on.
///
/// The corresponding C function is `sched_getaffinity`: a container or `taskset` may allow fewer
/// processors than there are.
package func availableProcessors() -> Int {
  let allowed = Int(sockinspect_allowed_processors())
  return max(1, allowed > 0 ? allowed : sysconf(Int32(_SC_NPROCESSORS_ONLN)))
}

/// Gives the calling thread a higher priority than others on the machine, where that is allowed.
/// The corresponding C function is `setpriority`.
package func raiseThreadPriority() { setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, -15) }

/// Makes the C library return large blocks of memory to the system when they are freed, from now on
/// and in the whole process.
///
/// Without this it keeps as much as was ever needed: good for a program that ends soon, but not for
/// one that runs for days. The corresponding C call is `mallopt(M_MMAP_THRESHOLD)`.
///
/// Where the address space of the process is limited, all threads also share one arena
/// (`M_ARENA_MAX`): otherwise the library would look in vain for space for another one each time
/// that a thread takes memory.
package func returnLargeBlocks() {
  _ = sockinspect_return_blocks(1 << 18)
  if addressSpaceLimit() != nil { _ = sockinspect_one_arena() }
}

/// Returns all whole pages of free memory to the system at once, such as many small blocks leave
/// behind.
///
/// It looks at every free block, which takes some milliseconds after a burst. The corresponding C
/// function is `malloc_trim`.
package func returnFreePages() { _ = sockinspect_return_pages() }

/// Runs `body` with 0, 1 ... `count - 1`, on as many threads as there are processors (at most
/// `threads`), and waits for all of them.
///
/// The numbers are handed out one by one as threads become free. With one thread or one number, no
/// thread is started.
package func parallelForEach(count: Int, threads: Int = availableProcessors(), _ body: @Sendable (Int) -> Void) {
  withoutActuallyEscaping(body) { body in
    // The threads are joined before this returns, so `body` does not escape.
    let work = ParallelWork(count: count, body: body)
    let extra = max(0, min(threads, count) - 1)
    let handles = (0..<extra).compactMap { _ in startThread { work.run() } }
    work.run()
    for handle in handles { pthread_join(handle, nil) }
  }
}

private final class ParallelWork: Sendable {
  private let next = Atomic<Int>(0)
  private let count: Int
  private let body: @Sendable (Int) -> Void

  init(count: Int, body: @escaping @Sendable (Int) -> Void) {
    self.count = count
    self.body = body
  }

  func run() {
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      if index >= count { return }
      body(index)
    }
  }
}

/// Starts a thread that runs the closure; `nil` when the system has no thread for it.
func startThread(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
  let box = unsafe Unmanaged.passRetained(ThreadBody(body))
  var handle = pthread_t()
  var attributes = pthread_attr_t()
  unsafe pthread_attr_init(&attributes)
  defer { unsafe pthread_attr_destroy(&attributes) }
  // The usual eight megabytes of stack cost a process nothing unless its address space is limited.
  if addressSpaceLimit() != nil { unsafe pthread_attr_setstacksize(&attributes, 1 << 19) }
  let result = unsafe pthread_create(
    &handle, &attributes,
    { argument in
      guard let argument = unsafe argument else { return nil }
      let body = unsafe Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue()
      body.run()
      return nil
    }, box.toOpaque())
  if result != 0 {
    unsafe box.release()
    return nil
  }
  return handle
}

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}
