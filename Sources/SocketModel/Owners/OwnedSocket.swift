/// One descriptor of one process together with the socket that it refers to: what a listing by
/// process shows in a row.
package struct OwnedSocket: Sendable, Hashable {
  /// The socket: where its record is in ``Snapshot/records``.
  package let row: UInt32
  /// The descriptor: where it is in ``Snapshot/owners``.
  package let owner: UInt32

  /// Makes a pair of a socket and a descriptor.
  package init(row: UInt32, owner: UInt32) {
    self.row = row
    self.owner = owner
  }
}
