/// Makes bytes that a process, user or file system chose safe to show.
///
/// In a terminal and in CSV cells, what could move the cursor, reorder or hide text, or pass for something else is written with
/// backslashes, and so is the backslash itself, so that each result stands for exactly one sequence of bytes:
///
/// - `\n`, `\t`, `\r`, `\e` (escape), `\\`;
/// - `\xHH`: any other C0 control, DEL, and each byte that is not part of valid UTF-8; where text stands in a list, also the
///   character that ends it there;
/// - `\u{H...}`: C1 controls, bidirectional controls, zero-width and other invisible format characters, line and paragraph
///   separators, blanks other than the ASCII one, private-use and unassigned code points; also a combining mark at the beginning, which would be
///   drawn onto what stands before it.
public enum Escaping {
  /// The text with backslash escapes for bytes that need not be UTF-8. The result is UTF-8 and has no control characters.
  public static func text(_ bytes: [UInt8]) -> String {
    var output: [UInt8] = []
    append(bytes[...], to: &output)
    return String(decoding: output, as: UTF8.self)
  }

  /// The text with backslash escapes for a string.
  public static func text(_ string: String) -> String { text(Array(string.utf8)) }

  /// The bytes as they stand between `$'` and `'` in a shell: `\xHH` for all but printable ASCII, quotes and backslashes.
  public static func shellBytes(_ bytes: [UInt8]) -> String {
    var output: [UInt8] = []
    for byte in bytes {
      if (0x20..<0x7F).contains(byte), byte != 0x27, byte != 0x5C {
        output.append(byte)
      } else {
        appendByte(byte, to: &output)
      }
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// Appends the text with backslash escapes; `also` is one more ASCII character to escape, 0 for none.
  static func append(_ bytes: ArraySlice<UInt8>, to output: inout [UInt8], also: UInt8 = 0) {
    if !bytes.contains(where: { $0 < 0x20 || $0 >= 0x7F || $0 == 0x5C || $0 == also }) {
      output.append(contentsOf: bytes)
      return
    }
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let (scalar, length) = UTF8Reader.scalar(in: bytes, at: index)
      if let scalar {
        appendScalar(scalar, to: &output, isFirst: index == bytes.startIndex, also: also)
      } else {
        appendByte(bytes[index], to: &output)
      }
      index += length
    }
  }

  /// Appends text for a cell of a table: besides the escapes, no text passes for a missing value or hides its blanks.
  ///
  /// Empty text becomes `""`, a lone `-` becomes `\x2d`, a blank at either end `\x20`, and text that is `""` is escaped too.
  static func appendCell(_ bytes: ArraySlice<UInt8>, to output: inout [UInt8]) {
    guard let first = bytes.first, let last = bytes.last else {
      output.append(0x22)
      output.append(0x22)
      return
    }
    if bytes.count == 1, first == 0x2D || first == 0x20 { return appendByte(first, to: &output) }
    if bytes.count == 2, first == 0x22, last == 0x22 { return output.append(ascii: "\\x22\\x22") }
    var middle = bytes
    if first == 0x20 {
      appendByte(first, to: &output)
      middle = middle.dropFirst()
    }
    append(last == 0x20 ? middle.dropLast() : middle, to: &output)
    if last == 0x20 { appendByte(last, to: &output) }
  }

  /// Whether a character above ASCII must not be shown as it is.
  static func mustEscape(_ scalar: Unicode.Scalar) -> Bool {
    // BRAILLE PATTERN BLANK is a symbol by category and looks like a blank.
    if scalar.value < 0xA0 || scalar.value == 0x2800 { return true }
    let properties = scalar.properties
    if properties.isDefaultIgnorableCodePoint { return true }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .privateUse, .surrogate, .unassigned:
      return true
    default: return false
    }
  }

  /// Appends `\xHH`.
  static func appendByte(_ byte: UInt8, to output: inout [UInt8]) {
    output.append(0x5C)
    output.append(0x78)
    output.appendHexadecimalByte(byte)
  }

  private static func appendScalar(
    _ scalar: Unicode.Scalar, to output: inout [UInt8], isFirst: Bool, also: UInt8
  ) {
    if scalar.value < 0x80 {
      let byte = UInt8(truncatingIfNeeded: scalar.value)
      switch byte {
      case 0x0A: output.append(ascii: "\\n")
      case 0x09: output.append(ascii: "\\t")
      case 0x0D: output.append(ascii: "\\r")
      case 0x1B: output.append(ascii: "\\e")
      case 0x5C: output.append(ascii: "\\\\")
      case 0x00..<0x20, 0x7F, also: appendByte(byte, to: &output)
      default: output.append(byte)
      }
      return
    }
    let category = scalar.properties.generalCategory
    if mustEscape(scalar) || (isFirst && (category == .nonspacingMark || category == .enclosingMark)) {
      output.append(ascii: "\\u{")
      output.appendHexadecimal(UInt64(scalar.value))
      output.append(0x7D)
    } else {
      output.append(contentsOf: String(scalar).utf8)
    }
  }
}
