import Glibc

/// Looks up hosts for a program that must not call the C library's resolver: in `/etc/hosts`, then
/// with getent(1), which asks name servers.
///
/// Each address is asked for once; one whose answer did not arrive in time stays without a name.
final class GetentHosts: Sendable {
  private let getent: Getent?
  private let file: @Sendable () -> HostsFile
  private let known = Locked<[[UInt8]: String?]>([:])

  /// The one for this machine.
  static let system = GetentHosts(
    NameServices.hasMoreThanFiles("hosts", in: NameServices.file("/etc/nsswitch.conf"), unnamed: true)
      ? Getent.system : nil, file: { .system })

  /// How many child processes share the lookup of many addresses. The names that one of them has
  /// not found in time are lost.
  private static let mostChildren = 64
  /// How long the lookup of a name's addresses may take, in milliseconds.
  private static let patience = 5000

  init(_ getent: Getent?, file: @escaping @Sendable () -> HostsFile) {
    self.getent = getent
    self.file = file
  }

  /// The names of addresses that are found in time; see
  /// ``HostNames/lookUp(_:milliseconds:threads:)``.
  func names(of addresses: [[UInt8]], milliseconds: Int, threads: Int) -> [[UInt8]: String] {
    let deadline = Clock.monotonicMilliseconds() + milliseconds
    let hosts = file()
    var names: [[UInt8]: String] = [:]
    for address in addresses { names[address] = hosts.name(of: address) }
    guard let getent else { return names }
    let known = self.known.withLock { $0 }
    let left = Set(addresses).filter { names[$0] == nil && known[$0] == nil && HostAddressText.text(of: $0) != nil }
    let sorted = left.sorted { $0.lexicographicallyPrecedes($1) }
    let size = (sorted.count + Self.mostChildren - 1) / Self.mostChildren
    let jobs = stride(from: 0, to: sorted.count, by: max(1, size)).map {
      Array(sorted[$0..<min(sorted.count, $0 + size)])
    }
    parallelForEach(count: jobs.count, threads: threads) { index in
      guard Clock.monotonicMilliseconds() < deadline else { return }
      let found = Self.ask(getent, for: jobs[index], until: deadline)
      self.known.withLock { known in for address in jobs[index] { known[address] = .some(found[address]) } }
    }
    return self.known.withLock { known in
      for address in addresses where names[address] == nil { names[address] = known[address] ?? nil }
      return names
    }
  }

  private static func ask(_ getent: Getent, for addresses: [[UInt8]], until deadline: Int) -> [[UInt8]: String] {
    var names: [[UInt8]: String] = [:]
    let keys = addresses.compactMap { HostAddressText.text(of: $0) }
    // It prints lines in the form of /etc/hosts.
    for entry in HostsFile(parsing: getent.ask("hosts", for: keys, until: deadline).text).entries {
      for address in addresses where HostAddressText.unmapped(address) == HostAddressText.unmapped(entry.address) {
        names[address] = entry.names[0]
      }
    }
    return names
  }

  /// The addresses of a name, or of an address as text; see
  /// ``HostNames/addresses(of:port:family:)``.
  func addresses(of name: String, port: UInt16, family: Int32) throws(HostNames.LookupError) -> [SocketAddress] {
    if let (address, zone) = HostAddressText.bytes(of: name.utf8) {
      guard let found = Self.socketAddress(address, zone: zone, port: port), Self.admits(found, family) else {
        throw .init(name: name, reason: "it is no address of that family, or its interface is not there")
      }
      return [found]
    }
    let listed = file().addresses(of: name).compactMap { Self.socketAddress($0, port: port) }
      .filter { Self.admits($0, family) }
    if !listed.isEmpty { return listed }
    guard let getent else {
      throw .init(name: name, reason: "/etc/hosts does not have it, and there is no getent here to ask name servers")
    }
    guard Getent.canBeKey(name) else { throw .init(name: name, reason: "Name or service not known") }
    let database = family == AF_INET ? "ahostsv4" : family == AF_INET6 ? "ahostsv6" : "ahosts"
    let answer = getent.ask(database, for: [name], until: Clock.monotonicMilliseconds() + Self.patience)
    var found: [SocketAddress] = []
    for line in answer.text.split(separator: UInt8(ascii: "\n")) {
      // An address comes once for each type of socket.
      guard let (address, zone) = HostAddressText.bytes(of: line.prefix { $0 > UInt8(ascii: " ") }),
        let entry = Self.socketAddress(address, zone: zone, port: port), Self.admits(entry, family),
        HostAddressText.unmapped(address).count == address.count, !found.contains(entry)
      else { continue }
      found.append(entry)
    }
    guard found.isEmpty else { return found }
    let late = "no name server answered within \(Self.patience / 1000) s"
    throw .init(name: name, reason: answer.isLate ? late : "Name or service not known")
  }

  private static func admits(_ address: SocketAddress, _ family: Int32) -> Bool {
    family == AF_UNSPEC || address.family == family
  }

  private static func socketAddress(_ address: [UInt8], zone: [UInt8] = [], port: UInt16) -> SocketAddress? {
    let bits = address.reduce(0 as UInt128) { $0 << 8 | UInt128($1) }
    if address.count == 4 { return zone.isEmpty ? .ipv4(UInt32(truncatingIfNeeded: bits), port: port) : nil }
    if zone.isEmpty { return .ipv6(bits, port: port) }
    let text = String(decoding: zone, as: UTF8.self)
    guard let scope = UInt32(text) ?? Interfaces.index(of: text) else { return nil }
    return .ipv6(bits, port: port, scope: scope)
  }
}
