import Rendering
internal import SocketModel
internal import Text

// The NAME of a socket.
extension LsofContext {
  /// Appends the name in lsof's sense: the two ends, the path and type, the protocol.
  ///
  /// - Returns: whether there is any text.
  @inline(__always)
  func appendName(of file: OwnedSocket, _ record: SocketRecord, to output: inout [UInt8]) -> Bool {
    let start = output.count
    switch record.transport {
    case .tcp, .mptcp, .udp, .udplite: appendEnds(record, to: &output)
    case .unix: appendUnix(Int(file.row), record, to: &output)
    case .netlink: output.append(ascii: LsofProtocols.netlink(record.localPort))
    case .packet:
      output.append(ascii: "type=")
      if record.known.contains(.socketType) {
        output.append(ascii: "SOCK_")
        output.append(ascii: record.socketType.constantName)
      } else {
        output.append(ascii: "unknown")
      }
    case .raw:
      appendHexadecimalEnds(record, to: &output)
      output.append(ascii: " st=")
      output.appendHexadecimalByte(record.state == .connected ? 1 : 7)
    case .icmp: appendHexadecimalEnds(record, to: &output)
    // Never among the transports that lsof's view asks for.
    case .sctp, .smc, .vsock, .xdp, .tipc, .other: break
    }
    if view.endpoints != nil { appendEndpoint(of: Int(file.row), from: start, to: &output) }
    return output.count > start
  }

  /// Appends the other end after the name that begins at `start`: the inode of a unix socket and
  /// each descriptor of it as `PID,COMMAND,FDu`, the last one of the last process first.
  private func appendEndpoint(of row: Int, from start: Int, to output: inout [UInt8]) {
    guard let peer = view.endpoints?.peer(of: row) else { return }
    var text: [UInt8] = []
    if snapshot.records[peer].transport == .unix {
      text.append(ascii: "->INO=")
      text.appendDecimal(snapshot.records[peer].inode)
    }
    for index in LsofEndpoints.ends(of: peer, in: snapshot).reversed() {
      let owner = snapshot.owners[index]
      guard let process = snapshot.process(of: owner) else { continue }
      if !text.isEmpty { text.append(ASCII.blank) }
      text.appendDecimal(Int(process.pid))
      text.append(ASCII.comma)
      // As many bytes as the column has, so none with `+c 0`.
      text.append(contentsOf: process.name.prefix(view.commandLimit))
      text.append(ASCII.comma)
      appendDescriptor(owner, to: &text)
      text.append(UInt8(ascii: "u"))
    }
    guard !text.isEmpty else { return }
    if output.count > start { output.append(ASCII.blank) }
    LsofText(isPrintable: view.isPrintable).append(text[...], to: &output)
  }

  /// Appends the state and queues after the name, with the blank before them that lsof prints even
  /// where neither follows.
  @inline(__always)
  func appendInformation(of record: SocketRecord, hasName: Bool, to output: inout [UInt8]) {
    guard !view.information.isEmpty else { return }
    switch record.transport {
    case .raw, .icmp, .packet, .netlink, .vsock, .xdp, .tipc, .other: return
    default: if hasName { output.append(ASCII.blank) }
    }
    let start = output.count
    if view.information.contains(.state), let state = stateName(of: record) {
      output.append(UInt8(ascii: "("))
      output.append(ascii: state)
    }
    if view.information.contains(.queues), record.transport != .unix {
      for (name, size) in queues(of: record) {
        output.append(output.count > start ? ASCII.blank : UInt8(ascii: "("))
        output.append(ascii: name)
        output.appendDecimal(UInt64(size))
      }
    }
    if output.count > start { output.append(UInt8(ascii: ")")) }
  }

  /// The state's name in capitals, for protocols with states.
  func stateName(of record: SocketRecord) -> String? {
    switch record.transport {
    case .tcp, .mptcp: Self.stateNames[Int(record.state.rawValue)]
    case .unix:
      switch record.state {
      case .listen: "LISTEN"
      case .connected: "CONNECTED"
      case .connecting: "CONNECTING"
      case .disconnecting: "DISCONNECTING"
      default: "UNCONNECTED"
      }
    default: nil
    }
  }

  /// Both queues as in /proc, where the send queue of a listener is always 0.
  package func queues(of record: SocketRecord) -> [(String, UInt32)] {
    [("QR=", record.receiveQueue), ("QS=", record.isInternetListener ? 0 : record.sendQueue)]
  }

  private static let stateNames: [String] = {
    var names = [String](repeating: "", count: 256)
    for state in SocketState.allCases { names[Int(state.rawValue)] = state.name.uppercased() }
    return names
  }()

  // MARK: Internet

