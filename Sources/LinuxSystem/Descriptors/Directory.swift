import CLinux
import Glibc

/// Reads a directory with `getdents64(2)`, without an allocation per entry.
///
/// An entry has the layout of `struct linux_dirent64` (`include/linux/dirent.h`): inode 8 bytes,
/// offset 8, record length 2, type 1, name with its NUL.
package struct DirectoryReader: ~Copyable {
  private let descriptor: Descriptor
  private var buffer: [UInt8]
  private var filled = 0
  private var position = 0

  /// Makes a reader of an open directory.
  package init(_ descriptor: consuming Descriptor, bufferSize: Int = 32768) {
    self.descriptor = descriptor
    buffer = Array(repeating: 0, count: bufferSize)
  }

  /// The directory itself, for calls relative to it.
  package var number: Int32 { descriptor.number }

  /// Returns the next entry that is a decimal number (a process or a descriptor), skipping others;
  /// `nil` at the end.
  package mutating func nextNumber() throws(SystemError) -> Int32? {
    while let entry = try nextEntry() {
      var index = entry.lowerBound + Self.nameOffset
      var number: Int32 = 0
      var isNumber = buffer[index] != 0
      while buffer[index] != 0 {
        let digit = buffer[index] &- UInt8(ascii: "0")
        guard digit < 10, number < 200_000_000 else {
          isNumber = false
          break
        }
        number = number * 10 + Int32(digit)
        index += 1
      }
      if isNumber { return number }
    }
    return nil
  }

  /// Returns the next entry's name, skipping `.` and `..`; `nil` at the end.
  package mutating func nextName() throws(SystemError) -> [UInt8]? {
    while let entry = try nextEntry() {
      let name = name(of: entry)
      if name != [UInt8(ascii: ".")], name != [UInt8(ascii: "."), UInt8(ascii: ".")] { return name }
    }
    return nil
  }

  /// Returns the next entry that is a folder, with its inode number, skipping `.` and `..`; `nil`
  /// at the end.
  ///
  /// On file systems that do not report the type of an entry (`DT_UNKNOWN`) no folder is found;
  /// /proc, /sys and cgroups report it.
  package mutating func nextFolder() throws(SystemError) -> (name: [UInt8], inode: UInt64)? {
    while let entry = try nextEntry() {
      let start = entry.lowerBound
      guard buffer[start + 18] == 4, buffer[start + Self.nameOffset] != UInt8(ascii: ".") else { continue }
      var inode: UInt64 = 0
      for index in (0..<8) {
        let byte = UInt64(buffer[start + index])
        inode |= UInt16(1).littleEndian == 1 ? byte << UInt64(8 * index) : byte << UInt64(56 - 8 * index)
      }
      return (name(of: entry), inode)
    }
    return nil
  }

  private static let nameOffset = 19

  /// The position of the next entry in the buffer; `nil` at the end.
  private mutating func nextEntry() throws(SystemError) -> Range<Int>? {
    if position + Self.nameOffset > filled {
      filled = try fill()
      position = 0
      if filled == 0 { return nil }
    }
    let start = position
    let length = Int(buffer[start + 16]) | Int(buffer[start + 17]) << 8
    guard length > Self.nameOffset, start + length <= filled else { throw SystemError("getdents64", code: EIO) }
    position += length
    return start..<(start + length)
  }

  private func name(of entry: Range<Int>) -> [UInt8] {
    Array(buffer[entry].dropFirst(Self.nameOffset).prefix { $0 != 0 })
  }

  private mutating func fill() throws(SystemError) -> Int {
    let number = descriptor.number
    let count = unsafe buffer.withUnsafeMutableBytes { (bytes) -> Int in
      retryingInterrupts { unsafe sockinspect_getdents64(number, bytes.baseAddress, bytes.count) }
    }
    guard count >= 0 else { throw SystemError("getdents64") }
    return count
  }
}
