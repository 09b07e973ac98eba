/// What distinguishes a socket from all others, for as long as it exists.
///
/// The one definition of "the same socket": code that follows a socket through scans, looks it up
/// again, closes it, or leaves out repetitions compares these.
///
/// The ends are not part of it: `connect(2)` changes those of a UDP socket and `listen(2)` those of
/// a TCP socket, and the ports of a TIME_WAIT are used again. Where neither cookie nor inode is
/// known, as for a TIME_WAIT in the tables of /proc, the ``SocketEnds`` have to do.
package enum SocketIdentity: Sendable, Hashable {
  /// What sock_diag and `SO_COOKIE` report (`sk_cookie`, `net/core/sock_diag.c`). The mini-sockets
  /// of a connection, SYN_RECV and TIME_WAIT, have the cookie of their socket. Before Linux 5.10
  /// each namespace counted its own.
  case cookie(UInt64, NetworkNamespaceID?)
  /// What the tables of /proc have: the inode of the socket's file. The number is used again after
  /// the socket has ended.
  case inode(UInt64, Transport, NetworkNamespaceID?)

  /// The network namespace; `nil` when unknown.
  package var namespace: NetworkNamespaceID? {
    switch self {
    case .cookie(_, let namespace), .inode(_, _, let namespace): namespace
    }
  }

  /// Whether both can identify the same socket: an unknown namespace can be any.
  package func matches(_ other: SocketIdentity) -> Bool {
    if let own = namespace, let its = other.namespace, own != its { return false }
    switch (self, other) {
    case (.cookie(let own, _), .cookie(let its, _)): return own == its
    case (.inode(let own, let kind, _), .inode(let its, let itsKind, _)): return own == its && kind == itsKind
    default: return false
    }
  }
}

extension SocketRecord {
  /// The cookie; 0, which is never a cookie, when it is not known.
  package var knownCookie: UInt64 { known.contains(.cookie) ? cookie : 0 }

  /// The best identity that the source reported; `nil` for a socket without cookie and inode.
  package var identity: SocketIdentity? {
    // The associations of an SCTP endpoint differ from it only in their ends.
    if isAssociation { return nil }
    if knownCookie != 0 { return .cookie(cookie, networkNamespace) }
    return canHaveOwner ? .inode(inode, transport, networkNamespace) : nil
  }

  /// Whether the source reported an identity that can be this one.
  package func isIdentified(by identity: SocketIdentity) -> Bool { self.identity?.matches(identity) ?? false }

  /// Whether the namespace, the cookie or the inode shows that the records are of two different
  /// sockets.
  package func isDistinct(from other: SocketRecord) -> Bool {
    if let own = networkNamespace, let its = other.networkNamespace, own != its { return true }
    if knownCookie != 0, other.knownCookie != 0 { return cookie != other.cookie }
    return canHaveOwner && other.canHaveOwner && inode != other.inode
  }

  /// Whether both records are of one socket, judged by the best that both have: the cookie, the
  /// inode, the ends. Without any of these the answer is no.
  package func isSameSocket(as other: SocketRecord) -> Bool {
    guard transport == other.transport, family == other.family, !isDistinct(from: other) else { return false }
    if isAssociation || other.isAssociation { return hasEnds(of: other) }
    if knownCookie != 0, other.knownCookie != 0 { return true }
    if canHaveOwner { return inode == other.inode }
    return transport != .unix && hasEnds(of: other)
  }

  /// Whether the kernel can be asked to destroy exactly this socket (`SOCK_DESTROY`): it does so
  /// for some internet transports, and checks the cookie. A TIME_WAIT can be destroyed too.
  package var canBeDestroyed: Bool { transport.description.canBeDestroyed && knownCookie != 0 }
}
