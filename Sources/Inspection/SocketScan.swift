import KernelFormats
import LinuxSystem
import SocketModel

/// The first phase of a scan: reads the sockets, each transport from the best source that has it.
struct SocketScan {
  let root: ProcRoot
  let request: InspectionRequest
  let rowFilter: RowFilter
  /// The dumps that the kernel is known to lack, in every network namespace: it is not asked for
  /// them.
  var lackingDumps: [SockDiagError] = []

  /// What the sources have provided so far.
  struct Tally {
    /// What at least one source had and was read to its end, even if there was no socket.
    var lookedAt: [Transport: Set<AddressFamily>] = [:]
    /// The transports of the tables that were opened.
    var fromTables: Set<Transport> = []
    /// The tables that exist but could not be read, or not to their end.
    var failedTables: Set<ProcNetTable> = []
    /// Whether sock_diag was read.
    var usedDiag = false
    /// The dumps that the kernel lacks.
    var lackingDumps: [SockDiagError] = []
    /// Why something that exists could not be read.
    var failures: [String] = []

    /// Notes that all sockets of a transport and family were read.
    mutating func note(_ transport: Transport, _ family: AddressFamily) {
      lookedAt[transport, default: []].insert(family)
    }

    /// Notes that a table was read to its end.
    mutating func note(_ table: ProcNetTable) {
      let families = table.transport == .sctp ? table.transport.description.families : [table.family]
      for family in families { note(table.transport, family) }
    }

    /// Adds what other sources provided.
    mutating func add(_ other: Tally) {
      lookedAt.merge(other.lookedAt) { $0.union($1) }
      failedTables.formUnion(other.failedTables)
      usedDiag = usedDiag || other.usedDiag
      lackingDumps += other.lackingDumps
      fromTables.formUnion(other.fromTables)
      failures += other.failures
    }
  }

  /// Reads all transports that were asked for into the snapshot.
  ///
  /// A transport that a source does not have is requested from the next one. It is a problem only
  /// when it was asked for by name.
  ///
  /// - Returns: the dumps that the kernel turned out to lack.
  @discardableResult
  func run(into snapshot: inout Snapshot) throws(InspectionError) -> [SockDiagError] {
    var tally = Tally()
    // Those that no table lists are found among the descriptors of processes.
    let transports = request.transports.subtracting([.other]).sorted { $0.rawValue < $1.rawValue }
    var tables = transports.flatMap { ProcSource.tables(of: $0, families: request.families) }
    if root.shape == .table || root.shape == .input {
      let source = ProcSource(root: root, rowFilter: rowFilter, byteOrder: request.byteOrder)
      try source.readSingle(request, tally: &tally, into: &snapshot)
      snapshot.lookedAt = tally.lookedAt
      snapshot.fromTables = tally.fromTables
      noteMissing(tally, transports, into: &snapshot)
      return []
    }
    if request.source == .diag, !root.isOwnKernel {
      throw .impossible("sock_diag asks the running kernel; of \(root.path) only the tables can be read")
    }
    // The request asks only for the tables, and there are none.
    if request.source == .proc, request.transportsBySockDiag.isEmpty, let absence = root.absence { throw absence }
    let dumped = request.source == .proc ? transports.filter(request.transportsBySockDiag.contains) : transports
    if root.isOwnKernel, !dumped.isEmpty {
      let others = tables.filter { !dumped.contains($0.transport) }
      tables = readDumps(dumped, tally: &tally, into: &snapshot) + others
    } else if request.source == .auto, root.shape == .tree {
      tables = readRecordedDumps(transports, tally: &tally, into: &snapshot)
    }
    if request.source != .diag, root.absence == nil {
      let order = root.byteOrder(named: request.byteOrder)
      if !tables.isEmpty { order.state(in: &snapshot.meta) }
      let source = ProcSource(root: root, rowFilter: rowFilter, byteOrder: order.order)
      source.read(tables, tally: &tally, into: &snapshot)
    }
    try conclude(tally, transports, into: &snapshot)
    return tally.lackingDumps
  }

