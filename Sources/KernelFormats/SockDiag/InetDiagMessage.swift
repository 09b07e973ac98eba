import SocketModel

/// `struct inet_diag_msg` and its attributes (`include/uapi/linux/inet_diag.h`, filled in by
/// `net/ipv4/inet_diag.c`).
///
/// Offsets: family 0, state 1, timer 2, retransmissions 3; then `struct inet_diag_sockid`: ports 4
/// and 6 and addresses 8 and 24 in network order, interface 40, cookie 44; then expiry 52, receive
/// queue 56, send queue 60, uid 64, inode 68.
enum InetDiagMessage {
  static let size = 72

  /// The corresponding C constant is `INET_DIAG_INFO`.
  static let infoAttribute: UInt16 = 2
  /// The corresponding C constant is `INET_DIAG_CONG`.
  static let congestionAttribute: UInt16 = 4
  /// The corresponding C constant is `INET_DIAG_TOS`.
  static let typeOfServiceAttribute: UInt16 = 5
  /// The corresponding C constant is `INET_DIAG_TCLASS`.
  static let trafficClassAttribute: UInt16 = 6
  /// The corresponding C constant is `INET_DIAG_SKMEMINFO`.
  static let memoryAttribute: UInt16 = 7
  /// The corresponding C constant is `INET_DIAG_SHUTDOWN`: sent for every full socket, whatever was
  /// asked for.
  static let shutdownAttribute: UInt16 = 8
  /// The corresponding C constant is `INET_DIAG_SKV6ONLY`: sent for IPv6 sockets in LISTEN and
  /// CLOSE.
  static let ipv6OnlyAttribute: UInt16 = 11
  /// The corresponding C constant is `INET_DIAG_MARK`: sent to holders of CAP_NET_ADMIN.
  static let markAttribute: UInt16 = 15
  /// The corresponding C constant is `INET_DIAG_ULP_INFO`: sent since Linux 5.5 beside
  /// `INET_DIAG_INFO` for a TCP socket with an upper layer protocol, such as a subflow of MPTCP.
  static let upperLayerAttribute: UInt16 = 19
  /// The corresponding C constant is `INET_DIAG_CGROUP_ID`: sent since Linux 5.8 for every full
  /// socket.
  static let cgroupAttribute: UInt16 = 21

  /// Decodes one message of a dump and adds the socket to the table, unless its state was not asked
  /// for.
  ///
  /// - Throws: ``DecodeError`` when the message is too short, its family or state does not exist,
  ///   or its attributes do not parse.
  @inline(__always)
  static func decode(
    _ message: Span<UInt8>, _ context: SockDiagAnswer.Context, into table: inout SockDiagTable
  ) throws(DecodeError) {
    guard message.count >= size else {
      throw DecodeError("inet_diag_msg", "\(message.count) bytes are less than its \(size)", in: message)
    }
    let isIPv4 = message[0] == AddressFamily.ipv4.rawValue
    guard isIPv4 || message[0] == AddressFamily.ipv6.rawValue else {
      throw DecodeError("inet_diag_msg", "family \(message[0]) is neither IPv4 nor IPv6", in: message)
    }
    let transport = context.dump.transport
    let localPort = message.networkUInt16(at: 4)
    guard let state = state(message[1], transport, isBound: localPort != 0 && !context.isNotice) else {
      throw DecodeError("inet_diag_msg", "there is no state \(message[1])", in: message, at: 1)
    }
    guard context.states.contains(state) else { return }

    var record = SocketRecord(transport: transport, family: isIPv4 ? .ipv4 : .ipv6, state: state)
    record.localPort = localPort
    record.remotePort = message.networkUInt16(at: 6)
    if isIPv4 {
      record.localBits = UInt128(message.networkUInt32(at: 8))
      record.remoteBits = UInt128(message.networkUInt32(at: 24))
    } else {
      record.localBits = message.networkUInt128(at: 8)
      record.remoteBits = message.networkUInt128(at: 24)
    }
    record.interface = message.hostUInt32(at: 40)
    record.cookie = message.hostUInt64(at: 44)
    record.receiveQueue = message.hostUInt32(at: 56)
    record.sendQueue = message.hostUInt32(at: 60)
    record.uid = message.hostUInt32(at: 64)
    record.inode = UInt64(message.hostUInt32(at: 68))
    record.known = [.inode, .cookie, .interface, .socketType]
    // The queues are read without a lock, and a difference taken at a bad moment is negative: then
    // the length is not known.
    if record.receiveQueue <= UInt32(Int32.max) { record.known.insert(.receiveQueue) }
    if record.sendQueue <= UInt32(Int32.max) { record.known.insert(.sendQueue) }
    // The type is not in the message. An ICMP socket is SOCK_DGRAM, and the others have only one
    // type.
    record.socketType = context.socketType
    context.placeInNamespace(&record)
    if transport.hasTCPStates { decodeTimer(message, &record) }
    // The uid is that of the socket's file. Mini-sockets and connections that were not accepted
    // have none: the kernel then reports 0, which does not mean root. A number other than 0 is
    // valid.
    if record.inode != 0 || record.uid != 0, state != .timeWait, state != .synRecv { record.known.insert(.uid) }
    try decodeAttributes(message, &record)
    if context.wantsByteCounters, record.countsBytes {
      try decodeByteCounters(message, of: record, into: &table)
    }
    if context.wantsDetail { try decodeDetails(message, context, &record, &table) }
    table.append(record)
  }

