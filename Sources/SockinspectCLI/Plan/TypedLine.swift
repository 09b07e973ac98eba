import LinuxSystem
import SocketModel
import Text

/// The arguments as they were typed, so that a hint can be pasted back into a shell.
struct TypedLine: Sendable, Equatable {
  /// The arguments behind the program's name.
  let arguments: [String]

  init(_ arguments: [String] = []) { self.arguments = arguments }

  /// The line with the program's name before it and quotes where a shell needs them.
  var text: String { ("sockinspect" + arguments.map { " " + Self.word($0) }.joined()) }

  /// The line with one more argument behind it.
  func adding(_ argument: String) -> String { TypedLine(arguments + [argument]).text }

  /// One argument as a shell reads it back.
  static func word(_ argument: String) -> String {
    let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,=@%+^".utf8)
    let bytes = argument.rawBytes
    if !bytes.isEmpty, bytes.allSatisfy({ plain.contains($0) }) { return argument }
    if bytes.allSatisfy({ (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "'") }) { return "'\(argument)'" }
    return "$'" + Escaping.shellBytes(bytes) + "'"
  }
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
