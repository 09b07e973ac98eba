internal import Text

/// One header of a tar archive, a block of 512 bytes (tar(5), POSIX.1-2017 `pax`), in the forms of
/// POSIX, GNU tar and the seventh edition.
///
/// Offsets: name 0, mode 100, user 108, group 116, size 124, time 136, checksum 148, type 156,
/// target of a link 157, magic 257, prefix of the name 345.
package struct TarHeader: Sendable, Hashable {
  /// The size of a block in bytes. Contents are padded to whole blocks.
  package static let blockSize = 512

  /// What follows the header.
  package enum Kind: Sendable, Hashable {
    /// A regular file; in old archives a folder too, whose name ends in a slash.
    case file
    /// A folder.
    case folder
    /// A symbolic link, whose target is any text.
    case symbolicLink
    /// Another name of a file that is before it in the archive.
    case hardLink
    /// A device or FIFO, which no reading needs.
    case special
    /// Records about the next entry (`x`, of POSIX).
    case records
    /// Records about all following entries (`g`, of POSIX).
    case commonRecords
    /// The name of the next entry (`L`, of GNU tar).
    case longName
    /// The target of the link that the next entry is (`K`, of GNU tar).
    case longTarget
    /// The name of the whole archive or of a folder that was listed (`V`, `D`, of GNU tar), which
    /// no reading needs.
    case label
  }

  /// What follows.
  package let kind: Kind
  /// The name as the header has it.
  package let name: [UInt8]
  /// The target of a link.
  package let target: [UInt8]
  /// How many bytes follow, without the padding.
  package let size: Int

  /// Whether the block holds zeros only: two of these end an archive.
  package static func isEnd(_ block: Span<UInt8>) -> Bool {
    for index in block.indices where block[index] != 0 { return false }
    return true
  }

  /// Whether the beginning of a file is that of an archive: a header with a right checksum, a
  /// header of POSIX or GNU tar that was damaged, or the end of an archive without entries.
  package static func beginsArchive(_ bytes: Span<UInt8>) -> Bool {
    guard bytes.count >= blockSize else { return false }
    let block = bytes.extracting(0..<blockSize)
    return hasMagic(block) || isEnd(block) || checksumIsRight(block)
  }

  /// Parses a header.
  ///
  /// - Throws: ``DecodeError`` when its checksum or a number is wrong, or when it is of a type whose
  ///   content cannot be read, such as a part of a file that is in several volumes.
  package init(parsing block: Span<UInt8>) throws(DecodeError) {
    guard block.count >= Self.blockSize else {
      throw DecodeError("tar header", "\(block.count) bytes are less than its \(Self.blockSize)", in: block)
    }
    guard Self.checksumIsRight(block) else { throw DecodeError("tar header", "its checksum is wrong", in: block) }
    guard let size = Self.number(block, 124, 12) else {
      throw DecodeError("tar header", "its size is no number that a file can have", in: block, at: 124)
    }
    var name = Self.text(block, 0, 100)
    // In the header of GNU tar other members are at this place.
    if block[263] == UInt8(ascii: "0"), Self.hasMagic(block), block[345] != 0 {
      name = Self.text(block, 345, 155) + [ASCII.slash] + name
    }
    self.name = name
    target = Self.text(block, 157, 100)
    switch block[156] {
    case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): kind = .file
    case UInt8(ascii: "1"): kind = .hardLink
    case UInt8(ascii: "2"): kind = .symbolicLink
    case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"): kind = .special
    case UInt8(ascii: "5"): kind = .folder
    case UInt8(ascii: "x"): kind = .records
    case UInt8(ascii: "g"): kind = .commonRecords
    case UInt8(ascii: "L"): kind = .longName
    case UInt8(ascii: "K"): kind = .longTarget
    case UInt8(ascii: "V"), UInt8(ascii: "D"): kind = .label
    case UInt8(ascii: "S"): throw Self.sparse(block)
    default:
      throw DecodeError("tar header", "there is no type \(block[156])", in: block, at: 156)
    }
    // A link has no content, whatever size it states (old archives have that of its target).
    switch kind {
    case .symbolicLink, .hardLink, .special, .folder: self.size = 0
    default: self.size = size
    }
  }

  /// The error for a file with holes, which are not stored.
  static func sparse(_ block: Span<UInt8>) -> DecodeError {
    DecodeError("tar header", "it is of a file with holes, as tar --sparse stores it", in: block, at: 156)
  }

  // MARK: Members

  private static func hasMagic(_ block: Span<UInt8>) -> Bool {
    for (index, byte) in "ustar".utf8.enumerated() where block[257 + index] != byte { return false }
    return true
  }

  /// The bytes of a member up to a NUL.
  private static func text(_ block: Span<UInt8>, _ start: Int, _ count: Int) -> [UInt8] {
    var end = start
    while end < start + count, block[end] != 0 { end += 1 }
    return (start..<end).map { block[$0] }
  }

  /// A number: octal digits between blanks or, when the first bit is set, the bytes of the number
  /// itself, as GNU tar writes large ones. `nil` when it is neither, is negative, or no offset of a
  /// file is as large.
  static func number(_ block: Span<UInt8>, _ start: Int, _ count: Int) -> Int? {
    var value = 0
    if block[start] & 0x80 != 0 {
      // 0xFF begins a negative number.
      guard block[start] & 0x7F == 0 else { return nil }
      for index in (start + 1)..<(start + count) {
        guard value <= Int.max >> 9 else { return nil }
        value = value << 8 | Int(block[index])
      }
      return value
    }
    var index = start
    let end = start + count
    while index < end, block[index] == ASCII.blank { index += 1 }
    while index < end, (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(block[index]) {
      value = value << 3 | Int(block[index] - ASCII.zero)
      index += 1
    }
    while index < end {
      guard block[index] == ASCII.blank || block[index] == 0 else { return nil }
      index += 1
    }
    return value
  }

  /// Whether the checksum is the sum of all bytes, with blanks for its own; old programs added
  /// signed bytes.
  private static func checksumIsRight(_ block: Span<UInt8>) -> Bool {
    var sum = 0
    var signedSum = 0
    for index in 0..<blockSize {
      let byte = checksumBytes.contains(index) ? ASCII.blank : block[index]
      sum += Int(byte)
      signedSum += Int(Int8(bitPattern: byte))
    }
    guard let stated = number(block, 148, 8) else { return false }
    return stated == sum || stated == signedSum
  }

  static let checksumBytes = 148..<156
}
