/// A set of numbers as sorted ranges that neither overlap nor touch.
package struct RangeSet: Sendable, Hashable {
  /// The ranges in ascending order.
  package let ranges: [ClosedRange<UInt64>]

  /// Makes a set of ranges in any order; they may overlap.
  package init(_ ranges: [ClosedRange<UInt64>]) {
    guard ranges.count > 1 else {
      self.ranges = ranges
      return
    }
    var merged: [ClosedRange<UInt64>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = merged.last, last.upperBound == .max || range.lowerBound <= last.upperBound + 1 {
        merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        merged.append(range)
      }
    }
    self.ranges = merged
  }

  /// Makes the set of one number.
  package init(_ number: UInt64) { ranges = [number...number] }

  /// The numbers that satisfy a comparison with another; empty for `< 0`.
  init(_ comparison: Comparison, _ number: UInt64) {
    switch comparison {
    case .equal, .notEqual: ranges = [number...number]
    case .less: ranges = number == 0 ? [] : [0...(number - 1)]
    case .lessOrEqual: ranges = [0...number]
    case .greater: ranges = number == .max ? [] : [(number + 1)...UInt64.max]
    case .greaterOrEqual: ranges = [number...UInt64.max]
    }
  }

  /// The numbers in ascending order, when there are at most so many; `nil` when there are more.
  package func numbers(atMost limit: Int) -> [UInt64]? {
    var numbers: [UInt64] = []
    for range in ranges {
      guard range.upperBound - range.lowerBound < UInt64(limit - numbers.count) else { return nil }
      numbers += range
    }
    return numbers
  }

  /// Whether the set is empty.
  package var isEmpty: Bool { ranges.isEmpty }

  /// Whether the number is in the set.
  package func contains(_ number: UInt64) -> Bool {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if number < ranges[middle].lowerBound {
        high = middle
      } else if number > ranges[middle].upperBound {
        low = middle + 1
      } else {
        return true
      }
    }
    return false
  }

  /// The numbers one by one, or `nil` when there are more than `limit`.
  package func numbers(limit: Int) -> [UInt64]? {
    var result: [UInt64] = []
    for range in ranges {
      guard range.upperBound - range.lowerBound < UInt64(limit - result.count) else { return nil }
      result.append(contentsOf: range)
    }
    return result
  }
}
