/// Finding the name that was probably meant.
enum Suggestion {
  /// The known name that is nearest to a misspelt one; `nil` when none is near. Case, `-` and `_` do not count.
  ///
  /// Of names equally near, the first wins. Names of more than 64 bytes are not looked at.
  static func nearest(to word: String, among names: some Sequence<String>) -> String? {
    let wanted = folded(word)
    guard !wanted.isEmpty, wanted.count <= 64 else { return nil }
    var best: (name: String, distance: Int)?
    // One slip in a short word, two in a middling one, three in a long one.
    let limit = wanted.count <= 3 ? 1 : wanted.count <= 5 ? 2 : 3
    for name in names {
      let candidate = folded(name)
      guard abs(candidate.count - wanted.count) <= limit, candidate.count <= 64 else { continue }
      let distance = distance(wanted, candidate)
      // A word that would have to be replaced entirely is not a misspelling.
      guard distance <= limit, distance < max(wanted.count, candidate.count) else { continue }
      if distance < best?.distance ?? .max { best = (name, distance) }
    }
    return best?.name
  }

  private static func folded(_ text: String) -> [UInt8] {
    text.utf8.compactMap { byte in
      switch byte {
      case 0x2D, 0x5F: nil
      case 0x41...0x5A: byte + 32
      default: byte
      }
    }
  }

  /// How many insertions, deletions, replacements and swaps of neighbours turn one into the other.
  static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in left.indices {
      var current = [row + 1]
      for column in right.indices {
        var cost = min(
          last[column] + (left[row] == right[column] ? 0 : 1), last[column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          cost = min(cost, beforeLast[column - 1] + 1)
        }
        current.append(cost)
      }
      beforeLast = last
      last = current
    }
    return last[right.count]
  }
}
