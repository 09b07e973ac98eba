import SocketModel

/// Connections and listeners that ended since the last scan began, and when: a scan in progress may
/// still show them.
struct RecentEnds: Sendable {
  private struct Key: Hashable {
    let ends: UInt64
    /// `nil` when it is not known.
    let namespace: NetworkNamespaceID?
  }

  private var moments: [Key: UInt64] = [:]

  /// Notes the end of a socket at a moment of the monotonic clock.
  mutating func note(_ record: SocketRecord, at moment: UInt64) {
    if Self.isNoted(record) { moments[Key(ends: record.ends.key, namespace: record.networkNamespace)] = moment }
  }

  /// Whether a connection or listener with the ends of a record has ended since a moment, in its
  /// namespace or in an unknown one.
  func hasEnded(_ record: SocketRecord, since moment: UInt64) -> Bool {
    guard Self.isNoted(record), !moments.isEmpty else { return false }
    let ends = record.ends.key
    return [record.networkNamespace, nil].contains { namespace in
      moments[Key(ends: ends, namespace: namespace)].map { $0 >= moment } ?? false
    }
  }

  /// Forgets what ended before a moment.
  mutating func forget(before moment: UInt64) {
    moments = moment == .max ? [:] : moments.filter { $0.value >= moment }
  }

  /// Frees the memory that a burst needed.
  mutating func shrink() { moments.shrink() }

  private static func isNoted(_ record: SocketRecord) -> Bool { record.hasPeer || record.state == .listen }
}
