/// The beginning of a text that is too long for a message; a shorter text unchanged.
package func shortened(_ text: String) -> String {
  let limit = 100
  let end = text.unicodeScalars.index(text.startIndex, offsetBy: limit, limitedBy: text.endIndex)
  guard let end, end < text.endIndex else { return text }
  return String(text[..<end]) + "..."
}

/// Text from the command line as a message shows it: in single quotes, control characters escaped,
/// shortened when it is too long.
package func quoted(_ text: String) -> String { "'" + escaped(shortened(text)) + "'" }

/// Text that may hold anything, escaped so that a terminal shows it and does not act on it.
package func escaped(_ text: String) -> String { Escaping.line(text) }
