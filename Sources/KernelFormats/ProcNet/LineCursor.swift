import SocketModel
import Text

/// A position in a line of a /proc table, and the steps that the decoder of a row takes from there.
///
/// Only white space separates the columns: their widths differ between kernels, and large values
/// shift the rest. Every line that a cursor walks on ends in a newline, which no step passes. A
/// token that touches the end of a cut line may lack digits, so it does not count: see ``isCut``.
struct LineCursor {
  /// The index of the next byte in the span that every step gets.
  var position: Int
  /// Whether the line was cut: the newline at its end is not the kernel's.
  let isCut: Bool

  /// Starts at an index.
  @inline(__always)
  init(at position: Int, isCut: Bool) {
    self.position = position
    self.isCut = isCut
  }

  /// The byte under the cursor; a newline at the end of the bytes.
  @inline(__always)
  func peek(_ bytes: Span<UInt8>) -> UInt8 { position < bytes.count ? bytes[position] : UInt8(ascii: "\n") }

  /// Skips blanks, tabs and carriage returns.
  @inline(__always)
  mutating func skipBlanks(_ bytes: Span<UInt8>) {
    while position < bytes.count, isBlank(bytes[position]) { position += 1 }
  }

  /// Skips one byte if it is the given one.
  @inline(__always)
  mutating func take(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  /// Whether a complete token ended just before the cursor.
  @inline(__always)
  func isAtTokenEnd(_ bytes: Span<UInt8>) -> Bool {
    let byte = peek(bytes)
    return isBlank(byte) || (byte == UInt8(ascii: "\n") && !isCut)
  }

  /// Reads exactly eight hexadecimal digits as a number whose *first* two digits are its lowest
  /// byte.
  /// That is the value of the four bytes in memory, in the order in which the `%08X` of a
  /// little-endian machine shows them, read as most significant first: `0100007F` gives 0x7F000001.
  /// There are no branches on the digits, which are as good as random.
  @inline(__always)
  mutating func swappedWord(_ bytes: Span<UInt8>) -> UInt32? {
    guard position <= bytes.count - 8 else { return nil }
    let at = position
    var text = UInt64(bytes[at]) | UInt64(bytes[at + 1]) << 8 | UInt64(bytes[at + 2]) << 16
    text |= UInt64(bytes[at + 3]) << 24 | UInt64(bytes[at + 4]) << 32 | UInt64(bytes[at + 5]) << 40
    text |= UInt64(bytes[at + 6]) << 48 | UInt64(bytes[at + 7]) << 56
    // Letters have bit 6. Folded to upper case and lowered by 7, A-F follow 9, so that every digit
    // is `0` plus its value.
    let letters = (text >> 6) & 0x0101_0101_0101_0101
    let folded = (text & ~(letters << 5)) &- letters &* 7
    let values = folded & 0x0F0F_0F0F_0F0F_0F0F
    // Ten or more must be a letter, less must not be one; this rejects ":;<=>?", "@" and "`".
    let tens = ((values &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
    guard folded & 0xF0F0_F0F0_F0F0_F0F0 == 0x3030_3030_3030_3030, tens == letters else { return nil }
    position = at + 8
    let pairs = (values << 4 | values >> 8) & 0x00FF_00FF_00FF_00FF
    let quads = (pairs | pairs >> 8) & 0x0000_FFFF_0000_FFFF
    return UInt32(truncatingIfNeeded: quads | quads >> 16)
  }

  /// Reads exactly eight hexadecimal digits as a number.
  @inline(__always)
  mutating func word(_ bytes: Span<UInt8>) -> UInt32? { swappedWord(bytes)?.byteSwapped }

  /// Reads 1 to 16 hexadecimal digits, which no other digit follows, as a number, with their count.
  @inline(__always)
  mutating func hexadecimal(_ bytes: Span<UInt8>) -> (value: UInt64, digits: Int)? {
    var value: UInt64 = 0
    let start = position
    while position < bytes.count {
      guard let digit = hexadecimalDigit(bytes[position]) else { break }
      value = value << 4 | UInt64(digit)
      position += 1
    }
    let digits = position - start
    return digits >= 1 && digits <= 16 ? (value, digits) : nil
  }

  /// Reads a decimal number below 2^64, which no other digit follows.
  @inline(__always)
  mutating func decimal(_ bytes: Span<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    let start = position
    while position < bytes.count {
      let digit = bytes[position] &- UInt8(ascii: "0")
      guard digit <= 9 else { break }
      // 1844674407370955161 = (2^64 - 1) / 10; beyond it a further digit certainly does not fit.
      if value >= 1_844_674_407_370_955_161 {
        guard value == 1_844_674_407_370_955_161, digit <= 5 else { return nil }
      }
      value = value &* 10 &+ UInt64(digit)
      position += 1
    }
    return position > start ? value : nil
  }

  /// Reads a decimal number of at most 63 bits that may have a minus sign.
  @inline(__always)
  mutating func signedDecimal(_ bytes: Span<UInt8>) -> Int64? {
    let isNegative = take(UInt8(ascii: "-"), bytes)
    guard let magnitude = decimal(bytes), let value = Int64(exactly: magnitude) else { return nil }
    return isNegative ? -value : value
  }

  /// Skips a token of any bytes but white space; false when there is none.
  @inline(__always)
  mutating func skipToken(_ bytes: Span<UInt8>) -> Bool {
    let start = position
    while position < bytes.count, bytes[position] != UInt8(ascii: "\n"), !isBlank(bytes[position]) { position += 1 }
    return position > start
  }
}

/// Whether a byte separates columns: a blank, tab or carriage return.
@inline(__always)
func isBlank(_ byte: UInt8) -> Bool {
  byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
}

/// The value of a hexadecimal digit of either case.
@inline(__always)
func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
  let digit = byte &- UInt8(ascii: "0")
  if digit <= 9 { return digit }
  let letter = (byte | ASCII.caseBit) &- UInt8(ascii: "a")
  return letter <= 5 ? letter + 10 : nil
}

/// Whether bytes begin with a text.
package func begins(_ bytes: Span<UInt8>, with text: String) -> Bool {
  guard bytes.count >= text.utf8.count else { return false }
  for (index, byte) in text.utf8.enumerated() where bytes[index] != byte { return false }
  return true
}

/// Whether bytes equal a text.
func isEqual(_ bytes: Span<UInt8>, _ text: String) -> Bool {
  bytes.count == text.utf8.count && begins(bytes, with: text)
}

/// Why a row does not parse: the column, and what was expected in it.
struct RowError: Error {
  /// The name of the column.
  let column: StaticString
  /// The form that the column should have.
  let expected: Problem.ColumnForm

  /// Makes an error about a column.
  @inline(never)
  init(_ column: StaticString, _ expected: Problem.ColumnForm) {
    self.column = column
    self.expected = expected
  }

  /// The error as the reason of a problem.
  var reason: Problem.Malformation { .column("\(column)", expected) }
}
