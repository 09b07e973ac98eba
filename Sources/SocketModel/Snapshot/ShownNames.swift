/// Names to show instead of numbers (`--resolve`). They come from outside and are escaped like
/// everything else.
///
/// Only the table shows them: JSON and CSV keep the numbers, so that a script never depends on a
/// name service.
package struct ShownNames: Sendable {
  /// Host names of addresses.
  package var hosts: [IPAddress: String]
  /// Service names of TCP (and MPTCP) ports.
  package var tcpServices: [UInt16: String]
  /// Service names of UDP (and UDP-Lite) ports.
  package var udpServices: [UInt16: String]
  /// Names of IP protocols, which raw sockets have instead of a port.
  package var protocols: [UInt16: String]

  /// Makes a collection of names; empty by default, which shows numbers.
  package init(
    hosts: [IPAddress: String] = [:], tcpServices: [UInt16: String] = [:], udpServices: [UInt16: String] = [:],
    protocols: [UInt16: String] = [:]
  ) {
    self.hosts = hosts
    self.tcpServices = tcpServices
    self.udpServices = udpServices
    self.protocols = protocols
  }

  /// Whether there is no name at all.
  package var isEmpty: Bool { hosts.isEmpty && tcpServices.isEmpty && udpServices.isEmpty && protocols.isEmpty }

  package func service(_ port: UInt16, of transport: Transport) -> String? {
    if isEmpty { return nil }
    return switch transport.description.portNames {
    case .tcp: tcpServices[port]
    case .udp: udpServices[port]
    case .protocols: protocols[port]
    case nil: nil
    }
  }
}
