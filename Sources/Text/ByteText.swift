// Writes numbers and addresses as text into bytes without an intermediate String: a listing writes
// millions of them.
extension [UInt8] {
  /// Appends one of this program's own strings.
  @inlinable @inline(__always)
  package mutating func append(ascii text: String) {
    append(contentsOf: text.utf8)
  }

  /// Appends bytes that are borrowed, so that no reference is counted: threads that append the same
  /// bytes would wait for each other.
  @inlinable @inline(__always)
  package mutating func append(_ bytes: Span<UInt8>) {
    append(addingCapacity: bytes.count) { output in
      for index in bytes.indices { output.append(bytes[index]) }
    }
  }

  /// Appends blanks; none when the count is not positive.
  @inlinable @inline(__always)
  package mutating func append(blanks count: Int) {
    if count > 0 { append(contentsOf: repeatElement(ASCII.blank, count: count)) }
  }

  /// Appends a number in decimal.
  @inlinable
  package mutating func appendDecimal(_ number: UInt64) {
    if number < 10 {
      append(ASCII.zero + UInt8(truncatingIfNeeded: number))
      return
    }
    var digits = InlineArray<20, UInt8>(repeating: 0)
    var rest = number
    var start = 20
    while rest != 0 {
      start -= 1
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      digits[start] = ASCII.zero + UInt8(truncatingIfNeeded: digit)
      rest = quotient
    }
    for index in start..<20 { append(digits[index]) }
  }

  /// Appends a number in decimal.
  @inlinable
  package mutating func appendDecimal(_ number: Int) {
    if number < 0 { append(ASCII.hyphen) }
    appendDecimal(UInt64(number.magnitude))
  }

  /// Appends a number in decimal with leading zeros up to `digits`.
  package mutating func appendDecimal(_ number: UInt64, digits: Int) {
    let width = ByteText.digits(number)
    if width < digits { append(contentsOf: repeatElement(ASCII.zero, count: digits - width)) }
    appendDecimal(number)
  }

  /// Appends a number in lower-case hexadecimal without leading zeros.
  package mutating func appendHexadecimal(_ number: UInt64) {
    var shift = number == 0 ? 0 : (63 - number.leadingZeroBitCount) / 4 * 4
    while shift >= 0 {
      append(ByteText.hexadecimalDigit(UInt8(truncatingIfNeeded: number >> UInt64(shift)) & 15))
      shift -= 4
    }
  }

  /// Appends a byte as two lower-case hexadecimal digits.
  package mutating func appendHexadecimalByte(_ byte: UInt8) {
    append(ByteText.hexadecimalDigit(byte >> 4))
    append(ByteText.hexadecimalDigit(byte & 15))
  }

  /// Appends a byte as two upper-case hexadecimal digits.
  package mutating func appendUpperHexadecimalByte(_ byte: UInt8) {
    append(ByteText.upperHexadecimalDigit(byte >> 4))
    append(ByteText.upperHexadecimalDigit(byte & 15))
  }

  /// Appends an IPv4 address in dotted form.
  package mutating func appendDotted(_ number: UInt32) {
    appendOctet(UInt8(truncatingIfNeeded: number >> 24))
    append(ASCII.period)
    appendOctet(UInt8(truncatingIfNeeded: number >> 16))
    append(ASCII.period)
    appendOctet(UInt8(truncatingIfNeeded: number >> 8))
    append(ASCII.period)
    appendOctet(UInt8(truncatingIfNeeded: number))
  }

  @inline(__always)
  private mutating func appendOctet(_ octet: UInt8) {
    var rest = octet
    if rest >= 100 {
      let hundreds: UInt8 = rest >= 200 ? 2 : 1
      append(ASCII.zero + hundreds)
      rest -= hundreds * 100
      append(ASCII.zero + rest / 10)
      append(ASCII.zero + rest % 10)
    } else if rest >= 10 {
      append(ASCII.zero + rest / 10)
      append(ASCII.zero + rest % 10)
    } else {
      append(ASCII.zero + rest)
    }
  }
}

/// Widths of numbers that are written as text.
@usableFromInline
package enum ByteText {
  /// How many decimal digits a number has.
  @inlinable
  package static func digits(_ number: UInt64) -> Int {
    if number < 10 { return 1 }
    if number < 100 { return 2 }
    if number < 100_000 {
      if number < 1000 { return 3 }
      return number < 10_000 ? 4 : 5
    }
    var count = 5
    var rest = number / 100_000
    while rest != 0 {
      count += 1
      rest /= 10
    }
    return count
  }

  /// How many characters a number has in decimal: its digits and, below zero, the sign.
  @inlinable
  package static func columns(_ number: Int32) -> Int {
    digits(UInt64(number.magnitude)) + (number < 0 ? 1 : 0)
  }

  /// How many characters a dotted IPv4 address has.
  @inlinable
  package static func dottedLength(_ number: UInt32) -> Int {
    var length = 7
    for shift in stride(from: UInt32(0), through: 24, by: 8) {
      let octet = number >> shift & 255
      if octet >= 10 { length += octet >= 100 ? 2 : 1 }
    }
    return length
  }

  /// The lower-case digit of a number below 16.
  @inlinable @inline(__always)
  package static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? ASCII.zero + value : UInt8(ascii: "a") - 10 + value
  }

  /// The upper-case digit of a number below 16.
  @inlinable @inline(__always)
  package static func upperHexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? ASCII.zero + value : UInt8(ascii: "A") - 10 + value
  }
}