  /// Reads what sock_diag has; returns the tables that may have the rest.
  private func readDumps(
    _ transports: [Transport], tally: inout Tally, into snapshot: inout Snapshot
  ) -> [ProcNetTable] {
    let dumps = transports.flatMap { SockDiagDump.all(of: $0, families: request.families) }
    let known = lackingDumps.filter { dumps.contains($0.dump) }
    let empty = emptyDumps(among: dumps, snapshot.meta)
    let asked = dumps.filter { dump in !known.contains { $0.dump == dump } && !empty.contains(dump) }
    let errors =
      known
      + SockDiagSource.read(asked, request: request, rowFilter: rowFilter, into: &snapshot) {
        TCPDumpParts.socketCount(in: root)
      }
    tally.lackingDumps = errors.filter(\.isUnsupported)
    var left: [ProcNetTable] = []
    for dump in dumps where !errors.contains(where: { $0.dump == dump }) {
      for family in dump.listedFamilies { tally.note(dump.transport, family) }
      if !empty.contains(dump) { tally.usedDiag = true }
    }
    for error in errors {
      if !error.isUnsupported { tally.failures.append(error.description) }
      // The tables of SCTP have both families.
      for table in ProcSource.tables(of: error.dump.transport, families: [error.dump.family])
      where !left.contains(table) {
        left.append(table)
      }
    }
    if request.source == .diag || root.absence != nil {
      noteFailures(errors, into: &snapshot)
    } else {
      noteOtherSource(errors, into: &snapshot)
    }
    // A transport that has no dump at all.
    for transport in transports where !dumps.contains(where: { $0.transport == transport }) {
      left.append(contentsOf: ProcSource.tables(of: transport, families: request.families))
    }
    return left
  }

  /// The dumps of MPTCP of which the kernel counts no socket. Each of them walks a table of all
  /// listeners and one of all connections, which takes longer than the dumps of TCP where there are
  /// few sockets. Kernels count the sockets of MPTCP as from Linux 6.3 on.
  private func emptyDumps(among dumps: [SockDiagDump], _ meta: SnapshotMeta) -> [SockDiagDump] {
    let multipath = dumps.filter { $0.transport == .mptcp }
    guard !multipath.isEmpty, meta.isKernel(atLeast: 6, 3) == true, let protocols = root.protocols else { return [] }
    return multipath.filter { dump in
      let names = dump.transport.description.kernelNames
      return protocols.sockets(of: names[dump.family == .ipv6 ? 1 : 0]) == 0
    }
  }

  /// Reads the recorded dumps of a captured tree; returns the tables that have the rest.
  private func readRecordedDumps(
    _ transports: [Transport], tally: inout Tally, into snapshot: inout Snapshot
  ) -> [ProcNetTable] {
    var left: [ProcNetTable] = []
    for transport in transports {
      var families = request.families
      for dump in SockDiagDump.all(of: transport, families: families) {
        guard let file = root.recordedDump(dump) else { continue }
        var answers = RecordedAnswers(file)
        let dumper = SockDiagDumper(
          dump: dump, states: request.states, requiredDetails: request.requiredDetails, filter: .any,
          netns: snapshot.meta.netns, kernelRelease: snapshot.meta.kernelRelease,
          rowFilter: rowFilter.takesAll ? nil : rowFilter)
        // Without a recorded answer the table has the sockets.
        guard let table = try? dumper.run(over: &answers) else { continue }
        table.move(into: &snapshot)
        for family in dump.listedFamilies { tally.note(transport, family) }
        tally.usedDiag = true
        families.subtract(dump.listedFamilies)
      }
      // The tables of SCTP have both families.
      if tally.lookedAt[transport] != nil, !transport.isInternet || transport == .sctp { continue }
      left.append(contentsOf: ProcSource.tables(of: transport, families: families))
    }
    return left
  }

  /// Adds a problem for each failed dump, when no other source is asked.
  private func noteFailures(_ errors: [SockDiagError], into snapshot: inout Snapshot) {
    for error in errors where !error.isUnsupported {
      snapshot.problems.append(
        Problem(subject: error.dump.subject, cause: .unreadable(.dump(error.failure))))
    }
  }

  /// Adds one problem when /proc replaces sock_diag and that makes a difference: the kernel
  /// refused, or sock_diag does not report TCP.
  private func noteOtherSource(_ errors: [SockDiagError], into snapshot: inout Snapshot) {
    let telling = errors.filter { !$0.isUnsupported || $0.dump.transport == .tcp }
    guard let first = telling.first else { return }
    let transports = Set(telling.map(\.dump.transport)).filter { transport in
      ProcNetTable.allCases.contains { $0.transport == transport }
    }
    let obstacle = Problem.Obstacle.replaced(
      first.failure, of: first.dump.transport, first.dump.family, by: transports.sorted { $0.rawValue < $1.rawValue })
    snapshot.problems.append(Problem(subject: .sockDiag, cause: .unreadable(obstacle)))
  }

