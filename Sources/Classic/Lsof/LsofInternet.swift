import LinuxSystem
import Query
import SocketModel

// -i [46][PROTOCOL][@HOST][:PORTS]
extension LsofReader {
  mutating func readInternet() {
    guard let value = scanner.optionalValue() else {
      plan.criteria.internet = .all
      return
    }
    var rest = value[...]
    var family: AddressFamily?
    if rest.first == UInt8(ascii: "4") || rest.first == UInt8(ascii: "6") {
      family = rest.first == UInt8(ascii: "4") ? .ipv4 : .ipv6
      rest = rest.dropFirst()
      if rest.isEmpty { return add(family == .ipv4 ? .ipv4 : .ipv6) }
    } else {
      // An earlier -i4 or -i6 holds for this one too.
      switch plan.criteria.internet {
      case .ipv4: family = .ipv4
      case .ipv6: family = .ipv6
      case .none, .all: break
      }
    }
    do throws(InternetProblem) {
      plan.criteria.addresses += try addresses(rest, family, argument: String(decoding: value, as: UTF8.self))
    } catch {
      problems.append("-i \(String(decoding: value, as: UTF8.self)): \(error.message)")
    }
  }

  private mutating func add(_ kind: LsofCriteria.Internet) {
    switch plan.criteria.internet {
    case .none, .all: plan.criteria.internet = kind
    case let earlier: plan.criteria.internet = earlier == kind ? kind : .all
    }
  }

  /// What is wrong with an address, in words.
  private struct InternetProblem: Error {
    let message: String
  }

  private func addresses(
    _ text: ArraySlice<UInt8>, _ family: AddressFamily?, argument: String
  ) throws(InternetProblem) -> [LsofAddress] {
    var rest = text
    var transport: Transport?
    let word = rest.prefix { $0 != UInt8(ascii: "@") && $0 != UInt8(ascii: ":") }
    if !word.isEmpty {
      let name = String(decoding: word, as: UTF8.self).lowercased()
      guard let known = [Transport.tcp, .udp, .udplite].first(where: { $0.name == name }) else {
        throw InternetProblem(message: "\"\(String(decoding: word, as: UTF8.self))\" is none of tcp, udp, udplite")
      }
      transport = known
      rest = rest.dropFirst(word.count)
    }
    var hosts: [Host] = [Host(family: family, bits: 0)]
    if rest.first == UInt8(ascii: "@") { hosts = try self.hosts(rest.dropFirst(), family, rest: &rest) }
    guard !rest.isEmpty else {
      guard transport != nil || hosts.contains(where: { $0.bits != 0 }) else {
        throw InternetProblem(message: "a protocol, host or port is missing")
      }
      return hosts.map {
        LsofAddress(argument: argument, family: $0.family, transport: transport, bits: $0.bits)
      }
    }
    guard rest.first == UInt8(ascii: ":"), rest.count > 1 else {
      throw InternetProblem(message: "ports must stand behind the colon")
    }
    var addresses: [LsofAddress] = []
    for ports in try self.ports(rest.dropFirst(), transport) {
      for host in hosts {
        addresses.append(
          LsofAddress(
            argument: argument, family: host.family, transport: transport, bits: host.bits, ports: ports))
      }
    }
    guard addresses.count <= Self.mostAddresses else {
      throw InternetProblem(message: "more than \(Self.mostAddresses) addresses")
    }
    return addresses
  }

  /// The most addresses that lsof searches for.
  private static let mostAddresses = 100

  // MARK: Hosts

  private struct Host {
    var family: AddressFamily?
    var bits: UInt128
  }

  private func hosts(
    _ text: ArraySlice<UInt8>, _ family: AddressFamily?, rest: inout ArraySlice<UInt8>
  ) throws(InternetProblem) -> [Host] {
    let unacceptable = InternetProblem(message: "an address or host name must stand behind the @")
    guard let first = text.first, first != UInt8(ascii: ":") else { throw unacceptable }
    if first == UInt8(ascii: "[") {
      guard let end = text.lastIndex(of: UInt8(ascii: "]")) else { throw unacceptable }
      rest = text[(end + 1)...]
      return [try bracketed(text[(text.startIndex + 1)..<end], family)]
    }
    let name = text.prefix { $0 != UInt8(ascii: ":") }
    rest = text[name.endIndex...]
    if let dotted = Self.dotted(name) {
      guard family != .ipv6 else { throw InternetProblem(message: "an IPv4 address is none of IPv6") }
      return [Host(family: .ipv4, bits: UInt128(dotted))]
    }
    return try lookUp(String(decoding: name, as: UTF8.self), family)
  }

