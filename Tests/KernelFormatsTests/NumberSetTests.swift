import TestSupport
import Testing

@testable import KernelFormats

@Suite("A set of numbers from a counter", .timeLimited)
struct NumberSetTests {
  @Test(
    "each number is new once, whatever the numbers", arguments: [1, 64, 511, 512, 1 << 20, 1 << 40, UInt64.max / 7])
  func agreesWithTheLibrary(step: UInt64) {
    var generator = SeededGenerator()
    var set = NumberSet()
    var reference: Set<UInt64> = []
    for _ in 0..<20_000 {
      let number = UInt64.random(in: 0..<15_000, using: &generator) &* step
      let isNew = set.insert(number)
      let expected = reference.insert(number).inserted
      #expect(isNew == expected, "seed \(generator.seed), number \(number)")
    }
  }

  @Test("the numbers at the ends are numbers like others", arguments: [0, 1, UInt64.max - 1, UInt64.max])
  func ends(number: UInt64) {
    var set = NumberSet()
    let answers = [set.insert(number), set.insert(number), set.insert(number ^ 1)]
    #expect(answers == [true, false, true])
  }
}
