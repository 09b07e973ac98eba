package import SocketModel

/// One record of the tracepoint `sock:inet_sock_set_state` (`include/trace/events/sock.h`): a TCP
/// socket changed its state.
package struct SocketTransition: Sendable, Hashable {
  /// When it happened, in nanoseconds of the clock that the ring was asked for.
  package var time: UInt64
  /// The kernel's address of the socket: it identifies the socket as long as that exists, and may
  /// belong to another one afterwards.
  package var socket: UInt64
  /// The state before.
  package var from: SocketState
  /// Protocol, ends and the state after. The local port is 0 until the kernel has chosen one.
  package var record: SocketRecord
  /// The process that was on the processor.
  package var process: Int32
  /// Its thread.
  package var thread: Int32
  /// Whether an interrupt was being served, hard or soft: then the process has nothing to do with
  /// the transition.
  package var isInterrupt: Bool

  /// The state after.
  package var to: SocketState { record.state }

  package init(
    time: UInt64, socket: UInt64, from: SocketState, record: SocketRecord, process: Int32, thread: Int32,
    isInterrupt: Bool
  ) {
    self.time = time
    self.socket = socket
    self.from = from
    self.record = record
    self.process = process
    self.thread = thread
    self.isInterrupt = isInterrupt
  }
}

/// The offsets of the fields of `inet_sock_set_state` in its records on the running kernel.
package struct SocketTransitionLayout: Sendable, Hashable {
  private static let tcpNumber = Transport.tcp.description.protocolNumber
  private static let mptcpNumber = Transport.mptcp.description.protocolNumber

  private let flags, socket, oldState, newState, localPort, remotePort, family, protocolNumber: TracepointFormat.Field
  private let local4, remote4, local6, remote6: TracepointFormat.Field
  private let length: Int

  /// Finds the fields in the tracepoint's format.
  ///
  /// - Throws: ``DecodeError`` when one is missing or has an unexpected size.
  package init(_ format: TracepointFormat) throws(DecodeError) {
    func field(_ name: String, _ sizes: Int...) throws(DecodeError) -> TracepointFormat.Field {
      guard let field = format.fields[name] else {
        throw DecodeError("inet_sock_set_state", "its format has no field \(name)", in: [UInt8]().span)
      }
      guard sizes.contains(field.size) else {
        throw DecodeError("inet_sock_set_state", "its field \(name) has \(field.size) bytes", in: [UInt8]().span)
      }
      return field
    }
    flags = try field("common_flags", 1)
    socket = try field("skaddr", 4, 8)
    oldState = try field("oldstate", 4)
    newState = try field("newstate", 4)
    localPort = try field("sport", 2)
    remotePort = try field("dport", 2)
    family = try field("family", 2)
    // One byte before Linux 5.6.
    protocolNumber = try field("protocol", 1, 2)
    local4 = try field("saddr", 4)
    remote4 = try field("daddr", 4)
    local6 = try field("saddr_v6", 16)
    remote6 = try field("daddr_v6", 16)
    length =
      [
        flags, socket, oldState, newState, localPort, remotePort, family, protocolNumber, local4, remote4, local6,
        remote6,
      ].map { $0.offset + $0.size }.max() ?? 0
  }

  /// Decodes one raw record.
  ///
  /// - Returns: `nil` when it is about a protocol other than TCP and MPTCP.
  /// - Throws: ``DecodeError`` when the record is too short or has a state or family that does not
  ///   exist.
  package func decode(
    _ raw: Span<UInt8>, time: UInt64, process: Int32, thread: Int32
  ) throws(DecodeError) -> SocketTransition? {
    guard raw.count >= length else {
      throw DecodeError("inet_sock_set_state", "\(raw.count) bytes are less than its \(length)", in: raw)
    }
    let number =
      protocolNumber.size == 1 ? UInt16(raw[protocolNumber.offset]) : raw.hostUInt16(at: protocolNumber.offset)
    let transport: Transport
    switch number {
    case Self.tcpNumber: transport = .tcp
    case Self.mptcpNumber: transport = .mptcp
    default: return nil
    }
    let familyNumber = raw.hostUInt16(at: family.offset)
    guard familyNumber == 2 || familyNumber == 10 else {
      throw DecodeError("inet_sock_set_state", "family \(familyNumber) is neither IPv4 nor IPv6", in: raw)
    }
    guard let from = state(raw.hostUInt32(at: oldState.offset)), let to = state(raw.hostUInt32(at: newState.offset))
    else { throw DecodeError("inet_sock_set_state", "it has a state that there is none of", in: raw) }
    let isIPv4 = familyNumber == 2
    var record = SocketRecord(transport: transport, family: isIPv4 ? .ipv4 : .ipv6, state: to)
    record.socketType = .stream
    record.known = [.socketType]
    // The ports are in host order, the addresses in network order.
    record.localPort = raw.hostUInt16(at: localPort.offset)
    record.remotePort = raw.hostUInt16(at: remotePort.offset)
    record.localBits = isIPv4 ? UInt128(raw.networkUInt32(at: local4.offset)) : raw.networkUInt128(at: local6.offset)
    record.remoteBits =
      isIPv4 ? UInt128(raw.networkUInt32(at: remote4.offset)) : raw.networkUInt128(at: remote6.offset)
    let address =
      socket.size == 8 ? raw.hostUInt64(at: socket.offset) : UInt64(raw.hostUInt32(at: socket.offset))
    // TRACE_FLAG_HARDIRQ and TRACE_FLAG_SOFTIRQ (`include/linux/trace_events.h`).
    return SocketTransition(
      time: time, socket: address, from: from, record: record, process: process, thread: thread,
      isInterrupt: raw[flags.offset] & 0x18 != 0)
  }

  /// The states have TCP's numbers; `TCP_NEW_SYN_RECV` is a SYN_RECV too.
  private func state(_ number: UInt32) -> SocketState? {
    switch number {
    case 12: .synRecv
    case 1...11: SocketState(rawValue: UInt8(number))
    default: nil
    }
  }
}
