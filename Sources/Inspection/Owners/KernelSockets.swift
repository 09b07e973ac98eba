import KernelFormats
import LinuxSystem
import SocketModel

/// The sockets that the kernel keeps for its own services, recognised by evidence: an interface
/// that is up and has the port, or the NFS server's list of ports. They have an inode, as every
/// socket with a `struct socket`, and no descriptor.
struct KernelSockets {
  let root: ProcRoot

  /// Finds which of some rows without an owner are the kernel's.
  func find(
    _ records: [SocketRecord], _ rows: [Int]
  ) -> (owners: [(row: Int, owner: Owner)], interfaceNames: [UInt32: [UInt8]]) {
    var owners: [(row: Int, owner: Owner)] = []
    var names: [UInt32: [UInt8]] = [:]
    let datagrams = rows.filter { records[$0].transport == .udp && !records[$0].hasPeer }
    let links = datagrams.isEmpty ? [] : Self.linksWithPorts()
    for row in datagrams {
      guard let link = links.first(where: { $0.isBound(records[row]) }) else { continue }
      owners.append((row, .kernel(nil, for: KernelSocketUser(link.service, interface: link.interface))))
      names[link.interface] = link.name
    }
    let rest = rows.filter { row in
      records[row].transport == .tcp || records[row].transport == .udp && !owners.contains { $0.row == row }
    }
    guard !rest.isEmpty, let ports = nfsPorts else { return (owners, names) }
    for row in rest {
      let list = records[row].transport == .tcp ? ports.tcp : ports.udp
      if list.contains(records[row].localPort) { owners.append((row, .kernel(nil, for: KernelSocketUser(.nfsd)))) }
    }
    return (owners, names)
  }

  /// The ports of the NFS server; `nil` where there is none, or its list may not be read.
  private var nfsPorts: NFSPortList? {
    guard let bytes = try? root.read("fs/nfsd/portlist", in: root.folder), !bytes.isEmpty else { return nil }
    return NFSPortList(parsing: bytes.span)
  }

  /// The interfaces of the calling thread's network namespace that have sockets; empty when they
  /// cannot be read.
  private static func linksWithPorts() -> [LinkMessage] {
    var links: [LinkMessage] = []
    guard let socket = try? NetlinkSocket.route() else { return [] }
    answers(of: socket, to: LinkMessage.request(sequence: 1), type: LinkMessage.answerType) {
      payload throws(DecodeError) in
      if let link = try LinkMessage(parsing: payload), link.isUp { links.append(link) }
      return true
    }
    // Of WireGuard only those with the right to configure it learn the port.
    guard links.contains(where: { $0.service == .wireguard }), let family = wireGuard() else { return links }
    for index in links.indices where links[index].service == .wireguard {
      links[index].port = port(of: links[index].interface, family)
    }
    return links
  }

  /// The family of WireGuard; `nil` where the kernel has none.
  private static func wireGuard() -> GenericNetlinkFamily? {
    var family: GenericNetlinkFamily?
    guard let socket = try? NetlinkSocket.generic() else { return nil }
    let request = GenericNetlinkFamily.request(name: WireGuardDevice.family, sequence: 1)
    answers(of: socket, to: request, type: GenericNetlinkFamily.controlType) { payload throws(DecodeError) in
      family = try GenericNetlinkFamily(parsing: payload)
      return false
    }
    return family
  }

  /// The port of a WireGuard interface; `nil` when it may not be read.
  private static func port(of interface: UInt32, _ family: GenericNetlinkFamily) -> UInt16? {
    var port: UInt16?
    // The rest of the answer, the list of peers, goes with the socket.
    guard let socket = try? NetlinkSocket.generic() else { return nil }
    let request = WireGuardDevice.request(family, interface: interface, sequence: 1)
    answers(of: socket, to: request, type: family.type) { payload throws(DecodeError) in
      port = try WireGuardDevice(parsing: payload)?.port
      return false
    }
    return port
  }

  /// Sends a request and calls `body` with the payload of each answer, until it returns `false` or
  /// there is another message than an answer, such as the end or an error.
  private static func answers(
    of socket: borrowing NetlinkSocket, to request: [UInt8], type: UInt16,
    _ body: (Span<UInt8>) throws(DecodeError) -> Bool
  ) {
    guard (try? socket.send(request.span)) != nil else { return }
    var buffer = [UInt8](repeating: 0, count: SockDiagDumper.bufferSize)
    while let datagram = try? socket.receive(into: &buffer), datagram.sender == 0, !datagram.isTruncated {
      let bytes = buffer.span.extracting(0..<min(datagram.count, buffer.count))
      var messages = NetlinkMessages()
      do throws(DecodeError) {
        while let message = try messages.next(in: bytes) {
          guard message.type == type, try body(bytes.extracting(message.payload)) else { return }
        }
      } catch {
        return
      }
    }
  }
}

extension LinkMessage {
  /// Whether a UDP socket has the port of the interface, at every address or at its own.
  fileprivate func isBound(_ record: SocketRecord) -> Bool {
    guard let port, port == record.localPort, let address = record.local?.address else { return false }
    return address.isUnspecified || address == local
  }
}
