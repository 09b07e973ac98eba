import LinuxSystem

/// The folders of the cgroup (v2) hierarchy, whose inode numbers are the ids that sock_diag reports
/// (`kernel/cgroup/cgroup.c`, `cgroup_id`).
struct CgroupTree: Sendable {
  /// How many folders are opened, unless asked otherwise, before the search ends.
  static let mostFolders = 100_000
  /// How deep folders may be nested; the kernel's own default limit is far lower.
  private static let deepest = 64
  /// Where systemd mounts the hierarchy: alone, or beside those of version 1.
  static let mounts = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]

  /// The folders where the hierarchy may be mounted.
  var mounts = CgroupTree.mounts
  /// How many folders are opened before the search ends.
  var mostFolders = CgroupTree.mostFolders
  /// Whether a folder counts only when it is in a mounted hierarchy.
  var isMounted = true

  /// The paths of the cgroups with the ids, below the root of the hierarchy, such as
  /// `/system.slice/ssh.service`.
  ///
  /// Folders are looked at level by level, and the search ends when all were found: the services of
  /// a machine are found without opening one of their own folders. A cgroup that was removed, or is
  /// outside of this mount, has no path.
  func paths(of ids: Set<UInt64>) -> [UInt64: [UInt8]] {
    guard !ids.isEmpty else { return [:] }
    for mount in mounts {
      guard let folder = try? Descriptor.open(mount, for: .directory), folder.isInCgroupFileSystem || !isMounted else {
        continue
      }
      var search = Search(mount: mount, wanted: ids, rest: mostFolders)
      if let status = try? folder.status() { search.meet(status.inode, [UInt8(ascii: "/")]) }
      var level: [[UInt8]] = [[]]
      for _ in 0..<Self.deepest where !level.isEmpty && !search.isDone { level = search.enter(level) }
      return search.found
    }
    return [:]
  }

  private struct Search {
    let mount: String
    let wanted: Set<UInt64>
    /// How many more folders may be opened.
    var rest: Int
    var found: [UInt64: [UInt8]] = [:]

    init(mount: String, wanted: Set<UInt64>, rest: Int) {
      self.mount = mount
      self.wanted = wanted
      self.rest = rest
    }

    var isDone: Bool { found.count == wanted.count || rest <= 0 }

    mutating func meet(_ inode: UInt64, _ path: [UInt8]) {
      if wanted.contains(inode) { found[inode] = path }
    }

    /// Reads the folders of one level, and returns those of the next that have folders in them.
    mutating func enter(_ level: [[UInt8]]) -> [[UInt8]] {
      var next: [[UInt8]] = []
      for path in level {
        if isDone { return [] }
        let place = Array(mount.utf8) + path
        // The link count is two more than the number of folders inside, where the file system counts
        // them: most groups have none.
        if !path.isEmpty, let status = try? FileStatus(ofPath: place), status.links == 2 { continue }
        guard let folder = try? Descriptor.open(String(raw: place), for: .directory) else {
          continue
        }
        rest -= 1
        var reader = DirectoryReader(folder)
        while let (name, inode) = (try? reader.nextFolder()) ?? nil {
          let inner = path + [UInt8(ascii: "/")] + name
          meet(inode, inner)
          next.append(inner)
        }
      }
      return next
    }
  }
}
