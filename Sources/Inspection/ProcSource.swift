import KernelFormats
import LinuxSystem
import SocketModel

/// The socket tables of a root: `/proc/net/tcp` and the others, streamed through their decoder.
struct ProcSource: Sendable {
  let root: ProcRoot
  let sieve: RowSieve

  /// The most that is read of one table: some thirty million sockets. A file of a captured tree can be of any size.
  static let mostBytes = 4 << 30

  /// A read of a live table that gives less than this is the last one.
  ///
  /// The kernel fills its page with rows as long as the next one fits (`seq_read_iter`), and no row is half a page. A read behind the last row
  /// would walk the whole hash table of TCP once more (`tcp_seq_start`): half the time that an idle machine's table takes.
  static let shortRead = 2048

  /// The tables that a transport has, of the families given; the families count for the internet transports only.
  static func tables(of transport: Transport, families: Set<AddressFamily>) -> [ProcNetTable] {
    ProcNetTable.allCases.filter {
      $0.transport == transport && (!transport.isInternet || families.contains($0.family))
    }
  }

  /// Whether the root holds any table, be it one that was not asked for.
  var hasAnyTable: Bool {
    ProcNetTable.allCases.contains { (try? root.openTable($0.rawValue).status())?.isRegular == true }
  }

  /// Reads tables of a folder and adds their sockets in the order of the tables.
  ///
  /// They are read in parallel: for each table of TCP the kernel walks all connections, also for the family that has none.
  func read(_ tables: [ProcNetTable], tally: inout SocketReading.Tally, into snapshot: inout Snapshot) {
    typealias Piece = (snapshot: Snapshot, tally: SocketReading.Tally)
    let meta = snapshot.meta
    let pieces = Locked<[Piece?]>(Array(repeating: nil, count: tables.count))
    parallelForEach(count: tables.count) { index in
      var piece: Piece = (Snapshot(meta: meta), SocketReading.Tally())
      read(tables[index], tally: &piece.tally, into: &piece.snapshot)
      let done = piece
      pieces.withLock { $0[index] = done }
    }
    // Each piece is taken out of the only array that holds it, so that its records are moved and not copied.
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
      snapshot.append(records: piece.snapshot.records, details: [], names: piece.snapshot.names)
    }
  }

  /// Reads one table of a folder. One that is not there is no problem by itself.
  private func read(_ table: ProcNetTable, tally: inout SocketReading.Tally, into snapshot: inout Snapshot) {
    let subject = "net/\(table.rawValue)"
    var isOpen = false
    do throws(SystemError) {
      let file = try root.openTable(table.rawValue)
      isOpen = true
      // From here on the table is there, whatever becomes of it.
      tally.fromTables.insert(table.transport)
      if let reason = root.captureFailure(of: subject) {
        note(.unreadable, table, "not all of it was captured: \(reason)", into: &snapshot)
      }
      switch try stream(file, beginning: [], decoder(of: table, subject, snapshot.meta), into: &snapshot) {
      case .header: tally.note(table.transport, table.family)
      case .row:
        tally.note(table.transport, table.family)
        note(.truncated, table, "it begins without its header: rows may be missing", into: &snapshot)
      case .nothing:
        tally.failedTables.insert(table)
        let isCopy = root.shape == .tree
        let advice = isCopy ? "tar and rsync copy the files of /proc so; use cp -r, or sockinspect capture" : nil
        tally.failures.append("\(subject) is empty, without even its header" + (advice.map { "; \($0)" } ?? ""))
        note(.truncated, table, "it is empty, without even its header", advice: advice, into: &snapshot)
      }
    } catch {
      if error.isGone, !isOpen {
        guard let reason = root.captureFailure(of: subject) else { return }
        tally.failedTables.insert(table)
        tally.failures.append("\(subject) was not captured: \(reason)")
        return note(.unreadable, table, "it was not captured: \(reason)", into: &snapshot)
      }
      tally.failedTables.insert(table)
      tally.failures.append("\(subject): \(error.description)")
      note(
        .unreadable, table, error.reason, advice: error.isForbidden ? "read it as root: sudo sockinspect" : nil,
        into: &snapshot)
    }
  }

  private func note(
    _ kind: Problem.Kind, _ table: ProcNetTable, _ message: String, advice: String? = nil, into snapshot: inout Snapshot
  ) {
    snapshot.problems.append(
      Problem(
        kind, place: .table(table.transport), subject: "net/\(table.rawValue)", message: message, advice: advice))
  }

  /// Reads the one table of a root that is a file or standard input; its header line tells which it is.
  ///
  /// When transports were asked for by name and this is of none of them, nothing is read.
  func readSingle(
    _ request: InspectionRequest, tally: inout SocketReading.Tally, into snapshot: inout Snapshot
  ) throws(InspectionError) {
    var isEmpty = false
    do throws(SystemError) {
      let file = try root.openSingleTable()
      let beginning = try firstLine(of: file)
      isEmpty = beginning.isEmpty
      if let table = recognise(beginning) {
        guard request.requiredTransports.isEmpty || request.requiredTransports.contains(table.transport) else { return }
        tally.note(table.transport, table.family)
        tally.fromTables.insert(table.transport)
        _ = try stream(file, beginning: beginning, decoder(of: table, root.path, snapshot.meta), into: &snapshot)
        return
      }
    } catch {
      throw .unreadable(root: root.path, error)
    }
    throw .noTables(
      root: root.path,
      isEmpty
        ? "it is empty, without even a header line"
        : "its first line is not the header of any table of /proc/net")
  }

  /// The bytes up to the end of the first line, and some more; all there is when the first line is very long.
  private func firstLine(of file: borrowing Descriptor) throws(SystemError) -> [UInt8] {
    var beginning: [UInt8] = []
    var buffer: [UInt8] = Array(repeating: 0, count: 4096)
    while !beginning.contains(0x0A), beginning.count < 4096 {
      let count = try file.read(into: &buffer)
      if count == 0 { break }
      beginning.append(contentsOf: buffer[0..<count])
    }
    return beginning
  }

  /// The table that the header line says; among those that share a header the one that the file is named after.
  private func recognise(_ beginning: [UInt8]) -> ProcNetTable? {
    let end = beginning.firstIndex(of: 0x0A) ?? beginning.count
    guard let table = ProcNetTable.recognise(header: beginning.span.extracting(0..<end)) else { return nil }
    let name = root.path.split(separator: "/").last?.prefix { $0 != "." } ?? ""
    if let named = ProcNetTable(rawValue: String(name)), named.family == table.family { return named }
    return table
  }

  private func decoder(of table: ProcNetTable, _ subject: String, _ meta: SnapshotMeta) -> ProcNetDecoder {
    ProcNetDecoder(
      table: table, subject: subject, byteOrder: root.manifest?.byteOrder ?? .native,
      ticksPerSecond: meta.ticksPerSecond, netns: meta.netns)
  }

  /// What a table begins with.
  private enum Beginning {
    case header, row, nothing
  }

  /// Decodes a file from where it stands to its end, dropping rows that were not asked for piece by piece.
  private func stream(
    _ file: consuming Descriptor, beginning: [UInt8], _ decoder: ProcNetDecoder, into snapshot: inout Snapshot
  ) throws(SystemError) -> Beginning {
    var decoder = decoder
    var start = snapshot.records.count
    var total = beginning.count
    var found = Beginning.nothing
    if !beginning.isEmpty {
      found = Self.beginning(beginning.span, of: decoder.table)
      decoder.decode(beginning.span, into: &snapshot)
    }
    defer {
      // What was read before a failure is kept.
      decoder.finish(into: &snapshot)
      sieve.sift(&snapshot, from: start)
      if total >= Self.mostBytes {
        note(.truncated, decoder.table, "only the first \(Self.mostBytes) bytes were read", into: &snapshot)
      }
    }
    try file.readAhead(endingBelow: root.shape == .live ? Self.shortRead : 0) { piece in
      if total == 0 { found = Self.beginning(piece, of: decoder.table) }
      total += piece.count
      decoder.decode(piece, into: &snapshot)
      sieve.sift(&snapshot, from: start)
      start = snapshot.records.count
      return total < Self.mostBytes
    }
    return found
  }

  /// What the first line of a table is.
  private static func beginning(_ bytes: Span<UInt8>, of table: ProcNetTable) -> Beginning {
    var end = 0
    while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
    return ProcNetTable.recognise(header: bytes.extracting(0..<end))?.family == table.family ? .header : .row
  }
}
