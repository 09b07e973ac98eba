package import SocketModel

extension Redaction {
  /// Whether recorded dumps of a transport can be redacted: it is known which bytes of their
  /// messages name something.
  package static func coversDump(of transport: Transport) -> Bool {
    switch transport.description.format {
    case .internet, .unix: true
    default: false
    }
  }

  /// The recorded messages of a dump with substitutes for its addresses, users and unix names, those
  /// that its table has too.
  ///
  /// Only the fixed part of a message and attributes that hold figures are kept. A message that is
  /// too short for its fixed part is left out.
  ///
  /// - Parameters:
  ///   - dump: the dump, of a transport for which ``coversDump(of:)`` is true.
  ///   - bytes: whole messages.
  package mutating func messages(of dump: SockDiagDump, _ bytes: Span<UInt8>) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    var messages = NetlinkMessages()
    while let message = (try? messages.next(in: bytes)) ?? nil {
      let payload = bytes.extracting(message.payload)
      var kept: [UInt8]?
      switch message.type {
      case NetlinkMessage.done, NetlinkMessage.error: kept = payload.count >= 4 ? (0..<4).map { payload[$0] } : []
      case SockDiagRequest.messageType, SockDiagRequest.bothFamiliesMessageType:
        kept = dump.transport == .unix ? unixMessage(payload) : internetMessage(payload)
      default: kept = nil
      }
      if let kept { RecordedDump.append(message.type, flags: message.flags, kept.span, to: &output) }
    }
    return output
  }

  /// The attributes of `inet_diag_msg` that hold figures and options only: memory, `tcp_info`,
  /// Vegas, congestion control, TOS, traffic class, memory again, shutdown, IPv6 only, mark, BBR,
  /// class, control group and socket options (`include/uapi/linux/inet_diag.h`).
  private static let internetAttributes: Set<UInt16> = [1, 2, 3, 4, 5, 6, 7, 8, 11, 15, 16, 17, 21, 22]

  private mutating func internetMessage(_ payload: Span<UInt8>) -> [UInt8]? {
    guard payload.count >= InetDiagMessage.size else { return nil }
    var kept = (0..<InetDiagMessage.size).map { payload[$0] }
    let isIPv4 = payload[0] == AddressFamily.ipv4.rawValue
    for start in [8, 24] {
      let bits = isIPv4 ? UInt128(payload.networkUInt32(at: start)) : payload.networkUInt128(at: start)
      let substitute = address(IPAddress(bits: bits, isIPv4: isIPv4)).bits
      for index in 0..<16 {
        let shift = isIPv4 ? 24 - 8 * index : 120 - 8 * index
        kept[start + index] = shift < 0 ? 0 : UInt8(truncatingIfNeeded: substitute >> UInt128(shift))
      }
    }
    replace(user(payload.hostUInt32(at: 64)), in: &kept, at: 64)
    try? NetlinkAttributes.forEach(in: payload, from: InetDiagMessage.size) { attribute, value in
      if Self.internetAttributes.contains(attribute.type) { append(attribute.type, value, to: &kept) }
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

  private func replace(_ number: UInt32, in bytes: inout [UInt8], at offset: Int) {
    var digits: [UInt8] = []
    digits.appendHost(number)
    for (index, byte) in digits.enumerated() { bytes[offset + index] = byte }
  }

  private func append(_ type: UInt16, _ value: Span<UInt8>, to bytes: inout [UInt8]) {
    bytes.appendHost(UInt16(truncatingIfNeeded: value.count + 4))
    bytes.appendHost(type)
    for index in value.indices { bytes.append(value[index]) }
    while bytes.count & 3 != 0 { bytes.append(0) }
  }
}
