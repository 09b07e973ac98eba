package import SocketModel
import KernelFormats

/// What sock_diag reports about the other ends of unix sockets, for readers of `/proc/net/unix`,
/// which lacks that. In the kernel's order.
package struct UnixPeers: Sendable {
  /// The inodes of the sockets with a peer, and of the peers.
  package let pairs: [(socket: UInt64, peer: UInt64)]
  /// The clients in the accept queues of listeners.
  package let waiting: [WaitingClient]

  package init(pairs: [(socket: UInt64, peer: UInt64)], waiting: [WaitingClient]) {
    self.pairs = pairs
    self.waiting = waiting
  }

  /// Asks the running kernel, in the network namespace of the calling thread; `nil` when it does
  /// not report them.
  package static func read() -> UnixPeers? {
    guard let table = SockDiagSource.unixSockets(requiredDetails: .peers) else { return nil }
    let pairs = table.records.compactMap { record in
      record.peerInode.flatMap { $0 == 0 ? nil : (socket: record.inode, peer: $0) }
    }
    return UnixPeers(pairs: pairs, waiting: table.waitingClients)
  }
}
