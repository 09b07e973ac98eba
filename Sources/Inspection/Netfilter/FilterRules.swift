package import KernelFormats
import LinuxSystem
package import SocketModel

/// Reads the rules of nf_tables in the network namespace of the calling thread, which takes
/// CAP_NET_ADMIN.
package enum FilterRules {
  /// What was answered to a request.
  private enum Answer {
    case whole
    /// The kernel lacks it, or there is nothing.
    case absent
    /// It may not be read, or was not read to its end.
    case refused
  }

  /// The most sets whose elements are asked for.
  private static let mostSets = 256

  /// Finds the rules that do something with the first packet of a connection.
  ///
  /// - Parameter root: where the names of iptables' older tables are, whose rules are not read.
  package static func rules(for packet: FilterRuleset.Packet, in root: ProcRoot) -> ForwardingRules {
    do throws(SystemError) {
      let socket = try NetlinkSocket.netfilter()
      return rules(for: packet, from: socket, in: root)
    } catch {
      // Only a kernel without netfilter's messages (EPROTONOSUPPORT, EAFNOSUPPORT) has no nf_tables.
      guard [93, 97].contains(error.code) else { return .unreadable }
      return hasOlderTables(root) ? .older : .absent
    }
  }

  private static func rules(
    for packet: FilterRuleset.Packet, from socket: borrowing NetlinkSocket, in root: ProcRoot
  ) -> ForwardingRules {
    var ruleset = FilterRuleset()
    let chains = dump(socket, NFTablesMessage.request(.chains, sequence: 1), NFTablesMessage.Kind.chains) {
      (payload: Span<UInt8>) throws(DecodeError) in
      ruleset.add(try NFTChain(parsing: payload))
    }
    switch chains {
    case .refused: return .unreadable
    case .absent: return hasOlderTables(root) ? .older : .absent
    case .whole: break
    }
    let rules = dump(socket, NFTablesMessage.request(.rules, sequence: 2), .rules) {
      (payload: Span<UInt8>) throws(DecodeError) in
      ruleset.add(try NFTRule(parsing: payload))
    }
    guard case .whole = rules else { return .unreadable }
    for (index, set) in ruleset.wantedSets.prefix(mostSets).enumerated() {
      var elements: [NFTElement] = []
      let request = NFTablesMessage.request(elementsOf: set, sequence: UInt32(3 + index))
      let outcome = dump(socket, request, .elements) { (payload: Span<UInt8>) throws(DecodeError) in
        elements += try NFTElement.all(parsing: payload)
      }
      if case .whole = outcome { ruleset.add(elements, to: set) }
    }
    let found = ruleset.rules(for: packet)
    return found.isEmpty && hasOlderTables(root) ? .older : .read(found)
  }

  /// Whether iptables has rules in its older tables: their file has the names of those that are in
  /// use. It is root's.
  private static func hasOlderTables(_ root: ProcRoot) -> Bool {
    ["ip_tables_names", "ip6_tables_names"].contains { name in
      !((try? root.readTable(name, limit: 4096)) ?? []).isEmpty
    }
  }

  private static func dump(
    _ socket: borrowing NetlinkSocket, _ request: [UInt8], _ kind: NFTablesMessage.Kind,
    _ body: (Span<UInt8>) throws(DecodeError) -> Void
  ) -> Answer {
    guard (try? socket.send(request.span)) != nil else { return .refused }
    var buffer = [UInt8](repeating: 0, count: SockDiagDumper.bufferSize)
    while let datagram = try? socket.receive(into: &buffer) {
      guard datagram.sender == 0, !datagram.isTruncated else { return .refused }
      let bytes = buffer.span.extracting(0..<min(datagram.count, buffer.count))
      var messages = NetlinkMessages()
      do throws(DecodeError) {
        while let message = try messages.next(in: bytes) {
          let payload = bytes.extracting(message.payload)
          switch message.type {
          case NetlinkMessage.done: return .whole
          case NetlinkMessage.error: return refusal(payload)
          case kind.answerType: try body(payload)
          default: break
          }
        }
      } catch {
        return .refused
      }
    }
    return .refused
  }

  /// The errors of a kernel without nf_tables: ENOENT, EINVAL, EOPNOTSUPP.
  private static func refusal(_ payload: Span<UInt8>) -> Answer {
    guard let code = NFTablesMessage.errorCode(payload) else { return .refused }
    if code == 0 { return .whole }
    return [2, 22, 95].contains(code) ? .absent : .refused
  }
}
