import Rendering
internal import Text

/// Makes text that others chose safe in the way that `lsof` does (`safestrprt`, `safestrprtn`,
/// `safestrlen`, `safepup` of its `misc.c`).
///
/// A control character becomes `\n`, `\t` and the like or `^A`, a backslash is doubled, any other
/// unprintable byte is `\xHH`. In names, blanks are escaped too.
package struct LsofText: Sendable {
  /// Whether a character above ASCII may be printed as it is; `nil` where the locale knows ASCII
  /// only.
  let isPrintable: (@Sendable (Unicode.Scalar) -> Bool)?

  /// Makes a text safe.
  package static func safe(_ text: [UInt8], isPrintable: (@Sendable (Unicode.Scalar) -> Bool)?) -> [UInt8] {
    var output: [UInt8] = []
    LsofText(isPrintable: isPrintable).append(text[...], to: &output)
    return output
  }

  /// Appends a text of any length.
  package func append(_ text: ArraySlice<UInt8>, to output: inout [UInt8]) {
    var index = text.startIndex
    while index < text.endIndex {
      let byte = text[index]
      if byte >= 0x80, let isPrintable, case let (scalar, length) = UTF8Reader.scalar(in: text, at: index),
        let scalar, length > 1
      {
        if isPrintable(scalar) {
          output.append(contentsOf: text[index..<(index + length)])
        } else {
          for byte in text[index..<(index + length)] { Self.appendEscape(byte, to: &output) }
        }
        index += length
        continue
      }
      if Self.isPlain(byte) { output.append(byte) } else { Self.appendEscape(byte, to: &output) }
      index += 1
    }
  }

  /// Appends a name to exactly `width` columns: cut before the first character that does not fit
  /// whole, and filled with blanks.
  static func appendName(_ name: [UInt8], width: Int, to output: inout [UInt8]) {
    let start = output.count
    for byte in name {
      guard output.count - start < width else { break }
      if isPlain(byte), byte != ASCII.blank {
        output.append(byte)
      } else {
        guard output.count - start + escapeLength(byte) <= width else { break }
        appendEscape(byte, to: &output)
      }
    }
    let missing = width - (output.count - start)
    if missing > 0 { output.append(contentsOf: repeatElement(ASCII.blank, count: missing)) }
  }

  /// The columns that lsof assumes for a name. It assumes two for every byte above ASCII, which
  /// takes four.
  static func nameWidth(_ name: [UInt8]) -> Int {
    name.reduce(0) { sum, byte in
      if isPlain(byte), byte != ASCII.blank { return sum + 1 }
      return sum + (byte >= 0x80 ? 2 : escapeLength(byte))
    }
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= ASCII.blank && byte < ASCII.delete && byte != ASCII.backslash
  }

  private static func escapeLength(_ byte: UInt8) -> Int { byte < ASCII.blank || byte == ASCII.backslash ? 2 : 4 }

  private static func appendEscape(_ byte: UInt8, to output: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\u{08}"): output.append(ascii: "\\b")
    case UInt8(ascii: "\u{0C}"): output.append(ascii: "\\f")
    case ASCII.newline: output.append(ascii: "\\n")
    case ASCII.carriageReturn: output.append(ascii: "\\r")
    case ASCII.tab: output.append(ascii: "\\t")
    case 0..<ASCII.blank:
      output.append(UInt8(ascii: "^"))
      output.append(byte + 0x40)
    case ASCII.backslash: output.append(ascii: "\\\\")
    default: Escaping.appendByte(byte, to: &output)
    }
  }
}
