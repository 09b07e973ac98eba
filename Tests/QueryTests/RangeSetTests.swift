import TestSupport
import Testing

@testable import Query

@Suite("Sets of ranges", .timeLimited)
struct RangeSetTests {
  @Test("a set has its numbers as long as there are not too many")
  func numbers() {
    let set = RangeSet([443...443, 80...82])
    #expect(set.numbers(atMost: 4) == [80, 81, 82, 443] && set.numbers(atMost: 3) == nil)
    #expect(RangeSet([0...UInt64.max]).numbers(atMost: 8) == nil && RangeSet([]).numbers(atMost: 1) == [])
  }
}
