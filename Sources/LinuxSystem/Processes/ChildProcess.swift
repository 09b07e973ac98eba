import CLinux
import Glibc

/// A process that this one started with `posix_spawn(3)`. The code that starts it also waits for
/// it.
package struct ChildProcess: Sendable {
  /// Its process id.
  package let pid: Int32

  /// How it ended, and what it cost.
  package struct Outcome: Sendable, Hashable {
    /// The exit status, 0-255; `nil` when a signal ended it.
    package let exitStatus: Int32?
    /// The signal that ended it; `nil` when it exited.
    package let signal: Int32?
    /// The largest resident set in KiB (`ru_maxrss`); it includes what the parent had when it
    /// started the child.
    package let peakKilobytes: Int
    /// User and system time in microseconds.
    package let processorMicroseconds: Int
  }

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - path: the program's file; PATH is not searched.
  ///   - arguments: the child's `argv`, its own name first. Any bytes but NUL.
  ///   - environment: `NAME=VALUE` entries; `nil` passes on this process's own.
  ///   - descriptors: which descriptor of this process becomes which number in the child. In
  ///     addition it keeps the standard streams and, below the highest number, descriptors that are
  ///     not close-on-exec. A number may stay the same.
  package static func start(
    _ path: String, arguments: [[UInt8]], environment: [String]? = nil, descriptors: [(from: Int32, to: Int32)] = []
  ) throws(SystemError) -> ChildProcess {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for entry in descriptors { unsafe posix_spawn_file_actions_adddup2(&actions, entry.from, entry.to) }
    // The child must not get descriptors that other code of this process opened without
    // close-on-exec.
    unsafe sockinspect_spawn_close_from(&actions, max(2, descriptors.map(\.to).max() ?? 2) + 1)
    // The child starts with the default handling of signals that this process ignores or blocks,
    // such as SIGPIPE.
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    unsafe sigemptyset(&none)
    var all = sigset_t()
    unsafe sigfillset(&all)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var pid: pid_t = 0
    let texts = environment.map { $0.map { Array($0.utf8) } }
    let code = unsafe withCStrings(arguments) { (argv) -> Int32 in
      guard let texts else { return unsafe posix_spawn(&pid, path, &actions, &attributes, argv, environ) }
      return unsafe withCStrings(texts) { unsafe posix_spawn(&pid, path, &actions, &attributes, argv, $0) }
    }
    guard code == 0 else { throw SystemError("posix_spawn", path, code: code) }
    return ChildProcess(pid: pid)
  }

  /// Waits for its end with `wait4(2)`. Call it only once.
  package func wait() throws(SystemError) -> Outcome {
    var status: Int32 = 0
    var usage = rusage()
    let result = retryingInterrupts { unsafe wait4(pid, &status, 0, &usage) }
    guard result == pid else { throw SystemError("wait4") }
    let signal = status & 0x7F
    let micro = { (time: timeval) in Int(time.tv_sec) * 1_000_000 + Int(time.tv_usec) }
    return Outcome(
      exitStatus: signal == 0 ? (status >> 8) & 0xFF : nil, signal: signal == 0 ? nil : signal,
      peakKilobytes: usage.ru_maxrss, processorMicroseconds: micro(usage.ru_utime) + micro(usage.ru_stime))
  }

  /// Sends it a signal with `kill(2)`. Only before ``wait()``, while the pid cannot belong to
  /// another process.
  package func signal(_ number: Int32) { kill(pid, number) }

  /// Kills it with SIGKILL and waits for its end, instead of ``wait()``.
  ///
  /// A process that the kernel does not end, because it waits for a disk, is abandoned after a
  /// fifth of a second.
  package func end() {
    kill(pid, SIGKILL)
    let patience = 200
    let deadline = Clock.monotonicMilliseconds() + patience
    if let handle = try? ProcessHandle(pid) { _ = handle.waitForEnd(milliseconds: patience) }
    // Steps only where there are no handles: before Linux 5.3, and where a sandbox forbids them.
    while true {
      var status: Int32 = 0
      if retryingInterrupts({ unsafe waitpid(pid, &status, WNOHANG) }) != 0 { return }
      guard Clock.monotonicMilliseconds() < deadline else { return }
      Clock.sleep(milliseconds: 1)
    }
  }

  /// Makes this process end when the thread that started it does (`PR_SET_PDEATHSIG`).
  package static func endWithParent() { _ = sockinspect_parent_death_signal(SIGKILL) }

  /// The program file of this process, `/proc/self/exe`.
  package static func ownProgram() throws(SystemError) -> String {
    let here = try Descriptor.open("/proc/self", for: .directory)
    return String(decoding: try here.readLink("exe"), as: UTF8.self)
  }
}

