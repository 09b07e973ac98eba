import Foundation
import Options
import Query
import SocketModel
import TestSupport
import Testing

@testable import CommandLine
@testable import Lesson
@testable import sockinspect

@Suite("explain", .timeLimited)
struct ExplainTests {
  private static let golden = "Tests/LessonTests/Golden"
  private static let boxes = ["LANG": "C.UTF-8"]

  private func explain(_ words: String..., language: Language = .english, boxes: Bool = true, width: Int? = nil) throws
    -> String
  {
    try Explain(ExplainPlan(subjects: words, language: language, drawsBoxes: boxes, width: width)).text()
  }

  @Test("the pictures, the list, a state and a call, as written to a pipe", arguments: Language.allCases)
  func goldens(language: Language) throws {
    let tag = language.rawValue
    for (name, words) in [
      ("states", ["states"]), ("calls", ["calls"]), ("list", []), ("close", ["close"]),
      ("others", ["ECONNREFUSED", "backlog", "RTT"]),
    ] {
      let plan = ExplainPlan(subjects: words, language: language, drawsBoxes: true)
      try Repository.expect(Explain(plan).text(), matches: "\(Self.golden)/explain-\(name)-\(tag).txt")
    }
  }

  @Test("the state diagram without box characters")
  func asciiGolden() throws {
    try Repository.expect(explain("states", boxes: false), matches: "\(Self.golden)/explain-states-ascii.txt")
  }

  @Test("every command that an explanation gives is understood, and lists sockets", arguments: Subject.all)
  func commands(subject: Subject) throws {
    for command in subject.commands {
      // What needs two looks is shown by other commands.
      if case .column(let field) = subject, field.description.requiredDetails.contains(.byteCounters) {
        #expect(["top", "watch --columns +\(field.description.name)"].contains(command))
        continue
      }
      guard case .list = try Plan(TypedArguments.parse(shellWords(command), for: .listingAlone), in: .bare) else {
        Issue.record("\(command) is no listing")
        continue
      }
    }
  }

  @Test(
    "every text fits every width from 20 on, in both languages; only a command or a long name may stick out",
    arguments: Language.allCases, [20, 40, 59, 60, 80, 100, 200])
  func widths(language: Language, width: Int) throws {
    let text = ExplanationText(language: language, width: width)
    for lines in Subject.all.map(text.explanation) + [text.overview(), text.ambiguity(of: "close")] {
      for line in lines where !line.contains("$ sockinspect ") && line.split(separator: " ").count > 2 {
        #expect(line.count < max(width, 21) && line.count <= 100, "\(line)")
        #expect(line.last != " ", "\(line)")
      }
    }
  }

  @Test("an explanation has its parts and stays within 24 lines at 80 columns", arguments: Subject.all)
  func parts(subject: Subject) {
    for language in Language.allCases {
      let phrases = Phrases(language)
      let lines = ExplanationText(language: language).explanation(of: subject)
      let headings = Explanation.of(subject, in: language).parts.map(\.heading)
      #expect(!headings.isEmpty)
      for label in headings.map(phrases.heading) {
        #expect(lines.contains { $0.hasPrefix("  \(label)  ") }, "\(label)")
      }
      #expect(lines.count <= 22)
    }
  }

  @Test("colour adds no information to the text")
  func colour() throws {
    for words in [[], ["states"], ["close"]] {
      var plan = ExplainPlan(subjects: words, drawsBoxes: true)
      let plain = try Explain(plan).text()
      plan.usesColour = true
      let coloured = try Explain(plan).text()
      #expect(coloured != plain)
      #expect(coloured.replacing(/\u{1B}\[[0-9;]*m/, with: "") == plain)
    }
  }

  @Test("where the state diagram is too wide its transitions are listed")
  func narrow() throws {
    let text = try explain("states", width: 60)
    #expect(!text.contains("┌") && text.contains("FIN_WAIT1 → CLOSING\n    FIN / ACK\n"))
    #expect(try explain("states", width: 80).contains("┌"))
  }

  @Test("several words are explained in their order, each subject once")
  func several() throws {
    let text = try explain("close_wait", "CLOSE-WAIT", "fin_wait2", "bind")
    let titles = text.split(separator: "\n").filter { $0.first != " " }.map { $0.prefix { $0 != ":" } }
    #expect(titles == ["CLOSE_WAIT", "FIN_WAIT2", "bind()"])
    #expect(try explain("states", "estados").contains("CLOSING"))
    #expect(try explain("CLOSE").hasPrefix("CLOSE: "))
    #expect(try explain("close()").hasPrefix("close(): "))
    #expect(try explain("close").hasPrefix("close is a state and a call"))
  }

