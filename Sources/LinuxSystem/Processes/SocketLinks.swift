import CLinux
import Glibc

/// The walk over one process's descriptors: every `/proc/PID/fd/N` that links to `socket:[INODE]`
/// (`fs/proc/fd.c`, `net/socket.c`).
///
/// It costs only two system calls: `getdents64(2)` for some 170 descriptors, `readlinkat(2)` for
/// each. `fstatat(2)` would be 5 % faster but wrong: it shows the inode of a socket *file* opened
/// with `O_PATH` as if it were a socket's, and it asks the file system of every other descriptor,
/// which may hang. Nothing is allocated per descriptor.
package enum SocketLinks {
  /// How a walk ended.
  package enum Outcome: Sendable, Hashable {
    /// All descriptors were seen; their number.
    case complete(count: Int)
    /// The limit was reached; the walk continues at this descriptor.
    case more(from: Int32)
  }

  /// A descriptor of another kind that may hide sockets.
  package enum Holder: Sendable, Hashable {
    /// An io_uring, whose fixed files may be sockets.
    case ring
    /// A network namespace, with its inode number (`fs/nsfs.c`). One that was opened by a file it is
    /// mounted on has the path of that file for a link, and is not among these.
    case networkNamespace(UInt64)
  }

  /// Calls `body` with the descriptor and inode of each socket among a process's descriptors.
  ///
  /// - Parameters:
  ///   - directory: a `fd` folder of /proc, or of a captured tree.
  ///   - start: the lowest descriptor to look at. Only a live /proc, whose directory offset is the
  ///     descriptor plus 2, can begin anywhere but at 0.
  ///   - end: the descriptor to stop before.
  ///   - limit: roughly how many descriptors to look at.
  ///   - holder: called for each descriptor of another kind that may hide sockets.
  ///   - body: called for each socket.
  /// - Throws: `SystemError` of `getdents64`, or of a `readlinkat` that is not permitted. When
  ///   another one fails the rest is still read, and the first failure is thrown at the end. A
  ///   descriptor that is closed meanwhile is skipped.
  package static func forEach(
    in directory: borrowing Descriptor, from start: Int32 = 0, before end: Int32 = .max, limit: Int = .max,
    holder: (_ descriptor: Int32, _ kind: Holder) -> Void = { _, _ in },
    _ body: (_ descriptor: Int32, _ inode: UInt64) -> Void
  ) throws(SystemError) -> Outcome {
    let number = directory.number
    if start > 0, lseek(number, Int(start) + 2, SEEK_SET) < 0 { throw SystemError("lseek", "fd") }
    // One page of entries: a larger buffer reads far beyond `end`, and every entry read costs the
    // kernel a lookup.
    return unsafe try withScratch(pageSize + linkSize) { (scratch) throws(SystemError) -> Outcome in
      let page = unsafe UnsafeMutableRawBufferPointer(rebasing: scratch[0..<pageSize])
      let link = unsafe UnsafeMutableRawBufferPointer(rebasing: scratch[pageSize...])
      return unsafe try walk(number, page: page, link: link, before: end, limit: limit, holder, body)
    }
  }

  private static let pageSize = 4096
  private static let linkSize = 64

  private static func withScratch<Result>(
    _ size: Int, _ body: (UnsafeMutableRawBufferPointer) throws(SystemError) -> Result
  ) throws(SystemError) -> Result {
    // withUnsafeTemporaryAllocation rethrows untyped, so the error travels in a Result.
    let result = unsafe withUnsafeTemporaryAllocation(byteCount: size, alignment: 8) {
      (scratch) -> Swift.Result<Result, SystemError> in
      do throws(SystemError) { return .success(unsafe try body(scratch)) } catch { return .failure(error) }
    }
    return try result.get()
  }

  private static func walk(
    _ directory: Int32, page: UnsafeMutableRawBufferPointer, link: UnsafeMutableRawBufferPointer, before end: Int32,
    limit: Int, _ holder: (Int32, Holder) -> Void, _ body: (Int32, UInt64) -> Void
  ) throws(SystemError) -> Outcome {
    guard let pageBase = page.baseAddress, let linkBase = link.baseAddress else {
      return .complete(count: 0)
    }
    let linkText = unsafe linkBase.assumingMemoryBound(to: CChar.self)
    var seen = 0
    var failure: SystemError?
    func ended(_ outcome: Outcome) throws(SystemError) -> Outcome {
      if let failure { throw failure }
      return outcome
    }
    while true {
      let filled = retryingInterrupts { unsafe sockinspect_getdents64(directory, pageBase, page.count) }
      guard filled >= 0 else { throw SystemError("getdents64", "fd") }
      if filled == 0 { return try ended(.complete(count: seen)) }
      var position = 0
      while position + 19 < filled {
        let length = unsafe Int(page.loadUnaligned(fromByteOffset: position + 16, as: UInt16.self))
        guard length > 19, position + length <= filled else { throw SystemError("getdents64", "fd", code: EIO) }
        let name = unsafe pageBase.advanced(by: position + 19)
        position += length
        guard let descriptor = unsafe decimal(name, length - 19) else { continue }
        if descriptor >= end { return try ended(.complete(count: seen)) }
        if seen >= limit { return try ended(.more(from: descriptor)) }
        seen += 1
        let size = unsafe readlinkat(directory, name.assumingMemoryBound(to: CChar.self), linkText, link.count)
        if size < 0 {
          let error = SystemError("readlinkat", "fd")
          if error.isForbidden { throw error }
          // It has been closed, or its path is longer than a page, which no socket's is.
          if error.code != ENOENT, error.code != ESRCH, error.code != ENAMETOOLONG { failure = failure ?? error }
          continue
        }
        let target = unsafe UnsafeRawBufferPointer(rebasing: link[0..<size])
        // "socket:[" as a little-endian word.
        if let inode = unsafe number(in: target, after: 0x5B3A_7465_6B63_6F73, count: 8) {
          body(descriptor, inode)
        } else if unsafe isRing(target) {
          holder(descriptor, .ring)
        } else if let inode = unsafe number(in: target, after: 0x5B3A_7465_6E, count: 5) {
          // "net:["
          holder(descriptor, .networkNamespace(inode))
        }
      }
    }
  }

  /// Parses the number in a directory entry's name, whose NUL is within `limit` bytes.
  private static func decimal(_ name: UnsafeMutableRawPointer, _ limit: Int) -> Int32? {
    var number: Int32 = 0
    var index = 0
    while index < limit {
      let byte = unsafe name.load(fromByteOffset: index, as: UInt8.self)
      if byte == 0 { return index > 0 ? number : nil }
      let digit = byte &- UInt8(ascii: "0")
      guard digit < 10, number < 200_000_000 else { return nil }
      number = number * 10 + Int32(digit)
      index += 1
    }
    return nil
  }

  /// Whether a link text is `anon_inode:[io_uring]` (`io_uring/io_uring.c`).
  private static func isRing(_ text: UnsafeRawBufferPointer) -> Bool {
    guard text.count == ringText.utf8CodeUnitCount, unsafe text[text.count - 2] == UInt8(ascii: "g") else {
      return false
    }
    guard let base = text.baseAddress else { return false }
    return unsafe memcmp(base, ringText.utf8Start, text.count) == 0
  }

  private static let ringText: StaticString = "anon_inode:[io_uring]"

  /// N of a link text such as `socket:[N]`; `nil` for any other text.
  ///
  /// - Parameters:
  ///   - prefix: the text before N as a little-endian word.
  ///   - count: how many bytes of the word are that text.
  @inline(__always)
  private static func number(
    in text: UnsafeRawBufferPointer, after prefix: UInt64, count: Int
  ) -> UInt64? {
    let mask = UInt64.max >> (8 * UInt64(8 - count))
    guard text.count >= 10, text.count < linkSize,
      unsafe text.loadUnaligned(as: UInt64.self).littleEndian & mask == prefix,
      unsafe text[text.count - 1] == UInt8(ascii: "]")
    else { return nil }
    var number: UInt64 = 0
    for index in count..<(text.count - 1) {
      let digit = unsafe text[index] &- UInt8(ascii: "0")
      let (scaled, overflow) = number.multipliedReportingOverflow(by: 10)
      guard digit < 10, !overflow else { return nil }
      let (sum, carry) = scaled.addingReportingOverflow(UInt64(digit))
      guard !carry else { return nil }
      number = sum
    }
    return number
  }
}
