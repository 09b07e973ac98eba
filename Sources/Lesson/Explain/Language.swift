/// A language that explanations are written in.
package enum Language: String, CaseIterable, Sendable, Hashable {
  /// English. The locales `C` and `POSIX` ask for it too.
  case english = "en"
  /// Spanish.
  case spanish = "es"

  /// The language of a locale's name or of a language tag, such as `es`, `es_AR.UTF-8`, `es-MX`,
  /// `en_GB` or `C`; in any case.
  ///
  /// `nil` for a language without texts here, and for a text that does not name a language.
  package init?(tag: String) {
    let end = tag.firstIndex { "_-.@".contains($0) } ?? tag.endIndex
    switch tag[..<end].lowercased() {
    case "en", "eng", "english", "c", "posix": self = .english
    case "es", "spa", "spanish", "español", "castellano": self = .spanish
    default: return nil
    }
  }

  /// The language that an environment asks for in messages: the first of `LC_ALL`, `LC_MESSAGES`
  /// and `LANG` that is not empty decides, as in the C library. English where they ask for none, or
  /// for one without texts here.
  package init(environment variable: (String) -> String?) {
    self = Language.locale(category: "LC_MESSAGES", variable).flatMap { Language(tag: $0) } ?? .english
  }

  /// The text in this language, of something that is written in both, side by side.
  package func callAsFunction<Words>(
    _ english: @autoclosure () -> Words, _ spanish: @autoclosure () -> Words
  ) -> Words {
    switch self {
    case .english: english()
    case .spanish: spanish()
    }
  }

  /// Whether an environment indicates that the terminal shows UTF-8, which box drawing needs.
  package static func usesUTF8(environment variable: (String) -> String?) -> Bool {
    guard let locale = locale(category: "LC_CTYPE", variable)?.lowercased(),
      let codeset = locale.split(separator: ".", maxSplits: 1).last?.prefix(while: { $0 != "@" })
    else { return false }
    return codeset == "utf-8" || codeset == "utf8"
  }

  private static func locale(category: String, _ variable: (String) -> String?) -> String? {
    for name in ["LC_ALL", category, "LANG"] {
      if let value = variable(name), !value.isEmpty { return value }
    }
    return nil
  }
}