  @inline(__always)
  private func appendEnds(_ record: SocketRecord, to output: inout [UInt8]) {
    let isIPv4 = record.family == .ipv4 || record.localBits >> 32 == 0xFFFF || record.remoteBits >> 32 == 0xFFFF
    if record.localBits != 0 || record.localPort != 0 {
      appendEnd(record.localBits, record.localPort, isIPv4, record, to: &output)
    }
    if record.remoteBits != 0 || record.remotePort != 0 {
      output.append(ASCII.hyphen)
      output.append(UInt8(ascii: ">"))
      appendEnd(record.remoteBits, record.remotePort, isIPv4, record, to: &output)
    }
  }

  @inline(__always)
  private func appendEnd(
    _ bits: UInt128, _ port: UInt16, _ isIPv4: Bool, _ record: SocketRecord, to output: inout [UInt8]
  ) {
    if isIPv4 ? UInt32(truncatingIfNeeded: bits) == 0 : bits == 0 {
      output.append(UInt8(ascii: "*"))
    } else if !view.names.hosts.isEmpty,
      let name = view.names.hosts[IPAddress(bits: bits, isIPv4: record.family == .ipv4)]
    {
      LsofText(isPrintable: view.isPrintable).append(Array(name.utf8)[...], to: &output)
    } else if isIPv4 {
      output.appendDotted(UInt32(truncatingIfNeeded: bits))
    } else {
      appendIPv6(bits, to: &output)
    }
    output.append(ASCII.colon)
    if port == 0 {
      output.append(UInt8(ascii: "*"))
    } else if let service = service(port, of: record.transport) {
      LsofText(isPrintable: view.isPrintable).append(Array(service.utf8)[...], to: &output)
    } else {
      output.appendDecimal(UInt64(port))
    }
  }

  /// UDP-Lite has no names of ports in lsof.
  private func service(_ port: UInt16, of transport: Transport) -> String? {
    switch transport {
    case .tcp, .mptcp: view.names.tcpServices.isEmpty ? nil : view.names.tcpServices[port]
    case .udp: view.names.udpServices.isEmpty ? nil : view.names.udpServices[port]
    default: nil
    }
  }

  /// Appends an address as `inet_ntop(3)` writes it: with the last two groups dotted when the six
  /// before them are 0.
  private func appendIPv6(_ bits: UInt128, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "["))
    if bits >> 32 == 0, bits > 0xFFFF {
      output.append(ASCII.colon)
      output.append(ASCII.colon)
      output.appendDotted(UInt32(truncatingIfNeeded: bits))
    } else {
      output.appendAddress(bits, isIPv4: false)
    }
    output.append(UInt8(ascii: "]"))
  }

  // MARK: Others

  /// Appends the path as far as lsof reads it, which is up to the first blank, tab or colon
  /// (`get_fields`), and the type.
  private func appendUnix(_ row: Int, _ record: SocketRecord, to output: inout [UInt8]) {
    if let name = snapshot.name(at: row) {
      let path = name.display.drop { $0 == ASCII.blank || $0 == ASCII.tab }.prefix {
        $0 != ASCII.blank && $0 != ASCII.tab && $0 != ASCII.newline && $0 != ASCII.colon
      }
      if !path.isEmpty {
        LsofText(isPrintable: view.isPrintable).append(path, to: &output)
        output.append(ASCII.blank)
      }
    }
    output.append(ascii: "type=")
    output.append(ascii: record.known.contains(.socketType) ? record.socketType.constantName : "unknown")
  }

  /// Appends both ends as in /proc: the words of the addresses in the machine's byte order, and the
  /// protocol or identifier.
  private func appendHexadecimalEnds(_ record: SocketRecord, to output: inout [UInt8]) {
    appendHexadecimalEnd(record.localBits, record.localPort, record.family, to: &output)
    output.append(ascii: "->")
    appendHexadecimalEnd(record.remoteBits, record.remotePort, record.family, to: &output)
  }

  private func appendHexadecimalEnd(
    _ bits: UInt128, _ port: UInt16, _ family: AddressFamily, to output: inout [UInt8]
  ) {
    for shift in stride(from: family == .ipv4 ? UInt128(0) : 96, through: 0, by: -32) {
      let word = UInt32(truncatingIfNeeded: bits >> shift).bigEndian
      for byte in stride(from: UInt32(24), through: 0, by: -8) {
        output.appendUpperHexadecimalByte(UInt8(truncatingIfNeeded: word >> byte))
      }
    }
    output.append(ASCII.colon)
    output.appendUpperHexadecimalByte(UInt8(truncatingIfNeeded: port >> 8))
    output.appendUpperHexadecimalByte(UInt8(truncatingIfNeeded: port))
  }
}
