import Foundation
import TestSupport
import Testing

/// The names of the suites in the text of a test file that limit the time of their tests, and the
/// other types that contain tests.
private func suites(in text: String) -> (limited: Set<String>, others: [String]) {
  var limited: Set<String> = []
  var others: [String] = []
  var attributes = ""
  var name: String?
  for line in text.split(separator: "\n") {
    let isIndented = line.first == " "
    if line.hasPrefix("@") || isIndented && !attributes.isEmpty {
      attributes += line
      if line.hasPrefix("@Test") { others.append(String(line)) }
    }
    if !isIndented, line.last == "{" {
      let words = line.split { " :<({".contains($0) }
      let kind = words.firstIndex { ["struct", "class", "enum", "actor", "extension"].contains($0) }
      name = kind.map { words.dropFirst($0 + 1).first.map(String.init) ?? "" }
      if let name, attributes.contains("@Suite"), attributes.contains(".timeLimited") { limited.insert(name) }
      attributes = ""
    } else if isIndented, attributes.isEmpty, line.drop(while: { $0 == " " }).hasPrefix("@Test"), let name {
      others.append(name)
    }
  }
  return (limited, others.filter { !limited.contains($0) })
}

@Suite("Rules for tests", .timeLimited)
struct TestRulesTests {
  @Test("every suite limits the time of its tests")
  func limits() throws {
    let files = try Repository.swiftFiles(below: "Tests").filter { $0.split(separator: "/")[1].hasSuffix("Tests") }
    #expect(files.count > 100)
    var limited: Set<String> = []
    var others: [(name: String, path: String)] = []
    for path in files {
      let found = suites(in: try Repository.text(path))
      limited.formUnion(found.limited)
      others += found.others.map { ($0, path) }
    }
    #expect(limited.count > 100)
    for (name, path) in others where !limited.contains(name) {
      Issue.record("\(path): \(name) holds tests and has no @Suite(..., .timeLimited)")
    }
  }

  @Test(
    "the check finds tests without a limit",
    arguments: [
      "struct A {\n  @Test func a() {}\n}", "@Suite(\"A\")\nstruct A {\n  @Test(\"a\")\n  func a() {}\n}",
      "@Suite(\n  \"A\", .needsRoot)\nprivate final class A: B {\n  @Test func a() {}\n}", "@Test func a() {}",
      "@Suite(\"B\", .timeLimited)\nstruct B {\n}\n\nextension A {\n  @Test func a() {}\n}",
      "@Suite(\"B\", .timeLimited)\nstruct B {\n}\n\nenum A<T> {\n  @Test func a() {}\n}",
    ])
  func detector(text: String) {
    #expect(suites(in: text).others.count == 1)
    #expect(!suites(in: text).limited.contains("A"))
    let limited = suites(in: "@Suite(\n  \"A\", .timeLimited,\n  .needsRoot)\nstruct A: B {\n  @Test func a() {}\n}")
    #expect(limited.limited == ["A"] && limited.others.isEmpty)
  }

  @Test("a case is overdue when its limit is over and it is not")
  func overdue() {
    let clock = TestClock { _, _ in }
    let long = clock.begin("long", limit: 3600)
    clock.end(clock.begin("short", limit: 600))
    let stuck = clock.begin("stuck", limit: 600)
    let later = DispatchTime.now() + .seconds(900)
    #expect(clock.takeOverdue(at: DispatchTime.now()).isEmpty)
    #expect(clock.takeOverdue(at: later).map(\.name) == ["stuck"])
    #expect(clock.takeOverdue(at: later).isEmpty)
    clock.end(stuck)
    clock.end(long)
    #expect(clock.slowest(1).map(\.name) == ["long"])
    #expect(Set(clock.slowest(9).map(\.name)) == ["short", "long"])
  }

  @Test("a case that hangs is reported while it does")
  func hanging() {
    let report = DispatchSemaphore(value: 0)
    let clock = TestClock { name, seconds in
      if name == "hanging", seconds >= 0.01 { report.signal() }
    }
    let others = (0..<3).map { clock.begin("other \($0)", limit: 3600) }
    let hanging = clock.begin("hanging", limit: 0.01)
    report.wait()
    for number in others + [hanging] { clock.end(number) }
  }
}
