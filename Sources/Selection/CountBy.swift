public import SocketModel

/// Counting sockets by the values of some fields, as `--count-by state,process` does.
public struct CountBy: Sendable, Hashable {
  /// The fields, in the order of the columns; at least one.
  public let fields: [Field]

  /// One group of sockets.
  public struct Group: Sendable, Hashable {
    /// The values that its sockets share, one for each field.
    public let values: [FieldValue]
    /// How many sockets are in it.
    public let count: Int

    /// Makes a group of its parts.
    public init(values: [FieldValue], count: Int) {
      self.values = values
      self.count = count
    }
  }

  /// Counts by the fields given.
  public init(fields: [Field]) { self.fields = fields }

  /// Reads a list of fields such as `state,process`.
  public static func parse(_ text: String) throws(QueryError) -> CountBy {
    CountBy(fields: try FieldList.parse(text, signs: false).map(\.field))
  }

  /// What must be collected to count.
  public var demand: Demand { fields.reduce(into: []) { $0.formUnion($1.description.demand) } }

  /// The groups of some rows of a snapshot, the largest first; groups of one size in the order of their values.
  ///
  /// With a field that has a value for each owner, a socket is counted once for each distinct combination among its
  /// owners, so the counts may add up to more than there are sockets.
  public func groups(of rows: [UInt32], in snapshot: Snapshot) -> [Group] {
    let isPerOwner = fields.contains(where: \.isPerOwner)
    var counter = Counter(columns: fields.count)
    for row in rows {
      let row = Int(row)
      let owners = isPerOwner ? snapshot.ownerRange(at: row) : 0..<0
      guard !owners.isEmpty else {
        counter.count(counter.group { snapshot.value(of: fields[$0], at: row) })
        continue
      }
      var seen: Set<UInt32> = []
      for owner in owners {
        let group = counter.group { column in
          let field = fields[column]
          return field.isPerOwner
            ? snapshot.value(of: field, owner: snapshot.owners[owner]) : snapshot.value(of: field, at: row)
        }
        if owners.count == 1 || seen.insert(group).inserted { counter.count(group) }
      }
    }
    return counter.groups.sorted { left, right in
      if left.count != right.count { return left.count > right.count }
      for (first, second) in zip(left.values, right.values) where first != second { return first.precedes(second) }
      return false
    }
  }

  /// Numbers the combinations of values that occur, and counts them.
  private struct Counter {
    private struct Step: Hashable {
      let before: UInt32
      let value: FieldValue
    }

    private let columns: Int
    /// The numbers of the beginnings of combinations, one table a column.
    private var steps: [[Step: UInt32]]
    private var beginnings: [[Step]]
    private var counts: [Int] = []

    init(columns: Int) {
      self.columns = columns
      steps = Array(repeating: [:], count: columns)
      beginnings = Array(repeating: [], count: columns)
    }

    /// The number of the combination of the values that a closure gives for the columns.
    mutating func group(_ value: (Int) -> FieldValue) -> UInt32 {
      var current: UInt32 = 0
      for column in 0..<columns {
        let step = Step(before: current, value: value(column))
        if let known = steps[column][step] {
          current = known
        } else {
          current = UInt32(beginnings[column].count)
          steps[column][step] = current
          beginnings[column].append(step)
          if column == columns - 1 { counts.append(0) }
        }
      }
      return current
    }

    mutating func count(_ group: UInt32) {
      if counts.isEmpty { counts.append(0) }
      counts[Int(group)] += 1
    }

    var groups: [Group] {
      counts.indices.map { index in
        var values: [FieldValue] = []
        var current = UInt32(index)
        for column in (0..<columns).reversed() {
          let step = beginnings[column][Int(current)]
          values.append(step.value)
          current = step.before
        }
        return Group(values: values.reversed(), count: counts[index])
      }
    }
  }
}
