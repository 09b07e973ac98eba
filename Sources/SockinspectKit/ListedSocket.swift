public import Query
internal import Rendering
public import SocketModel

/// One socket of a snapshot, with its values as the table shows them.
public struct ListedSocket: Sendable {
  /// The index of the socket in the snapshot's records.
  public let row: Int
  private let cells: CellWriter

  fileprivate init(row: Int, cells: CellWriter) {
    self.row = row
    self.cells = cells
  }

  /// The record of the socket.
  public var record: SocketRecord { cells.snapshot.records[row] }

  /// The descriptors through which processes have the socket, as far as they were read.
  public var owners: ArraySlice<Owner> { cells.snapshot.owners(at: row) }

  /// The value of a field as text that is safe to show, whatever a process has put into it; `-`
  /// when it is not known.
  public subscript(field: Field) -> String {
    var cell: [UInt8] = []
    _ = cells.append(field, record, row: row, to: &cell)
    return String(decoding: cell, as: UTF8.self)
  }
}

extension Snapshot {
  /// The sockets that match a query, in the order of a listing.
  public func sockets(matching query: Query) -> [ListedSocket] {
    var rows = query.rows(of: self)
    SortOrder().sort(&rows, of: self)
    let cells = CellWriter(snapshot: self, names: ShownNames())
    return rows.map { ListedSocket(row: Int($0), cells: cells) }
  }
}
