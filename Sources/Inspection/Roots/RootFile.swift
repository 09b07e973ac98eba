package import LinuxSystem

/// A file of a root, which is read from its beginning on: open in the file system, or a part of an
/// archive.
package enum RootFile: ~Copyable, Sendable {
  case open(Descriptor)
  case archived(ArchivedFile)

  /// Whether it is a regular file.
  var isRegular: Bool {
    switch self {
    case .open(let file): (try? file.status().isRegular) == true
    case .archived: true
    }
  }

  /// Its number in the file system; in an archive it has none.
  var inode: UInt64 {
    get throws(SystemError) {
      switch self {
      case .open(let file): return try file.status().inode
      case .archived: throw SystemError("fstat", code: SystemError.noFolder)
      }
    }
  }

  /// Reads up to the buffer's size, see ``Descriptor/read(into:)``.
  package mutating func read(into buffer: inout [UInt8]) throws(SystemError) -> Int {
    switch consume self {
    case .open(let file):
      let result = Result { () throws(SystemError) in try file.read(into: &buffer) }
      self = .open(file)
      return try result.get()
    case .archived(var file):
      let result = Result { () throws(SystemError) in try file.next(buffer.count) }
      self = .archived(file)
      let bytes = try result.get()
      buffer.replaceSubrange(0..<bytes.count, with: bytes)
      return bytes.count
    }
  }

  /// Appends the rest, at most `limit` bytes of it; see ``Descriptor/readAll(into:limit:firstRead:subject:)``.
  ///
  /// - Returns: whether the end was reached within the limit.
  @discardableResult
  package consuming func readAll(
    into output: inout [UInt8], limit: Int = .max, firstRead: Int = 65536, subject: String = ""
  ) throws(SystemError) -> Bool {
    switch consume self {
    case .open(let file): return try file.readAll(into: &output, limit: limit, firstRead: firstRead, subject: subject)
    case .archived(var file):
      let bytes = try file.next(limit)
      if output.isEmpty { output = bytes } else { output += bytes }
      return file.rest == 0
    }
  }

  /// Goes back to the beginning.
  mutating func rewind() throws(SystemError) {
    switch consume self {
    case .open(let file):
      let result = Result { () throws(SystemError) in try file.rewind() }
      self = .open(file)
      try result.get()
    case .archived(var file):
      file.rewind()
      self = .archived(file)
    }
  }

  /// Passes the rest on in pieces, see ``Descriptor/readAhead(pieceSize:endingBelow:_:)``. For a
  /// part of an archive, whose bytes the kernel has at hand, no thread is started.
  consuming func readAhead(endingBelow end: Int, _ body: (Span<UInt8>) -> Bool) throws(SystemError) {
    switch consume self {
    case .open(let file): try file.readAhead(endingBelow: end, body)
    case .archived(var file):
      while file.rest > 0 {
        let piece = try file.next(262_144)
        guard body(piece.span) else { return }
      }
    }
  }
}
