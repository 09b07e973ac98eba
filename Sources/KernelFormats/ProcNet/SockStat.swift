package import SocketModel

/// Decodes `/proc/net/sockstat` and `sockstat6`: a name with a colon, then pairs of a word and a
/// number.
extension SocketCounts {
  /// Decodes either table; their names differ. Counts that are missing or are not numbers stay as
  /// they are.
  package mutating func read(_ bytes: Span<UInt8>) {
    var start = 0
    while start < bytes.count {
      let end = ProcNetDecoder.endOfLine(bytes, from: start)
      readLine(bytes.extracting(start..<end))
      start = end + 1
    }
  }

  private mutating func readLine(_ line: Span<UInt8>) {
    var words: [Span<UInt8>.Index] = []
    var position = 0
    while position < line.count {
      if line[position] == UInt8(ascii: " ") {
        position += 1
        continue
      }
      words.append(position)
      while position < line.count, line[position] != UInt8(ascii: " ") { position += 1 }
      words.append(position)
    }
    guard words.count >= 2 else { return }
    let name = line.extracting(words[0]..<words[1])
    for index in stride(from: 2, to: words.count - 3, by: 4) {
      let number = decimalNumber(line.extracting(words[index + 2]..<words[index + 3])).flatMap { UInt64(exactly: $0) }
      guard let number, let place = Self.place(name, line.extracting(words[index]..<words[index + 1])) else { continue }
      self[keyPath: place] = number
    }
  }

  /// The member for the number of a word; `nil` for a word that is not kept.
  private static func place(_ name: Span<UInt8>, _ word: Span<UInt8>) -> WritableKeyPath<SocketCounts, UInt64?>? {
    if isEqual(name, "TCP:") {
      if isEqual(word, "inuse") { return \.tcp }
      if isEqual(word, "orphan") { return \.orphans }
      if isEqual(word, "tw") { return \.timeWait }
      return isEqual(word, "mem") ? \.tcpPages : nil
    }
    if isEqual(name, "UDP:") { return isEqual(word, "inuse") ? \.udp : isEqual(word, "mem") ? \.udpPages : nil }
    if isEqual(name, "sockets:") { return isEqual(word, "used") ? \.sockets : nil }
    guard isEqual(word, "inuse") else { return nil }
    if isEqual(name, "TCP6:") { return \.tcp6 }
    if isEqual(name, "UDP6:") { return \.udp6 }
    return isEqual(name, "UDPLITE:") ? \.udpLite : isEqual(name, "UDPLITE6:") ? \.udpLite6 : nil
  }
}
