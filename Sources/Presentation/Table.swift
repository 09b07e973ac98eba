public import SocketModel
internal import Text

/// A table whose columns are known and whose cells must still be measured.
///
/// Several threads can each ``measure(_:)`` some rows; the merged widths make the ``Table``.
public struct TableDraft: Sendable {
  let cells: CellWriter
  let style: TableStyle

  /// Prepares a table of sockets of the snapshot.
  public init(_ snapshot: Snapshot, style: TableStyle) {
    cells = CellWriter(snapshot: snapshot, names: style.names)
    self.style = style
  }

  /// How wide the cells of some rows are, the headings included.
  public func measure(_ rows: ArraySlice<UInt32>) -> TableWidths {
    let fields = style.columns
    var full = fields.map { style.hasHeader ? $0.description.title.utf8.count : 1 }
    var brief = full
    // On a pipe nothing needs to be known of a last column of text: nothing follows that must be aligned.
    let needsLast = style.width != nil || fields.last?.isRightAligned == true
    let measured = needsLast ? fields.count : fields.count - 1
    let limits = fields.map { $0.briefLimit ?? Int.max }
    var scratch: [UInt8] = []
    for row in rows {
      let row = Int(row)
      let record = cells.snapshot.records[row]
      for column in 0..<max(measured, 0) {
        let width = cells.width(fields[column], record, row: row, scratch: &scratch)
        guard width > brief[column] else { continue }
        full[column] = max(full[column], width)
        let short = fields[column] == .owners ? cells.briefOwnersWidth(row) : width
        brief[column] = max(brief[column], min(short, limits[column]))
      }
    }
    return TableWidths(full: full, brief: brief)
  }

  /// The table for rows that were measured.
  public func table(_ widths: TableWidths) -> Table { Table(self, widths) }
}

/// A table of sockets: its columns are as wide as their cells, numbers at the right, text at the left, two blanks between.
///
/// On a terminal the least important columns are hidden until the lines fit, and no line ever wraps: owners that do not fit are
/// counted (`+3`), other text ends in `…`, and an address loses its beginning rather than its port. On a pipe everything is shown. No line ends in
/// blanks. What cells look like is said at ``Escaping`` (text), and in the manual page (addresses, owners); unknown is `-`.
public struct Table: Sendable {
  /// The columns that the terminal had no room for.
  public let hidden: [Field]
  private let cells: CellWriter
  let columns: [TableColumn]
  private let style: TableStyle

  init(_ draft: TableDraft, _ widths: TableWidths) {
    cells = draft.cells
    style = draft.style
    (columns, hidden) = TableColumn.fit(
      draft.style.columns, asked: draft.style.asked, core: draft.style.core, widths, into: draft.style.width)
  }

  /// Measures the rows and makes their table.
  public init(_ snapshot: Snapshot, rows: ArraySlice<UInt32>, style: TableStyle) {
    let draft = TableDraft(snapshot, style: style)
    self.init(draft, draft.measure(rows))
  }

  /// The line that names the columns; empty when the style has none.
  public var header: [UInt8] {
    guard style.hasHeader else { return [] }
    var line: [UInt8] = []
    for (index, column) in columns.enumerated() {
      if index > 0 { line.append(blanks: TableColumn.gap) }
      var title = Array(column.field.description.title.utf8)
      if title.count > column.width { title = Self.cut(title[...], to: column.width, keepsEnd: false) }
      let padding = column.width - TextWidth.columns(title[...])
      if column.isRightAligned { line.append(blanks: padding) }
      if style.usesColour { line.append(ascii: Colour.heading.start) }
      line.append(contentsOf: title)
      if style.usesColour { line.append(ascii: Colour.end) }
      if !column.isRightAligned, index < columns.count - 1 { line.append(blanks: padding) }
    }
    line.append(0x0A)
    return line
  }

