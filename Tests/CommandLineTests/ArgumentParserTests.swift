import Options
import TestSupport
import Testing

@testable import CommandLine
@testable import sockinspect

@Suite("What was typed", .timeLimited)
struct ArgumentParserTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let arguments: [String]
    let options: [String]
    var operands: [String] = []
    var literals: [String] = []
    var testDescription: String { arguments.joined(separator: " ") }
  }

  @Test(
    "options, values, clusters and operands are distinguished",
    arguments: [
      Case(arguments: [], options: []),
      Case(arguments: ["--port", "1234"], options: ["port=1234"]),
      Case(arguments: ["--port=1234"], options: ["port=1234"]),
      Case(arguments: ["--port="], options: ["port="]),
      Case(arguments: ["--port=a=b"], options: ["port=a=b"]),
      Case(arguments: ["--port", "--json"], options: ["port=--json"]),
      Case(arguments: ["-tulpn"], options: ["tcp", "udp", "listening", "processes", "numeric"]),
      Case(arguments: ["-tanp"], options: ["tcp", "all", "numeric", "processes"]),
      Case(arguments: ["-xl"], options: ["unix", "listening"]),
      Case(arguments: ["-4tl"], options: ["ipv4", "tcp", "listening"]),
      Case(arguments: ["-tieom"], options: ["tcp", "info", "extended", "timer", "memory"]),
      Case(arguments: ["-A", "tcp,udp"], options: ["transport=tcp,udp"]),
      Case(arguments: ["-Atcp"], options: ["transport=tcp"]),
      Case(arguments: ["-A=tcp"], options: ["transport=tcp"]),
      Case(arguments: ["-nAtcp", "-l"], options: ["numeric", "transport=tcp", "listening"]),
      Case(arguments: ["-nA", "tcp"], options: ["numeric", "transport=tcp"]),
      Case(arguments: ["dport", "=", ":443", "-t"], options: ["tcp"], operands: ["dport", "=", ":443"]),
      Case(arguments: ["-t", "--", "-x", "--json"], options: ["tcp"], literals: ["-x", "--json"]),
      Case(arguments: ["--"], options: []),
      Case(arguments: ["-"], options: [], operands: ["-"]),
      Case(arguments: ["--root", "-"], options: ["root=-"]),
      Case(arguments: ["--sport", "80"], options: ["local-port=80"]),
      Case(arguments: ["--colour=never"], options: ["color=never"]),
      Case(arguments: [""], options: [], operands: [""]),
      Case(arguments: ["-0M"], options: ["packet", "mptcp"]),
    ])
  func parse(example: Case) throws {
    let typed = try TypedArguments.parse(example.arguments)
    #expect(typed.options.map { "\($0.id)" + ($0.value.map { "=\($0)" } ?? "") } == example.options)
    #expect(typed.operands == example.operands)
    #expect(typed.literalOperands == example.literals)
  }

  @Test(
    "behind a command with options of its own, the rest is read by its table",
    arguments: [
      Case(arguments: ["listen-demo"], options: []),
      Case(arguments: ["listen-demo", "-u", "--for=2"], options: ["udp", "for=2"]),
      Case(arguments: ["listen-demo", "--unix", "@x", "-qp0"], options: ["unix=@x", "quiet", "port=0"]),
      Case(arguments: ["explain", "time_wait", "--lang", "es"], options: ["lang=es"], operands: ["time_wait"]),
      Case(arguments: ["explain", "--", "--lang"], options: [], literals: ["--lang"]),
    ])
  func commands(example: Case) throws {
    let typed = try TypedArguments.parse(example.arguments)
    #expect(typed.command == example.arguments[0])
    #expect(typed.options.map { "\($0.id)" + ($0.value.map { "=\($0)" } ?? "") } == example.options)
    #expect(typed.operands == example.operands)
    #expect(typed.literalOperands == example.literals)
  }

  @Test("a command's name is one only where it can be one: first, or as the first operand of a listing's options")
  func names() throws {
    #expect(try TypedArguments.parse(["--", "listen-demo"]).command == nil)
    #expect(try TypedArguments.parse(["process", "=", "listen-demo"]).operands.last == "listen-demo")
    #expect(try TypedArguments.parse(["--help", "listen-demo"]).operands == ["listen-demo"])
    #expect(try TypedArguments.parse(["--redact", "capture", "x"]).command == nil)
    #expect(try TypedArguments.parse(["explain", "listen-demo"]).operands == ["listen-demo"])
  }

  @Test("the spelling that was typed is kept for messages")
  func spelling() throws {
    let typed = try TypedArguments.parse(["-tA", "udp", "--sport=1"])
    #expect(typed.options.map(\.spelling) == ["-t", "-A", "--sport"])
  }

  @Test(
    "what is wrong is named, and what may have been meant",
    arguments: [
      (["--prot", "80"], "unknown option '--prot'", "did you mean --port?"),
      (["--jsno"], "unknown option '--jsno'", "did you mean --json?"),
      (["--nothing-like"], "unknown option '--nothing-like'", "`sockinspect help options` lists them all"),
      (
        ["--numeric-ports"], "unknown option '--numeric-ports'",
        "it belongs to netstat; a command comes first: sockinspect netstat --numeric-ports"
      ),
      (["-ty"], "unknown option '-y' in '-ty'", "`sockinspect help options` lists them all"),
      (["-json"], "'-json' has one dash", "did you mean --json? sockinspect --json"),
      (["--json=yes"], "--json takes no value, but 'yes' was given", ""),
      (["--port"], "--port needs a value: --port PORTS", ""),
      (["-A"], "-A needs a value: -A LIST", ""),
      (["--\u{1B}[31m"], "unknown option '--\\e[31m'", "`sockinspect help options` lists them all"),
      (["-P"], "unknown option '-P'", "as lsof reads it: sockinspect lsof -P"),
      (["listen-demo", "--bakclog"], "unknown option '--bakclog' of listen-demo", "did you mean --backlog?"),
      (["flow-demo", "--json"], "unknown option '--json' of flow-demo", "`sockinspect help flow-demo` lists them all"),
      (
        ["listen-demo", "-zq"], "unknown option '-z' in '-zq' of listen-demo",
        "`sockinspect help listen-demo` lists them all"
      ),
      (["listen-demo", "--backlog"], "--backlog needs a value: --backlog N", ""),
      (
        ["--port", "1234", "listen-demo"], "the command listen-demo comes first, its options behind it",
        "usage: sockinspect listen-demo [OPTIONS]"
      ),
      (
        ["--backlog", "5", "listen-demo"], "unknown option '--backlog'",
        "it belongs to listen-demo; a command comes first: sockinspect listen-demo --backlog 5"
      ),
      (
        ["--step"], "unknown option '--step'",
        "it belongs to listen-demo, connect-demo, flow-demo; a command comes first: sockinspect listen-demo --step"
      ),
    ] as [([String], String, String)])
  func errors(arguments: [String], message: String, hint: String) {
    #expect(throws: UsageError(message, hint.isEmpty ? [] : [hint])) { try TypedArguments.parse(arguments) }
  }

  @Test("any arguments end in what was typed or in an error, never in a crash")
  func random() {
    let seed = SeededGenerator.newSeed
    var numbers = SeededGenerator(seed: seed)
    let pieces = [
      "-", "--", "=", "t", "port", "A", "json", " ", "!", ",", "80", "\u{0}", "é", "state", ":", "root", "listen-demo",
      "explain",
    ]
    for _ in 0..<3000 {
      let arguments = (0..<Int.random(in: 0..<5, using: &numbers)).map { _ in
        (0..<Int.random(in: 0..<5, using: &numbers)).map { _ in pieces.randomElement(using: &numbers) ?? "" }.joined()
      }
      if let typed = try? TypedArguments.parse(arguments) {
        let plan = try? Plan(typed, in: .test)
        if case .list(let list)? = plan { #expect(!list.transports.isEmpty, "seed \(seed): \(arguments)") }
      }
    }
  }
}
