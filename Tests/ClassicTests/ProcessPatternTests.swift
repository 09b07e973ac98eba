import Query
import TestSupport
import Testing

@Suite("The name of a process", .timeLimited)
struct ProcessPatternTests {
  struct Case: Sendable {
    let pattern: String
    let executable: String
    let matches: Bool
  }

  @Test(
    "a program whose file was replaced or removed keeps its name",
    arguments: [
      Case(pattern: "systemd-resolved-like", executable: "/usr/lib/systemd-resolved-like", matches: true),
      Case(pattern: "systemd-resolved-like", executable: "/usr/lib/systemd-resolved-like (deleted)", matches: true),
      Case(pattern: "*-like", executable: "/usr/lib/systemd-resolved-like (deleted)", matches: true),
      Case(pattern: "systemd-resolved", executable: "/usr/lib/systemd-resolved-like (deleted)", matches: false),
      Case(pattern: "systemd-resolved-like*", executable: "/x/systemd-resolved-like (deleted)", matches: true),
      Case(pattern: "", executable: "/x/ (deleted)", matches: false),
    ])
  func deletedProgram(example: Case) {
    let pattern = ProcessPattern(Glob(example.pattern))
    let name = Array("systemd-resolve".utf8)
    #expect(pattern.matches(name: name, executable: Array(example.executable.utf8)) == example.matches)
  }
}
