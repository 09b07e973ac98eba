extension Dictionary {
  /// Moves to a smaller table when the present one has space for far more entries than there are:
  /// tables never shrink by themselves.
  mutating func shrink() {
    guard capacity > 4096, capacity > count * 4 else { return }
    var smaller = Dictionary(minimumCapacity: count + count / 4)
    for (key, value) in self { smaller[key] = value }
    self = smaller
  }
}

extension Array {
  /// Shrinks the storage when it is far larger than its elements need.
  mutating func shrink() {
    guard capacity > 4096, capacity > count * 4 else { return }
    var smaller: [Element] = []
    smaller.reserveCapacity(count)
    smaller.append(contentsOf: self)
    self = smaller
  }
}
