import KernelFormats
import LinuxSystem
package import SocketModel

/// What network namespaces are called: the name of a file in `/run/netns`, else the workload of the
/// first process, else the name of another file that one is mounted on.
extension NamespaceCatalog {
  /// The folder in which `ip netns` keeps the files of named namespaces.
  package static let namedFolder = "/run/netns/"

  /// The name of a namespace; `nil` for none.
  package func name(of entry: Entry, in root: ProcRoot) -> [UInt8]? {
    for folder in [Self.namedFolder, "/var/run/netns/"] {
      let prefix = Array(folder.utf8)
      if let file = entry.files.first(where: { $0.starts(with: prefix) }) { return Array(file[prefix.count...]) }
    }
    if let workload = workload(of: entry, in: root) { return workload }
    return entry.files.first.flatMap { file in
      file.lastIndex(of: UInt8(ascii: "/")).map { Array(file[($0 + 1)...]) }
    }
  }

  /// The workload of the first process. That of the machine's own first process names nothing:
  /// its namespace is `initial`.
  private func workload(of entry: Entry, in root: ProcRoot) -> [UInt8]? {
    guard let first = entry.processes.first else { return nil }
    if first == 1, !root.isOfNestedProcesses { return Array("initial".utf8) }
    return nil
  }

  /// The namespaces for a snapshot, in the order of the entries.
  package func listed(in root: ProcRoot) -> [ListedNamespace] {
    entries.map { entry in
      ListedNamespace(
        id: entry.id, hasNumber: entry.hasNumber, name: name(of: entry, in: root), process: entry.processes.first)
    }
  }
}