  private func conclude(_ tally: Tally, _ transports: [Transport], into snapshot: inout Snapshot)
    throws(InspectionError)
  {
    snapshot.meta.source =
      switch (tally.usedDiag, !tally.fromTables.isEmpty) {
      case (true, true): "sock_diag+proc"
      case (true, false): "sock_diag"
      default: "proc"
      }
    snapshot.lookedAt = tally.lookedAt
    snapshot.fromTables = tally.fromTables
    if tally.lookedAt.isEmpty, snapshot.records.isEmpty, !transports.isEmpty {
      if let failure = tally.failures.first { throw .nothingRead(failure) }
      if let absence = root.absence { throw absence }
      if request.source != .diag, !ProcSource(root: root, rowFilter: rowFilter, byteOrder: nil).hasAnyTable {
        throw noTables
      }
    }
    noteMissing(tally, transports, into: &snapshot)
  }

  /// Why there is nothing to read below the root.
  private var noTables: InspectionError {
    if root.processHasEnded { return .noTables(root: root.path, "its process has ended") }
    if root.shape == .live {
      return .noTables(
        root: root.path, "/proc has them for all processes, /proc/PID for one process's network namespace")
    }
    if let series = try? CaptureSeries.open(root.path), let first = series.frames.first {
      if root.folder.isArchived {
        return .noTables(root: root.path, "it is a series of captures; watch --root \(root.path) replays them")
      }
      return .noTables(
        root: root.path,
        "it is a series of captures; --root \(root.path)/\(first.name) reads one, watch --root \(root.path) replays them"
      )
    }
    return .noTables(root: root.path, "looked for net/tcp, self/net/tcp, proc/net/tcp and the like")
  }

  // MARK: Missing tables

  /// The transports for which every kernel with its own network has tables.
  private static let usual: Set<Transport> = [.tcp, .udp, .raw, .unix, .netlink]

  /// Adds a problem for the transports and families about which nothing is known: those that were
  /// asked for by name and, in a copy, those that every kernel has.
  private func noteMissing(_ tally: Tally, _ transports: [Transport], into snapshot: inout Snapshot) {
    let failed = Set(tally.failedTables.map(\.transport))
    let isNothingKnown = tally.lookedAt.isEmpty && failed.isEmpty && request.requiredTransports.isEmpty
    var usual: [Transport] = []
    for transport in transports where tally.lookedAt[transport] == nil {
      if isNothingKnown || request.requiredTransports.contains(transport) {
        let absence: Problem.Absence =
          root.isOwnKernel ? .transport(in: onlySource) : .table(root: root.path, isNamed: true)
        snapshot.problems.append(Problem(subject: .transports([transport]), cause: .missing(absence)))
      } else if root.shape == .tree, Self.usual.contains(transport), !failed.contains(transport) {
        usual.append(transport)
      }
    }
    if !usual.isEmpty {
      snapshot.problems.append(
        Problem(subject: .transports(usual), cause: .missing(.table(root: root.path, isNamed: false))))
    }
    noteMissingFamilies(tally, transports, into: &snapshot)
  }

  /// Adds a problem when a copy has only one of the two tables of TCP or UDP.
  private func noteMissingFamilies(_ tally: Tally, _ transports: [Transport], into snapshot: inout Snapshot) {
    guard root.shape == .tree else { return }
    let missing = transports.filter { $0 == .tcp || $0 == .udp }.flatMap { transport in
      ProcSource.tables(of: transport, families: request.families).filter {
        guard let families = tally.lookedAt[transport] else { return false }
        return !families.contains($0.family) && !tally.failedTables.contains($0)
          && ($0.family == .ipv4 || mayHaveHadIPv6)
      }
    }
    guard !missing.isEmpty else { return }
    snapshot.problems.append(
      Problem(
        subject: .transports(missing.map(\.transport)),
        cause: .missing(.tables(missing.map { "net/\($0.rawValue)" }, root: root.path))))
  }

  /// Whether the machine that a tree was copied from may have had IPv6: a capture has all tables
  /// that existed, and a copy of all of `net` has `sockstat6` beside `sockstat`.
  private var mayHaveHadIPv6: Bool {
    if root.manifest != nil { return false }
    return (try? root.openTable("sockstat")) == nil || (try? root.openTable("sockstat6")) != nil
  }

  /// The one source that may be asked; `nil` when both may.
  private var onlySource: Problem.KernelSource? {
    switch request.source {
    case .auto: nil
    case .diag: .sockDiag
    case .proc: .proc
    }
  }
}
