import SocketModel
import TestSupport
import Testing

@testable import Lesson

@Suite("Explanations", .timeLimited)
struct ExplanationTests {
  private static let written = Subject.tcpStates + Subject.otherStates + Subject.calls + Subject.errors + Subject.terms
  private static let cases = written.flatMap { subject in Language.allCases.map { (subject, $0) } }

  private static func texts(_ explanation: Explanation) -> [String] {
    [explanation.summary] + explanation.parts.map(\.text)
  }

  @Test("every state, call, error, term and column is a subject, once")
  func subjectsAreComplete() {
    let states = SocketState.allCases.map { Subject.state($0) }
    let calls = ExplainedCall.allCases.map { Subject.call($0) }
    let errors = SocketError.allCases.map { Subject.error($0) }
    let terms = NetworkTerm.allCases.map { Subject.term($0) }
    let columns = Field.all.map { Subject.column($0) }
    #expect(Set(Subject.all) == Set(states + calls + errors + terms + columns))
    #expect(Subject.all.count == Set(Subject.all).count)
  }

  @Test("states, calls, errors and terms have the parts of their kind in both languages", arguments: cases)
  func headings(subject: Subject, language: Language) {
    let headings: [Explanation.Heading] =
      switch subject {
      case .state, .call: [.what, .next, .duration, .check]
      case .error: [.what, .cause, .remedy, .check]
      case .term, .column: [.what, .check]
      }
    #expect(Explanation.of(subject, in: language).parts.map(\.heading) == headings)
  }

  @Test("every column has its line, its name and its explanation in both languages", arguments: Field.all)
  func columns(field: Field) {
    let english = Explanation.of(.column(field), in: .english)
    let spanish = Explanation.of(.column(field), in: .spanish)
    #expect(english.summary == field.description.summary)
    #expect(Explanation.spanishSummary(of: field) == spanish.summary && spanish.summary != english.summary)
    #expect(english.parts.map(\.heading) == spanish.parts.map(\.heading))
    for (left, right) in zip(english.parts, spanish.parts) {
      #expect(left.text != right.text && left.text.count <= 420 && right.text.count <= 420)
      #expect(left.text.hasSuffix(".") && right.text.hasSuffix("."))
    }
    let name = english.parts.first { $0.heading == .name }
    #expect(name?.text.hasPrefix(field.description.name) == true)
    #expect(english.parts.contains { $0.heading == .unit } == (field.description.unit != nil))
  }

  @Test("no Spanish line is for a column that no longer exists")
  func staleColumns() { #expect(Explanation.spanishFieldNames == Set(Field.all.map(\.description.name))) }

  @Test(
    "every part is written in every language: sentences end with a full stop, the summary is one short line",
    arguments: cases)
  func isWritten(subject: Subject, language: Language) {
    let explanation = Explanation.of(subject, in: language)
    #expect((10...62).contains(explanation.summary.count), "\(explanation.summary)")
    #expect(explanation.summary.last != "." && explanation.summary.first?.isUppercase == false)
    #expect(explanation.parts.count >= 2)
    for text in Self.texts(explanation).dropFirst() {
      #expect(text.last == "." && text.first?.isLowercase == false, "\(text)")
      #expect(text.count <= 420, "a few lines, not a page: \(text)")
    }
    for text in Self.texts(explanation) {
      #expect(!text.contains("\n") && !text.contains("  ") && text.last != " ", "\(text)")
      for word in text.split(separator: " ") { #expect(word.count <= 40, "\(word) would not wrap") }
    }
  }

  @Test("no text of one language is in another", arguments: written)
  func languagesDiffer(subject: Subject) {
    let texts = Language.allCases.map { Self.texts(Explanation.of(subject, in: $0)) }
    for part in texts[0].indices {
      #expect(Set(texts.map { $0[part] }).count == Language.allCases.count, "\(texts[0][part])")
    }
  }

  @Test("both languages name the same calls, states, options and numbers", arguments: Subject.all)
  func languagesAgree(subject: Subject) {
    // What both languages must keep unchanged: FIN_WAIT1, tcp_fin_timeout, 60, 6.5.
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
      ("EADDRINUSE", [.error(.addressInUse)]), ("econnrefused", [.error(.connectionRefused)]),
      ("Connection refused", [.error(.connectionRefused)]), ("connection reset by peer", [.error(.connectionReset)]),
      ("EWOULDBLOCK", [.error(.wouldBlock)]), ("eagain", [.error(.wouldBlock)]),
      ("RST", [.term(.rst)]), ("fin", [.term(.fin)]), ("keep-alive", [.term(.keepalive)]),
      ("accept queue", [.term(.acceptQueue)]), ("accept-queue", [.term(.acceptQueue), .column(.acceptQueue)]),
      ("ephemeral-port", [.term(.ephemeralPort)]), ("huérfano", [.term(.orphan)]),
      ("tcp_tw_reuse", [.term(.timeWaitReuse)]),
      ("SO_REUSEADDR", [.term(.reuseAddress)]), ("so_reuseport", [.term(.reusePort)]), ("Nagle", [.term(.nagle)]),
      ("half_close", [.term(.halfClose)]), ("backlog", [.term(.backlog), .column(.acceptLimit)]),
      ("BACKLOG", [.column(.acceptLimit)]), ("RECV-Q", [.column(.receiveQueue)]), ("recv-q", [.column(.receiveQueue)]),
      ("recv_queue", [.column(.receiveQueue)]), ("rq", [.column(.receiveQueue)]), ("drops", [.column(.drops)]),
      ("RETRANS", [.column(.tcp(.totalRetransmits))]), ("RETRIES", [.column(.retransmits)]),
      ("retrans", [.column(.tcp(.retransmitting))]), ("state", [.column(.state)]),
      ("found by", [.column(.attribution)]), ("shutdown", [.call(.shutdown), .column(.shutdown)]),
      ("SHUTDOWN", [.column(.shutdown)]), ("shutdown()", [.call(.shutdown)]),
    ] as [(String, [Subject])])
  func names(word: String, subjects: [Subject]) { #expect(Subject.named(word) == subjects) }

  @Test("every subject is found by its own name and title", arguments: Subject.all)
  func ownNames(subject: Subject) {
    #expect(Subject.named(subject.name).contains(subject))
    let titled = Subject.named(subject.title)
    switch subject {
    case .state, .call, .error: #expect(titled == [subject])
    // A term may also be the name of a column.
    case .term: #expect(titled.first == subject)
    // LASTACK is also a spelling of a state.
    case .column(.tcp(.lastAckReceived)): #expect(titled == [.state(.lastAck)])
    case .column: #expect(titled == [subject])
    }
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
