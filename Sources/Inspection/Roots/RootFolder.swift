import KernelFormats
package import LinuxSystem
import SocketModel

/// A folder of a root: open in the file system, or in an archive.
package enum RootFolder: ~Copyable, Sendable {
  /// A folder that is open; a file or pipe for a root that is a single table.
  case open(Descriptor)
  /// A folder of an archive.
  case archived(ArchivedFolder)

  /// Whether it is a folder of an archive.
  var isArchived: Bool {
    switch self {
    case .open: false
    case .archived: true
    }
  }

  /// Opens a folder below this one whose content is not trusted, see ``Descriptor/openBeneath``.
  func openBeneath(_ path: String) throws(SystemError) -> RootFolder {
    switch self {
    case .open(let folder): return .open(try Descriptor.openBeneath(path, in: folder, directoryExpected: true))
    case .archived(let folder): return .archived(try folder.folder(path))
    }
  }

  /// Opens something below this folder of a mounted /proc as a descriptor.
  func openLive(_ path: String, for purpose: Descriptor.Purpose = .reading) throws(SystemError) -> Descriptor {
    switch self {
    case .open(let folder): return try Descriptor.open(path, in: folder, for: purpose)
    case .archived: throw SystemError("openat", path, code: SystemError.noFolder)
    }
  }

  /// Another descriptor of the file or pipe that this is, for a root that is a single table.
  func duplicate() throws(SystemError) -> Descriptor {
    switch self {
    case .open(let file): return try Descriptor.duplicating(file.number)
    case .archived: throw SystemError("fcntl", code: SystemError.noFolder)
    }
  }

  /// Opens a regular file below this folder whose content is not trusted.
  func openFileBeneath(_ path: String) throws(SystemError) -> RootFile {
    switch self {
    case .open(let folder):
      let file = try Descriptor.openBeneath(path, in: folder)
      guard try file.status().isRegular else { throw SystemError("open", path, code: SystemError.invalidArgument) }
      return .open(file)
    case .archived(let folder): return .archived(try folder.file(path))
    }
  }

  /// Whether a folder is below this one.
  func hasFolder(_ path: String) -> Bool { (try? openBeneath(path)) != nil }

  /// The entries whose names are decimal numbers, in the order of the folder.
  func numbers() throws(SystemError) -> [Int32] {
    switch self {
    case .open(let folder):
      // It has its own reader: two listings may run at once, and a directory has one position.
      var reader = DirectoryReader(try Descriptor.open(".", in: folder, for: .directory))
      var numbers: [Int32] = []
      while let number = try reader.nextNumber() { numbers.append(number) }
      return numbers
    case .archived(let folder): return folder.names.compactMap(ArchivedFolder.number)
    }
  }

  /// The names of all entries, in the order of the folder.
  func names() throws(SystemError) -> [[UInt8]] {
    switch self {
    case .open(let folder):
      var reader = DirectoryReader(try Descriptor.openBeneath(".", in: folder, directoryExpected: true))
      var names: [[UInt8]] = []
      while let name = try reader.nextName() { names.append(name) }
      return names
    case .archived(let folder): return folder.names
    }
  }

  /// The target of a symbolic link in this folder.
  package func readLink(_ name: String) throws(SystemError) -> [UInt8] {
    switch self {
    case .open(let folder): return try folder.readLink(name)
    case .archived(let folder): return try folder.link(name)
    }
  }

  /// What the file system knows about the folder. An archive has no numbers and owners of files.
  package func status() throws(SystemError) -> FileStatus {
    switch self {
    case .open(let folder): return try folder.status()
    case .archived: throw SystemError("fstat", code: SystemError.noFolder)
    }
  }

  /// What the file system knows about an entry.
  package func status(of name: String, followLinks: Bool = true) throws(SystemError) -> FileStatus {
    switch self {
    case .open(let folder): return try folder.status(of: name, followLinks: followLinks)
    case .archived: throw SystemError("fstatat", name, code: SystemError.noFolder)
    }
  }

  /// Another reference to the same folder, which is not trusted.
  func copy() throws(SystemError) -> RootFolder { try openBeneath(".") }

  /// Calls `body` with the descriptor and inode of each socket, as ``SocketLinks`` does for a folder
  /// in the file system.
  func forEachSocket(
    from start: Int32, before end: Int32, limit: Int, holder: (Int32, SocketLinks.Holder) -> Void,
    _ body: (Int32, UInt64) -> Void
  ) throws(SystemError) -> SocketLinks.Outcome {
    switch self {
    case .open(let folder):
      return try SocketLinks.forEach(in: folder, from: start, before: end, limit: limit, holder: holder, body)
    case .archived(let folder): return folder.forEachSocket(holder: holder, body)
    }
  }

  /// A reader of a live folder's entries.
  consuming func reader(bufferSize: Int) throws(SystemError) -> DirectoryReader {
    switch consume self {
    case .open(let folder): return DirectoryReader(folder, bufferSize: bufferSize)
    case .archived: throw SystemError("getdents64", code: SystemError.noFolder)
    }
  }
}
