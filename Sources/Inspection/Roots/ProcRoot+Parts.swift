package import KernelFormats
package import LinuxSystem
import SocketModel

extension ProcRoot {
  /// One process of this mounted /proc as a root: its network namespace is read.
  func process(_ pid: Int32) throws(SystemError) -> ProcRoot {
    try Self.mounted(
      try Descriptor.open("\(pid)", in: descriptor, for: .directory), path: "\(path)/\(pid)")
  }

  /// The inode number of the table of TCP, another one in each network namespace.
  var tablesInode: UInt64 {
    get throws(SystemError) { try openTable("tcp").status().inode }
  }

  /// Whether a captured network namespace has no such table because the table would have no row.
  func rulesOut(_ table: ProcNetTable) -> Bool {
    guard shape == .tree, tables.hasPrefix(Self.namespaceFolder), let counts = socketCounts else { return false }
    return !counts.mayFill(table)
  }

  /// Opens the recorded dump of a captured tree; `nil` when it has none that this machine can read:
  /// messages are in the byte order of the machine that sent them.
  package func recordedDump(_ dump: SockDiagDump) -> Descriptor? {
    guard shape == .tree, manifest?.byteOrder == .native, tables.hasSuffix("net/") else { return nil }
    return try? open(tables.dropLast(4) + RecordedDump.folder + dump.fileName)
  }

  /// Whether a file of a name is among the tables and can be opened, and whether it has more than
  /// its heading.
  ///
  /// For tables that no decoder knows, such as `sctp/eps`.
  package func foreignTable(_ name: String) -> (isThere: Bool, hasRows: Bool) {
    guard hasProcesses, let bytes = try? readTable(name, limit: 65536) else { return (false, false) }
    return (true, bytes.count { $0 == UInt8(ascii: "\n") } > 1)
  }
}
