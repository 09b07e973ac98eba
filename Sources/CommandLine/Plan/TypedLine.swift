import LinuxSystem
import SocketModel
import Text

/// The arguments as they were typed, so that a hint can be pasted back into a shell.
package struct TypedLine: Sendable, Equatable {
  /// The arguments after the program's name.
  package let arguments: [String]

  init(_ arguments: [String] = []) { self.arguments = arguments }

  /// The line with the program's name before it and quotes where a shell needs them.
  package var text: String { ShellWords.line((["sockinspect"] + arguments).map(\.rawBytes)) }

  /// The line with one more argument at its end.
  package func adding(_ argument: String) -> String { TypedLine(arguments + [argument]).text }
}
