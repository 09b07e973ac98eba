public import SocketModel
internal import Text

/// An order of sockets: by the requested fields, and then by the default order.
public struct SortOrder: Sendable, Hashable {
  /// One field to sort by.
  public struct Key: Sendable, Hashable {
    /// The field; for one with a value per owner, the first owner's counts.
    public let field: Field
    /// Whether the largest comes first.
    public let isDescending: Bool

    /// Makes a key for a field.
    public init(field: Field, isDescending: Bool) {
      self.field = field
      self.isDescending = isDescending
    }
  }

  /// The fields, the most important first; empty for only the default order.
  public let keys: [Key]
  /// Whether to reverse the direction of every key or, without keys, of the default order.
  public let isReversed: Bool

  /// Makes an order from keys; the default order without any.
  public init(keys: [Key] = [], isReversed: Bool = false) {
    self.keys = keys
    self.isReversed = isReversed
  }

  /// Parses a list of fields such as `-recv_queue,local_port`, in which `-` puts the largest first.
  /// `+` may be written for the opposite.
  public static func parse(_ text: String, isReversed: Bool = false) throws(QueryError) -> SortOrder {
    try parse(text, isReversed: isReversed, fields: .standard)
  }

  /// Parses a list of fields of a registry.
  package static func parse(
    _ text: String, isReversed: Bool = false, fields: FieldRegistry
  ) throws(QueryError) -> SortOrder {
    let keys = try FieldList.parse(text, signs: true, fields: fields).map {
      Key(field: $0.field, isDescending: $0.isNegative)
    }
    return SortOrder(keys: keys, isReversed: isReversed)
  }

  /// What must be collected to sort.
  public var requiredDetails: RequiredDetails {
    keys.reduce(into: []) { $0.formUnion($1.field.description.requiredDetails) }
  }

  /// Sorts rows of a snapshot. Sockets without a value come last in either direction; ties keep the
  /// default order.
  public func sort(_ rows: inout [UInt32], of snapshot: Snapshot) {
    rows = DefaultOrder.sorted(rows, of: snapshot)
    guard !keys.isEmpty else {
      if isReversed { rows.reverse() }
      return
    }
    for key in keys.reversed() {
      FieldSort(snapshot, key.field, isDescending: key.isDescending != isReversed).sort(&rows)
    }
  }
}

/// Parses lists of fields, as in `--sort` and `--count-by`.
enum FieldList {
  static func parse(
    _ text: String, signs: Bool, fields: FieldRegistry
  ) throws(QueryError) -> [(field: Field, isNegative: Bool)] {
    let bytes = Array(text.utf8)
    var result: [(Field, Bool)] = []
    var start = 0
    for part in bytes.split(separator: ASCII.comma, omittingEmptySubsequences: false) {
      var name = part
      defer { start += part.count + 1 }
      let sign = signs ? name.first.flatMap { $0 == ASCII.hyphen || $0 == UInt8(ascii: "+") ? $0 : nil } : nil
      if sign != nil { name = name.dropFirst() }
      let word = String(decoding: name, as: UTF8.self)
      let range = (start + (sign == nil ? 0 : 1))..<(start + part.count)
      guard !name.isEmpty else {
        throw QueryError(text: bytes, range: range, message: "the name of a field is missing", expected: ["a field"])
      }
      guard let field = fields.field(named: word) else {
        throw QueryError(
          text: bytes, range: range, message: "unknown field \"\(Escaping.line(name[...]))\"",
          expected: ["a field"],
          suggestion: NearestWord.nearest(to: word, among: fields.namesAndAliases))
      }
      result.append((field, sign == ASCII.hyphen))
    }
    return result
  }
}

/// Sorts rows by one field, in a way that keeps the order of rows with equal values.
private struct FieldSort {
  private let snapshot: Snapshot
  private let field: Field
  private let isDescending: Bool

  init(_ snapshot: Snapshot, _ field: Field, isDescending: Bool) {
    self.snapshot = snapshot
    self.field = field
    self.isDescending = isDescending
  }

  func sort(_ rows: inout [UInt32]) {
    let description = field.description
    switch description.access {
    case .word(let words, _) where words.areOrdered: sortByNumber(&rows)
    case .address(let end): sortByEnd(&rows, end, withPort: false)
    case .endpoint(let end): sortByEnd(&rows, end, withPort: true)
    default:
      switch description.type {
      case .number, .port: sortByNumber(&rows)
      default: sortByRank(&rows)
      }
    }
  }

