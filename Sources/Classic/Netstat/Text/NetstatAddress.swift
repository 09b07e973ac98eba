import Rendering
internal import SocketModel
internal import Text

extension NetstatView {
  /// How many bytes of an address and its port fit into their column beside the colon.
  private static let room = 22
  /// The most bytes of the port when both do not fit.
  private static let portRoom = 18

  /// Appends one end of a socket, padded to its column: `ADDRESS:PORT`, without brackets, cut
  /// unless wide.
  func appendEnd(_ record: SocketRecord, _ bits: UInt128, _ port: UInt16, to output: inout [UInt8]) {
    let start = output.count
    appendHost(IPAddress(bits: bits, isIPv4: record.family == .ipv4), to: &output)
    let host = output.count - start
    output.append(ASCII.colon)
    appendPort(port, record.transport, to: &output)
    let digits = output.count - start - host - 1
    if !options.isWide, host + digits > Self.room {
      let shownDigits = min(digits, Self.portRoom)
      let shownHost = min(host, Self.room - shownDigits)
      output.removeLast(digits - shownDigits)
      output.removeSubrange((start + shownHost)..<(start + host))
    }
    output.pad(from: start, to: 23)
  }

  private func appendHost(_ address: IPAddress, to output: inout [UInt8]) {
    if !options.numericHosts {
      if address.isUnspecified { return output.append(ascii: address.isIPv4 ? "0.0.0.0" : "[::]") }
      if let name = names.hosts[address] { return output.append(contentsOf: name) }
    }
    // An IPv4-mapped address is shown as IPv4, and `inet_ntop` also writes what RFC 4291 called
    // IPv4-compatible with dots.
    if let inner = address.embeddedIPv4 { return output.appendDotted(inner) }
    if address.bits >> 32 == 0, address.bits >> 16 != 0 {
      output.append(ascii: "::")
      return output.appendDotted(UInt32(truncatingIfNeeded: address.bits))
    }
    address.append(to: &output)
  }

  private func appendPort(_ port: UInt16, _ transport: Transport, to output: inout [UInt8]) {
    if port == 0 { return output.append(UInt8(ascii: "*")) }
    if !options.numericPorts {
      let services =
        switch transport {
        case .tcp: names.tcpServices
        case .raw: names.protocols
        default: names.udpServices
        }
      if let name = services[port] { return output.append(contentsOf: name) }
    }
    output.appendDecimal(UInt64(port))
  }
}
