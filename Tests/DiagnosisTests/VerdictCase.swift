import Testing

/// Facts and the verdict that follows from them.
struct VerdictCase<Verdict: Sendable, Facts: Sendable>: Sendable, CustomTestStringConvertible {
  let name: String
  let verdict: Verdict
  let facts: Facts
  var testDescription: String { name }

  init(_ name: String, _ verdict: Verdict, _ facts: Facts) {
    (self.name, self.verdict, self.facts) = (name, verdict, facts)
  }
}
