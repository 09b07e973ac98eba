public import SocketModel

/// Decodes one table of `/proc/net`, handed over in pieces of any size, into the records of a `Snapshot`.
///
/// A piece may end in the middle of a line; the rest of the line is expected at the beginning of the next. Nothing is kept but one
/// unfinished line (at most ``longestLine`` bytes) and, to recognise rows that the kernel repeats, some bytes for each row. The
/// records come in the kernel's order, each as soon as its line is complete; a unix socket with a name when the next line is.
///
/// Rows that do not parse become problems of kind `Problem.Kind.malformed`: the first ``mostProblems`` one by one, the others as
/// a number at the end. Rows that repeat an earlier one (the same inode, or for inode 0 the same two ends) are left out.
public struct ProcNetDecoder: Sendable {
  /// The longest line in bytes; a longer one is a problem and is skipped.
  public static let longestLine = 1 << 20
  /// How many malformed rows are told one by one.
  public static let mostProblems = 20

  /// The table that is being read.
  public let table: ProcNetTable
  /// The file that the bytes come from, for `Problem.subject`.
  public let subject: String
  /// How many lines were read, with the header.
  public internal(set) var lineCount = 0

  private var place: Problem.Place { .table(table.transport) }
  private let netns: UInt32?
  private let internet: InternetRow
  private var carry: [UInt8] = []
  private var isSkippingLine = false
  private var problemCount = 0
  private var seenInodes = NumberSet()
  private var seenEnds = SeenSockets()
  var pendingUnix: PendingUnixRow?

  /// Makes a decoder at the beginning of a table.
  /// - Parameters:
  ///   - table: which table it is.
  ///   - subject: the file's name for problems, such as `net/tcp`.
  ///   - byteOrder: that of the machine whose kernel wrote the table.
  ///   - ticksPerSecond: `USER_HZ` of that machine, the unit of timers.
  ///   - netns: the inode number of the network namespace that the table is of, for the records; `nil` when unknown.
  public init(
    table: ProcNetTable, subject: String, byteOrder: ByteOrder = .native, ticksPerSecond: Int = 100,
    netns: UInt32? = nil
  ) {
    self.table = table
    self.subject = subject
    self.netns = netns
    internet = InternetRow(
      transport: table.transport, family: table.family, byteOrder: byteOrder,
      ticksPerSecond: UInt64(clamping: max(1, ticksPerSecond)))
  }

  /// Decodes the next piece of the table.
  public mutating func decode(_ chunk: Span<UInt8>, into snapshot: inout Snapshot) {
    var start = 0
    if isSkippingLine || !carry.isEmpty {
      while start < chunk.count, chunk[start] != 0x0A { start += 1 }
      keep(chunk.extracting(0..<start), into: &snapshot)
      guard start < chunk.count else { return }
      start += 1
      finishCarriedLine(into: &snapshot)
    }
    var end = chunk.count
    while end > start, chunk[end - 1] != 0x0A { end -= 1 }
    if end > start { decodeLines(chunk.extracting(start..<end), isCut: false, into: &snapshot) }
    if end < chunk.count { keep(chunk.extracting(end..<chunk.count), into: &snapshot) }
  }

  /// Ends the table: what is left of it is decoded, and problems that were only counted are told.
  ///
  /// A table whose last line has no newline was cut; that is a problem of kind `Problem.Kind.truncated`. The row is shown if
  /// all its columns but the last ones, which a record does not hold, are there.
  public mutating func finish(into snapshot: inout Snapshot) {
    flushUnix(into: &snapshot)
    if !carry.isEmpty { finishCutLine(into: &snapshot) }
    isSkippingLine = false
    if problemCount > Self.mostProblems {
      let rest = problemCount - Self.mostProblems
      snapshot.problems.append(
        Problem(.malformed, place: place, subject: subject, count: rest, message: "\(rest) more rows do not parse"))
    }
    problemCount = 0
  }

  // MARK: Lines

  /// Adds bytes without a newline to the unfinished line, unless it is too long already.
  private mutating func keep(_ bytes: Span<UInt8>, into snapshot: inout Snapshot) {
    guard !isSkippingLine else { return }
    let room = Self.longestLine - carry.count
    for index in 0..<min(bytes.count, room) { carry.append(bytes[index]) }
    guard bytes.count > room else { return }
    lineCount += 1
    let line = carry
    carry = []
    isSkippingLine = true
    refuse(line.span, "expected a line of at most \(Self.longestLine) bytes", into: &snapshot)
  }

