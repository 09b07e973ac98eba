import Foundation
import TestSupport
import Testing

/// `sockinspect lesson` on a terminal, where a pager shows it.
@Suite(
  "The lesson on a terminal", .timeLimited, .needsRoot, .needs("tmux"), .needs("bash"), .needs("more"),
  .needs("timeout"))
struct LessonTerminalTests {
  private static func session(pager: String?) throws -> TmuxSession {
    let session = try TmuxSession(columns: 90, rows: 24, environment: ["LC_ALL": "C.UTF-8"])
    if let pager { try session.type("export PAGER='\(pager)'; clear") }
    return session
  }

  @Test("The pager shows the first page, and its own key ends it")
  func pager() throws {
    let session = try Self.session(pager: "more")
    try session.type("'\(Program.path)' lesson --lang es; echo ended $?")
    let page = try session.wait { $0.contains { $0.contains("--More--") || $0.contains("--Más--") } }
    #expect(page.contains { $0.contains("Los programas hablan por la red") }, "\(page)")
    try session.press("q")
    try session.wait { $0.contains { $0.hasSuffix("ended 0") } }
  }

  @Test("Ctrl-C ends a pager that does not catch it, and the program with it")
  func interrupt() throws {
    // Ready once it is in the foreground, where Ctrl-C reaches it.
    let isBehind = #"[ "$(ps -o tpgid= -p $$)" != "$(ps -o pgid= -p $$)" ]"#
    let session = try Self.session(pager: "while \(isBehind); do :; done; echo in-f\"\"ront; exec tail -f /dev/null")
    try session.type("'\(Program.path)' lesson; echo ended $?")
    // The prompt may come later than what was typed, and stand before it.
    try session.wait { $0.contains { $0.hasSuffix("in-front") } }
    try session.press("C-c")
    try session.wait { $0.contains { $0.hasSuffix("ended 0") } }
  }

  @Test("Without the pager the lesson is printed")
  func noPager() throws {
    let session = try Self.session(pager: "/nonexistent/pager")
    try session.type("'\(Program.path)' lesson; echo ended $?")
    let page = try session.wait { $0.contains { $0.hasSuffix("ended 0") } }
    #expect(page.contains { $0.contains("Hello") }, "\(page)")
  }

  @Test("An empty PAGER and cat print it, as a pipe does", arguments: ["", "cat"])
  func plain(pager: String) throws {
    let session = try Self.session(pager: pager)
    try session.type("'\(Program.path)' lesson; echo ended $?")
    try session.wait { $0.contains { $0.hasSuffix("ended 0") } }
  }

  @Test("A signal that asks the program to end ends the pager")
  func signal() throws {
    let session = try Self.session(pager: "tail -f /dev/null")
    try session.type("timeout --foreground -s TERM 1 '\(Program.path)' lesson; echo ended $?")
    try session.wait { $0.contains { $0.hasSuffix("ended 124") } }
  }

  @Test("On a pipe it is the text, in either language, and a reader that goes ends it quietly")
  func pipe() throws {
    let english = Program.run("lesson", environment: ["LC_ALL": "C.UTF-8"])
    #expect(english.exitStatus == 0 && english.errorText.isEmpty)
    #expect(english.text.contains("\n3. A server: socket, bind, listen\n") && !english.text.contains("\u{1B}"))
    let spanish = Program.run("lesson", "--lang", "es")
    #expect(spanish.exitStatus == 0 && spanish.text.contains("\n3. Un servidor: socket, bind, listen\n"))
    let gone = Finished(running: try peer("bash"), ["-c", "'\(Program.path)' lesson | head -n 1"])
    #expect(gone.exitStatus == 0 && gone.errorText.isEmpty, "\(gone.errorText)")
  }
}
