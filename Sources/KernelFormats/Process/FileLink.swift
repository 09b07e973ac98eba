/// The symbolic links below `/proc/PID` that name a kernel object by its inode.
package enum FileLink {
  /// The inode of the socket that a link of `/proc/PID/fd` points at; `nil` when it points at
  /// something else.
  ///
  /// The form is `socket:[INODE]` (`net/socket.c`, `sockfs_dname`); kernels before 2.2 had
  /// `[DEVICE]:INODE`, with a device of four hexadecimal digits, 0 for sockets.
  package static func socketInode(_ target: Span<UInt8>) -> UInt64? {
    // Most descriptors are not sockets and end here.
    guard target.count >= 8 else { return nil }
    var cursor = LineCursor(at: 0, isCut: false)
    if target[0] == UInt8(ascii: "[") {
      guard target[1] == UInt8(ascii: "0"), target[2] == UInt8(ascii: "0"), target[3] == UInt8(ascii: "0"),
        target[4] == UInt8(ascii: "0"), target[5] == UInt8(ascii: "]"),
        target[6] == UInt8(ascii: ":")
      else { return nil }
      cursor.position = 7
      guard let inode = cursor.decimal(target), cursor.position == target.count else { return nil }
      return inode
    }
    // "socket:["
    guard target[0] == UInt8(ascii: "s"), target[1] == UInt8(ascii: "o"), target[2] == UInt8(ascii: "c"),
      target[3] == UInt8(ascii: "k"), target[4] == UInt8(ascii: "e"),
      target[5] == UInt8(ascii: "t"), target[6] == UInt8(ascii: ":"), target[7] == UInt8(ascii: "[")
    else { return nil }
    return bracketed(target, from: 8)
  }

  /// The inode of the network namespace that `/proc/PID/ns/net` points at, `net:[INODE]`
  /// (`fs/nsfs.c`, `ns_dname`).
  package static func networkNamespace(_ target: Span<UInt8>) -> UInt32? {
    guard target.count >= 5, target[0] == UInt8(ascii: "n"), target[1] == UInt8(ascii: "e"),
      target[2] == UInt8(ascii: "t"), target[3] == UInt8(ascii: ":"),
      target[4] == UInt8(ascii: "[")
    else { return nil }
    return bracketed(target, from: 5).flatMap { UInt32(exactly: $0) }
  }

  private static func bracketed(_ target: Span<UInt8>, from start: Int) -> UInt64? {
    var cursor = LineCursor(at: start, isCut: false)
    guard let inode = cursor.decimal(target), cursor.take(UInt8(ascii: "]"), target), cursor.position == target.count
    else {
      return nil
    }
    return inode
  }
}