  private func bracketed(_ text: ArraySlice<UInt8>, _ family: AddressFamily?) throws(InternetProblem) -> Host {
    guard family != .ipv4 else { throw InternetProblem(message: "an IPv6 address is none of IPv4") }
    guard let address = IPAddress(String(decoding: text, as: UTF8.self)), !address.isIPv4, address.bits != 0 else {
      throw InternetProblem(message: "an IPv6 address must stand between the brackets")
    }
    guard let inner = address.embeddedIPv4 else { return Host(family: .ipv6, bits: address.bits) }
    guard family != .ipv6 else { throw InternetProblem(message: "an IPv4 address is none of IPv6") }
    return Host(family: .ipv4, bits: UInt128(inner))
  }

  /// Parses four numbers below 256 with dots between, with or without leading zeros.
  private static func dotted(_ text: ArraySlice<UInt8>) -> UInt32? {
    let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bits: UInt32 = 0
    for part in parts {
      guard let (number, length) = number(Array(part)), length == part.count, number < 256 else { return nil }
      bits = bits << 8 | UInt32(number)
    }
    return bits
  }

  private func lookUp(_ name: String, _ family: AddressFamily?) throws(InternetProblem) -> [Host] {
    var hosts: [Host] = []
    for candidate in [AddressFamily.ipv6, .ipv4] where family == nil || family == candidate {
      guard let found = try? HostNames.addresses(of: name, port: 0, family: Int32(candidate.rawValue)) else { continue }
      for address in found {
        guard let bits = address.ipBits else { continue }
        hosts.append(Host(family: candidate, bits: bits))
      }
    }
    guard !hosts.isEmpty else { throw InternetProblem(message: "the host \(name) is unknown") }
    return hosts
  }

  // MARK: Ports

  private func ports(
    _ text: ArraySlice<UInt8>, _ transport: Transport?
  ) throws(InternetProblem) -> [ClosedRange<Int>] {
    var ranges: [ClosedRange<Int>] = []
    var items = text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
    if items.last?.isEmpty ?? false { items.removeLast() }
    for item in items { ranges.append(try portRange(Array(item), transport)) }
    return ranges
  }

  private func portRange(_ item: [UInt8], _ transport: Transport?) throws(InternetProblem) -> ClosedRange<Int> {
    guard let (low, length) = Self.number(item) else {
      guard !item.isEmpty else { throw InternetProblem(message: "a port is missing") }
      let port = try service(item, transport)
      return port...port
    }
    if length == item.count { return low...low }
    guard item[length] == UInt8(ascii: "-") else {
      throw InternetProblem(message: "a port is a number, a range or a service's name")
    }
    let behind = Array(item[(length + 1)...])
    var high = 0
    if let (number, length) = Self.number(behind), length == behind.count {
      high = number
    } else if !behind.isEmpty, Self.number(behind) == nil {
      high = try service(behind, transport)
    }
    guard high >= low else { throw InternetProblem(message: "a range of ports has the smaller first") }
    return low...high
  }

  private func service(_ name: [UInt8], _ transport: Transport?) throws(InternetProblem) -> Int {
    let text = String(decoding: name, as: UTF8.self)
    let found = names.servicePorts(text)
    func port(_ transport: Transport) -> Int? { found.first { $0.transport == transport }.map { Int($0.port) } }
    if let transport {
      guard let port = port(transport) else {
        throw InternetProblem(message: "\(transport.name) has no service \(text)")
      }
      return port
    }
    let (tcp, udp) = (port(.tcp), port(.udp))
    if let tcp, let udp, tcp != udp {
      throw InternetProblem(
        message: "\(text) is port \(tcp) of TCP and \(udp) of UDP: write tcp:\(text) or udp:\(text)")
    }
    guard let port = tcp ?? udp else { throw InternetProblem(message: "there is no service \(text)") }
    return port
  }
}
