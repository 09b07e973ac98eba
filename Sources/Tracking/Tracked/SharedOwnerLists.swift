import SocketModel

/// The owner lists that tracked sockets share: one array for all sockets that a process has without
/// a known descriptor, of which there may be very many.
struct SharedOwnerLists: Sendable {
  private var lists: [Int32: [EventOwner]] = [:]

  /// How many lists are kept.
  private static let limit = 1024

  /// Returns the list to keep instead of an equal one.
  mutating func shared(_ owners: [EventOwner]) -> [EventOwner] {
    guard owners.count == 1, let owner = owners.first, owner.descriptor == nil else { return owners }
    if let known = lists[owner.pid], known == owners { return known }
    if lists.count >= Self.limit { lists = [:] }
    lists[owner.pid] = owners
    return owners
  }
}
