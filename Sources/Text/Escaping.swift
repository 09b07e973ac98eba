import Synchronization

/// Makes bytes that a process, user or file system chose safe to show.
///
/// This is the only escaper: tables, messages, excerpts of queries and CSV cells all use it.
/// Whatever could move the cursor, reorder or hide text, or be mistaken for something else is
/// written with backslashes, and so is the backslash itself, so that each result stands for exactly
/// one sequence of bytes:
///
/// - `\n`, `\t`, `\r`, `\e` (escape), `\\`;
/// - `\xHH`: any other C0 control, DEL, and each byte that is not part of valid UTF-8; a blank
///   after another one, since two blanks separate the cells of a row; for text in a list, also the
///   character that ends it there;
/// - `\u{H...}`: C1 controls, bidirectional controls, zero-width and other invisible format
///   characters, line and paragraph separators, blanks other than the ASCII one, private-use and
///   unassigned code points; also a combining mark at the beginning, which would be drawn onto what
///   precedes it.
///
/// Where the locale's character set is not UTF-8, a terminal may take bytes of UTF-8 for controls
/// (0x9B begins a sequence): there `showsASCIIOnly` is set, and everything that is not ASCII is
/// written as `\u{H...}`.
public enum Escaping {
  private static let isASCIIOnly = Atomic<Bool>(false)

  /// Whether characters above ASCII are escaped too, in JSON as `\uHHHH`. Must be set once, before
  /// anything is written.
  package static var showsASCIIOnly: Bool {
    get { isASCIIOnly.load(ordering: .relaxed) }
    set { isASCIIOnly.store(newValue, ordering: .relaxed) }
  }

  /// The text with backslash escapes for bytes that need not be UTF-8. The result is UTF-8 and has
  /// no control characters.
  public static func text(_ bytes: [UInt8]) -> String { text(bytes, keepsBlanks: false) }

  /// The text with backslash escapes for a string.
  public static func text(_ string: String) -> String { text(Array(string.utf8)) }

  /// The text with backslash escapes; runs of blanks stay as they are when `keepsBlanks` is set.
  package static func text(_ bytes: [UInt8], keepsBlanks: Bool) -> String {
    var output: [UInt8] = []
    append(bytes[...], to: &output, keepsBlanks: keepsBlanks)
    return String(decoding: output, as: UTF8.self)
  }

  /// A message or a typed text on one line: escaped, except for backslashes and blanks, because a
  /// part of it may be escaped already, and an argument may contain them.
  package static func line(_ string: String) -> String { line(Array(string.utf8)[...]) }

