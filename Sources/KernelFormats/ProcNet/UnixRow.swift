import SocketModel

/// A row of `/proc/net/unix`: `Num: RefCount Protocol Flags Type St Inode[ Path]`
/// (`net/unix/af_unix.c`, `unix_seq_show`).
struct UnixRow: ProcNetRow {
  /// `__SO_ACCEPTCON`, the only flag that the kernel prints.
  private static let acceptsConnections: UInt64 = 1 << 16

  func decode(_ cursor: inout LineCursor, _ bytes: Span<UInt8>) throws(RowError) -> SocketRecord {
    cursor.skipBlanks(bytes)
    guard let address = cursor.hexadecimal(bytes), cursor.take(UInt8(ascii: ":"), bytes) else {
      throw RowError("Num", .hexadecimalNumberAndColon)
    }
    let references = try hexadecimalColumn(&cursor, bytes, "RefCount")
    _ = try hexadecimalColumn(&cursor, bytes, "Protocol")
    let flags = try hexadecimalColumn(&cursor, bytes, "Flags")
    let typeNumber = try hexadecimalColumn(&cursor, bytes, "Type")
    let stateNumber = try hexadecimalColumn(&cursor, bytes, "St")
    let inode = try inodeColumn(&cursor, bytes)
    // A client that waits in `connect(2)` has already made one end of the connection, which has no
    // type yet.
    let type = SocketType(rawValue: UInt8(clamping: typeNumber))
    guard type != nil || typeNumber == 0 else { throw RowError("Type", .socketType) }
    let state: SocketState
    switch stateNumber {
    case 1: state = flags & Self.acceptsConnections != 0 ? .listen : .unconnected
    case 2: state = .connecting
    case 3: state = .connected
    case 4: state = .disconnecting
    default: throw RowError("St", .state(upTo: 4))
    }
    var record = SocketRecord(transport: .unix, family: .unix, state: state)
    record.inode = inode
    record.known = .inode
    if let type {
      record.socketType = type
      record.known.insert(.socketType)
    }
    record.setUnixObject(kernelAddress: address.value, references: UInt32(clamping: references))
    return record
  }
}

/// A row of `/proc/net/unix` with a path, whose end is known only when the next line has been seen.
struct PendingUnixRow {
  /// The row without its name.
  let record: SocketRecord
  /// The path as far as it has been read.
  var path: [UInt8]
}

extension ProcNetDecoder {
  /// The longest name of a unix socket in bytes: the size of `sun_path`.
  static let longestUnixName = 108

  /// The longest name in a table, in bytes; an escaped byte takes four.
  static func longestUnixName(isEscaped: Bool) -> Int { isEscaped ? 4 * longestUnixName : longestUnixName }

  /// Decodes lines of the unix table, which all end in a newline, until one is not a row; returns
  /// that one, or `nil`.
  ///
  /// The path is everything after exactly one blank. It may contain newlines, so a line that is not
  /// a row itself continues the path of the row before, as long as that stays short enough for a
  /// name. (A name with a newline followed by what imitates a whole row cannot be distinguished
  /// from a row here; ``UnixNameCheck`` can do that.)
  mutating func decodeUnix(
    _ bytes: Span<UInt8>, from start: Int, into snapshot: inout Snapshot
  ) -> RefusedLine? {
    var start = start
    while start < bytes.count {
      lineCount += 1
      let end = Self.endOfLine(bytes, from: start)
      let line = bytes.extracting(start..<end)
      var cursor = LineCursor(at: 0, isCut: false)
      do throws(RowError) {
        let record = try UnixRow().decode(&cursor, line)
        flushUnix(into: &snapshot)
        addUnix(record, pathFrom: cursor.position + 1, line, into: &snapshot)
      } catch {
        guard mayContinueName(with: line) else {
          flushUnix(into: &snapshot)
          return RefusedLine(range: start..<end, error: error)
        }
        if isJoined, beginsOtherText(line) { return RefusedLine(range: start..<end, error: error) }
        continueName(with: line)
      }
      start = end + 1
    }
    return nil
  }

  /// Adds the row whose path has now ended.
  mutating func flushUnix(into snapshot: inout Snapshot) {
    guard let pending = pendingUnix else { return }
    pendingUnix = nil
    guard isNew(pending.record, name: pending.path) else { return }
    var (record, path) = (pending.record, pending.path)
    if hasCheckedNames {
      path = UnixNameCheck.unescaped(path)
    } else if path.first == UInt8(ascii: "@") {
      path[0] = 0
    }
    // An abstract name is printed with `@` for each NUL. Only the first certainly stands for NUL:
    // the others may be `@` themselves and stay so. A path that begins with `@` looks the same.
    if !path.isEmpty { record.nameIndex = snapshot.names.append(path.span) }
    append(record, into: &snapshot)
  }

  private mutating func addUnix(
    _ record: SocketRecord, pathFrom start: Int, _ line: Span<UInt8>, into snapshot: inout Snapshot
  ) {
    guard start < line.count else {
      // A blank and nothing after it: a name that begins with a newline, if lines follow that are
      // not rows.
      if start == line.count { return pendingUnix = PendingUnixRow(record: record, path: []) }
      if isNew(record) { append(record, into: &snapshot) }
      return
    }
    let longest = Self.longestUnixName(isEscaped: hasCheckedNames)
    guard line.count - start <= longest else {
      return refuse(line, .column("Path", .bytes(atMost: longest)), into: &snapshot)
    }
    pendingUnix = PendingUnixRow(record: record, path: (start..<line.count).map { line[$0] })
  }

  /// Whether a line that is not a row can continue the name before it after a newline.
  func mayContinueName(with line: Span<UInt8>) -> Bool {
    guard let pending = pendingUnix, !hasCheckedNames else { return false }
    return Self.mayContinueName(of: pending.path.count, with: line)
  }

  /// Whether a line that is not a row can continue a name of `count` bytes after a newline.
  static func mayContinueName(of count: Int, with line: Span<UInt8>) -> Bool {
    count + 1 + line.count <= longestUnixName && !beginsLikeRow(line)
  }

  /// Adds a newline and a line to the name that has not ended yet.
  mutating func continueName(with line: Span<UInt8>) {
    pendingUnix?.path.append(UInt8(ascii: "\n"))
    for index in line.indices { pendingUnix?.path.append(line[index]) }
  }

  /// Whether a line is the heading of a file that follows `unix` in `cat /proc/net/*` or in a list
  /// of sockets.
  private func beginsOtherText(_ line: Span<UInt8>) -> Bool {
    ProcNetHeader(line) != nil || begins(line, with: "Inter-|") || begins(line, with: "XfrmIn")
      || begins(line, with: "==> ")
  }

  /// Whether a line that is not a row was meant to be one: it begins with a pointer and a colon.
  static func beginsLikeRow(_ line: Span<UInt8>) -> Bool {
    var cursor = LineCursor(at: 0, isCut: false)
    guard let pointer = cursor.hexadecimal(line), pointer.digits >= 8 else { return false }
    return cursor.take(UInt8(ascii: ":"), line) && cursor.take(UInt8(ascii: " "), line)
  }
}
