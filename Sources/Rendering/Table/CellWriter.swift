package import SocketModel
internal import Text

/// Writes the fields of a snapshot's sockets as cells of a table.
///
/// - The two ends are written by ``EndText``: `127.0.0.1:1234`, `[::1]:1234`, `*:8080`,
///   `0.0.0.0%lo:1234`.
/// - The owners are `python3[4112] fd 3`, several descriptors `fd 3,4`, several processes separated
///   by `, `. A `[` in a process's name is written `\x5b`, so that the first `[` always ends the
///   name.
/// - Where an owner may not be seen, the workload of the socket is in its place: `(nginx.service)`.
/// - What is not known is `-`.
///
/// The fields of the default columns are read from the records themselves; the others come as
/// ``FieldValue``.
package struct CellWriter: Sendable {
  package let snapshot: Snapshot
  private let names: ShownNames
  private let resolves: Bool
  private let ends: EndText
  private let namespaceLabels: [UInt32: [UInt8]]
  /// The escaped names of the processes, and their widths in columns.
  let processNames: [[UInt8]]
  let processWidths: [Int]
  private let processNamesArePlain: [Bool]
  private let stateNames: [[UInt8]]
  private let transportNames: [[UInt8]]
  /// What is shown of a socket's workload where its owner is not known, by the id of the control
  /// group; empty where owners are known.
  let workloadCells: [UInt64: WorkloadCell]

  /// Prepares to write the fields of a snapshot's sockets.
  package init(snapshot: Snapshot, names: ShownNames) {
    self.snapshot = snapshot
    self.names = names
    resolves = !names.isEmpty
    ends = EndText(snapshot, names: names)
    workloadCells = snapshot.hidesOwners ? snapshot.workloads.mapValues { WorkloadCell($0) } : [:]
    namespaceLabels = snapshot.namespaceNames
    var processNames: [[UInt8]] = []
    var processWidths: [Int] = []
    processNames.reserveCapacity(snapshot.processes.count)
    for process in snapshot.processes {
      var name: [UInt8] = []
      Escaping.append(process.shownName[...], to: &name, also: UInt8(ascii: "["))
      processWidths.append(TextWidth.columns(name[...]))
      processNames.append(name)
    }
    self.processNames = processNames
    self.processWidths = processWidths
    processNamesArePlain = snapshot.processes.map { !$0.name.isEmpty && $0.name.allSatisfy(Self.isPlain) }
    var stateNames = [[UInt8]](repeating: [], count: 256)
    for state in SocketState.allCases { stateNames[Int(state.rawValue)] = Array(state.name.utf8) }
    self.stateNames = stateNames
    transportNames = Transport.allCases.map { Array($0.name.utf8) }
  }

  /// Whether a byte of a name is never escaped.
  private static func isPlain(_ byte: UInt8) -> Bool {
    ASCII.smallLetters.contains(byte | ASCII.caseBit) || ASCII.digits.contains(byte) || byte == UInt8(ascii: "-")
      || byte == UInt8(ascii: "_")
  }

  /// Appends the cell of a field and returns its width in columns.
  @inline(__always)
  package func append(_ field: Field, _ record: SocketRecord, row: Int, to output: inout [UInt8]) -> Int {
    let start = output.count
    switch field {
    case .transport: output.append(contentsOf: transportNames[Int(record.transport.rawValue)])
    case .state: output.append(contentsOf: stateNames[Int(record.state.rawValue)])
    case .receiveQueue: append(record.receiveQueue, if: record.known.contains(.receiveQueue), to: &output)
    case .sendQueue: append(record.sendQueue, if: record.known.contains(.sendQueue), to: &output)
    case .local where record.hasPlainLocal && !resolves:
      appendEndpoint(record.localBits, record.localPort, isIPv4: record.family == .ipv4, to: &output)
    case .peer where record.hasPlainPeer && !resolves:
      if record.hasPeer {
        appendEndpoint(record.remoteBits, record.remotePort, isIPv4: record.family == .ipv4, to: &output)
      } else {
        output.append(ASCII.hyphen)
      }
    case .owners: return appendOwners(snapshot.ownerRange(at: row), of: row, to: &output)
    case .peerOwners: return appendOwners(snapshot.peerOwnerRange(at: row), of: nil, to: &output)
    case .peerProcess:
      guard let process = plainProcess(snapshot.peerOwnerRange(at: row)) else { fallthrough }
      output.append(contentsOf: processNames[process])
      return processWidths[process]
    default: return appendOther(field, record, row: row, to: &output)
    }
    return output.count - start
  }

  /// The width of the cell of a field in columns; `scratch` is for cells that must be written to be
  /// measured.
  @inline(__always)
  package func width(_ field: Field, _ record: SocketRecord, row: Int, scratch: inout [UInt8]) -> Int {
    switch field {
    case .transport: return transportNames[Int(record.transport.rawValue)].count
    case .state: return stateNames[Int(record.state.rawValue)].count
    case .receiveQueue:
      return record.known.contains(.receiveQueue) ? ByteText.digits(UInt64(record.receiveQueue)) : 1
    case .sendQueue: return record.known.contains(.sendQueue) ? ByteText.digits(UInt64(record.sendQueue)) : 1
    case .local where record.hasPlainLocal && !resolves:
      if record.family == .ipv4 { return dottedWidth(record.localBits, record.localPort) }
    case .peer where record.hasPlainPeer && !resolves:
      if !record.hasPeer { return 1 }
      if record.family == .ipv4 { return dottedWidth(record.remoteBits, record.remotePort) }
    case .owners: return ownersWidth(snapshot.ownerRange(at: row), of: row)
    case .peerOwners: return ownersWidth(snapshot.peerOwnerRange(at: row), of: nil)
    case .peerProcess:
      if let process = plainProcess(snapshot.peerOwnerRange(at: row)) { return processWidths[process] }
    default: break
    }
    scratch.removeAll(keepingCapacity: true)
    return append(field, record, row: row, to: &scratch)
  }

  /// Whether the cell of a field shows that there is no value.
  func isAbsent(_ field: Field, _ record: SocketRecord, row: Int, scratch: inout [UInt8]) -> Bool {
    scratch.removeAll(keepingCapacity: true)
    _ = append(field, record, row: row, to: &scratch)
    return scratch.isEmpty || scratch == [UInt8(ascii: "-")]
  }

  @inline(__always)
  private func append(_ number: UInt32, if isKnown: Bool, to output: inout [UInt8]) {
    if isKnown { output.appendDecimal(UInt64(number)) } else { output.append(ASCII.hyphen) }
  }

  @inline(__always)
  private func dottedWidth(_ bits: UInt128, _ port: UInt16) -> Int {
    ByteText.dottedLength(UInt32(truncatingIfNeeded: bits)) + 1 + ByteText.digits(UInt64(port))
  }

  @inline(__always)
  private func appendEndpoint(_ bits: UInt128, _ port: UInt16, isIPv4: Bool, to output: inout [UInt8]) {
    if isIPv4 {
      output.appendDotted(UInt32(truncatingIfNeeded: bits))
    } else {
      output.append(UInt8(ascii: "["))
      output.appendAddress(bits, isIPv4: false)
      output.append(UInt8(ascii: "]"))
    }
    output.append(ASCII.colon)
    if port == 0 { output.append(UInt8(ascii: "*")) } else { output.appendDecimal(UInt64(port)) }
  }

  /// The index of the process that all owners are, if its name is written in a list as it is
  /// elsewhere.
  @inline(__always)
  private func plainProcess(_ owners: Range<Int>) -> Int? {
    guard let first = owners.first, let process = snapshot.owners[first].processIndex,
      owners.count == 1 || owners.allSatisfy({ snapshot.owners[$0].processIndex == process })
    else { return nil }
    return processNamesArePlain[Int(process)] ? Int(process) : nil
  }

  /// Appends the cell of a field that is seldom shown, or whose numbers are replaced by names.
  private func appendOther(_ field: Field, _ record: SocketRecord, row: Int, to output: inout [UInt8]) -> Int {
    let start = output.count
    if field == .local || field == .path, record.transport == .unix, let name = snapshot.name(at: row) {
      name.appendCell(to: &output)
    } else if field == .local, record.transport != .unix, record.transport != .other {
      ends.appendLocal(record, to: &output)
    } else if field == .peer, record.transport.isInternet, record.hasPeer {
      ends.appendPeer(record, to: &output)
    } else if field.isPerOwner {
      appendValues(of: field, record, row: row, to: &output)
    } else {
      appendValue(snapshot.value(of: field, at: row), record, field, to: &output)
    }
    return TextWidth.columns(output[start...])
  }

  /// Appends the values of all owners, of a process that has several descriptors once. Commands
  /// contain commas, which are escaped only where they would look like those between the owners.
  private func appendValues(of field: Field, _ record: SocketRecord, row: Int, to output: inout [UInt8]) {
    let owners = snapshot.ownerRange(of: field, at: row)
    if owners.isEmpty { output.append(ASCII.hyphen) }
    let isList =
      field != .command
      || owners.contains { snapshot.owners[$0].processIndex != snapshot.owners[owners.lowerBound].processIndex }
    for index in owners {
      if index != owners.lowerBound {
        if snapshot.repeatsProcess(field, at: index, inTable: true) { continue }
        output.append(ASCII.comma)
      }
      let owner = snapshot.owners[index]
      if field == .parent, let process = snapshot.process(of: owner), let name = process.parentName,
        let parent = process.parent
      {
        Escaping.append(name[...], to: &output, also: UInt8(ascii: "["))
        output.append(ascii: "[\(parent)]")
        continue
      }
      appendValue(snapshot.value(of: field, owner: owner), record, field, to: &output, also: isList ? ASCII.comma : 0)
    }
  }

  private func appendValue(
    _ value: FieldValue, _ record: SocketRecord, _ field: Field? = nil, to output: inout [UInt8], also: UInt8 = 0
  ) {
    switch value {
    case .absent: output.append(ASCII.hyphen)
    case .number(let number):
      if resolves, field == .localPort || field == .peerPort, number <= UInt16.max,
        let name = names.service(UInt16(number), of: record.transport)
      {
        Escaping.appendCell(Array(name.utf8)[...], to: &output)
      } else if field == .netns, let label = namespaceLabels[UInt32(truncatingIfNeeded: number)] {
        Escaping.appendCell(label[...], to: &output)
      } else if let field, let words = WordsForNumbers.text(number, field.numberWords) {
        output.append(ascii: words)
      } else {
        output.appendDecimal(number)
      }
    case .hexadecimal(let number): output.appendHexadecimal(number)
    case .address(let address):
      if let name = resolves ? names.hosts[address] : nil {
        Escaping.appendCell(Array(name.utf8)[...], to: &output)
      } else {
        output.appendAddress(address.bits, isIPv4: address.isIPv4)
      }
    case .endpoint(let endpoint): output.append(ascii: endpoint.description)
    case .word(let word): output.append(ascii: word)
    case .bytes(let bytes): Escaping.appendCell(bytes[...], to: &output, also: also)
    case .flag(let flag): output.append(ascii: flag ? "yes" : "no")
    }
  }
}
