package import KernelFormats
package import LinuxSystem
import SocketModel

extension ProcRoot {
  /// One process of this mounted /proc as a root: its network namespace is read.
  func process(_ pid: Int32) throws(SystemError) -> ProcRoot {
    try Self.mounted(try openLive("\(pid)", for: .directory), path: "\(path)/\(pid)")
  }

  /// Opens something below this mounted /proc as a descriptor, such as the link to a namespace.
  package func openLive(_ path: String, for purpose: Descriptor.Purpose = .reading) throws(SystemError) -> Descriptor {
    try folder.openLive(path, for: purpose)
  }

  /// The inode number of the table of TCP, another one in each network namespace.
  var tablesInode: UInt64 {
    get throws(SystemError) { try openTable("tcp").inode }
  }

  /// Whether a captured network namespace has no such table because the table would have no row.
  func rulesOut(_ table: ProcNetTable) -> Bool {
    guard shape == .tree, tables.hasPrefix(Self.namespaceFolder), let counts = socketCounts else { return false }
    return !counts.mayFill(table)
  }

  /// The control groups that a capture recorded; `nil` when it recorded none.
  var capturedControlGroups: CapturedControlGroups? {
    guard shape == .tree,
      let bytes = readIfPossible(CapturedControlGroups.fileName, limit: CapturedControlGroups.longest)
    else { return nil }
    return CapturedControlGroups(parsing: bytes.span)
  }

  /// The names of interfaces that a capture recorded for the namespace of its tables.
  package var capturedInterfaces: [UInt32: [UInt8]] {
    guard shape == .tree, tables.hasSuffix("net/"),
      let bytes = readIfPossible(
        tables.dropLast(4) + CapturedInterfaces.fileName, limit: CapturedInterfaces.longest)
    else { return [:] }
    return CapturedInterfaces.parse(bytes.span)
  }

  /// Opens the recorded dump of a captured tree; `nil` when it has none that this machine can read:
  /// messages are in the byte order of the machine that sent them.
  package func recordedDump(_ dump: SockDiagDump) -> RootFile? {
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
