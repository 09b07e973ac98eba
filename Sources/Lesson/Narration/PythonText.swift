import Rendering
package import SocketModel
internal import Text

/// Values as Python 3 prints them, for programs that replace programs written in it.
package enum PythonText {
  /// Bytes as `repr(bytes)` returns them: `b'Hello, world'`.
  ///
  /// The quotes are single ones unless the bytes contain a single and no double one. Everything
  /// that is not printable ASCII is escaped: `\t`, `\n`, `\r`, and `\xNN` in lower case.
  package static func bytes(_ bytes: some Sequence<UInt8>) -> String {
    var hasSingle = false
    var hasDouble = false
    for byte in bytes {
      if byte == ASCII.apostrophe { hasSingle = true }
      if byte == ASCII.quote { hasDouble = true }
    }
    let quote: UInt8 = hasSingle && !hasDouble ? ASCII.quote : ASCII.apostrophe
    var output: [UInt8] = [UInt8(ascii: "b"), quote]
    for byte in bytes {
      switch byte {
      case quote, ASCII.backslash: output.append(contentsOf: [ASCII.backslash, byte])
      case ASCII.tab: output.append(ascii: "\\t")
      case ASCII.newline: output.append(ascii: "\\n")
      case ASCII.carriageReturn: output.append(ascii: "\\r")
      case ASCII.blank..<ASCII.delete: output.append(byte)
      default: Escaping.appendByte(byte, to: &output)
      }
    }
    output.append(quote)
    return String(decoding: output, as: UTF8.self)
  }

  /// An address of the internet families as the tuple that `socket.accept()` returns:
  /// `('127.0.0.1', 38134)`; for IPv6 with flow information and scope, `('::1', 38134, 0, 0)`.
  package static func address(_ end: Endpoint, flow: UInt32 = 0, scope: UInt32 = 0) -> String {
    let host = address(end.address)
    return end.address.isIPv4 ? "('\(host)', \(end.port))" : "('\(host)', \(end.port), \(flow), \(scope))"
  }

  /// The C library writes the last 32 bits of `::/96` dotted, where RFC 5952 leaves that to mapped
  /// addresses.
  private static func address(_ address: IPAddress) -> String {
    let low = UInt32(truncatingIfNeeded: address.bits)
    guard !address.isIPv4, address.bits == UInt128(low), low > 0xFFFF else { return "\(address)" }
    return "::\(IPAddress(ipv4: low))"
  }

  /// A unix socket's name as `print` shows what `socket.accept()` returns: a path as it is, nothing
  /// without a name, and an abstract name as bytes: `b'\x00name'`.
  ///
  /// Where `print` would write something that could harm a terminal, or fail, the path is escaped
  /// as everywhere in this program.
  package static func unixName(_ name: [UInt8]) -> String {
    name.first == 0 ? bytes(name) : Escaping.text(name)
  }
}
