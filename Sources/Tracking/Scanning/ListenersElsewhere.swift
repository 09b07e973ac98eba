import Inspection
import KernelFormats
import LinuxSystem
import SocketModel

/// The TCP listeners of network namespaces other than the watched one: without them a connection
/// that one of them accepted would be attributed to a listener of the watched namespace.
///
/// The kernel keeps listeners in their own table, which sock_diag walks in microseconds when no
/// other state is asked for. `/proc/PID/net/tcp` walks the table of all connections of the machine,
/// which takes some milliseconds for each namespace, even one without any.
struct ListenersElsewhere: Sendable {
  let root: ProcRoot
  let ownNamespace: NetworkNamespaceID?

  /// Reads the listeners.
  ///
  /// A namespace without any process cannot be read.
  ///
  /// - Parameter namespaces: for each namespace some of its processes.
  func read(_ namespaces: [NetworkNamespaceID: [Int32]]) -> Snapshot {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    let others = namespaces.filter { $0.key != ownNamespace }
    guard !others.isEmpty else { return snapshot }
    // A thread that has entered another namespace cannot be used for anything else.
    let tables = onThreadOfItsOwn { others.mapValues { dump($0) } } ?? [:]
    for (netns, pids) in others {
      if let found = tables[netns], let table = found {
        table.move(into: &snapshot)
      } else {
        readTables(netns, pids, into: &snapshot)
      }
    }
    return snapshot
  }

  /// Asks the kernel in the namespace of the first process that has not ended; `nil` when that
  /// cannot be entered or asked.
  private func dump(_ pids: [Int32]) -> SockDiagTable? {
    for pid in pids {
      guard let file = try? root.openLive("\(pid)/ns/net"), let status = try? file.status() else { continue }
      guard (try? enterNetworkNamespace(file)) != nil, var socket = try? NetlinkSocket.sockDiag() else { return nil }
      let dumper = SockDiagDumper(
        dump: SockDiagDump(.tcp, .ipv4), states: SocketStateSet([.listen]), requiredDetails: [], filter: .any,
        netns: NetworkNamespaceID(truncating: status.inode), hasBothFamilies: true)
      guard let table = try? dumper.run(over: &socket), table.problems.isEmpty else { return nil }
      return table
    }
    return nil
  }

  /// Reads the tables of /proc instead of the kernel's answer.
  private func readTables(_ netns: NetworkNamespaceID, _ pids: [Int32], into snapshot: inout Snapshot) {
    for (table, path) in [(ProcNetTable.tcp, "net/tcp"), (ProcNetTable.tcp6, "net/tcp6")] {
      let start = snapshot.records.count
      guard let text = firstReadable(path, of: pids) else { continue }
      var decoder = ProcNetDecoder(
        table: table, path: path, byteOrder: .native, ticksPerSecond: Clock.ticksPerSecond, netns: netns)
      decoder.decode(text.span, into: &snapshot)
      decoder.finish(into: &snapshot)
      let listeners = snapshot.records[start...].filter { $0.state == .listen }
      snapshot.records.replaceSubrange(start..., with: listeners)
    }
  }

  /// A file of the first of some processes that has one; those that have ended are skipped.
  private func firstReadable(_ path: String, of pids: [Int32]) -> [UInt8]? {
    for pid in pids {
      if let bytes = root.readIfPossible("\(pid)/\(path)", limit: 64 << 20) { return bytes }
    }
    return nil
  }
}
