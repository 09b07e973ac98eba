package import SocketModel

/// Decodes one table of `/proc/net`, which arrives in pieces of any size, into the records of a
/// `Snapshot`.
///
/// A piece may end in the middle of a line; the rest of the line is expected at the beginning of
/// the next piece. Only one unfinished line (at most ``longestLine`` bytes) is kept and, to
/// recognise rows that the kernel repeats, some bytes per row. The records come in the kernel's
/// order, each as soon as its line is complete; a unix socket with a name when the next line is.
///
/// Rows that do not parse become problems of kind `Problem.Kind.malformed`: the first
/// ``mostProblems`` individually, the others as a count at the end. Rows that repeat an earlier one
/// (the same inode and the same two ends) are left out. Rows with the inode of an earlier one but
/// other ends are kept, and one problem of kind `Problem.Kind.inconsistent` counts them.
package struct ProcNetDecoder: Sendable {
  /// The longest line in bytes; a longer one is a problem and is skipped.
  package static let longestLine = 1 << 20
  /// How many malformed rows are reported individually.
  package static let mostProblems = 20

  /// The table that is being read.
  package let table: ProcNetTable
  /// The path of the file that the bytes come from, for problems.
  package let path: String
  /// How many lines were read, including the header.
  package internal(set) var lineCount = 0

  private var subject: Problem.Subject { .table(table.transport, path: path) }
  private let netns: NetworkNamespaceID?
  private let areInodesUnique: Bool
  /// Whether the table was checked by ``UnixNameCheck``.
  package let hasCheckedNames: Bool
  private var internet: InternetRow
  private var carry: [UInt8] = []
  private var isSkippingLine = false
  private var problemCount = 0
  private var seenInodes = NumberSet()
  private var seenEnds = SeenSockets()
  private var sharedInodes: (count: Int, firstLine: Int) = (0, 0)
  /// Whether the heading of another table was found, and none of this one since.
  private var isInOtherTable = false
  /// Whether other text may follow the table, so that headings end the name of a unix socket.
  var isJoined = false
  var pendingUnix: PendingUnixRow?

  /// Makes a decoder at the beginning of a table.
  /// - Parameters:
  ///   - table: which table it is.
  ///   - path: the file's name for problems, such as `net/tcp`.
  ///   - byteOrder: the byte order of the machine whose kernel wrote the table.
  ///   - ticksPerSecond: `USER_HZ` of that machine, the unit of timers.
  ///   - netns: the network namespace of the table, for the records; `nil` when unknown.
  ///   - areInodesUnique: whether a row with the inode of an earlier one must be a repetition, as
  ///     in the running kernel's own table.
  ///   - hasCheckedNames: whether it is a table of unix sockets that ``UnixNameCheck`` made.
  package init(
    table: ProcNetTable, path: String, byteOrder: ByteOrder = .native, ticksPerSecond: Int = 100,
    netns: NetworkNamespaceID? = nil, areInodesUnique: Bool = false, hasCheckedNames: Bool = false
  ) {
    self.hasCheckedNames = hasCheckedNames
    self.table = table
    self.path = path
    self.netns = netns
    self.areInodesUnique = areInodesUnique
    internet = InternetRow(
      transport: table.transport, family: table.family, byteOrder: byteOrder,
      ticksPerSecond: UInt64(clamping: max(1, ticksPerSecond)),
      socketType: table.transport.description.socketType ?? .datagram)
  }

  /// Decodes the next piece of the table.
  package mutating func decode(_ chunk: Span<UInt8>, into snapshot: inout Snapshot) {
    var start = 0
    if isSkippingLine || !carry.isEmpty {
      start = Self.endOfLine(chunk, from: 0)
      keep(chunk.extracting(0..<start), into: &snapshot)
      guard start < chunk.count else { return }
      start += 1
      finishCarriedLine(into: &snapshot)
    }
    var end = chunk.count
    while end > start, chunk[end - 1] != UInt8(ascii: "\n") { end -= 1 }
    if end > start { decodeLines(chunk.extracting(start..<end), isCut: false, into: &snapshot) }
    if end < chunk.count { keep(chunk.extracting(end..<chunk.count), into: &snapshot) }
  }

  /// Ends the table: decodes the rest of it, and reports problems that were only counted.
  ///
  /// A table whose last line has no newline was cut; that is a problem of kind
  /// `Problem.Kind.truncated`. The row is shown if all its columns but the last ones, which a
  /// record does not hold, are there.
  package mutating func finish(into snapshot: inout Snapshot) {
    flushUnix(into: &snapshot)
    if !carry.isEmpty { finishCutLine(into: &snapshot) }
    isSkippingLine = false
    if problemCount > Self.mostProblems {
      let rest = problemCount - Self.mostProblems
      snapshot.problems.append(
        Problem(subject: subject, cause: .malformed(.further, count: rest)))
    }
    problemCount = 0
    if sharedInodes.count > 0 {
      snapshot.problems.append(
        Problem(
          subject: subject,
          cause: .inconsistent(.sharedInodes, line: sharedInodes.firstLine, count: sharedInodes.count)))
    }
    sharedInodes = (0, 0)
  }

  // MARK: Lines

  /// Adds bytes without a newline to the unfinished line, unless it is already too long.
  private mutating func keep(_ bytes: Span<UInt8>, into snapshot: inout Snapshot) {
    guard !isSkippingLine else { return }
    let room = Self.longestLine - carry.count
    for index in 0..<min(bytes.count, room) { carry.append(bytes[index]) }
    guard bytes.count > room else { return }
    lineCount += 1
    let line = carry
    carry = []
    isSkippingLine = true
    refuse(line.span, .longLine(limit: Self.longestLine), into: &snapshot)
  }

  private mutating func finishCarriedLine(into snapshot: inout Snapshot) {
    guard !isSkippingLine else {
      isSkippingLine = false
      return
    }
    var line: [UInt8] = []
    swap(&line, &carry)
    line.append(UInt8(ascii: "\n"))
    decodeLines(line.span, isCut: false, into: &snapshot)
    line.removeAll(keepingCapacity: true)
    swap(&line, &carry)
  }

  private mutating func finishCutLine(into snapshot: inout Snapshot) {
    var line: [UInt8] = []
    swap(&line, &carry)
    line.append(UInt8(ascii: "\n"))
    // Only the header may lack its newline: some emulations of /proc print it like that.
    if lineCount == 0, ProcNetHeader(line.span) != nil {
      lineCount += 1
      return
    }
    let shown = snapshot.records.count
    if table == .unix {
      // It is not known whether the path is complete, so the row is left out.
      lineCount += 1
    } else {
      decodeLines(line.span, isCut: true, into: &snapshot)
    }
    let reason = Problem.Truncation.row(isShown: snapshot.records.count > shown)
    snapshot.problems.append(
      Problem(
        subject: subject, cause: .truncated(reason, line: lineCount, evidence: Self.evidence(line.span))))
  }

  /// Decodes lines that all end in a newline.
  private mutating func decodeLines(_ bytes: Span<UInt8>, isCut: Bool, into snapshot: inout Snapshot) {
    var start = 0
    while start < bytes.count {
      if isInOtherTable {
        let end = Self.endOfLine(bytes, from: start)
        lineCount += 1
        if let header = ProcNetHeader(bytes.extracting(start..<end)) { _ = take(header) }
        start = end + 1
        continue
      }
      guard let refused = decodeRows(bytes, from: start, isCut: isCut, into: &snapshot) else { return }
      let line = bytes.extracting(refused.range)
      if !isCut, !passesOver(line, into: &snapshot) { refuse(line, refused.error.reason, into: &snapshot) }
      start = refused.range.upperBound + 1
    }
  }

  /// Decodes lines, which all end in a newline, until one is not a row; returns that one, or `nil`.
  mutating func decodeRows(
    _ bytes: Span<UInt8>, from start: Int, isCut: Bool, into snapshot: inout Snapshot
  ) -> RefusedLine? {
    switch table.format {
    case .unix: decodeUnix(bytes, from: start, into: &snapshot)
    case .packet: decodeRows(PacketRow(), bytes, from: start, isCut: isCut, into: &snapshot)
    case .netlink: decodeRows(NetlinkRow(), bytes, from: start, isCut: isCut, into: &snapshot)
    case .internet: decodeRows(internet, bytes, from: start, isCut: isCut, into: &snapshot)
    case .sctp: decodeRows(SCTPRow(table), bytes, from: start, isCut: isCut, into: &snapshot)
    // These have no tables.
    case .smc, .vsock, .xdp, .tipc, .unlisted: nil
    }
  }

  /// Whether a line is a row of the table.
  func isRow(_ line: Span<UInt8>) -> Bool { reason(toRefuse: line) == nil }

  /// Whether a line that is not a row of the table was meant to be one, judging by its beginning.
  func looksLikeRow(_ line: Span<UInt8>) -> Bool {
    var cursor = LineCursor(at: 0, isCut: false)
    cursor.skipBlanks(line)
    switch table.format {
    case .unix: return Self.beginsLikeRow(line)
    case .packet, .netlink, .sctp:
      guard let pointer = cursor.hexadecimal(line), pointer.digits >= 8 else { return false }
      return cursor.position < line.count && isBlank(line[cursor.position])
    case .internet: return cursor.decimal(line) != nil && cursor.take(UInt8(ascii: ":"), line)
    case .smc, .vsock, .xdp, .tipc, .unlisted: return false
    }
  }

  /// Why a line is not a row of the table; `nil` when it is one.
  func reason(toRefuse line: Span<UInt8>) -> RowError? {
    var cursor = LineCursor(at: 0, isCut: false)
    do throws(RowError) {
      switch table.format {
      case .unix: _ = try UnixRow().decode(&cursor, line)
      case .packet: _ = try PacketRow().decode(&cursor, line)
      case .netlink: _ = try NetlinkRow().decode(&cursor, line)
      case .internet: _ = try internet.decode(&cursor, line)
      case .sctp: _ = try SCTPRow(table).decode(&cursor, line)
      case .smc, .vsock, .xdp, .tipc, .unlisted: break
      }
      return nil
    } catch {
      return error
    }
  }

  // MARK: Rows

  private mutating func decodeRows<Row: ProcNetRow>(
    _ row: Row, _ bytes: Span<UInt8>, from start: Int, isCut: Bool, into snapshot: inout Snapshot
  ) -> RefusedLine? {
    var start = start
    while start < bytes.count {
      lineCount += 1
      var cursor = LineCursor(at: start, isCut: isCut)
      let end: Int
      do throws(RowError) {
        let record = try row.decode(&cursor, bytes)
        end = Self.endOfLine(bytes, from: cursor.position)
        if end - start <= Self.longestLine {
          if isNew(record) { append(record, into: &snapshot) }
        } else {
          refuse(bytes.extracting(start..<end), .longLine(limit: Self.longestLine), into: &snapshot)
        }
      } catch {
        return RefusedLine(range: start..<Self.endOfLine(bytes, from: start), error: error)
      }
      start = end + 1
    }
    return nil
  }

  /// The index of the newline that ends the line around an index; the number of bytes when there is
  /// none.
  @inline(__always)
  static func endOfLine(_ bytes: Span<UInt8>, from start: Int) -> Int {
    var end = start
    while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
    return end
  }

  /// Whether a line that is not a row may be skipped: the table's header, anywhere, or an empty
  /// line.
  ///
  /// The header of another table of the family is a problem, and what follows it is left out: its
  /// rows look like those of this one.
  private mutating func passesOver(_ line: Span<UInt8>, into snapshot: inout Snapshot) -> Bool {
    var cursor = LineCursor(at: 0, isCut: false)
    cursor.skipBlanks(line)
    if cursor.position == line.count { return table != .unix }
    guard let header = ProcNetHeader(line) else { return false }
    if take(header) { return true }
    if mayGoOn(behind: header) { return false }
    refuse(line, .otherHeading, into: &snapshot)
    return true
  }

  /// Applies what the header shows about the columns; false when it belongs to another table.
  mutating func take(_ header: ProcNetHeader) -> Bool {
    guard header.fits(table, isFirstLine: lineCount <= 1) else { return false }
    isInOtherTable = false
    take(columnsOf: header)
    return true
  }

  /// Handles a heading in the middle of a table; returns whether rows of this table may follow it.
  mutating func mayGoOn(behind header: ProcNetHeader) -> Bool {
    if !take(header), header.table.family == table.family { isInOtherTable = true }
    return !isInOtherTable
  }

  /// Applies what a header of the table shows about the columns.
  mutating func take(columnsOf header: ProcNetHeader) {
    internet.hasInode = header.hasInode
    internet.hasDrops = header.hasDrops
  }

  /// Whether a row is the first one of its socket. Sockets without inode and ends count as new.
  ///
  /// - Parameter name: the name of a unix socket, which replaces the ends.
  @inline(__always)
  package mutating func isNew(_ record: SocketRecord, name: [UInt8] = []) -> Bool {
    if record.inode != 0 {
      let isFirst = seenInodes.insert(record.inode)
      // The associations of an SCTP endpoint have its inode.
      if areInodesUnique, record.transport != .sctp { return isFirst }
      let ends = record.transport == .unix ? seenEnds.key(name) : endsKey(of: record)
      let isNew = seenEnds.insert(seenEnds.key(inode: record.inode, ends: ends))
      if isNew, !isFirst, record.transport != .sctp {
        if sharedInodes.count == 0 { sharedInodes.firstLine = lineCount }
        sharedInodes.count += 1
      }
      return isNew
    }
    guard record.transport.isInternet, record.known.contains(.inode) else { return true }
    return seenEnds.insert(endsKey(of: record))
  }

  @inline(__always)
  private func endsKey(of record: SocketRecord) -> UInt64 {
    seenEnds.key(
      local: record.localBits, localPort: record.localPort, remote: record.remoteBits, remotePort: record.remotePort)
  }

  /// Adds a record to the snapshot.
  @inline(__always)
  package func append(_ record: SocketRecord, into snapshot: inout Snapshot) {
    var record = record
    if let netns { record.networkNamespace = netns }
    snapshot.records.append(record)
  }

  /// Reports that the line just counted does not parse, or only counts it when enough were
  /// reported.
  package mutating func refuse(_ line: Span<UInt8>, _ reason: Problem.Malformation, into snapshot: inout Snapshot) {
    problemCount += 1
    guard problemCount <= Self.mostProblems else { return }
    snapshot.problems.append(
      Problem(subject: subject, cause: .malformed(reason, line: lineCount, evidence: Self.evidence(line))))
  }

  /// Counts rows that do not parse and are not reported individually.
  package mutating func refuse(count: Int) { problemCount += count }

  private static func evidence(_ line: Span<UInt8>) -> [UInt8] {
    let end = min(endOfLine(line, from: 0), 120)
    return (0..<end).map { line[$0] }
  }
}

/// A line that is not a row, and why.
struct RefusedLine {
  /// The bytes of the line, without its newline.
  let range: Range<Int>
  /// What is wrong with it as a row.
  let error: RowError
}

/// A decoder of the rows of one table.
protocol ProcNetRow {
  /// Decodes the row that begins under the cursor, and leaves the cursor after the last column that
  /// was needed.
  func decode(_ cursor: inout LineCursor, _ bytes: Span<UInt8>) throws(RowError) -> SocketRecord
}
