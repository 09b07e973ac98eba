import SocketModel

/// `struct inet_diag_msg` as SCTP fills it in (`net/sctp/diag.c`), for an endpoint or for one of
/// its associations.
///
/// An association has the attribute `INET_DIAG_PEERS`, states of its own and the inode and cookie
/// of its endpoint. The attributes list the addresses of all paths as `struct sockaddr_storage`;
/// the message has the first local address and that of the primary path.
enum SCTPDiagMessage {
  /// The corresponding C constant is `INET_DIAG_LOCALS`.
  private static let localsAttribute: UInt16 = 12
  /// The corresponding C constant is `INET_DIAG_PEERS`.
  private static let peersAttribute: UInt16 = 13
  /// The corresponding C constant is `SCTP_EVENT_TIMEOUT_T3_RTX` (`include/net/sctp/constants.h`).
  private static let retransmissionTimer: UInt8 = 4

  /// Decodes one message of a dump and adds the endpoint or association to the table, unless its
  /// state was not asked for.
  ///
  /// - Throws: ``DecodeError`` when the message is too short, its family or state does not exist,
  ///   or its attributes do not parse.
  static func decode(
    _ message: Span<UInt8>, _ context: SockDiagAnswer.Context, into table: inout SockDiagTable
  ) throws(DecodeError) {
    guard message.count >= InetDiagMessage.size else {
      throw DecodeError(
        "inet_diag_msg", "\(message.count) bytes are less than its \(InetDiagMessage.size)", in: message)
    }
    let isIPv4 = message[0] == AddressFamily.ipv4.rawValue
    guard isIPv4 || message[0] == AddressFamily.ipv6.rawValue else {
      throw DecodeError("inet_diag_msg", "family \(message[0]) is neither IPv4 nor IPv6", in: message)
    }
    var (locals, peers): (Range<Int>?, Range<Int>?)
    try NetlinkAttributes.forEach(in: message, from: InetDiagMessage.size) { attribute, _ in
      if attribute.type == localsAttribute { locals = attribute.value }
      if attribute.type == peersAttribute { peers = attribute.value }
    }
    let isAssociation = peers != nil
    guard let state = SocketState(sctp: message[1], ofAssociation: isAssociation) else {
      throw DecodeError("inet_diag_msg", "SCTP has no state \(message[1])", in: message, at: 1)
    }
    guard context.states.contains(state) else { return }
    var record = SocketRecord(transport: .sctp, family: isIPv4 ? .ipv4 : .ipv6, state: state)
    record.localPort = message.networkUInt16(at: 4)
    record.localBits =
      address(in: message, at: locals, isIPv4: isIPv4) ?? address(in: message, at: 8, isIPv4: isIPv4)
    if isAssociation {
      record.remotePort = message.networkUInt16(at: 6)
      record.remoteBits = address(in: message, at: 24, isIPv4: isIPv4)
      // The IPv4 address of a path of an IPv6 socket is not where the kernel copies it from.
      if record.remoteBits == 0 { record.remoteBits = address(in: message, at: peers, isIPv4: isIPv4) ?? 0 }
    }
    record.interface = message.hostUInt32(at: 40)
    record.cookie = message.hostUInt64(at: 44)
    record.uid = message.hostUInt32(at: 64)
    record.inode = UInt64(message.hostUInt32(at: 68))
    record.known = [.inode, .cookie, .interface]
    if record.inode != 0 || record.uid != 0 { record.known.insert(.uid) }
    // Of an endpoint these are the accept queue and its limit.
    record.receiveQueue = message.hostUInt32(at: 56)
    record.sendQueue = message.hostUInt32(at: 60)
    if isAssociation || state == .listen {
      if record.receiveQueue <= UInt32(Int32.max) { record.known.insert(.receiveQueue) }
      if record.sendQueue <= UInt32(Int32.max) { record.known.insert(.sendQueue) }
    }
    if isAssociation { decodeTimer(message, &record) }
    context.placeInNamespace(&record)
    try InetDiagMessage.decodeAttributes(message, &record)
    if context.wantsDetail { try InetDiagMessage.decodeDetails(message, context, &record, &table) }
    table.append(record)
  }

  private static func decodeTimer(_ message: Span<UInt8>, _ record: inout SocketRecord) {
    switch message[2] {
    case 0: record.known.insert(.timer)
    case retransmissionTimer:
      record.timer = .retransmit
      let expires = message.hostUInt32(at: 52)
      record.timerMilliseconds = expires > UInt32(Int32.max) ? 0 : expires
      record.known.insert(.timer)
    default: break
    }
  }

  /// The address at an offset of the message.
  private static func address(in message: Span<UInt8>, at offset: Int, isIPv4: Bool) -> UInt128 {
    isIPv4 ? UInt128(message.networkUInt32(at: offset)) : message.networkUInt128(at: offset)
  }

  /// The first address of an attribute that lists some, in the form that a socket of the family has
  /// for it: for IPv6 an IPv4 address is mapped. `nil` when there is none.
  private static func address(in message: Span<UInt8>, at list: Range<Int>?, isIPv4: Bool) -> UInt128? {
    guard let list, list.count >= 28 else { return nil }
    let entry = message.extracting(list)
    // `struct sockaddr_in`: address 4. `struct sockaddr_in6`: address 8.
    switch (UInt8(truncatingIfNeeded: entry.hostUInt16(at: 0)), isIPv4) {
    case (AddressFamily.ipv4.rawValue, true): return UInt128(entry.networkUInt32(at: 4))
    case (AddressFamily.ipv4.rawValue, false): return 0xFFFF << 32 | UInt128(entry.networkUInt32(at: 4))
    case (AddressFamily.ipv6.rawValue, false): return entry.networkUInt128(at: 8)
    default: return nil
    }
  }
}

extension SocketState {
  /// The state with SCTP's number: of an association `SCTP_STATE_` (`include/net/sctp/constants.h`),
  /// of an endpoint `SCTP_SS_`, which are `TCP_` numbers. `nil` for any other number.
  init?(sctp number: UInt8, ofAssociation isAssociation: Bool) {
    switch (number, isAssociation) {
    case (0, true), (7, false): self = .close
    case (1, true): self = .cookieWait
    case (2, true): self = .cookieEchoed
    case (3, true), (1, false): self = .established
    case (4, true): self = .shutdownPending
    case (5, true): self = .shutdownSent
    case (6, true): self = .shutdownReceived
    case (7, true): self = .shutdownAckSent
    case (2, false): self = .synSent  // SCTP_SS_ESTABLISHING
    case (8, false): self = .closeWait  // SCTP_SS_CLOSING
    case (10, false): self = .listen
    default: return nil
    }
  }
}
