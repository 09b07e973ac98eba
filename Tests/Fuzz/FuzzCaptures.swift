import Capture
import KernelFormats
import SocketModel

@testable import Rendering

/// Feeds the decoders of joined tables, counters and tracepoints, the redaction and the check of
/// unix names.
extension FuzzTarget {
  /// Feeds joined tables whole and in two pieces: the records must be the same.
  func feedJoined(_ bytes: Span<UInt8>) {
    guard bytes.count > 1 else { return }
    let text = bytes.extracting(1..<bytes.count)
    let (whole, tables) = join(text, cutAt: text.count)
    let (pieces, others) = join(text, cutAt: Int(bytes[0]) % (text.count + 1))
    precondition(whole.records == pieces.records, "joined tables decode differently in two pieces")
    precondition(whole.problems == pieces.problems, "joined tables have other problems in two pieces")
    precondition(tables.tables == others.tables && tables.foreignLines == others.foreignLines, "other tables in pieces")
    var evidence = ByteOrderEvidence()
    evidence.add(text)
    precondition(evidence.order == nil || evidence.addressCount > 0, "no address speaks for a byte order")
  }

  private func join(_ text: Span<UInt8>, cutAt cut: Int) -> (Snapshot, JoinedTables) {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
    var joined = JoinedTables(path: "-") { ProcNetDecoder(table: $0, path: "-", byteOrder: .little) }
    joined.decode(text.extracting(0..<cut), into: &snapshot)
    joined.decode(text.extracting(cut..<text.count), into: &snapshot)
    joined.finish(into: &snapshot)
    return (snapshot, joined)
  }

  /// Redacts a table and the files of a process: nothing is added to a listing, and no chosen byte
  /// is kept.
  func feedRedaction(_ bytes: Span<UInt8>) {
    guard bytes.count > 1 else { return }
    let text = bytes.extracting(1..<bytes.count)
    var redaction = Redaction(byteOrder: .little)
    let kinds = ProcNetTable.allCases
    let table = kinds[Int(bytes[0]) % kinds.count]
    let redacted = redaction.table(table, text)
    let (before, after) = (decode(text, table), decode(redacted.bytes.span, table))
    // Nothing is kept after a word of the heading that no kernel writes, so that an inode may be
    // unknown. Rows without one are not known to repeat each other.
    let hasInodes = after.records.allSatisfy { $0.known.contains(.inode) }
    precondition(!hasInodes || after.records.count <= before.records.count, "redaction adds sockets")
    let inodes = Set(after.records.map(\.inode)).subtracting([0])
    precondition(inodes.isSubset(of: Set(before.records.map(\.inode))), "redaction changes inodes")
    precondition(
      after.problems.contains { $0.kind == .truncated } == before.problems.contains { $0.kind == .truncated },
      "redaction hides that a table was cut")
    expectPlain(redacted.bytes)
    var file: [UInt8] = []
    for index in text.indices { file.append(text[index]) }
    expectPlain(redaction.stat(text) ?? [])
    expectPlain(redaction.status(text) ?? [])
    expectPlain(redaction.comm(file))
    expectPlain(redaction.commandLine(file).map { $0 == 0 ? UInt8(ascii: " ") : $0 })
    expectPlain(redaction.cgroup(file))
    expectPlain(redaction.program(file))
    var problems: [Problem] = []
    var manifest = CaptureManifest(parsing: text, problems: &problems)
    manifest.redact()
    expectPlain(manifest.encoded())
  }

  private func expectPlain(_ bytes: [UInt8]) {
    precondition(
      bytes.allSatisfy { (UInt8(ascii: " ")...UInt8(ascii: "~")).contains($0) || "\t\n\r".utf8.contains($0) },
      "a byte is kept that no substitute has")
  }

  private func decode(_ text: Span<UInt8>, _ table: ProcNetTable) -> Snapshot {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
    var decoder = ProcNetDecoder(table: table, path: "net/table", byteOrder: .little)
    decoder.decode(text, into: &snapshot)
    decoder.finish(into: &snapshot)
    return snapshot
  }

