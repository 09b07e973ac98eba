/// Copying a text by way of the terminal, which has the clipboard of the user even where the
/// program runs on another machine.
package enum TerminalClipboard {
  /// The most bytes that are copied: xterm takes no longer string, and tmux hardly.
  package static let longest = 74_994

  /// The bytes that make the terminal copy a text to its clipboard, OSC 52 (xterm's ctlseqs,
  /// "Manipulate Selection Data"); `nil` for a text that is too long.
  ///
  /// A terminal that does not know them, or may not, ignores them: whether it copied is not known.
  package static func copying(_ text: some Collection<UInt8>) -> [UInt8]? {
    guard text.count <= longest else { return nil }
    var output = Array("\u{1B}]52;c;".utf8)
    output.appendBase64(text)
    output.append(ASCII.bell)
    return output
  }
}

extension [UInt8] {
  /// Appends bytes in Base64 (RFC 4648, 4), with padding.
  package mutating func appendBase64(_ bytes: some Collection<UInt8>) {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    reserveCapacity(count + (bytes.count + 2) / 3 * 4)
    var group: UInt32 = 0
    var filled = 0
    func digit(_ place: UInt32) -> UInt8 { alphabet[Int(group >> (18 - 6 * place) & 63)] }
    for byte in bytes {
      group |= UInt32(byte) << (16 - 8 * UInt32(filled))
      filled += 1
      guard filled == 3 else { continue }
      for place: UInt32 in 0..<4 { append(digit(place)) }
      group = 0
      filled = 0
    }
    guard filled > 0 else { return }
    for place in 0...UInt32(filled) { append(digit(place)) }
    for _ in filled..<3 { append(UInt8(ascii: "=")) }
  }
}
