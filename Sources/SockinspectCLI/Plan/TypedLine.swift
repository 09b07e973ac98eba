import LinuxSystem
import SocketModel
import Text

/// The arguments as they were typed, so that a hint can be pasted back into a shell.
struct TypedLine: Sendable, Equatable {
  /// The arguments after the program's name.
  let arguments: [String]

  init(_ arguments: [String] = []) { self.arguments = arguments }

  /// The line with the program's name before it and quotes where a shell needs them.
  var text: String { ShellWords.line((["sockinspect"] + arguments).map(\.rawBytes)) }

  /// The line with one more argument behind it.
  func adding(_ argument: String) -> String { TypedLine(arguments + [argument]).text }
}

extension Problem {
  /// The problem with advice that repeats the line that was typed where it is to run the program as root.
  func advising(_ line: TypedLine) -> Problem {
    let bare = "sudo sockinspect"
    guard let advice, advice.hasSuffix(bare) else { return self }
    var problem = self
    problem.advice = advice.dropLast(bare.count) + "sudo " + line.text
    return problem
  }
}
