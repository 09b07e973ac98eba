/// Words of a command line as a POSIX shell or bash takes them, for hints that are pasted.
package enum ShellWords {
  /// The word, quoted where the shell would read it otherwise. Bytes that a terminal must not get
  /// are written in `$'...'`, which bash, zsh and ksh have.
  package static func quoted(_ word: [UInt8]) -> String {
    if !word.isEmpty, word.allSatisfy(isPlain) { return String(decoding: word, as: UTF8.self) }
    guard word.allSatisfy(ASCII.printable.contains) else { return "$'" + Escaping.shellBytes(word) + "'" }
    return betweenQuotes(String(decoding: word, as: UTF8.self))
  }

  /// The text between single quotes of a POSIX shell.
  package static func betweenQuotes(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }

  /// A whole command line.
  package static func line(_ words: [[UInt8]]) -> String { words.map(quoted).joined(separator: " ") }

  /// Letters, digits and the signs that no shell gives a meaning to within a word.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case ASCII.smallLetters, ASCII.capitals, ASCII.digits: true
    default: "+,-./:_@%^=".utf8.contains(byte)
    }
  }
}