/// A pipe from `pipe2(2)`, both ends close-on-exec.
package struct Pipe: ~Copyable, Sendable {
  /// The end to read from.
  package let reading: Descriptor
  /// The end to write to.
  package let writing: Descriptor

  /// Makes a pipe.
  package init() throws(SystemError) {
    var numbers: [Int32] = [-1, -1]
    guard unsafe sockinspect_pipe(&numbers) == 0 else { throw SystemError("pipe") }
    reading = Descriptor(owning: numbers[0])
    writing = Descriptor(owning: numbers[1])
  }

  /// Closes the writing end and keeps the other.
  package consuming func intoReading() -> Descriptor { reading }

  /// Closes the reading end and keeps the other.
  package consuming func intoWriting() -> Descriptor { writing }
}

/// How many descriptors this process may open (`RLIMIT_NOFILE`).
package enum OpenFileLimit {
  /// The current limit; 0 when the kernel does not report it.
  package static var current: Int {
    var limit = rlimit()
    return unsafe getrlimit(__rlimit_resource_t(7), &limit) == 0 ? Int(clamping: limit.rlim_cur) : 0
  }

  /// Raises the limit towards `wanted`, beyond the hard limit where that is permitted, and returns
  /// the new limit.
  @discardableResult
  package static func raise(to wanted: Int) -> Int {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(7), &limit) == 0 else { return 0 }
    let target = rlim_t(max(0, wanted))
    if limit.rlim_cur >= target { return Int(clamping: limit.rlim_cur) }
    var higher = rlimit(rlim_cur: target, rlim_max: max(target, limit.rlim_max))
    if unsafe setrlimit(__rlimit_resource_t(7), &higher) == 0 { return Int(clamping: target) }
    var hard = rlimit(rlim_cur: min(target, limit.rlim_max), rlim_max: limit.rlim_max)
    return unsafe setrlimit(__rlimit_resource_t(7), &hard) == 0
      ? Int(clamping: hard.rlim_cur) : Int(clamping: limit.rlim_cur)
  }
}

private func withCStrings(
  _ texts: [[UInt8]], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int32
) -> Int32 {
  var pointers: [UnsafeMutablePointer<CChar>?] = unsafe []
  defer { unsafe pointers.forEach { unsafe free($0) } }
  for text in texts {
    unsafe (text + [0]).withUnsafeBytes { (raw) in
      guard let base = raw.baseAddress else { return }
      unsafe pointers.append(strdup(base.assumingMemoryBound(to: CChar.self)))
    }
  }
  unsafe pointers.append(nil)
  return unsafe pointers.withUnsafeBufferPointer { (list) in
    guard let base = list.baseAddress else { return ENOMEM }
    return unsafe body(base)
  }
}

/// Whether a process with this number exists, even if it belongs to another user; the corresponding
/// C call is `kill(pid, 0)`.
package func processExists(_ pid: Int32) -> Bool {
  pid > 0 && (kill(pid, 0) == 0 || errno == EPERM)
}

/// The number of this process in its own pid namespace; the corresponding C call is `getpid`.
package var ownProcessID: Int32 { getpid() }
