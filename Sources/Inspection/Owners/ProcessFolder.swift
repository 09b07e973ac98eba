package import KernelFormats
package import LinuxSystem
package import SocketModel

/// One process's folder `/proc/PID`, held open: everything read through it belongs to that process,
/// never to another that got its number.
package final class ProcessFolder: Sendable {
  package let root: ProcRoot
  package let pid: Int32
  package let folder: RootFolder

  /// Opens the folder of a process.
  package init(_ pid: Int32, in root: ProcRoot) throws(SystemError) {
    self.root = root
    self.pid = pid
    folder = try root.openFolder("\(pid)", in: root.folder)
  }

  /// The result of a read; `nil` when the file is not there or may not be read.
  ///
  /// A failure that has nothing to do with the file (such as no descriptor left) is thrown: it must
  /// not be mistaken for "is not there".
  private func ifThere<Content>(
    _ read: () throws(SystemError) -> Content
  ) throws(SystemError) -> Content? {
    do throws(SystemError) {
      return try read()
    } catch {
      if error.isInconclusive { throw error }
      return nil
    }
  }

  /// The command name, `comm`, without the newline that the kernel adds.
  package var name: [UInt8] {
    get throws(SystemError) {
      var bytes = try root.read("comm", in: folder, limit: 4096)
      if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
      return bytes
    }
  }

  /// The arguments, `cmdline`, at least as far as the program's name; `nil` when they may not be
  /// read.
  package var arguments: [UInt8]? {
    get throws(SystemError) {
      try ifThere { () throws(SystemError) in
        try root.read("cmdline", in: folder, limit: ProcessInfo.mostArgumentBytes)
      }
    }
  }

  /// The target of `exe`; `nil` when it may not be read, or there is none. Once the main thread has
  /// ended, only the links of the other threads can be read.
  package var executable: [UInt8]? {
    get throws(SystemError) {
      do throws(SystemError) {
        return try folder.readLink("exe")
      } catch {
        if error.isInconclusive { throw error }
        guard error.isGone, try hasOtherThreads else { return nil }
      }
      var reader = try threads()
      while let thread = try reader.nextNumber() {
        if let link = try? folder.readLink("task/\(thread)/exe") { return link }
      }
      return nil
    }
  }

  /// The whole name where `comm` is only its beginning; `nil` when it is not cut, or the rest is not
  /// known.
  ///
  /// Everyone may read the arguments (unless /proc is mounted with hidepid), but not `exe`.
  package func longName(of name: [UInt8]) throws(SystemError) -> [UInt8]? {
    guard name.count == ProcessInfo.mostNameBytes else { return nil }
    if let arguments = try arguments, let whole = ProcessName.completed(name, arguments: arguments) { return whole }
    return try executable.flatMap { ProcessName.completed(name, executable: $0) }
  }

  /// The name to show: the whole one where it is known; `nil` when it cannot be read.
  private var shownName: [UInt8]? {
    guard let name = try? name else { return nil }
    return (try? longName(of: name)) ?? name
  }

  /// The target of `cwd`; `nil` when it may not be read.
  private var workingDirectory: [UInt8]? {
    get throws(SystemError) { try ifThere { () throws(SystemError) in try folder.readLink("cwd") } }
  }

  /// The path of the control group, `cgroup`; `nil` when it is not known.
  var controlGroup: [UInt8]? {
    get throws(SystemError) {
      let bytes = try ifThere { () throws(SystemError) in try root.read("cgroup", in: folder) }
      return bytes.flatMap { try? ProcessControlGroup(parsing: $0.span).path }
    }
  }

  /// The target of `ns/net`: `net:[INODE]`.
  package var namespaceLink: [UInt8] {
    get throws(SystemError) { try root.openFolder("ns", in: folder).readLink("net") }
  }

  /// The effective user id. On a live system it is the owner of the folder, which costs less than
  /// reading `status`.
  package var uid: UInt32? {
    if root.shape == .live { return try? folder.status().uid }
    guard let bytes = try? root.read("status", in: folder) else { return nil }
    return try? ProcessStatus(parsing: bytes.span).effectiveUser
  }

  /// The content of `stat`; `nil` once the process has ended.
  package var stat: ProcessStat? {
    get throws(SystemError) {
      let bytes = try ifThere { () throws(SystemError) in try root.read("stat", in: folder, limit: 4096) }
      return bytes.flatMap { try? ProcessStat(parsing: $0.span) }
    }
  }

  /// The content of a thread's `stat`; `nil` once the thread has ended.
  func stat(ofThread thread: Int32) throws(SystemError) -> ProcessStat? {
    let bytes = try ifThere { () throws(SystemError) in
      try root.read("task/\(thread)/stat", in: folder, limit: 4096)
    }
    return bytes.flatMap { try? ProcessStat(parsing: $0.span) }
  }

  /// Whether the process has memory, by `statm`. Kernel threads and processes that have ended have
  /// none, and no descriptors either.
  ///
  /// Everyone may read the file (unless /proc is mounted with hidepid), and it costs less than
  /// `stat`.
  var hasMemory: Bool {
    guard let bytes = try? root.read("statm", in: folder, limit: 4096) else { return true }
    return !bytes.starts(with: [UInt8(ascii: "0"), UInt8(ascii: " ")])
  }

  /// Whether there are threads other than the main one: the link count of the live kernel's `task`
  /// folder shows it.
  var hasOtherThreads: Bool {
    get throws(SystemError) {
      guard root.shape == .live else { return false }
      let status = try ifThere { () throws(SystemError) in try folder.status(of: "task") }
      return status.map { $0.links > 3 } ?? false
    }
  }

  /// What a listing shows of the process.
  ///
  /// - Throws: what keeps its name from being read, usually that it has ended. Anything else that
  ///   cannot be read is `nil`, except after an error that has nothing to do with the process
  ///   (`SystemError.isInconclusive`): that is thrown.
  package func info(requiredDetails: RequiredDetails) throws(SystemError) -> ProcessInfo {
    let stat = requiredDetails.isDisjoint(with: [.startTimes, .families]) ? nil : try self.stat
    var info = ProcessInfo(pid: pid, name: try name(orOf: stat))
    info.longName = try longName(of: info.name)
    if requiredDetails.contains(.startTimes) { info.startTime = stat?.startTime }
    if requiredDetails.contains(.families) {
      info.parent = stat?.parent
      info.group = stat?.group
    }
    if requiredDetails.contains(.parentNames), let parent = info.parent, parent > 0 {
      info.parentName = (try? ProcessFolder(parent, in: root))?.shownName
    }
    if requiredDetails.contains(.executables) { info.executable = try executable }
    if requiredDetails.contains(.processUsers) { info.uid = uid }
    if requiredDetails.contains(.arguments) { info.arguments = try arguments }
    if requiredDetails.contains(.workingDirectories) { info.workingDirectory = try workingDirectory }
    if requiredDetails.contains(.workloads) { info.controlGroup = try controlGroup }
    return info
  }

  /// The name. A hand-copied tree may have one of the two files that hold it, or neither.
  private func name(orOf stat: ProcessStat?) throws(SystemError) -> [UInt8] {
    if root.shape == .live { return try name }
    if let name = try ifThere({ () throws(SystemError) in try name }) { return name }
    if let stat { return stat.name }
    return try self.stat?.name ?? []
  }

  /// The flags of a descriptor of the process, or of one of its threads; `nil` when they cannot be
  /// read.
  package func flags(of descriptor: Int32, inThread thread: Int32? = nil) -> UInt32? {
    let table = thread.map { "task/\($0)/" } ?? ""
    guard let bytes = try? root.read("\(table)fdinfo/\(descriptor)", in: folder, limit: 4096) else { return nil }
    return try? DescriptorInfo(parsing: bytes.span).flags
  }

  /// The sockets among the fixed files of an io_uring, with their slots; empty when they cannot be
  /// read.
  func fixedSockets(ofRing descriptor: Int32) -> [RingFixedSocket] {
    guard let bytes = try? root.read("fdinfo/\(descriptor)", in: folder, limit: RingFixedSocket.mostBytes) else {
      return []
    }
    return RingFixedSocket.all(in: bytes.span)
  }

  /// How many descriptors wait in the queue of a unix socket; 0 when that cannot be read.
  func descriptorsWaiting(in descriptor: Int32) -> UInt64 {
    guard let bytes = try? root.read("fdinfo/\(descriptor)", in: folder, limit: 4096) else { return 0 }
    return DescriptorInfo.descriptorsWaiting(bytes.span) ?? 0
  }

  /// Calls `body` with the descriptor and inode of each of the process's sockets, and `holder` for
  /// each descriptor of another kind that may hide sockets; throws what keeps the descriptors from
  /// being read.
  ///
  /// Threads share their process's descriptors. `task/TID/fd` is read only when the main thread has
  /// ended while others still run, and `fd` is empty. The table of a thread that left its process's
  /// (`unshare(CLONE_FILES)`) is not read: that would cost a folder for each thread of the machine.
  package func forEachSocket(
    limit: Int = .max, includingThreads: Bool = true,
    holder: (_ descriptor: Int32, _ kind: SocketLinks.Holder) -> Void = { _, _ in },
    _ body: (_ descriptor: Int32, _ inode: UInt64) -> Void
  ) throws(SystemError) -> SocketLinks.Outcome {
    let outcome: SocketLinks.Outcome
    do throws(SystemError) {
      outcome = try forEachSocket(in: "fd", limit: limit, holder: holder, body)
    } catch {
      // Kernel threads, and processes whose main thread has ended, have no memory: nothing is
      // missed in their own folder.
      guard error.isForbidden, !hasMemory else { throw error }
      outcome = .complete(count: 0)
    }
    guard includingThreads, outcome == .complete(count: 0), try hasOtherThreads else { return outcome }
    return try forEachSocketOfThreads(holder, body)
  }

  /// The same for one folder of descriptors and a range of them.
  package func forEachSocket(
    in path: String, from start: Int32 = 0, before end: Int32 = .max, limit: Int = .max,
    holder: (Int32, SocketLinks.Holder) -> Void = { _, _ in }, _ body: (Int32, UInt64) -> Void
  ) throws(SystemError) -> SocketLinks.Outcome {
    try root.openFolder(path, in: folder)
      .forEachSocket(from: start, before: end, limit: limit, holder: holder, body)
  }

  /// The lowest descriptor from `start` on; `nil` when there is none.
  func firstDescriptor(from start: Int32) throws(SystemError) -> Int32? {
    let outcome = try forEachSocket(in: "fd", from: start, limit: 0) { _, _ in }
    guard case .more(let descriptor) = outcome else { return nil }
    return descriptor
  }

  /// Opens a reader of the numbers of its threads.
  package func threads() throws(SystemError) -> DirectoryReader {
    try root.openFolder("task", in: folder).reader(bufferSize: 4096)
  }

  /// The threads share their descriptors: the first thread that has any has all of them.
  private func forEachSocketOfThreads(
    _ holder: (Int32, SocketLinks.Holder) -> Void, _ body: (Int32, UInt64) -> Void
  ) throws(SystemError) -> SocketLinks.Outcome {
    var reader = try threads()
    var refusal: SystemError?
    while let thread = try reader.nextNumber() {
      guard thread != pid else { continue }
      do throws(SystemError) {
        let outcome = try forEachSocket(in: "task/\(thread)/fd", holder: holder, body)
        if outcome != .complete(count: 0) { return outcome }
      } catch {
        if !error.isGone { refusal = error }
      }
    }
    if let refusal { throw refusal }
    return .complete(count: 0)
  }
}
