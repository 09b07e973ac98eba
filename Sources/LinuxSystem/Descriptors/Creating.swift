import CLinux
import Glibc

extension Descriptor {
  /// Makes a folder that must not exist yet, with `mkdirat(2)`.
  package func makeFolder(_ name: String, permissions: UInt32 = 0o777) throws(SystemError) {
    let result = unsafe name.withRawCString { unsafe mkdirat(number, $0, permissions) }
    guard result == 0 else { throw SystemError("mkdirat", name) }
  }

  /// Makes a folder for this user only and opens it.
  ///
  /// Another user who may write to this folder could replace the new one with a link or a folder of
  /// theirs before it is opened: then it is an error (ELOOP, ENOTDIR or EPERM), and nothing is
  /// opened.
  package func makePrivateFolder(_ name: String) throws(SystemError) -> Descriptor {
    try makeFolder(name, permissions: 0o700)
    let folder = try Descriptor.openBeneath(name, in: self, directoryExpected: true, followLinks: false)
    guard try folder.status().isOwn else { throw SystemError("mkdirat", name, code: EPERM) }
    return folder
  }

  /// Removes an empty folder, with `unlinkat(2)` and `AT_REMOVEDIR`.
  package func removeFolder(_ name: String) throws(SystemError) {
    guard unsafe unlinkat(number, name, AT_REMOVEDIR) == 0 else { throw SystemError("unlinkat", name) }
  }

  /// Removes a folder with everything in it, following no link. Something that another process
  /// makes in it meanwhile may keep it from being removed.
  package func removeTree(_ name: String) throws(SystemError) {
    var names: [[UInt8]] = []
    var reader = DirectoryReader(
      try Descriptor.openBeneath(name, in: self, directoryExpected: true, followLinks: false))
    while let entry = try reader.nextName() { names.append(entry) }
    let folder = try Descriptor.openBeneath(name, in: self, directoryExpected: true, followLinks: false)
    for entry in names {
      let entry = String(decoding: entry, as: UTF8.self)
      if try folder.status(of: entry, followLinks: false).isDirectory {
        try folder.removeTree(entry)
      } else if unsafe unlinkat(folder.number, entry, 0) != 0 {
        throw SystemError("unlinkat", entry)
      }
    }
    try removeFolder(name)
  }

  /// Gives a file of this folder a name that must not exist yet: `renameat2(2)` with
  /// `RENAME_NOREPLACE` or, where the file system cannot do that, `linkat(2)` and `unlinkat(2)`.
  package func rename(_ name: String, toNew newName: String) throws(SystemError) {
    let result = unsafe name.withRawCString { (old) in
      unsafe newName.withRawCString { unsafe sockinspect_rename_new(number, old, $0) }
    }
    if result == 0 { return }
    guard errno == EINVAL || errno == ENOSYS else { throw SystemError("renameat2", newName) }
    let linked = unsafe name.withRawCString { (old) in
      unsafe newName.withRawCString { unsafe linkat(number, old, number, $0, 0) }
    }
    guard linked == 0 else { throw SystemError("linkat", newName) }
    try removeFile(name)
  }

  /// Removes a file, with `unlinkat(2)`.
  package func removeFile(_ name: String) throws(SystemError) {
    let result = unsafe name.withRawCString { unsafe unlinkat(number, $0, 0) }
    guard result == 0 else { throw SystemError("unlinkat", name) }
  }

  /// Makes a symbolic link that must not exist yet, with `symlinkat(2)`. Its target need not exist.
  package func makeLink(_ name: String, to target: [UInt8]) throws(SystemError) {
    // The C string ends at the first NUL, which no link can contain anyway.
    var text = target.prefix { $0 != 0 }.map { CChar(bitPattern: $0) }
    text.append(0)
    let result = unsafe name.withRawCString { unsafe symlinkat(text, number, $0) }
    guard result == 0 else { throw SystemError("symlinkat", name) }
  }

  /// Whether the folder has no entries.
  package func isEmptyFolder() throws(SystemError) -> Bool {
    var reader = DirectoryReader(try Descriptor.open(".", in: self, for: .directory))
    return try reader.nextName() == nil
  }
}

extension SystemError {
  /// Whether something of that name exists already (EEXIST).
  package var isPresent: Bool { code == EEXIST }
}

/// The kernel's description of the machine; the C function is `uname`.
package enum Machine {
  /// The architecture as `uname -m` prints it, such as `x86_64`; empty when unknown.
  ///
  /// To a process that setarch(8) started the kernel reports the name of the 32-bit variant; this
  /// is the real one.
  package static var architecture: String {
    if let own = ownArchitecture, sockinspect_claims_32_bits() != 0 { return own }
    var names = utsname()
    guard unsafe uname(&names) == 0 else { return "" }
    return unsafe withUnsafeBytes(of: &names.machine) { (bytes) -> String in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// The architecture that the kernel of a 64-bit program must have.
  private static var ownArchitecture: String? {
    #if arch(x86_64)
      "x86_64"
    #elseif arch(arm64)
      "aarch64"
    #else
      nil
    #endif
  }
}
