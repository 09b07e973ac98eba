import LinuxSystem

/// The folders of the cgroup (v2) hierarchy, whose inode numbers are the ids that sock_diag reports
/// (`kernel/cgroup/cgroup.c`, `cgroup_id`).
enum CgroupTree {
  /// How many folders are looked at before the search ends.
  static let mostFolders = 100_000
  /// How deep folders may be nested; the kernel's own default limit is far lower.
  static let deepest = 64

  /// The paths of the cgroups with the ids, below the root of the hierarchy, such as
  /// `/system.slice/ssh.service`.
  ///
  /// The search ends when all were found. A cgroup that was removed, or is outside of this mount,
  /// has no path.
  static func paths(of ids: Set<UInt64>) -> [UInt64: [UInt8]] {
    guard !ids.isEmpty else { return [:] }
    for place in ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"] {
      guard let folder = try? Descriptor.open(place, for: .directory), folder.isInCgroupFileSystem else { continue }
      var search = Search(place: place, wanted: ids)
      if let status = try? folder.status() { search.meet(status.inode, [UInt8(ascii: "/")]) }
      search.enter([], depth: 0)
      return search.found
    }
    return [:]
  }

  private struct Search {
    let place: String
    let wanted: Set<UInt64>
    var found: [UInt64: [UInt8]] = [:]
    var seen = 0

    init(place: String, wanted: Set<UInt64>) {
      self.place = place
      self.wanted = wanted
    }

    var isDone: Bool { found.count == wanted.count || seen >= CgroupTree.mostFolders }

    mutating func meet(_ inode: UInt64, _ path: [UInt8]) {
      seen += 1
      if wanted.contains(inode) { found[inode] = path }
    }

    mutating func enter(_ path: [UInt8], depth: Int) {
      guard depth < CgroupTree.deepest,
        let folder = try? Descriptor.open(place + String(decoding: path, as: UTF8.self), for: .directory)
      else { return }
      var inner: [[UInt8]] = []
      var reader = DirectoryReader(folder)
      while !isDone, let (name, inode) = try? reader.nextFolder() {
        inner.append(path + [UInt8(ascii: "/")] + name)
        meet(inode, path + [UInt8(ascii: "/")] + name)
      }
      for path in inner where !isDone { enter(path, depth: depth + 1) }
    }
  }
}