  /// The state with the kernel's number.
  ///
  /// TCP_CLOSE for a TCP socket with a port is what TCPF_BOUND_INACTIVE asks for: state 13 itself
  /// never appears in an answer. Outside TCP, only "has a peer" or not has a meaning.
  @inline(__always)
  private static func state(_ number: UInt8, _ transport: Transport, isBound: Bool) -> SocketState? {
    if transport.hasTCPStates {
      if number == 7, isBound { return .boundInactive }
      if number == 12 { return .synRecv }  // TCP_NEW_SYN_RECV
      return number <= 13 ? SocketState(rawValue: number) : nil
    }
    return number == 1 ? .connected : .unconnected
  }

  /// `idiag_timer` shows which timer runs, and so what `idiag_retrans` counts: retransmissions
  /// (timer 1) or probes (2 and 4).
  @inline(__always)
  private static func decodeTimer(_ message: Span<UInt8>, _ record: inout SocketRecord) {
    guard let timer = SocketTimer(rawValue: message[2]) else { return }
    record.timer = timer
    // For a timer that is already due the difference is negative: it counts as 0.
    let expires = message.hostUInt32(at: 52)
    record.timerMilliseconds = timer == .off || expires > UInt32(Int32.max) ? 0 : expires
    switch timer {
    case .off:
      // Nothing is unanswered, or a timer would run.
      record.known.formUnion([.timer, .retransmits, .probes])
    case .retransmit:
      record.retransmits = message[3]
      record.known.formUnion([.timer, .retransmits])
    case .keepalive, .probe:
      // The retransmission timer precedes these: when it does not run, no segment is unanswered.
      record.probes = message[3]
      record.known.formUnion([.timer, .retransmits, .probes])
    case .timeWait:
      record.known.insert(.timer)
    case .delayedAck:
      // The kernel reports it only where no segment is unanswered.
      record.known.formUnion([.timer, .retransmits, .probes])
    }
  }

  /// Decodes the attributes that belong to the record.
  @inline(__always)
  static func decodeAttributes(_ message: Span<UInt8>, _ record: inout SocketRecord) throws(DecodeError) {
    try NetlinkAttributes.forEach(in: message, from: size) { attribute, value in
      if value.isEmpty { return }
      switch attribute.type {
      case shutdownAttribute: record.setShutdown(value[0])
      case memoryAttribute: record.takeDrops(value)
      case cgroupAttribute where value.count >= 8: record.cgroup = value.hostUInt64(at: 0)
      case ipv6OnlyAttribute:
        record.known.insert(.ipv6Only)
        if value[0] != 0 { record.flags.insert(.ipv6Only) }
      default: break
      }
    }
  }