  private func sortByNumber(_ rows: inout [UInt32]) {
    let number = FieldNumber(field)
    guard number.isPerOwner else { return sort(&rows) { number.of(snapshot, row: $0) } }
    sort(&rows) { row in number.ownerRange(snapshot, row: row).first.flatMap { number.of(snapshot, owner: $0) } }
  }

  private func sort(_ rows: inout [UInt32], by key: (Int) -> UInt64?) {
    var entries: [KeyedRow] = []
    var absent: [UInt32] = []
    entries.reserveCapacity(rows.count)
    for row in rows {
      if let key = key(Int(row)) {
        entries.append(KeyedRow(key: isDescending ? ~key : key, row: row))
      } else {
        absent.append(row)
      }
    }
    radixSort(&entries)
    rows = entries.map(\.row) + absent
  }

  /// Sorts internet sockets by address and port, and those of other families, after them, by the
  /// text of their end.
  private func sortByEnd(_ rows: inout [UInt32], _ end: Condition.End, withPort: Bool) {
    func hasEnd(_ row: UInt32) -> Bool {
      snapshot.records[Int(row)].transport.isInternet && (end == .local || snapshot.records[Int(row)].hasPeer)
    }
    var internet = rows.filter { hasEnd($0) }
    var others = rows.filter { !hasEnd($0) }
    let addresses = AddressKeys(snapshot, rows: internet, end)
    sort(&internet) { row in
      let key = addresses.key(snapshot, row) << 16
      let port = end == .local ? snapshot.records[row].localPort : snapshot.records[row].remotePort
      return withPort ? key | UInt64(port) : key
    }
    sortByRank(&others)
    rows = internet + others
  }

  /// Sorts by the position of each value among the distinct values.
  private func sortByRank(_ rows: inout [UInt32]) {
    var column = ValueColumn(field)
    var numbers: [UInt32] = []
    numbers.reserveCapacity(rows.count)
    for row in rows { numbers.append(column.number(snapshot, row: Int(row))) }
    let values = column.values
    var ranks = [UInt64?](repeating: nil, count: values.count)
    let order = values.indices.sorted { values[$0].precedes(values[$1]) }
    for (rank, index) in order.enumerated() where values[index] != .absent { ranks[index] = UInt64(rank) }
    var entries: [KeyedRow] = []
    var absent: [UInt32] = []
    entries.reserveCapacity(rows.count)
    for (row, number) in zip(rows, numbers) {
      if let rank = ranks[Int(number)] {
        entries.append(KeyedRow(key: isDescending ? ~rank : rank, row: row))
      } else {
        absent.append(row)
      }
    }
    radixSort(&entries)
    rows = entries.map(\.row) + absent
  }
}

extension FieldValue {
  /// An order of all values: absent, numbers, addresses, text, flags.
  func precedes(_ other: FieldValue) -> Bool {
    switch (self, other) {
    case (.number(let left), .number(let right)), (.number(let left), .hexadecimal(let right)),
      (.hexadecimal(let left), .number(let right)), (.hexadecimal(let left), .hexadecimal(let right)):
      return left < right
    case (.address(let left), .address(let right)): return left.precedes(right)
    case (.endpoint(let left), .endpoint(let right)):
      return left.address == right.address ? left.port < right.port : left.address.precedes(right.address)
    case (.flag(let left), .flag(let right)): return !left && right
    case (.bytes(let left), .bytes(let right)): return left.lexicographicallyPrecedes(right)
    case (.word(let left), .word(let right)): return left.utf8.lexicographicallyPrecedes(right.utf8)
    case (.word(let left), .bytes(let right)): return left.utf8.lexicographicallyPrecedes(right)
    case (.bytes(let left), .word(let right)): return left.lexicographicallyPrecedes(right.utf8)
    default: return kind < other.kind
    }
  }

  private var kind: Int {
    switch self {
    case .absent: 0
    case .number, .hexadecimal: 1
    case .address: 2
    case .endpoint: 3
    case .word, .bytes: 4
    case .flag: 5
    }
  }
}

extension IPAddress {
  fileprivate func precedes(_ other: IPAddress) -> Bool {
    isIPv4 != other.isIPv4 ? isIPv4 : bits < other.bits
  }
}
