internal import Text

/// A file, folder or link of a tar archive.
package struct TarEntry: Sendable, Hashable {
  /// What it is: a file, a folder, a link or something special.
  package let kind: TarHeader.Kind
  /// Its path, as the archive has it: any bytes.
  package let path: [UInt8]
  /// The target of a link: any bytes.
  package let target: [UInt8]
  /// Where its content is, in bytes from the beginning of the archive. It may reach beyond the end
  /// of an archive that was cut.
  package let content: Range<Int>
}

/// Walks over the entries of a tar archive without reading their contents.
///
/// ``wanted`` says which bytes it needs next; they are given to ``take(_:)``. Names come from the
/// headers, from records of POSIX (`path`, `linkpath`, `size`) and from those of GNU tar.
package struct TarEntries: Sendable {
  /// The most bytes of a name, or of records about an entry.
  private static let longestRecords = 1 << 20

  /// What is needed next: a range of the bytes of the archive; `nil` behind the last entry.
  package private(set) var wanted: Range<Int>? = 0..<TarHeader.blockSize
  /// The header whose content is needed.
  private var extended: TarHeader.Kind?
  /// What is known about the next entry.
  private var name: [UInt8]?
  private var target: [UInt8]?
  private var size: Int?

  /// Starts at the beginning of an archive.
  package init() {}

  /// Takes the bytes that ``wanted`` asks for; fewer when the archive ends before.
  ///
  /// - Returns: an entry, if one is complete with these bytes.
  /// - Throws: ``DecodeError`` when the archive is damaged or was cut. The walk then has ended.
  package mutating func take(_ bytes: Span<UInt8>) throws(DecodeError) -> TarEntry? {
    guard let range = wanted else { return nil }
    wanted = nil
    guard bytes.count >= range.count else {
      throw DecodeError("tar archive", "it ends before the mark of its end: it was cut", in: bytes)
    }
    if let kind = extended {
      extended = nil
      try take(bytes, of: kind)
      wanted = try Self.block(behind: range, bytes)
      return nil
    }
    // A second one follows, which says nothing more.
    if TarHeader.isEnd(bytes) { return nil }
    let header = try TarHeader(parsing: bytes)
    switch header.kind {
    case .records, .longName, .longTarget, .commonRecords:
      guard header.size <= Self.longestRecords else {
        throw DecodeError("tar header", "the name or records that follow have \(header.size) bytes", in: bytes)
      }
      if header.kind != .commonRecords { extended = header.kind }
      let content = range.upperBound..<(range.upperBound + header.size)
      wanted = header.kind == .commonRecords ? try Self.block(behind: content, bytes) : content
      if header.size == 0 { extended = nil; wanted = try Self.block(behind: content, bytes) }
      return nil
    case .label:
      wanted = try Self.block(behind: try Self.content(header.size, behind: range, bytes), bytes)
      return nil
    case .file, .folder, .symbolicLink, .hardLink, .special: return try entry(header, at: range, bytes)
    }
  }

  private mutating func entry(
    _ header: TarHeader, at range: Range<Int>, _ bytes: Span<UInt8>
  ) throws(DecodeError) -> TarEntry {
    let isFile = header.kind == .file
    let content = try Self.content(isFile ? size ?? header.size : header.size, behind: range, bytes)
    wanted = try Self.block(behind: content, bytes)
    let path = name ?? header.name
    let entry = TarEntry(
      kind: isFile && path.last == ASCII.slash ? .folder : header.kind, path: path, target: target ?? header.target,
      content: content)
    (name, target, size) = (nil, nil, nil)
    return entry
  }

  private static func content(
    _ size: Int, behind range: Range<Int>, _ bytes: Span<UInt8>
  ) throws(DecodeError) -> Range<Int> {
    let (end, overflow) = range.upperBound.addingReportingOverflow(size)
    guard !overflow else { throw DecodeError("tar header", "its size of \(size) is beyond any file", in: bytes) }
    return range.upperBound..<end
  }

  /// The block behind a content and its padding.
  private static func block(behind content: Range<Int>, _ bytes: Span<UInt8>) throws(DecodeError) -> Range<Int> {
    guard content.upperBound <= Int.max - 2 * TarHeader.blockSize else {
      throw DecodeError("tar header", "its size of \(content.count) is beyond any file", in: bytes)
    }
    let mask = TarHeader.blockSize - 1
    let start = (content.upperBound + mask) & ~mask
    return start..<(start + TarHeader.blockSize)
  }

  // MARK: Names and records

  private mutating func take(_ bytes: Span<UInt8>, of kind: TarHeader.Kind) throws(DecodeError) {
    switch kind {
    case .longName: name = Self.text(bytes)
    case .longTarget: target = Self.text(bytes)
    default: try takeRecords(bytes)
    }
  }

  private static func text(_ bytes: Span<UInt8>) -> [UInt8] {
    var end = 0
    while end < bytes.count, bytes[end] != 0 { end += 1 }
    return (0..<end).map { bytes[$0] }
  }

  /// Takes records, each `LENGTH KEY=VALUE` and a newline; the length counts all of it.
  private mutating func takeRecords(_ bytes: Span<UInt8>) throws(DecodeError) {
    var start = 0
    // Some programs fill the rest with NULs.
    while start < bytes.count, bytes[start] != 0 {
      var index = start
      var length = 0
      while index < bytes.count, ASCII.digits.contains(bytes[index]), length <= Self.longestRecords {
        length = length * 10 + Int(bytes[index] - ASCII.zero)
        index += 1
      }
      let end = start + length
      guard index > start, index < end, end <= bytes.count, bytes[index] == ASCII.blank,
        bytes[end - 1] == ASCII.newline
      else { throw DecodeError("tar records", "one has not the length that it states", in: bytes, at: start) }
      takeRecord(bytes.extracting((index + 1)..<(end - 1)))
      if isSparse { throw TarHeader.sparse(bytes) }
      start = end
    }
  }

  /// Whether the records say that the next file has holes that are not stored.
  private var isSparse = false

  private mutating func takeRecord(_ record: Span<UInt8>) {
    var equals = 0
    while equals < record.count, record[equals] != UInt8(ascii: "=") { equals += 1 }
    guard equals < record.count else { return }
    let key = String(decoding: (0..<equals).map { record[$0] }, as: UTF8.self)
    let value = record.extracting((equals + 1)..<record.count)
    switch key {
    // No path has a NUL.
    case "path": name = Self.text(value)
    case "linkpath": target = Self.text(value)
    case "size": size = decimalNumber(value).flatMap { Int(exactly: $0) }
    default: if key.hasPrefix("GNU.sparse.") { isSparse = true }
    }
  }
}
