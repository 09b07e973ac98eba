/// Reads UTF-8 (RFC 3629) strictly: no overlong forms, no surrogates, nothing above U+10FFFF.
package enum UTF8Reader {
  /// The scalar at a position and its length; `nil` and 1 where the byte does not begin a valid
  /// sequence.
  package static func scalar(in bytes: ArraySlice<UInt8>, at index: Int) -> (scalar: Unicode.Scalar?, length: Int) {
    let first = bytes[index]
    let length: Int
    var value: UInt32
    let lowest: UInt32
    switch first {
    case 0x00...0x7F: return (Unicode.Scalar(first), 1)
    case 0xC2...0xDF: (length, value, lowest) = (2, UInt32(first & 0x1F), 0x80)
    case 0xE0...0xEF: (length, value, lowest) = (3, UInt32(first & 0x0F), 0x800)
    case 0xF0...0xF4: (length, value, lowest) = (4, UInt32(first & 0x07), 0x1_0000)
    default: return (nil, 1)
    }
    guard bytes.endIndex - index >= length else { return (nil, 1) }
    for offset in 1..<length {
      let byte = bytes[index + offset]
      guard byte & 0xC0 == 0x80 else { return (nil, 1) }
      value = value << 6 | UInt32(byte & 0x3F)
    }
    guard value >= lowest, let scalar = Unicode.Scalar(value) else { return (nil, 1) }
    return (scalar, length)
  }

  /// Whether all of the bytes are UTF-8.
  package static func isValid(_ bytes: ArraySlice<UInt8>) -> Bool {
    var index = bytes.startIndex
    while index < bytes.endIndex {
      if bytes[index] < 0x80 {
        index += 1
        continue
      }
      let (scalar, length) = scalar(in: bytes, at: index)
      guard scalar != nil else { return false }
      index += length
    }
    return true
  }
}
