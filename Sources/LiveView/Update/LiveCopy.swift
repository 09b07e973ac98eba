import Rendering
internal import SocketModel
internal import Text

// What is copied to the clipboard of the terminal.
extension LiveModel {
  /// Copies the selected row: its cells, with tabs between them.
  mutating func copyRow() -> [LiveEffect] {
    guard let cells = selectedCells else { return noRow() }
    say("copied the row, if the terminal lets programs copy")
    return [.copy(cells.map(\.text).joined(separator: "\t"))]
  }

  /// Copies one cell of the selected row: with each press the next one.
  mutating func copyCell() -> [LiveEffect] {
    guard let cells = selectedCells, !cells.isEmpty else { return noRow() }
    let next = copiedField.flatMap { field in cells.firstIndex { $0.field == field } }.map { $0 + 1 } ?? 0
    let cell = cells[next % cells.count]
    copiedField = cell.field
    say("copied \(cell.field.description.name): \(cell.text)")
    return [.copy(cell.text)]
  }

  private mutating func noRow() -> [LiveEffect] {
    say("select a socket first: Up and Down", isTrouble: true)
    return []
  }

  /// The cells of the selected row that have a value, whole and safe to show.
  private var selectedCells: [(field: Field, text: String)]? {
    guard let socket = selectedSocket else { return nil }
    let snapshot = Snapshot(sockets: [socket], of: context, peers: trackedPeers)
    let writer = CellWriter(snapshot: snapshot, names: names)
    return columns.compactMap { field in
      var bytes: [UInt8] = []
      _ = writer.append(field, snapshot.records[0], row: 0, to: &bytes)
      return bytes == [ASCII.hyphen] ? nil : (field, String(decoding: bytes, as: UTF8.self))
    }
  }
}
