import Foundation
import Glibc
import LinuxSystem
import Query
import TestSupport
import Testing

/// A separate terminal in which a shell runs: `tmux(1)`, with a server for this session alone.
///
/// The shell runs in the calling thread's network namespace and in a new folder. Everything ends
/// with the session.
final class TmuxSession {
  /// The shell's folder.
  let folder: String
  private let tmux: String
  private let environment: [String: String]

  /// Starts it and waits for the shell's prompt.
  init(columns: Int, rows: Int, environment: [String: String] = [:]) throws {
    tmux = try peer("tmux")
    folder = try newFolder()
    self.environment = [
      "TMUX": "", "HOME": folder, "PS1": "", "SWIFT_BACKTRACE": "enable=no", "NO_COLOR": "", "SHELL": "/bin/sh",
      "SOCKINSPECT_CONFIG": "",
    ].merging(environment) { $1 }
    let bash = try peer("bash")
    // Bash sets PS1 itself when it starts, so the prompt is set by typing.
    let shell = "cd \(folder) && exec \(bash) --norc --noprofile --noediting"
    try run("new-session", "-d", "-x", "\(columns)", "-y", "\(rows)", shell)
    try run("set-option", "-g", "escape-time", "0")
    try type("PS1='% '; clear")
    _ = try wait { $0.first == "%" }
  }

  deinit {
    _ = Finished(running: tmux, arguments(["kill-server"]), environment: environment)
    try? FileManager.default.removeItem(atPath: folder)
  }

  private func arguments(_ words: [String]) -> [String] {
    ["-S", "\(folder)/tmux", "-f", "/dev/null"] + words
  }

  @discardableResult
  private func run(_ words: String...) throws -> String {
    let finished = Finished(running: tmux, arguments(words), environment: environment)
    guard finished.exitStatus == 0 else { throw ProgramFailure(arguments: ["tmux"] + words, finished: finished) }
    return finished.text
  }

  /// Types text as it is, then Enter.
  func type(_ line: String) throws {
    try run("send-keys", "-l", "--", line)
    try run("send-keys", "Enter")
  }

  /// Types text as it is.
  func write(_ text: String) throws { try run("send-keys", "-l", "--", text) }

  /// Presses a key that tmux has a name for: `Enter`, `Down`, `C-z`.
  func press(_ keys: String...) throws { for key in keys { try run("send-keys", key) } }

  /// What the terminal shows, line by line without trailing blanks.
  func screen() throws -> [String] {
    try run("capture-pane", "-p").split(separator: "\n", omittingEmptySubsequences: false).map { line in
      var line = String(line)
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  /// The same with the escape sequences of colours.
  func colours() throws -> String { try run("capture-pane", "-e", "-p") }

  /// Waits until the terminal shows something; fails when it does not come.
  @discardableResult
  func wait(for good: ([String]) -> Bool) throws -> [String] {
    let lines = try eventually(within: 120, screen, until: good)
    guard good(lines) else { throw Unexpected(lines: lines) }
    return lines
  }

  /// Waits until a line of the terminal contains a text.
  @discardableResult
  func wait(for text: String) throws -> [String] { try wait { $0.contains { $0.contains(text) } } }

  /// Gives the terminal another size.
  func resize(_ columns: Int, _ rows: Int) throws { try run("resize-window", "-x", "\(columns)", "-y", "\(rows)") }

  /// The process that the shell has started, when there is one.
  func child() throws -> Int32 {
    let shell = try #require(Int32(try run("display-message", "-p", "#{pane_pid}").filter(\.isNumber)))
    let children = try String(contentsOfFile: "/proc/\(shell)/task/\(shell)/children", encoding: .utf8)
    return try #require(children.split(separator: " ").first.flatMap { Int32($0) })
  }

  /// The content of a file in the shell's folder; empty when it does not exist.
  func file(_ name: String) -> String { (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? "" }

  struct Unexpected: Error, CustomStringConvertible {
    let lines: [String]
    var description: String { "the terminal shows\n" + lines.joined(separator: "\n") }
  }
}

extension TmuxSession {
  /// Starts the live view and waits until it shows its table.
  ///
  /// By default it only scans the tables, since the tracepoint reports the sockets of all tests.
  /// The terminal's modes before and after it go to files, and its exit status to the screen.
  func view(_ arguments: String = "", sources: String = "snapshot") throws {
    let script = """
      stty -a > before; echo here
      \(Program.path) watch --source \(sources) \(arguments)
      echo "ended $?"; stty -a > after; echo all

      """
    try Data(script.utf8).write(to: URL(fileURLWithPath: folder + "/view"))
    try type(". ./view")
    try wait { $0.contains { $0.contains("LOCAL") } && $0.contains { $0.contains(" help") } }
  }

  /// Waits until the view has ended, and compares the terminal with what it was before.
  func expectEnd(_ status: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let lines = try wait { $0.contains("all") }
    #expect(lines.contains("ended \(status)"), "\(lines)", sourceLocation: sourceLocation)
    // The former content of the screen is back, and nothing of the view remains.
    #expect(lines.contains("here"), sourceLocation: sourceLocation)
    #expect(!lines.contains { $0.contains("transitions") }, "\(lines)", sourceLocation: sourceLocation)
    #expect(!file("before").isEmpty && file("before") == file("after"), sourceLocation: sourceLocation)
    // The cursor is visible again, and typed text appears where it should.
    try type("echo typed | tr a-z A-Z")
    try wait(for: "TYPED")
  }
}
