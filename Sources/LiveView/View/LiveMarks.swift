internal import Query
internal import SocketModel
internal import Text

/// Finds what a filter looked for in the text of a row.
enum LiveMarks {
  /// The columns of a row, counted from its first cell, that are to be marked, in order and apart.
  ///
  /// - Parameters:
  ///   - row: the row without colours.
  ///   - places: the columns of each cell.
  static func ranges(
    _ marks: [QueryMarks.Mark], in row: ArraySlice<UInt8>, _ places: [Field: Range<Int>]
  ) -> [Range<Int>] {
    let cells = Cells(row)
    var found: [Range<Int>] = []
    for mark in marks {
      guard let place = places[mark.field], let cell = cells.trimmed(place) else { continue }
      switch mark.part {
      case .whole: found.append(cell)
      case .port: found += cells.lastColon(in: cell).map { [$0 + 1..<cell.upperBound] } ?? []
      case .address: found.append(cell.lowerBound..<(cells.lastColon(in: cell) ?? cell.upperBound))
      case .text(let text): found += cells.occurrences(of: text, in: cell)
      }
    }
    return merged(found.filter { !$0.isEmpty })
  }

  private static func merged(_ ranges: [Range<Int>]) -> [Range<Int>] {
    var result: [Range<Int>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = result.last, range.lowerBound <= last.upperBound {
        result[result.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
      } else {
        result.append(range)
      }
    }
    return result
  }

  /// A row by the columns of the screen.
  private struct Cells {
    /// The byte at each column, in lower case; 0 for what is not ASCII.
    private var bytes: [UInt8] = []

    init(_ row: ArraySlice<UInt8>) {
      var index = row.startIndex
      while index < row.endIndex {
        let (scalar, length) = UTF8Reader.scalar(in: row, at: index)
        let width = scalar.map { TextWidth.columns(of: $0) } ?? 1
        let byte = row[index]
        let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        bytes += repeatElement(length == 1 && byte < 0x80 ? (isUpper ? byte + 32 : byte) : 0, count: width)
        index += length
      }
    }

    /// The part of a cell that is not blank; `nil` when all of it is.
    func trimmed(_ place: Range<Int>) -> Range<Int>? {
      let cell = place.clamped(to: 0..<bytes.count)
      guard let first = cell.first(where: { bytes[$0] != ASCII.blank }),
        let last = cell.last(where: { bytes[$0] != ASCII.blank })
      else { return nil }
      return first..<last + 1
    }

    func lastColon(in cell: Range<Int>) -> Int? { cell.last { bytes[$0] == ASCII.colon } }

    func occurrences(of text: [UInt8], in cell: Range<Int>) -> [Range<Int>] {
      guard !text.isEmpty, text.allSatisfy({ $0 < 0x80 }) else { return [] }
      var found: [Range<Int>] = []
      var start = cell.lowerBound
      while start + text.count <= cell.upperBound {
        if bytes[start..<start + text.count].elementsEqual(text) {
          found.append(start..<start + text.count)
          start += text.count
        } else {
          start += 1
        }
      }
      return found
    }
  }
}
