package import SocketModel

/// Decodes the datagrams that answer one request for a dump.
///
/// Feed it every datagram until it reports that the dump has ended. Messages that answer another
/// request, or another socket, are skipped and counted; a message that does not parse is left out
/// and noted in the table; a datagram with inconsistent framing ends the dump with an error.
package struct SockDiagAnswer: Sendable {
  /// What is needed to decode the messages.
  struct Context: Sendable {
    let dump: SockDiagDump
    let states: SocketStateSet
    let requiredDetails: RequiredDetails
    let netns: NetworkNamespaceID?
    let wantsDetail: Bool
    let wantsByteCounters: Bool
    /// The form of the messages.
    let format: TransportDeclaration.Format
    /// The type of the sockets, where the messages do not state it.
    let socketType: SocketType
    /// The major version of the kernel; `nil` when unknown.
    var kernel: Int?
    /// Whether the messages are notices of destroyed sockets: all of them are in TCP_CLOSE,
    /// whatever their state was before.
    var isNotice = false

    /// Notes the dump's network namespace in a record.
    @inline(__always)
    func placeInNamespace(_ record: inout SocketRecord) {
      if let netns { record.networkNamespace = netns }
    }
  }

  /// Whether the dump continues after a datagram.
  package enum Progress: Sendable, Hashable {
    /// More datagrams follow.
    case more
    /// The dump is complete.
    case done
    /// The kernel reported this `errno` instead of a dump, or in the middle of it.
    case refused(Int32)
  }

  /// Whether the kernel reported that the table changed while it was dumped (`NLM_F_DUMP_INTR`):
  /// sockets may be missing.
  package private(set) var isInterrupted = false
  /// How many messages belonged to another request or another socket.
  package private(set) var foreignMessages = 0

  private var context: Context
  private let sequence: UInt32
  private let port: UInt32

  /// Prepares to read the answer to a request.
  ///
  /// - Parameters:
  ///   - dump: the dump that was asked for.
  ///   - sequence: the request's sequence number.
  ///   - port: the port id of the socket that the request was sent from.
  ///   - states: sockets in other states are left out.
  ///   - requiredDetails: the parts of `SocketDetail` to keep.
  ///   - netns: the network namespace, for the records; `nil` when unknown.
  ///   - kernelRelease: the release of the kernel that answers, such as `6.18.3`; `nil` when
  ///     unknown.
  package init(
    to dump: SockDiagDump, sequence: UInt32, port: UInt32, states: SocketStateSet, requiredDetails: RequiredDetails,
    netns: NetworkNamespaceID?, kernelRelease: String? = nil
  ) {
    context = Context(
      dump: dump, states: states, requiredDetails: requiredDetails, netns: netns,
      wantsDetail: !requiredDetails.isDisjoint(with: [.memory, .tcpInfo, .congestion, .attributes]),
      wantsByteCounters: requiredDetails.contains(.byteCounters),
      format: dump.transport.description.format, socketType: dump.transport.description.socketType ?? .datagram,
      kernel: kernelRelease.flatMap { Int($0.prefix { $0 != "." }) })
    self.sequence = sequence
    self.port = port
  }

  /// Prepares to read the kernel's notices of destroyed sockets of a transport
  /// (`net/core/sock_diag.c`, `sock_diag_broadcast_destroy_work`), which answer no request and, for
  /// TCP, contain the final `tcp_info`.
  package init(noticesOf transport: Transport, in netns: NetworkNamespaceID?) {
    self.init(
      to: SockDiagDump(transport, .ipv4), sequence: 0, port: 0, states: .all,
      requiredDetails: transport == .tcp ? .tcpInfo : [], netns: netns)
    context.isNotice = true
  }

  /// Decodes one datagram and adds its sockets to the table.
  ///
  /// - Throws: ``DecodeError`` when the framing of the messages is inconsistent, so that what
  ///   follows cannot be found.
  package mutating func decode(
    _ datagram: Span<UInt8>, into table: inout SockDiagTable
  ) throws(DecodeError) -> Progress {
    var messages = NetlinkMessages()
    while let message = try messages.next(in: datagram) {
      guard message.sequence == sequence, message.port == port else {
        foreignMessages &+= 1
        continue
      }
      if message.flags & NetlinkMessage.interruptedFlag != 0 { isInterrupted = true }
      let payload = datagram.extracting(message.payload)
      switch message.type {
      case SockDiagRequest.messageType, SockDiagRequest.bothFamiliesMessageType:
        do {
          try decodeSocket(payload, into: &table)
        } catch {
          table.note(error, in: context.dump)
        }
      case NetlinkMessage.done:
        // The return value of the dump: 0, or the error of a handler that was found only when the
        // dump began.
        let code = payload.count >= 4 ? Int32(bitPattern: payload.hostUInt32(at: 0)) : 0
        return code < 0 ? .refused(0 &- code) : .done
      case NetlinkMessage.error:
        guard payload.count >= 4 else {
          throw DecodeError("netlink error", "\(payload.count) bytes hold no error number", in: payload)
        }
        let code = Int32(bitPattern: payload.hostUInt32(at: 0))
        // Zero is an acknowledgement, which was not asked for.
        if code != 0 { return .refused(0 &- code) }
      case NetlinkMessage.noOperation: break
      case NetlinkMessage.overrun:
        throw DecodeError("netlink message", "the kernel lost data (NLMSG_OVERRUN)", in: payload)
      default:
        table.note(
          DecodeError("netlink message", "type \(message.type) is no answer of sock_diag", in: payload),
          in: context.dump)
      }
    }
    return .more
  }

  @inline(__always)
  private func decodeSocket(_ payload: Span<UInt8>, into table: inout SockDiagTable) throws(DecodeError) {
    switch context.format {
    case .unix: try UnixDiagMessage.decode(payload, context, into: &table)
    case .packet: try PacketDiagMessage.decode(payload, context, into: &table)
    case .netlink: try NetlinkDiagMessage.decode(payload, context, into: &table)
    case .internet: try InetDiagMessage.decode(payload, context, into: &table)
    case .sctp: try SCTPDiagMessage.decode(payload, context, into: &table)
    case .smc: try SMCDiagMessage.decode(payload, context, into: &table)
    case .vsock: try VsockDiagMessage.decode(payload, context, into: &table)
    case .xdp: try XDPDiagMessage.decode(payload, context, into: &table)
    case .tipc: try TIPCDiagMessage.decode(payload, context, into: &table)
    case .unlisted: throw DecodeError("sock_diag", "there is no dump of such sockets", in: payload)
    }
  }
}

extension SocketType {
  /// Checks the beginning that the answers of unix, packet, netlink, vsock and xdp dumps share,
  /// family 0 and type 1, and returns the type.
  package init(
    headOf message: Span<UInt8>, _ structure: String, size: Int, family: AddressFamily, _ familyName: String
  ) throws(DecodeError) {
    guard message.count >= size else {
      throw DecodeError(structure, "\(message.count) bytes are less than its \(size)", in: message)
    }
    guard message[0] == family.rawValue else {
      throw DecodeError(structure, "family \(message[0]) is not \(familyName)", in: message)
    }
    guard let type = SocketType(rawValue: message[1]) else {
      throw DecodeError(structure, "there is no socket type \(message[1])", in: message, at: 1)
    }
    self = type
  }
}
