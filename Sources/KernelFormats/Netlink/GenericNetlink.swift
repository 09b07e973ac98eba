/// A family of generic netlink, by the answer to `CTRL_CMD_GETFAMILY`: `struct genlmsghdr` and
/// attributes (`include/uapi/linux/genetlink.h`).
package struct GenericNetlinkFamily: Sendable, Hashable {
  /// The message type of the family's requests and answers.
  package let type: UInt16

  /// The message type of requests for families and of their answers; the corresponding C constant
  /// is `GENL_ID_CTRL`.
  package static let controlType: UInt16 = 16
  /// The size of `struct genlmsghdr` in bytes.
  static let headerSize = 4

  /// Returns the request for the family with a name.
  package static func request(name: String, sequence: UInt32) -> [UInt8] {
    var request = NetlinkRequest(single: controlType, sequence: sequence)
    request.append([3, 1, 0, 0])  // CTRL_CMD_GETFAMILY, version 1
    request.appendAttribute(2, Array(name.utf8) + [0])  // CTRL_ATTR_FAMILY_NAME
    return request.bytes
  }

  /// Decodes the payload of the answer; `nil` when it names no type.
  ///
  /// - Throws: ``DecodeError`` when the message is too short or its attributes do not parse.
  package init?(parsing message: Span<UInt8>) throws(DecodeError) {
    guard message.count >= Self.headerSize else {
      throw DecodeError("genlmsghdr", "it has only \(message.count) bytes", in: message)
    }
    var type: UInt16?
    try NetlinkAttributes.forEach(in: message, from: Self.headerSize) { attribute, value in
      if attribute.type == 1, value.count >= 2 { type = value.hostUInt16(at: 0) }  // CTRL_ATTR_FAMILY_ID
    }
    guard let type else { return nil }
    self.type = type
  }
}

/// The port of a WireGuard interface, by the first message of the answer to `WG_CMD_GET_DEVICE`
/// (`include/uapi/linux/wireguard.h`). It needs CAP_NET_ADMIN.
///
/// The answer has the interface's private key too, which is not decoded.
package struct WireGuardDevice: Sendable, Hashable {
  /// The UDP port of its sockets, of IPv4 and IPv6, in host order.
  package let port: UInt16

  /// The name of its family of generic netlink.
  package static let family = "wireguard"

  /// Returns the request for one interface.
  package static func request(_ family: GenericNetlinkFamily, interface: UInt32, sequence: UInt32) -> [UInt8] {
    var request = NetlinkRequest(dump: family.type, sequence: sequence)
    request.append([0, 1, 0, 0])  // WG_CMD_GET_DEVICE, version 1
    var index: [UInt8] = []
    index.appendHost(interface)
    request.appendAttribute(1, index)  // WGDEVICE_A_IFINDEX
    return request.bytes
  }

  /// Decodes the payload of one message; `nil` when it has no port: one that only continues the
  /// list of peers, or an interface that never was up.
  ///
  /// - Throws: ``DecodeError`` when the message is too short or its attributes do not parse.
  package init?(parsing message: Span<UInt8>) throws(DecodeError) {
    guard message.count >= GenericNetlinkFamily.headerSize else {
      throw DecodeError("genlmsghdr", "it has only \(message.count) bytes", in: message)
    }
    var port: UInt16 = 0
    try NetlinkAttributes.forEach(in: message, from: GenericNetlinkFamily.headerSize) { attribute, value in
      if attribute.type == 6, value.count >= 2 { port = value.hostUInt16(at: 0) }  // WGDEVICE_A_LISTEN_PORT
    }
    guard port != 0 else { return nil }
    self.port = port
  }
}
