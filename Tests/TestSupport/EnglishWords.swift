/// Words that English sentences can hardly do without, and that no Spanish sentence has.
package enum EnglishWords {
  private static let list: Set<String> = [
    "the", "and", "is", "of", "to", "it", "not", "with", "for", "from", "that", "which", "there", "has", "have", "was",
    "were", "been", "by", "at", "on", "in", "an", "or", "are", "be", "will", "its", "this", "what", "who", "how",
    "when",
    "until", "after", "before", "yet", "any", "more", "still", "closed", "waits", "nothing", "nobody", "another",
    "held",
    "below", "each", "made", "look", "sent", "received", "again", "left", "stays", "next", "row", "client",
    "server", "connection", "answered", "ended", "listens", "somebody", "times", "lost", "failed",
  ]

  /// The English words of a text. What is quoted from programs does not count: commands, messages
  /// of the C library, data.
  package static func found(in text: String) -> [String] {
    var plain = text.replacing(#/`[^`]*`/#, with: " ").replacing(#/sockinspect [^\n;,]*/#, with: " ")
    plain = plain.replacing(#/b'[^']*'/#, with: " ").replacing(#/"[^"]*"/#, with: " ")
    plain = plain.replacing(#/(?:ss|netstat|ip|lsof) -[^\n]*/#, with: " ").replacing(#/--[a-z-]+/#, with: " ")
    plain = plain.replacing(
      #/port unreachable|Connection (?:refused|reset by peer|timed out)|Address already in use/#, with: " ")
    return plain.split { !$0.isLetter && $0 != "_" && $0 != "." }.map { $0.lowercased() }.filter { list.contains($0) }
  }
}
