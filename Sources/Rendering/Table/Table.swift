package import SocketModel
internal import Text

/// A table whose columns are known and whose cells must still be measured.
///
/// Several threads can each ``measure(_:)`` some rows; the merged widths make the ``Table``.
package struct TableDraft: Sendable {
  package let cells: CellWriter
  package let style: TableStyle

  /// Prepares a table of sockets of the snapshot.
  package init(_ snapshot: Snapshot, style: TableStyle) {
    cells = CellWriter(snapshot: snapshot, names: style.names)
    self.style = style
  }

  /// The table for the measured rows.
  package func table(_ widths: TableWidths) -> Table { Table(self, widths) }
}

/// A table of sockets: its columns are as wide as their cells, numbers right-aligned, text
/// left-aligned, separated by two blanks.
///
/// On a terminal the lines fit, by importance: see `TableFitting`. Owners that do not fit are
/// counted (`+3`), an address loses its middle rather than its port, other text ends in `…`, and
/// only a row that is one of many may be longer than the others. On a pipe everything is shown. No
/// line ends in blanks. The form of cells is described at `Escaping` (text), and in the manual page
/// (addresses, owners); unknown is `-`.
package struct Table: Sendable {
  /// The columns that did not fit into the terminal.
  package let hidden: [Field]
  /// Whether owners are shown without their descriptors.
  package var hidesDescriptors: Bool { columns.contains { $0.hidesDescriptors } }
  /// Whether cells other than owners are shortened.
  package var cutsText: Bool { columns.contains { $0.isCut && $0.field != .owners } }
  private let cells: CellWriter
  package let columns: [TableColumn]
  private let style: TableStyle

  package init(_ draft: TableDraft, _ widths: TableWidths) {
    cells = draft.cells
    style = draft.style
    (columns, hidden) = TableFitting.fit(draft.style, widths)
  }

  /// Measures the rows and makes their table.
  package init(_ snapshot: Snapshot, rows: ArraySlice<UInt32>, style: TableStyle) {
    let draft = TableDraft(snapshot, style: style)
    self.init(draft, draft.measure(rows))
  }

  /// The line that names the columns; empty when the style has none.
  package var header: [UInt8] {
    guard style.hasHeader else { return [] }
    var line: [UInt8] = []
    for (index, column) in columns.enumerated() {
      if index > 0 { line.append(blanks: TableColumn.gap) }
      var title = Array(column.field.description.heading.utf8)
      if title.count > column.width { title = textCut.end(title[...], to: column.width) }
      let padding = column.width - TextWidth.columns(title[...])
      if column.isRightAligned { line.append(blanks: padding) }
      if style.usesColour { line.append(ascii: Colour.heading.start) }
      line.append(contentsOf: title)
      if style.usesColour { line.append(ascii: Colour.end) }
      if !column.isRightAligned, index < columns.count - 1 { line.append(blanks: padding) }
    }
    line.append(ASCII.newline)
    return line
  }

  /// The lines of some rows, each with its newline.
  package func render(rows: ArraySlice<UInt32>) -> [UInt8] {
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
    // How far the row is shifted to the right of the others, after a cell that is wider than its
    // column.
    var lag = 0
    for index in 0...max(last, 0) where last >= 0 {
      let column = columns[index]
      if lag > 0, index == last, column.field == .owners, appendOwners(row, shiftedBy: lag, to: &output) { continue }
      let colour = style.usesColour ? colour(of: column.field, record, row: row) : .plain
      let isPlain = colour == .plain
      if isPlain, !column.isCut, !column.isRightAligned {
        let width = cells.append(column.field, record, row: row, to: &output)
        if index != last { output.append(blanks: Self.padding(column.width - width, &lag) + TableColumn.gap) }
        continue
      }
      scratch.removeAll(keepingCapacity: true)
      var width = cells.append(column.field, record, row: row, to: &scratch)
      if column.isCut, width > column.width || column.hidesDescriptors { cut(column, row, &scratch, &width) }
      let padding = Self.padding(column.width - width, &lag)
      if column.isRightAligned { output.append(blanks: padding) }
      if !isPlain { output.append(ascii: style.palette.map { colour.start(in: $0) } ?? colour.start) }
      output.append(contentsOf: scratch)
      if !isPlain { output.append(ascii: Colour.end) }
      if index != last { output.append(blanks: TableColumn.gap + (column.isRightAligned ? 0 : padding)) }
    }
    output.append(ASCII.newline)
  }

  /// Appends the owners of a row that is shifted to the right, as many of them and of their
  /// descriptors as the line then has room for; returns whether that is any.
  private func appendOwners(_ row: Int, shiftedBy lag: Int, to output: inout [UInt8]) -> Bool {
    guard let limit = style.width, let column = columns.last else { return false }
    let room = limit - columns.dropLast().reduce(lag) { $0 + $1.width + TableColumn.gap }
    let start = output.count
    let width = cells.appendOwners(
      row, within: column.isCut ? min(room, column.width) : room, hasDescriptors: !column.hidesDescriptors, to: &output)
    if width > room { output.removeLast(output.count - start) }
    return width <= room
  }

  /// The blanks beside a cell, less those that a wider cell before it has used.
  @inline(__always)
  private static func padding(_ blanks: Int, _ lag: inout Int) -> Int {
    let rest = blanks - lag
    lag = max(0, -rest)
    return max(0, rest)
  }

  private var textCut: TextCut { TextCut(isASCII: style.isASCII) }

  private func cut(_ column: TableColumn, _ row: Int, _ cell: inout [UInt8], _ width: inout Int) {
    let isInternet = cells.snapshot.records[row].transport.isInternet
    var limit = column.width
    if column.field == .owners {
      cell.removeAll(keepingCapacity: true)
      width = cells.appendOwners(row, within: limit, hasDescriptors: !column.hidesDescriptors, to: &cell)
      if column.runsOver { return }
    } else if column.runsOver {
      limit = max(limit, column.field.leastWidth(isInternet: isInternet))
    }
    guard width > limit else { return }
    if column.field.isEnd, isInternet {
      cell = textCut.address(cell[...], to: limit)
    } else if column.field.isEnd || column.field.isPath {
      cell = textCut.middle(cell[...], to: limit)
    } else {
      cell = textCut.end(cell[...], to: limit)
    }
    width = TextWidth.columns(cell[...])
  }

  private func colour(of field: Field, _ record: SocketRecord, row: Int) -> Colour {
    switch field {
    case .state: return Colour(record.state)
    case .receiveQueue where record.known.contains(.receiveQueue) && record.receiveQueue > 0:
      let isFull =
        record.countsConnections && record.known.contains(.sendQueue) && record.receiveQueue > record.sendQueue
      return isFull ? .attention : .passing
    case .sendQueue where record.known.contains(.sendQueue) && record.sendQueue > 0 && record.state != .listen:
      return .passing
    case .owners where cells.showsWorkload(at: row): return .faint
    default: return .plain
    }
  }
}