  /// Decodes the attributes that were asked for. Separate because a ``SocketDetail`` is large: a
  /// plain listing never makes one.
  @inline(never)
  static func decodeDetails(
    _ message: Span<UInt8>, _ context: SockDiagAnswer.Context, _ record: inout SocketRecord,
    _ table: inout SockDiagTable
  ) throws(DecodeError) {
    let requiredDetails = context.requiredDetails
    if requiredDetails.contains(.tellingDetailsOnly) {
      guard try TellingDetails.areIn(message, of: record, requiredDetails) else { return }
    }
    var upperLayer: Range<Int>?
    var detail = SocketDetail()
    var isEmpty = true
    try NetlinkAttributes.forEach(in: message, from: size) { attribute, value in
      switch attribute.type {
      case memoryAttribute where requiredDetails.contains(.memory): detail.memory = record.takeMemory(value)
      case infoAttribute where requiredDetails.contains(.tcpInfo) && record.transport == .tcp:
        // For a socket that never had a peer nothing was measured; a listener's backlog, which the
        // kernel puts into two of the members, is already in its queues.
        if record.state != .listen, record.state != .boundInactive {
          detail.tcp = TCPInfo.decode(value, kernel: context.kernel)
        }
      case infoAttribute where requiredDetails.contains(.tcpInfo) && record.transport == .mptcp:
        detail.mptcp = MPTCPInfo.decode(value, &record)
      case upperLayerAttribute where requiredDetails.contains(.tcpInfo) && record.transport == .tcp:
        upperLayer = attribute.value
      case congestionAttribute where requiredDetails.contains(.congestion): detail.congestion = table.algorithm(value)
      case typeOfServiceAttribute where requiredDetails.contains(.attributes) && value.count >= 1:
        detail.typeOfService = value[0]
      case trafficClassAttribute where requiredDetails.contains(.attributes) && value.count >= 1:
        detail.trafficClass = value[0]
      case markAttribute where requiredDetails.contains(.attributes) && value.count >= 4:
        detail.mark = value.hostUInt32(at: 0)
        table.hasMarks = true
      default: return
      }
      isEmpty = false
    }
    if let upperLayer { detail.mptcp = try MPTCPInfo.decode(subflow: message.extracting(upperLayer), &record) }
    if !isEmpty { record.detailIndex = table.append(detail) }
  }
}

extension SocketRecord {
  /// Applies the byte of a `_DIAG_SHUTDOWN` attribute: `RCV_SHUTDOWN` 1, `SEND_SHUTDOWN` 2
  /// (`include/net/sock.h`).
  mutating func setShutdown(_ bits: UInt8) {
    known.insert(.shutdown)
    if bits & 1 != 0 { flags.insert(.receiveShutdown) }
    if bits & 2 != 0 { flags.insert(.sendShutdown) }
  }

  /// Decodes a `SK_MEMINFO_` array (`include/uapi/linux/sock_diag.h`), nine numbers of 32 bits,
  /// fewer from older kernels, and takes the drops from it. `nil` when it is too short.
  mutating func takeMemory(_ value: Span<UInt8>) -> SocketMemory? {
    guard value.count >= 28 else { return nil }
    var memory = SocketMemory()
    memory.receiveAllocated = value.hostUInt32(at: 0)
    memory.receiveLimit = value.hostUInt32(at: 4)
    memory.sendAllocated = value.hostUInt32(at: 8)
    memory.sendLimit = value.hostUInt32(at: 12)
    memory.forwardAllocated = value.hostUInt32(at: 16)
    memory.sendQueued = value.hostUInt32(at: 20)
    memory.optionMemory = value.hostUInt32(at: 24)
    if value.count >= 32 { memory.backlog = value.hostUInt32(at: 28) }
    takeDrops(value)
    return memory
  }

  /// Takes the drops from a `SK_MEMINFO_` array; those of older kernels are shorter and lack them.
  mutating func takeDrops(_ value: Span<UInt8>) {
    guard value.count >= 36 else { return }
    drops = value.hostUInt32(at: 32)
    known.insert(.drops)
  }
}
