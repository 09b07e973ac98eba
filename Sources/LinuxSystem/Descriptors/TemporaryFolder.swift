import Glibc

/// A new folder below `/tmp` that only this user can enter; it is removed, with the files in it, at
/// the end of its scope.
package struct TemporaryFolder: ~Copyable, Sendable {
  /// The folder's absolute path.
  package let path: String

  /// Makes a folder whose name begins with `prefix`, with `mkdtemp(3)`.
  package init(prefix: String) throws(SystemError) {
    var template = Array("/tmp/\(prefix)-XXXXXX".utf8CString)
    let made = unsafe template.withUnsafeMutableBufferPointer { (buffer) -> Bool in
      guard let base = buffer.baseAddress else { return false }
      return unsafe mkdtemp(base) != nil
    }
    guard made else { throw SystemError("mkdtemp", prefix) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    // Only files are expected; a folder inside stays, and so does this one, because nothing is
    // followed.
    if let folder = try? Descriptor.open(path, for: .directory) {
      var names: [[UInt8]] = []
      var reader = DirectoryReader(folder)
      while let name = (try? reader.nextName()) ?? nil { names.append(name) }
      for name in names { unsafe unlink(path + "/" + String(decoding: name, as: UTF8.self)) }
    }
    unsafe rmdir(path)
  }
}

/// Whether this process may execute the file, by `access(2)`.
package func mayExecute(_ path: String) -> Bool { unsafe access(path, X_OK) == 0 }
