internal import SocketModel

/// Maps the addresses of one end to numbers of at most 27 bits in the order of the addresses, IPv4
/// before IPv6.
///
/// When the addresses differ in few bits, as on one machine with IPv4 or on loopback, those bits
/// are the number. Otherwise the distinct addresses are sorted and numbered, for which 27 bits
/// always suffice.
struct AddressKeys {
  static let width: UInt64 = 27

  private let end: Condition.End
  /// The runs of bits that differ, highest first: by how much to shift, and how long the run is.
  private var runs: [(shift: UInt64, width: UInt64)] = []
  private var ranks: Ranks?

  private struct Ranks {
    var tables = (ipv4: NumberTable(), ipv6: NumberTable())
    var ipv4: [UInt64] = []
    var ipv6: [UInt64] = []
  }

  /// Looks at the addresses of the rows that are of the internet families.
  init(_ snapshot: Snapshot, rows: [UInt32], _ end: Condition.End) {
    self.end = end
    var low = UInt64.max
    var high: UInt64 = 0
    var upper: UInt64 = 0
    var hasIPv4 = false
    var hasIPv6 = false
    for row in rows where snapshot.records[Int(row)].transport.isInternet {
      let bits = Self.bits(snapshot, Int(row), end)
      low &= UInt64(truncatingIfNeeded: bits)
      high |= UInt64(truncatingIfNeeded: bits)
      upper |= UInt64(truncatingIfNeeded: bits >> 64)
      if snapshot.records[Int(row)].family == .ipv4 { hasIPv4 = true } else { hasIPv6 = true }
    }
    let varying = high & ~low
    if upper == 0, !(hasIPv4 && hasIPv6), varying.nonzeroBitCount <= Self.width {
      findRuns(varying)
    } else {
      rank(snapshot, rows)
    }
  }

  private static func bits(_ snapshot: Snapshot, _ row: Int, _ end: Condition.End) -> UInt128 {
    end == .local ? snapshot.records[row].localBits : snapshot.records[row].remoteBits
  }

  private mutating func findRuns(_ varying: UInt64) {
    var bit: UInt64 = 64
    while bit > 0 {
      guard varying & (1 << (bit - 1)) != 0 else {
        bit -= 1
        continue
      }
      let top = bit
      while bit > 0, varying & (1 << (bit - 1)) != 0 { bit -= 1 }
      runs.append((bit, top - bit))
    }
  }

  private mutating func rank(_ snapshot: Snapshot, _ rows: [UInt32]) {
    var ranks = Ranks()
    for row in rows where snapshot.records[Int(row)].transport.isInternet {
      let bits = Self.bits(snapshot, Int(row), end)
      if snapshot.records[Int(row)].family == .ipv4 {
        _ = ranks.tables.ipv4.insert(bits)
      } else {
        _ = ranks.tables.ipv6.insert(bits)
      }
    }
    ranks.ipv4 = Self.ranks(ranks.tables.ipv4.keys, from: 0)
    ranks.ipv6 = Self.ranks(ranks.tables.ipv6.keys, from: ranks.ipv4.count)
    self.ranks = ranks
  }

  private static func ranks(_ keys: [UInt128], from first: Int) -> [UInt64] {
    var ranks = [UInt64](repeating: 0, count: keys.count)
    for (rank, index) in keys.indices.sorted(by: { keys[$0] < keys[$1] }).enumerated() {
      ranks[index] = min(UInt64(first + rank), 1 << width - 1)
    }
    return ranks
  }

  /// The number of the address in a row that was looked at.
  func key(_ snapshot: Snapshot, _ row: Int) -> UInt64 {
    let bits = Self.bits(snapshot, row, end)
    if let ranks {
      return snapshot.records[row].family == .ipv4
        ? ranks.tables.ipv4.index(of: bits).map { ranks.ipv4[$0] } ?? 0
        : ranks.tables.ipv6.index(of: bits).map { ranks.ipv6[$0] } ?? 0
    }
    let low = UInt64(truncatingIfNeeded: bits)
    var key: UInt64 = 0
    for run in runs { key = key << run.width | (low >> run.shift & (1 << run.width &- 1)) }
    return key
  }
}
