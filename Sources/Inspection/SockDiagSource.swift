public import KernelFormats
import LinuxSystem
public import SocketModel
import Synchronization

/// The live kernel's sockets, by its sock_diag interface (`sock_diag(7)`), of the calling thread's network namespace.
///
/// Two things it cannot tell: connections to a unix listener that were not accepted yet are missing (`/proc/net/unix` has them), and
/// the inode numbers have 32 bits.
public enum SockDiagSource {
  /// Runs dumps on as many threads as there are processors and appends their sockets in the order of the dumps.
  ///
  /// What a dump asks for depends on the request's ``InspectionRequest/states``, ``InspectionRequest/filter`` and
  /// ``InspectionRequest/demand``; its other parts do not matter here. Records carry the snapshot's ``SnapshotMeta/netns`` when it
  /// is set. Interrupted dumps are repeated up to three times; what still keeps one from being complete becomes a problem of the
  /// snapshot.
  ///
  /// - Returns: the dumps that gave no sockets and why, in their order. ``SockDiagError/isUnsupported`` tells those that another
  ///   source should be asked for.
  public static func read(
    _ dumps: [SockDiagDump], request: InspectionRequest, into snapshot: inout Snapshot
  ) -> [SockDiagError] {
    if request.filter == .none { return [] }
    let netns = snapshot.meta.netns
    let results = Mutex<[Result<SockDiagTable, SockDiagError>?]>(Array(repeating: nil, count: dumps.count))
    parallelForEach(count: dumps.count) { index in
      let dumper = SockDiagDumper(
        dump: dumps[index], states: request.states, demand: request.demand, filter: request.filter, netns: netns)
      let result = Result { () throws(SockDiagError) in try read(dumper) }
      results.withLock { $0[index] = result }
    }
    // Each table is taken out of the only array that holds it, so that its records are moved and not copied.
    var tables = results.withLock { results in
      let taken = results
      results = []
      return taken
    }
    var errors: [SockDiagError] = []
    for index in tables.indices {
      let result = tables[index]
      tables[index] = nil
      switch result {
      case .success(let table): table.move(into: &snapshot)
      case .failure(let error): errors.append(error)
      case nil: break
      }
    }
    return errors
  }

  private static func read(_ dumper: SockDiagDumper) throws(SockDiagError) -> SockDiagTable {
    var socket: NetlinkSocket
    do {
      socket = try NetlinkSocket.sockDiag()
    } catch {
      if SockDiagDumper.isUnsupported(error.code) { throw .unsupported(dumper.dump, code: error.code) }
      throw .failed(dumper.dump, error)
    }
    return try dumper.run(over: &socket)
  }
}
