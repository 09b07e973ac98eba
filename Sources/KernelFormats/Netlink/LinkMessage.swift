package import SocketModel

/// An interface that makes the kernel keep a socket, by one `RTM_NEWLINK` message of rtnetlink:
/// `struct ifinfomsg` and attributes (`include/uapi/linux/if_link.h`).
package struct LinkMessage: Sendable, Hashable {
  /// The interface's index.
  package let interface: UInt32
  /// The interface's name: any bytes but NUL.
  package let name: [UInt8]
  /// What kind of interface it is.
  package let service: KernelSocketUser.Service
  /// Whether it is up: only then does it have a socket.
  package let isUp: Bool
  /// The UDP port of its socket in host order; `nil` where it is not known. The message of a
  /// WireGuard interface does not have it: see ``WireGuardDevice``.
  package var port: UInt16?
  /// The address that its socket may be bound to, besides the unspecified one; `nil` for none.
  package let local: IPAddress?

  /// The message type of the answers; the corresponding C constant is `RTM_NEWLINK`.
  package static let answerType: UInt16 = 16

  /// Returns the request for all interfaces, without their statistics.
  package static func request(sequence: UInt32) -> [UInt8] {
    var request = NetlinkRequest(dump: 18, sequence: sequence)  // RTM_GETLINK
    request.append(Array(repeating: 0, count: 16))
    var mask: [UInt8] = []
    mask.appendHost(UInt32(1 << 3))  // RTEXT_FILTER_SKIP_STATS
    request.appendAttribute(29, mask)  // IFLA_EXT_MASK
    return request.bytes
  }

  /// Decodes the payload of one message; `nil` for an interface of a kind that has no socket.
  ///
  /// - Throws: ``DecodeError`` when the message is too short or its attributes do not parse.
  package init?(parsing message: Span<UInt8>) throws(DecodeError) {
    guard message.count >= 16 else {
      throw DecodeError("ifinfomsg", "it has only \(message.count) bytes", in: message)
    }
    var name: [UInt8] = []
    var information: Range<Int>?
    try NetlinkAttributes.forEach(in: message, from: 16) { attribute, value in
      switch attribute.type {
      case 3: name = Self.text(value)  // IFLA_IFNAME
      case 18: information = attribute.value  // IFLA_LINKINFO
      default: break
      }
    }
    guard let information else { return nil }
    var service: KernelSocketUser.Service?
    var data: Range<Int>?
    let part = message.extracting(information)
    try NetlinkAttributes.forEach(in: part, from: 0) { attribute, value in
      switch attribute.type {
      case 1:  // IFLA_INFO_KIND
        let kind = Self.text(value)
        service = KernelSocketUser.Service.allCases.first { $0.isInterface && Array($0.name.utf8) == kind }
      case 2: data = attribute.value  // IFLA_INFO_DATA
      default: break
      }
    }
    guard let service else { return nil }
    self.service = service
    self.name = name
    interface = message.hostUInt32(at: 4)
    isUp = message.hostUInt32(at: 8) & 1 != 0  // IFF_UP
    var port: UInt16?
    var local: IPAddress?
    if let data {
      try NetlinkAttributes.forEach(in: part.extracting(data), from: 0) { attribute, value in
        if attribute.type == service.portAttribute, value.count >= 2 { port = value.networkUInt16(at: 0) }
        guard service == .vxlan else { return }
        switch attribute.type {
        case 4 where value.count >= 4:  // IFLA_VXLAN_LOCAL
          local = IPAddress(bits: UInt128(value.networkUInt32(at: 0)), isIPv4: true)
        case 17 where value.count >= 16:  // IFLA_VXLAN_LOCAL6
          local = IPAddress(bits: value.networkUInt128(at: 0), isIPv4: false)
        default: break
        }
      }
    }
    self.port = port
    self.local = local
  }

  private static func text(_ value: Span<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    for index in value.indices where value[index] != 0 { bytes.append(value[index]) }
    return bytes
  }
}

extension KernelSocketUser.Service {
  /// Whether it is a kind of interface.
  fileprivate var isInterface: Bool { self != .nfsd }

  /// The attribute of `IFLA_INFO_DATA` that holds the port.
  fileprivate var portAttribute: UInt16? {
    switch self {
    case .vxlan: 15  // IFLA_VXLAN_PORT
    case .geneve: 5  // IFLA_GENEVE_PORT
    case .bareudp: 1  // IFLA_BAREUDP_PORT
    case .wireguard, .nfsd: nil
    }
  }
}
