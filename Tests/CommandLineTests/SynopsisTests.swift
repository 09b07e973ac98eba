import Options
import TestSupport
import Testing

@testable import Classic
@testable import CommandLine
@testable import sockinspect

@Suite("The synopses of commands", .timeLimited)
struct SynopsisTests {
  /// The command lines that a synopsis allows: one with everything in brackets left out, and one
  /// with everything in them for each of the alternatives that a bar separates.
  static func lines(_ synopsis: String) -> [[String]] {
    var words = synopsis.split(separator: " ").flatMap { word -> [String] in
      let opened = word.prefix { $0 == "[" }.count
      let name = word.drop { $0 == "[" }.prefix { $0 != "]" }
      return Array(repeating: "[", count: opened) + [String(name)]
        + Array(repeating: "]", count: word.count - opened - name.count)
    }[...]
    return Set(sequence(&words)).sorted { $0.count < $1.count }
  }

  private static func sequence(_ words: inout ArraySlice<String>) -> [[String]] {
    var alternatives: [[[String]]] = []
    var lines: [[String]] = [[]]
    while let word = words.popFirst(), word != "]" {
      switch word {
      case "[":
        let inside = sequence(&words)
        lines = lines.flatMap { line in [line] + inside.map { line + $0 } }
      case "|":
        alternatives.append(lines)
        lines = [[]]
      case "...": break
      default: lines = lines.map { $0 + [word] }
      }
    }
    return (alternatives + [lines]).flatMap { $0 }
  }

  /// What to type for a word of a synopsis.
  private static let typed = [
    "DIR": "/tmp/new", "SECONDS": "1", "QUERY": "1234", "OPTIONS": "--help", "PATH": "/run/a.sock", "WORD": "time_wait",
    "TOPIC": "query", "COMMAND": "listen-demo", "OPTION": "--port", "SHELL": "bash",
    "PORT": "8080", "PORT|ADDRESS:PORT|PID|NAME": "8080",
  ]

  private static func isTaken(_ line: [String]) -> Bool {
    let words = line.map { typed[$0] ?? $0 }
    let arguments = words.dropFirst().map { $0 == "--help" ? "-n" : $0 }
    switch words.first.flatMap(ClassicProgram.init(rawValue:)) {
    case .netstat: return (try? NetstatArguments(arguments)) != nil
    case .lsof:
      let reading = LsofReader.read(arguments, names: Environment.test.names(), variable: { _ in nil })
      if case .wrong = reading { return false }
      return true
    case nil: break
    }
    do throws(UsageError) {
      _ = try Plan(TypedArguments.parse(words, for: .sockinspect), in: .test)
      return true
    } catch {
      return false
    }
  }

  @Test("a command takes what its synopsis allows", arguments: Registry.sockinspect.commands.map(\.synopsis))
  func taken(synopsis: String) {
    let lines = Self.lines(synopsis)
    #expect(!lines.isEmpty)
    for line in lines { #expect(Self.isTaken(line), "\(line)") }
  }

  @Test("what brackets do not allow is refused")
  func refused() {
    #expect(Self.lines("a B [--c [--d E]] [F | G]").count == 9)
    for line in [["capture"], ["link"], ["completions"], ["man", "WORD"], ["version", "WORD"]] {
      #expect(!Self.isTaken(line), "\(line)")
    }
    #expect(!Self.isTaken(["capture", "DIR", "--for", "SECONDS"]), "the brackets of --for stand in those of --every")
    #expect(!Self.isTaken(["help", "TOPIC", "OPTION"]))
    #expect(!Self.isTaken(["capture", "DIR", "--every"]))
    #expect(!Self.isTaken(["lsof", "-%"]))
  }

  @Test("the manual page has the brackets of each synopsis", arguments: Registry.sockinspect.commands.map(\.synopsis))
  func manual(synopsis: String) {
    let lines = ManualPage.Page().arguments(synopsis)
    func count(_ macro: String) -> Int {
      lines.reduce(0) { $0 + $1.split(separator: " ").count { $0 == macro } }
    }
    #expect(count("Op") + count("Oo") == synopsis.count { $0 == "[" })
    #expect(count("Oo") == count("Oc"))
    #expect(lines.allSatisfy { !$0.contains("[") && !$0.contains("]") })
  }

  @Test("brackets inside brackets end where they should")
  func nested() {
    let page = ManualPage.Page()
    #expect(
      page.arguments("capture DIR [--every SECONDS [--for SECONDS]] [OPTIONS]") == [
        "Cm capture", "Ar DIR", "Op Fl \\-every Ar SECONDS Oo Fl \\-for Ar SECONDS Oc", "Op Ar OPTIONS",
      ])
    #expect(page.arguments("lsof [PATH ...]") == ["Cm lsof", "Op Ar PATH ..."])
  }
}
