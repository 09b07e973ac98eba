/// How many columns of a terminal text takes (UAX #11 East Asian Width, UAX #29 for what joins, UTS
/// #51 for emoji).
///
/// Wide and fullwidth characters and emoji take two, combining marks and invisible format
/// characters none, everything else one. What a terminal joins into one picture (a
/// zero-width-joiner sequence, a skin tone, a flag) counts as that picture. Terminals disagree
/// about some of it; the rules here are those of most.
package enum TextWidth {
  /// The columns that the text takes. Control characters count as none: escape them first.
  package static func columns(_ text: String) -> Int {
    columns(Array(text.utf8)[...])
  }

  /// The text with its middle replaced by `…`, so that it takes at most this many columns;
  /// unchanged when it fits.
  package static func withoutMiddle(_ text: String, columns limit: Int) -> String {
    guard columns(text) > limit else { return text }
    guard limit > 1 else { return limit == 1 ? "…" : "" }
    // The end says more: the file name of a path, the port of an address.
    var end = ""
    for character in text.reversed() {
      let longer = String(character) + end
      guard columns(longer) <= limit / 2 else { break }
      end = longer
    }
    var start = ""
    for character in text {
      let longer = start + String(character)
      guard columns(longer) + 1 + columns(end) <= limit else { break }
      start = longer
    }
    return start + "…" + end
  }

  /// The columns that UTF-8 text takes; each byte that is not UTF-8 counts as one.
  package static func columns(_ bytes: ArraySlice<UInt8>) -> Int {
    guard bytes.contains(where: { $0 >= 0x80 }) else { return bytes.count }
    var meter = TextMeter()
    var index = bytes.startIndex
    while index < bytes.endIndex {
      let (scalar, length) = UTF8Reader.scalar(in: bytes, at: index)
      meter.add(scalar)
      index += length
    }
    return meter.columns
  }

  /// The columns of a character by itself: 0, 1 or 2.
  package static func columns(of scalar: Unicode.Scalar) -> Int {
    let value = scalar.value
    if value < 0x300 { return value < 0x20 || (0x7F..<0xA0).contains(value) || value == 0xAD ? 0 : 1 }
    // The vowels and final consonants of Hangul syllables are drawn into the leading consonant's
    // cells.
    if (0x1160...0x11FF).contains(value) || (0xD7B0...0xD7FB).contains(value) { return 0 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .lineSeparator, .paragraphSeparator: return 0
    default: return isWide(value) ? 2 : 1
    }
  }

  private static func isWide(_ value: UInt32) -> Bool {
    var low = 0
    var high = wideRanges.count
    while low < high {
      let middle = (low + high) / 2
      if wideRanges[middle].1 < value { low = middle + 1 } else { high = middle }
    }
    return low < wideRanges.count && wideRanges[low].0 <= value
  }

  // The characters whose East_Asian_Width is W or F in Unicode 16. Unassigned ones between two such
  // ranges are included, to keep the table short.
  private static let wideRanges: [(UInt32, UInt32)] = [
    (0x1100, 0x115F), (0x231A, 0x231B), (0x2329, 0x232A), (0x23E9, 0x23EC), (0x23F0, 0x23F0), (0x23F3, 0x23F3),
    (0x25FD, 0x25FE), (0x2614, 0x2615), (0x2630, 0x2637), (0x2648, 0x2653), (0x267F, 0x267F), (0x268A, 0x268F),
    (0x2693, 0x2693), (0x26A1, 0x26A1), (0x26AA, 0x26AB), (0x26BD, 0x26BE), (0x26C4, 0x26C5), (0x26CE, 0x26CE),
    (0x26D4, 0x26D4), (0x26EA, 0x26EA), (0x26F2, 0x26F3), (0x26F5, 0x26F5), (0x26FA, 0x26FA), (0x26FD, 0x26FD),
    (0x2705, 0x2705), (0x270A, 0x270B), (0x2728, 0x2728), (0x274C, 0x274C), (0x274E, 0x274E), (0x2753, 0x2755),
    (0x2757, 0x2757), (0x2795, 0x2797), (0x27B0, 0x27B0), (0x27BF, 0x27BF), (0x2B1B, 0x2B1C), (0x2B50, 0x2B50),
    (0x2B55, 0x2B55), (0x2E80, 0x303E), (0x3041, 0x3247), (0x3250, 0xA4C6), (0xA960, 0xA97C), (0xAC00, 0xD7A3),
    (0xF900, 0xFAFF), (0xFE10, 0xFE19), (0xFE30, 0xFE6B), (0xFF01, 0xFF60), (0xFFE0, 0xFFE6), (0x16FE0, 0x18DF2),
    (0x1AFF0, 0x1B2FB), (0x1D300, 0x1D376), (0x1F004, 0x1F004), (0x1F0CF, 0x1F0CF), (0x1F18E, 0x1F18E),
    (0x1F191, 0x1F19A), (0x1F200, 0x1F320), (0x1F32D, 0x1F335), (0x1F337, 0x1F37C), (0x1F37E, 0x1F393),
    (0x1F3A0, 0x1F3CA), (0x1F3CF, 0x1F3D3), (0x1F3E0, 0x1F3F0), (0x1F3F4, 0x1F3F4), (0x1F3F8, 0x1F43E),
    (0x1F440, 0x1F440), (0x1F442, 0x1F4FC), (0x1F4FF, 0x1F53D), (0x1F54B, 0x1F54E), (0x1F550, 0x1F567),
    (0x1F57A, 0x1F57A), (0x1F595, 0x1F596), (0x1F5A4, 0x1F5A4), (0x1F5FB, 0x1F64F), (0x1F680, 0x1F6C5),
    (0x1F6CC, 0x1F6CC), (0x1F6D0, 0x1F6D2), (0x1F6D5, 0x1F6DF), (0x1F6EB, 0x1F6EC), (0x1F6F4, 0x1F6FC),
    (0x1F7E0, 0x1F7F0), (0x1F90C, 0x1F93A), (0x1F93C, 0x1F945), (0x1F947, 0x1F9FF), (0x1FA70, 0x1FAF8),
    (0x20000, 0x3FFFD),
  ]
}

/// Adds up the columns of text scalar by scalar, and takes into account what joins with its
/// neighbours.
package struct TextMeter {
  package private(set) var columns = 0
  private var previousWidth = 0
  private var isJoined = false

  package init() {}

  /// Adds the next scalar; `nil` stands for a byte that is not UTF-8, drawn in one column.
  package mutating func add(_ scalar: Unicode.Scalar?) {
    guard let scalar else {
      columns += 1
      previousWidth = 1
      isJoined = false
      return
    }
    switch scalar.value {
    case 0x200D:
      isJoined = previousWidth == 2
    case 0xFE0F where previousWidth == 1:
      // VARIATION SELECTOR-16 asks for the picture form of a character that is text by default.
      columns += 1
      previousWidth = 2
    case 0x1F3FB...0x1F3FF where previousWidth == 2:
      break
    default:
      let width = TextWidth.columns(of: scalar)
      if width == 0 { return }
      if isJoined {
        isJoined = false
        return
      }
      columns += width
      previousWidth = width
    }
  }
}
