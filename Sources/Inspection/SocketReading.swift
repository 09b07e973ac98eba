import KernelFormats
import LinuxSystem
import SocketModel

/// The first phase of a reading: the sockets, each transport from the best source that has it.
struct SocketReading {
  let root: ProcRoot
  let request: InspectionRequest
  let sieve: RowSieve

  /// What came of the sources so far.
  struct Tally {
    /// The transports that at least one source had, be it without a socket.
    var read: Set<Transport> = []
    /// Whether sock_diag, and whether a table, was read.
    var usedDiag = false
    var usedTables = false
    /// Why something that exists could not be read.
    var failures: [String] = []

    /// Adds what came of other sources.
    mutating func add(_ other: Tally) {
      read.formUnion(other.read)
      usedDiag = usedDiag || other.usedDiag
      usedTables = usedTables || other.usedTables
      failures += other.failures
    }
  }

  /// Reads all transports that were asked for into the snapshot.
  ///
  /// A transport that a source does not have is asked of the next one. It is a problem only when it was asked for by name.
  func run(into snapshot: inout Snapshot) throws(InspectionError) {
    var tally = Tally()
    let transports = request.transports.sorted { $0.rawValue < $1.rawValue }
    var tables = transports.flatMap { ProcSource.tables(of: $0, families: request.families) }
    if root.shape == .table || root.shape == .input {
      try ProcSource(root: root, sieve: sieve).readSingle(request, into: &snapshot)
      return
    }
    if request.source == .diag, !root.isOwnKernel {
      throw .impossible("sock_diag asks the running kernel; of \(root.path) only the tables can be read")
    }
    // The tables are all that was asked for, and there are none.
    if request.source == .proc, request.transportsBySockDiag.isEmpty, let absence = root.absence { throw absence }
    let dumped = request.source == .proc ? transports.filter(request.transportsBySockDiag.contains) : transports
    if root.isOwnKernel, !dumped.isEmpty {
      let others = tables.filter { !dumped.contains($0.transport) }
      tables = readDumps(dumped, tally: &tally, into: &snapshot) + others
    }
    if request.source != .diag, root.absence == nil {
      let source = ProcSource(root: root, sieve: sieve)
      source.read(tables, tally: &tally, into: &snapshot)
    }
    try conclude(tally, transports, into: &snapshot)
  }

  /// Reads what sock_diag has; returns the tables that may have the rest.
  private func readDumps(
    _ transports: [Transport], tally: inout Tally, into snapshot: inout Snapshot
  ) -> [ProcNetTable] {
    let dumps = transports.flatMap { SockDiagDump.all(of: $0, families: request.families) }
    let start = snapshot.records.count
    let errors = SockDiagSource.read(dumps, request: request, into: &snapshot)
    sieve.sift(&snapshot, from: start)
    var left: [ProcNetTable] = []
    for dump in dumps where !errors.contains(where: { $0.dump == dump }) {
      tally.read.insert(dump.transport)
      tally.usedDiag = true
    }
    for error in errors {
      if !error.isUnsupported {
        tally.failures.append(error.description)
        if request.source == .diag {
          snapshot.problems.append(
            Problem(.unreadable, subject: error.dump.subject, message: error.description, advice: nil))
        }
      }
      left.append(contentsOf: ProcSource.tables(of: error.dump.transport, families: [error.dump.family]))
    }
    // A transport that has no dump at all.
    for transport in transports where !dumps.contains(where: { $0.transport == transport }) {
      left.append(contentsOf: ProcSource.tables(of: transport, families: request.families))
    }
    return left
  }

  private func conclude(_ tally: Tally, _ transports: [Transport], into snapshot: inout Snapshot)
    throws(InspectionError)
  {
    snapshot.meta.source =
      switch (tally.usedDiag, tally.usedTables) {
      case (true, true): "sock_diag+proc"
      case (true, false): "sock_diag"
      default: "proc"
      }
    if tally.read.isEmpty, let failure = tally.failures.first { throw .nothingRead(failure) }
    if tally.read.isEmpty, let absence = root.absence { throw absence }
    if tally.read.isEmpty, root.shape == .tree, !ProcSource(root: root, sieve: sieve).hasAnyTable {
      if let series = try? CaptureSeries.open(root.path), let first = series.frames.first {
        throw .noTables(
          root: root.path,
          "it is a series of captures; --root \(root.path)/\(first.name) reads one, watch --root \(root.path) replays them"
        )
      }
      throw .noTables(root: root.path, "looked for net/tcp, self/net/tcp and the like")
    }
    for transport in transports where request.requiredTransports.contains(transport) && !tally.read.contains(transport)
    {
      snapshot.problems.append(
        Problem(
          .missing, subject: transport.name,
          message: root.isOwnKernel || root.shape == .live
            ? "this kernel lists no \(transport.name) sockets\(request.source == .auto ? "" : " in \(sourceName)")"
            : "\(root.path) has no table of \(transport.name) sockets"))
    }
  }

  private var sourceName: String { request.source == .diag ? "sock_diag" : "/proc" }
}
