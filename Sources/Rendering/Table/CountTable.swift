package import Query
package import SocketModel
internal import Text

/// How many sockets have each combination of values of some fields (`--count-by`).
package struct CountTable: Sendable {
  /// The fields that were counted by.
  package let fields: [Field]
  /// The groups, in the order in which they are shown. Each has one value per field.
  package let groups: [CountBy.Group]

  package init(fields: [Field], groups: [CountBy.Group]) {
    self.fields = fields
    self.groups = groups
  }

  /// The counts as a table, COUNT first; the columns and names of the style do not matter.
  ///
  /// - Parameters:
  ///   - style: how the table is drawn.
  ///   - namespaces: the names of network namespaces, by their numbers.
  package func table(_ style: TableStyle, namespaces: [UInt32: [UInt8]] = [:]) -> [UInt8] {
    var grid = TextGrid(columns: [.init(title: "COUNT", isRightAligned: true)])
    grid.columns += fields.map { .init(title: $0.description.title, isRightAligned: $0.isRightAligned) }
    for group in groups {
      var count: [UInt8] = []
      count.appendDecimal(group.count)
      grid.rows.append(
        [count]
          + zip(fields, group.values).map { field, value in
            guard field == .netns, let name = value.number.flatMap({ namespaces[UInt32(truncatingIfNeeded: $0)] })
            else { return Self.cell(value) }
            return Self.cell(.bytes(name))
          })
    }
    grid.isASCII = style.isASCII
    return grid.draw(width: style.width, hasHeader: style.hasHeader, usesColour: style.usesColour)
  }

  /// The counts as NDJSON: the fields under their names, then `count`.
  package var ndjson: [UInt8] {
    var output: [UInt8] = []
    for group in groups {
      append(group, to: &output)
      output.append(ASCII.newline)
    }
    return output
  }

  /// The counts as one JSON document: `{"schema":"sockinspect.counts/1","counts":[...]}`.
  package var json: [UInt8] {
    var output = Array("{\"schema\":\"sockinspect.counts/1\",\"counts\":[".utf8)
    for (index, group) in groups.enumerated() {
      output.append(ascii: index == 0 ? "\n" : ",\n")
      append(group, to: &output)
    }
    output.append(ascii: "\n]}\n")
    return output
  }

  /// The counts as CSV: the fields under their names, then `count`; cells as in ``CSVOutput``.
  package var csv: [UInt8] { csv(hasHeader: true) }

  /// The counts as CSV, with or without the line that names the fields.
  package func csv(hasHeader: Bool) -> [UInt8] {
    var output: [UInt8] = []
    if hasHeader {
      output.append(contentsOf: (fields.map { $0.description.name } + ["count"]).joined(separator: ",").utf8)
      output.appendCSVLineEnd()
    }
    for group in groups {
      for value in group.values {
        CSVOutput.appendCell(value, to: &output)
        output.append(ASCII.comma)
      }
      output.appendDecimal(group.count)
      output.appendCSVLineEnd()
    }
    return output
  }

  private func append(_ group: CountBy.Group, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "{"))
    for (field, value) in zip(fields, group.values) {
      JSONOutput.appendMember(field.description.name, value, to: &output)
      output.append(ASCII.comma)
    }
    output.append(ascii: "\"count\":")
    output.appendDecimal(group.count)
    output.append(UInt8(ascii: "}"))
  }

  private static func cell(_ value: FieldValue) -> [UInt8] {
    var cell: [UInt8] = []
    switch value {
    case .absent: cell.append(ASCII.hyphen)
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
