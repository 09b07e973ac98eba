import Options
import TestSupport
import Testing

@testable import Classic
@testable import CommandLine
@testable import sockinspect

/// The options of the classic views are declared once; these tests find what has drifted from the
/// declarations.
@Suite("The options of the classic views", .timeLimited)
struct ClassicOptionTests {
  private static let signs = [UInt8(ascii: "-"), UInt8(ascii: "+")]

  /// The signs and letters that a text names, such as `-c` and `+c`; `+|-c` means both.
  private func letters(in text: String) -> Set<String> {
    var found: Set<String> = []
    for match in text.matches(of: #/(?:^|[\s\[|])(\+\|-|[-+])([A-Za-z?])/#) {
      for sign in match.1 where sign != "|" { found.insert("\(sign)\(match.2)") }
    }
    return found
  }

  /// The letters of a usage line that form one cluster: `[-abc]`.
  private func cluster(in text: String) -> Set<String> {
    let letters = text.firstMatch(of: #/\[-([A-Za-z?]+)\]/#)?.1 ?? ""
    return Set(letters.map { "-\($0)" })
  }

  private func declared(_ spelling: String) -> LsofOption? {
    let bytes = Array(spelling.utf8)
    return bytes.count == 2 ? LsofOptions.option(bytes[1], behind: bytes[0]) : nil
  }

  // MARK: lsof

  @Test("lsof: each letter has one declaration behind each sign, and a value behind both or neither")
  func lsofDeclarations() {
    for letter in Set(LsofOptions.all.map(\.letter)) {
      for sign in Self.signs {
        #expect(LsofOptions.all.count { $0.isMeant(by: letter, behind: sign) } == 1, "\(letter) behind \(sign)")
      }
      #expect(Set(LsofOptions.all.filter { $0.letter == letter }.map(\.mayHaveValue)).count == 1, "\(letter)")
    }
  }

  @Test("lsof: what is explained is what help, the short help and the manual have, and the reverse")
  func lsofHelp() {
    let explained = LsofOptions.all.compactMap(\.option)
    #expect(LsofOptions.explained.count == explained.count + 2)
    let topic = HelpText(.sockinspect).of(.topic(.lsof))
    let page = ManualPage(.sockinspect).text()
    let short = letters(in: LsofHelp.text).union(cluster(in: LsofHelp.usage))
    for option in explained {
      let spelling = option.spelling ?? ""
      #expect(declared(spelling)?.option?.spelling == spelling)
      #expect(topic.contains("\n  \(spelling)") && topic.contains("  \(option.synopsis)"), "\(spelling)")
      #expect(page.contains(".It \\fB\(spelling.replacing("-", with: "\\-"))"), "\(spelling)")
      // Options without an effect on sockets are not worth a line of the short help.
      #expect(short.contains(spelling) || spelling == "+L", "\(spelling)")
    }
    #expect(short.count > 25)
    for spelling in short.subtracting(explained.compactMap(\.spelling)) {
      guard let option = declared(spelling) else {
        Issue.record("\(spelling) is explained and not declared")
        continue
      }
      // The first line of the usage has letters that the original's has.
      if case .refused = option.standing { Issue.record("\(spelling) is explained and refused") }
    }
  }

  @Test(
    "lsof: what is not explained does what is said of it",
    arguments: LsofOptions.all.filter { $0.option == nil }.map { String(UnicodeScalar($0.letter)) })
  func lsofUnexplained(letter: String) throws {
    for sign in ["-", "+"] {
      let option = try #require(declared(sign + letter))
      guard option.option == nil else { continue }
      let values = ["e": " /proc", "S": "5", "D": " x", "d": " x"]
      let reading = LsofReaderTests.read("-U \(sign)\(letter)\(values[letter] ?? "")")
      switch (option.standing, reading) {
      case (.ineffective, .list), (.refused, .refused), (.refused, .wrong), (.alias, .help): break
      default: Issue.record("\(sign)\(letter): \(option.standing), \(reading)")
      }
    }
  }

  /// Letters that only other versions of the original have.
  private static let ofOtherVersions = ["H": "sizes for people, from lsof 4.96 on"]

  @Test("lsof: every letter of the original's help is declared, and every letter declared is in it")
  func lsofOriginal() throws {
    guard let run = try Run("lsof", ["-h"]) else { return skipped("lsof") }
    let help = run.output + run.errors
    let theirs = letters(in: help).union(cluster(in: help))
    #expect(theirs.count > 40, "\(theirs)")
    for spelling in theirs { #expect(declared(spelling) != nil, "\(spelling) is not declared") }
    for option in LsofOptions.all {
      let letter = String(UnicodeScalar(option.letter))
      let isKnown = Self.signs.contains { theirs.contains(String(UnicodeScalar($0)) + letter) }
      #expect(isKnown || Self.ofOtherVersions[letter] != nil, "\(letter) is none of the original's")
    }
  }

  @Test("the check sees a letter that is missing")
  func detector() {
    #expect(
      letters(in: "usage: [-?ab] [+|-c c] [+D D] [-F [f]]\n  -q  -- (-) a-b") == ["-?", "+c", "-c", "+D", "-F", "-q"])
    #expect(cluster(in: "[-?ab] [-x]") == ["-?", "-a", "-b"])
    #expect(declared("-q") == nil && declared("-i") != nil && declared("+c")?.option?.spelling == "+c")
  }

  // MARK: netstat

  @Test("netstat: marks, names and places are each one option's, and getopt finds the option")
  func netstatDeclarations() {
    let options = NetstatOptionTable.all
    let names = options.flatMap(\.names)
    #expect(Set(options.map(\.mark)).count == options.count)
    #expect(names.map(\.place).sorted() == Array(0..<names.count))
    for option in options {
      #expect(NetstatOptionTable.option(option.mark)?.names.map(\.name) == option.names.map(\.name))
    }
    #expect(NetstatOptionTable.getopt.names.map(\.name).prefix(2) == ["ax25", "x25"])
  }

  @Test("netstat: every option of the original's help is declared")
  func netstatOriginal() throws {
    guard let run = try Run("netstat", ["--help"]) else { return skipped("netstat") }
    let help = run.output + run.errors
    let long = Set(help.matches(of: #/--([a-z][a-z0-9-]*)/#).map { String($0.1) })
    #expect(long.count > 25, "\(long)")
    for name in long { #expect(NetstatOptionTable.getopt.names.contains { $0.name == name }, "--\(name)") }
    let letters = Set(help.matches(of: #/[\s\[{|]-([A-Za-z0-9]+)/#).flatMap { Array($0.1) })
    #expect(letters.count > 20, "\(letters)")
    for letter in letters {
      #expect(NetstatOptionTable.all.contains { $0.hasLetter && $0.mark == letter }, "-\(letter)")
    }
  }

  @Test(
    "netstat: what is not explained does what is said of it",
    arguments: NetstatOptionTable.all.filter { $0.option == nil && $0.hasLetter }.map { String($0.mark) })
  func netstatUnexplained(letter: String) throws {
    let option = try #require(NetstatOptionTable.option(Character(letter)))
    for spelling in ["-\(letter)"] + option.names.map({ "--\($0.name)" }) {
      let result = Result { () throws(NetstatArguments.End) in try NetstatArguments([spelling]) }
      switch (option.standing, result) {
      case (.ineffective, .success), (.refused, .failure(.refused)), (.refused, .failure(.contexts)): break
      case (.alias, .failure(.wrong(nil))): break
      default: Issue.record("\(spelling): \(option.standing), \(result)")
      }
    }
  }
}
