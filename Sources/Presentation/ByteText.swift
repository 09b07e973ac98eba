internal import SocketModel

// Writing numbers and addresses as text into bytes, without a String on the way: a listing writes millions of them.
extension [UInt8] {
  /// Appends a string of this program's own.
  @inline(__always)
  mutating func append(ascii text: String) {
    append(contentsOf: text.utf8)
  }

  /// Appends a number in decimal.
  mutating func appendDecimal(_ number: UInt64) {
    if number < 10 {
      append(0x30 + UInt8(truncatingIfNeeded: number))
      return
    }
    var digits = InlineArray<20, UInt8>(repeating: 0)
    var rest = number
    var start = 20
    while rest != 0 {
      start -= 1
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      digits[start] = 0x30 + UInt8(truncatingIfNeeded: digit)
      rest = quotient
    }
    for index in start..<20 { append(digits[index]) }
  }

  /// Appends a number in decimal.
  mutating func appendDecimal(_ number: Int) {
    if number < 0 { append(0x2D) }
    appendDecimal(UInt64(number.magnitude))
  }

  /// Appends a number in decimal with leading zeros up to `digits`.
  mutating func appendDecimal(_ number: UInt64, digits: Int) {
    let width = ByteText.digits(number)
    if width < digits { append(contentsOf: repeatElement(0x30, count: digits - width)) }
    appendDecimal(number)
  }

  /// Appends a number in lower-case hexadecimal without leading zeros.
  mutating func appendHexadecimal(_ number: UInt64) {
    var shift = number == 0 ? 0 : (63 - number.leadingZeroBitCount) / 4 * 4
    while shift >= 0 {
      append(ByteText.hexadecimalDigit(UInt8(truncatingIfNeeded: number >> UInt64(shift)) & 15))
      shift -= 4
    }
  }

  /// Appends a byte as two hexadecimal digits.
  mutating func appendHexadecimalByte(_ byte: UInt8) {
    append(ByteText.hexadecimalDigit(byte >> 4))
    append(ByteText.hexadecimalDigit(byte & 15))
  }

  /// Appends an IPv4 address in dotted form.
  mutating func appendDotted(_ number: UInt32) {
    appendOctet(UInt8(truncatingIfNeeded: number >> 24))
    append(0x2E)
    appendOctet(UInt8(truncatingIfNeeded: number >> 16))
    append(0x2E)
    appendOctet(UInt8(truncatingIfNeeded: number >> 8))
    append(0x2E)
    appendOctet(UInt8(truncatingIfNeeded: number))
  }

  @inline(__always)
  private mutating func appendOctet(_ octet: UInt8) {
    var rest = octet
    if rest >= 100 {
      let hundreds: UInt8 = rest >= 200 ? 2 : 1
      append(0x30 + hundreds)
      rest -= hundreds * 100
      append(0x30 + rest / 10)
      append(0x30 + rest % 10)
    } else if rest >= 10 {
      append(0x30 + rest / 10)
      append(0x30 + rest % 10)
    } else {
      append(0x30 + rest)
    }
  }

  /// Appends an address of 16 bytes: dotted for IPv4, RFC 5952 for IPv6.
  @inline(__always)
  mutating func appendAddress(_ bits: UInt128, isIPv4: Bool) {
    if isIPv4 {
      appendDotted(UInt32(truncatingIfNeeded: bits))
    } else {
      IPAddress(bits: bits, isIPv4: false).append(to: &self)
    }
  }
}

/// Facts of numbers written as text.
enum ByteText {
  /// How many decimal digits a number has.
  static func digits(_ number: UInt64) -> Int {
    if number < 10 { return 1 }
    if number < 100 { return 2 }
    if number < 100_000 { return number < 1000 ? 3 : number < 10_000 ? 4 : 5 }
    var count = 5
    var rest = number / 100_000
    while rest != 0 {
      count += 1
      rest /= 10
    }
    return count
  }

  /// How many characters a dotted IPv4 address has.
  static func dottedLength(_ number: UInt32) -> Int {
    var length = 7
    for shift in stride(from: UInt32(0), through: 24, by: 8) {
      let octet = number >> shift & 255
      length += octet >= 100 ? 2 : octet >= 10 ? 1 : 0
    }
    return length
  }

  @inline(__always)
  static func hexadecimalDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
}
