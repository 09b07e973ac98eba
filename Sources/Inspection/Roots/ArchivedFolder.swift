import KernelFormats
import LinuxSystem
import SocketModel

/// A folder of an archive.
package struct ArchivedFolder: Sendable {
  let tree: ArchiveTree
  let node: ArchiveTree.Node

  init(_ tree: ArchiveTree, _ node: ArchiveTree.Node = ArchiveTree.top) {
    self.tree = tree
    self.node = node
  }

  /// The names of its entries.
  var names: [[UInt8]] { tree[node].children.map { tree[$0].name } }

  /// The only entry when that is a folder, as `tar -cf x.tar FOLDER` has it; otherwise `nil`.
  var onlyFolder: ArchivedFolder? {
    let children = tree[node].children
    guard children.count == 1, tree[children[0]].kind == .folder else { return nil }
    return ArchivedFolder(tree, children[0])
  }

  /// Whether the folder has this name.
  func hasName(_ name: String) -> Bool { tree[node].name.elementsEqual(name.utf8) }

  /// A folder below it.
  func folder(_ path: String) throws(SystemError) -> ArchivedFolder {
    let found = try tree.find(path, from: node)
    guard tree[found].kind == .folder else { throw SystemError("open", path, code: SystemError.noFolder) }
    return ArchivedFolder(tree, found)
  }

  /// A regular file below it.
  func file(_ path: String) throws(SystemError) -> ArchivedFile {
    let found = try tree.find(path, from: node)
    guard tree[found].kind == .file else { throw SystemError("open", path, code: SystemError.invalidArgument) }
    return ArchivedFile(tree, tree[found].content)
  }

  /// The target of a symbolic link in it.
  func link(_ name: String) throws(SystemError) -> [UInt8] {
    var folder = node
    var name = name.rawBytes[...]
    if let slash = name.lastIndex(of: UInt8(ascii: "/")) {
      folder = try self.folder(String(raw: Array(name[..<slash]))).node
      name = name[(slash + 1)...]
    }
    guard let found = tree.node(Array(name), in: folder) else {
      throw SystemError("readlink", String(raw: Array(name)), code: SystemError.absent)
    }
    guard tree[found].kind == .symbolicLink else {
      throw SystemError("readlink", String(raw: Array(name)), code: SystemError.invalidArgument)
    }
    return tree[found].target
  }

  /// Calls `body` with each descriptor that is a link to a socket, and its inode;
  /// `holder` with those that are an io_uring.
  func forEachSocket(
    holder: (Int32, SocketLinks.Holder) -> Void, _ body: (Int32, UInt64) -> Void
  ) -> SocketLinks.Outcome {
    var count = 0
    for child in tree[node].children {
      guard let descriptor = Self.number(tree[child].name) else { continue }
      count += 1
      guard tree[child].kind == .symbolicLink else { continue }
      let target = tree[child].target
      if let inode = FileLink.socketInode(target.span) {
        body(descriptor, inode)
      } else if target.elementsEqual("anon_inode:[io_uring]".utf8) {
        holder(descriptor, .ring)
      }
    }
    return .complete(count: count)
  }

  /// A name that is a decimal number, as ``DirectoryReader/nextNumber()`` reads it.
  static func number(_ name: [UInt8]) -> Int32? {
    var number: Int32 = 0
    for byte in name {
      let digit = byte &- UInt8(ascii: "0")
      guard digit < 10, number < 200_000_000 else { return nil }
      number = number * 10 + Int32(digit)
    }
    return name.isEmpty ? nil : number
  }
}

/// A file of an archive, which is read from its beginning on.
package struct ArchivedFile: Sendable {
  private let tree: ArchiveTree
  private let content: Range<Int>
  private var position: Int

  init(_ tree: ArchiveTree, _ content: Range<Int>) {
    self.tree = tree
    self.content = content
    position = content.lowerBound
  }

  /// How many bytes are left.
  var rest: Int { content.upperBound - position }

  /// Returns the next bytes, as many as are left, at most `count`.
  mutating func next(_ count: Int) throws(SystemError) -> [UInt8] {
    let range = position..<(position + min(rest, count))
    if range.isEmpty { return [] }
    let bytes = try tree.bytes(range)
    // The archive became shorter since its headers were read.
    guard bytes.count == range.count else { throw SystemError("pread", code: SystemError.inputOutput) }
    position = range.upperBound
    return bytes
  }

  /// Goes back to the beginning.
  mutating func rewind() { position = content.lowerBound }
}
