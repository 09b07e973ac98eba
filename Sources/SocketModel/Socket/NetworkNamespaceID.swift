/// A network namespace, by the inode number of `/proc/PID/ns/net` (`proc_alloc_inum`,
/// `fs/proc/generic.c`: 32 bits).
package struct NetworkNamespaceID: Sendable, Hashable, CustomStringConvertible, ExpressibleByIntegerLiteral {
  /// The inode number.
  package let inode: UInt32

  package init(inode: UInt32) { self.inode = inode }

  /// Makes the ID from the inode number in a `struct stat` or a message, which is wider than what
  /// the kernel uses.
  package init(truncating inode: UInt64) { self.inode = UInt32(truncatingIfNeeded: inode) }

  package init(integerLiteral inode: UInt32) { self.inode = inode }

  /// The inode number as decimal digits.
  package var description: String { "\(inode)" }
}

extension SocketRecord {
  /// The network namespace that the socket is in; `nil` when unknown.
  package var networkNamespace: NetworkNamespaceID? {
    get { known.contains(.netns) ? NetworkNamespaceID(inode: netns) : nil }
    set {
      if let newValue {
        netns = newValue.inode
        known.insert(.netns)
      } else {
        known.remove(.netns)
      }
    }
  }
}

/// Where a socket is, as seen from the watched network namespace. The tracepoint reports the
/// transitions of all namespaces of the machine, without the namespace.
package enum NamespaceScope: UInt8, Sendable, Hashable {
  /// Not known.
  case unknown
  /// Very likely in the watched namespace, because the process that made it is.
  case likelyWatched
  /// In the watched namespace: a scan, a look-up or a notice reported it.
  case watched
  /// In another namespace.
  case other

  /// The scope of a socket that shares its namespace with one of this scope.
  package var shared: NamespaceScope { self == .watched ? .likelyWatched : self }
}
