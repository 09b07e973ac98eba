import SocketModel

/// A row of `/proc/net/sctp/eps` or `/proc/net/sctp/assocs` (`net/sctp/proc.c`,
/// `sctp_eps_seq_show` and `sctp_assocs_seq_show`).
///
/// - Endpoints: `ENDPT SOCK STY SST HBKT LPORT UID INODE LADDRS`.
/// - Associations: `ASSOC SOCK STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT
///   LADDRS <-> RADDRS`, in newer kernels followed by figures.
///
/// Addresses are text, IPv6 in full: `2001:0db8:...`. A `*` marks those of the primary path. The
/// family of the socket is not there: it is IPv6 when one of its addresses is, and of an endpoint
/// that is bound to none it is taken for IPv4.
struct SCTPRow: ProcNetRow {
  private let isAssociation: Bool

  /// Prepares to decode the rows of one of the two tables.
  init(_ table: ProcNetTable) { isAssociation = table == .sctpAssociations }

  func decode(_ cursor: inout LineCursor, _ bytes: Span<UInt8>) throws(RowError) -> SocketRecord {
    try skipPointer(&cursor, bytes)
    try skipPointer(&cursor, bytes)
    let style = try decimalColumn(&cursor, bytes, "STY")
    let endpointState = try decimalColumn(&cursor, bytes, "SST")
    let associationState = isAssociation ? try decimalColumn(&cursor, bytes, "ST") : 0
    _ = try decimalColumn(&cursor, bytes, "HBKT")
    let number = isAssociation ? associationState : endpointState
    guard let code = UInt8(exactly: number), let state = SocketState(sctp: code, ofAssociation: isAssociation) else {
      throw RowError("ST", .state(upTo: isAssociation ? 7 : 10))
    }
    var record = SocketRecord(transport: .sctp, family: .ipv4, state: state)
    if isAssociation {
      _ = try decimalColumn(&cursor, bytes, "ASSOC-ID")
      let send = try decimalColumn(&cursor, bytes, "TX_QUEUE")
      let receive = try decimalColumn(&cursor, bytes, "RX_QUEUE")
      setQueues(&record, send: send, receive: receive)
    } else {
      record.localPort = try port(&cursor, bytes, "LPORT")
    }
    let uid = try decimalColumn(&cursor, bytes, "UID")
    record.inode = try inodeColumn(&cursor, bytes, "INODE")
    record.known.insert(.inode)
    record.uid = UInt32(truncatingIfNeeded: uid)
    if record.inode != 0 || uid != 0 { record.known.insert(.uid) }
    if isAssociation {
      record.localPort = try port(&cursor, bytes, "LPORT")
      record.remotePort = try port(&cursor, bytes, "RPORT")
    }
    // `SCTP_SOCKET_UDP`, `SCTP_SOCKET_UDP_HIGH_BANDWIDTH`, `SCTP_SOCKET_TCP`
    // (`include/net/sctp/structs.h`).
    if 0...2 ~= style {
      record.socketType = style == 2 ? .stream : .sequencedPacket
      record.known.insert(.socketType)
    }
    let local = addresses(&cursor, bytes)
    var remote: IPAddress?
    if isAssociation {
      guard takeArrow(&cursor, bytes) else { throw RowError("LADDRS", .address) }
      remote = addresses(&cursor, bytes)
      guard local != nil, remote != nil else { throw RowError("RADDRS", .address) }
    } else if cursor.isCut {
      // Which addresses are missing is not known.
      throw RowError("LADDRS", .address)
    }
    let isIPv6 = local?.isIPv4 == false || remote?.isIPv4 == false
    if isIPv6 { record.family = .ipv6 }
    record.localBits = bits(local, isIPv6)
    record.remoteBits = bits(remote, isIPv6)
    return record
  }

  private func setQueues(_ record: inout SocketRecord, send: Int64, receive: Int64) {
    if let bytes = UInt32(exactly: send) {
      record.sendQueue = bytes
      record.known.insert(.sendQueue)
    }
    if let bytes = UInt32(exactly: receive) {
      record.receiveQueue = bytes
      record.known.insert(.receiveQueue)
    }
  }

  private func port(
    _ cursor: inout LineCursor, _ bytes: Span<UInt8>, _ name: StaticString
  ) throws(RowError) -> UInt16 {
    guard let port = UInt16(exactly: try decimalColumn(&cursor, bytes, name)) else {
      throw RowError(name, .numberOfBits(16))
    }
    return port
  }

  /// The address of a socket of a family: in IPv6 one of IPv4 is mapped.
  private func bits(_ address: IPAddress?, _ isIPv6: Bool) -> UInt128 {
    guard let address else { return 0 }
    return isIPv6 && address.isIPv4 ? 0xFFFF << 32 | address.bits : address.bits
  }

  /// Reads addresses as long as there are any; returns the one of the primary path or else the
  /// first.
  private func addresses(_ cursor: inout LineCursor, _ bytes: Span<UInt8>) -> IPAddress? {
    var (first, primary): (IPAddress?, IPAddress?)
    while true {
      cursor.skipBlanks(bytes)
      let start = cursor.position
      let isPrimary = cursor.take(UInt8(ascii: "*"), bytes)
      guard let address = Self.address(&cursor, bytes) else {
        cursor.position = start
        return primary ?? first
      }
      if isPrimary, primary == nil { primary = address }
      if first == nil { first = address }
    }
  }

  private func takeArrow(_ cursor: inout LineCursor, _ bytes: Span<UInt8>) -> Bool {
    for byte in [UInt8(ascii: "<"), UInt8(ascii: "-"), UInt8(ascii: ">")] where !cursor.take(byte, bytes) {
      return false
    }
    return true
  }

  /// Reads one address; `nil` when the next token is none.
  static func address(_ cursor: inout LineCursor, _ bytes: Span<UInt8>) -> IPAddress? {
    let start = cursor.position
    guard cursor.skipToken(bytes), cursor.isAtTokenEnd(bytes), cursor.position - start <= 45 else { return nil }
    var text: [UInt8] = []
    for index in start..<cursor.position { text.append(bytes[index]) }
    return IPAddress(String(decoding: text, as: UTF8.self))
  }
}
