/// One descriptor of one process together with the socket that it refers to: one row of a listing
/// by process.
package struct OwnedSocket: Sendable, Hashable {
  /// The index of the socket's record in ``Snapshot/records``.
  package let row: UInt32
  /// The index of the owner in ``Snapshot/owners``.
  package let owner: UInt32

  package init(row: UInt32, owner: UInt32) {
    self.row = row
    self.owner = owner
  }
}
