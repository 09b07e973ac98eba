import KernelFormats
import LinuxSystem
import SocketModel
import Text

extension RootFolder {
  /// A folder, or the top of an archive, that the user named and whose content is not trusted; `nil`
  /// for anything else, such as a table or a mounted /proc.
  static func untrusted(_ path: String) throws(InspectionError) -> RootFolder? {
    let file = try file(named: path)
    let status = try status(of: file, path: path)
    if status.isRegular {
      guard try isArchive(file, path: path) else { return nil }
      return try archive(.file(file), path: path)
    }
    return status.isDirectory && !file.isInProcFileSystem ? .open(file) : nil
  }

  /// Opens what the user named; `-` is standard input.
  static func file(named path: String) throws(InspectionError) -> Descriptor {
    do throws(SystemError) {
      if path == "-" { return try Descriptor.duplicating(0) }
      return try Descriptor.openWithoutWaiting(path)
    } catch {
      throw .unreadable(root: path, error)
    }
  }

  /// What the file system knows about a root.
  static func status(of file: borrowing Descriptor, path: String) throws(InspectionError) -> FileStatus {
    do throws(SystemError) {
      return try file.status()
    } catch {
      throw .unreadable(root: path, error)
    }
  }

  /// Whether a regular file is a tar archive.
  ///
  /// - Throws: ``InspectionError/compressed(_:program:)`` when it is compressed.
  static func isArchive(_ file: borrowing Descriptor, path: String) throws(InspectionError) -> Bool {
    var beginning: [UInt8] = []
    do throws(SystemError) {
      try file.read(TarHeader.blockSize, at: 0, into: &beginning)
    } catch {
      throw .unreadable(root: path, error)
    }
    return try isArchive(beginning, path: path)
  }

  /// The same for the beginning of a file.
  static func isArchive(_ beginning: [UInt8], path: String) throws(InspectionError) -> Bool {
    if let program = Self.program(thatCompressed: beginning) { throw .compressed(path, program: program) }
    return TarHeader.beginsArchive(beginning.span)
  }

  /// The folder in an archive that is the root: its top or, where that holds one folder only, the
  /// folder: `tar -cf web1.tar web1` puts its name before all paths.
  static func archive(_ source: consuming ArchiveTree.Source, path: String) throws(InspectionError) -> RootFolder {
    var folder = ArchivedFolder(try ArchiveTree(source, path: path))
    // These are part of a tree themselves, or of a series, and not around one.
    while let inner = folder.onlyFolder, !["net", "proc", "self", "0001"].contains(where: inner.hasName) {
      folder = inner
    }
    return .archived(folder)
  }

  /// The program that decompresses a file which begins so; `nil` when it is not compressed.
  private static func program(thatCompressed beginning: [UInt8]) -> String? {
    let signatures: [(bytes: [UInt8], program: String)] = [
      ([0x1F, 0x8B], "gzip"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "xz"),
      (Array("BZh".utf8), "bzip2"), ([0x04, 0x22, 0x4D, 0x18], "lz4"),
    ]
    return signatures.first { beginning.starts(with: $0.bytes) }?.program
  }
}
