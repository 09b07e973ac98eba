import LinuxSystem
import SocketModel

extension NetstatNames {
  /// How long all lookups of hosts may take together, in milliseconds. The original waits for each
  /// as long as it takes; what is not found by then stays a number.
  private static let lookupLimit = 20_000

  /// The names of the addresses, ports and protocols of some sockets, from the system's files and
  /// name services.
  init(for sockets: some Sequence<SocketRecord>, _ options: NetstatOptions) {
    self.init()
    if !options.numericHosts { hosts = Self.hosts(of: sockets) }
    if !options.numericPorts {
      tcpServices = Self.services("tcp")
      udpServices = Self.services("udp")
      // Names of protocols take precedence over the "services" of raw IP.
      protocols = Self.services("raw").merging(ProtocolNames.system.names) { $1 }
    }
  }

  private static func hosts(of sockets: some Sequence<SocketRecord>) -> [IPAddress: [UInt8]] {
    var addresses: Set<IPAddress> = []
    for record in sockets {
      for end in [record.local, record.remote] {
        if let address = end?.address, !address.isUnspecified { addresses.insert(address) }
      }
    }
    let found = HostNames.lookUp(addresses.map(\.bytes), milliseconds: lookupLimit)
    var hosts: [IPAddress: [UInt8]] = [:]
    for address in addresses { hosts[address] = found[address.bytes].map { Array($0.utf8.prefix(127)) } }
    return hosts
  }

  /// The original searches from the end: when a port has several names it shows the last.
  private static func services(_ transport: String) -> [UInt16: [UInt8]] {
    var names: [UInt16: [UInt8]] = [:]
    for entry in ServiceNames.system.entries where entry.transport == transport && !entry.isAlias {
      names[entry.port] = Array(entry.name.utf8.prefix(63))
    }
    return names
  }
}

extension IPAddress {
  /// The address as it is in a packet: 4 or 16 bytes.
  fileprivate var bytes: [UInt8] {
    stride(from: width - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: bits >> UInt128($0)) }
  }
}
