import KernelFormats
import LinuxSystem
import SocketModel

/// The folders, files and links of a tar archive, with the places of their contents, which are read
/// when they are asked for. Nothing is unpacked.
///
/// The archive is not trusted. Links are followed within it only, and a path that leads out of it is
/// an error. What is kept is a fraction of the archive's own size.
final class ArchiveTree: Sendable {
  /// A number of a folder, file or link in ``nodes``.
  typealias Node = Int

  struct Entry: Sendable {
    let kind: TarHeader.Kind
    let name: [UInt8]
    let parent: Node
    /// Where the content of a file is.
    let content: Range<Int>
    /// The target of a symbolic link.
    let target: [UInt8]
    /// What is in a folder, in the order of the archive.
    var children: [Node] = []
  }

  private struct Place: Hashable {
    let folder: Node
    let name: [UInt8]
  }

  /// The archive itself.
  enum Source: ~Copyable, Sendable {
    /// A file.
    case file(Descriptor)
    /// What was read from a pipe.
    case memory([UInt8])
  }

  private let source: Source
  private let entries: [Entry]
  private let places: [Place: Node]

  /// The folder that holds all.
  static let top: Node = 0
  /// Longer paths are errors; the corresponding C constant is `PATH_MAX`.
  private static let longestPath = 4096
  /// What is nested deeper is left out: nothing that is read is.
  private static let deepest = 24
  /// How many links are followed in one path, as by the kernel (`MAXSYMLINKS`).
  private static let mostLinks = 40

  /// Reads the headers of an archive.
  ///
  /// - Throws: ``InspectionError/damagedArchive(_:_:)`` when it is damaged, was cut, or holds a path
  ///   that leads out of it.
  init(_ source: consuming Source, path: String) throws(InspectionError) {
    var builder = Builder()
    do throws(SystemError) {
      try builder.read(source)
    } catch {
      throw .unreadable(root: path, error)
    }
    if let failure = builder.failure { throw .damagedArchive(path, failure) }
    entries = builder.entries
    places = builder.places
    self.source = source
  }

  /// The bytes of a part of the archive, as many as it has.
  func bytes(_ range: Range<Int>) throws(SystemError) -> [UInt8] { try Self.bytes(range, of: source) }

  private static func bytes(_ range: Range<Int>, of source: borrowing Source) throws(SystemError) -> [UInt8] {
    switch source {
    case .file(let descriptor):
      var bytes: [UInt8] = []
      try descriptor.read(range.count, at: range.lowerBound, into: &bytes)
      return bytes
    case .memory(let bytes): return Array(bytes[range.clamped(to: 0..<bytes.count)])
    }
  }

  private static func size(of source: borrowing Source) throws(SystemError) -> Int {
    switch source {
    case .file(let descriptor): return Int(try descriptor.status().size)
    case .memory(let bytes): return bytes.count
    }
  }

  subscript(node: Node) -> Entry { entries[node] }

  /// What is directly in a folder under a name; links are not followed.
  func node(_ name: [UInt8], in folder: Node) -> Node? { places[Place(folder: folder, name: name)] }

  /// The file or folder that a path leads to from a folder. Links are followed.
  ///
  /// - Throws: what `openat2(2)` would report with `RESOLVE_BENEATH`: ENOENT, ENOTDIR, ELOOP or,
  ///   when it leads out of the folder, EXDEV.
  func find(_ path: String, from folder: Node) throws(SystemError) -> Node {
    func failure(_ code: Int32) -> SystemError { SystemError("open", path, code: code) }
    // The components that are left, the next one last.
    var left = Self.components(path.rawBytes).reversed() as [[UInt8]]
    if path.rawBytes.first == UInt8(ascii: "/") { throw failure(SystemError.otherPlace) }
    var current = folder
    var links = 0
    while let name = left.popLast() {
      guard entries[current].kind == .folder else { throw failure(SystemError.noFolder) }
      if name == Self.parent {
        if current == folder { throw failure(SystemError.otherPlace) }
        current = entries[current].parent
        continue
      }
      guard let node = node(name, in: current) else { throw failure(SystemError.absent) }
      guard entries[node].kind == .symbolicLink else {
        current = node
        continue
      }
      links += 1
      if links > Self.mostLinks { throw failure(SystemError.link) }
      let target = entries[node].target
      if target.first == UInt8(ascii: "/") { throw failure(SystemError.otherPlace) }
      left += Self.components(target).reversed()
    }
    return current
  }

  private static let parent: [UInt8] = Array("..".utf8)

