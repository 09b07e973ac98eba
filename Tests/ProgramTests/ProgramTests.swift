import Foundation
import SocketModel
import TestSupport
import Testing

@testable import CommandLine

/// Runs the program as a person or script would.
private func sockinspect(_ line: String, input: String = "", environment: [String: String] = [:]) throws -> Run {
  try #require(try Run(programPath(), shellWords(line), input: input, environment: environment))
}

@Suite("The program, on captured trees", .timeLimited)
struct ProgramTests {
  private static let tree = Repository.path("Fixtures/linux-6.12-x86_64")

  @Test(
    "the exit status says how it ended",
    arguments: [
      ("--root TREE -a", 0), ("--root TREE --port 65534", 1), ("--root TREE --prot 1", 2), ("--root TREE dprot = 1", 2),
      ("--root /nonexistent", 4), ("--version", 0), ("help", 0), ("help nothing", 2), ("capture", 2),
      ("--root TREE -s", 0), ("--root TREE --count-by state", 0), ("--root TREE --json --port 65534", 1),
    ] as [(String, Int32)])
  func status(line: String, status: Int32) throws {
    let words = line.split(separator: " ").map { $0 == "TREE" ? Self.tree : String($0) }
    let run = try sockinspect(words.joined(separator: " "))
    #expect(run.status == status, "\(run.errors)")
    if status == 2 || status == 4 {
      #expect(run.output.isEmpty)
      #expect(run.errors.hasPrefix("sockinspect: "))
    }
  }

  @Test("a process that does not exist is wrong usage, on the machine and in a tree; one among ranges may be missing")
  func processes() throws {
    for root in ["", "--root \(Self.tree) "] {
      for pids in ["2147483647", "^2147483647", "0", "2147483646-2147483647,2147483647"] {
        let run = try sockinspect(root + "-a --pid \(pids)")
        #expect(run.status == 2 && run.output.isEmpty)
        #expect(run.errors.hasPrefix("sockinspect: --pid: there is no process "))
      }
      #expect(try sockinspect(root + "--pid 2147483646-2147483647").status == 1)
    }
    #expect(try sockinspect("--source proc --pid \(ProcessInfo.processInfo.processIdentifier)").status < 2)
    // A single table has no processes: it is not known which there were.
    #expect(try sockinspect("--root \(Self.tree)/net/tcp --pid 2147483647").status == 1)
  }

  @Test("a path with control characters reaches the terminal escaped")
  func hostilePath() throws {
    #expect(try sockinspect("'--json=\u{1b}[31m'").errors.contains("'\\e[31m'"))
    for line in ["--root '/none\u{1b}[31m\u{202e}'", "capture '/dev/null/\u{1b}[31m\u{202e}'"] {
      let run = try sockinspect(line)
      #expect(run.status == 4)
      #expect(run.errors.contains("\\e[31m\\u{202e}"), "\(run.errors)")
      #expect(!run.errors.contains("\u{1b}"))
    }
  }

  /// The message about a free port in a tree.
  private static func free(_ port: Int, _ transports: String) -> String {
    "nothing uses port \(port) (looked at \(transports); TCP sockets that are bound and idle are not in /proc)"
  }

  @Test("that nothing matches is reported once, on standard error, unless --quiet")
  func nothing() throws {
    let run = try sockinspect("--root \(Self.tree) --port 65534 -t")
    #expect(run.output.isEmpty)
    #expect(run.errors == "sockinspect: \(Self.free(65534, "tcp"))\n")
    #expect(try sockinspect("-q --root \(Self.tree) --port 65534").errors.isEmpty)
  }

  @Test("an incomplete listing ends with status 3 under --strict, and its rows are still shown")
  func strict() throws {
    let tree = Repository.path("Fixtures/cut-table")
    let run = try sockinspect("--root \(tree) -a --strict")
    #expect(run.status == 3)
    #expect(!run.output.isEmpty && run.errors.hasPrefix("sockinspect: warning: "))
    #expect(try sockinspect("--root \(tree) -a").status == 0)
  }

  @Test("every format lists the same sockets")
  func formats() throws {
    let table = try sockinspect("--root \(Self.tree) -a --no-header --no-owners")
    let lines = table.output.split(separator: "\n").count
    #expect(lines > 3)
    #expect(try sockinspect("--root \(Self.tree) -a --ndjson").output.split(separator: "\n").count == lines)
    #expect(try sockinspect("--root \(Self.tree) -a --csv -H").output.split(separator: "\r\n").count == lines)
    let json = try sockinspect("--root \(Self.tree) -a --json").output
    let document = try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    #expect((document["sockets"] as? [Any])?.count == lines)
    let counts = "--root \(Self.tree) -a --csv --limit 1 --count-by state"
    #expect(try sockinspect(counts).output.split(separator: "\r\n").count == 2)
    #expect(try sockinspect(counts + " -H").output.split(separator: "\r\n").count == 1)
    #expect(try sockinspect("--root \(Self.tree) -a --limit 2 -H").output.split(separator: "\n").count == 2)
  }

