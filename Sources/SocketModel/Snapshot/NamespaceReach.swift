/// How far a scan of all network namespaces reached, besides the own one: what the absence of a
/// socket from it means.
package struct NamespaceReach: Sendable, Hashable {
  /// Those that were read to their end, even if they had no socket.
  package var read: Set<NetworkNamespaceID> = []
  /// Those that exist and could not be read.
  package var failed: Set<NetworkNamespaceID> = []

  /// Makes the reach of a scan of one namespace.
  package init() {}
}
