import Foundation
import Lesson
import Options
import TestSupport
import Testing

@testable import Classic
@testable import CommandLine
@testable import sockinspect

@Suite("README.md", .timeLimited)
struct ReadmeTests {
  /// A command line that the page shows, and the line below it.
  struct Command: Sendable, CustomTestStringConvertible {
    var line: String
    var next: String
    var testDescription: String { line }

    /// Whether the page shows that it is refused.
    var isRefused: Bool { next.hasPrefix("sockinspect: query: ") }
  }

  /// The command lines in its blocks, and those that its sentences quote.
  static func commands() throws -> [Command] {
    var commands: [Command] = []
    var fence: String?
    let lines = try Repository.text("README.md").split(separator: "\n", omittingEmptySubsequences: false).map(
      String.init)
    for (line, next) in zip(lines, lines.dropFirst() + [""]) {
      if line.hasPrefix("```") {
        fence = fence == nil ? String(line.dropFirst(3)) : nil
      } else if let fence {
        guard fence == "sh" || line.hasPrefix("$ ") else { continue }
        let code = line.replacing(#/ +#.*/#, with: "")
        commands += code.matches(of: #/(?:^|\$ |[;&|(] |release )(sockinspect .*)/#).map {
          Command(line: String($0.1), next: next)
        }
      } else {
        commands += line.matches(of: #/`(sockinspect [^`]+)`/#).map { Command(line: String($0.1), next: "") }
      }
    }
    return commands
  }

  @Test("The program accepts each command line that it shows, except for the one that it shows refused")
  func commandLines() throws {
    let commands = try Self.commands()
    #expect(commands.count > 40)
    #expect(commands.filter(\.isRefused).count == 1)
    var explained: [[String]] = []
    for command in commands {
      do throws(UsageError) {
        // A word in capital letters stands for one to type.
        let words = Array(shellWords(command.line).dropFirst()).filter { $0 != "..." }.map {
          $0 == "WORD" ? "bind" : $0
        }
        if let program = words.first.flatMap(ClassicProgram.init(rawValue:)) {
          #expect(Self.takes(program, Array(words.dropFirst())), "\(command.line)")
          continue
        }
        let plan = try Plan(TypedArguments.parse(words, for: .sockinspect), in: .test)
        // What is explained is looked up when it is printed.
        // What uses a port differs between machines.
        if case .command(is ExplainPlan) = plan, !words.contains(where: { $0.hasPrefix(":") }) {
          explained.append(words)
        }
        if command.isRefused { Issue.record("\(command.line) is taken") }
      } catch {
        if !command.isRefused { Issue.record("\(command.line): \(error.message)") }
      }
    }
    #expect(explained.count > 3)
    for words in explained {
      let run = try #require(try Run(programPath(), words))
      #expect(run.status == 0, "\(words): \(run.errors)")
    }
  }

  /// Whether a classic program takes arguments; the bare name stands for the program in a sentence.
  static func takes(_ program: ClassicProgram, _ arguments: [String]) -> Bool {
    if arguments.isEmpty { return true }
    switch program {
    case .netstat: return (try? NetstatArguments(arguments)) != nil
    case .lsof:
      let reading = LsofReader.read(arguments, names: Environment.test.names(), variable: { _ in nil })
      if case .list = reading { return true }
      return false
    }
  }

  @Test("Each file and heading that it links to is there")
  func links() throws {
    let text = try Repository.text("README.md")
    let headings = Set(
      text.matches(of: #/\n#+ (.*)/#).map {
        $0.1.lowercased().filter { $0.isLetter || $0.isNumber || " -_".contains($0) }
      }
      .map { "#" + $0.replacing(" ", with: "-") })
    let targets = text.matches(of: #/\]\(([^)]+)\)/#).map { String($0.1) }
    #expect(targets.count > 5)
    for target in targets where !target.hasPrefix("http") {
      let isThere =
        target.hasPrefix("#")
        ? headings.contains(target)
        : FileManager.default.fileExists(atPath: Repository.root.appendingPathComponent(target).path)
      #expect(isThere, "\(target)")
    }
  }

  @Test("The page is at most 20,000 bytes")
  func size() throws { #expect(try Repository.text("README.md").utf8.count <= 20_000) }

  @Test("Its moving picture is text with a description, and has nothing that a page's policy refuses")
  func movingPicture() throws {
    let page = try Repository.text("README.md")
    let firstScreen = try #require(page.components(separatedBy: "\n## ").first)
    let path = try #require(firstScreen.firstMatch(of: #/!\[[^\]]{20,}\]\((man/pictures/[a-z]+\.svg)\)/#))
    let picture = try Repository.text(String(path.1))
    #expect(picture.utf8.count < 150_000)
    for wanted in ["<title", "<desc", "@keyframes", "prefers-reduced-motion", "close_wait</text>", "monospace"] {
      #expect(picture.contains(wanted), "\(wanted)")
    }
    for refused in ["<script", "<foreignObject", "<image", "href", "url(", "@import", "@font-face"] {
      #expect(!picture.contains(refused), "\(refused)")
    }
  }
}
