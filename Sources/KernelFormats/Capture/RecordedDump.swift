import SocketModel
internal import Text

/// The messages of a dump of sock_diag in a captured tree, `sock_diag/tcp`, `sock_diag/tcp6`: as
/// the kernel sent them, in the byte order of its machine, one behind the other up to the one that
/// ends the dump. Sequence numbers and port ids, which belong to the request, are 0.
package enum RecordedDump {
  /// The folder of the recorded dumps in a captured tree, with its slash.
  package static let folder = "sock_diag/"

  /// The messages of some datagrams, each padded and without the port id and sequence number of
  /// its request.
  package struct Part: Sendable {
    package private(set) var bytes: [UInt8] = []
    /// How the dump ended; `nil` while more follows.
    package private(set) var ending: Ending?
    /// Whether a message says that sockets came and went during the dump (`NLM_F_DUMP_INTR`).
    package private(set) var isInterrupted = false

    /// Makes a part without messages.
    package init() {}

    /// Adds the messages of a datagram up to the one that ends the dump.
    ///
    /// - Throws: ``DecodeError`` when the framing of the messages is inconsistent.
    package mutating func append(_ datagram: Span<UInt8>) throws(DecodeError) {
      var messages = NetlinkMessages()
      while ending == nil, let message = try messages.next(in: datagram) {
        let payload = datagram.extracting(message.payload)
        RecordedDump.append(message.type, flags: message.flags, payload, to: &bytes)
        if message.flags & NetlinkMessage.interruptedFlag != 0 { isInterrupted = true }
        guard message.type == NetlinkMessage.done || message.type == NetlinkMessage.error else { continue }
        let code = payload.count >= 4 ? Int32(bitPattern: payload.hostUInt32(at: 0)) : 0
        ending = code < 0 ? .refused(0 &- code) : .complete
      }
    }
  }

  /// How a dump ended.
  package enum Ending: Sendable, Hashable {
    case complete
    /// The kernel reported this `errno`.
    case refused(Int32)
  }

  static func append(_ type: UInt16, flags: UInt16, _ payload: Span<UInt8>, to bytes: inout [UInt8]) {
    bytes.appendHost(UInt32(truncatingIfNeeded: NetlinkMessage.headerSize + payload.count))
    bytes.appendHost(type)
    bytes.appendHost(flags)
    bytes.appendHost(UInt32(0))
    bytes.appendHost(UInt32(0))
    bytes.append(payload)
    while bytes.count & 3 != 0 { bytes.append(0) }
  }

  /// How many of the first bytes are whole messages.
  ///
  /// What does not parse counts as whole: the decoder reports what is wrong.
  package static func wholeLength(of bytes: Span<UInt8>) -> Int {
    var position = 0
    while bytes.count - position >= NetlinkMessage.headerSize {
      let length = Int(bytes.hostUInt32(at: position))
      if length < NetlinkMessage.headerSize || length > longestMessage { return bytes.count }
      let next = position + (length + 3) & ~3
      if next > bytes.count { break }
      position = next
    }
    return position
  }

  /// No message of a dump is longer: the kernel sends at most this much at once
  /// (`netlink_dump`, `net/netlink/af_netlink.c`).
  package static let longestMessage = 32768

  /// Puts the numbers of a request into the messages at the beginning of a buffer, which are whole.
  package static func address(_ buffer: inout [UInt8], count: Int, sequence: UInt32, port: UInt32) {
    var position = 0
    while count - position >= NetlinkMessage.headerSize {
      let length = Int(buffer.span.hostUInt32(at: position))
      var numbers: [UInt8] = []
      numbers.appendHost(sequence)
      numbers.appendHost(port)
      for (index, byte) in numbers.enumerated() { buffer[position + 8 + index] = byte }
      guard length >= NetlinkMessage.headerSize, length <= count - position else { return }
      position += (length + 3) & ~3
    }
  }
}

extension SockDiagDump {
  /// The name of the file of the recorded dump: `tcp`, `tcp6`, `unix`.
  package var fileName: String { transport.isInternet && family == .ipv6 ? transport.name + "6" : transport.name }
}
