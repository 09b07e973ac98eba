package import SocketModel
internal import Text

extension Redaction {
  /// Whether recorded dumps of a transport can be redacted: it is known which bytes of their
  /// messages name something.
  package static func coversDump(of transport: Transport) -> Bool {
    switch transport.description.format {
    case .internet, .sctp, .smc, .unix, .packet, .netlink, .vsock, .xdp, .tipc: true
    case .unlisted: false
    }
  }

  /// The recorded messages of a dump with substitutes for its addresses, users and unix names, those
  /// that its table has too.
  ///
  /// Only the fixed part of a message and attributes that hold figures are kept. A message that is
  /// too short for its fixed part, or is no answer of sock_diag, is left out.
  ///
  /// - Parameters:
  ///   - dump: the dump, of a transport for which ``coversDump(of:)`` is true.
  ///   - bytes: whole messages.
  ///   - omitted: gets the number of messages that were left out.
  package mutating func messages(
    of dump: SockDiagDump, _ bytes: Span<UInt8>, omitted: inout Int
  ) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    var messages = NetlinkMessages()
    while let message = (try? messages.next(in: bytes)) ?? nil {
      let payload = bytes.extracting(message.payload)
      var kept: [UInt8]?
      switch message.type {
      case NetlinkMessage.done, NetlinkMessage.error: kept = payload.count >= 4 ? (0..<4).map { payload[$0] } : []
      case SockDiagRequest.messageType, SockDiagRequest.bothFamiliesMessageType:
        kept = self.message(payload, of: dump.transport)
      default: kept = nil
      }
      if let kept {
        RecordedDump.append(message.type, flags: message.flags, kept.span, to: &output)
      } else {
        omitted += 1
      }
    }
    return output
  }

  private mutating func message(_ payload: Span<UInt8>, of transport: Transport) -> [UInt8]? {
    switch transport.description.format {
    case .unix: unixMessage(payload)
    case .internet: internetMessage(payload, Self.internetAttributes)
    case .sctp: associationMessage(payload)
    case .smc: smcMessage(payload)
    case .packet: figures(payload, .packet, size: PacketDiagMessage.size, keeping: [0, 6], user: 5)
    case .netlink: figures(payload, .netlink, size: NetlinkDiagMessage.size, keeping: [0, 1], user: nil)
    case .xdp: figures(payload, .xdp, size: XDPDiagMessage.size, keeping: [1, 8, 9], user: 2)
    case .vsock: vsockMessage(payload)
    case .tipc: tipcMessage(payload)
    case .unlisted: nil
    }
  }

  /// The attributes of `inet_diag_msg` that hold figures and options only: memory, `tcp_info`,
  /// Vegas, congestion control, TOS, traffic class, memory again, shutdown, IPv6 only, mark, BBR,
  /// class, control group and socket options (`include/uapi/linux/inet_diag.h`).
  static let internetAttributes: Set<UInt16> = [1, 2, 3, 4, 5, 6, 7, 8, 11, 15, 16, 17, 21, 22]

  mutating func internetMessage(_ payload: Span<UInt8>, _ attributes: Set<UInt16>) -> [UInt8]? {
    guard payload.count >= InetDiagMessage.size else { return nil }
    var kept = (0..<InetDiagMessage.size).map { payload[$0] }
    let isIPv4 = payload[0] == AddressFamily.ipv4.rawValue
    for start in [8, 24] { replaceAddress(isIPv4: isIPv4, in: &kept, at: start) }
    replace(user(payload.hostUInt32(at: 64)), in: &kept, at: 64)
    try? NetlinkAttributes.forEach(in: payload, from: InetDiagMessage.size) { attribute, value in
      if attributes.contains(attribute.type) { append(attribute.type, value, to: &kept) }
    }
    return kept
  }

  private mutating func unixMessage(_ payload: Span<UInt8>) -> [UInt8]? {
    guard payload.count >= UnixDiagMessage.size else { return nil }
    var kept = (0..<UnixDiagMessage.size).map { payload[$0] }
    var attributes = NetlinkAttributes(from: UnixDiagMessage.size)
    while let attribute = (try? attributes.next(in: payload)) ?? nil {
      let value = payload.extracting(attribute.value)
      switch attribute.type {
      case 0 where !value.isEmpty:  // UNIX_DIAG_NAME
        let isAbstract = value[0] == 0
        var shown = value.indices.map { value[$0] }
        if isAbstract {
          // As the table shows it, so that both have one substitute.
          shown = shown.map { $0 == 0 ? UInt8(ascii: "@") : $0 }
        } else {
          shown = Array(shown.prefix { $0 != 0 })
        }
        var name = unixName(shown)
        if isAbstract { name[0] = 0 } else { name.append(0) }
        append(0, name.span, to: &kept)
      // The peer, who waits for it, lengths of queues, memory and shutdown.
      case 2...6: append(attribute.type, value, to: &kept)
      case 7 where value.count >= 4:  // UNIX_DIAG_UID
        var bytes: [UInt8] = [0, 0, 0, 0]
        replace(user(value.hostUInt32(at: 0)), in: &bytes, at: 0)
        append(7, bytes.span, to: &kept)
      default: break
      }
    }
    return kept
  }

  /// Replaces an address of 16 bytes, of which one of IPv4 takes the first four.
  mutating func replaceAddress(isIPv4: Bool, in bytes: inout [UInt8], at start: Int) {
    var bits: UInt128 = 0
    for index in 0..<(isIPv4 ? 4 : 16) { bits = bits << 8 | UInt128(bytes[start + index]) }
    let substitute = address(IPAddress(bits: bits, isIPv4: isIPv4)).bits
    for index in 0..<16 {
      let shift = isIPv4 ? 24 - 8 * index : 120 - 8 * index
      bytes[start + index] = shift < 0 ? 0 : UInt8(truncatingIfNeeded: substitute >> UInt128(shift))
    }
  }

  func replace(_ number: UInt32, in bytes: inout [UInt8], at offset: Int) {
    var digits: [UInt8] = []
    digits.appendHost(number)
    for (index, byte) in digits.enumerated() { bytes[offset + index] = byte }
  }

  func append(_ type: UInt16, _ value: Span<UInt8>, to bytes: inout [UInt8]) {
    bytes.appendHost(UInt16(truncatingIfNeeded: value.count + 4))
    bytes.appendHost(type)
    bytes.append(value)
    while bytes.count & 3 != 0 { bytes.append(0) }
  }
}
