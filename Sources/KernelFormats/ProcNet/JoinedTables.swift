package import SocketModel

/// Decodes tables of `/proc/net` that were joined into one text, such as the output of
/// `cat /proc/net/*`, in pieces of any size.
///
/// A header line always begins a table. Text that belongs to no table of sockets is skipped and
/// counted: what precedes the first header, and what follows the rows of a table and does not look
/// like a row. A line between rows of the same table is a row that does not parse. Lines of the
/// form `==> FILE <==`, as `head` and `tail` write them, name the next table, which matters for
/// those that share a header.
///
/// A unix socket's name may contain newlines followed by what looks like a heading. It is taken for
/// a heading unless a row of the unix table follows.
package struct JoinedTables: Sendable {
  /// The path of the text, for problems.
  package let path: String
  /// The tables whose headers were found, in their order.
  package private(set) var tables: [ProcNetTable] = []
  /// How many lines belong to no table of sockets.
  package private(set) var foreignLines = 0

  private let wanted: Set<Transport>
  private let makeDecoder: @Sendable (ProcNetTable) -> ProcNetDecoder
  private var decoder: ProcNetDecoder?
  /// The table that the next header belongs to, if it can be.
  private var name: ProcNetTable?
  /// Lines after the last row of the table that are not rows of it; the first ones are kept whole.
  private var strayLines: [(number: Int, bytes: [UInt8], error: RowError?)] = []
  private var strayCount = 0
  /// A header that may be part of a unix socket's name.
  private var heldHeader: [UInt8]?
  /// Whether the lines belong to a table that is not wanted.
  private var isInUnwantedTable = false
  private var lineCount = 0
  private var carry: [UInt8] = []
  private var isSkippingLine = false

  /// Makes a decoder at the beginning of a text.
  /// - Parameters:
  ///   - path: the text's name for problems.
  ///   - name: the table that the first header belongs to, if it can be; for a file that is named
  ///     after a table.
  ///   - wanted: the transports whose tables are decoded; all of them when it is empty.
  ///   - makeDecoder: makes the decoder of a table.
  package init(
    path: String, name: ProcNetTable? = nil, wanted: Set<Transport> = [],
    makeDecoder: @escaping @Sendable (ProcNetTable) -> ProcNetDecoder
  ) {
    self.path = path
    self.name = name
    self.wanted = wanted
    self.makeDecoder = makeDecoder
  }

  /// Decodes the next piece of the text.
  package mutating func decode(_ chunk: Span<UInt8>, into snapshot: inout Snapshot) {
    var start = 0
    if isSkippingLine || !carry.isEmpty {
      start = ProcNetDecoder.endOfLine(chunk, from: 0)
      keep(chunk.extracting(0..<start), into: &snapshot)
      guard start < chunk.count else { return }
      start += 1
      if !isSkippingLine {
        var line: [UInt8] = []
        swap(&line, &carry)
        line.append(UInt8(ascii: "\n"))
        take(line.span, into: &snapshot)
      }
      isSkippingLine = false
    }
    var end = chunk.count
    while end > start, chunk[end - 1] != UInt8(ascii: "\n") { end -= 1 }
    if end > start { take(chunk.extracting(start..<end), into: &snapshot) }
    if end < chunk.count { keep(chunk.extracting(end..<chunk.count), into: &snapshot) }
  }

  /// Ends the text: decodes the rest of it.
  ///
  /// In a text that is nothing but one table, lines after the last row are rows that do not parse.
  package mutating func finish(into snapshot: inout Snapshot) {
    settleHeldHeader(before: nil, into: &snapshot)
    if !carry.isEmpty {
      var line: [UInt8] = []
      swap(&line, &carry)
      if let header = ProcNetHeader(line.span) {
        lineCount += 1
        begin(header, into: &snapshot)
      } else if decoder != nil, strayCount == 0 {
        // The decoder reports that the table was cut.
        decoder?.lineCount = lineCount
        decoder?.decode(line.span, into: &snapshot)
      } else {
        lineCount += 1
        pass(over: line.span, nil)
      }
    }
    if tables.count == 1, foreignLines == 0 { refuseStrayLines(into: &snapshot) }
    end(into: &snapshot)
    isSkippingLine = false
  }

  // MARK: Lines

  private mutating func keep(_ bytes: Span<UInt8>, into snapshot: inout Snapshot) {
    guard !isSkippingLine else { return }
    let room = ProcNetDecoder.longestLine - carry.count
    for index in 0..<min(bytes.count, room) { carry.append(bytes[index]) }
    guard bytes.count > room else { return }
    let line = carry
    carry = []
    isSkippingLine = true
    lineCount += 1
    pass(over: line.span, RowError("a row", .line(atMost: ProcNetDecoder.longestLine)))
  }

  /// Decodes lines that all end in a newline.
  private mutating func take(_ bytes: Span<UInt8>, into snapshot: inout Snapshot) {
    var start = 0
    while start < bytes.count {
      let end = ProcNetDecoder.endOfLine(bytes, from: start)
      if heldHeader != nil { settleHeldHeader(before: bytes.extracting(start..<end), into: &snapshot) }
      if decoder != nil, strayCount > 0, decoder?.isRow(bytes.extracting(start..<end)) == true {
        refuseStrayLines(into: &snapshot)
      }
      if decoder != nil, strayCount == 0 {
        decoder?.lineCount = lineCount
        let refused = decoder?.decodeRows(bytes, from: start, isCut: false, into: &snapshot)
        lineCount = decoder?.lineCount ?? lineCount
        guard let refused else { return }
        take(bytes.extracting(refused.range), refused.error, into: &snapshot)
        start = refused.range.upperBound + 1
      } else {
        lineCount += 1
        take(bytes.extracting(start..<end), nil, into: &snapshot)
        start = end + 1
      }
    }
  }

  /// Handles a line that is not a row of the current table and was counted.
  private mutating func take(_ line: Span<UInt8>, _ error: RowError?, into snapshot: inout Snapshot) {
    var cursor = LineCursor(at: 0, isCut: false)
    cursor.skipBlanks(line)
    if cursor.position == line.count { return }
    if let header = ProcNetHeader(line) {
      if header.table != .unix, decoder?.table == .unix, decoder?.mayContinueName(with: line) == true {
        heldHeader = line.indices.map { line[$0] }
      } else {
        begin(header, into: &snapshot)
      }
    } else if let file = Self.fileName(in: line) {
      end(into: &snapshot)
      name = ProcNetTable(rawValue: String(decoding: file, as: UTF8.self))
    } else if let error, decoder?.looksLikeRow(line) == true {
      decoder?.refuse(line, error.reason, into: &snapshot)
    } else {
      pass(over: line, error)
    }
  }

  /// Counts a line that is not a row: as one of the current table, should its rows continue, or as
  /// foreign.
  private mutating func pass(over line: Span<UInt8>, _ error: RowError?) {
    guard decoder != nil else {
      if !isInUnwantedTable { foreignLines += 1 }
      return
    }
    strayCount += 1
    guard strayLines.count < ProcNetDecoder.mostProblems else { return }
    strayLines.append((lineCount, (0..<min(line.count, 120)).map { line[$0] }, error))
  }

  /// Reports the lines after the last row as rows that do not parse.
  private mutating func refuseStrayLines(into snapshot: inout Snapshot) {
    for line in strayLines {
      decoder?.lineCount = line.number
      let error = line.error ?? decoder?.reason(toRefuse: line.bytes.span)
      decoder?.refuse(line.bytes.span, error?.reason ?? .noRow, into: &snapshot)
    }
    decoder?.refuse(count: strayCount - strayLines.count)
    decoder?.lineCount = lineCount
    (strayLines, strayCount) = ([], 0)
  }

  // MARK: Tables

  private mutating func begin(_ header: ProcNetHeader, into snapshot: inout Snapshot) {
    end(into: &snapshot)
    let table = table(of: header)
    name = nil
    tables.append(table)
    isInUnwantedTable = !wanted.isEmpty && !wanted.contains(table.transport)
    guard !isInUnwantedTable else { return }
    var decoder = makeDecoder(table)
    decoder.isJoined = true
    decoder.lineCount = lineCount
    decoder.take(columnsOf: header)
    self.decoder = decoder
  }

  private mutating func end(into snapshot: inout Snapshot) {
    decoder?.finish(into: &snapshot)
    decoder = nil
    isInUnwantedTable = false
    foreignLines += strayCount
    (strayLines, strayCount) = ([], 0)
  }

  /// The table of a header: the one that was named, if it can be, or among those that share the
  /// header the IPv6 one whose IPv4 table came right before.
  private func table(of header: ProcNetHeader) -> ProcNetTable {
    if let name, header.fits(name, isFirstLine: true) { return name }
    guard header.table == .udp6 else { return header.table }
    // TCP's table has its own header.
    guard let last = tables.last, last.family == .ipv4, last != .tcp else { return .udp6 }
    return ProcNetTable(transport: last.transport, family: .ipv6) ?? .udp6
  }

  /// Decides what a header after the name of a unix socket is, by what follows.
  private mutating func settleHeldHeader(before next: Span<UInt8>?, into snapshot: inout Snapshot) {
    guard let held = heldHeader else { return }
    heldHeader = nil
    if let next, ProcNetDecoder.beginsLikeRow(next), decoder?.isRow(next) == true {
      decoder?.continueName(with: held.span)
    } else if let header = ProcNetHeader(held.span) {
      begin(header, into: &snapshot)
    }
  }

  /// The last part of FILE, without its extension, in a line of the form `==> FILE <==`; `nil` in
  /// any other line.
  private static func fileName(in line: Span<UInt8>) -> [UInt8]? {
    let bytes = (0..<min(line.count, 4200)).map { line[$0] }
    guard bytes.starts(with: "==> ".utf8), bytes.reversed().starts(with: " <==".utf8.reversed()), bytes.count > 8
    else { return nil }
    let path = bytes[4..<(bytes.count - 4)]
    let file = path[(path.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? path.startIndex)...]
    return Array(file.prefix { $0 != UInt8(ascii: ".") })
  }
}
