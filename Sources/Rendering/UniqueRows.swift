package import SocketModel

/// The rows of a listing of which no two are printed the same (`--unique`).
///
/// When a column has a value per owner, each owner of a socket has a row of its own, so that
/// `--columns pid` has one process id in a line. A row of which nothing is known in any column is
/// left out: it would be no more than a `-`.
package struct UniqueRows: Sendable {
  /// The sockets, with a record for each row that an owner has of its own.
  package private(set) var snapshot: Snapshot
  /// The rows that are left, in their order.
  package private(set) var rows: [UInt32]

  /// Takes some rows of a snapshot apart.
  package init(_ snapshot: Snapshot, rows: ArraySlice<UInt32>, columns: [Field]) {
    self.snapshot = snapshot
    self.rows = Array(rows)
    // The column of all owners alone shows them as they are.
    if columns.contains(where: { $0.isPerOwner && $0 != .owners }) {
      separateOwners(byDescriptor: columns.contains(.descriptor), keepingDescriptors: columns.contains(.owners))
    }
    dropUnknown(columns)
  }

  /// Keeps the first of the rows with equal text.
  package mutating func keepFirst(_ text: (UInt32) -> [UInt8]) {
    var seen: Set<[UInt8]> = []
    rows = rows.filter { seen.insert(text($0)).inserted }
  }

  /// Makes a record for each process that has a socket, or for each descriptor. A process has only
  /// its first descriptor unless all are shown.
  private mutating func separateOwners(byDescriptor: Bool, keepingDescriptors: Bool) {
    guard snapshot.hasOwners else { return }
    var records: [SocketRecord] = []
    var owners: [Owner] = []
    var starts: [UInt32] = [0]
    for row in rows {
      var previous: Owner?
      for owner in snapshot.owners(at: Int(row)) {
        let isSame = !byDescriptor && owner.processIndex != nil && owner.processIndex == previous?.processIndex
        previous = owner
        if isSame {
          guard keepingDescriptors else { continue }
          owners.append(owner)
          starts[starts.count - 1] &+= 1
          continue
        }
        records.append(snapshot.records[Int(row)])
        owners.append(owner)
        starts.append(UInt32(truncatingIfNeeded: owners.count))
      }
      guard previous == nil else { continue }
      records.append(snapshot.records[Int(row)])
      starts.append(UInt32(truncatingIfNeeded: owners.count))
    }
    snapshot.records = records
    snapshot.owners = owners
    snapshot.ownerStarts = starts
    snapshot.descriptorFlags = []
    rows = Array(0..<UInt32(truncatingIfNeeded: records.count))
  }

  private mutating func dropUnknown(_ columns: [Field]) {
    let cells = CellWriter(snapshot: snapshot, names: ShownNames())
    var scratch: [UInt8] = []
    rows.removeAll { row in
      let record = snapshot.records[Int(row)]
      return columns.allSatisfy { cells.isAbsent($0, record, row: Int(row), scratch: &scratch) }
    }
  }
}

extension TableDraft {
  /// The cells of a row as one text, by which rows that are printed the same are found.
  package func text(of row: UInt32) -> [UInt8] {
    var text: [UInt8] = []
    for field in style.columns {
      _ = cells.append(field, cells.snapshot.records[Int(row)], row: Int(row), to: &text)
      text.append(UInt8(ascii: "\n"))
    }
    return text
  }
}
