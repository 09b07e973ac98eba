import Text

/// The measurements, as a table and as JSON.
struct Report {
  /// One figure. Times are in microseconds, memory in KiB.
  struct Row {
    let sockets: Int
    let work: String
    let ours: String
    let peer: String
    let oursValue: Int
    let peerValue: Int
    let isMemory: Bool
    let target: Double?
    let runs: Int

    var ratio: Double { peerValue > 0 ? Double(oursValue) / Double(peerValue) : 0 }
    var isMissed: Bool { target.map { ratio > $0 } ?? false }
  }

  var rows: [Row] = []
  /// What could not be measured, and other remarks.
  var notes: [String] = []

  /// Whether a target was missed.
  var missed: Bool { rows.contains { $0.isMissed } }

  mutating func add(_ figures: [Figure], _ timings: [Command: Timing], sockets: Int) {
    for figure in figures {
      guard let ours = timings[figure.ours], let peer = timings[figure.peer] else { continue }
      let isMemory = figure.measure == .memory
      rows.append(
        Row(
          sockets: sockets, work: figure.work, ours: figure.ours.title, peer: figure.peer.title,
          oursValue: isMemory ? ours.medianKilobytes : ours.medianMicroseconds,
          peerValue: isMemory ? peer.medianKilobytes : peer.medianMicroseconds, isMemory: isMemory,
          target: figure.target, runs: min(ours.microseconds.count, peer.microseconds.count)))
    }
  }

  /// The report for people: medians, ratios and targets in columns.
  var table: String {
    var lines = [["SOCKETS", "WORK", "SOCKINSPECT", "PEER", "RATIO", "TARGET", "", "RUNS", "COMMANDS"]]
    for row in rows {
      lines.append([
        row.sockets == 0 ? "idle" : "\(row.sockets)", row.work, Report.amount(row.oursValue, row.isMemory),
        Report.amount(row.peerValue, row.isMemory), Report.decimal(row.ratio, 3),
        row.target.map { Report.decimal($0, 2) } ?? "-", row.target == nil ? "" : row.isMissed ? "MISSED" : "ok",
        "\(row.runs)", "\(row.ours) | \(row.peer)",
      ])
    }
    let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    let text = lines.map { line in
      let cells = line.indices.map { (column) -> String in
        let blanks = String(repeating: " ", count: widths[column] - line[column].count)
        return [0, 2, 3, 4, 5, 7].contains(column) ? blanks + line[column] : line[column] + blanks
      }
      return cells.joined(separator: "  ").trimmedEnd
    }
    return (text + notes.map { "note: \($0)" }).joined(separator: "\n")
  }

  /// The report for programs.
  var json: String {
    let items = rows.map { row in
      let unit = row.isMemory ? "kib" : "us"
      return "{\"sockets\":\(row.sockets),\"work\":\(Report.quoted(row.work)),\"ours\":\(Report.quoted(row.ours)),"
        + "\"peer\":\(Report.quoted(row.peer)),\"ours_\(unit)\":\(row.oursValue),\"peer_\(unit)\":\(row.peerValue),"
        + "\"ratio\":\(Report.decimal(row.ratio, 4)),\"target\":\(row.target.map { Report.decimal($0, 2) } ?? "null"),"
        + "\"reached\":\(row.target == nil ? "null" : row.isMissed ? "false" : "true"),\"runs\":\(row.runs)}"
    }
    return "{\"schema\":\"sockinspect.benchmark/1\",\"rows\":[\(items.joined(separator: ",\n"))],"
      + "\"notes\":[\(notes.map(Report.quoted).joined(separator: ","))]}"
  }

  private static func amount(_ value: Int, _ isMemory: Bool) -> String {
    isMemory ? decimal(Double(value) / 1024, 1) + " MiB" : decimal(Double(value) / 1000, 1) + " ms"
  }

  private static func decimal(_ value: Double, _ places: Int) -> String {
    let scale = (0..<places).reduce(1.0) { (scale, _) in scale * 10 }
    let scaled = Int((value * scale).rounded())
    let whole = scaled / Int(scale)
    let part = String(scaled % Int(scale))
    return "\(whole)." + String(repeating: "0", count: places - part.count) + part
  }

  private static func quoted(_ text: String) -> String {
    var json: [UInt8] = []
    json.appendJSON(text)
    return String(decoding: json, as: UTF8.self)
  }
}

extension String {
  fileprivate var trimmedEnd: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