  @Test(
    "a word that means nothing is wrong usage, with the nearest word that does",
    arguments: [
      ("clsoe_wait", "close_wait"), ("TIMEWAIT2", "time_wait"), ("acept()", "accept"), ("call", "calls"),
      ("EADRINUSE", "EADDRINUSE"), ("keepalvie", "keepalive"), ("recv_queu", "recv_queue"), ("backlgo", "backlog"),
      ("qwertyuiop", nil), ("", nil), ("\u{1B}[31m", nil),
    ] as [(String, String?)])
  func unknown(word: String, near: String?) throws {
    let error = try #require(throws: UsageError.self) { try explain("states", word) }
    #expect(error.message.hasPrefix("explain: '") && !error.message.contains("\u{1B}"))
    #expect(error.details.contains { $0.hasPrefix("did you mean ") } == (near != nil))
    if let near { #expect(error.details.first == "did you mean \(near)?") }
  }

  @Test("every word that completions offer is explained", arguments: Words.explained)
  func offered(word: String) throws {
    for language in Language.allCases {
      let text = try explain(word, language: language)
      #expect(text.split(separator: "\n").count > 2, "\(text)")
    }
  }

  @Test("a port is a colon and a number from 1 to 65535; a bare number is answered with it")
  func ports() {
    for word in [":0", ":65536", ":99999"] {
      let error = #expect(throws: UsageError.self) { try explain(word) }
      #expect(error?.details == ["ports are 1 to 65535, as in :1234"])
    }
    #expect(throws: UsageError.self) { try explain(":") }
    let bare = #expect(throws: UsageError.self) { try explain("8080") }
    #expect(bare?.details == ["type :8080 for what runs at that port"])
  }

  @Test("an end of a socket is answered with its port, and so is the name of a service that is nearly one")
  func ends() throws {
    var names = NameTables()
    names.servicePorts = { name in
      name == "https" ? [.init(port: 443, transport: .tcp), .init(port: 443, transport: .udp)] : []
    }
    names.serviceNames = { ["https"] }
    func error(_ word: String, _ language: Language = .english) -> UsageError? {
      do throws(UsageError) {
        _ = try Explain(ExplainPlan(subjects: [word], language: language, drawsBoxes: true), names: names).text()
        return nil
      } catch {
        return error
      }
    }
    for word in ["127.0.0.1:8443", "*:8443", "[::1]:8443", "localhost:8443", "0.0.0.0:8443"] {
      #expect(error(word)?.details == ["type: sockinspect explain :8443"], "\(word)")
    }
    #expect(error("*:https")?.details == ["type: sockinspect explain :443"])
    #expect(error("10.0.0.1:8443", .spanish)?.details == ["escribe: sockinspect explain :8443"])
    #expect(error(":htps")?.details == ["did you mean :https?", "ports are 1 to 65535, as in :1234"])
    #expect(error("127.0.0.1:nosuch")?.details.last == "`sockinspect explain` lists what can be explained")
    #expect(error(":https") == nil)
  }

  @Test("what is wrong is said in Spanish when that was asked for", arguments: ["nosuchword", "clsoe", ":70000", "80"])
  func wrongInSpanish(word: String) throws {
    let error = try #require(throws: UsageError.self) { try explain(word, language: .spanish) }
    let lines = [error.message] + error.details
    #expect(lines.allSatisfy { EnglishWords.found(in: $0).isEmpty }, "\(lines)")
    let english = try #require(throws: UsageError.self) { try explain(word) }
    #expect(!EnglishWords.found(in: english.message).isEmpty)
  }

  @Test("the program prints it on standard output, in the language of the environment, plain on a pipe")
  func program() throws {
    func run(_ line: String, _ environment: [String: String]) throws -> Run {
      let quiet = ["LC_ALL": "", "LC_MESSAGES": "", "LC_CTYPE": "", "LANG": ""].merging(environment) { $1 }
      return try #require(try Run(programPath(), shellWords(line), environment: quiet))
    }
    let english = try run("explain time_wait", ["LANG": "de_DE.UTF-8"])
    #expect(english.status == 0 && english.errors.isEmpty && english.output.contains("Who acts next"))
    #expect(english.output == (try explain("time_wait")))
    let spanish = try run("explain time_wait", ["LANG": "es_ES.UTF-8"])
    #expect(spanish.status == 0 && spanish.output.contains("A quién le toca"))
    #expect(try run("explain time_wait --lang es", [:]).output == spanish.output)
    #expect(try run("explain states", ["LANG": "C"]).output == explain("states", boxes: false))
    #expect(try run("explain states", Self.boxes).output == explain("states"))
    #expect(try run("explain states --color always", Self.boxes).output.contains("\u{1B}["))
    #expect(try run("explain", [:]).output == explain(boxes: false))
    let wrong = try run("explain states nonsense", [:])
    #expect(wrong.status == 2 && wrong.output.isEmpty && wrong.errors.hasPrefix("sockinspect: explain: 'nonsense' "))
    let full = try #require(try Run("bash", ["-c", "'\(try programPath())' explain states > /dev/full"]))
    #expect(full.status == 4 && full.errors.hasPrefix("sockinspect: write standard output: "))
    let closed = try #require(try Run("bash", ["-c", "trap '' PIPE; '\(try programPath())' explain states | true"]))
    #expect(closed.errors.isEmpty)
  }
}
