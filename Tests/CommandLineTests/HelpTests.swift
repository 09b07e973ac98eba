import Options
import TestSupport
import Testing

@testable import CommandLine
@testable import sockinspect
@testable import Text

@Suite("Help and manual page", .timeLimited)
struct HelpTests {
  private static let golden = "Tests/CommandLineTests/Golden"

  @Test("the short help fits one screen")
  func short() throws {
    let text = HelpText.of(.short)
    try Repository.expect(text, matches: "\(Self.golden)/help.txt")
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= 24)
  }

  @Test("the help of each topic begins with examples", arguments: Registry.sockinspect.chapters.map(\.id))
  func topic(id: TopicID) throws {
    let text = HelpText.of(.topic(id))
    try Repository.expect(text, matches: "\(Self.golden)/help-\(id.name).txt")
    #expect(text.split(separator: "\n")[1].hasPrefix("  sockinspect "))
  }

  @Test("one list has every option")
  func options() throws {
    let text = HelpText.of(.options)
    try Repository.expect(text, matches: "\(Self.golden)/help-options.txt")
    for option in Registry.sockinspect.tables.flatMap(\.options) {
      #expect(text.contains(option.spelling ?? "--\(option.long)"))
    }
  }

  @Test(
    "the help of a command has its usage and every one of its options", arguments: Registry.sockinspect.commandTables)
  func command(table: OptionTable) throws {
    let command = try #require(table.command)
    let text = HelpText.of(.topic(TopicID(command)))
    let synopsis = try #require(Registry.sockinspect.command(command)).synopsis
    #expect(text.contains("\nUsage: sockinspect \(synopsis)\n"))
    for option in table.options {
      #expect(text.contains(option.synopsis), "\(option.long)")
      #expect(HelpText.of(.option(option.id, of: command)).contains("  \(option.synopsis)\n"))
    }
  }

  @Test("no help is wider than 80 columns, and all of it is plain ASCII without blanks at the end of a line")
  func width() {
    let subjects: [HelpSubject] =
      [.short, .options] + Registry.sockinspect.chapters.map { .topic($0.id) }
      + Registry.sockinspect.tables.flatMap { table in table.options.map { .option($0.id, of: table.command) } }
    for text in subjects.map({ HelpText.of($0) }) + [HelpText.columns()] {
      for line in text.split(separator: "\n") {
        #expect(line.count < 80, "\(line)")
        #expect(line.last != " " && line.utf8.allSatisfy { (0x20..<0x7F).contains($0) }, "\(line)")
      }
    }
  }

  @Test("long messages are broken at blanks for a terminal; lines that a mark may stand under are left alone")
  func messages() {
    let line = "sockinspect: warning: the descriptors of 3 processes may not be read; run it as root"
    #expect(
      TextWrap.message(line, width: 40) == [
        "sockinspect: warning: the descriptors of", "  3 processes may not be read; run it as", "  root",
      ])
    #expect(TextWrap.message("  " + line, width: 40).count == 1)
    #expect(TextWrap.message("short", width: 40) == ["short"])
    #expect(TextWrap.message(String(repeating: "x", count: 50), width: 40).joined().count == 50)
  }

  @Test(
    "what is said of a usage error fits a terminal: no word is broken, and a mark stays below its place",
    arguments: [
      "help topics", "listen-demo --hold foo", "capture", "listen-demo --lang fr", "lesson 3",
      "listen-demo --port \(String(repeating: "1", count: 70))", "--state nosuch --port 80",
      "port = 80 and (state = listen or local = 127.0.0.1 and remote = 10.0.0.0/8) and nosuch = 77",
    ])
  func usageErrors(line: String) throws {
    let error = try #require(usageError(line.contains(" = ") ? "'\(line)'" : line))
    let whole = error.lines(width: .max)
    #expect(whole == ["sockinspect: " + error.message] + error.details.map { "  " + $0 })
    let lines = error.lines(width: 60)
    func parts(_ lines: [String]) -> [Substring] { lines.flatMap { $0.split(separator: " ") } }
    #expect(parts(lines) == parts(whole))
    for line in lines where TextWidth.columns(line) > 60 {
      let isOneWord = line.split(separator: " ").count == 1
      #expect(isOneWord || line.hasPrefix("    sockinspect ") || whole.contains(line), "\(lines)")
    }
    if line.contains(" = ") { #expect(lines.contains { $0.contains("^~~~~~") && whole.contains($0) }, "\(lines)") }
  }

  @Test("man/sockinspect.1 is what `sockinspect man` prints")
  func manualPageIsCurrent() throws { try Repository.expect(ManualPage.text(), matches: "man/sockinspect.1") }

  @Test("mandoc finds nothing wrong with the manual page")
  func lint() throws {
    // The other pages that it refers to need not be installed here.
    guard let run = try Run("mandoc", ["-T", "lint"], input: ManualPage.text()) else { return skipped("mandoc") }
    let complaints = run.output.split(separator: "\n").filter { !$0.contains("referenced manual not found") }
    #expect(complaints.isEmpty, "\(complaints.joined(separator: "\n"))")
    let broken = try Run("mandoc", ["-T", "lint"], input: ".Dd today\n.Sh NAME\n.Nd\n")
    #expect(broken?.output.contains("mandoc: ") == true, "the check sees what is wrong")
  }

  @Test("the manual page has every option, command, topic and column")
  func manualPageIsComplete() {
    let text = ManualPage.text()
    for option in Registry.sockinspect.tables.flatMap(\.options) {
      if let spelling = option.spelling {
        let escaped = spelling.split(separator: "-", omittingEmptySubsequences: false).joined(separator: "\\-")
        #expect(text.contains(".It \\fB\(escaped)"), "\(spelling)")
        continue
      }
      #expect(text.contains("\\-\(option.long.split(separator: "-").joined(separator: "\\-"))"))
    }
    for command in Registry.sockinspect.commands {
      let name = command.name.split(separator: "-").joined(separator: "\\-")
      #expect(text.contains(".It Cm \(name)"))
    }
    for topic in Registry.sockinspect.chapters { #expect(text.contains(".Sh \(topic.title.uppercased())")) }
    for name in Words.fields { #expect(text.contains(".It \\fB\(name)")) }
  }
}
