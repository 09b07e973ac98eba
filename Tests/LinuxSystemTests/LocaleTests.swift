import LinuxSystem
import TestSupport
import Testing

@Suite("Expressions and times of the C library", .timeLimited)
struct LocaleTests {
  @Test("a regular expression is basic or extended, and minds case or not")
  func expressions() throws {
    func matches(_ pattern: String, _ text: String, extended: Bool = true, ignoringCase: Bool = false) throws -> Bool {
      let expression = try RegularExpression(
        Array(pattern.utf8), isExtended: extended, ignoresCase: ignoringCase)
      return expression.matches(Array(text.utf8))
    }
    #expect(try matches("^n.*x$", "nginx") && !matches("^n.*x$", "nginx:"))
    #expect(
      try matches("a+", "caat") && !matches("a+", "caat", extended: false) && matches("a+", "a+", extended: false))
    #expect(try !matches("NGINX", "nginx") && matches("NGINX", "nginx", ignoringCase: true))
    #expect(throws: RegularExpression.CompileError.self) { try matches("(", "") }
    do {
      _ = try matches("a[", "")
    } catch let error as RegularExpression.CompileError {
      #expect(!error.reason.isEmpty)
    }
  }

  @Test("a time is written as the format says, within the limit")
  func times() {
    #expect(Clock.localTime(format: "%%-%%", limit: 20) == "%-%")
    let year = Clock.localTime(format: "%Y", limit: 20).flatMap { Int($0) }
    #expect(year.map { $0 >= 2025 } == true)
    #expect(Clock.localTime(format: "", limit: 20) == nil)
    #expect(
      Clock.localTime(format: "abcdef", limit: 6) == nil && Clock.localTime(format: "abcdef", limit: 7) == "abcdef")
    #expect(Clock.localTime(format: "x", limit: 0) == nil)
  }
}
