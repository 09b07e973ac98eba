internal import Text

/// Decodes `/proc/net/protocols`: a header, then a line for each protocol with its name, the size of
/// a socket and how many sockets of it the network namespace has (`proto_seq_show`,
/// net/core/sock.c).
package struct ProtocolTable: Sendable {
  private var counts: [[UInt8]: UInt64] = [:]

  /// Decodes the table. Lines that are not of this form are left out.
  package init(_ bytes: Span<UInt8>) {
    var start = 0
    while start < bytes.count {
      let end = ProcNetDecoder.endOfLine(bytes, from: start)
      let line = bytes.extracting(start..<end)
      start = end + 1
      var cursor = FieldCursor()
      guard let name = cursor.field(line), cursor.number(line) != nil,
        let count = cursor.number(line).flatMap({ UInt64(exactly: $0) })
      else { continue }
      var word: [UInt8] = []
      word.append(line.extracting(name))
      counts[word] = count
    }
  }

  /// How many sockets of a protocol there are; `nil` when the table does not have it.
  ///
  /// - Parameter name: the kernel's name, such as `MPTCPv6`.
  package func sockets(of name: String) -> UInt64? { counts[Array(name.utf8)] }
}
