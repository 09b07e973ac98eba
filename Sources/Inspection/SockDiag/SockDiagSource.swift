package import KernelFormats
import LinuxSystem
package import SocketModel

/// The live kernel's sockets in the network namespace of the calling thread, read through its
/// sock_diag interface (`sock_diag(7)`).
///
/// It lacks two things: connections to a unix listener that were not accepted yet are missing
/// (`/proc/net/unix` has them), and inode numbers have only 32 bits.
package enum SockDiagSource {
  /// Runs dumps on as many threads as there are processors and appends their sockets in the order
  /// of the dumps.
  ///
  /// When both families of TCP are asked for, their sockets come together, not ordered by family.
  ///
  /// What a dump asks for depends on the request's ``InspectionRequest/states``,
  /// ``InspectionRequest/filter`` and ``InspectionRequest/requiredDetails``; its other members do
  /// not matter here. Records carry the snapshot's `SnapshotMeta.netns` when it is set. Interrupted
  /// dumps are repeated up to three times; what still keeps one from being complete becomes a
  /// problem of the snapshot.
  ///
  /// - Returns: the dumps that returned no sockets and why, in their order. With
  ///   ``SockDiagError/isUnsupported`` another source should be asked.
  package static func read(
    _ dumps: [SockDiagDump], request: InspectionRequest, into snapshot: inout Snapshot
  ) -> [SockDiagError] {
    read(dumps, request: request, rowFilter: nil, into: &snapshot) { 0 }
  }

  /// The same, with a row filter that drops rows as they come. `socketCount` returns roughly how
  /// many TCP sockets there are; it is only called when that matters.
  package static func read(
    _ dumps: [SockDiagDump], request: InspectionRequest, rowFilter: RowFilter?, into snapshot: inout Snapshot,
    socketCount: () -> Int
  ) -> [SockDiagError] {
    if request.filter == .none { return [] }
    let netns = snapshot.meta.netns
    let kernelRelease = snapshot.meta.kernelRelease
    func dumper(_ dump: SockDiagDump) -> SockDiagDumper {
      SockDiagDumper(
        dump: dump, states: request.states, requiredDetails: request.requiredDetails.subtracting(.peers),
        filter: request.filter, netns: netns, kernelRelease: kernelRelease,
        rowFilter: rowFilter.flatMap { $0.takesAll ? nil : $0 })
    }
    // TCP may have many sockets: its two families are read in parts that share the work among the
    // processors.
    let tcp = [SockDiagDump(.tcp, .ipv4), SockDiagDump(.tcp, .ipv6)]
    var parts: [SockDiagDumper] = []
    if tcp.allSatisfy(dumps.contains) {
      parts = TCPDumpParts.parts(of: dumper(tcp[0]), socketCount: request.isFrugal ? 0 : socketCount())
    }
    let others = parts.isEmpty ? dumps : dumps.filter { !tcp.contains($0) }
    var results = run(parts + others.map(dumper))

    var errors: [SockDiagError] = []
    let start = snapshot.records.count
    var own: Set<UInt128> = []
    if results.prefix(parts.count).allSatisfy({ (try? $0?.get()) != nil }) {
      TCPDumpParts.leaveOutRepetitions(&results, count: parts.count)
    } else {
      // The kernel lacks the request for both families, or filters: run one dump per family, whose
      // error states what is wrong.
      results.removeFirst(parts.count)
      results = run(tcp.map(dumper)) + results
    }
    // Each table is taken out of the only array that holds it, so that its records are moved
    // instead of copied.
    for index in results.indices {
      let result = results[index]
      results[index] = nil
      switch result {
      case .success(let table):
        own.insert(UInt128(table.askedFrom))
        table.move(into: &snapshot)
      case .failure(let error): errors.append(error)
      case nil: break
      }
    }
    if request.requiredDetails.contains(.autobound) { markAutobound(dumps, request, from: start, of: &snapshot) }
    if request.wantsPeers { readWaitingClients(from: start, of: &snapshot) }
    if request.omitsItsOwn { leaveOut(own, from: start, of: &snapshot) }
    return errors
  }

  /// Marks the internet sockets whose port was chosen by the kernel. No message reports that, but
  /// the kernel can filter by it.
  private static func markAutobound(
    _ dumps: [SockDiagDump], _ request: InspectionRequest, from start: Int, of snapshot: inout Snapshot
  ) {
    let results = run(
      dumps.filter { $0.transport.description.format == .internet }.map { dump in
        SockDiagDumper(
          dump: dump, states: request.states, requiredDetails: [], filter: .all([request.filter, .autobound]),
          netns: nil)
      })
    var cookies: Set<UInt64> = []
    for case .success(let table) in results { for record in table.records { cookies.insert(record.cookie) } }
    for row in start..<snapshot.records.count where cookies.contains(snapshot.records[row].cookie) {
      if snapshot.records[row].transport.isInternet { snapshot.records[row].flags.insert(.isAutobound) }
    }
  }

  /// Adds the clients in the accept queues of unix listeners, if any is not empty.
  ///
  /// In a dump of their own: when the kernel has more of them for a listener than fit into one
  /// message, it ends the dump there without a word (`unix_diag_dump`, `net/unix/diag.c`).
  private static func readWaitingClients(from start: Int, of snapshot: inout Snapshot) {
    let isAnyWaiting = snapshot.records[start...].contains {
      $0.transport == .unix && $0.countsConnections && $0.receiveQueue > 0
    }
    guard isAnyWaiting else { return }
    if let table = unixSockets(SocketStateSet(.listen), requiredDetails: .peers) {
      snapshot.waitingClients += table.waitingClients
    }
  }

  /// The unix sockets in some states; `nil` when they cannot be read.
  static func unixSockets(_ states: SocketStateSet = .all, requiredDetails: RequiredDetails) -> SockDiagTable? {
    let dumper = SockDiagDumper(
      dump: SockDiagDump(.unix, .unix), states: states, requiredDetails: requiredDetails, filter: .any, netns: nil)
    return try? read([dumper]).first?.get()
  }

  /// Removes the netlink sockets with some port ids, which are unique only within a protocol.
  private static func leaveOut(_ ports: Set<UInt128>, from start: Int, of snapshot: inout Snapshot) {
    guard snapshot.records[start...].contains(where: { $0.transport == .netlink }) else { return }
    let rest = snapshot.records[start...].filter {
      $0.transport != .netlink || $0.localPort != NetlinkSocket.sockDiagProtocol || !ports.contains($0.localBits)
    }
    snapshot.records.replaceSubrange(start..., with: rest)
  }

  private typealias Outcome = Result<SockDiagTable, SockDiagError>?

  /// Runs dumps in parallel; the results are in the order of the dumps.
  ///
  /// Those that most kernels refuse are asked for one after another, over one socket: opening it
  /// costs more than a refusal.
  private static func run(_ dumpers: [SockDiagDumper]) -> [Outcome] {
    let results = Locked<[Outcome]>(Array(repeating: nil, count: dumpers.count))
    var jobs: [[Int]] = []
    var rare: [Int] = []
    for (index, dumper) in dumpers.enumerated() {
      if dumper.dump.transport.description.format.isRare { rare.append(index) } else { jobs.append([index]) }
    }
    if !rare.isEmpty { jobs.append(rare) }
    let shares = jobs
    parallelForEach(count: shares.count) { job in
      let read = read(shares[job].map { dumpers[$0] })
      results.withLock { results in
        for (index, result) in zip(shares[job], read) { results[index] = result }
      }
    }
    return results.withLock { results in
      let taken = results
      results = []
      return taken
    }
  }

  /// Runs dumps one after another over one socket.
  private static func read(_ dumpers: [SockDiagDumper]) -> [Result<SockDiagTable, SockDiagError>] {
    var results: [Result<SockDiagTable, SockDiagError>] = []
    do throws(SystemError) {
      var socket = try NetlinkSocket.sockDiag()
      for (index, dumper) in dumpers.enumerated() {
        do throws(SockDiagError) {
          // Answers to an earlier request, which may have ended early, must not count as its own.
          var table = try dumper.run(over: &socket, sequence: UInt32(truncatingIfNeeded: index) << 16)
          table.askedFrom = socket.port
          results.append(.success(table))
        } catch {
          results.append(.failure(error))
        }
      }
    } catch {
      return dumpers.map { .failure(.absent($0.dump, error)) }
    }
    return results
  }
}
