import LinuxSystem
import SocketModel

/// One process's folder `/proc/PID`, held open: everything read through it is of that process, never of another that got its number.
final class ProcessFolder: Sendable {
  let root: ProcRoot
  let pid: Int32
  let folder: Descriptor

  /// Opens the folder of a process.
  init(_ pid: Int32, in root: ProcRoot) throws(SystemError) {
    self.root = root
    self.pid = pid
    folder = try root.openDirectory("\(pid)", in: root.descriptor)
  }

  /// The command name, `comm`, without the newline that the kernel adds; `nil` once the process has ended.
  var name: [UInt8]? {
    guard var bytes = try? root.read("comm", in: folder, limit: 4096) else { return nil }
    if bytes.last == 0x0A { bytes.removeLast() }
    return bytes
  }

  /// Where `exe` points; `nil` when it may not be read, or there is none.
  var executable: [UInt8]? { try? folder.readLink("exe") }

  /// The effective user id: the owner of the folder.
  var uid: UInt32? { try? folder.status().uid }

  /// Whether the process has memory, by `statm`. Kernel threads and processes that have ended have none, and no descriptors either.
  ///
  /// The file may be read by everyone (unless /proc is mounted with hidepid) and costs less than `stat`.
  var hasMemory: Bool {
    guard let bytes = try? root.read("statm", in: folder, limit: 4096) else { return true }
    return !bytes.starts(with: [0x30, 0x20])
  }

  /// Whether there are threads besides the main one: the links of the live kernel's `task` folder count them.
  var hasOtherThreads: Bool {
    guard root.shape == .live, let status = try? folder.status(of: "task") else { return false }
    return status.links > 3
  }

  /// What a listing tells of the process; `nil` once it has ended.
  func info(demand: Demand) -> ProcessInfo? {
    guard let name else { return nil }
    var info = ProcessInfo(pid: pid, name: name)
    if demand.contains(.executables) { info.executable = executable }
    if demand.contains(.processUsers) { info.uid = uid }
    return info
  }
}
