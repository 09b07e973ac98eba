/// Shortens text that is safe to show, with a mark where something is missing.
package struct TextCut: Sendable {
  /// The mark for the missing part.
  package let mark: [UInt8]
  /// How many columns the mark takes.
  package let markColumns: Int

  /// Marks with `…`.
  package static let unicode = TextCut(mark: [0xE2, 0x80, 0xA6], markColumns: 1)
  /// Marks with `...`, for terminals that show ASCII only.
  package static let ascii = TextCut(mark: Array("...".utf8), markColumns: 3)

  /// Chooses the mark that a terminal can show.
  package init(isASCII: Bool) { self = isASCII ? .ascii : .unicode }

  private init(mark: [UInt8], markColumns: Int) {
    self.mark = mark
    self.markColumns = markColumns
  }

  /// The beginning of the text and the mark, in at most `limit` columns.
  package func end(_ text: ArraySlice<UInt8>, to limit: Int) -> [UInt8] {
    guard limit >= markColumns else { return Array(mark.prefix(max(0, limit))) }
    return text[..<Self.start(text, columns: limit - markColumns)] + mark
  }

  /// The mark and the end of the text, in at most `limit` columns.
  package func beginning(_ text: ArraySlice<UInt8>, to limit: Int) -> [UInt8] {
    guard limit >= markColumns else { return Array(mark.prefix(max(0, limit))) }
    return mark + text[tail(text, columns: limit - markColumns)...]
  }

  /// Both ends of the text around the mark, in at most `limit` columns; more of the second, which
  /// is the file name of a path.
  package func middle(_ text: ArraySlice<UInt8>, to limit: Int) -> [UInt8] {
    guard limit > markColumns + 2 else { return beginning(text, to: limit) }
    let room = limit - markColumns
    let second = tail(text, columns: room - room / 3)
    let first = Self.start(text[..<second], columns: room - TextWidth.columns(text[second...]))
    return text[..<first] + mark + text[second...]
  }

  /// An address with its port, in at most `limit` columns, and the whole port where there is room
  /// for it at all: an IPv6 address loses its middle groups, `[2001:db8:…:7334]:9443`, a name its
  /// middle, and anything else its beginning.
  package func address(_ text: ArraySlice<UInt8>, to limit: Int) -> [UInt8] {
    guard let first = text.first else { return [] }
    if first == UInt8(ascii: "["), let close = text.lastIndex(of: UInt8(ascii: "]")),
      let short = groups(text[(text.startIndex + 1)..<close], text[close...], to: limit)
    {
      return short
    }
    let isNumber = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) || first == UInt8(ascii: "[")
    return isNumber ? beginning(text, to: limit) : middle(text, to: limit)
  }

  /// As many groups of an IPv6 address as fit; `nil` when not even the last one does.
  private func groups(_ inner: ArraySlice<UInt8>, _ rest: ArraySlice<UInt8>, to limit: Int) -> [UInt8]? {
    let parts = inner.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    // A compressed run of zeros is in the middle anyway.
    let head = parts.prefix { !$0.isEmpty }
    let tail = parts.reversed().prefix { !$0.isEmpty }
    func width(_ first: Int, _ last: Int) -> Int {
      let groups = Array(head.prefix(first)) + tail.prefix(last)
      return 1 + groups.reduce(0) { $0 + $1.count + 1 } + markColumns + TextWidth.columns(rest)
    }
    guard !tail.isEmpty, width(0, 1) <= limit else { return nil }
    var counts = (first: 0, last: 1)
    func grows(_ first: Int, _ last: Int) -> Bool {
      first <= head.count && last <= tail.count && first + last < parts.count && width(first, last) <= limit
    }
    while true {
      if counts.first <= counts.last, grows(counts.first + 1, counts.last) {
        counts.first += 1
      } else if grows(counts.first, counts.last + 1) {
        counts.last += 1
      } else if grows(counts.first + 1, counts.last) {
        counts.first += 1
      } else {
        break
      }
    }
    var output: [UInt8] = [UInt8(ascii: "[")]
    for part in head.prefix(counts.first) {
      output += part
      output.append(UInt8(ascii: ":"))
    }
    output += mark
    for part in tail.prefix(counts.last).reversed() {
      output.append(UInt8(ascii: ":"))
      output += part
    }
    output += rest
    return TextWidth.columns(output[...]) <= limit ? output : nil
  }

  /// The index where the longest beginning of the text that fits into the columns ends.
  package static func start(_ text: ArraySlice<UInt8>, columns limit: Int) -> Int {
    var meter = TextMeter()
    var end = text.startIndex
    while end < text.endIndex {
      let (scalar, length) = UTF8Reader.scalar(in: text, at: end)
      meter.add(scalar)
      guard meter.columns <= limit else { break }
      end += length
    }
    return end
  }

  /// The index where the longest end of the text that fits into the columns begins.
  private func tail(_ text: ArraySlice<UInt8>, columns limit: Int) -> Int {
    var start = text.endIndex
    var best = start
    while start > text.startIndex {
      start -= 1
      guard text[start] & 0xC0 != 0x80 else { continue }
      guard TextWidth.columns(text[start...]) <= limit else { break }
      best = start
    }
    return best
  }
}
