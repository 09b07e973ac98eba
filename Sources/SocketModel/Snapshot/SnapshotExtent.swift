/// How much a snapshot contained at a moment: what was added later comes after it.
package struct SnapshotExtent: Sendable {
  /// How many records, details and names there were.
  package let records: Int
  package let details: Int
  package let names: Int

  /// The extent of an empty snapshot.
  package static let empty = SnapshotExtent(records: 0, details: 0, names: 0)
}

extension Snapshot {
  /// How much the snapshot contains now.
  package var extent: SnapshotExtent {
    SnapshotExtent(records: records.count, details: details.count, names: names.count)
  }

  /// Drops rows that were added since a moment, with their details and names, unless a condition
  /// keeps them. The others keep their order.
  ///
  /// The details and names added since then must belong to rows added since then, in the order of
  /// the rows.
  package mutating func keepRows(from start: SnapshotExtent, where keeps: (inout Snapshot, Int) -> Bool) {
    let count = records.count
    var kept = start.records
    var keptDetails = start.details
    var keptNames: [UnixName] = []
    for row in start.records..<count {
      guard keeps(&self, row) else { continue }
      let detail = records[row].detailIndex
      if detail != SocketRecord.noIndex {
        if keptDetails != Int(detail) { details[keptDetails] = details[Int(detail)] }
        records[row].detailIndex = UInt32(truncatingIfNeeded: keptDetails)
        keptDetails += 1
      }
      let name = records[row].nameIndex
      if name != SocketRecord.noIndex {
        records[row].nameIndex = UInt32(truncatingIfNeeded: start.names + keptNames.count)
        keptNames.append(names[Int(name)])
      }
      if kept != row { records[kept] = records[row] }
      kept += 1
    }
    records.removeLast(count - kept)
    details.removeLast(details.count - keptDetails)
    guard names.count > start.names else { return }
    names.truncate(to: start.names)
    for name in keptNames { _ = names.append(name.bytes.span) }
  }
}
