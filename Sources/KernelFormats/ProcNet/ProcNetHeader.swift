import SocketModel

/// The first line of a table of `/proc/net`: shows which table it is, and which of the columns that
/// only some kernels have.
struct ProcNetHeader {
  /// The table; see ``ProcNetTable/recognise(header:)``.
  let table: ProcNetTable
  /// Whether the rows have an inode. On every kernel the tables of internet sockets have it; copies
  /// may not.
  let hasInode: Bool
  /// Whether the rows have the number of dropped packets after the pointer.
  let hasDrops: Bool

  /// Parses a line, with or without its newline; `nil` when it is not the header of a table.
  init?(_ header: Span<UInt8>) {
    var end = header.count
    while end > 0, header[end - 1] == UInt8(ascii: "\n") || header[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    var words: [Range<Int>] = []
    var cursor = FieldCursor()
    while words.count < 40, let word = cursor.field(header) {
      guard word.count <= 40 else { return nil }
      words.append(word)
    }
    func has(_ word: String, at place: Int) -> Bool {
      place < words.count && isEqual(header.extracting(words[place]), word)
    }
    func names(_ word: String) -> Bool { words.contains { isEqual(header.extracting($0), word) } }
    hasDrops = names("drops")
    hasInode = names("inode") || names("Inode") || names("INODE")
    if has("Num", at: 0), has("RefCount", at: 1) {
      table = .unix
    } else if has("sk", at: 0), has("RefCnt", at: 1) {
      table = .packet
    } else if has("ENDPT", at: 0), has("SOCK", at: 1) {
      table = .sctpEndpoints
    } else if has("ASSOC", at: 0), has("SOCK", at: 1) {
      table = .sctpAssociations
    } else if has("sk", at: 0), has("Eth", at: 1) {
      table = .netlink
    } else if has("sl", at: 0), has("local_address", at: 1), has("remote_address", at: 2) {
      table = hasDrops ? .udp6 : .tcp6
    } else if has("sl", at: 0), has("local_address", at: 1), has("rem_address", at: 2) {
      let isPadded = end > 0 && header[end - 1] == UInt8(ascii: " ")
      // The kernel writes three blanks after the address.
      let isSqueezed = words.count < 4 || words[3].lowerBound - words[2].upperBound < 2
      let lead = words[0].lowerBound
      table =
        switch (hasDrops, isSqueezed) {
        case (true, true): .udp
        case (true, false): lead >= 3 ? .udp : isPadded ? .icmp : .raw
        case (false, true): .tcp
        case (false, false): isPadded && end <= 127 ? .udp : .tcp
        }
    } else {
      return nil
    }
  }

  /// Whether the header can be that of a table whose name is known; on old kernels the first line
  /// of some tables has the words of `tcp`.
  func fits(_ other: ProcNetTable, isFirstLine: Bool) -> Bool {
    if other == table { return true }
    if other.format != .internet || table.format != .internet { return false }
    guard other.family == table.family, other.transport.isInternet else { return false }
    if other.transport == .tcp { return !hasDrops }
    return hasDrops || table.transport != .tcp || isFirstLine
  }
}
