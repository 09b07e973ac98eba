import Rendering
internal import SocketModel
internal import Text

extension LiveModel {
  /// What is shown, as the contents of a file: every row in order, nothing hidden or cut. The name
  /// of the file decides the format: a table unless it ends in `.csv`, `.json` or `.ndjson`.
  mutating func export(for path: String) -> [UInt8] {
    arrangeIfNeeded()
    let shown = entries.compactMap { entry in
      if case .socket(let id) = entry { sockets[id] } else { nil }
    }
    let snapshot = Snapshot(sockets: shown, of: context, peers: trackedPeers)
    let rows = snapshot.listedRows.map { UInt32($0) }
    func ends(_ suffix: String) -> Bool { path.lowercased().hasSuffix(suffix) }
    if ends(".csv") {
      let csv = CSVOutput(snapshot, columns: columns)
      return csv.header + csv.render(rows: rows[...])
    }
    if ends(".ndjson") { return JSONOutput(snapshot, columns: nil).render(rows: rows[...]) }
    if ends(".json") {
      let json = JSONOutput(snapshot, command: settings.commandLine)
      return json.documentStart + json.renderElements(rows: rows[...], isFirst: true) + json.documentEnd
    }
    let table = Table(snapshot, rows: rows[...], style: TableStyle(columns: columns))
    var output = Array("  ".utf8) + table.header
    for (socket, row) in zip(shown, rows) {
      output.append(ascii: "\(mark(of: socket).0) ")
      output += table.render(rows: [row])
    }
    return output
  }
}
