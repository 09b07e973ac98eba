import SocketModel

/// The columns that several tables of `/proc/net` have.
extension ProcNetRow {
  /// Skips the kernel's pointer: hashed, zero, or `(null)`; it identifies nothing.
  func skipPointer(_ cursor: inout LineCursor, _ bytes: Span<UInt8>) throws(RowError) {
    cursor.skipBlanks(bytes)
    if cursor.hexadecimal(bytes) != nil, cursor.isAtTokenEnd(bytes) { return }
    guard cursor.skipToken(bytes), bytes[cursor.position - 1] == UInt8(ascii: ")") else {
      throw RowError("sk", .pointer)
    }
  }

  /// Reads a decimal column that may be negative.
  @inline(__always)
  func decimalColumn(
    _ cursor: inout LineCursor, _ bytes: Span<UInt8>, _ name: StaticString
  ) throws(RowError) -> Int64 {
    cursor.skipBlanks(bytes)
    guard let number = cursor.signedDecimal(bytes), cursor.isAtTokenEnd(bytes) else {
      throw RowError(name, .number)
    }
    return number
  }

  /// Reads a hexadecimal column.
  @inline(__always)
  func hexadecimalColumn(
    _ cursor: inout LineCursor, _ bytes: Span<UInt8>, _ name: StaticString
  ) throws(RowError) -> UInt64 {
    cursor.skipBlanks(bytes)
    guard let number = cursor.hexadecimal(bytes), cursor.isAtTokenEnd(bytes) else {
      throw RowError(name, .hexadecimalNumber)
    }
    return number.value
  }

  /// Reads the inode column, under the name that the table's header has for it.
  @inline(__always)
  func inodeColumn(
    _ cursor: inout LineCursor, _ bytes: Span<UInt8>, _ name: StaticString = "Inode"
  ) throws(RowError) -> UInt64 {
    cursor.skipBlanks(bytes)
    guard let inode = cursor.decimal(bytes), cursor.isAtTokenEnd(bytes) else {
      throw RowError(name, .numberOfBits(64))
    }
    return inode
  }
}
