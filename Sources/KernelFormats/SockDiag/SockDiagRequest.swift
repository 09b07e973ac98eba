package import SocketModel

/// Encodes the requests for sock_diag's dumps.
package enum SockDiagRequest {
  /// The message type of requests and answers; the corresponding C constant is
  /// `SOCK_DIAG_BY_FAMILY`.
  package static let messageType: UInt16 = 20
  /// The message type of the older request for TCP sockets of both families; the corresponding C
  /// constant is `TCPDIAG_GETSOCK`.
  package static let bothFamiliesMessageType: UInt16 = 18

  /// Returns the request for a dump; `nil` when none of the states exist for the transport, so that
  /// there is nothing to ask.
  ///
  /// - Parameters:
  ///   - dump: the dump to ask for.
  ///   - sequence: the request's sequence number, which its answers repeat.
  ///   - states: the states to ask for, where the kernel tests them.
  ///   - demand: what to ask for in addition to the sockets themselves.
  ///   - bytecode: the program of ``KernelFilterProgram``; empty for none. Only the dumps of
  ///     internet sockets can have one.
  package static func encode(
    _ dump: SockDiagDump, sequence: UInt32, states: SocketStateSet, requiredDetails: RequiredDetails,
    bytecode: [UInt8] = []
  ) -> [UInt8]? {
    guard let bits = kernelStates(of: dump.transport, states) else { return nil }
    var request = NetlinkRequest(dump: messageType, sequence: sequence)
    switch dump.transport.description.format {
    case .unix: request.append(unixPart(states: bits, requiredDetails: requiredDetails))
    case .packet: request.append(shortPart(dump.family.rawValue, protocol: 0, show: 0x01 | 0x10))
    case .netlink:
      // NDIAG_SHOW_MEMINFO and, when asked for, NDIAG_SHOW_GROUPS.
      request.append(
        shortPart(dump.family.rawValue, protocol: 0xFF, show: 0x01 | (requiredDetails.contains(.attributes) ? 0x02 : 0))
      )
    case .vsock: request.append(vsockPart(states: bits))
    case .xdp:
      // XDP_SHOW_INFO, XDP_SHOW_MEMINFO and, when asked for, XDP_SHOW_STATS (since Linux 5.9, ignored
      // before).
      let wantsDrops = !requiredDetails.isDisjoint(with: [.drops, .memory])
      request.append(shortPart(dump.family.rawValue, protocol: 0, show: 0x01 | 0x08 | (wantsDrops ? 0x10 : 0)))
    case .tipc:
      // `struct tipc_sock_diag_req`: family 0, protocol 1, pad 2, states 4-7.
      var part: [UInt8] = [dump.family.rawValue, 0, 0, 0]
      part.appendHost(bits)
      request.append(part)
    case .smc:
      // `struct smc_diag_req`: family 0, pad 1, extensions 3, socket id 4-51.
      request.append([SMCDiagMessage.family] + repeatElement(0, count: 51))
    case .unlisted: return nil
    case .internet, .sctp:
      request.append(internetPart(dump, states: bits, requiredDetails: requiredDetails))
      if !bytecode.isEmpty { request.appendAttribute(1, bytecode) }  // INET_DIAG_REQ_BYTECODE
      let number = dump.transport.description.protocolNumber
      if number > UInt8.max {
        var bytes: [UInt8] = []
        bytes.appendHost(UInt32(number))
        request.appendAttribute(3, bytes)  // INET_DIAG_REQ_PROTOCOL
      }
    }
    return request.bytes
  }

  /// The sequence number of a request; `nil` when it is too short for one.
  package static func sequence(of request: Span<UInt8>) -> UInt32? {
    request.count >= NetlinkMessage.headerSize ? request.hostUInt32(at: 8) : nil
  }

  /// Returns the request for TCP's sockets of both families in one dump; `nil` when TCP has none of
  /// the states.
  ///
  /// sock_diag has no number for "both", so each family costs a walk over the kernel's table of all
  /// connections. The interface that preceded it (`inet_diag_dump_compat`, Linux 2.6.14 and later)
  /// always returns both. Its answers differ only in their message type.
  package static func encodeBothFamilies(
    sequence: UInt32, states: SocketStateSet, requiredDetails: RequiredDetails, bytecode: [UInt8] = []
  ) -> [UInt8]? {
    guard let bits = kernelStates(of: .tcp, states) else { return nil }
    var request = NetlinkRequest(dump: bothFamiliesMessageType, sequence: sequence)
    // `struct inet_diag_req` (`include/uapi/linux/inet_diag.h`): family 0, lengths 1 and 2,
    // extensions 3, socket id 4-51, states 52, dbs 56-59.
    var part: [UInt8] = [0, 0, 0, extensions(requiredDetails, .tcp)]
    part += repeatElement(0, count: 48)
    part.appendHost(bits)
    part.appendHost(UInt32(0))
    request.append(part)
    if !bytecode.isEmpty { request.appendAttribute(1, bytecode) }  // INET_DIAG_REQ_BYTECODE
    return request.bytes
  }

  /// Returns the request for the one TCP or MPTCP socket that has both ends of the record, either a
  /// full socket or a mini-socket.
  ///
  /// The kernel looks it up in its hash table, so it costs no walk. When there is no such socket, a
  /// listener on the local port may answer.
  package static func encodeLookUp(
    _ record: SocketRecord, requiredDetails: RequiredDetails = [], sequence: UInt32
  ) -> [UInt8] {
    encodeLookUp(
      SockDiagDump(.tcp, record.family), local: (record.localBits, record.localPort),
      remote: (record.remoteBits, record.remotePort),
      interface: record.known.contains(.interface) ? record.interface : 0, requiredDetails, sequence: sequence)
  }

  /// Returns the request for the TCP or UDP socket that gets what is sent to a port of the loopback
  /// interface and is bound to no interface: the one that serves that address, else all addresses.
  ///
  /// - Parameter dump: its transport and family.
  package static func encodeServerLookUp(_ dump: SockDiagDump, port: UInt16, sequence: UInt32) -> [UInt8] {
    let loopback: UInt128 = dump.family == .ipv4 ? 127 << 24 | 1 : 1
    // The dump of UDP takes the ends the other way round (`udp_dump_one`, `net/ipv4/udp_diag.c`).
    let isTurned = dump.transport == .udp
    return encodeLookUp(
      dump, local: isTurned ? (0, 0) : (loopback, port), remote: isTurned ? (loopback, port) : (0, 0), interface: 0,
      [], sequence: sequence)
  }

  private static func encodeLookUp(
    _ dump: SockDiagDump, local: (bits: UInt128, port: UInt16), remote: (bits: UInt128, port: UInt16),
    interface: UInt32, _ requiredDetails: RequiredDetails, sequence: UInt32
  ) -> [UInt8] {
    var request = NetlinkRequest(single: messageType, sequence: sequence)
    var part: [UInt8] = [
      dump.family.rawValue, protocolNumber(dump.transport), extensions(requiredDetails, dump.transport), 0,
    ]
    part.appendHost(UInt32(0x2FFE))
    part.appendNetwork(local.port)
    part.appendNetwork(remote.port)
    for bits in [local.bits, remote.bits] {
      let isIPv4 = dump.family == .ipv4
      for index in 0..<16 {
        let shift = isIPv4 ? 24 - 8 * index : 120 - 8 * index
        part.append(shift >= 0 ? UInt8(truncatingIfNeeded: bits >> UInt128(shift)) : 0)
      }
    }
    part.appendHost(interface)
    // The cookie: INET_DIAG_NOCOOKIE.
    part.appendHost(UInt32.max)
    part.appendHost(UInt32.max)
    request.append(part)
    return request.bytes
  }

  /// The states as the bits of `idiag_states` and `udiag_states`; `nil` when the transport has none
  /// of them.
  static func kernelStates(of transport: Transport, _ states: SocketStateSet) -> UInt32? {
    var bits: UInt32 = 0
    if transport.hasTCPStates {
      // Bits 1-11 and, for sockets that are only bound, 13: older kernels ignore it. The kernel
      // adds TCPF_NEW_SYN_RECV (12) to TCPF_SYN_RECV.
      bits = UInt32(truncatingIfNeeded: states.rawValue) & 0x2FFE
    } else if let numbers = stateNumbers[transport.description.format] {
      for (state, number) in numbers where states.contains(state) { bits |= 1 << number }
    } else {
      if states.contains(.unconnected) { bits |= 1 << 7 }  // TCP_CLOSE
      if states.contains(.connected) { bits |= 1 << 1 }  // TCP_ESTABLISHED
      if transport == .unix {
        // To the kernel a datagram socket without a peer is established once a client has connected
        // to it.
        if states.contains(.unconnected) { bits |= 1 << 1 }
        if states.contains(.listen) { bits |= 1 << 10 }  // TCP_LISTEN
        if states.contains(.connecting) { bits |= 1 << 2 }  // TCP_SYN_SENT
        if states.contains(.disconnecting) { bits |= 1 << 11 }  // TCP_CLOSING
      }
    }
    return bits == 0 ? nil : bits
  }

  /// The numbers of the states of formats that have their own.
  ///
  /// SCTP looks at two bits: LISTEN for all endpoints, any other for all associations. SMC's dump
  /// has no states, so any number will do.
  private static let stateNumbers: [TransportDeclaration.Format: [(state: SocketState, number: UInt32)]] = [
    .vsock: [(.established, 1), (.synSent, 2), (.unconnected, 7), (.listen, 10), (.closing, 11)],
    .tipc: [(.established, 1), (.connecting, 2), (.unconnected, 7), (.disconnecting, 8), (.listen, 10)],
    .xdp: [(.unconnected, 7)],
    .sctp: [SocketState.established, .synSent, .close, .closeWait, .listen].map { ($0, 10) }
      + [
        SocketState.close, .cookieWait, .cookieEchoed, .established, .shutdownPending, .shutdownSent, .shutdownReceived,
        .shutdownAckSent,
      ].map { ($0, 1) },
    .smc: [SocketState.established, .close, .listen, .finWait1, .finWait2, .closeWait, .lastAck, .closing]
      .map { ($0, 1) },
  ]

  /// `struct inet_diag_req_v2` (`include/uapi/linux/inet_diag.h`): family 0, protocol 1, extensions
  /// 2, pad 3, states 4, socket id 8-55, which stays zero: it would select ports, which the
  /// bytecode does better.
  private static func internetPart(_ dump: SockDiagDump, states: UInt32, requiredDetails: RequiredDetails) -> [UInt8] {
    var part: [UInt8] = [
      dump.family.rawValue, protocolNumber(dump.transport), extensions(requiredDetails, dump.transport), 0,
    ]
    part.appendHost(states)
    part += repeatElement(0, count: 48)
    return part
  }

  /// The `IPPROTO_` number.
  ///
  /// MPTCP's (262) does not fit and goes into an attribute; a kernel before 5.9 ignores that, so
  /// the number here is 0, for which no kernel has a handler: its low byte would be TCP's number.
  static func protocolNumber(_ transport: Transport) -> UInt8 {
    UInt8(exactly: transport.description.protocolNumber) ?? 0
  }

  /// The extensions as bits of `idiag_ext`: bit n asks for the attribute n + 1.
  private static func extensions(_ requiredDetails: RequiredDetails, _ transport: Transport) -> UInt8 {
    var bits: UInt8 = 0
    if !requiredDetails.isDisjoint(with: [.memory, .drops]) { bits |= 1 << (InetDiagMessage.memoryAttribute - 1) }
    // MPTCP answers with its mptcp_info, and subflows of TCP with the attributes of MPTCP besides;
    // SCTP would answer with sctp_info.
    let wantsInfo =
      requiredDetails.contains(.tcpInfo) && transport.hasTCPStates
      || requiredDetails.contains(.byteCounters) && transport == .tcp
    if wantsInfo {
      bits |= 1 << (InetDiagMessage.infoAttribute - 1)
    }
    if requiredDetails.contains(.congestion), transport.hasTCPStates {
      bits |= 1 << (InetDiagMessage.congestionAttribute - 1)
    }
    if requiredDetails.contains(.attributes) {
      bits |= 1 << (InetDiagMessage.typeOfServiceAttribute - 1) | 1 << (InetDiagMessage.trafficClassAttribute - 1)
    }
    return bits
  }

  /// `struct unix_diag_req` (`include/uapi/linux/unix_diag.h`): family 0, protocol 1, pad 2, states
  /// 4, inode 8, show 12, cookie 16-23.
  private static func unixPart(states: UInt32, requiredDetails: RequiredDetails) -> [UInt8] {
    var part: [UInt8] = [AddressFamily.unix.rawValue, 0, 0, 0]
    part.appendHost(states)
    part.appendHost(UInt32(0))
    let (name, peer, queue, memory, user): (UInt32, UInt32, UInt32, UInt32, UInt32) = (1, 4, 16, 32, 64)
    let waiting: UInt32 = requiredDetails.contains(.peers) ? 8 : 0  // UDIAG_SHOW_ICONS
    // UDIAG_SHOW_UID since Linux 5.3; older kernels ignore it.
    part.appendHost(
      name | peer | queue | user | waiting | (requiredDetails.isDisjoint(with: [.memory, .drops]) ? 0 : memory))
    part += repeatElement(0, count: 8)
    return part
  }

  /// `struct vsock_diag_req` (`include/uapi/linux/vm_sockets_diag.h`): family 0, protocol 1, pad 2,
  /// states 4, inode 8, show 12, cookie 16-23.
  private static func vsockPart(states: UInt32) -> [UInt8] {
    var part: [UInt8] = [AddressFamily.vsock.rawValue, 0, 0, 0]
    part.appendHost(states)
    part += repeatElement(0, count: 16)
    return part
  }

  /// `struct packet_diag_req`, `struct netlink_diag_req` and `struct xdp_diag_req`
  /// (`include/uapi/linux/packet_diag.h`, `netlink_diag.h`, `xdp_diag.h`): family 0, protocol 1,
  /// pad 2, inode 4, show 8, cookie 12-19.
  private static func shortPart(_ family: UInt8, protocol number: UInt8, show: UInt32) -> [UInt8] {
    var part: [UInt8] = [family, number, 0, 0]
    part.appendHost(UInt32(0))
    part.appendHost(show)
    part += repeatElement(0, count: 8)
    return part
  }
}
