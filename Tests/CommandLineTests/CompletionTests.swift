import Options
import Foundation
import TestSupport
import Testing

@testable import CommandLine
@testable import sockinspect
@testable import Text

@Suite("Shell completions, in the real shells", .timeLimited)
struct CompletionTests {
  /// What is typed, with the cursor at its end, and some of the words that must and must not be
  /// offered.
  struct Case: Sendable, CustomTestStringConvertible {
    let line: String
    let offered: [String]
    let absent: [String]
    var testDescription: String { line }

    init(_ line: String, offers: [String], not absent: [String] = []) {
      self.line = line
      offered = offers
      self.absent = absent
    }
  }

  static let cases = [
    Case("sockinspect --po", offers: ["--port"], not: ["--json"]),
    Case("sockinspect --js", offers: ["--json"], not: ["--port"]),
    Case("sockinspect comp", offers: ["completions"], not: ["capture"]),
    Case("sockinspect completions ", offers: ["bash", "zsh", "fish"]),
    Case("sockinspect help qu", offers: ["query"], not: ["output"]),
    Case("sockinspect --source ", offers: ["auto", "diag", "proc"]),
    Case("sockinspect --state est", offers: ["established"], not: ["listen"]),
    Case("sockinspect --state listen,close_", offers: ["close_wait"], not: ["established"]),
    Case("sockinspect -A ud", offers: ["udp", "udplite"], not: ["tcp"]),
    Case("sockinspect --columns +rtt_", offers: ["rtt_us"], not: ["state"]),
    Case("sockinspect --sort +recv_q", offers: ["recv_queue"], not: ["state"]),
    Case("sockinspect --count-by state,proce", offers: ["process"], not: ["inode"]),
    Case("sockinspect lis", offers: ["listen-demo"], not: ["connect-demo"]),
    Case("sockinspect listen-demo --ba", offers: ["--backlog"], not: ["--address"]),
    Case("sockinspect listen-demo --re", offers: ["--reuse-port", "--reply"], not: ["--reset", "--remote"]),
    Case("sockinspect listen-demo --once --hold close", offers: ["close_wait"], not: ["listen"]),
    Case("sockinspect listen-demo --hold ", offers: ["all", "time_wait"], not: ["connected"]),
    Case("sockinspect connect-demo --re", offers: ["--reset"], not: ["--reuse-port"]),
    Case("sockinspect connect-demo --color ", offers: ["auto", "always", "never"]),
    Case("sockinspect flow-demo --st", offers: ["--step"], not: ["--state"]),
    Case("sockinspect explain time", offers: ["time_wait"], not: ["states"]),
    Case("sockinspect explain --lang ", offers: ["en", "es"]),
    Case("sockinspect net", offers: ["netstat"], not: ["completions"]),
    Case("sockinspect netstat --numeric-", offers: ["--numeric-hosts", "--numeric-users"], not: ["--no-header"]),
    Case("sockinspect netstat -A inet,un", offers: ["unix"], not: ["inet6"]),
    Case("sockinspect lin", offers: ["link"], not: ["listen-demo"]),
    Case("sockinspect lsof -", offers: ["-i", "-U"], not: ["--json"]),
    Case("sockinspect lsof -u ro", offers: ["root"]),
    Case("sockinspect wa", offers: ["watch"], not: ["man"]),
    Case("sockinspect watch --un", offers: ["--until", "--until-gone"], not: ["--unix-path"]),
    Case("sockinspect watch --timestamps r", offers: ["rfc3339", "relative"], not: ["epoch"]),
    Case("sockinspect watch --state est", offers: ["established"], not: ["listen"]),
    Case("sockinspect help list", offers: ["listen-demo"]),
    Case("sockinspect accept_", offers: ["accept_queue", "accept_limit"], not: ["state"]),
    Case("sockinspect state clos", offers: ["close_wait", "closing"], not: ["cookie"]),
    Case("sockinspect state ", offers: ["close_wait", "listen"], not: ["cookie"]),
    Case("sockinspect watch state ", offers: ["close_wait", "listen"], not: ["cookie"]),
    Case("sockinspect spo", offers: ["sport"], not: ["dport"]),
    Case("sockinspect watch ds", offers: ["dst"], not: ["src"]),
    Case("sockinspect watch --until lis", offers: ["listen"], not: ["established"]),
    Case("sockinspect watch esta", offers: ["established"], not: ["listen"]),
  ]

  @Test("bash keeps a name with blanks whole, and expands nothing of a process name")
  func bashBlanks() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sockinspect-bash-\(UUID().uuidString)")
    let capture = folder.appendingPathComponent("my cap")
    try FileManager.default.createDirectory(at: capture, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    // A process whose name a careless shell would run as a command, with a blank in it.
    let script = """
      \(Shell.bash.completions())
      cd '\(folder.path)'
      COMP_WORDS=(sockinspect --root my) COMP_CWORD=2
      _sockinspect 2>&1
      printf '[%s]\\n' "${COMPREPLY[@]}"
      mkfifo lifeline
      exec 9<> lifeline
      cp "$(command -v cat)" './$(x) y'
      './$(x) y' < lifeline 9>&- & process=$!
      until [[ $(< /proc/$process/comm) == *x* ]]; do :; done
      COMP_WORDS=(sockinspect --process '$(') COMP_CWORD=2
      _sockinspect 2>&1
      printf '[%s]\\n' "${COMPREPLY[@]}"
      kill $process
      """
    guard let run = try Run("bash", ["--norc", "--noprofile"], input: script) else { return skipped("bash") }
    #expect(run.output.contains("[my cap]"), "\(run.output) \(run.errors)")
    #expect(run.output.contains("[$(x) y]"), "\(run.output) \(run.errors)")
  }

