public import SocketModel
internal import Text

/// Sockets as CSV (RFC 4180): a header with the names of the fields, one record per socket, lines
/// that end in CR LF.
///
/// - A field that is not known is empty.
/// - A socket with several owners has one record: each field of the owners lists their values
///   separated by `;`, in the same order in every such field. Within a value of a list `;` is
///   written `\x3b`.
/// - Text has the escapes of `Escaping`, so that no record spans lines. When a spreadsheet would
///   take text at the beginning of a cell for a formula, its first character is escaped: `=`, `+`
///   and `-` always, `@` (which begins abstract unix names) when the text has `(`, `|` or `!`.
/// - Identifiers in hexadecimal begin with `0x`, so that nobody mistakes one for a number with an
///   exponent.
/// - Numbers stay numbers: they are never replaced by names of hosts and services.
public struct CSVOutput: Sendable {
  private let snapshot: Snapshot
  private let columns: [Field]
  /// The readers of the number in each column; the one of a column without a number always returns
  /// `nil`.
  private let numbers: [RecordNumber]
  /// Whether a column is a plain number of the record for which ``append(_:_:row:to:)`` has no
  /// faster way.
  private let arePlainNumbers: [Bool]
  private let processNames: [[UInt8]]

  /// Prepares the output of sockets of the snapshot with these fields.
  public init(_ snapshot: Snapshot, columns: [Field] = CSVOutput.defaultColumns(for: [.tcp, .udp])) {
    self.snapshot = snapshot
    self.columns = columns
    let readers = columns.map { Self.number($0) }
    numbers = readers.map { $0 ?? RecordNumber { _ in nil } }
    arePlainNumbers = readers.map { $0 != nil }
    processNames = snapshot.processes.map { process in
      var name: [UInt8] = []
      name.appendCSVText(process.shownName, separator: Self.separator)
      return name
    }
  }

  /// The fields to write for the transports when none are requested: all that have no further cost.
  public static func defaultColumns(for transports: Set<Transport>) -> [Field] {
    var columns: [Field] = [.transport, .family, .state]
    if transports.contains(where: { $0.isInternet }) {
      columns += [.localAddress, .localPort, .peerAddress, .peerPort]
    }
    if !transports.isSubset(of: [.tcp, .mptcp, .udp, .udplite, .sctp, .smc]) { columns += [.socketType, .ipProtocol] }
    if transports.contains(.unix) { columns += [.path, .peerInode] }
    if !transports.isDisjoint(with: [.netlink, .packet, .icmp, .vsock, .xdp, .tipc]) { columns += [.local, .peer] }
    columns += [.interface, .receiveQueue, .sendQueue, .acceptQueue, .acceptLimit, .drops]
    columns += [.timer, .timerExpires, .retransmits, .probes, .uid, .inode, .cookie, .netns]
    return columns + [.pid, .descriptor, .process, .attribution]
  }

  /// The reader of a column whose cell is just that number.
  private static func number(_ field: Field) -> RecordNumber? {
    if field == .receiveQueue || field == .sendQueue { return nil }
    switch field.description.access {
    case .number(let read), .identifier(let read): return RecordNumber(read: read)
    default: return nil
    }
  }

  /// The header record with the names of the fields.
  public var header: [UInt8] {
    Array((columns.map { $0.description.name }.joined(separator: ",") + "\r\n").utf8)
  }

