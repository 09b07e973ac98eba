import KernelFormats
import LinuxSystem
package import SocketModel

/// How many descriptors processes have open and may have, which everyone may know.
extension ProcessFolder {
  /// The names of the files with them in a capture: `limits` is the kernel's, of which only the line
  /// that is read is kept; the other has the size of `fd`, which a copied folder does not keep.
  package static let limitsName = "limits"
  package static let descriptorCountName = "fd_count"

  /// How many descriptors the process has open; `nil` when that is not reported.
  ///
  /// Kernel threads have none, and before Linux 6.2 the size of the folder is always 0; see
  /// ``ProcRoot/descriptorUses()``.
  package var descriptorCount: UInt64? {
    if root.shape == .live {
      guard let size = try? folder.status(of: "fd").size, size >= 0 else { return nil }
      return UInt64(size)
    }
    guard let bytes = try? root.read(Self.descriptorCountName, in: folder, limit: 64),
      let number = SysctlValue.numbers(bytes.span)?.first
    else { return nil }
    return UInt64(exactly: number)
  }

  /// The limit of its descriptors; `nil` when it cannot be read.
  package var descriptorLimit: UInt64? { limitsFile?.openFiles }

  /// The line of the limits that is read; `nil` when it cannot be read.
  package var limits: [UInt8]? { limitsFile?.line }

  private var limitsFile: LimitsFile? {
    guard let bytes = try? root.read(Self.limitsName, in: folder, limit: 4096) else { return nil }
    return try? LimitsFile(parsing: bytes.span)
  }
}

extension ProcRoot {
  /// How many descriptors the processes have open and may have.
  package func descriptorUses() -> DescriptorUses {
    var uses = DescriptorUses()
    guard hasProcesses, let pids = try? processIDs() else { return uses }
    if shape == .live {
      // This process has some open.
      uses.isReported = ((try? folder.status(of: "self/fd").size) ?? 0) > 0
      guard uses.isReported else { return uses }
    }
    for pid in pids {
      guard let process = try? ProcessFolder(pid, in: self) else { continue }
      guard let used = process.descriptorCount else {
        uses.unknown += 1
        continue
      }
      uses.isReported = true
      // A kernel thread has no limit that matters.
      if used == 0 { continue }
      guard let limit = process.descriptorLimit else {
        uses.unknown += 1
        continue
      }
      var use = DescriptorUse(pid: pid, used: used, limit: limit)
      if used >= limit / 2 { use.name = (try? process.name) ?? [] }
      uses.processes.append(use)
    }
    return uses
  }
}
