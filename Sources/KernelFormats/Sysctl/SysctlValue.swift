package import SocketModel

/// Decodes the files below `/proc/sys` (`kernel/sysctl.c`): numbers with tabs or blanks between
/// them, or a list of ports.
package enum SysctlValue {
  /// Parses numbers; `nil` when there is none, or anything else.
  package static func numbers(_ bytes: Span<UInt8>) -> [Int64]? {
    var numbers: [Int64] = []
    var position = 0
    while position < bytes.count {
      if isSpace(bytes[position]) {
        position += 1
        continue
      }
      let start = position
      while position < bytes.count, !isSpace(bytes[position]) { position += 1 }
      // file-max of a machine without a limit is never beyond 2^63: it is LONG_MAX.
      guard let number = decimalNumber(bytes.extracting(start..<position)).flatMap({ Int64(exactly: $0) }) else {
        return nil
      }
      numbers.append(number)
    }
    return numbers.isEmpty ? nil : numbers
  }

  /// Parses a list such as `8080,9148-9150`, which may be empty (`proc_do_large_bitmap`); `nil`
  /// when it is anything else.
  package static func ports(_ bytes: Span<UInt8>) -> [ClosedRange<UInt16>]? {
    var ranges: [ClosedRange<UInt16>] = []
    var cursor = LineCursor(at: 0, isCut: false)
    func port() -> UInt16? { cursor.decimal(bytes).flatMap { UInt16(exactly: $0) } }
    while cursor.position < bytes.count, bytes[cursor.position] != UInt8(ascii: "\n") {
      if !ranges.isEmpty, !cursor.take(UInt8(ascii: ","), bytes) { return nil }
      guard let first = port() else { return nil }
      var last = first
      if cursor.take(UInt8(ascii: "-"), bytes) {
        guard let end = port(), end >= first else { return nil }
        last = end
      }
      ranges.append(first...last)
    }
    return cursor.position + 1 >= bytes.count ? ranges : nil
  }

  private static func isSpace(_ byte: UInt8) -> Bool { isBlank(byte) || byte == UInt8(ascii: "\n") }
}

extension SystemSettings {
  /// Stores the content of a setting's file; returns false, and stores nothing, when it does not
  /// have the expected form.
  @discardableResult
  package mutating func read(_ sysctl: Sysctl, _ bytes: Span<UInt8>) -> Bool {
    if sysctl == .reservedPorts {
      guard let ports = SysctlValue.ports(bytes) else { return false }
      reservedPorts = ports
    } else {
      guard let values = SysctlValue.numbers(bytes) else { return false }
      numbers[sysctl] = values
    }
    return true
  }
}
