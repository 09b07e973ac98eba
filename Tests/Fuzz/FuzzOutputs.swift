import LiveView
import Query
import Rendering
import SocketModel

@testable import Classic

// Outputs: every form of output, with names that a process chose.
extension FuzzTarget {
  /// The bytes between NULs are the names of a process and of unix sockets. No output may contain a
  /// byte that a terminal interprets, nor may a name begin another line.
  func feedOutputs(_ bytes: Span<UInt8>) {
    let snapshot = FuzzTarget.sockets(named: FuzzTarget.words(bytes))
    let rows = snapshot.records.indices.map { UInt32($0) }[...]
    for style in [TableStyle(), TableStyle(width: 60), TableStyle(columns: [.local, .process, .path, .owners])] {
      let table = Table(snapshot, rows: rows, style: style)
      FuzzTarget.check(table.header + table.render(rows: rows), lines: rows.count + 1, "the table")
    }
    let csv = CSVOutput(snapshot, columns: [.local, .process, .path, .owners])
    // Lines of RFC 4180 end with CR and LF; a quoted cell may hold neither.
    let text = csv.header + csv.render(rows: rows)
    FuzzTarget.check(text.filter { $0 != UInt8(ascii: "\r") }, lines: rows.count + 1, "CSV")
    let json = JSONOutput(snapshot)
    FuzzTarget.check(json.render(rows: rows), lines: rows.count, "NDJSON")
    FuzzTarget.check(json.document(rows: rows), lines: nil, "JSON")
    feedClassicOutputs(snapshot)
  }

  /// The classic views keep bytes above ASCII as the originals do; neither prints controls.
  private func feedClassicOutputs(_ snapshot: Snapshot) {
    var options = NetstatOptions()
    options.servers = .all
    let netstat = NetstatView(snapshot, options: options)
    for transport in [Transport.tcp, .unix] {
      let text = netstat.render(rows: netstat.rows(of: transport))
      precondition(!text.contains { FuzzTarget.isControl($0) }, "the netstat view holds control bytes")
    }
    let files = snapshot.records.indices.map { OwnedSocket(row: UInt32($0), owner: UInt32($0)) }
    let lsof = LsofTable(LsofView(), snapshot, files: files)
    let text = lsof.header + lsof.render(0..<files.count)
    precondition(!text.contains { FuzzTarget.isControl($0) }, "the lsof view holds control bytes")
    precondition(text.count { $0 == UInt8(ascii: "\n") } == files.count + 1, "a name begins a line of the lsof view")
  }

  /// Whether a byte is a control of ASCII other than the newline.
  private static func isControl(_ byte: UInt8) -> Bool {
    byte < UInt8(ascii: " ") && byte != UInt8(ascii: "\n") || byte == 0x7F
  }

  private static func check(_ output: [UInt8], lines: Int?, _ form: String) {
    guard let text = String(validating: output, as: UTF8.self) else { preconditionFailure("\(form) is not UTF-8") }
    for scalar in text.unicodeScalars where scalar != "\n" {
      let isControl = scalar.properties.generalCategory == .control
      let isBidirectional =
        (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value) || scalar.value == 0x061C
      // JSON is read by programs: there a character above ASCII is what it is.
      precondition(!isControl || form.hasSuffix("JSON") && scalar.value >= 0x7F, "\(form) holds control characters")
      precondition(!isBidirectional || form.hasSuffix("JSON"), "\(form) holds bidirectional controls")
    }
    if let lines { precondition(output.count { $0 == UInt8(ascii: "\n") } == lines, "a name begins a line of \(form)") }
  }

  /// One TCP listener and one unix socket per name, all open in one process, which has the first
  /// name.
  private static func sockets(named names: [[UInt8]]) -> Snapshot {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    snapshot.processes = [ProcessInfo(pid: 7, name: names.first ?? [])]
    snapshot.processes[0].executable = names.first
    for (index, name) in ([[]] + names).enumerated() {
      var record = SocketRecord(
        transport: index == 0 ? .tcp : .unix, family: index == 0 ? .ipv4 : .unix, state: .listen)
      record.known = [.socketType, .inode]
      record.inode = UInt64(index + 1)
      // Every other name is abstract.
      let path = index & 1 == 0 ? name : [0] + name
      if index > 0, !path.isEmpty { record.nameIndex = snapshot.names.append(path.span) }
      snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
      snapshot.owners.append(Owner(pid: 7, descriptor: Int32(index), processIndex: 0))
      snapshot.records.append(record)
    }
    snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
    return snapshot
  }

  /// The bytes between NULs, at most 64 of them.
  static func words(_ bytes: Span<UInt8>) -> [[UInt8]] {
    var words: [[UInt8]] = [[]]
    for index in bytes.indices {
      if bytes[index] != 0 { words[words.count - 1].append(bytes[index]) } else if words.count < 64 { words.append([]) }
    }
    return words
  }
}

// Typed input: keys of the live view, and the command lines of the classic programs.
extension FuzzTarget {
  /// The first byte says where the rest is split into two reads. Every byte is taken, and waiting
  /// ends.
  func feedKeys(_ bytes: Span<UInt8>) {
    guard bytes.count > 1 else { return }
    var typed: [UInt8] = []
    for index in 1..<bytes.count { typed.append(bytes[index]) }
    let cut = Int(bytes[0]) % (typed.count + 1)
    var decoder = KeyDecoder()
    var keys = decoder.decode(Array(typed[..<cut]))
    keys += decoder.decode(Array(typed[cut...]))
    keys += decoder.timeOut()
    keys += decoder.timeOut()
    precondition(keys.count <= typed.count, "there are more keys than bytes")
    precondition(decoder.patience == nil, "a key is waited for that does not come")
  }

  /// The arguments are separated by NULs. Nothing is looked up on this machine.
  func feedClassicArguments(_ bytes: Span<UInt8>) {
    let arguments = FuzzTarget.words(bytes).map { String(decoding: $0, as: UTF8.self) }
    let reading = LsofReader.read(
      arguments, names: NameTables(), variable: { _ in nil }, kindOfName: { $0.count & 1 == 0 ? .socket : .other },
      isMountPoint: { _ in nil })
    if case .wrong(let problems) = reading { precondition(!problems.isEmpty, "a refusal says nothing") }
    do {
      _ = try NetstatArguments(arguments)
    } catch {
      precondition(!"\(error)".isEmpty, "a refusal says nothing")
    }
  }
}