  /// The records of some rows.
  public func render(rows: ArraySlice<UInt32>) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(rows.count * min(columns.count * 10, 512))
    for row in rows {
      let record = snapshot.records[Int(row)]
      for index in columns.indices {
        if index > 0 { output.append(ASCII.comma) }
        if arePlainNumbers[index] {
          if let number = numbers.span[index].read(record) { output.appendDecimal(number) }
        } else {
          append(columns[index], record, row: Int(row), to: &output)
        }
      }
      output.appendCSVLineEnd()
    }
    return output
  }

  @inline(__always)
  private func append(_ field: Field, _ record: SocketRecord, row: Int, to output: inout [UInt8]) {
    switch field {
    case .transport: output.append(ascii: record.transport.name)
    case .family: output.append(ascii: record.family.name)
    case .state: output.append(ascii: record.state.name)
    case .localAddress:
      if record.transport.isInternet { output.appendAddress(record.localBits, isIPv4: record.family == .ipv4) }
    case .localPort where record.transport.hasPorts: output.appendDecimal(UInt64(record.localPort))
    case .peerAddress:
      if record.transport.isInternet, record.hasPeer {
        output.appendAddress(record.remoteBits, isIPv4: record.family == .ipv4)
      }
    case .peerPort where record.transport.hasPorts:
      append(UInt32(record.remotePort), if: record.hasPeer, to: &output)
    case .receiveQueue: append(record.receiveQueue, if: record.known.contains(.receiveQueue), to: &output)
    case .sendQueue: append(record.sendQueue, if: record.known.contains(.sendQueue), to: &output)
    case .pid: appendList(field, row, to: &output) { if let pid = $0.pid { $1.appendDecimal(Int(pid)) } }
    case .descriptor:
      appendList(field, row, to: &output) { if let descriptor = $0.descriptor { $1.appendDecimal(Int(descriptor)) } }
    case .process:
      output.appendCSVCell { output in
        appendList(field, row, to: &output) { appendName(of: $0, to: &$1) }
      }
    default: appendOther(field, row, to: &output)
    }
  }

  @inline(__always)
  private func append(_ number: UInt32, if isKnown: Bool, to output: inout [UInt8]) {
    if isKnown { output.appendDecimal(UInt64(number)) }
  }

  @inline(__always)
  private func appendList(_ field: Field, _ row: Int, to output: inout [UInt8], each: (Owner, inout [UInt8]) -> Void) {
    let range = snapshot.ownerRange(of: field, at: row)
    for index in range {
      if index != range.lowerBound {
        if snapshot.repeatsProcess(field, at: index) { continue }
        output.append(Self.separator)
      }
      each(snapshot.owners[index], &output)
    }
  }

  @inline(__always)
  private func appendName(of owner: Owner, to output: inout [UInt8]) {
    if let process = owner.processIndex {
      output.append(contentsOf: processNames[Int(process)])
    } else {
      output.appendCSVText(snapshot.name(of: owner), separator: Self.separator)
    }
  }

  private func appendOther(_ field: Field, _ row: Int, to output: inout [UInt8]) {
    if field == .owners || field == .peerOwners {
      output.appendCSVCell { output in
        appendList(field, row, to: &output) { owner, output in
          appendName(of: owner, to: &output)
          guard let pid = owner.pid else { return }
          output.append(UInt8(ascii: "["))
          output.appendDecimal(Int(pid))
          output.append(UInt8(ascii: "]"))
          if let descriptor = owner.descriptor { output.append(ascii: " fd \(descriptor)") }
        }
      }
    } else if field.isPerOwner {
      output.appendCSVCell { output in
        appendList(field, row, to: &output) { owner, output in
          Self.append(snapshot.value(of: field, owner: owner), separator: Self.separator, to: &output)
        }
      }
    } else if field == .path || field == .local, let name = snapshot.name(at: row), name.looksAbstract {
      output.appendCSVCell { name.appendCell(to: &$0) }
    } else {
      Self.appendCell(snapshot.value(of: field, at: row), to: &output)
    }
  }

  /// Appends a value as a complete cell.
  static func appendCell(_ value: FieldValue, to output: inout [UInt8]) {
    if case .number(let number) = value { return output.appendDecimal(number) }
    if case .bytes(let bytes) = value, bytes.isEmpty { return output.append(ascii: "\"\"") }
    output.appendCSVCell { append(value, separator: 0, to: &$0) }
  }

  /// Ends a value in a cell that has one per owner.
  private static var separator: UInt8 { UInt8(ascii: ";") }

  private static func append(_ value: FieldValue, separator: UInt8, to output: inout [UInt8]) {
    switch value {
    case .absent: break
    case .number(let number): output.appendDecimal(number)
    case .hexadecimal(let number):
      // Bare digits such as 3455e9 would be read as a floating point number.
      output.append(ascii: "0x")
      output.appendHexadecimal(number)
    case .address(let address): output.appendAddress(address.bits, isIPv4: address.isIPv4)
    case .endpoint(let endpoint): output.append(ascii: endpoint.description)
    case .word(let word): output.append(ascii: word)
    case .bytes(let bytes): output.appendCSVText(bytes, separator: separator)
    case .flag(let flag): output.append(ascii: flag ? "true" : "false")
    }
  }
}