  @Test("bash offers options, values, commands", arguments: cases)
  func bash(example: Case) throws {
    let script = """
      \(Shell.bash.completions())
      COMP_WORDS=(\(example.line)\(example.line.hasSuffix(" ") ? " ''" : ""))
      COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
      _sockinspect 2>&1
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    guard let run = try Run("bash", ["--norc", "--noprofile"], input: script) else { return skipped("bash") }
    check(example, run.output, run.errors)
  }

  @Test("fish offers options, values, commands", arguments: cases)
  func fish(example: Case) throws {
    let script = "\(Shell.fish.completions())\ncomplete -C \(ShellWords.betweenQuotes(example.line))\n"
    let home = FileManager.default.temporaryDirectory.path
    guard let run = try Run("fish", ["--no-config", "-c", script], environment: ["HOME": home]) else {
      return skipped("fish")
    }
    check(example, run.output, run.errors)
  }

  @Test("zsh offers options, values, commands", arguments: cases)
  func zsh(example: Case) throws {
    guard let answers = try Self.zshAnswers.get() else { return skipped("zsh") }
    check(example, try #require(answers.offers[example.line], "\(answers.errors)"), answers.errors)
  }

  /// What zsh offered for the lines of all cases, in one session, and what it wrote on standard
  /// error; `nil` when there is no zsh.
  private static let zshAnswers = Result { try askZsh() }

  /// Types the lines of all cases into zsh, which completes only in its line editor.
  ///
  /// A second zsh is typed into through a pseudo terminal once that editor has the terminal,
  /// because text that was typed before may be lost.
  private static func askZsh() throws -> (offers: [String: String], errors: String)? {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sockinspect-zsh-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Shell.zsh.completions().write(
      to: folder.appendingPathComponent("_sockinspect"), atomically: true, encoding: .utf8)
    let script = """
      zmodload zsh/zpty zsh/zselect
      zpty -b inner zsh -f -i
      terminal=$REPLY
      zpty -w inner 'PS1=; stty columns 400; unsetopt zle_bracketed_paste 2>/dev/null; fpath=(\(folder.path) $fpath)'
      zpty -w inner 'autoload -Uz compinit; compinit -u -d \(folder.path)/dump; zstyle ":completion:*" list-grouped \
      false'
      zpty -w inner 'zstyle ":completion:*" format ""; LISTMAX=10000'
      zpty -w inner 'offer() { zle list-choices; zle -R; print -r -- "END-$((1+1))"; zle kill-whole-line }'
      zpty -w inner 'zle -N offer; bindkey "^I" offer'
      zpty -w inner 'zle-line-init() { print -r -- "READY-$((1+1))" }; zle -N zle-line-init'
      await() {
        local limit=$(( SECONDS + 60 )) part
        text=
        while [[ $text != *$1* ]]; do
          zselect -t $(( 100 * (limit - SECONDS) )) -r $terminal || { print -u2 "no $1 in a minute"; exit 1 }
          zpty -r -t inner part && text+=$part
        done
      }
      await READY-2
      while IFS= read -r line; do
        zpty -n -w inner "$line"$'\\t'
        await END-2
        print -r -- $'\\x1e'"$line"$'\\x1f'"$text"
      done
      zpty -d inner
      """
    let lines = cases.map { $0.line + "\n" }.joined()
    guard let run = try Run("zsh", ["-f", "-c", script], input: lines, environment: ["TERM": "dumb"]) else {
      return nil
    }
    let answers = run.output.split(separator: "\u{1E}").map { $0.split(separator: "\u{1F}", maxSplits: 1) }
    return (
      Dictionary(uniqueKeysWithValues: answers.map { (String($0[0]), String($0.count > 1 ? $0[1] : "")) }), run.errors
    )
  }

  @Test("the scripts are well-formed: each shell reads its own without a message")
  func syntax() throws {
    for (program, shell) in [("bash", Shell.bash), ("zsh", .zsh), ("fish", .fish)] {
      guard let run = try Run(program, ["-n"], input: shell.completions()) else {
        skipped(program)
        continue
      }
      #expect(run.status == 0 && run.errors.isEmpty && run.output.isEmpty, "\(program): \(run.errors)")
      let broken = try Run(program, ["-n"], input: "if (\n")
      #expect(broken?.status != 0, "\(program) sees a broken script")
    }
  }

  private func check(_ example: Case, _ output: String, _ errors: String) {
    // fish puts a description after a tab.
    let offers = output.split(separator: "\n").map { $0.prefix { $0 != "\t" } }.joined(separator: "\n")
    let words = Set(
      offers.split { $0.isWhitespace || $0 == "," || $0 == "+" }.map { $0.drop { $0 == "-" } }.map(String.init))
    for word in example.offered {
      #expect(words.contains(String(word.drop { $0 == "-" })), "\(word) in \(output) \(errors)")
    }
    for word in example.absent { #expect(!words.contains(String(word.drop { $0 == "-" })), "\(word) in \(output)") }
  }
}
