/// Finds out the byte order of the machine whose kernel wrote a table of TCP, UDP, raw or ICMP
/// sockets, from its addresses.
///
/// The kernel prints each four bytes of an address as one native number. `127.0.0.1` is `0100007F`
/// on a little-endian machine and `7F000001` on a big-endian one, where `0100007F` would be
/// 1.0.0.127: often only one of the two ways to read an address is likely. `::1`, `::ffff:0:0/96`,
/// `fe80::/10` and 127.0.0.0/8 count most; 192.168.0.0/16 and 2000::/3 decide where nothing else
/// does. An address that reads the same either way, such as 0.0.0.0, shows nothing.
package struct ByteOrderEvidence: Sendable {
  private var little = 0
  private var big = 0
  /// How many addresses were found that do not read the same either way.
  package private(set) var addressCount = 0

  /// Makes evidence without any address.
  package init() {}

  /// The order that the addresses show; `nil` when they show none, or both equally.
  package var order: ByteOrder? { little == big ? nil : little > big ? .little : .big }

  /// Whether strong addresses speak for either order.
  package var isContradictory: Bool { min(little, big) >= Weight.strong }

  /// Examines the lines of a table or of any text; those that do not begin like a row with two ends
  /// are skipped.
  package mutating func add(_ bytes: Span<UInt8>) {
    var start = 0
    while start < bytes.count {
      let end = ProcNetDecoder.endOfLine(bytes, from: start)
      addLine(bytes.extracting(start..<end))
      start = end + 1
    }
  }

  private mutating func addLine(_ line: Span<UInt8>) {
    var cursor = LineCursor(at: 0, isCut: false)
    cursor.skipBlanks(line)
    guard cursor.decimal(line) != nil, cursor.take(UInt8(ascii: ":"), line) else { return }
    guard let local = address(&cursor, line), let remote = address(&cursor, line) else { return }
    guard local.isIPv4 == remote.isIPv4 else { return }
    for end in [local, remote] where end.little != end.big {
      addressCount += 1
      little += end.isIPv4 ? Weight.ofIPv4(UInt32(truncatingIfNeeded: end.little)) : Weight.ofIPv6(end.little)
      big += end.isIPv4 ? Weight.ofIPv4(UInt32(truncatingIfNeeded: end.big)) : Weight.ofIPv6(end.big)
    }
  }

  /// Parses an address and its port, the address in both orders; `nil` when there is none.
  private func address(
    _ cursor: inout LineCursor, _ line: Span<UInt8>
  ) -> (little: UInt128, big: UInt128, isIPv4: Bool)? {
    cursor.skipBlanks(line)
    var (little, big) = (UInt128(0), UInt128(0))
    var words = 0
    while words < 4, let word = cursor.swappedWord(line) {
      little = little << 32 | UInt128(word)
      big = big << 32 | UInt128(word.byteSwapped)
      words += 1
    }
    guard words == 1 || words == 4, cursor.take(UInt8(ascii: ":"), line), cursor.hexadecimal(line)?.digits == 4 else {
      return nil
    }
    return (little, big, words == 1)
  }

  /// How strongly an address speaks for the order in which it was read.
  private enum Weight {
    static let strong = 100

    static func ofIPv4(_ address: UInt32) -> Int {
      if address == 0x7F00_0001 { return strong * 2 }
      if address >> 24 == 127 { return strong }
      return address >> 16 == 0xC0A8 ? 1 : 0
    }

    static func ofIPv6(_ address: UInt128) -> Int {
      if address == 1 || address >> 118 == 0xFE80 >> 6 { return strong * 2 }
      if address >> 32 == 0xFFFF { return strong * 2 + ofIPv4(UInt32(truncatingIfNeeded: address)) }
      return address >> 125 == 1 ? 1 : 0
    }
  }
}
