/// Finds the word that was probably meant.
package enum NearestWord {
  /// The longest word that is considered, in bytes without `-` and `_`.
  private static let lengthLimit = 64

  /// The known word that is nearest to a misspelt one; `nil` when none is near. Case, `-` and `_`
  /// do not count.
  ///
  /// Near means: at most a third of the letters, and at most three, are replaced, added, left out
  /// or swapped with their neighbour; or the known word begins with the at least three letters
  /// typed. Of words equally near, the first wins.
  package static func nearest(to word: String, among words: some Sequence<String>) -> String? {
    let typed = folded(word)
    guard !typed.isEmpty, typed.count <= lengthLimit else { return nil }
    var best: (word: String, distance: Int)?
    for candidate in words {
      let known = folded(candidate)
      let isBeginning = typed.count >= 3 && known.starts(with: typed)
      let limit = max(1, min(3, max(typed.count, known.count) / 3))
      guard known.count <= lengthLimit, isBeginning || abs(known.count - typed.count) <= limit else { continue }
      let steps = distance(typed, known)
      let counted = isBeginning ? min(steps, 1) : steps
      // A word that would have to be replaced entirely is no misspelling.
      guard counted <= limit, counted < max(typed.count, known.count) else { continue }
      if counted < best?.distance ?? .max { best = (candidate, counted) }
    }
    return best?.word
  }

  private static func folded(_ text: String) -> [UInt8] {
    text.utf8.compactMap { byte in
      switch byte {
      case UInt8(ascii: "-"), UInt8(ascii: "_"): nil
      case ASCII.capitals: byte + 32
      default: byte
      }
    }
  }

  /// How many insertions, deletions, replacements and swaps of neighbours turn one word into the
  /// other.
  package static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
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
