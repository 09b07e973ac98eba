import SocketModel
import TestSupport
import Testing

@testable import Lesson

@Suite("Explanations", .timeLimited)
struct ExplanationTests {
  private static let cases = Subject.all.flatMap { subject in Language.allCases.map { (subject, $0) } }

  private static func texts(_ explanation: Explanation) -> [String] {
    [explanation.summary, explanation.what, explanation.next, explanation.duration, explanation.check]
  }

  @Test("every state and every call is a subject, once")
  func subjectsAreComplete() {
    #expect(Set(Subject.all) == Set(SocketState.allCases.map { .state($0) } + ExplainedCall.allCases.map { .call($0) }))
    #expect(Subject.all.count == Set(Subject.all).count)
  }

  @Test(
    "every part is written in every language: sentences end with a full stop, the summary is one short line",
    arguments: cases)
  func isWritten(subject: Subject, language: Language) {
    let explanation = Explanation.of(subject, in: language)
    #expect((10...62).contains(explanation.summary.count), "\(explanation.summary)")
    #expect(explanation.summary.last != "." && explanation.summary.first?.isUppercase == false)
    for text in Self.texts(explanation).dropFirst() {
      #expect(text.last == "." && text.first?.isLowercase == false, "\(text)")
      #expect(text.count <= 420, "a few lines, not a page: \(text)")
    }
    for text in Self.texts(explanation) {
      #expect(!text.contains("\n") && !text.contains("  ") && text.last != " ", "\(text)")
      for word in text.split(separator: " ") { #expect(word.count <= 40, "\(word) would not wrap") }
    }
  }

  @Test("no text of one language stands in another", arguments: Subject.all)
  func languagesDiffer(subject: Subject) {
    let texts = Language.allCases.map { Self.texts(Explanation.of(subject, in: $0)) }
    for part in 0..<5 { #expect(Set(texts.map { $0[part] }).count == Language.allCases.count, "\(texts[0][part])") }
  }

  @Test("both languages name the same calls, states, options and numbers", arguments: Subject.all)
  func languagesAgree(subject: Subject) {
    // What both languages must leave as it is: FIN_WAIT1, tcp_fin_timeout, 60, 6.5.
    func names(_ language: Language) -> Set<String> {
      let words = Self.texts(Explanation.of(subject, in: language)).dropFirst().joined(separator: " ")
        .split { !($0.isLetter || $0.isNumber || "_./".contains($0)) }
        .map { $0.hasSuffix(".") ? String($0.dropLast()) : String($0) }
      return Set(
        words.filter { $0.contains("_") || ($0.contains(where: \.isNumber) && $0.allSatisfy { !$0.isLetter }) })
    }
    #expect(names(.english) == names(.spanish))
  }

  @Test("the phrases around them are written in every language")
  func phrases() {
    let (english, spanish) = (Phrases(.english), Phrases(.spanish))
    for (left, right) in zip(Mirror(reflecting: english).children, Mirror(reflecting: spanish).children) {
      #expect("\(left.value)" != "\(right.value)" && !"\(right.value)".isEmpty, "\(left.label ?? "")")
    }
    #expect(english.ambiguity(of: "close").hasPrefix("close is a state and a call"))
    #expect(english.ambiguity(of: "close").contains("CLOSE alone is the state, 'close()' the call"))
    #expect(spanish.ambiguity(of: "listen").contains("LISTEN es solo el estado; 'listen()', solo la llamada"))
  }

  @Test(
    "a word names a state in any spelling, a call with or without parentheses, or both",
    arguments: [
      ("close_wait", [.state(.closeWait)]), ("TIME_WAIT", [.state(.timeWait)]), ("time-wait", [.state(.timeWait)]),
      ("estab", [.state(.established)]), ("Estab", [.state(.established)]), ("UNCONN", [.state(.unconnected)]),
      ("connect", [.call(.connect)]), ("connect()", [.call(.connect)]), ("Connect(2)", [.call(.connect)]),
      ("CONNECT", [.call(.connect)]), ("connected", [.state(.connected)]), ("sendall", [.call(.send)]),
      ("close", [.state(.close), .call(.close)]), ("Close", [.state(.close), .call(.close)]),
      ("CLOSE", [.state(.close)]), ("close()", [.call(.close)]), ("closed", [.state(.close)]),
      ("listen", [.state(.listen), .call(.listen)]), ("LISTEN", [.state(.listen)]), ("listen()", [.call(.listen)]),
      ("listening", [.state(.listen)]), ("bound", [.state(.boundInactive)]), ("bind", [.call(.bind)]),
      ("time_wait()", []), ("", []), ("()", []), ("nonsense", []), ("states", []),
    ] as [(String, [Subject])])
  func names(word: String, subjects: [Subject]) { #expect(Subject.named(word) == subjects) }

  @Test("every subject is found by its own name and title", arguments: Subject.all)
  func ownNames(subject: Subject) {
    #expect(Subject.named(subject.name).contains(subject))
    #expect(Subject.named(subject.title) == [subject])
  }
}

@Suite("Languages", .timeLimited)
struct LanguageTests {
  @Test(
    "a language is known by its tag and by the name of a locale",
    arguments: [
      ("es", .spanish), ("es_ES.UTF-8", .spanish), ("es-MX", .spanish), ("ES", .spanish), ("es_AR@euro", .spanish),
      ("español", .spanish), ("en", .english), ("en_GB.UTF-8", .english), ("C", .english), ("C.UTF-8", .english),
      ("POSIX", .english), ("de_DE.UTF-8", nil), ("", nil), ("est", nil), ("_es", nil),
    ] as [(String, Language?)])
  func tags(tag: String, language: Language?) { #expect(Language(tag: tag) == language) }

  @Test(
    "the first of LC_ALL, LC_MESSAGES and LANG that is not empty decides",
    arguments: [
      ([:], .english), (["LANG": "es_ES.UTF-8"], .spanish), (["LANG": "es", "LC_MESSAGES": "C"], .english),
      (["LANG": "C", "LC_ALL": "", "LC_MESSAGES": "es"], .spanish), (["LC_ALL": "en_US", "LANG": "es"], .english),
      (["LC_ALL": "de_DE", "LANG": "es"], .english), (["LC_CTYPE": "es_ES"], .english),
    ] as [([String: String], Language)])
  func environment(variables: [String: String], language: Language) {
    #expect(Language(environment: { variables[$0] }) == language)
  }

  @Test(
    "boxes are drawn where the locale's characters are UTF-8",
    arguments: [
      ([:], false), (["LANG": "C.UTF-8"], true), (["LANG": "es_ES.utf8"], true), (["LANG": "es_ES"], false),
      (["LC_ALL": "C", "LANG": "C.UTF-8"], false), (["LC_CTYPE": "en_US.UTF-8", "LANG": "C"], true),
    ] as [([String: String], Bool)])
  func characters(variables: [String: String], isUTF8: Bool) {
    #expect(Language.usesUTF8(environment: { variables[$0] }) == isUTF8)
  }
}
