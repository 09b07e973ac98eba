import LinuxSystem
package import SocketModel

extension ShownNames {
  /// How long all lookups together may take, in milliseconds. What is not found by then stays a
  /// number.
  package static let lookupLimit = 500
  /// How long the classic programs wait for all lookups together, in milliseconds.
  private static let patience = 3_600_000
  /// The most addresses that are looked up, so that a long listing does not flood a name server.
  static let addressLimit = 1024

  /// Looks up the names of the addresses and ports of some rows.
  package init(for rows: ArraySlice<UInt32>, of snapshot: Snapshot) {
    self.init(
      hosts: Self.hosts(for: rows, of: snapshot), tcpServices: ServiceNames.system.names(of: "tcp"),
      udpServices: ServiceNames.system.names(of: "udp"),
      protocols: ProtocolNames.system.names.mapValues { String(decoding: $0, as: UTF8.self) })
  }

  /// The names that no name server is needed for: of TCP and UDP ports from services(5), of the
  /// addresses of some sockets from hosts(5).
  package static func local(for records: [SocketRecord]) -> ShownNames {
    var names = ShownNames(
      tcpServices: ServiceNames.system.names(of: "tcp"), udpServices: ServiceNames.system.names(of: "udp"))
    let file = records.isEmpty ? nil : HostsFile.system
    for case let end? in records.flatMap({ [$0.local, $0.remote] }) {
      names.hosts[end.address] = file?.name(of: end.address.networkBytes)
    }
    return names
  }

  /// The names of the addresses of some rows.
  ///
  /// - Parameter patiently: whether all addresses are looked up, however long it takes, as the
  ///   classic programs do.
  package static func hosts(
    for rows: ArraySlice<UInt32>, of snapshot: Snapshot, patiently: Bool = false
  ) -> [IPAddress: String] {
    let limit = patiently ? Int.max : Self.addressLimit
    var addresses: Set<IPAddress> = []
    for row in rows where addresses.count < limit {
      let record = snapshot.records[Int(row)]
      for end in [record.local, record.remote] {
        if let address = end?.address, !address.isUnspecified { addresses.insert(address) }
      }
    }
    let asked = Array(addresses)
    let found = HostNames.lookUp(asked.map(\.networkBytes), milliseconds: patiently ? Self.patience : Self.lookupLimit)
    var hosts: [IPAddress: String] = [:]
    for address in asked { hosts[address] = found[address.networkBytes] }
    return hosts
  }
}

/// Names that are looked up as events arrive: each address only once, even if it has no name.
package struct EventNames {
  package private(set) var shown = ShownNames.local(for: [])
  private var asked: Set<IPAddress> = []

  package init() {}

  /// Looks up the addresses of some rows that were not looked up before; waits at most
  /// ``ShownNames/lookupLimit``.
  package mutating func learn(of rows: [UInt32], in snapshot: Snapshot) {
    var new: [UInt32] = []
    for row in rows where asked.count < ShownNames.addressLimit {
      let record = snapshot.records[Int(row)]
      var isNew = false
      for case let end? in [record.local, record.remote] where asked.insert(end.address).inserted { isNew = true }
      if isNew { new.append(row) }
    }
    guard !new.isEmpty else { return }
    shown.hosts.merge(ShownNames.hosts(for: new[...], of: snapshot)) { old, _ in old }
  }
}

extension IPAddress {
  /// The address as it is in a packet: 4 or 16 bytes. An IPv4-mapped address counts as IPv4,
  /// because its name is found under that.
  fileprivate var networkBytes: [UInt8] {
    let width = embeddedIPv4 == nil ? 128 : 32
    return stride(from: width - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: bits >> UInt128($0)) }
  }
}
