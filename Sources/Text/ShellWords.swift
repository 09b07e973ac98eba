/// Words of a command line as a POSIX shell or bash takes them, for hints that are pasted.
public enum ShellWords {
  /// The word, quoted where the shell would read it otherwise. Bytes that a terminal must not get are written in `$'...'`, which bash, zsh and
  /// ksh have.
  public static func quoted(_ word: [UInt8]) -> String {
    if !word.isEmpty, word.allSatisfy(isPlain) { return String(decoding: word, as: UTF8.self) }
    let printable = UInt8(ascii: " ")...UInt8(ascii: "~")
    guard word.allSatisfy({ printable.contains($0) }) else { return "$'" + Escaping.shellBytes(word) + "'" }
    return betweenQuotes(String(decoding: word, as: UTF8.self))
  }

  /// The text between single quotes of a POSIX shell.
  public static func betweenQuotes(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }

  /// A whole command line.
  public static func line(_ words: [[UInt8]]) -> String { words.map(quoted).joined(separator: " ") }

  /// Letters, digits and the signs that no shell gives a meaning to within a word.
  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "+,-./:_@%^=".utf8.contains(byte)
    }
  }
}
