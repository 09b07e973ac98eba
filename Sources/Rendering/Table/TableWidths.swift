package import SocketModel

/// The widths of the cells of some rows, and which values they have. The widths of rows that
/// several threads measured can be merged.
package struct TableWidths: Sendable, Hashable {
  /// One for each column, in order.
  var columns: [ColumnMeasure]
  /// A bit for the raw value of each transport that a row has.
  package var transports: UInt32 = 0
  /// How many rows were measured.
  package var rows = 0

  /// Makes a column no wider than a limit, except for its heading.
  package mutating func limit(_ field: Field, to limit: Int, among fields: [Field]) {
    guard let index = fields.firstIndex(of: field), columns.indices.contains(index) else { return }
    columns[index].limit(to: max(limit, columns[index].title))
  }

  /// Adds the widths of other rows of the same table.
  package mutating func merge(_ other: TableWidths) {
    for index in columns.indices where index < other.columns.count { columns[index].merge(other.columns[index]) }
    transports |= other.transports
    rows += other.rows
  }
}

/// What is known about the cells of one column. When lines have no limit, only ``full`` is
/// measured.
struct ColumnMeasure: Sendable, Hashable {
  /// The width of the heading in columns.
  var title: Int
  /// The widest cell or heading.
  var full: Int
  /// The widest cell when only the first of several owners is named, with its descriptors and `
  /// +N`.
  var brief: Int
  /// The widest cell shortened as far as it stays useful: an address without its middle, an owner
  /// without descriptors.
  var least: Int
  /// The widest cell that cannot be shortened: among the ends of sockets, those of IPv4.
  var rigid: Int
  /// Whether a cell is wider than it may be.
  var isLimited = false
  /// Whether a cell has a value.
  var hasValue = false
  /// Whether a cell has a number other than 0.
  var hasNumber = false
  /// How many cells have each minimum width; the last one stands for all wider ones.
  var counts: [UInt32] = []

  static let buckets = 64

  init(title: Int) {
    self.title = title
    full = title
    brief = title
    least = title
    rigid = title
  }

  mutating func limit(to limit: Int) {
    isLimited = isLimited || full > limit
    full = min(full, limit)
    brief = min(brief, limit)
    least = min(least, limit)
    rigid = min(rigid, limit)
  }

  mutating func merge(_ other: ColumnMeasure) {
    full = max(full, other.full)
    brief = max(brief, other.brief)
    least = max(least, other.least)
    rigid = max(rigid, other.rigid)
    isLimited = isLimited || other.isLimited
    hasValue = hasValue || other.hasValue
    hasNumber = hasNumber || other.hasNumber
    if counts.isEmpty {
      counts = other.counts
    } else {
      for index in counts.indices where index < other.counts.count { counts[index] &+= other.counts[index] }
    }
  }

  /// Adds a cell by its widths; `rigid` is 0 for one that can be shortened.
  @inline(__always)
  mutating func note(brief: Int, least: Int, rigid: Int) {
    self.brief = max(self.brief, brief)
    self.least = max(self.least, least)
    self.rigid = max(self.rigid, rigid)
    counts[min(least, Self.buckets - 1)] &+= 1
  }

  /// Records that no cell of the column can be shortened.
  mutating func note(whole width: Int) {
    brief = width
    least = width
    rigid = width
  }

  /// The widest cell when only the first and the last group of IPv6 addresses remain.
  var shortest: Int { max(title, rigid, min(least, TableDraft.shortestEnd)) }

  /// The width that all but some of the cells fit into when they are shortened.
  func width(exceededBy allowed: Int) -> Int {
    var rest = allowed
    var width = counts.count - 1
    while width > 0, Int(counts[width]) <= rest {
      rest -= Int(counts[width])
      width -= 1
    }
    // Only the widest of the cells in the last bucket is known.
    return width == Self.buckets - 1 ? least : max(width, title)
  }
}

extension TableDraft {
  /// The least width at which an end of an internet socket can be recognised: two groups of IPv6,
  /// and the last with the port.
  static let leastEnd = 24
  /// The width when one group must do: `[2001:…:7334]:9443`.
  static let shortestEnd = 19
  /// The least width of a unix path.
  static let leastPath = 32

  /// The widths of the cells of some rows, including the headings.
  package func measure(_ rows: ArraySlice<UInt32>) -> TableWidths {
    style.width == nil ? measureWhole(rows) : measureAll(rows)
  }

  /// The widths of complete cells. A last column of text need not be measured: nothing after it
  /// must be aligned.
  private func measureWhole(_ rows: ArraySlice<UInt32>) -> TableWidths {
    let fields = style.columns
    var full = fields.map { style.hasHeader ? $0.description.heading.utf8.count : 1 }
    let measured = fields.last?.isRightAligned == true ? fields.count : fields.count - 1
    var scratch: [UInt8] = []
    for row in rows {
      let row = Int(row)
      let record = cells.snapshot.records[row]
      for column in 0..<max(measured, 0) {
        full[column] = max(full[column], cells.width(fields[column], record, row: row, scratch: &scratch))
      }
    }
    return TableWidths(columns: full.map { ColumnMeasure(title: $0) }, rows: rows.count)
  }

  private func measureAll(_ rows: ArraySlice<UInt32>) -> TableWidths {
    let fields = style.columns
    let limits = fields.map { $0.leastLimit ?? Int.max }
    let isText = fields.map(\.canRunOver)
    let isEnd = fields.map(\.isEnd)
    var measures = fields.map { field in
      var measure = ColumnMeasure(title: style.hasHeader ? field.description.heading.utf8.count : 1)
      measure.hasValue = field.description.cut == .never
      if field.canRunOver { measure.counts = Array(repeating: 0, count: ColumnMeasure.buckets) }
      return measure
    }
    var transports: UInt32 = 0
    var scratch: [UInt8] = []
    for row in rows {
      let row = Int(row)
      let record = cells.snapshot.records[row]
      transports |= 1 << UInt32(record.transport.rawValue)
      for column in fields.indices {
        let field = fields[column]
        let width: Int
        if field == .owners {
          let (whole, brief, bare) = cells.ownersWidths(row)
          measures[column].note(brief: brief, least: bare, rigid: bare)
          width = whole
        } else {
          width = cells.width(field, record, row: row, scratch: &scratch)
          if isEnd[column] {
            let isInternet = record.transport.isInternet
            let least = min(width, isInternet ? Self.leastEnd : Self.leastPath)
            var rigid = record.family == .ipv4 ? least : 0
            if !isInternet { rigid = min(width, Self.shortestEnd) }
            measures[column].note(brief: width, least: least, rigid: rigid)
          } else if isText[column] {
            let least = min(width, limits[column])
            measures[column].note(brief: width, least: least, rigid: least)
          }
        }
        if width > measures[column].full { measures[column].full = width }
        if !measures[column].hasValue {
          measures[column].hasValue =
            width > 1 || !cells.isAbsent(field, record, row: row, scratch: &scratch)
        }
        if !measures[column].hasNumber {
          measures[column].hasNumber =
            field == .receiveQueue ? record.receiveQueue > 0 : field == .sendQueue && record.sendQueue > 0
        }
      }
    }
    for column in fields.indices where !isText[column] {
      measures[column].note(whole: measures[column].full)
    }
    return TableWidths(columns: measures, transports: transports, rows: rows.count)
  }
}
