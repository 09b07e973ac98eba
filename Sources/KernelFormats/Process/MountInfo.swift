/// `/proc/PID/mountinfo`: what is mounted where (`fs/proc_namespace.c`, `show_mountinfo`).
package enum MountInfo {
  /// A network namespace that is mounted on a file, which keeps it without any process in it:
  /// `ip netns add` and container engines do so.
  package struct MountedNamespace: Sendable, Hashable {
    /// The inode number of the namespace.
    package let inode: UInt32
    /// The file that it is mounted on, such as `/run/netns/web`.
    package let path: [UInt8]
  }

  /// The mounted network namespaces, in the order of the lines.
  ///
  /// A line has an id, the parent's id, the device, the root of the mount in its file system
  /// (`net:[INODE]` for a network namespace), the mount point, options, optional fields up to a
  /// `-`, then the type: `nsfs`. Blanks, tabs, newlines and backslashes in a path are octal
  /// escapes. Lines of another form are skipped.
  package static func networkNamespaces(parsing bytes: Span<UInt8>) -> [MountedNamespace] {
    var found: [MountedNamespace] = []
    var start = 0
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
      if let namespace = namespace(of: bytes.extracting(start..<end)) { found.append(namespace) }
      start = end + 1
    }
    return found
  }

  private static func namespace(of line: Span<UInt8>) -> MountedNamespace? {
    var start = 0
    var root: UInt32?
    var path: [UInt8] = []
    var index = 0
    var typeFollows = false
    while start < line.count {
      var end = start
      while end < line.count, line[end] != UInt8(ascii: " ") { end += 1 }
      let word = line.extracting(start..<end)
      switch index {
      case 3:
        root = FileLink.networkNamespace(word)
        // Nearly all lines end here.
        if root == nil { return nil }
      case 4: path = unescaped(word)
      case 6...:
        if typeFollows {
          guard let root, word.count == 4, word[0] == UInt8(ascii: "n"), word[1] == UInt8(ascii: "s"),
            word[2] == UInt8(ascii: "f"), word[3] == UInt8(ascii: "s")
          else { return nil }
          return MountedNamespace(inode: root, path: path)
        }
        typeFollows = word.count == 1 && word[0] == UInt8(ascii: "-")
      default: break
      }
      index += 1
      start = end + 1
    }
    return nil
  }

  /// Replaces a backslash with three octal digits by the byte that it stands for
  /// (`mangle_path`, `fs/seq_file.c`).
  private static func unescaped(_ word: Span<UInt8>) -> [UInt8] {
    var path: [UInt8] = []
    path.reserveCapacity(word.count)
    var index = 0
    while index < word.count {
      if word[index] == UInt8(ascii: "\\"), index + 3 < word.count {
        let digits = (1...3).map { word[index + $0] &- UInt8(ascii: "0") }
        if digits[0] < 4, digits[1] < 8, digits[2] < 8 {
          path.append(digits[0] << 6 | digits[1] << 3 | digits[2])
          index += 4
          continue
        }
      }
      path.append(word[index])
      index += 1
    }
    return path
  }
}
