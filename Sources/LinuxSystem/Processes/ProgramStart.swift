import CLinux
import Glibc

/// What the program was started with.
package enum ProgramStart {
  /// The words of the command line, the program's name first, each as its bytes.
  ///
  /// They are those that the kernel put on the stack: `CommandLine.arguments` is empty where there
  /// is no /proc, and lacks bytes that are not UTF-8.
  package static var arguments: [[UInt8]] {
    (0..<sockinspect_start_count()).map { index in
      guard let word = unsafe sockinspect_start_argument(index) else { return [] }
      return unsafe Array(UnsafeRawBufferPointer(start: word, count: strlen(word)))
    }
  }

  /// Cleans up after the start: removes what it put into the environment for the runtime, and
  /// sockets inherited from the program that started this one.
  ///
  /// Call it first, before this process has a thread or a socket of its own.
  package static func settle() {
    sockinspect_forget_runtime_root()
    closeInheritedSockets()
  }

  /// Closes the sockets that this process inherited, except for its standard streams: with them it
  /// would be an owner in its own listing, and a wait for their end would wait for this process
  /// itself. Pipes stay, because a shell's `<(command)` is one.
  static func closeInheritedSockets() {
    for number in inheritedNumbers() {
      var status = stat()
      if unsafe fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK { close(number) }
    }
  }

  private static let firstInherited: Int32 = 3
  /// How many numbers are tried where there is no list of those in use.
  private static let mostTried: UInt = 1 << 16

  private static func inheritedNumbers() -> [Int32] {
    var numbers: [Int32] = []
    if let folder = try? Descriptor.open("/proc/self/fd", for: .directory), folder.isInProcFileSystem {
      let own = folder.number
      var reader = DirectoryReader(folder, bufferSize: 4096)
      while let number = try? reader.nextNumber() {
        if number >= firstInherited, number != own { numbers.append(number) }
      }
      return numbers
    }
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(7), &limit) == 0 else { return [] }
    return openNumbers(below: Int32(min(mostTried, limit.rlim_cur)))
  }

  /// The open numbers, found with `poll(2)`, which reports the others (POLLNVAL) a thousand at a
  /// time.
  private static func openNumbers(below limit: Int32) -> [Int32] {
    var open: [Int32] = []
    for start in stride(from: firstInherited, to: limit, by: 1024) {
      var entries = (start..<min(start + 1024, limit)).map { pollfd(fd: $0, events: 0, revents: 0) }
      let count = nfds_t(entries.count)
      // Without an answer any of them may be open.
      let isKnown = unsafe poll(&entries, count, 0) >= 0
      open += entries.filter { !isKnown || $0.revents & Int16(POLLNVAL) == 0 }.map(\.fd)
    }
    return open
  }
}
