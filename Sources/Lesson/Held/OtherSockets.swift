import Glibc
import LinuxSystem
import SocketModel

/// Sockets of the internet families other than TCP, and of packet and netlink.
package enum OtherScenario: String, CaseIterable, Sendable {
  /// A UDP socket that is bound and has no peer.
  case udp
  /// A bound UDP socket with an unread datagram, and the connected one that sent it.
  case udpConnected = "udp_connected"
  /// A UDP-Lite socket that is bound.
  case udplite
  /// A raw IP socket of protocol 253, which is reserved for experiments (RFC 3692); needs
  /// CAP_NET_RAW.
  case raw
  /// An ICMP echo socket; permitted to the groups of `net.ipv4.ping_group_range`.
  case icmp
  /// A packet socket of the ethertype for local experiments, 0x88B5; needs CAP_NET_RAW.
  case packet
  /// A netlink socket of NETLINK_ROUTE.
  case netlink
  /// Both ends of a Multipath TCP connection with their listener.
  case mptcp
}

extension OtherScenario {
  /// Makes and holds the sockets.
  ///
  /// - Throws: ``DemoError`` when a call fails: EPERM or EACCES without privilege, EPROTONOSUPPORT
  ///   where the kernel lacks it.
  package func hold(over loopback: Loopback = .ipv4) throws(DemoError) -> HeldSockets {
    try making("a \(rawValue) socket over \(loopback.rawValue)") { () throws(SystemError) in try make(loopback) }
  }

  private func make(_ loopback: Loopback) throws(SystemError) -> HeldSockets {
    switch self {
    case .udp: return try bound(.udp, loopback.kind(SOCK_DGRAM), loopback)
    case .udpConnected: return try udpConnected(loopback)
    case .udplite: return try bound(.udplite, loopback.kind(SOCK_DGRAM, protocolNumber: 136), loopback)
    case .raw: return try bound(.raw, loopback.kind(SOCK_RAW, protocolNumber: 253), loopback)
    case .icmp:
      // IPPROTO_ICMP and IPPROTO_ICMPV6.
      let number: Int32 = loopback.family == .ipv4 ? 1 : 58
      return try bound(.icmp, loopback.kind(SOCK_DGRAM, protocolNumber: number), loopback)
    case .packet:
      let ethertype: UInt16 = 0x88B5
      let kind = SocketKind(
        family: AF_PACKET, type: Int32(SOCK_RAW.rawValue), protocolNumber: Int32(ethertype.bigEndian))
      return single(.packet, .packet, HeldSocket(try Descriptor.socket(kind)))
    case .netlink:
      let socket = HeldSocket(try Descriptor.socket(SocketKind(family: AF_NETLINK, type: Int32(SOCK_RAW.rawValue))))
      try socket.descriptor.bind(.netlink(port: 0, groups: 0))
      return single(.netlink, .netlink, socket)
    case .mptcp:
      var stage = TCPScenarioBuilder(loopback)
      stage.protocolNumber = 262
      stage.transport = .mptcp
      return try stage.play(.established)
    }
  }

  private func bound(
    _ transport: Transport, _ kind: SocketKind, _ loopback: Loopback
  ) throws(SystemError) -> HeldSockets {
    let socket = HeldSocket(try Descriptor.socket(kind))
    try socket.descriptor.bind(loopback.address())
    return single(transport, loopback.family, socket)
  }

  private func single(_ transport: Transport, _ family: AddressFamily, _ socket: HeldSocket) -> HeldSockets {
    var sighting = SocketSighting(transport, family, .unconnected)
    if let local = try? socket.descriptor.localAddress().endpoint {
      // The tables show a raw socket's IP protocol where others have the port.
      sighting.local = transport == .raw ? Endpoint(address: local.address, port: 253) : local
    }
    sighting.descriptor = socket.descriptor.number
    var held = HeldSockets()
    held.sockets = [socket]
    held.sightings = [sighting]
    return held
  }

  private func udpConnected(_ loopback: Loopback) throws(SystemError) -> HeldSockets {
    let receiver = HeldSocket(try Descriptor.socket(loopback.kind(SOCK_DGRAM)))
    try receiver.descriptor.bind(loopback.address())
    let sender = HeldSocket(try Descriptor.socket(loopback.kind(SOCK_DGRAM)))
    try sender.descriptor.connect(try receiver.descriptor.localAddress())
    try sender.descriptor.send(Array("hello".utf8))
    var held = single(.udp, loopback.family, receiver)
    var sighting = SocketSighting(.udp, loopback.family, .connected)
    sighting.local = try sender.descriptor.localAddress().endpoint
    sighting.remote = try receiver.descriptor.localAddress().endpoint
    sighting.descriptor = sender.descriptor.number
    held.sockets.append(sender)
    held.sightings.append(sighting)
    return held
  }
}