  @Test("a table on standard input, and the variable SOCKINSPECT_ROOT")
  func roots() throws {
    let table = try Repository.text("Fixtures/linux-6.12-x86_64/net/tcp")
    let rows = table.split(separator: "\n").count - 1
    #expect(try sockinspect("--root - -H", input: table).output.split(separator: "\n").count == rows)
    let run = try sockinspect("-t4H", environment: ["SOCKINSPECT_ROOT": Self.tree])
    #expect(run.output.split(separator: "\n").count == rows)
  }

  @Test(
    "a root that only a variable names is named, in every view",
    arguments: [
      ("-t4H", "sockinspect", true), ("-t4Hq", "sockinspect", false), ("netstat -t", "netstat", true),
      ("lsof -i", "lsof", true), ("watch --events", "sockinspect", true), ("--root TREE -t4H", "sockinspect", false),
    ])
  func variable(line: String, name: String, isNamed: Bool) throws {
    let line = line.replacingOccurrences(of: "TREE", with: Self.tree)
    let run = try sockinspect(line, environment: ["SOCKINSPECT_ROOT": Self.tree])
    let note = "\(name): reading '\(Self.tree)'"
    #expect(run.errors.hasPrefix(note) == isNamed, "\(run.errors)")
    #expect(!isNamed || run.errors.split(separator: "\n")[0].hasSuffix(" as SOCKINSPECT_ROOT says"))
    if line.hasPrefix("watch") { #expect(run.errors.contains("SOCKINSPECT_ROOT: ") && !run.errors.contains("--root:")) }
  }

  @Test("capture also takes its root from the variable")
  func captureOfVariable() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("capture-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let run = try sockinspect("capture \(folder.path)", environment: ["SOCKINSPECT_ROOT": Self.tree])
    #expect(run.status == 0 && run.errors.hasPrefix("sockinspect: reading '\(Self.tree)'"), "\(run.errors)")
    let copy = try sockinspect("--root \(folder.path) -t4H").output
    #expect(try copy == sockinspect("--root \(Self.tree) -t4H").output)
  }

  @Test("a named pipe is a table too: a writer is waited for, and where there is none the pipe is at its end")
  func pipe() throws {
    let table = "\(Self.tree)/net/tcp"
    let rows = try String(contentsOfFile: table, encoding: .utf8).split(separator: "\n").count - 1
    // The writer begins when the program waits for it, if the kernel says where a process waits.
    let writer = "i=0; until grep -q pipe_read /proc/$$/wchan || ((++i > 2000)); do :; done; cat '\(table)'"
    let line = "exec '\(try programPath())' -H --root <(\(writer))"
    #expect(try #require(try Run("bash", ["-c", line])).output.split(separator: "\n").count == rows)
    let pipe = FileManager.default.temporaryDirectory.appendingPathComponent("sockinspect-pipe-\(UUID())").path
    #expect(mkfifo(pipe, 0o600) == 0)
    defer { unlink(pipe) }
    #expect(try sockinspect("--root '\(pipe)'").status == 4)
  }

  @Test("a reader that goes away ends it without a message")
  func closedPipe() throws {
    for format in ["", "--json", "--csv", "--list-columns"] {
      let line = "'\(try programPath())' --root '\(Self.tree)' -a \(format) | true; echo ${PIPESTATUS[0]}"
      let run = try #require(try Run("bash", ["-c", line]))
      #expect(run.errors.isEmpty, "\(run.errors)")
      #expect(["0", "141"].contains(run.output.split(separator: "\n").last ?? ""), "\(run.output)")
      // With the signal ignored, as some programs pass it on.
      let ignored = try #require(try Run("bash", ["-c", "trap '' PIPE; " + line]))
      #expect(ignored.errors.isEmpty, "\(ignored.errors)")
    }
  }

  @Test("output that cannot be written is an error")
  func fullDevice() throws {
    let run = try #require(try Run("bash", ["-c", "'\(try programPath())' --root '\(Self.tree)' -a > /dev/full"]))
    #expect(run.status == 4)
    #expect(run.errors.hasPrefix("sockinspect: write standard output: "))
  }
}
