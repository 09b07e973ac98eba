import LinuxSystem
import SocketModel

/// Calls and their results for people, in the form of C: `bind(3, 127.0.0.1:1234) = 0`.
package struct CallText: Sendable {
  /// The language of the words; calls, names and the C library's messages are the same in all.
  var language = Language.english
  /// How many columns the excerpt of long data may take.
  var dataWidth = 40

  /// The call with its arguments.
  func call(_ call: SocketCall) -> String {
    let arguments: [String] =
      switch call {
      case .socket(let kind): Self.arguments(of: kind)
      case .setOption(let number, let name, let value): ["\(number)", name, value]
      case .bind(let number, let address), .connect(let number, let address):
        ["\(number)", address.shown(in: language)]
      case .listen(let number, let backlog): ["\(number)", "\(backlog)"]
      case .accept(let number), .close(let number): ["\(number)"]
      case .receive(let number, let capacity), .receiveFrom(let number, let capacity): ["\(number)", "\(capacity)"]
      case .send(let number, let bytes): ["\(number)", data(bytes)]
      case .sendTo(let number, let bytes, let address): ["\(number)", data(bytes), address.shown(in: language)]
      case .shutdownSending(let number): ["\(number)", "SHUT_WR"]
      }
    return "\(call.name)(\(arguments.joined(separator: ", ")))"
  }

  /// The call with its result.
  func line(_ call: SocketCall, _ result: CallResult) -> String {
    "\(self.call(call)) = \(self.result(result, of: call))"
  }

  /// The result of the call.
  func result(_ result: CallResult, of call: SocketCall) -> String {
    switch result {
    case .done(let count): return "\(count)"
    case .made(let number): return "\(number)"
    case .accepted(let number, let peer): return "\(number), \(from(peer))"
    case .received(let bytes, let sender, let length):
      guard case .receiveFrom = call else {
        let end = language("0, the other end sends no more", "0, el otro extremo no envía más")
        return bytes.isEmpty ? end : "\(bytes.count), \(data(bytes))"
      }
      let count = length > bytes.count ? "\(bytes.count) \(language("of", "de")) \(length)" : "\(bytes.count)"
      return "\(count), \(data(bytes))" + (sender.map { ", " + from($0) } ?? "")
    case .underWay: return error(.wouldWait(call.name))
    case .failed(let error): return self.error(error)
    }
  }

  /// Bytes as Python shows them; of long ones the beginning and the number: `b'aaaa'... 65536
  /// bytes`.
  package func data(_ bytes: [UInt8]) -> String {
    // More than this many never fit.
    let whole = PythonText.bytes(bytes.prefix(dataWidth))
    if bytes.count <= dataWidth, whole.utf8.count <= dataWidth { return whole }
    let tail = "... \(bytes.count) bytes"
    var count = min(bytes.count, max(1, dataWidth - tail.utf8.count))
    while count > 1, PythonText.bytes(bytes.prefix(count)).utf8.count + tail.utf8.count > dataWidth { count -= 1 }
    return PythonText.bytes(bytes.prefix(count)) + tail
  }

  private func from(_ address: SocketAddress) -> String { language("from ", "de ") + address.shown(in: language) }

  private func error(_ error: SystemError) -> String {
    "-1 " + (error.name.map { "\($0): " } ?? "") + error.reason
  }

  private static func arguments(of kind: SocketKind) -> [String] {
    let family: String? =
      switch AddressFamily(rawValue: UInt8(truncatingIfNeeded: kind.family)) {
      case .ipv4: "AF_INET"
      case .ipv6: "AF_INET6"
      case .unix: "AF_UNIX"
      case .netlink: "AF_NETLINK"
      case .packet: "AF_PACKET"
      case .tipc: "AF_TIPC"
      case .vsock: "AF_VSOCK"
      case .xdp: "AF_XDP"
      case .other, nil: nil
      }
    let type = SocketType(rawValue: UInt8(truncatingIfNeeded: kind.type)).map { "SOCK_\($0.constantName)" }
    return [family ?? "\(kind.family)", type ?? "\(kind.type)", "\(kind.protocolNumber)"]
  }
}
