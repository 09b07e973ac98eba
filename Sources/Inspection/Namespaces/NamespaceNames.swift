import KernelFormats
import LinuxSystem
package import SocketModel

/// What network namespaces are called: the name of a file in `/run/netns`, else the workload of the
/// first process, else the name of another file that one is mounted on.
extension NamespaceCatalog {
  /// The folder in which `ip netns` keeps the files of named namespaces.
  package static let namedFolder = "/run/netns/"

  /// The names of some namespaces, by their ids; those without a name are left out.
  ///
  /// A workload may have processes in several namespaces, which it would name alike: then it names
  /// none of them.
  package func names(of entries: [Entry], in root: ProcRoot) -> [NetworkNamespaceID: [UInt8]] {
    var names: [NetworkNamespaceID: [UInt8]] = [:]
    for entry in entries { names[entry.id] = Self.fileName(of: entry) }
    let others = entries.filter { names[$0.id] == nil }
    var workloads = Self.workloads(of: others, in: root)
    var seen: [[UInt8]: Int] = [:]
    for name in workloads.values { seen[name, default: 0] += 1 }
    workloads = workloads.filter { seen[$0.value] == 1 }
    for entry in others {
      names[entry.id] =
        workloads[entry.id]
        ?? entry.files.first.flatMap { file in
          file.lastIndex(of: UInt8(ascii: "/")).map { Array(file[($0 + 1)...]) }
        }
    }
    return names
  }

  /// The name that `ip netns` gave a namespace.
  private static func fileName(of entry: Entry) -> [UInt8]? {
    for folder in [namedFolder, "/var/run/netns/"] {
      let prefix = Array(folder.utf8)
      if let file = entry.files.first(where: { $0.starts(with: prefix) }) { return Array(file[prefix.count...]) }
    }
    return nil
  }

  /// The workloads of the first processes. That of the machine's own first process names nothing:
  /// its namespace is `initial`.
  private static func workloads(of entries: [Entry], in root: ProcRoot) -> [NetworkNamespaceID: [UInt8]] {
    var names: [NetworkNamespaceID: [UInt8]] = [:]
    var paths: [NetworkNamespaceID: [UInt8]] = [:]
    for entry in entries {
      guard let first = entry.processes.first else { continue }
      if first == 1, !root.isOfNestedProcesses {
        names[entry.id] = Array("initial".utf8)
      } else if let path = try? ProcessFolder(first, in: root).controlGroup ?? nil {
        paths[entry.id] = path
      }
    }
    var search = WorkloadSearch(root)
    let found = search.workloads(ofPaths: Set(paths.values))
    for (id, path) in paths {
      guard let workload = found[path], !workload.isInit else { continue }
      names[id] = workload.text
    }
    return names
  }

  /// The namespaces for a snapshot, in the order of the entries.
  ///
  /// - Parameters:
  ///   - root: the /proc in which they were found.
  ///   - ids: those that are wanted; `nil` for all.
  package func listed(in root: ProcRoot, only ids: Set<NetworkNamespaceID>? = nil) -> [ListedNamespace] {
    let wanted = entries.filter { ids?.contains($0.id) ?? true }
    // Whether a name is one namespace's alone is seen among all of them.
    let names = wanted.isEmpty ? [:] : names(of: entries, in: root)
    return wanted.map { entry in
      ListedNamespace(
        id: entry.id, hasNumber: entry.hasNumber, name: names[entry.id], process: entry.processes.first)
    }
  }
}
