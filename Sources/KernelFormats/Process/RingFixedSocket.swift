/// A socket among the fixed files of an io_uring, by `/proc/PID/fdinfo/RING`
/// (`io_uring/fdinfo.c`): registered with `IORING_REGISTER_FILES`, it stays open without a
/// descriptor.
///
/// Below the line `UserFiles:` with their number, each file has a line of its slot and path, such
/// as `    0: socket:[4711]`. Before Linux 5.14 the path was the name of the directory entry, which
/// does not identify a socket.
package struct RingFixedSocket: Sendable, Hashable {
  /// The index among the fixed files.
  package let slot: Int32
  /// The inode of the socket.
  package let inode: UInt64

  /// The most bytes that the file is read to: a line for each of the 2^20 files that a ring can
  /// have (`IORING_MAX_FIXED_FILES`).
  package static let mostBytes = 48 << 20

  /// The sockets in the content of the file, in the order of their slots. Lines of another form are
  /// skipped.
  package static func all(in bytes: Span<UInt8>) -> [RingFixedSocket] {
    guard var start = lineStart(of: "UserFiles:", in: bytes) else { return [] }
    var sockets: [RingFixedSocket] = []
    var end = lineEnd(from: start, in: bytes)
    // The slots are indented; the next line that is not begins another list.
    while end + 1 < bytes.count, bytes[end + 1] == UInt8(ascii: " ") {
      start = end + 1
      end = lineEnd(from: start, in: bytes)
      if let socket = RingFixedSocket(parsing: bytes.extracting(start..<end)) { sockets.append(socket) }
    }
    return sockets
  }

  private init?(parsing line: Span<UInt8>) {
    var cursor = LineCursor(at: 0, isCut: false)
    cursor.skipBlanks(line)
    guard let number = cursor.decimal(line), let slot = Int32(exactly: number), cursor.take(UInt8(ascii: ":"), line)
    else { return nil }
    cursor.skipBlanks(line)
    guard let inode = FileLink.socketInode(line.extracting(cursor.position..<line.count)) else { return nil }
    self.slot = slot
    self.inode = inode
  }
}

/// The index of the newline that ends the line, or of the end of the bytes.
private func lineEnd(from start: Int, in bytes: Span<UInt8>) -> Int {
  var end = start
  while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
  return end
}
