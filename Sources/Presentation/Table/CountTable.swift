public import SocketModel
internal import Text

/// How many sockets have each combination of values of some fields (`--count-by`).
public struct CountTable: Sendable {
  /// One combination of values and how many sockets have it.
  public struct Row: Sendable, Hashable {
    /// The values, in the order of the table's fields.
    public var values: [FieldValue]
    /// How many sockets have them.
    public var count: Int

    /// Creates a row.
    public init(values: [FieldValue], count: Int) {
      self.values = values
      self.count = count
    }
  }

  /// The fields that were counted by.
  public let fields: [Field]
  /// The rows, in the order in which they are shown. Each has one value a field.
  public let rows: [Row]

  /// Makes a table of counts.
  public init(fields: [Field], rows: [Row]) {
    self.fields = fields
    self.rows = rows
  }

  /// The counts as a table, COUNT first; of the style, the columns and names do not matter.
  public func table(_ style: TableStyle) -> [UInt8] {
    var grid = TextGrid(columns: [.init(title: "COUNT", isRightAligned: true)])
    grid.columns += fields.map { .init(title: $0.description.title, isRightAligned: $0.isRightAligned) }
    for row in rows {
      var count: [UInt8] = []
      count.appendDecimal(row.count)
      grid.rows.append([count] + row.values.map(Self.cell))
    }
    grid.isASCII = style.isASCII
    return grid.draw(width: style.width, hasHeader: style.hasHeader, usesColour: style.usesColour)
  }

  /// The counts as NDJSON: the fields under their names, then `count`.
  public var ndjson: [UInt8] {
    var output: [UInt8] = []
    for row in rows {
      append(row, to: &output)
      output.append(0x0A)
    }
    return output
  }

  /// The counts as one JSON document: `{"schema":"sockinspect.counts/1","counts":[...]}`.
  public var json: [UInt8] {
    var output = Array("{\"schema\":\"sockinspect.counts/1\",\"counts\":[".utf8)
    for (index, row) in rows.enumerated() {
      output.append(ascii: index == 0 ? "\n" : ",\n")
      append(row, to: &output)
    }
    output.append(ascii: "\n]}\n")
    return output
  }

  /// The counts as CSV: the fields under their names, then `count`; cells as in ``CSVOutput``.
  public var csv: [UInt8] { csv(hasHeader: true) }

  /// The counts as CSV, with or without the line that names the fields.
  public func csv(hasHeader: Bool) -> [UInt8] {
    var output: [UInt8] = []
    if hasHeader {
      output.append(contentsOf: (fields.map { $0.description.name } + ["count"]).joined(separator: ",").utf8)
      output.append(ascii: "\r\n")
    }
    for row in rows {
      for value in row.values {
        CSVOutput.appendCell(value, to: &output)
        output.append(0x2C)
      }
      output.appendDecimal(row.count)
      output.append(ascii: "\r\n")
    }
    return output
  }

  private func append(_ row: Row, to output: inout [UInt8]) {
    output.append(0x7B)
    for (field, value) in zip(fields, row.values) {
      JSONOutput.appendMember(field.description.name, value, to: &output)
      output.append(0x2C)
    }
    output.append(ascii: "\"count\":")
    output.appendDecimal(row.count)
    output.append(0x7D)
  }

  private static func cell(_ value: FieldValue) -> [UInt8] {
    var cell: [UInt8] = []
    switch value {
    case .absent: cell.append(0x2D)
    case .number(let number): cell.appendDecimal(number)
    case .hexadecimal(let number): cell.appendHexadecimal(number)
    case .address(let address): cell.appendAddress(address.bits, isIPv4: address.isIPv4)
    case .endpoint(let endpoint): cell.append(ascii: endpoint.description)
    case .word(let word): cell.append(ascii: word)
    case .bytes(let bytes): Escaping.appendCell(bytes[...], to: &cell)
    case .flag(let flag): cell.append(ascii: flag ? "yes" : "no")
    }
    return cell
  }
}
