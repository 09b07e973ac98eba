import Glibc

/// Writing a file so that readers see the old or the new one, and never a part.
package enum FileReplacement {
  /// Replaces a file, or makes it: what is written goes to a new file beside it, which is then given
  /// its name, with `rename(2)`. Folders that are missing are made for this user only. A link stays,
  /// and the file that it leads to is replaced.
  package static func write(
    _ bytes: Span<UInt8>, to path: String, permissions: UInt32
  ) throws(SystemError) {
    let target = target(of: path)
    let parts = target.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard let last = parts.last, !last.isEmpty else { throw SystemError("openat", path, code: EISDIR) }
    var folderPath = String(decoding: target.utf8.dropLast(last.count), as: UTF8.self)
    if folderPath.isEmpty { folderPath = "." }
    try makeFolders(folderPath)
    let folder = try Descriptor.open(folderPath, for: .directory)
    let name = String(decoding: last, as: UTF8.self)
    let draft = ".\(name).\(getpid())"
    // A draft that a process with the same number left is of no use to anybody.
    try? folder.removeFile(draft)
    do throws(SystemError) {
      let file = try Descriptor.open(draft, in: folder, for: .creating, permissions: permissions)
      try file.writeAll(bytes)
      guard fsync(file.number) == 0 else { throw SystemError("fsync", path) }
      let result = unsafe draft.withRawCString { (old) in
        unsafe name.withRawCString { unsafe renameat(folder.number, old, folder.number, $0) }
      }
      guard result == 0 else { throw SystemError("renameat", path) }
    } catch {
      try? folder.removeFile(draft)
      throw error
    }
  }

  /// The file that a path leads to over links; the path itself when there is none yet.
  private static func target(of path: String) -> String {
    let real = unsafe path.withRawCString { unsafe realpath($0, nil) }
    guard let real = unsafe real else { return path }
    defer { unsafe free(real) }
    return unsafe String(
      raw: Array(UnsafeBufferPointer(start: real, count: strlen(real))).map { UInt8(bitPattern: $0) })
  }

  private static func makeFolders(_ path: String) throws(SystemError) {
    let parts = path.utf8.split(separator: UInt8(ascii: "/"))
    var made = path.hasPrefix("/") ? "/" : ""
    for part in parts {
      made += String(decoding: part, as: UTF8.self) + "/"
      let result = unsafe made.withRawCString { unsafe mkdir($0, 0o700) }
      guard result == 0 || errno == EEXIST || errno == EROFS || errno == EACCES else {
        throw SystemError("mkdir", made)
      }
    }
  }
}

extension SystemError {
  /// That a file is larger than it may be (EFBIG).
  package static func tooLarge(_ path: String) -> SystemError { SystemError("read", path, code: EFBIG) }
}