  /// The same for bytes that need not be UTF-8. A piece of a longer text may begin with a combining
  /// mark.
  package static func line(_ bytes: ArraySlice<UInt8>, isPiece: Bool = false) -> String {
    var output: [UInt8] = []
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let (scalar, length) = UTF8Reader.scalar(in: bytes, at: index)
      if let scalar, scalar.value >= Self.firstRawByte {
        appendByte(UInt8(truncatingIfNeeded: scalar.value), to: &output)
      } else if let scalar, scalar != "\\" {
        appendScalar(scalar, to: &output, isFirst: !isPiece && index == bytes.startIndex, also: 0)
      } else if scalar != nil {
        output.append(ASCII.backslash)
      } else {
        appendByte(bytes[index], to: &output)
      }
      index += length
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// From this character on, a word of the command line contains a byte that is not text: its last
  /// eight bits.
  private static let firstRawByte: UInt32 = 0x10_FF80

  /// The bytes as they are written between `$'` and `'` in a shell: `\xHH` for all but printable
  /// ASCII, quotes and backslashes.
  public static func shellBytes(_ bytes: [UInt8]) -> String {
    var output: [UInt8] = []
    for byte in bytes {
      if (ASCII.blank..<ASCII.delete).contains(byte), byte != ASCII.apostrophe, byte != ASCII.backslash {
        output.append(byte)
      } else {
        appendByte(byte, to: &output)
      }
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// Appends the text with backslash escapes.
  ///
  /// - Parameters:
  ///   - also: one more ASCII character to escape, 0 for none.
  ///   - keepsBlanks: whether runs of blanks stay, as in CSV, where columns need not align on the
  ///     screen.
  package static func append(
    _ bytes: ArraySlice<UInt8>, to output: inout [UInt8], also: UInt8 = 0, keepsBlanks: Bool = false
  ) {
    if isPlain(bytes, also: also, keepsBlanks: keepsBlanks) {
      output.append(contentsOf: bytes)
      return
    }
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let (scalar, length) = UTF8Reader.scalar(in: bytes, at: index)
      let isBlankInRun =
        !keepsBlanks && bytes[index] == ASCII.blank && index > bytes.startIndex && bytes[index - 1] == ASCII.blank
      if let scalar, !isBlankInRun {
        appendScalar(scalar, to: &output, isFirst: index == bytes.startIndex, also: also)
      } else {
        appendByte(bytes[index], to: &output)
      }
      index += length
    }
  }

  /// Whether nothing of the text needs an escape.
  private static func isPlain(_ bytes: ArraySlice<UInt8>, also: UInt8, keepsBlanks: Bool) -> Bool {
    var last: UInt8 = 0
    for byte in bytes {
      if byte < ASCII.blank || byte >= ASCII.delete || byte == ASCII.backslash || byte == also { return false }
      if byte == ASCII.blank, last == ASCII.blank, !keepsBlanks { return false }
      last = byte
    }
    return true
  }

  /// Appends text for a cell of a table: besides the escapes, no text can be mistaken for a missing
  /// value or hide its blanks.
  ///
  /// Empty text becomes `""`, a lone `-` becomes `\x2d`, a blank at either end `\x20`, and text
  /// that is `""` is escaped too; and `also`, where the text stands in a list.
  package static func appendCell(_ bytes: ArraySlice<UInt8>, to output: inout [UInt8], also: UInt8 = 0) {
    let quote = ASCII.quote
    guard let first = bytes.first, let last = bytes.last else {
      output.append(quote)
      output.append(quote)
      return
    }
    if bytes.count == 1, first == ASCII.hyphen || first == ASCII.blank { return appendByte(first, to: &output) }
    if bytes.count == 2, first == quote, last == quote {
      appendByte(quote, to: &output)
      return appendByte(quote, to: &output)
    }
    var middle = bytes
    if first == ASCII.blank {
      appendByte(first, to: &output)
      middle = middle.dropFirst()
    }
    append(last == ASCII.blank ? middle.dropLast() : middle, to: &output, also: also)
    if last == ASCII.blank { appendByte(last, to: &output) }
  }

  /// Whether a character above ASCII must not be shown as it is.
  package static func mustEscape(_ scalar: Unicode.Scalar) -> Bool {
    // BRAILLE PATTERN BLANK is a symbol by category but looks like a blank.
    if scalar.value < 0xA0 || scalar.value == 0x2800 || showsASCIIOnly { return true }
    let properties = scalar.properties
    if properties.isDefaultIgnorableCodePoint { return true }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .privateUse, .surrogate, .unassigned:
      return true
    default: return false
    }
  }

  /// Appends `\xHH`.
  package static func appendByte(_ byte: UInt8, to output: inout [UInt8]) {
    output.append(ASCII.backslash)
    output.append(UInt8(ascii: "x"))
    output.appendHexadecimalByte(byte)
  }

  private static func appendScalar(
    _ scalar: Unicode.Scalar, to output: inout [UInt8], isFirst: Bool, also: UInt8
  ) {
    if scalar.value < 0x80 {
      let byte = UInt8(truncatingIfNeeded: scalar.value)
      switch byte {
      case ASCII.newline: output.append(contentsOf: "\\n".utf8)
      case ASCII.tab: output.append(contentsOf: "\\t".utf8)
      case ASCII.carriageReturn: output.append(contentsOf: "\\r".utf8)
      case ASCII.escape: output.append(contentsOf: "\\e".utf8)
      case ASCII.backslash: output.append(contentsOf: "\\\\".utf8)
      case 0..<ASCII.blank, ASCII.delete, also: appendByte(byte, to: &output)
      default: output.append(byte)
      }
      return
    }
    let category = scalar.properties.generalCategory
    if mustEscape(scalar) || (isFirst && (category == .nonspacingMark || category == .enclosingMark)) {
      output.append(contentsOf: "\\u{".utf8)
      output.append(contentsOf: String(scalar.value, radix: 16).utf8)
      output.append(UInt8(ascii: "}"))
    } else {
      output.append(contentsOf: String(scalar).utf8)
    }
  }
}
