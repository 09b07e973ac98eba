/// `/proc/PID/stat`: one line of numbers about a process, with its name in parentheses
/// (`fs/proc/array.c`, `do_task_stat`).
///
/// The name may contain blanks, newlines and parentheses, so it reaches from the first `(` to the
/// *last* `)`; only numbers follow, whose count grows from kernel to kernel.
package struct ProcessStat: Sendable, Hashable {
  /// The process id.
  package let pid: Int32
  /// The name of the main thread (`comm`), raw: it may hold anything but NUL.
  package let name: [UInt8]
  /// The letter of the state: `R` running, `S` sleeping, `Z` zombie ...
  package let state: UInt8
  /// The process id of the parent, 0 for none.
  package let parent: Int32
  /// The process group id.
  package let group: Int32
  /// The kernel's flags, `PF_` (field 9); `nil` when the field is not a number of 32 bits.
  package let flags: UInt32?
  /// When the process started, in clock ticks since boot (field 22).
  package let startTime: UInt64

  /// Parses the file's content.
  package init(parsing bytes: Span<UInt8>) throws(DecodeError) {
    func failure(_ message: String, _ bytes: Span<UInt8>, _ offset: Int = 0) -> DecodeError {
      DecodeError("stat", message, in: bytes, at: offset)
    }
    var cursor = FieldCursor()
    guard let pid = cursor.number(bytes).flatMap({ Int32(exactly: $0) }) else {
      throw failure("expected a process id at the beginning", bytes)
    }
    var open = cursor.position
    while open < bytes.count, bytes[open] != UInt8(ascii: "(") { open += 1 }
    var close = bytes.count - 1
    while close > open, bytes[close] != UInt8(ascii: ")") { close -= 1 }
    guard close > open else { throw failure("expected a name in parentheses", bytes) }

    cursor.position = close + 1
    guard let state = cursor.field(bytes), state.count == 1 else {
      throw failure("expected a letter as field 3, the state", bytes, close)
    }
    guard let parent = cursor.number(bytes).flatMap({ Int32(exactly: $0) }) else {
      throw failure("expected a process id as field 4, the parent", bytes, close)
    }
    guard let group = cursor.number(bytes).flatMap({ Int32(exactly: $0) }) else {
      throw failure("expected a process id as field 5, the process group", bytes, close)
    }
    var flags: UInt32?
    for field in 6...21 {
      guard let text = cursor.field(bytes) else {
        throw failure("expected at least 22 fields, found \(field - 1)", bytes, close)
      }
      if field == 9 { flags = decimalNumber(bytes.extracting(text)).flatMap { UInt32(exactly: $0) } }
    }
    guard let startTime = cursor.number(bytes).flatMap({ UInt64(exactly: $0) }) else {
      throw failure("expected a number as field 22, the start time", bytes, close)
    }
    self.pid = pid
    name = (open + 1..<close).map { bytes[$0] }
    self.state = bytes[state.lowerBound]
    self.parent = parent
    self.group = group
    self.flags = flags
    self.startTime = startTime
  }

  /// Whether it is a kernel thread, which runs no program: `PF_KTHREAD` (`include/linux/sched.h`).
  package var isKernelThread: Bool { (flags ?? 0) & 0x0020_0000 != 0 }
}

/// A position in a small text file of fields between white space.
struct FieldCursor {
  /// The index of the next byte.
  var position = 0

  /// Takes the next field, after any white space; `nil` at the end.
  mutating func field(_ bytes: Span<UInt8>) -> Range<Int>? {
    while position < bytes.count, isBlank(bytes[position]) || bytes[position] == UInt8(ascii: "\n") { position += 1 }
    let start = position
    while position < bytes.count, !isBlank(bytes[position]), bytes[position] != UInt8(ascii: "\n") { position += 1 }
    return position > start ? start..<position : nil
  }

  /// Takes the next field as a decimal number, which may have a minus sign; `nil` when it is not a
  /// number or does not fit.
  mutating func number(_ bytes: Span<UInt8>) -> Int128? {
    guard let field = field(bytes) else { return nil }
    return decimalNumber(bytes.extracting(field))
  }
}

/// Parses the bytes as a decimal number of at most 64 bits, which may have a minus sign; `nil` when
/// they are not one.
func decimalNumber(_ bytes: Span<UInt8>) -> Int128? {
  var cursor = LineCursor(at: 0, isCut: false)
  let isNegative = cursor.take(UInt8(ascii: "-"), bytes)
  guard let magnitude = cursor.decimal(bytes), cursor.position == bytes.count else { return nil }
  return isNegative ? -Int128(magnitude) : Int128(magnitude)
}
