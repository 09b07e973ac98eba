import Query
import Rendering

/// The lines of `-V`: what was requested and not found.
struct LsofMissingText {
  let isPrintable: (@Sendable (Unicode.Scalar) -> Bool)?

  /// One line.
  func line(_ missing: LsofSearch.Missing) -> [UInt8] {
    switch missing {
    case .command(let text): line("command not located: ", text)
    case .expression(let text): line("no command found for regex: ", text)
    case .name(let path): line("no file use located: ", path)
    case .address(let text): line("Internet address not located: ", Array(text.utf8))
    case .internet: line("no Internet files located")
    case .state(let number): line("TCP state not located: \(LsofStates.name(number) ?? "")")
    case .process(let number): line("process ID not located: \(Int32(bitPattern: number))")
    case .tasks: line("no tasks located")
    case .group(let number): line("process group ID not located: \(Int32(bitPattern: number))")
    case .user(let number, nil): line("user ID not located: \(number)")
    case .user(let number, let login?): line("login name (UID \(number)) not located: ", Array(login.utf8))
    }
  }

  private func line(_ text: String, _ subject: [UInt8] = []) -> [UInt8] {
    Array("lsof: \(text)".utf8) + LsofText.safe(subject, isPrintable: isPrintable) + [UInt8(ascii: "\n")]
  }
}
