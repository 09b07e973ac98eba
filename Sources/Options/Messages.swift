import LinuxSystem
import Rendering
import Text

/// Writes the messages on standard error, and what is printed as a whole on standard output. Every
/// line begins with the program's name or is indented below one that does.
package enum Messages {
  /// Reports that the command line is wrong, and what would be right.
  package static func complain(_ error: UsageError) { write(error.lines(width: width)) }

  /// Reports that something failed. The message may hold a path with any characters in it.
  package static func complain(_ message: String) { say(["sockinspect: \(escaped(message))"]) }

  /// Reports something that is not a failure.
  package static func note(_ message: String) { say(["sockinspect: \(message)"]) }

  /// Prints a side remark, on a terminal in a colour that does not catch the eye.
  package static func remark(_ message: String, usesColour: Bool) {
    say(["sockinspect: \(message)"], colour: usesColour && StandardStream.error.isTerminal ? .faint : .plain)
  }

  /// Prints one line of a program that is reproduced, as it is, with unprintable characters
  /// escaped.
  package static func sayLine(_ line: String) { try? StandardStream.error.write(escaped(line) + "\n") }

  /// Prints complete lines.
  package static func say(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    say(
      bytes.split(separator: ASCII.newline, omittingEmptySubsequences: true).map { String(decoding: $0, as: UTF8.self) }
    )
  }

  /// On a terminal lines are broken at blanks; elsewhere a message is one line, which is easier to
  /// search for.
  private static func say(_ lines: [String], colour: Colour = .plain) {
    let width = width
    write(lines.flatMap { TextWrap.message($0, width: width) }.map { colour.paint($0, if: true) })
  }

  private static func write(_ lines: [String]) {
    // When standard error fails, there is nowhere left to report it.
    try? StandardStream.error.write(lines.joined(separator: "\n") + "\n")
  }

  /// How many columns a line may have.
  private static var width: Int {
    guard StandardStream.error.isTerminal, let width = Terminal.width(of: StandardStream.error.rawValue), width >= 40
    else { return .max }
    return width
  }

  /// Prints text on standard output, which is all that a command is for. A reader that closed the
  /// pipe is not a failure.
  package static func print(_ text: String) -> ExitStatus { print(bytes: Array(text.utf8)) }

  /// Prints bytes on standard output.
  package static func print(bytes: [UInt8]) -> ExitStatus {
    do throws(SystemError) {
      try StandardStream.output.write(bytes.span)
      return .matched
    } catch {
      if error.isClosedPipe { return .matched }
      complain("\(error)")
      return .unreadable
    }
  }
}
