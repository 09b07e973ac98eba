import LinuxSystem
package import SocketModel

/// Reads the options of sockets that have a port, from copies of their owners' descriptors that are
/// closed at once (`pidfd_getfd(2)`).
package struct HolderOptions: Sendable {
  /// What was read, by row of the snapshot.
  package private(set) var options: [Int: BindOptions] = [:]
  /// The rows with an owner whose descriptor could not be copied, or that has none.
  package private(set) var refused: [Int] = []

  /// The most sockets that are asked: each takes some microseconds.
  private static let most = 4096

  /// Asks the sockets of some rows of a snapshot of the running kernel.
  package init(of snapshot: Snapshot, rows: [Int]) {
    // The owners of many sockets are few processes: each is opened once.
    var socketsOfProcess: [Int32: [(row: Int, descriptor: Int32, inode: UInt64)]] = [:]
    let multipath = snapshot.records.indices.filter { snapshot.records[$0].transport == .mptcp }
    for row in rows.prefix(Self.most) {
      guard let open = Self.openSocket(of: row, or: multipath, in: snapshot) else {
        refused.append(row)
        continue
      }
      socketsOfProcess[open.pid, default: []].append((row, open.descriptor, open.inode))
    }
    refused += rows.dropFirst(Self.most)
    for (pid, sockets) in socketsOfProcess {
      do throws(SystemError) {
        let copier = try SocketCopier(pid)
        for socket in sockets { take(socket.row, Self.copy(socket.descriptor, socket.inode, by: copier)) }
      } catch {
        refused += sockets.map(\.row)
      }
    }
    refused.sort()
  }

  /// A descriptor through which a process has the socket of a row. The TCP socket below an MPTCP one
  /// has none, but its options are those of that one.
  ///
  /// - Parameter multipath: the rows of MPTCP.
  private static func openSocket(
    of row: Int, or multipath: [Int], in snapshot: Snapshot
  ) -> (pid: Int32, descriptor: Int32, inode: UInt64)? {
    let record = snapshot.records[row]
    let above = multipath.filter {
      let other = snapshot.records[$0]
      return record.transport == .tcp && other.localBits == record.localBits && other.localPort == record.localPort
        && other.remoteBits == record.remoteBits && other.remotePort == record.remotePort
        && other.state == record.state
    }
    for row in [row] + above where snapshot.records[row].canHaveOwner {
      for owner in snapshot.owners(at: row) {
        guard let pid = owner.pid, let descriptor = owner.descriptor else { continue }
        return (pid, descriptor, snapshot.records[row].inode)
      }
    }
    return nil
  }

  private static func copy(_ descriptor: Int32, _ inode: UInt64, by copier: borrowing SocketCopier) -> BoundOptions? {
    do throws(SystemError) {
      return try copier.bindOptions(descriptor, ofInode: inode)
    } catch {
      return nil
    }
  }

  private mutating func take(_ row: Int, _ copied: BoundOptions?) {
    guard let copied else {
      refused.append(row)
      return
    }
    var reuse: ReuseOptions = []
    if copied.reusesAddress { reuse.insert(.address) }
    if copied.reusesPort { reuse.insert(.port) }
    options[row] = BindOptions(reuse: reuse, isIPv6Only: copied.isIPv6Only)
  }
}
