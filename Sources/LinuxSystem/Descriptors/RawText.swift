// Words of the command line, paths and names are bytes to the kernel, and strings here. In a string
// made by `String(raw:)` each byte that is not part of UTF-8 is a private-use character, so that
// the bytes can be recovered.

/// The character that stands for byte 0: U+10FF00. Only those of bytes from 0x80 on are used.
private let firstRaw: UInt32 = 0x10_FF00

extension String {
  /// Makes a string of any bytes, from which ``rawBytes`` makes the same bytes.
  ///
  /// The characters U+10FF80 to U+10FFFF, which no text uses, stand for bytes that are not text.
  package init(raw bytes: [UInt8]) {
    // They begin with 0xF4.
    if !bytes.contains(0xF4), let text = String(validating: bytes, as: UTF8.self) {
      self = text
      return
    }
    self = ""
    func appendRaw(_ bytes: some Sequence<UInt8>) {
      for byte in bytes {
        if let scalar = Unicode.Scalar(firstRaw + UInt32(byte)) { unicodeScalars.append(scalar) }
      }
    }
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var position = 0
    while true {
      switch parser.parseScalar(from: &iterator) {
      case .valid(let encoded):
        let scalar = Unicode.UTF8.decode(encoded)
        if scalar.value >= firstRaw + 0x80 { appendRaw(encoded) } else { unicodeScalars.append(scalar) }
        position += encoded.count
      case .error(let length):
        appendRaw(bytes[position..<(position + length)])
        position += length
      case .emptyInput: return
      }
    }
  }

  /// The bytes that the string was made of; its UTF-8 when it was made in another way.
  package var rawBytes: [UInt8] {
    if !utf8.contains(0xF4) { return Array(utf8) }
    var bytes: [UInt8] = []
    for scalar in unicodeScalars {
      if scalar.value >= firstRaw + 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: scalar.value))
      } else {
        bytes.append(contentsOf: String(scalar).utf8)
      }
    }
    return bytes
  }

  /// Calls `body` with the bytes and a NUL, for a call that takes a path.
  func withRawCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    if !utf8.contains(0xF4) { return unsafe withCString { unsafe body($0) } }
    let bytes = rawBytes.map { CChar(bitPattern: $0) } + [0]
    return unsafe bytes.withUnsafeBufferPointer { (buffer) in
      // The array has at least its NUL.
      guard let base = buffer.baseAddress else { return unsafe "".withCString { unsafe body($0) } }
      return unsafe body(base)
    }
  }
}
