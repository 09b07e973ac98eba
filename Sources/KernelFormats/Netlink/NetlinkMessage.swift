/// One message of a netlink datagram: the content of `struct nlmsghdr` and the position of the
/// payload (`include/uapi/linux/netlink.h`).
package struct NetlinkMessage: Sendable, Hashable {
  /// What the message is: one of the control types below, or a type of the protocol.
  package let type: UInt16
  /// The corresponding C constants are `NLM_F_`.
  package let flags: UInt16
  /// The sequence number of the request that it answers.
  package let sequence: UInt32
  /// The port id of the socket that asked (`nlmsg_pid`).
  package let port: UInt32
  /// The bytes of the datagram that are the payload.
  package let payload: Range<Int>

  /// The corresponding C constant is `NLMSG_NOOP`.
  package static let noOperation: UInt16 = 1
  /// The corresponding C constant is `NLMSG_ERROR`.
  package static let error: UInt16 = 2
  /// The corresponding C constant is `NLMSG_DONE`.
  package static let done: UInt16 = 3
  /// The corresponding C constant is `NLMSG_OVERRUN`.
  package static let overrun: UInt16 = 4
  /// The corresponding C constant is `NLM_F_REQUEST`.
  package static let requestFlag: UInt16 = 1
  /// The corresponding C constant is `NLM_F_DUMP_INTR`: the table changed during the dump.
  package static let interruptedFlag: UInt16 = 0x10
  /// The corresponding C constant is `NLM_F_DUMP`: `NLM_F_ROOT | NLM_F_MATCH`.
  package static let dumpFlags: UInt16 = 0x300
  /// The size of `struct nlmsghdr` in bytes.
  package static let headerSize = 16
}

/// A walk over the messages of one datagram. Each step advances by at least a header or fails.
package struct NetlinkMessages: Sendable {
  /// The offset of the next message.
  package private(set) var position = 0

  /// Begins at the start of a datagram.
  package init() {}

  /// Returns the next message of the datagram; `nil` at its end.
  ///
  /// - Throws: ``DecodeError`` when a header is cut short, or a length is less than that of a
  ///   header or reaches beyond the datagram.
  @inline(__always)
  package mutating func next(in datagram: Span<UInt8>) throws(DecodeError) -> NetlinkMessage? {
    let start = position
    let left = datagram.count &- start
    if left <= 0 { return nil }
    guard left >= NetlinkMessage.headerSize else {
      throw DecodeError("netlink message", "only \(left) bytes are left of its header", in: datagram, at: start)
    }
    let length = Int(datagram.hostUInt32(at: start))
    guard length >= NetlinkMessage.headerSize, length <= left else {
      throw DecodeError(
        "netlink message", "its length of \(length) does not lie between 16 and the \(left) bytes there are",
        in: datagram, at: start)
    }
    // The last message need not be padded.
    position = start &+ min((length &+ 3) & ~3, left)
    return NetlinkMessage(
      type: datagram.hostUInt16(at: start &+ 4), flags: datagram.hostUInt16(at: start &+ 6),
      sequence: datagram.hostUInt32(at: start &+ 8), port: datagram.hostUInt32(at: start &+ 12),
      payload: (start &+ NetlinkMessage.headerSize)..<(start &+ length))
  }
}

/// One attribute of a message: `struct nlattr` (`include/uapi/linux/netlink.h`).
package struct NetlinkAttribute: Sendable, Hashable {
  /// The type without the bits `NLA_F_NESTED` and `NLA_F_NET_BYTEORDER`.
  package let type: UInt16
  /// The bytes of the message that are the value.
  package let value: Range<Int>
}

/// A walk over the attributes of one message. Each step advances by at least a header or fails.
package struct NetlinkAttributes: Sendable {
  /// Calls `body` with each attribute from an offset on, which is after the message's fixed part,
  /// and with the bytes of its value.
  ///
  /// - Throws: ``DecodeError`` under the same conditions as ``next(in:)``.
  @inline(__always)
  package static func forEach(
    in message: Span<UInt8>, from offset: Int, _ body: (NetlinkAttribute, Span<UInt8>) -> Void
  ) throws(DecodeError) {
    var attributes = NetlinkAttributes(from: offset)
    while let attribute = try attributes.next(in: message) { body(attribute, message.extracting(attribute.value)) }
  }

  /// The offset of the next attribute.
  package private(set) var position: Int

  /// Begins at an offset, after the message's fixed part.
  package init(from offset: Int) { position = offset }

  /// Returns the next attribute of the message; `nil` at its end. Up to three bytes of padding may
  /// follow the last one.
  ///
  /// - Throws: ``DecodeError`` when a header is cut short, or a length is less than that of a
  ///   header or reaches beyond the message.
  @inline(__always)
  package mutating func next(in message: Span<UInt8>) throws(DecodeError) -> NetlinkAttribute? {
    let start = position
    let left = message.count &- start
    if left <= 0 { return nil }
    guard left >= 4 else {
      throw DecodeError("netlink attribute", "only \(left) bytes are left of its header", in: message, at: start)
    }
    let length = Int(message.hostUInt16(at: start))
    guard length >= 4, length <= left else {
      throw DecodeError(
        "netlink attribute", "its length of \(length) does not lie between 4 and the \(left) bytes there are",
        in: message, at: start)
    }
    position = start &+ min((length &+ 3) & ~3, left)
    return NetlinkAttribute(
      type: message.hostUInt16(at: start &+ 2) & 0x3FFF, value: (start &+ 4)..<(start &+ length))
  }
}

/// Builds a request: header, fixed part, attributes.
package struct NetlinkRequest: Sendable {
  /// The message so far. Its length field is always right.
  package private(set) var bytes: [UInt8]

  /// Begins a message of a type with the flags `NLM_F_REQUEST | NLM_F_DUMP`. The kernel fills in
  /// the port id.
  package init(dump type: UInt16, sequence: UInt32) {
    self.init(type, flags: NetlinkMessage.requestFlag | NetlinkMessage.dumpFlags, sequence: sequence)
  }

  /// Begins a message that asks for a single thing.
  init(single type: UInt16, sequence: UInt32) {
    self.init(type, flags: NetlinkMessage.requestFlag, sequence: sequence)
  }

  /// Begins a message of a type with flags. The kernel fills in the port id.
  init(_ type: UInt16, flags: UInt16, sequence: UInt32) {
    bytes = []
    bytes.appendHost(UInt32(NetlinkMessage.headerSize))
    bytes.appendHost(type)
    bytes.appendHost(flags)
    bytes.appendHost(sequence)
    bytes.appendHost(UInt32(0))
  }

  /// Appends bytes to the fixed part.
  package mutating func append(_ part: [UInt8]) {
    bytes += part
    setLength()
  }

  /// Appends an attribute and its padding. The value must not be longer than the 65,531 bytes that
  /// fit a 16-bit length.
  mutating func appendAttribute(_ type: UInt16, _ value: [UInt8]) {
    bytes.appendHost(UInt16(truncatingIfNeeded: value.count + 4))
    bytes.appendHost(type)
    bytes += value
    while bytes.count & 3 != 0 { bytes.append(0) }
    setLength()
  }

  private mutating func setLength() {
    var length: [UInt8] = []
    length.appendHost(UInt32(truncatingIfNeeded: bytes.count))
    bytes.replaceSubrange(0..<4, with: length)
  }
}