  private mutating func finishCarriedLine(into snapshot: inout Snapshot) {
    guard !isSkippingLine else {
      isSkippingLine = false
      return
    }
    var line: [UInt8] = []
    swap(&line, &carry)
    line.append(0x0A)
    decodeLines(line.span, isCut: false, into: &snapshot)
    line.removeAll(keepingCapacity: true)
    swap(&line, &carry)
  }

  private mutating func finishCutLine(into snapshot: inout Snapshot) {
    var line: [UInt8] = []
    swap(&line, &carry)
    line.append(0x0A)
    // The header alone may lack its newline: some emulations of /proc print it so.
    if lineCount == 0, ProcNetTable.recognise(header: line.span) != nil {
      lineCount += 1
      return
    }
    let shown = snapshot.records.count
    if table == .unix {
      // Whether the path is whole cannot be told, so the row is left out.
      lineCount += 1
    } else {
      decodeLines(line.span, isCut: true, into: &snapshot)
    }
    let message = "the table ends in the middle of a row"
    snapshot.problems.append(
      Problem(
        .truncated, place: place, subject: subject, line: lineCount, evidence: Self.evidence(line.span),
        message: snapshot.records.count > shown ? message + ", which is shown" : message))
  }

  /// Decodes lines that all end in a newline.
  private mutating func decodeLines(_ bytes: Span<UInt8>, isCut: Bool, into snapshot: inout Snapshot) {
    switch table {
    case .unix: decodeUnix(bytes, into: &snapshot)
    case .packet: decodeRows(PacketRow(), bytes, isCut: isCut, into: &snapshot)
    case .netlink: decodeRows(NetlinkRow(), bytes, isCut: isCut, into: &snapshot)
    default: decodeRows(internet, bytes, isCut: isCut, into: &snapshot)
    }
  }

  // MARK: Rows

  private mutating func decodeRows<Row: ProcNetRow>(
    _ row: Row, _ bytes: Span<UInt8>, isCut: Bool, into snapshot: inout Snapshot
  ) {
    var start = 0
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
          refuse(bytes.extracting(start..<end), "expected a line of at most \(Self.longestLine) bytes", into: &snapshot)
        }
      } catch {
        end = Self.endOfLine(bytes, from: start)
        if !isCut, !isHeaderOrBlank(bytes.extracting(start..<end)) {
          refuse(bytes.extracting(start..<end), error.message, into: &snapshot)
        }
      }
      start = end + 1
    }
  }

  /// Where the newline is that ends the line around an index; the number of bytes when there is none.
  @inline(__always)
  static func endOfLine(_ bytes: Span<UInt8>, from start: Int) -> Int {
    var end = start
    while end < bytes.count, bytes[end] != 0x0A { end += 1 }
    return end
  }

  /// Whether a line that is no row may be passed over: a header (of any of the tables, where several were joined) or nothing.
  private func isHeaderOrBlank(_ line: Span<UInt8>) -> Bool {
    var cursor = LineCursor(at: 0, isCut: false)
    cursor.skipBlanks(line)
    guard cursor.position < line.count else { return true }
    guard let header = ProcNetTable.recognise(header: line) else { return false }
    return header.family == table.family
  }

  /// Whether a row is the first of its socket. Sockets without inode and ends are taken as new.
  @inline(__always)
  mutating func isNew(_ record: SocketRecord) -> Bool {
    if record.inode != 0 { return seenInodes.insert(record.inode) }
    guard record.transport.isInternet else { return true }
    return seenEnds.insert(
      seenEnds.key(
        local: record.localBits, localPort: record.localPort, remote: record.remoteBits, remotePort: record.remotePort))
  }

  /// Adds a record to the snapshot.
  @inline(__always)
  func append(_ record: SocketRecord, into snapshot: inout Snapshot) {
    var record = record
    if let netns {
      record.netns = netns
      record.known.insert(.netns)
    }
    snapshot.records.append(record)
  }

  /// Tells that the line just counted does not parse, or counts it when enough were told.
  mutating func refuse(_ line: Span<UInt8>, _ message: String, into snapshot: inout Snapshot) {
    problemCount += 1
    guard problemCount <= Self.mostProblems else { return }
    snapshot.problems.append(
      Problem(
        .malformed, place: place, subject: subject, line: lineCount, evidence: Self.evidence(line), message: message))
  }

  private static func evidence(_ line: Span<UInt8>) -> [UInt8] {
    let end = min(endOfLine(line, from: 0), 120)
    return (0..<end).map { line[$0] }
  }
}

/// A decoder of the rows of one table.
protocol ProcNetRow {
  /// Reads the row that begins under the cursor, which is left behind the last column that was needed.
  func decode(_ cursor: inout LineCursor, _ bytes: Span<UInt8>) throws(RowError) -> SocketRecord
}
