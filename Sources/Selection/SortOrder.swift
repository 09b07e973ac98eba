public import SocketModel

/// An order of sockets: by the fields that were asked for, and behind them by the default order.
public struct SortOrder: Sendable, Hashable {
  /// One field to sort by.
  public struct Key: Sendable, Hashable {
    /// The field; of one with a value for each owner, the first owner's counts.
    public let field: Field
    /// Whether the largest comes first.
    public let isDescending: Bool

    /// Makes a key of its parts.
    public init(field: Field, isDescending: Bool) {
      self.field = field
      self.isDescending = isDescending
    }
  }

  /// The fields, the most important first; empty for the default order alone.
  public let keys: [Key]
  /// Whether the direction of every key, or of the default order when there is none, is turned round.
  public let isReversed: Bool

  /// Makes an order of its parts.
  public init(keys: [Key] = [], isReversed: Bool = false) {
    self.keys = keys
    self.isReversed = isReversed
  }

  /// Reads a list of fields such as `-recv_queue,local_port`, in which `-` puts the largest first. `+` may stand for its opposite.
  public static func parse(_ text: String, isReversed: Bool = false) throws(QueryError) -> SortOrder {
    let keys = try FieldList.parse(text, signs: true).map { Key(field: $0.field, isDescending: $0.isNegative) }
    return SortOrder(keys: keys, isReversed: isReversed)
  }

  /// What must be collected to sort.
  public var demand: Demand { keys.reduce(into: []) { $0.formUnion($1.field.description.demand) } }

  /// Sorts rows of a snapshot. Sockets without a value come last in either direction; ties keep the default order.
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

/// Reading lists of fields, as `--sort` and `--count-by` have them.
enum FieldList {
  static func parse(_ text: String, signs: Bool) throws(QueryError) -> [(field: Field, isNegative: Bool)] {
    let bytes = Array(text.utf8)
    var result: [(Field, Bool)] = []
    var start = 0
    for part in bytes.split(separator: 0x2C, omittingEmptySubsequences: false) {
      var name = part
      defer { start += part.count + 1 }
      let sign = signs ? name.first.flatMap { $0 == 0x2D || $0 == 0x2B ? $0 : nil } : nil
      if sign != nil { name = name.dropFirst() }
      let word = String(decoding: name, as: UTF8.self)
      let range = (start + (sign == nil ? 0 : 1))..<(start + part.count)
      guard !name.isEmpty else {
        throw QueryError(text: bytes, range: range, message: "the name of a field is missing", expected: ["a field"])
      }
      guard let field = Field(name: word) else {
        throw QueryError(
          text: bytes, range: range, message: "unknown field \"\(Excerpt.escaped(Array(name)))\"",
          expected: ["a field"],
          suggestion: Suggestion.nearest(
            to: word, among: Field.all.map(\.description.name) + Field.all.flatMap(\.description.aliases)))
      }
      result.append((field, sign == 0x2D))
    }
    return result
  }
}

/// Sorting rows by one field, in such a way that rows with equal values keep their order.
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
    switch field {
    case .state: sort(&rows, by: { UInt64(snapshot.records[$0].state.rawValue) })
    case .transport: sort(&rows, by: { UInt64(snapshot.records[$0].transport.rawValue) })
    case .family: sort(&rows, by: { UInt64(snapshot.records[$0].family.rawValue) })
    case .localAddress: sortByAddress(&rows) { snapshot.records[$0].local }
    case .peerAddress: sortByAddress(&rows) { snapshot.records[$0].hasPeer ? snapshot.records[$0].remote : nil }
    case .local: sortByEndpoint(&rows) { snapshot.records[$0].local }
    case .peer: sortByEndpoint(&rows) { snapshot.records[$0].hasPeer ? snapshot.records[$0].remote : nil }
    default:
      switch field.description.type {
      case .number, .port: sort(&rows) { snapshot.number(of: field, at: $0) }
      default: sortByRank(&rows)
      }
    }
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

  private func sortByAddress(_ rows: inout [UInt32], _ end: (Int) -> Endpoint?) {
    sort(&rows) { end($0).map { UInt64(truncatingIfNeeded: $0.address.bits) } }
    sort(&rows) { end($0).map { UInt64(truncatingIfNeeded: $0.address.bits >> 64) } }
    sort(&rows) { end($0).map { $0.address.isIPv4 ? 0 : 1 } }
  }

  /// Sorts internet sockets by address and port; those of other families, behind them, by what their end is called.
  private func sortByEndpoint(_ rows: inout [UInt32], _ end: (Int) -> Endpoint?) {
    var internet = rows.filter { end(Int($0)) != nil }
    var others = rows.filter { end(Int($0)) == nil }
    sort(&internet) { end($0).map { UInt64($0.port) } }
    sortByAddress(&internet, end)
    sortByRank(&others)
    rows = internet + others
  }

  /// Sorts by the place of each value among the distinct values.
  private func sortByRank(_ rows: inout [UInt32]) {
    var numbers: [FieldValue: Int] = [:]
    var distinct: [FieldValue] = []
    var values: [Int?] = []
    values.reserveCapacity(rows.count)
    for row in rows {
      let value = snapshot.value(of: field, at: Int(row))
      guard value != .absent else {
        values.append(nil)
        continue
      }
      if let number = numbers[value] {
        values.append(number)
      } else {
        numbers[value] = distinct.count
        values.append(distinct.count)
        distinct.append(value)
      }
    }
    var ranks = [UInt64](repeating: 0, count: distinct.count)
    for (rank, index) in distinct.indices.sorted(by: { distinct[$0].precedes(distinct[$1]) }).enumerated() {
      ranks[index] = UInt64(rank)
    }
    var entries: [KeyedRow] = []
    var absent: [UInt32] = []
    for (row, value) in zip(rows, values) {
      if let value {
        entries.append(KeyedRow(key: isDescending ? ~ranks[value] : ranks[value], row: row))
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
