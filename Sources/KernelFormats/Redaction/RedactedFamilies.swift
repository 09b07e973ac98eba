import SocketModel

// The messages of the transports that are neither of the internet nor unix: their numbers stay,
// users and the numbers that stand for machines are replaced.
extension Redaction {
  /// A message of a fixed part without names, with attributes that hold figures; `nil` when it is of
  /// another family or too short.
  ///
  /// - Parameters:
  ///   - family: the first byte of the fixed part.
  ///   - size: the size of the fixed part.
  ///   - kept: the attributes that stay.
  ///   - user: the attribute that holds a user id.
  mutating func figures(
    _ payload: Span<UInt8>, _ family: AddressFamily, size: Int, keeping kept: Set<UInt16>, user: UInt16?
  ) -> [UInt8]? {
    guard payload.count >= size, payload[0] == family.rawValue else { return nil }
    var output = (0..<size).map { payload[$0] }
    var attributes = NetlinkAttributes(from: size)
    while let attribute = (try? attributes.next(in: payload)) ?? nil {
      let value = payload.extracting(attribute.value)
      if attribute.type == user, value.count >= 4 {
        append(attribute.type, self.user(value.hostUInt32(at: 0)), to: &output)
      } else if kept.contains(attribute.type) {
        append(attribute.type, value, to: &output)
      }
    }
    return output
  }

  /// `inet_diag_msg` of SCTP, whose attributes list further addresses. Its `INET_DIAG_INFO` holds one
  /// too and is left out.
  mutating func associationMessage(_ payload: Span<UInt8>) -> [UInt8]? {
    guard var kept = internetMessage(payload, Self.internetAttributes.subtracting([InetDiagMessage.infoAttribute]))
    else { return nil }
    var attributes = NetlinkAttributes(from: InetDiagMessage.size)
    while let attribute = (try? attributes.next(in: payload)) ?? nil {
      // INET_DIAG_LOCALS and INET_DIAG_PEERS.
      guard attribute.type == 12 || attribute.type == 13 else { continue }
      let list = addresses(payload.extracting(attribute.value))
      append(attribute.type, list.span, to: &kept)
    }
    return kept
  }

  /// A list of `struct sockaddr_storage`, each with its family, port and substitute.
  private mutating func addresses(_ list: Span<UInt8>) -> [UInt8] {
    let size = 128
    var output: [UInt8] = []
    var start = 0
    while list.count - start >= 28 {
      var entry: [UInt8] = Array(repeating: 0, count: min(size, list.count - start))
      for index in 0..<4 { entry[index] = list[start + index] }
      switch UInt8(exactly: list.hostUInt16(at: start)) {
      case AddressFamily.ipv4.rawValue:
        let address = address(IPAddress(ipv4: list.networkUInt32(at: start + 4)))
        for index in 0..<4 { entry[4 + index] = UInt8(truncatingIfNeeded: address.bits >> UInt128(24 - 8 * index)) }
      case AddressFamily.ipv6.rawValue:
        for index in 0..<16 { entry[8 + index] = list[start + 8 + index] }
        replaceAddress(isIPv4: false, in: &entry, at: 8)
      default: entry = Array(repeating: 0, count: entry.count)
      }
      output += entry
      start += size
    }
    return output
  }

  /// `smc_diag_msg`.
  mutating func smcMessage(_ payload: Span<UInt8>) -> [UInt8]? {
    guard payload.count >= SMCDiagMessage.size, payload[0] == SMCDiagMessage.family else { return nil }
    var kept = (0..<SMCDiagMessage.size).map { payload[$0] }
    let isIPv4 = SMCDiagMessage.isIPv4(payload)
    for start in [8, 24] { replaceAddress(isIPv4: isIPv4, in: &kept, at: start) }
    replace(user(payload.hostUInt32(at: 52)), in: &kept, at: 52)
    try? NetlinkAttributes.forEach(in: payload, from: SMCDiagMessage.size) { attribute, value in
      if attribute.type == SMCDiagMessage.shutdownAttribute { append(attribute.type, value, to: &kept) }
    }
    return kept
  }

  /// `vsock_diag_msg`, with substitutes for the numbers of virtual machines.
  mutating func vsockMessage(_ payload: Span<UInt8>) -> [UInt8]? {
    guard payload.count >= VsockDiagMessage.size, payload[0] == AddressFamily.vsock.rawValue else { return nil }
    var kept = (0..<VsockDiagMessage.size).map { payload[$0] }
    for start in [4, 12] { replace(machine(payload.hostUInt32(at: start)), in: &kept, at: start) }
    return kept
  }

  /// The nest of a socket of TIPC, with substitutes for the numbers of nodes. Names of services are
  /// left out.
  mutating func tipcMessage(_ payload: Span<UInt8>) -> [UInt8]? {
    var output: [UInt8] = []
    var attributes = NetlinkAttributes(from: 0)
    while let attribute = (try? attributes.next(in: payload)) ?? nil {
      guard attribute.type == TIPCDiagMessage.socketAttribute else { continue }
      let nest = tipcAttributes(payload.extracting(attribute.value), .socket)
      append(attribute.type, nest.span, to: &output)
    }
    return output
  }

  /// The nests of a socket of TIPC.
  private enum TIPCNest {
    case socket, connection, statistics
  }

  private mutating func tipcAttributes(_ bytes: Span<UInt8>, _ nest: TIPCNest) -> [UInt8] {
    var output: [UInt8] = []
    var attributes = NetlinkAttributes(from: 0)
    while let attribute = (try? attributes.next(in: bytes)) ?? nil {
      let value = bytes.extracting(attribute.value)
      let type = attribute.type
      switch (nest, type) {
      case (.socket, 3), (.socket, 5):  // TIPC_NLA_SOCK_CON, TIPC_NLA_SOCK_STAT
        let inner = tipcAttributes(value, type == 3 ? .connection : .statistics)
        append(type, inner.span, to: &output)
      case (.socket, 1) where value.count >= 4, (.connection, 2) where value.count >= 4:  // nodes
        append(type, node(value.hostUInt32(at: 0)), to: &output)
      case (.socket, 8) where value.count >= 4:  // TIPC_NLA_SOCK_UID
        append(type, user(value.hostUInt32(at: 0)), to: &output)
      // Port, type, inode, state and cookie; the port of the other end; queues and drops.
      case (.socket, 2), (.socket, 6), (.socket, 7), (.socket, 9), (.socket, 10), (.connection, 3), (.statistics, 1),
        (.statistics, 2), (.statistics, 5):
        append(type, value, to: &output)
      default: break
      }
    }
    return output
  }

  private func append(_ type: UInt16, _ number: UInt32, to bytes: inout [UInt8]) {
    var value: [UInt8] = []
    value.appendHost(number)
    append(type, value.span, to: &bytes)
  }
}