  /// The lines of some rows, each with its newline.
  public func render(rows: ArraySlice<UInt32>) -> [UInt8] {
    var output: [UInt8] = []
    let lineWidth = columns.reduce(24) { $0 + $1.width + TableColumn.gap }
    output.reserveCapacity(rows.count * min(lineWidth, 256))
    var scratch: [UInt8] = []
    for row in rows {
      append(Int(row), to: &output, scratch: &scratch)
    }
    return output
  }

  @inline(__always)
  private func append(_ row: Int, to output: inout [UInt8], scratch: inout [UInt8]) {
    let record = cells.snapshot.records[row]
    let last = columns.count - 1
    for index in 0...max(last, 0) where last >= 0 {
      let column = columns[index]
      let isPlain = !style.usesColour || Self.colour(of: column.field, record) == .plain
      if isPlain, !column.isCut, !column.isRightAligned {
        let width = cells.append(column.field, record, row: row, to: &output)
        if index != last { output.append(blanks: column.width - width + TableColumn.gap) }
        continue
      }
      scratch.removeAll(keepingCapacity: true)
      var width = cells.append(column.field, record, row: row, to: &scratch)
      if column.isCut, width > column.width { cut(column, row, &scratch, &width) }
      let padding = column.width - width
      if column.isRightAligned { output.append(blanks: padding) }
      if !isPlain { output.append(ascii: Self.colour(of: column.field, record).start) }
      output.append(contentsOf: scratch)
      if !isPlain { output.append(ascii: Colour.end) }
      if index != last { output.append(blanks: TableColumn.gap + (column.isRightAligned ? 0 : padding)) }
    }
    output.append(0x0A)
  }

  private func cut(_ column: TableColumn, _ row: Int, _ cell: inout [UInt8], _ width: inout Int) {
    if column.field == .owners {
      cell.removeAll(keepingCapacity: true)
      width = cells.appendOwners(row, within: column.width, to: &cell)
    }
    guard width > column.width else { return }
    let isAddress = column.field.description.type == .endpoint && cells.snapshot.records[row].transport.isInternet
    cell = Self.cut(cell[...], to: column.width, keepsEnd: isAddress)
    width = TextWidth.columns(cell[...])
  }

  /// The text shortened to at most `limit` columns, with `…` where something is missing.
  static func cut(_ text: ArraySlice<UInt8>, to limit: Int, keepsEnd: Bool) -> [UInt8] {
    let ellipsis: [UInt8] = [0xE2, 0x80, 0xA6]
    guard limit > 0 else { return [] }
    if keepsEnd {
      var start = text.endIndex
      var best = start
      while start > text.startIndex {
        start -= 1
        guard text[start] & 0xC0 != 0x80 else { continue }
        guard TextWidth.columns(text[start...]) < limit else { break }
        best = start
      }
      return ellipsis + text[best...]
    }
    var meter = TextMeter()
    var end = text.startIndex
    while end < text.endIndex {
      let (scalar, length) = UTF8Reader.scalar(in: text, at: end)
      meter.add(scalar)
      guard meter.columns < limit else { break }
      end += length
    }
    return text[..<end] + ellipsis
  }

  private static func colour(of field: Field, _ record: SocketRecord) -> Colour {
    switch field {
    case .state: return Colour(record.state)
    case .receiveQueue where record.known.contains(.receiveQueue) && record.receiveQueue > 0:
      let isFull =
        record.isInternetListener && record.known.contains(.sendQueue) && record.receiveQueue > record.sendQueue
      return isFull ? .attention : .passing
    case .sendQueue where record.known.contains(.sendQueue) && record.sendQueue > 0 && record.state != .listen:
      return .passing
    default: return .plain
    }
  }
}

extension [UInt8] {
  /// Appends blanks; none when the count is not positive.
  @inline(__always)
  mutating func append(blanks count: Int) {
    if count > 0 { append(contentsOf: repeatElement(0x20, count: count)) }
  }
}
