/// Where the symbolic links below `/proc/PID` point that name a kernel object by its inode.
public enum FileLink {
  /// The inode of the socket that a link of `/proc/PID/fd` points at; `nil` when it points at something else.
  ///
  /// The form is `socket:[INODE]` (`net/socket.c`, `sockfs_dname`); kernels before 2.2 had `[DEVICE]:INODE`, with a
  /// device of four hexadecimal digits, 0 for sockets.
  public static func socketInode(_ target: Span<UInt8>) -> UInt64? {
    // Most descriptors are no sockets and end here.
    guard target.count >= 8 else { return nil }
    var cursor = LineCursor(at: 0, isCut: false)
    if target[0] == 0x5B {
      guard target[1] == 0x30, target[2] == 0x30, target[3] == 0x30, target[4] == 0x30, target[5] == 0x5D,
        target[6] == 0x3A
      else { return nil }
      cursor.position = 7
      guard let inode = cursor.decimal(target), cursor.position == target.count else { return nil }
      return inode
    }
    // "socket:["
    guard target[0] == 0x73, target[1] == 0x6F, target[2] == 0x63, target[3] == 0x6B, target[4] == 0x65,
      target[5] == 0x74, target[6] == 0x3A, target[7] == 0x5B
    else { return nil }
    return bracketed(target, from: 8)
  }

  /// The inode of the network namespace that `/proc/PID/ns/net` points at, `net:[INODE]` (`fs/nsfs.c`, `ns_dname`).
  public static func networkNamespace(_ target: Span<UInt8>) -> UInt32? {
    guard target.count >= 5, target[0] == 0x6E, target[1] == 0x65, target[2] == 0x74, target[3] == 0x3A,
      target[4] == 0x5B
    else { return nil }
    return bracketed(target, from: 5).flatMap { UInt32(exactly: $0) }
  }

  private static func bracketed(_ target: Span<UInt8>, from start: Int) -> UInt64? {
    var cursor = LineCursor(at: start, isCut: false)
    guard let inode = cursor.decimal(target), cursor.take(0x5D, target), cursor.position == target.count else {
      return nil
    }
    return inode
  }
}
