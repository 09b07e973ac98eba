package import CLinux
import Glibc

/// An open file descriptor, closed when it goes out of scope.
package struct Descriptor: ~Copyable, Sendable {
  /// The number, for calls of this module. It is valid as long as the descriptor exists.
  package let number: Int32

  /// Takes ownership of an open descriptor number.
  package init(owning number: Int32) { self.number = number }

  deinit { close(number) }

  /// Gives up ownership: the caller closes the number.
  package consuming func release() -> Int32 {
    let number = self.number
    discard self
    return number
  }

  /// The purpose that a path is opened for.
  package enum Purpose: Sendable {
    /// An existing file, for reading; a terminal does not become the controlling one.
    case reading
    /// A directory, for listing and as the start of other paths.
    case directory
    /// A directory, only as the start of other paths: it need not be readable.
    case place
    /// A new file, for writing; an existing one, or a symbolic link, is an error.
    case creating
    /// A file for writing, made when missing and emptied when not. A pipe without a reader fails
    /// with ENXIO, a symbolic link with ELOOP.
    case replacing

    /// The corresponding C constant is `O_PATH`, which Glibc's module lacks.
    private static let pathOnly: Int32 = 0o10000000

    fileprivate var flags: Int32 {
      switch self {
      case .reading: O_RDONLY | O_NOCTTY
      case .directory: O_RDONLY | O_DIRECTORY
      case .place: Self.pathOnly | O_DIRECTORY
      case .creating: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW
      case .replacing: O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_NOFOLLOW
      }
    }
  }

  /// Opens a path relative to a directory, with `openat(2)` and close-on-exec.
  package static func open(
    _ path: String, in directory: borrowing Descriptor, for purpose: Purpose = .reading, permissions: UInt32 = 0o666
  ) throws(SystemError) -> Descriptor {
    try open(path, directoryNumber: directory.number, flags: purpose.flags, permissions: permissions)
  }

  /// Opens a path relative to the current directory, with `openat(2)` and close-on-exec.
  package static func open(
    _ path: String, for purpose: Purpose = .reading, permissions: UInt32 = 0o666
  ) throws(SystemError) -> Descriptor {
    try open(path, directoryNumber: AT_FDCWD, flags: purpose.flags, permissions: permissions)
  }

  private static func open(
    _ path: String, directoryNumber: Int32, flags: Int32, permissions: UInt32
  ) throws(SystemError) -> Descriptor {
    let number = retryingInterrupts {
      unsafe path.withRawCString { unsafe sockinspect_openat(directoryNumber, $0, flags | O_CLOEXEC, permissions) }
    }
    guard number >= 0 else { throw SystemError("openat", path) }
    return Descriptor(owning: number)
  }

  /// Reads up to the buffer's size with `read(2)` and returns the count; 0 at the end of the file.
  package func read(into buffer: inout [UInt8]) throws(SystemError) -> Int {
    let count = unsafe buffer.withUnsafeMutableBytes { (bytes) -> Int in
      retryingInterrupts { unsafe Glibc.read(number, bytes.baseAddress, bytes.count) }
    }
    guard count >= 0 else { throw SystemError("read") }
    return count
  }

  /// Reads at an offset, without moving the position, until `count` bytes are read or the file ends:
  /// `pread(2)`. The bytes are appended.
  package func read(_ count: Int, at offset: Int, into output: inout [UInt8]) throws(SystemError) {
    var failure: SystemError?
    output.append(addingCapacity: count) { added in
      unsafe added.withUnsafeMutableBufferPointer { (bytes, done) in
        while done < count {
          let got = retryingInterrupts {
            unsafe pread(number, bytes.baseAddress?.advanced(by: done), count - done, off_t(offset + done))
          }
          if got < 0 { failure = SystemError("pread") }
          if got <= 0 { return }
          done += got
        }
      }
    }
    if let failure { throw failure }
  }

  /// Goes back to the beginning of the file: `lseek(2)`.
  package func rewind() throws(SystemError) {
    guard lseek(number, 0, SEEK_SET) == 0 else { throw SystemError("lseek") }
  }

  /// Empties a file that is being written: `ftruncate(2)`, from its beginning on.
  package func makeEmpty() throws(SystemError) {
    guard ftruncate(number, 0) == 0 else { throw SystemError("ftruncate") }
    try rewind()
  }

  /// Appends up to `limit` bytes of the rest of the file; /proc files return one page per read, so
  /// it continues to read until the end.
  ///
  /// `firstRead` is the size of the first read; a small one is better for many small files.
  /// - Returns: whether the end of the file was reached within the limit.
  @discardableResult
  package func readAll(
    into output: inout [UInt8], limit: Int = .max, firstRead: Int = 65536, subject: String = ""
  ) throws(SystemError) -> Bool {
    let start = output.count
    while true {
      // In steps that grow with the file, not for each read: the kernel returns /proc one page at a
      // time.
      let done = output.count - start
      let room = min(max(firstRead, done), limit - done)
      if room <= 0 {
        var one: [UInt8] = [0]
        return try read(into: &one) == 0
      }
      var failure: SystemError?
      output.append(addingCapacity: room) { added in
        unsafe added.withUnsafeMutableBufferPointer { (bytes, count) in
          let bytes = unsafe UnsafeMutableRawBufferPointer(start: bytes.baseAddress, count: room)
          (count, failure) = unsafe fill(bytes, endingBelow: 0)
        }
      }
      if let failure { throw SystemError(failure.call, subject, code: failure.code) }
      if output.count - start < done + room { return true }
    }
  }

  /// Reads into a buffer until it is full or the file ends.
  ///
  /// - Parameter end: a read that returns fewer bytes than this is taken for the last; 0 to
  ///   continue until nothing comes.
  /// - Returns: how many bytes were read, and why no more could be.
  func fill(_ buffer: inout [UInt8], endingBelow end: Int = 0) -> (count: Int, failure: SystemError?) {
    unsafe buffer.withUnsafeMutableBytes { (bytes) in unsafe fill(bytes, endingBelow: end) }
  }

  private func fill(
    _ bytes: UnsafeMutableRawBufferPointer, endingBelow end: Int
  ) -> (count: Int, failure: SystemError?) {
    var done = 0
    while done < bytes.count {
      let count = retryingInterrupts {
        unsafe Glibc.read(number, bytes.baseAddress?.advanced(by: done), bytes.count - done)
      }
      if count < 0 { return (done, SystemError("read")) }
      done += count
      if count == 0 || count < end && done < bytes.count { break }
    }
    return (done, nil)
  }

  /// Writes all bytes with `write(2)`.
  package func writeAll(_ bytes: Span<UInt8>) throws(SystemError) {
    var done = 0
    while done < bytes.count {
      let written = unsafe bytes.withUnsafeBytes { (raw) -> Int in
        retryingInterrupts { unsafe Glibc.write(number, raw.baseAddress?.advanced(by: done), raw.count - done) }
      }
      guard written >= 0 else { throw SystemError("write") }
      done += written
    }
  }

  /// The device, inode, owner and size, from `fstat(2)`.
  package func status() throws(SystemError) -> FileStatus {
    var status = stat()
    guard unsafe fstat(number, &status) == 0 else { throw SystemError("fstat") }
    return FileStatus(status)
  }
}

