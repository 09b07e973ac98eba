/// Words of a command line as a POSIX shell or bash reads them, for hints that users paste.
package enum ShellWords {
  /// The word, quoted where the shell would read it otherwise. Bytes that must not reach a terminal
  /// are written in `$'...'`, which bash, zsh and ksh have.
  package static func quoted(_ word: [UInt8]) -> String {
    if !word.isEmpty, word.allSatisfy(isPlain) { return String(decoding: word, as: UTF8.self) }
    guard word.allSatisfy(ASCII.printable.contains) else { return "$'" + Escaping.shellBytes(word) + "'" }
    return betweenQuotes(String(decoding: word, as: UTF8.self))
  }

  /// The text as it is written between single quotes in a POSIX shell.
  package static func betweenQuotes(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }

  /// A whole command line.
  package static func line(_ words: [[UInt8]]) -> String { words.map(quoted).joined(separator: " ") }

  /// Whether a byte is a letter, a digit or a sign without a meaning to any shell within a word.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case ASCII.smallLetters, ASCII.capitals, ASCII.digits: true
    default: "+,-./:_@%^=".utf8.contains(byte)
    }
  }
}
