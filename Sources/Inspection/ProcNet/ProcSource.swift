package import KernelFormats
import LinuxSystem
package import SocketModel

/// The socket tables of a root: `/proc/net/tcp` and the others, streamed through their decoder.
package struct ProcSource: Sendable {
  package let root: ProcRoot
  let rowFilter: RowFilter
  /// The byte order of the tables; for a single table the one that the user named, if any.
  package let byteOrder: ByteOrder?

  /// The most bytes that are read of one table: some thirty million sockets. A file of a captured
  /// tree can be of any size.
  package static let mostBytes = 4 << 30

  /// A read of a live table that returns fewer bytes than this is the last one.
  ///
  /// The kernel fills its page with rows as long as the next one fits (`seq_read_iter`), and no row
  /// is half a page. One more read after the last row would walk the whole hash table of TCP again
  /// (`tcp_seq_start`): half the time that an idle machine's table takes.
  static let shortRead = 2048

  /// The tables of a transport for the given families, which matter only for the internet
  /// transports. Those of SCTP list both families.
  package static func tables(of transport: Transport, families: Set<AddressFamily>) -> [ProcNetTable] {
    ProcNetTable.allCases.filter {
      $0.transport == transport && (!transport.isInternet || transport == .sctp || families.contains($0.family))
    }
  }

  /// Whether the root holds any table, even one that was not asked for.
  var hasAnyTable: Bool {
    ProcNetTable.allCases.contains { (try? root.openTable($0.rawValue).isRegular) == true }
  }

  /// Reads tables of a folder and adds their sockets in the order of the tables.
  ///
  /// They are read in parallel: for each table of TCP the kernel walks all connections, even for a
  /// family without any.
  func read(_ tables: [ProcNetTable], tally: inout SocketScan.Tally, into snapshot: inout Snapshot) {
    typealias Piece = (snapshot: Snapshot, tally: SocketScan.Tally)
    let meta = snapshot.meta
    let pieces = Locked<[Piece?]>(Array(repeating: nil, count: tables.count))
    parallelForEach(count: tables.count) { index in
      var piece: Piece = (Snapshot(meta: meta), SocketScan.Tally())
      read(tables[index], tally: &piece.tally, into: &piece.snapshot)
      let done = piece
      pieces.withLock { $0[index] = done }
    }
    // Each piece is taken out of the only array that holds it, so that its records are moved
    // instead of copied.
    var done = pieces.withLock { pieces in
      let taken = pieces
      pieces = []
      return taken
    }
    for index in done.indices {
      guard let piece = done[index] else { continue }
      done[index] = nil
      tally.add(piece.tally)
      snapshot.problems += piece.snapshot.problems
      snapshot.undecided.formUnion(piece.snapshot.undecided)
      snapshot.append(records: piece.snapshot.records, details: [], names: piece.snapshot.names)
    }
  }

  /// Reads one table of a folder. A table that is not there is not a problem by itself.
  private func read(_ table: ProcNetTable, tally: inout SocketScan.Tally, into snapshot: inout Snapshot) {
    let subject = "net/\(table.rawValue)"
    var isOpen = false
    do throws(SystemError) {
      if table == .unix, let checked = try root.checkedUnixTable() {
        tally.fromTables.insert(.unix)
        tally.note(.unix, .unix)
        return decode(checked, into: &snapshot)
      }
      let file = try root.openTable(table.rawValue)
      isOpen = true
      // From here on the table counts as present, whatever happens next.
      tally.fromTables.insert(table.transport)
      if let reason = root.captureFailure(of: table) {
        note(.unreadable(.uncaptured(reason: reason, isPartial: true)), table, into: &snapshot)
      }
      var decoder = decoder(of: table, subject, snapshot.meta, byteOrder ?? .native)
      let beginning = try stream(file, beginning: [], &decoder, into: &snapshot)
      if root.shape == .live { try readAgain(&decoder, into: &snapshot) }
      switch beginning {
      case .header: tally.note(table)
      case .row:
        tally.note(table)
        note(.truncated(.noHeader), table, into: &snapshot)
      case .nothing:
        tally.failedTables.insert(table)
        let isCopy = root.shape == .tree
        let advice = isCopy ? "; tar and rsync copy the files of /proc so; use cp -r, or sockinspect capture" : ""
        tally.failures.append("\(subject) is empty, without even its header\(advice)")
        note(.truncated(.empty), table, remedy: isCopy ? .copyWithOtherTool : nil, into: &snapshot)
      }
    } catch {
      if error.isGone, !isOpen {
        if root.rulesOut(table) { return tally.note(table.transport, table.family) }
        guard let reason = root.captureFailure(of: table) else { return }
        tally.failedTables.insert(table)
        tally.failures.append("\(subject) was not captured: \(reason)")
        return note(.unreadable(.uncaptured(reason: reason, isPartial: false)), table, into: &snapshot)
      }
      tally.failedTables.insert(table)
      tally.failures.append("\(subject): \(error.description)")
      note(
        .unreadable(.call(CallFailure(error))), table, remedy: error.isForbidden ? .runAsRoot(.table) : nil,
        into: &snapshot)
    }
  }

  private func note(
    _ cause: Problem.Cause, _ table: ProcNetTable, remedy: Problem.Remedy? = nil, into snapshot: inout Snapshot
  ) {
    snapshot.problems.append(Problem(subject: table.subject, cause: cause, remedy: remedy))
  }

  private func decode(_ checked: UnixNameCheck.Table, into snapshot: inout Snapshot) {
    let start = snapshot.extent
    var decoder = decoder(of: .unix, "net/unix", snapshot.meta, .native, hasCheckedNames: true)
    decoder.decode(checked.bytes.span, into: &snapshot)
    decoder.finish(into: &snapshot)
    rowFilter.sift(&snapshot, from: start)
    guard checked.omittedLines > 0 else { return }
    snapshot.problems.append(
      Problem(
        subject: ProcNetTable.unix.subject, cause: .inconsistent(.imitatedRows, count: checked.omittedLines)))
  }

  /// Reads the tables of a root that is a file or standard input: one or, joined, several. Their
  /// header lines show which.
  ///
  /// When transports were asked for by name, only their tables are read. Otherwise a single table
  /// is always read, and of several those of the requested transports, or all when none is.
  func readSingle(
    _ request: InspectionRequest, tally: inout SocketScan.Tally, into snapshot: inout Snapshot
  ) throws(InspectionError) {
    var joined: JoinedTables
    let isEmpty: Bool
    do throws(SystemError) {
      var file = try root.openSingleTable()
      let beginning = try beginning(of: &file)
      let order = root.byteOrder(named: byteOrder, beginning: beginning)
      order.state(in: &snapshot.meta)
      let meta = snapshot.meta
      let (source, path) = (self, root.path)
      joined = JoinedTables(path: path, name: nameOfFile, wanted: request.requiredTransports) {
        source.decoder(of: $0, path, meta, order.order)
      }
      _ = try stream(file, beginning: beginning, &joined, into: &snapshot)
      isEmpty = beginning.isEmpty
    } catch {
      throw .unreadable(root: root.path, error)
    }
    if joined.tables.isEmpty {
      throw .noTables(
        root: root.path,
        isEmpty
          ? "it is empty, without even a header line" : "no line of it is the header of any table of /proc/net")
    }
    var shown = Set(joined.tables.map(\.transport))
    if !request.requiredTransports.isEmpty {
      shown.formIntersection(request.requiredTransports)
    } else if shown.count > 1, !shown.isDisjoint(with: request.transports) {
      shown.formIntersection(request.transports)
      snapshot.records.removeAll { !request.transports.contains($0.transport) }
    }
    if joined.foreignLines > 0 {
      let count = joined.foreignLines
      snapshot.meta.notes.append(
        "passed over \(count) \(count == 1 ? "line that belongs" : "lines that belong") to no table of sockets")
    }
    for table in joined.tables where shown.contains(table.transport) {
      tally.note(table)
      tally.fromTables.insert(table.transport)
    }
  }

  /// The bytes at the beginning, as many as are examined to find out the byte order.
  private func beginning(of file: inout RootFile) throws(SystemError) -> [UInt8] {
    var beginning = root.beginning
    var buffer: [UInt8] = Array(repeating: 0, count: 65536)
    while beginning.count < ProcRoot.evidenceBytes {
      let count = try file.read(into: &buffer)
      if count == 0 { break }
      beginning.append(contentsOf: buffer[0..<count])
    }
    return beginning
  }

  /// The table that the file is named after, which distinguishes tables with the same header.
  private var nameOfFile: ProcNetTable? {
    let name = root.path.split(separator: "/").last?.prefix { $0 != "." } ?? ""
    return ProcNetTable(rawValue: String(name))
  }

  private func decoder(
    of table: ProcNetTable, _ path: String, _ meta: SnapshotMeta, _ byteOrder: ByteOrder,
    hasCheckedNames: Bool = false
  ) -> ProcNetDecoder {
    ProcNetDecoder(
      table: table, path: path, byteOrder: byteOrder, ticksPerSecond: meta.ticksPerSecond, netns: meta.netns,
      areInodesUnique: root.shape == .live,
      hasCheckedNames: hasCheckedNames || root.manifest?.hasCheckedUnixNames == true)
  }

  /// What a table begins with.
  private enum Beginning {
    case header, row, nothing
  }

  /// Decodes a file from its current position to its end, and drops rows that were not asked for
  /// after each piece.
  private func stream(
    _ file: consuming RootFile, beginning: [UInt8], _ decoder: inout some TableDecoder, into snapshot: inout Snapshot
  ) throws(SystemError) -> Beginning {
    var start = snapshot.extent
    var total = beginning.count
    var found = Beginning.nothing
    if !beginning.isEmpty {
      found = Self.beginning(beginning.span, of: decoder.knownTable)
      decoder.decode(beginning.span, into: &snapshot)
    }
    defer {
      // What was read before a failure is kept.
      decoder.finish(into: &snapshot)
      rowFilter.sift(&snapshot, from: start)
      if total >= Self.mostBytes, let table = decoder.knownTable {
        note(.truncated(.limit(bytes: Self.mostBytes)), table, into: &snapshot)
      }
    }
    try file.readAhead(endingBelow: root.shape == .live ? Self.shortRead : 0) { piece in
      if total == 0 { found = Self.beginning(piece, of: decoder.knownTable) }
      total += piece.count
      decoder.decode(piece, into: &snapshot)
      rowFilter.sift(&snapshot, from: start)
      start = snapshot.extent
      return total < Self.mostBytes
    }
    return found
  }

  /// What the first line of a table is.
  private static func beginning(_ bytes: Span<UInt8>, of table: ProcNetTable?) -> Beginning {
    guard let table else { return .header }
    var end = 0
    while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
    return ProcNetTable.recognise(header: bytes.extracting(0..<end))?.family == table.family ? .header : .row
  }
}

/// A decoder of a file that arrives in pieces.
private protocol TableDecoder {
  /// The table that the bytes are from; `nil` when it is not known yet.
  var knownTable: ProcNetTable? { get }
  mutating func decode(_ chunk: Span<UInt8>, into snapshot: inout Snapshot)
  mutating func finish(into snapshot: inout Snapshot)
}

extension ProcNetDecoder: TableDecoder {
  fileprivate var knownTable: ProcNetTable? { table }
}

extension JoinedTables: TableDecoder {
  fileprivate var knownTable: ProcNetTable? { tables.last }
}