  /// Checks a unix table against three sockets: no other may come out, and none with another name.
  func feedNames(_ bytes: Span<UInt8>) {
    let names: [UInt64: [UInt8]] = [
      1: Array("/run/a".utf8), 3: [],
      2: [0] + Array("n\n0000000000000000: 00000002 00000000 00000000 0001 01 9 /b".utf8),
    ]
    var reported = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    for (inode, name) in names {
      var record = SocketRecord(transport: .unix, family: .unix, state: .unconnected)
      record.inode = inode
      if !name.isEmpty { record.nameIndex = reported.names.append(name.span) }
      reported.records.append(record)
    }
    var check = UnixNameCheck()
    check.add(reported)
    let checked = check.checked(bytes)
    var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
    var decoder = ProcNetDecoder(table: .unix, path: "net/unix", hasCheckedNames: true)
    decoder.decode(checked.bytes.span, into: &snapshot)
    decoder.finish(into: &snapshot)
    for row in snapshot.records.indices where snapshot.records[row].inode != 0 {
      let name = snapshot.name(at: row)?.bytes ?? []
      let reported = names[snapshot.records[row].inode]
      precondition(reported == name || reported != nil && name.isEmpty, "a forged row is kept")
    }
  }

  /// Walks over an archive, whose checksums are made right first: almost no other input has any. The
  /// walk always goes on, and an entry that is written again is the same entry. The bytes are the
  /// control groups of a capture too.
  func feedArchive(_ bytes: Span<UInt8>) {
    var archive: [UInt8] = []
    for index in bytes.indices { archive.append(bytes[index]) }
    for start in stride(from: 0, to: archive.count - TarHeader.blockSize + 1, by: TarHeader.blockSize) {
      if TarHeader.isEnd(archive.span.extracting(start..<(start + TarHeader.blockSize))) { continue }
      for index in 148..<156 { archive[start + index] = UInt8(ascii: " ") }
      let sum = archive[start..<(start + TarHeader.blockSize)].reduce(0) { $0 + Int($1) }
      for (index, digit) in String(sum, radix: 8).utf8.enumerated() { archive[start + 148 + index] = digit }
    }
    var walk = TarEntries()
    var position = -1
    while let wanted = walk.wanted {
      precondition(wanted.lowerBound > position, "the walk over an archive stands still")
      position = wanted.lowerBound
      let range = wanted.clamped(to: 0..<archive.count)
      guard let entry = try? walk.take(archive.span.extracting(range)) else { continue }
      precondition(entry.content.lowerBound <= archive.count, "a content begins behind the archive")
      writeAgain(entry)
    }
    let groups = CapturedControlGroups(parsing: bytes)
    let written = groups.encoded()
    precondition(CapturedControlGroups(parsing: written.span) == groups, "control groups change when written again")
    var redaction = Redaction(byteOrder: .little)
    expectPlain(redaction.controlGroups(groups).encoded())
  }

  private func writeAgain(_ entry: TarEntry) {
    var path = entry.path
    while path.last == UInt8(ascii: "/") { path.removeLast() }
    guard [.file, .folder, .symbolicLink].contains(entry.kind), !path.isEmpty, entry.content.count < 1 << 33 else {
      return
    }
    let size = entry.kind == .file ? entry.content.count : 0
    let target = entry.kind == .symbolicLink ? entry.target : []
    let header = TarEntry.header(entry.kind, path: path, target: target, size: size, time: 0)
    var walk = TarEntries()
    var again: TarEntry?
    while let wanted = walk.wanted, wanted.upperBound <= header.count, again == nil {
      again = (try? walk.take(header.span.extracting(wanted))) ?? nil
    }
    let written = entry.kind == .folder ? path + [UInt8(ascii: "/")] : path
    precondition(again?.kind == entry.kind && again?.path == written, "an entry has another path when written again")
    precondition(again?.target == target && again?.content.count == size, "an entry changes when written again")
  }

  func feedCounters(_ bytes: Span<UInt8>) {
    var file: [UInt8] = []
    for index in bytes.indices { file.append(bytes[index]) }
    _ = CounterTables.holdsOnlyCounters(file)
    for table in CounterGroup.Table.allCases {
      let (groups, _) = CounterTables.decode(bytes, of: table)
      precondition(groups.allSatisfy { $0.counters.count <= bytes.count }, "more counters than bytes")
    }
  }

  /// A format, followed by NUL and the records of a ring.
  func feedTracepoint(_ bytes: Span<UInt8>) {
    var end = 0
    while end < bytes.count, bytes[end] != 0 { end += 1 }
    let format = try? TracepointFormat(parsing: bytes.extracting(0..<end))
    let layout = format.flatMap { try? SocketTransitionLayout($0) }
    guard end < bytes.count else { return }
    let ring = bytes.extracting((end + 1)..<bytes.count)
    var records = PerfRecords()
    var position = -1
    while let record = try? records.next(in: ring) {
      precondition(records.position > position, "the walk over a ring stands still")
      position = records.position
      guard case .sample(let process, let thread, let raw) = record.content else { continue }
      precondition(raw.upperBound <= ring.count, "a sample reaches beyond its ring")
      _ = try? layout?.decode(ring.extracting(raw), time: record.time, process: process, thread: thread)
    }
  }
}
