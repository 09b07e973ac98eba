import Foundation
import Glibc
import LinuxSystem
import Query
import Synchronization
import TestSupport
import Testing

/// `sockinspect netstat` and the original, side by side, on the same sockets at the same moment.
@Suite("netstat, byte for byte", .timeLimited, .needsRoot, .needs("netstat"))
struct NetstatTests {
  /// Hides the remaining seconds of a timer, which change between two runs.
  static let mask: @Sendable (String) -> String = { text in
    text.replacing(#/(on|keepalive|timewait|probe) \(\d+\.\d\d/#) { "\($0.1) (time" }
  }

  /// Command lines whose output, notes and exit status must be the original's.
  static let lines: [String] = [
    // Which sockets: each kind, families, servers.
    "-n", "-an", "-ln", "-lan", "-tn", "-un", "-Un", "-wn", "-xn", "-tan", "-uan", "-Uan", "-wan", "-xan", "-tln",
    "-uln",
    "-Uln", "-wln", "-xln", "-4an", "-6an", "-46an", "-4tn", "-6uln", "-tuna", "-tuwxan", "-4x", "-x6 -n",
    "-A inet -an", "-A inet6 -n", "-A unix,inet", "-A ip6,ip -lan", "--inet -an", "--inet6 --listening -n",
    "--unix --all",
    "--protocol=unix", "--protocol inet6 -n", "--ip -n", "-A ddp -n", "-A ash,econet -an",
    "--tcp --udp --udplite --raw --numeric --all",
    // More columns, and complete addresses.
    "-anp", "-anpe", "-anee", "-ano", "-anW", "-anpeoW", "-tulpn", "-tulpne", "-xap", "-xlpe", "-xapeoW", "-tanoe",
    "-Wlnp",
    "--program -n", "--programs --extend --timers --wide -an", "-pn --numeric-users -e", "-n --extend --extend",
    // Names.
    "-a", "-ae", "-lW", "-t", "-u", "-w", "-6a", "-ap", "-atW", "-ale --numeric-hosts", "-ae --numeric-ports",
    "-ae --numeric-users", "-a --numeric-hosts --numeric-ports --numeric-users -e",
    // Shortened names, operands, options without an effect.
    "--al --numeric --udpl", "--listen --numeric --prog", "--numeric-h --ext --all", "-an 5", "eth0 -- -x", "-dnN",
    "-an --",
    "--stat --ra", "--ine -an",
    // What this kernel lacks.
    "-v -n", "-vx", "-S", "-tS -n", "-Sl -n", "-Sa -n", "--ipx", "--ax25 -x", "--x25", "--netrom", "--rose -tn",
    "-vS -4",
    "-S6", "-v -tn", "-v4n",
    // Counters.
    "-s", "-st", "-su", "-sw", "-sS", "-stu", "-s6", "-6sw", "-s4", "-s --inet6 -t", "-sx", "-s -4 -6", "-sc",
    "-A ip -s",
  ]

  @Test(
    "Several hundred sockets: output, notes and exit status of all command lines, as root and as another user",
    .needs("setpriv"), .needs("ip"))
  func commandLines() throws {
    try withClassicScenario { scenario in
      let comparison = ClassicComparison(original: "netstat", program: scenario.program, mask: NetstatTests.mask)
      let all = try comparison.run(["netstat", "-an"])
      #expect(all.output.split(separator: "\n").count > 300 + 4, "\(all.output)")
      let work: [(String, UInt32?)] = NetstatTests.lines.flatMap { line in [(line, nil), (line, nobody)] }
      let found = comparison.allDifferences(of: work) { line, user in
        try comparison.difference(line.split(separator: " ").map(String.init), user: user)
      }
      #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    }
  }

  @Test("The comparison sees one byte, one note and another status")
  func detector() throws {
    func differs(_ original: String, _ program: String, _ arguments: String...) throws -> Bool {
      try ClassicComparison(original: original, program: program).difference(arguments) != nil
    }
    // The program is given the original's name and the arguments.
    #expect(try !differs("printf", "env", "x\n"))
    #expect(try differs("printf", "echo", "x\n"))
    #expect(try differs("false", "true"))
    // Notes on standard error, the same status and no output.
    #expect(try differs("dd", "true", "if=/dev/null"))
    #expect(try !differs("ls", "env", "/nonexistent"))
  }

  @Test(
    "A wrong command line: getopt's own words, then the usage, all on standard error, and status 3",
    arguments: [
      "-k", "-tkx", "--foo", "--foo=bar", "--tcp=1", "--tc=1", "-A", "--protocol", "--nume", "--i", "--no", "--pro",
      "--", "-?",
      "-x -A", "--u", "--r -n", "--numeric-=3", "-an --verb=x", "-ck5",
    ])
  func wrong(line: String) throws {
    let words = line.split(separator: " ").map(String.init)
    let comparison = ClassicComparison(original: "netstat", program: Program.path)
    let theirs = try comparison.run(["netstat"] + words)
    let ours = try comparison.run([Program.path, "netstat"] + words)
    #expect(theirs.status == ours.status)
    guard theirs.status == 3 else {
      #expect(line == "--" && ours.errors.isEmpty)
      return
    }
    #expect(ours.output.isEmpty && ours.errors.lowercased().contains("usage: "))
    if line == "-?" {
      #expect(ours.errors.hasPrefix("netstat: what netstat would print"))
    } else {
      #expect(theirs.errors.hasPrefix("netstat: "))
      #expect(ours.errors.components(separatedBy: "\n")[0] == theirs.errors.components(separatedBy: "\n")[0])
    }
  }

  @Test("Families that do not exist, and SELinux where there is none: the original's status, on standard error")
  func refusals() throws {
    try isolated {
      let comparison = ClassicComparison(original: "netstat", program: Program.path)
      for line in ["-A foo", "-A inet,foo -n", "-A ,", "-A inet, -x"] {
        #expect(try comparison.difference(line.split(separator: " ").map(String.init)) == nil)
      }
      for line in [["-Z"], ["-2"], ["-f"], ["--bluetooth"], ["-2tn"]] {
        let (theirs, ours) = try (comparison.run(["netstat"] + line), comparison.run([Program.path, "netstat"] + line))
        #expect(theirs.status == 1 && ours.status == 1, "\(line)")
        #expect(theirs.output == ours.output)
        // The original's second line is about compiling it.
        #expect(ours.errors.split(separator: "\n").count == 1 && !theirs.errors.isEmpty)
      }
      // Debian's netstat 2.10 lists an address family, --tcpip, and calls it an internal error; here
      // it is inet, as in -A.
      let tcpip = try comparison.run([Program.path, "netstat", "--tcpip", "-an"])
      #expect(tcpip.status == 0 && !tcpip.output.contains("tcp6") && !tcpip.output.contains("UNIX"))
      #expect(try comparison.run(["netstat", "--tcpip", "-an"]).errors.contains("Internal Error"))
    }
  }

  @Test(
    "What is not about sockets is refused in one line that names what to use",
    arguments: [
      ("-r", "ip route"), ("-rn", "ip route"), ("--route", "ip route"), ("-i", "ip -s link"), ("-g", "ip maddress"),
      ("-M", "conntrack -L"), ("-C", "ip route show cache"), ("-F", "ip route"), ("-eni", "ip -s link"),
      ("--interfaces", "ip -s link"), ("--rou", "ip route"), ("-an --masq", "conntrack -L"),
    ])
  func otherWork(line: String, use: String) throws {
    let finished = Finished(running: Program.path, ["netstat"] + line.split(separator: " ").map(String.init))
    #expect(finished.exitStatus == 3 && finished.output.isEmpty)
    #expect(finished.errorText.hasPrefix("netstat: -") && finished.errorText.hasSuffix(": use `\(use)`\n"))
    #expect(finished.errorText.split(separator: "\n").count == 1)
  }

  @Test("Help and version go to standard output and end with 0")
  func help() {
    for option in ["-h", "--help", "-V", "--version", "-Vk", "-hr"] {
      let finished = Program.run("netstat", option)
      #expect(finished.exitStatus == 0 && finished.errors.isEmpty)
      #expect(finished.text.contains(option.lowercased().contains("v") ? "net-tools 2.10" : "Usage: "))
    }
  }

  @Test("-c repeats the listing each second, until nobody reads or Ctrl-C")
  func continuous() throws {
    try isolated {
      let once = Program.run("netstat", "-tan")
      let running = try Running(Program.path, ["netstat", "-tanc", "5"].map { Array($0.utf8) })
      var output: [UInt8] = []
      var buffer: [UInt8] = Array(repeating: 0, count: 4096)
      while output.count < 2 * once.output.count {
        let count = try running.output.descriptor.read(into: &buffer)
        try #require(count > 0)
        output += buffer.prefix(count)
      }
      running.child.signal(SIGINT)
      var finished = running.finish(timeout: 10)
      finished.output = output + finished.output
      #expect(finished.signal == SIGINT || finished.exitStatus == 130)
      let count = finished.output.count / max(1, once.output.count)
      #expect(count >= 2 && finished.text == String(repeating: once.text, count: count), "\(finished.text)")
      // A reader that takes one line and goes away.
      let script = "\"$0\" netstat -tanc | head -n 1; echo $?"
      let piped = Finished(running: try peer("sh"), ["-c", script, Program.path], timeout: 20)
      #expect(piped.text == "Active Internet connections (servers and established)\n0\n" && piped.errors.isEmpty)
    }
  }

  @Test("Output that cannot be written is reported")
  func fullDevice() throws {
    for line in ["-an", "-s", "-h", "-xn"] {
      let finished = Finished(running: try peer("sh"), ["-c", "\"$0\" netstat \(line) >/dev/full", Program.path])
      #expect(finished.exitStatus == 4 && finished.errorText.hasPrefix("netstat: write standard output: "), "\(line)")
    }
  }

  @Test("The lesson's command, as written: the server, and netstat -an | grep 1234")
  func lesson() throws {
    try isolated {
      let server = try ListeningServer(["--port", "1234"])
      let line = "netstat -an | grep 1234"
      let theirs = Finished(running: try peer("sh"), ["-c", line])
      let ours = Finished(running: try peer("sh"), ["-c", "\"$0\" " + line, Program.path])
      #expect(ours.text == theirs.text && ours.exitStatus == 0 && ours.text.contains(":1234 "), "\(ours.text)")
      #expect(ours.text.hasSuffix("LISTEN     \n"))
      _ = try server.end()
    }
  }

  @Test("Called by the name netstat or lsof it acts as that; `link` makes the names and never replaces a file")
  func calledByName() throws {
    try withFolder { folder in
      let made = Program.run("link", folder)
      #expect(made.exitStatus == 0 && made.output.isEmpty && made.errorText.contains("\(folder)/netstat"))
      for name in ["netstat", "lsof"] {
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)") == Program.path)
      }
      try isolated {
        let linked = Finished(running: folder + "/netstat", ["-an"])
        let theirs = Finished(running: try peer("netstat"), ["-an"])
        #expect(linked.output == theirs.output && linked.exitStatus == 0)
        #expect(Finished(running: folder + "/netstat", ["--json"]).exitStatus == 3)
      }
      let again = Program.run("link", folder)
      #expect(again.exitStatus == 0 && again.errorText.contains("already"))
      #expect(Program.run("link", folder, "--quiet").errors.isEmpty)
      // A file in the way stays as it is; the other link is made.
      try FileManager.default.removeItem(atPath: folder + "/netstat")
      try FileManager.default.removeItem(atPath: folder + "/lsof")
      try "mine".write(toFile: folder + "/netstat", atomically: true, encoding: .utf8)
      let refused = Program.run("link", folder + "/")
      #expect(
        refused.exitStatus == 1 && refused.errorText.contains("cannot make the link \(folder)/netstat: it is there"))
      #expect(try String(contentsOfFile: folder + "/netstat", encoding: .utf8) == "mine")
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/lsof") == Program.path)
      for wrong in [folder + "/none", folder + "/netstat"] {
        let failed = Program.run("link", wrong)
        #expect(failed.exitStatus == 1 && failed.errorText.hasPrefix("sockinspect: cannot make links in \(wrong): "))
      }
      #expect(Program.run("link").exitStatus == 2)
      #expect(Program.run("link", folder, folder).exitStatus == 2)
      #expect(Program.run("link", folder, "--json").exitStatus == 2)
    }
  }
}
