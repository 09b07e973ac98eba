package import SocketModel
internal import Text

/// What sockets sent and received in an interval as lines of text, one a socket, in columns that line
/// up:
///
///     14:03:07.000123   1.2MB     0B  127.0.0.1:1234   127.0.0.1:40000   server[44] fd 5
///
/// Columns are as wide as the widest cell so far, up to a limit, since the cells to come are not
/// known. Cells are written and escaped as in a table.
package struct RateLines: Sendable {
  /// The columns behind the time, unless others are chosen.
  package static let defaultColumns: [Field] = [.receiveRate, .sendRate, .local, .peer, .owners]

  /// The names to show instead of numbers.
  package var names = ShownNames()
  private let timestamps: TimestampWriter
  private let columns: [Field]
  private var widths: [Int]

  /// The limit of the columns: what an IPv6 address and port take.
  private static let widestColumn = 47

  /// Makes a writer of lines whose timestamps have the given style.
  package init(_ timestamps: TimestampWriter, columns: [Field] = defaultColumns) {
    self.timestamps = timestamps
    self.columns = columns
    widths = columns.map { field in
      switch field {
      case .local, .peer: 21
      case .receiveRate, .sendRate: 6
      default: field.description.title.utf8.count
      }
    }
  }

  /// Returns the lines of some rows of a snapshot of tracked sockets.
  ///
  /// - Parameter time: the end of the interval.
  package mutating func render(_ rows: [UInt32], of snapshot: Snapshot, at time: Timestamp) -> [UInt8] {
    let cells = CellWriter(snapshot: snapshot, names: names)
    var output: [UInt8] = []
    output.reserveCapacity(rows.count * 120)
    for row in rows {
      timestamps.append(time, to: &output)
      for (place, field) in columns.enumerated() {
        output.append(blanks: 2)
        let start = output.count
        let width = cells.append(field, snapshot.records[Int(row)], row: Int(row), to: &output)
        widths[place] = max(widths[place], min(width, Self.widestColumn))
        let padding = repeatElement(ASCII.blank, count: widths[place] - min(width, widths[place]))
        output.insert(contentsOf: padding, at: field.isRightAligned ? start : output.count)
      }
      while output.last == ASCII.blank { output.removeLast() }
      output.append(ASCII.newline)
    }
    return output
  }
}
