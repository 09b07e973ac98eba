import KernelFormats
import LinuxSystem
import SocketModel

/// The files in which container runtimes and the kubelet keep the names of containers and pods. No
/// daemon is asked: a name that no readable file has is not known.
///
/// Everyone may list the logs of the kubelet on most machines; the files of the runtimes are root's,
/// except for those of containers that the user made.
struct ContainerFiles: Sendable {
  /// The folder that stands for `/`, with its slash at the end.
  let root: String

  /// The most bytes that are read of a file; a longer one is cut, and its names may be missing.
  private static let longestFile = 4 << 20
  /// The most entries that are looked at in a folder.
  private static let mostEntries = 100_000
  /// The most containers whose files are opened: each is a file of many kilobytes.
  private static let mostContainers = 10_000

  /// A container whose name is wanted.
  struct Wanted: Sendable, Hashable {
    let container: ControlGroupPath.Container
    /// The user in whose slice it is, for the files of containers without root.
    let user: UInt32?
  }

  /// Finds the names of containers, by their ids. Each file is read once.
  func names(of wanted: Set<Wanted>, inPods: Bool) -> [[UInt8]: ContainerNames] {
    guard !wanted.isEmpty else { return [:] }
    var found = inPods ? logNames(of: Set(wanted.map(\.container.id))) : [:]
    var stored: [String: StoredContainers] = [:]
    for entry in wanted.sorted(by: { $0.container.id.lexicographicallyPrecedes($1.container.id) })
      .prefix(Self.mostContainers) where found[entry.container.id] == nil
    {
      found[entry.container.id] = names(of: entry, &stored)
    }
    return found
  }

  /// Finds the pods with some uids, as `NAMESPACE/NAME`, by the folders of their logs.
  func pods(_ uids: Set<[UInt8]>) -> [[UInt8]: [UInt8]] {
    guard !uids.isEmpty else { return [:] }
    var found: [[UInt8]: [UInt8]] = [:]
    forEachName(in: "var/log/pods") { name in
      if let folder = PodLogFolder(parsing: name), uids.contains(folder.uid) { found[folder.uid] = folder.pod }
      return found.count < uids.count
    }
    return found
  }

  /// The names that the links to the logs of containers have.
  private func logNames(of ids: Set<[UInt8]>) -> [[UInt8]: ContainerNames] {
    var found: [[UInt8]: ContainerNames] = [:]
    forEachName(in: "var/log/containers") { name in
      if let log = ContainerLogName(parsing: name), ids.contains(log.id) {
        found[log.id] = ContainerNames(container: log.container, pod: log.pod)
      }
      return found.count < ids.count
    }
    return found
  }

  // MARK: Files of runtimes

  private static let dockerFolders = ["var/lib/docker", "var/snap/docker/common/var-lib-docker"]
  private static let taskFolders: [String] = [
    "run/containerd/io.containerd.runtime.v2.task/", "run/k3s/containerd/io.containerd.runtime.v2.task/",
  ]
  private static let storageFolders = ["var/lib/containers/storage", "run/containers/storage"]

  private func names(of wanted: Wanted, _ stored: inout [String: StoredContainers]) -> ContainerNames? {
    let id = String(decoding: wanted.container.id, as: UTF8.self)
    let home = wanted.user.flatMap(homeFolder)
    switch wanted.container.runtime {
    case .docker: return dockerName(id, home)
    case .podman: return storedName(wanted.container.id, home, &stored)
    case .containerd: return taskNames(id)
    case .crio: return storageNames(id)
    default:
      if let names = dockerName(id, home) { return names }
      return taskNames(id) ?? storedName(wanted.container.id, home, &stored)
    }
  }

  /// The name that Docker gave a container; those of a user's own daemon are below the home folder.
  private func dockerName(_ id: String, _ home: String?) -> ContainerNames? {
    let folders = Self.dockerFolders + (home.map { [$0 + "/.local/share/docker"] } ?? [])
    for folder in folders {
      guard let configuration = configuration("\(folder)/containers/\(id)/config.v2.json") else { continue }
      return ContainerNames(runtime: .docker, container: configuration.container)
    }
    return nil
  }

  /// The annotations of a task of containerd.
  private func taskNames(_ id: String) -> ContainerNames? {
    for folder in Self.taskFolders {
      for namespace in ["k8s.io", "default", "moby"] {
        guard let configuration = configuration("\(folder)\(namespace)/\(id)/config.json") else { continue }
        return ContainerNames(
          runtime: .containerd, container: configuration.container, pod: configuration.pod)
      }
    }
    return nil
  }

  /// The annotations of a container of CRI-O.
  private func storageNames(_ id: String) -> ContainerNames? {
    for folder in Self.storageFolders {
      guard let configuration = configuration("\(folder)/overlay-containers/\(id)/userdata/config.json") else {
        continue
      }
      return ContainerNames(runtime: .crio, container: configuration.container, pod: configuration.pod)
    }
    return nil
  }

  /// The name that a list of containers/storage has; that of a user's own containers is below the
  /// home folder.
  private func storedName(
    _ id: [UInt8], _ home: String?, _ stored: inout [String: StoredContainers]
  ) -> ContainerNames? {
    let folders = ["var/lib/containers/storage"] + (home.map { [$0 + "/.local/share/containers/storage"] } ?? [])
    for folder in folders {
      for driver in ["overlay", "vfs", "btrfs", "zfs"] {
        let path = "\(folder)/\(driver)-containers/containers.json"
        if stored[path] == nil {
          // A list that is not there is looked for only once.
          let bytes = read(path) ?? []
          stored[path] = StoredContainers(parsing: bytes.span)
        }
        if let name = stored[path]?.names[id] { return ContainerNames(runtime: .podman, container: name) }
      }
    }
    return nil
  }

  private func configuration(_ path: String) -> ContainerConfiguration? {
    read(path).map { ContainerConfiguration(parsing: $0.span) }
  }

  /// The home folder of a user, below the root, by `etc/passwd`.
  private func homeFolder(of user: UInt32) -> String? {
    guard let bytes = read("etc/passwd") else { return nil }
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let parts = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
      guard parts.count >= 6, UInt32(String(decoding: parts[2], as: UTF8.self)) == user else { continue }
      let home = String(raw: Array(parts[5]))
      return home.hasPrefix("/") ? String(home.dropFirst()) : nil
    }
    return nil
  }

  // MARK: Reading

  /// The content of a file; `nil` when it is not there, may not be read, or is no regular file.
  private func read(_ path: String) -> [UInt8]? {
    do throws(SystemError) {
      let file = try Descriptor.openWithoutWaiting(root + path)
      guard try file.status().isRegular else { return nil }
      var bytes: [UInt8] = []
      try file.readAll(into: &bytes, limit: Self.longestFile, subject: path)
      return bytes
    } catch {
      return nil
    }
  }

  /// Calls `body` with the names in a folder until it returns false.
  private func forEachName(in path: String, _ body: ([UInt8]) -> Bool) {
    guard let folder = try? Descriptor.open(root + path, for: .directory) else { return }
    var reader = DirectoryReader(folder)
    for _ in 0..<Self.mostEntries {
      guard let name = (try? reader.nextName()) ?? nil, body(name) else { return }
    }
  }
}