/// The result of `stat(2)` for a file.
package struct FileStatus: Sendable, Hashable {
  /// The device that contains it.
  package let device: UInt64
  /// Its inode number.
  package let inode: UInt64
  /// Type and permission bits, as in `st_mode`.
  package let mode: UInt32
  /// The user that owns it.
  package let uid: UInt32
  /// Its size in bytes.
  package let size: Int64
  /// How many names it has; for a folder of /proc, 2 plus one for each folder in it.
  package let links: UInt64

  package init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    mode = status.st_mode
    uid = status.st_uid
    size = Int64(status.st_size)
    links = UInt64(status.st_nlink)
  }

  /// Looks up the file that a path leads to, following links, with `stat(2)`. A path is bytes
  /// without NUL.
  package init(ofPath path: [UInt8]) throws(SystemError) {
    var status = stat()
    let text = path.prefix { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
    guard unsafe stat(text, &status) == 0 else { throw SystemError("stat", String(decoding: path, as: UTF8.self)) }
    self.init(status)
  }

  /// Whether it is a regular file that somebody may execute.
  package var isExecutableFile: Bool { mode & S_IFMT == S_IFREG && mode & 0o111 != 0 }

  /// Whether it is a directory.
  package var isDirectory: Bool { mode & S_IFMT == S_IFDIR }

  /// Whether it is a unix socket's file.
  package var isSocket: Bool { mode & S_IFMT == S_IFSOCK }
}

extension Descriptor {
  /// Whether a descriptor refers to a terminal; the corresponding C function is `isatty`.
  package static func isTerminal(_ number: Int32) -> Bool { isatty(number) == 1 }

  /// The result of `fstatat(2)` for a name in this directory.
  package func status(of name: String, followLinks: Bool = true) throws(SystemError) -> FileStatus {
    var status = stat()
    let result = unsafe fstatat(number, name, &status, followLinks ? 0 : AT_SYMLINK_NOFOLLOW)
    guard result == 0 else { throw SystemError("fstatat", name) }
    return FileStatus(status)
  }

  /// The result of `readlinkat(2)` for a name in this directory.
  package func readLink(_ name: String) throws(SystemError) -> [UInt8] {
    try Descriptor.readLink(name, directoryNumber: number)
  }

  /// The target of a symbolic link, whose path is relative to the current directory; `nil` when it
  /// is not a link.
  package static func linkTarget(of path: String) -> [UInt8]? { try? readLink(path, directoryNumber: AT_FDCWD) }

  private static func readLink(_ name: String, directoryNumber number: Int32) throws(SystemError) -> [UInt8] {
    var buffer: [UInt8] = Array(repeating: 0, count: 4096)
    let count = unsafe buffer.withUnsafeMutableBytes { (bytes) -> Int in
      guard let base = bytes.baseAddress else { return -1 }
      return unsafe readlinkat(number, name, base.assumingMemoryBound(to: CChar.self), bytes.count)
    }
    guard count >= 0 else { throw SystemError("readlinkat", name) }
    buffer.removeLast(buffer.count - count)
    return buffer
  }

  /// Reads a whole file in this directory, at most `limit` bytes of it.
  package func readFile(_ name: String, limit: Int = 1 << 20) throws(SystemError) -> [UInt8] {
    let file = try Descriptor.open(name, in: self)
    var bytes: [UInt8] = []
    try file.readAll(into: &bytes, limit: limit, firstRead: 4096, subject: name)
    return bytes
  }
}
