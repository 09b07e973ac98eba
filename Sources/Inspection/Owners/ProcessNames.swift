import KernelFormats
import LinuxSystem
import SocketModel

/// Finds processes by name.
package struct ProcessNames: Sendable {
  private let root: ProcRoot

  package init(_ root: ProcRoot) { self.root = root }

  /// The processes with a name, in ascending order, without this one: as the kernel has it, in full
  /// where that is known, or of the program file.
  package func processes(named name: String) -> [Int32] {
    let wanted = Array(name.utf8)
    guard !wanted.isEmpty, let pids = try? root.processIDs() else { return [] }
    return pids.filter { pid in
      if root.shape == .live, pid == ownProcessID { return false }
      guard let process = try? ProcessFolder(pid, in: root), let comm = try? process.name else { return false }
      if comm == wanted { return true }
      guard wanted.count > comm.count, comm.count == ProcessInfo.mostNameBytes, wanted.starts(with: comm) else {
        return false
      }
      return (try? process.longName(of: comm)) == wanted
    }
  }
}
