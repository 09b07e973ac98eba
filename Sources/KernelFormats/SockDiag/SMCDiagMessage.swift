import SocketModel

/// `struct smc_diag_msg` and its attributes (`include/uapi/linux/smc_diag.h`, filled in by
/// `net/smc/smc_diag.c`).
///
/// Offsets: family (`AF_SMC`) 0, state 1, mode 2, shutdown 3; then `struct inet_diag_sockid`: ports
/// 4 and 6 and addresses 8 and 24 in network order, interface 40, cookie 44; then uid 52, inode
/// 56-63. Ends and interface are those of the TCP socket that SMC uses. One dump lists the sockets
/// of IPv4 and IPv6, and no member says which it is.
enum SMCDiagMessage {
  static let size = 64

  /// The corresponding C constant is `AF_SMC`.
  static let family: UInt8 = 43
  /// The corresponding C constant is `SMC_DIAG_SHUTDOWN`.
  static let shutdownAttribute: UInt16 = 3

  /// Decodes one message of a dump and adds the socket to the table, unless its state was not asked
  /// for.
  ///
  /// - Throws: ``DecodeError`` when the message is too short, its family or state does not exist,
  ///   or its attributes do not parse.
  static func decode(
    _ message: Span<UInt8>, _ context: SockDiagAnswer.Context, into table: inout SockDiagTable
  ) throws(DecodeError) {
    guard message.count >= size else {
      throw DecodeError("smc_diag_msg", "\(message.count) bytes are less than its \(size)", in: message)
    }
    guard message[0] == family else {
      throw DecodeError("smc_diag_msg", "family \(message[0]) is not AF_SMC", in: message)
    }
    guard let state = state(message[1]) else {
      throw DecodeError("smc_diag_msg", "there is no state \(message[1])", in: message, at: 1)
    }
    guard context.states.contains(state) else { return }
    let isIPv4 = isIPv4(message)
    var record = SocketRecord(transport: .smc, family: isIPv4 ? .ipv4 : .ipv6, state: state)
    record.localPort = message.networkUInt16(at: 4)
    record.remotePort = message.networkUInt16(at: 6)
    record.localBits = isIPv4 ? UInt128(message.networkUInt32(at: 8)) : message.networkUInt128(at: 8)
    record.remoteBits = isIPv4 ? UInt128(message.networkUInt32(at: 24)) : message.networkUInt128(at: 24)
    record.interface = message.hostUInt32(at: 40)
    record.cookie = message.hostUInt64(at: 44)
    record.uid = message.hostUInt32(at: 52)
    record.inode = message.hostUInt64(at: 56)
    record.socketType = context.socketType
    record.known = [.inode, .cookie, .interface, .socketType]
    // Without a file the kernel reports 0, which does not mean root.
    if record.inode != 0 || record.uid != 0 { record.known.insert(.uid) }
    record.flags.insert(.fallbackIsKnown)
    if message[2] == 1 { record.flags.insert(.isFallback) }  // SMC_DIAG_MODE_FALLBACK_TCP
    context.placeInNamespace(&record)
    try NetlinkAttributes.forEach(in: message, from: size) { attribute, value in
      if attribute.type == shutdownAttribute, !value.isEmpty { record.setShutdown(value[0]) }
    }
    table.append(record)
  }

  /// Whether the addresses are of IPv4: they take the first of the four words, and no IPv6 address
  /// in use leaves the others zero but `::`, which is then taken for 0.0.0.0.
  static func isIPv4(_ message: Span<UInt8>) -> Bool {
    [12, 20, 28, 36].allSatisfy { message.hostUInt64(at: $0) & words(at: $0) == 0 }
  }

  /// The bits of the eight bytes at an offset that belong to the last three words of an address.
  private static func words(at offset: Int) -> UInt64 {
    if offset == 12 || offset == 28 { return .max }
    var word: [UInt8] = []
    word.appendHost(UInt32.max)
    word.appendHost(UInt32(0))
    return word.span.hostUInt64(at: 0)
  }

  /// The state with the number of `enum smc_state` (`net/smc/smc.h`). Those in which it closes are
  /// called as the states of TCP with the same meaning.
  private static func state(_ number: UInt8) -> SocketState? {
    switch number {
    case 1: .established  // SMC_ACTIVE
    case 2, 7: .close  // SMC_INIT, SMC_CLOSED
    case 10: .listen  // SMC_LISTEN
    case 20: .finWait1  // SMC_PEERCLOSEWAIT1: this end has closed
    case 21: .finWait2  // SMC_PEERCLOSEWAIT2
    case 22, 23: .closeWait  // SMC_APPCLOSEWAIT1 and 2: the peer has closed
    case 24: .lastAck  // SMC_APPFINCLOSEWAIT
    case 25: .closing  // SMC_PEERFINCLOSEWAIT
    case 26, 27: .closing  // SMC_PEERABORTWAIT, SMC_PROCESSABORT
    default: nil
    }
  }
}
