package import SocketModel
internal import Text

/// What is known about one socket, in groups, one field per line: for a terminal that is too narrow
/// for a row of so many columns.
package struct SocketForm: Sendable {
  private let report: FieldReport
  private let style: TableStyle

  /// Takes the fields of the style's columns from a row of the snapshot.
  package init(_ snapshot: Snapshot, row: Int, style: TableStyle) {
    let cells = CellWriter(snapshot: snapshot, names: style.names)
    report = FieldReport(cells, row: row, fields: Set(style.columns), named: style.named)
    self.style = style
  }

  /// The lines, each with its newline: name, value and unit, and at the end the names of the
  /// unknown fields.
  package func render() -> [UInt8] {
    let names = report.groups.flatMap(\.entries).reduce(0) { max($0, $1.name.utf8.count) }
    let width = style.width ?? Int.max
    var output: [UInt8] = []
    for group in report.groups {
      if style.hasHeader { heading(group.title, to: &output) }
      for entry in group.entries {
        let indent = names + 4
        let room = max(16, width - indent)
        for (index, line) in entry.lines(columns: room).enumerated() {
          output.append(blanks: index == 0 ? 2 : indent)
          if index == 0 {
            paint(entry.name, .faint, to: &output)
            output.append(blanks: indent - 2 - entry.name.utf8.count)
          }
          output.append(contentsOf: line)
          output.append(UInt8(ascii: "\n"))
        }
      }
    }
    if !report.unknown.isEmpty {
      if style.hasHeader { heading(FieldReport.unknownTitle, to: &output) }
      for line in TextWrap.lines(report.unknown.joined(separator: ", "), columns: max(16, width - 2)) {
        output.append(blanks: 2)
        paint(line, .faint, to: &output)
        output.append(UInt8(ascii: "\n"))
      }
    }
    return output
  }

  private func heading(_ title: String, to output: inout [UInt8]) {
    paint(title, .heading, to: &output)
    output.append(UInt8(ascii: "\n"))
  }

  private func paint(_ text: String, _ colour: Colour, to output: inout [UInt8]) {
    output.append(contentsOf: colour.paint(text, if: style.usesColour).utf8)
  }
}

/// The fields of one socket for people: each value once, with its unit, in groups.
package struct FieldReport: Sendable {
  /// One field.
  package struct Entry: Sendable {
    package let field: Field
    /// The value, safe to show.
    package let value: [UInt8]
    /// The unit, or the value in the kernel's unit; empty when there is nothing to add.
    package let unit: String

    package var name: String { field.description.name }

    /// The value with its unit in lines of at most this many columns; see ``TextWrap/pieces(_:columns:)``.
    package func lines(columns limit: Int) -> [[UInt8]] {
      var lines = TextWrap.pieces(value[...], columns: limit)
      var last = lines.removeLast()
      if !unit.isEmpty {
        if TextWidth.columns(last[...]) + 1 + TextWidth.columns(unit) > limit {
          lines.append(last)
          last = []
        } else {
          last.append(UInt8(ascii: " "))
        }
        last.append(contentsOf: unit.utf8)
      }
      return lines + [last]
    }
  }

  /// The fields with a value, by what they are about.
  package private(set) var groups: [(title: String, entries: [Entry])] = []
  /// The names of the fields without a value.
  package private(set) var unknown: [String] = []

  package static let unknownTitle = "Not known, or without meaning here"

  /// Reports some fields of a row, or all when `fields` is `nil`. A field whose value another field
  /// includes is left out, unless it was requested by name.
  package init(
    _ cells: CellWriter, row: Int, fields: Set<Field>? = nil, named: Set<Field> = [],
    of registry: FieldRegistry = .standard
  ) {
    let record = cells.snapshot.records[row]
    for group in registry.groups {
      var entries: [Entry] = []
      for field in group.fields where fields?.contains(field) ?? true {
        if !named.contains(field), let whole = Self.whole(field, record), fields?.contains(whole) ?? true { continue }
        var value: [UInt8] = []
        _ = cells.append(field, record, row: row, to: &value)
        if value == [UInt8(ascii: "-")], !named.contains(field) {
          unknown.append(field.description.name)
        } else {
          let (text, unit) = Self.readable(field, value, cells.snapshot.value(of: field, at: row), record)
          entries.append(Entry(field: field, value: text, unit: unit))
        }
      }
      if !entries.isEmpty { groups.append((group.title, entries)) }
    }
  }

  /// Returns the field whose value includes that of `field`. For a field of only some transports it
  /// does so for their sockets.
  private static func whole(_ field: Field, _ record: SocketRecord) -> Field? {
    let description = field.description
    if description.impliesTransports, !description.transports.contains(record.transport) { return nil }
    return description.includedIn
  }

  /// The value and its unit in the form that is easiest to read. For a listener, the queues count
  /// connections.
  private static func readable(
    _ field: Field, _ cell: [UInt8], _ value: FieldValue, _ record: SocketRecord
  ) -> (value: [UInt8], unit: String) {
    guard cell != [UInt8(ascii: "-")], !field.showsTime, let unit = field.description.unit else {
      return (cell, "")
    }
    let isOne = cell == [UInt8(ascii: "1")]
    if field == .receiveQueue, record.countsConnections { return (cell, isOne ? "connection" : "connections") }
    if field == .sendQueue, record.countsConnections { return (cell, "connections at most") }
    if unit == "bytes/s", case .number(let number) = value {
      // The kernel's value for no limit: ~0UL, which has 32 bits on 32-bit machines.
      if number == .max || number == UInt64(UInt32.max), field == .tcp(.maxPacingRate) {
        return (Array("no limit".utf8), "")
      }
      return (Array(bitRate(number).utf8), "(\(number) bytes/s)")
    }
    return (cell, isOne && unit.hasSuffix("s") && unit.count > 2 ? String(unit.dropLast()) : unit)
  }

  /// A rate in bytes per second as bits per second, with one decimal.
  static func bitRate(_ bytes: UInt64) -> String {
    let bits = Double(bytes) * 8
    let units: [(Double, String)] = [(1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s")]
    guard let (size, unit) = units.first(where: { bits >= $0.0 }) else { return "\(UInt64(bits)) bit/s" }
    // At most 1.5e11 in the largest unit: tenths of it do not overflow.
    let tenths = UInt64((bits / size * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(unit)"
  }
}

extension Field {
  /// Whether words stand for its number that contain the unit.
  fileprivate var showsTime: Bool { [.time, .duration].contains(description.numberWords) }
}
