/// The known word that is most likely meant by one that is not known; `nil` when none is near.
///
/// Near is: at most a third of the letters changed, added, left out or swapped with their neighbour; or the known word begins with
/// at least three letters typed. Case, `-` and `_` do not count.
func nearest(to word: String, among words: [String]) -> String? {
  let typed = folded(word)
  guard !typed.isEmpty, typed.count <= 64 else { return nil }
  var best: (word: String, distance: Int)?
  for candidate in words {
    let known = folded(candidate)
    var distance = editDistance(typed, known)
    if typed.count >= 3, known.starts(with: typed) { distance = min(distance, 1) }
    let limit = max(1, max(typed.count, known.count) / 3)
    if distance <= limit, distance < known.count, distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  return best?.word
}

private func folded(_ word: String) -> [UInt8] {
  word.utf8.filter { $0 != 0x2D && $0 != 0x5F }.map { (0x41...0x5A).contains($0) ? $0 + 32 : $0 }
}

/// How many single changes (replace, add, leave out, swap neighbours) lead from one word to the other.
func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
  var beforeLast: [Int] = []
  var last = Array(0...right.count)
  for row in 1...left.count {
    var current = [row]
    current.reserveCapacity(right.count + 1)
    for column in 1...right.count {
      let same = left[row - 1] == right[column - 1]
      var cost = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + (same ? 0 : 1))
      if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
        cost = min(cost, beforeLast[column - 2] + 1)
      }
      current.append(cost)
    }
    beforeLast = last
    last = current
  }
  return last[right.count]
}
