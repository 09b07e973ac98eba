package import SocketModel
internal import Text

/// Writes the ends of sockets for people.
///
/// - Internet: `127.0.0.1:1234` or `[::1]:1234`; port 0 is `*`. The address of a server that
///   accepts both IPv6 and IPv4 is `*`, as in `ss`, to distinguish `*:8080` from `[::]:8081`, which
///   accepts IPv6 only, or for which that is not known.
/// - The interface that a socket is bound to follows the socket's own address, as in `ss`:
///   `0.0.0.0%lo:8001`, `[::1]%lo:8004`, `*%lo:8080`. In a link-local address it is part of the
///   address, without which nobody can connect, so there it is inside the brackets, where every
///   program accepts it: `[fe80::1%eth0]:8002`. The same applies to the address of the peer.
/// - Netlink: the protocol and the port id, `rtnl:1234`; port id 0 is the kernel's own,
///   `uevent:kernel`.
/// - Packet: the protocol and the interface, `arp:eth0`; a protocol without a name is `[34997]`,
///   all protocols or interfaces are `*`.
/// - vsock: the context identifier and the port, `2:1024`; TIPC: the node and the port; any is `*`.
/// - XDP: the interface and its queue, `eth0:q3`.
package struct EndText: Sendable {
  private let names: ShownNames
  private let interfaceNames: [UInt32: [UInt8]]
  private let interfaceNamesElsewhere: [InterfaceElsewhere: [UInt8]]
  private let ownNamespace: NetworkNamespaceID?

  /// Prepares to write the ends of a snapshot's sockets, with the snapshot's names of interfaces.
  package init(_ snapshot: Snapshot, names: ShownNames = ShownNames()) {
    self.names = names
    interfaceNames = snapshot.interfaceNames
    interfaceNamesElsewhere = snapshot.interfaceNamesElsewhere
    ownNamespace = snapshot.meta.netns
  }

  /// Returns the local end of a socket that is not a unix socket.
  package func local(_ record: SocketRecord) -> String {
    var text: [UInt8] = []
    appendLocal(record, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// The remote end of an internet socket; `-` when it has none.
  package func peer(_ record: SocketRecord) -> String {
    guard record.hasPeer else { return "-" }
    var text: [UInt8] = []
    appendPeer(record, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Appends the local end of a socket that is not a unix socket.
  func appendLocal(_ record: SocketRecord, to output: inout [UInt8]) {
    switch record.transport {
    case .netlink: appendNetlink(record, to: &output)
    case .packet: appendPacket(record, to: &output)
    case .vsock, .tipc: output.append(ascii: record.numberedLocal?.description ?? "-")
    case .xdp: appendQueue(record, to: &output)
    default:
      let address = IPAddress(bits: record.localBits, isIPv4: record.family == .ipv4)
      if record.takesBothFamilies {
        output.append(UInt8(ascii: "*"))
      } else {
        appendHost(address, record, to: &output)
      }
      if record.isBoundToInterface, !address.isLinkLocal {
        output.append(UInt8(ascii: "%"))
        appendInterface(of: record, to: &output)
      }
      appendPort(record.localPort, record.transport, to: &output)
    }
  }

  /// Appends the remote end of an internet socket that has one.
  func appendPeer(_ record: SocketRecord, to output: inout [UInt8]) {
    appendHost(IPAddress(bits: record.remoteBits, isIPv4: record.family == .ipv4), record, to: &output)
    appendPort(record.remotePort, record.transport, to: &output)
  }

  private func appendHost(_ address: IPAddress, _ record: SocketRecord, to output: inout [UInt8]) {
    let zone = record.isBoundToInterface && address.isLinkLocal
    if let name = names.hosts[address] {
      Escaping.append(Array(name.utf8)[...], to: &output)
      if zone { appendZone(record, to: &output) }
    } else if address.isIPv4 {
      output.appendDotted(UInt32(truncatingIfNeeded: address.bits))
    } else {
      output.append(UInt8(ascii: "["))
      output.appendAddress(address.bits, isIPv4: false)
      if zone { appendZone(record, to: &output) }
      output.append(UInt8(ascii: "]"))
    }
  }

  private func appendZone(_ record: SocketRecord, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "%"))
    appendInterface(of: record, to: &output)
  }

  /// Appends the name of the interface that a socket is bound to, or its number where no name is
  /// known.
  private func appendInterface(of record: SocketRecord, to output: inout [UInt8]) {
    var name: [UInt8]?
    if let namespace = record.networkNamespace, let ownNamespace, namespace != ownNamespace {
      name = interfaceNamesElsewhere[InterfaceElsewhere(namespace: namespace, index: record.interface)]
    } else {
      name = interfaceNames[record.interface]
    }
    if let name {
      Escaping.append(name[...], to: &output)
    } else {
      output.appendDecimal(UInt64(record.interface))
    }
  }

  private func appendPort(_ port: UInt16, _ transport: Transport, to output: inout [UInt8]) {
    output.append(UInt8(ascii: ":"))
    if let service = names.service(port, of: transport) {
      Escaping.append(Array(service.utf8)[...], to: &output)
    } else if port == 0 {
      output.append(UInt8(ascii: "*"))
    } else {
      output.appendDecimal(UInt64(port))
    }
  }

  private func appendNetlink(_ record: SocketRecord, to output: inout [UInt8]) {
    if let name = Self.netlinkNames[record.localPort] {
      output.append(ascii: name)
    } else {
      output.appendDecimal(UInt64(record.localPort))
    }
    output.append(UInt8(ascii: ":"))
    if record.isKernelNetlink {
      output.append(ascii: "kernel")
    } else if record.localBits == 0 {
      output.append(UInt8(ascii: "*"))
    } else {
      output.appendDecimal(UInt64(truncatingIfNeeded: record.localBits))
    }
  }

  private func appendQueue(_ record: SocketRecord, to output: inout [UInt8]) {
    guard let queue = record.interfaceQueue else { return output.append(UInt8(ascii: "-")) }
    appendInterface(of: record, to: &output)
    output.append(ascii: ":q\(queue)")
  }

  private func appendPacket(_ record: SocketRecord, to output: inout [UInt8]) {
    switch record.localPort {
    case 3: output.append(UInt8(ascii: "*"))  // ETH_P_ALL
    case let number:
      if let name = Self.etherNames[number] {
        output.append(ascii: name)
      } else {
        output.append(ascii: "[\(number)]")
      }
    }
    output.append(UInt8(ascii: ":"))
    if record.known.contains(.interface), record.interface != 0 {
      appendInterface(of: record, to: &output)
    } else {
      output.append(UInt8(ascii: record.known.contains(.interface) ? "*" : "-"))
    }
  }

  /// The protocols of `include/uapi/linux/netlink.h` with the names that `ss` uses for them.
  private static let netlinkNames: [UInt16: String] = [
    0: "rtnl", 1: "unused", 2: "usersock", 3: "fw", 4: "tcpdiag", 5: "nflog", 6: "xfrm", 7: "selinux", 8: "iscsi",
    9: "audit", 10: "fiblookup", 11: "connector", 12: "nft", 13: "ip6fw", 14: "dec-rt", 15: "uevent", 16: "genl",
    18: "scsi-trans", 19: "ecryptfs", 20: "rdma", 21: "crypto", 22: "smc",
  ]

  /// The ethertypes (`include/uapi/linux/if_ether.h`) that programs listen for, with the names that
  /// `ss` uses for them.
  private static let etherNames: [UInt16: String] = [
    0x0800: "ip", 0x0806: "arp", 0x8035: "rarp", 0x86DD: "ipv6", 0x8100: "802.1Q", 0x8863: "ppp_disc",
    0x8864: "ppp_ses", 0x88A8: "802.1ad", 0x88CC: "LLDP",
  ]
}

extension SocketRecord {
  /// Whether the socket is bound to one interface.
  @inline(__always)
  var isBoundToInterface: Bool { interface != 0 && known.contains(.interface) }

  /// Whether this is an IPv6 socket without an address of its own that also takes IPv4. Raw and
  /// ICMP sockets of IPv6 never do, whatever their option says.
  var takesBothFamilies: Bool {
    family == .ipv6 && localBits == 0 && transport.hasPorts && known.contains(.ipv6Only) && !flags.contains(.ipv6Only)
  }

  /// Whether the local end is written as just its address and port.
  @inline(__always)
  var hasPlainLocal: Bool {
    !isBoundToInterface && (family == .ipv4 || localBits != 0) && transport.isInternet
  }

  /// Whether the remote end is written as just its address and port.
  @inline(__always)
  var hasPlainPeer: Bool { !isBoundToInterface && transport.isInternet }
}

extension IPAddress {
  /// Whether an interface must be named with the address: `fe80::/10`.
  var isLinkLocal: Bool { !isIPv4 && bits >> 118 == 0x3FA }
}