  /// The components of a path without `.` and empty ones.
  private static func components(_ path: [UInt8]) -> [[UInt8]] {
    path.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }.map { Array($0) }
  }

  // MARK: Reading the headers

  private struct Builder {
    var entries: [Entry] = [Entry(kind: .folder, name: [], parent: 0, content: 0..<0, target: [])]
    var places: [Place: Node] = [:]
    /// What is wrong with the archive.
    var failure: String?
    /// The folder of the last entry: most entries are in the same as the one before.
    private var lastFolder: (path: [UInt8], node: Node)?

    /// How many bytes are read at once: headers of links and small files are adjacent.
    private static let readSize = 262_144

    mutating func read(_ source: borrowing Source) throws(SystemError) {
      let size = try ArchiveTree.size(of: source)
      var walk = TarEntries()
      var buffer: [UInt8] = []
      var start = 0
      while failure == nil, let wanted = walk.wanted {
        if wanted.lowerBound < start || wanted.upperBound > start + buffer.count {
          start = wanted.lowerBound
          let end = min(size, start + max(Self.readSize, wanted.count))
          buffer = start < end ? try ArchiveTree.bytes(start..<end, of: source) : []
        }
        let low = wanted.lowerBound - start
        let high = min(buffer.count, wanted.upperBound - start)
        do throws(DecodeError) {
          let entry = try walk.take(buffer.span.extracting(low..<max(low, high)))
          if let entry { add(entry, archive: size) }
        } catch {
          failure = "\(error.message), at byte \(wanted.lowerBound)"
        }
      }
    }

    private mutating func add(_ entry: TarEntry, archive size: Int) {
      if entry.content.upperBound > size {
        failure = "it ends within \(shown(entry.path)): it was cut"
        return
      }
      guard entry.path.count <= ArchiveTree.longestPath, entry.target.count <= ArchiveTree.longestPath else {
        failure = "a path in it has \(max(entry.path.count, entry.target.count)) bytes, more than any file's"
        return
      }
      var parts = ArchiveTree.components(entry.path)
      if parts.contains(ArchiveTree.parent) {
        failure = "a path in it leads out of it: \(shown(entry.path))"
        return
      }
      // The top itself, `./`.
      guard let name = parts.popLast(), parts.count < ArchiveTree.deepest else { return }
      let folderPath = Array(entry.path.dropLast(name.count + (entry.path.last == UInt8(ascii: "/") ? 1 : 0)))
      guard let folder = folder(parts, path: folderPath) else { return }
      switch entry.kind {
      case .folder: _ = self.folder(parts + [name], path: [])
      case .file: set(entry.kind, name, in: folder, content: entry.content)
      case .symbolicLink: set(entry.kind, name, in: folder, target: entry.target)
      case .hardLink:
        guard let original = existing(ArchiveTree.components(entry.target)) else { return }
        let found = entries[original]
        guard found.kind != .folder else { return }
        set(found.kind, name, in: folder, content: found.content, target: found.target)
      default: set(.special, name, in: folder)
      }
    }

    private func shown(_ path: [UInt8]) -> String { String(raw: Array(path.prefix(200))) }

    private func existing(_ parts: [[UInt8]]) -> Node? {
      var node = ArchiveTree.top
      for part in parts {
        guard let next = places[Place(folder: node, name: part)] else { return nil }
        node = next
      }
      return node
    }

    /// The folder at a path, which is made with those around it: not all archives have entries for
    /// them. What is there but no folder is replaced, as by tar.
    private mutating func folder(_ parts: [[UInt8]], path: [UInt8]) -> Node? {
      if let lastFolder, !path.isEmpty, lastFolder.path == path { return lastFolder.node }
      var node = ArchiveTree.top
      for part in parts {
        if let next = places[Place(folder: node, name: part)], entries[next].kind == .folder {
          node = next
        } else {
          node = set(.folder, part, in: node)
        }
      }
      if !path.isEmpty { lastFolder = (path, node) }
      return node
    }

    @discardableResult
    private mutating func set(
      _ kind: TarHeader.Kind, _ name: [UInt8], in folder: Node, content: Range<Int> = 0..<0, target: [UInt8] = []
    ) -> Node {
      let place = Place(folder: folder, name: name)
      let entry = Entry(kind: kind, name: name, parent: folder, content: content, target: target)
      if let old = places[place] {
        // A later entry counts.
        if entries[old].kind == .folder { lastFolder = nil }
        entries[old] = entry
        return old
      }
      let node = entries.count
      entries.append(entry)
      places[place] = node
      entries[folder].children.append(node)
      return node
    }
  }
}
