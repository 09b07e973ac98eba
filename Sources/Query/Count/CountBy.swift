package import SocketModel

/// Counts sockets by the values of some fields, as in `--count-by state,process`.
package struct CountBy: Sendable, Hashable {
  /// The fields, in the order of the columns; at least one.
  package let fields: [Field]

  /// One group of sockets.
  package struct Group: Sendable, Hashable {
    /// The values that its sockets share, one per field.
    package let values: [FieldValue]
    /// How many sockets are in it.
    package let count: Int

    package init(values: [FieldValue], count: Int) {
      self.values = values
      self.count = count
    }
  }

  package init(fields: [Field]) { self.fields = fields }

  /// Counts by the given fields, each only once: a JSON object may not have two members with the
  /// same name.
  private init(distinct fields: [Field]) {
    self.fields = fields.indices.filter { !fields[..<$0].contains(fields[$0]) }.map { fields[$0] }
  }

  /// Parses a list of fields such as `state,process`.
  package static func parse(_ text: String) throws(QueryError) -> CountBy { try parse(text, fields: .standard) }

  /// Parses a list of fields of a registry.
  package static func parse(_ text: String, fields: FieldRegistry) throws(QueryError) -> CountBy {
    CountBy(distinct: try FieldList.parse(text, signs: false, fields: fields).map(\.field))
  }

  /// What must be collected to count.
  package var requiredDetails: RequiredDetails {
    fields.reduce(into: []) { $0.formUnion($1.description.requiredDetails) }
  }

  /// The groups of some rows of a snapshot, the largest first; groups of the same size in the order
  /// of their values.
  /// With a field that has one value per owner, a socket is counted once for each distinct
  /// combination among its owners, so the counts may add up to more than the number of sockets.
  package func groups(of rows: [UInt32], in snapshot: Snapshot) -> [Group] {
    let isPerOwner = fields.contains { $0.isPerOwner && !$0.isOfPeer }
    let isPerPeer = fields.contains { $0.isPerOwner && $0.isOfPeer }
    var counter = Counter(fields)
    for row in rows {
      let row = Int(row)
      let owners = isPerOwner ? snapshot.ownerRange(at: row) : 0..<0
      let peers = isPerPeer ? snapshot.peerOwnerRange(at: row) : 0..<0
      guard owners.count > 1 || peers.count > 1 else {
        counter.count(counter.group(snapshot, row: row, owner: owners.first, peer: peers.first))
        continue
      }
      var seen: Set<Int> = []
      // A side without owners counts as one without a value.
      for owner in owners.isEmpty ? [nil] : owners.map(Optional.some) {
        for peer in peers.isEmpty ? [nil] : peers.map(Optional.some) {
          let group = counter.group(snapshot, row: row, owner: owner, peer: peer)
          if seen.insert(group).inserted { counter.count(group) }
        }
      }
    }
    return counter.groups.sorted { left, right in
      if left.count != right.count { return left.count > right.count }
      for (first, second) in zip(left.values, right.values) where first != second { return first.precedes(second) }
      return false
    }
  }

  /// Numbers the combinations that occur, and counts them.
  private struct Counter {
    private var columns: [ValueColumn]
    private let areOfPeer: [Bool]
    /// For each column, the pairs of a beginning of a combination and the value that follows it.
    private var steps: [NumberTable]
    private var counts: [Int] = []

    init(_ fields: [Field]) {
      columns = fields.map { ValueColumn($0) }
      areOfPeer = fields.map(\.isOfPeer)
      steps = fields.map { _ in NumberTable() }
    }

    /// The number of the combination of a socket, or of one of its owners and of the other end's.
    mutating func group(_ snapshot: Snapshot, row: Int, owner: Int?, peer: Int?) -> Int {
      var current = 0
      for index in columns.indices {
        let value = columns[index].number(snapshot, row: row, owner: areOfPeer[index] ? peer : owner)
        current = steps[index].insert(UInt128(current) << 32 | UInt128(value)).index
      }
      return current
    }

    mutating func count(_ group: Int) {
      while counts.count <= group { counts.append(0) }
      counts[group] += 1
    }

    var groups: [Group] {
      counts.indices.map { index in
        var values: [FieldValue] = []
        var current = index
        for column in columns.indices.reversed() {
          let step = steps[column].keys[current]
          values.append(columns[column].values[Int(truncatingIfNeeded: step & 0xFFFF_FFFF)])
          current = Int(truncatingIfNeeded: step >> 32)
        }
        return Group(values: values.reversed(), count: counts[index])
      }
    }
  }
}
