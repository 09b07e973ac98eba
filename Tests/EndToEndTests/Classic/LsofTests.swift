import Foundation
import LinuxSystem
import Query
import TestSupport
import Testing

/// `sockinspect lsof` and the original, side by side. Every difference from the original is named
/// with its reason.
@Suite("lsof, byte for byte", .timeLimited, .needsRoot, .serialized)
struct LsofTests {
  /// Command lines whose output, messages and exit status must be the original's.
  ///
  /// `PID` stands for a process with many sockets, `GROUP` for its process group.
  static let lines: [String] = [
    // Which sockets: families, protocols, hosts, ports.
    "-i", "-i -n", "-i -P", "-i -n -P", "-nPi", "-i4 -nP", "-i6 -nP", "-nP -i4 -i6", "-nP -i4 -i4", "-nP -i -i4",
    "-nPiTCP", "-nPi UDP", "-nP -i udplite", "-nP -iTCP:1234", "-nP -i :1234", "-nP -i :22,1234,2000-3000",
    "-P -n -i :http",
    "-i udp@127.0.0.1:53 -nP", "-i @127.0.0.1 -nP", "-i @[::1] -nP", "-i 6@[::1]:53 -nP", "-i @[::ffff:127.0.0.1] -nP",
    "-i @[2001:db8:1234:5678:9abc:def0:1234:5678]:50001 -nP", "-i @localhost -nP", "-i 4@localhost:1234 -nP",
    "-i 4tcp -nP",
    "-i 6udp -i4 -nP", "-i4 -i tcp -nP", "-i tcp -i udp:53 -nP", "-i tcp:https,domain -i udp:123 -n", "-i :9,22 -i :23",
    "-U", "-U -l", "-U -i :1234 -nP", "-U -i4 -nP", "-X -U", "-a -U -i",
    // Nothing found.
    "-i :7", "-i :7 -i :1234 -nP", "-V -i :7", "-V -i tcp:7 -i udp:7 -i :1234-1235 -nP", "-V -i @192.0.2.1", "-Q -i :7",
    "-V -Q -i :7", "-t -i :7", "-a -i -p 2147483647", "-V -a -i -p 2147483647,PID -nP", "-V -a -i -c nothing -c sl",
    "-V -a -i -c /^SL/i -c /none/ -nP", "-V -i -c ^python -nP", "-V -a -i -g GROUP,2147483647 -nP",
    "-V -i -sTCP:SYN_RECV -nP",
    "-V -i -s tcp:closed,listen -nP", "-V -a -U -i",
    // By process and descriptor.
    "-a -i -p PID -nP", "-a -U -p PID", "-a -i -p ^PID -nP", "-i -p ^PID -nP", "-a -i -c python -nP",
    "-a -i -c /^od/ -nP",
    "-a -i -c /^[a-n].*[x-z]$/x -nP", "-a -i -c sleep -c x -nP", "-i -c ^python3 -nP", "-a -i -u root -nP",
    "-a -i -u nobody -nP", "-a -i -u 0,65534 -nP", "-a -i -u ^root -nP", "-i -u ^nobody -nP", "-a -U -u ^0 -R",
    "-a -i -g GROUP -nP", "-a -i -g ^GROUP -nP", "-i -g -nP", "-i -g -R -nP", "-a -i -d 3-8 -nP", "-a -i -d ^3-8 -nP",
    "-a -i -d 3,1200,cwd -nP", "-a -i -d fd -nP", "-a -i -d txt -nP", "-a -U -d 1000-1300",
    // States.
    "-nP -i -s TCP:LISTEN", "-nP -i -s tcp:listen,Established", "-nP -i -s TCP:^LISTEN,^ESTABLISHED",
    "-nP -iTCP -sTCP:LISTEN",
    "-nP -iTCP -sTCP:CLOSE_WAIT,LAST_ACK,FIN_WAIT1,FIN_WAIT2,CLOSING,SYN_SENT", "-nP -i -s TCP:CLOSE",
    // Columns.
    "-i -nPl", "-i -nP -R", "-i -nP -o", "-i -nP -o 3", "-i -nP -s", "-i -nP -L", "-i -nP +L", "-U +L -o", "-i -nP +fg",
    "-i -nP +fG", "-U +fg", "-i -nP -fg", "-i -nP +fgG -R", "-i -nP +c0", "-i -nP +c 3", "-i -nP +c 12", "-i -nP +c15",
    "-i -nP -T", "-i -nP -Tq", "-i -nP -Tqs", "-i -nP -Tf", "-i -nP -Tfqs", "-i -nP +T", "-U -T", "-U -Tq", "-U -Tqs",
    "-t -i", "-t -U", "-t -i -sTCP:LISTEN", "-nPltiTCP",
    // Fields.
    "-i -nP -F", "-i -nP -F0", "-i -nP -F pcn", "-i -nP -FpcnT", "-i -nP -F0pcPnTf", "-i -nP -FL", "-i -nP -FLl",
    "-i -nP -Fo", "-i -nP -Fg", "-i -nP -FR", "-i -nP -FG", "-i -nP -Fdk", "-i -nP -F -l", "-U -F", "-U -F0n", "-i -F",
    // Options without an effect here.
    "-i -nP -b", "-i -nP -O", "-i -nP -M", "-i -nP -S", "-i -nP -S 3", "-i -nP -S1", "-i -nP -K i", "-i -nP -w",
    "-i -nP +w",
    "-i -nP -f", "-i -nP --", "-X -U -X",
    // The other ends.
    "-i -nP -E", "-i -nP +E", "-U -E", "-U +E", "-i -U -nP +E", "-a -i -nP -E -p PID", "-a -i -nP +E -p PID",
    "-a -U +E -p PID", "-U -E -F", "-i -nP +E -F pn", "-U +E +c 0", "-U -E +c 3", "-t -i :1234 +E", "-i :1234 -nP +E",
    "-i :7 -nP -E", "-U -E -T", "-i -nP -E -p ^PID", "-a -i -nP +E -c ^python", "-i -nP +E -u ^root", "-U -E +E",
    "-U +E -E",
    // Threads.
    "-a -i -K -nP", "-a -i -K -n", "-a -U -K", "-aK -i -nP -p PID", "-a -i -nP -K -c python", "-a -i -nP -K -c sleep",
    "-a -i -nP -K -u nobody", "-a -i -nP -K -u ^root", "-a -i -nP -K -p ^PID", "-a -i -nP -K -g GROUP",
    "-a -i -nP -K -d 3-8", "-a -i :2012 -nP -K", "-a -i :2012 -nP -K -t", "-a -i -nP -K -t", "-a -i -nP -K -F",
    "-a -i -nP -K -F0", "-a -i -nP -K -F pKn", "-a -i -nP -K -F KMcf", "-a -i -nP -K +c0", "-a -i -nP -K +c 3",
    "-a -i -nP -K +c 12", "-a -i -nP -K -R -g -l", "-a -i -nP -K +fg", "-a -i -nP -K -Tqs",
    "-a -i4 -nP -K -s TCP:LISTEN",
    "-a -i :7 -nP -K", "-V -a -i :7 -nP -K", "-V -a -i -nP -K -p 2147483647", "-V -a -i -nP -K -c none",
    "-V -a -i -nP -K -c sleep", "-a -K -K i -i -nP", "-K i -a -i -nP -F KMp", "-a -i -K -nP -E", "-a -i -K -nP +E",
    "-a -U -K -E",
    "-a -i -K -nP +E -p PID", "-a -U -K +E -c python",
    // Until nothing is listed.
    "-i :7 +r1", "-i :7 +r", "-Q -i :7 +r1",
  ]

  /// Command lines that list more than once, which takes a second each time.
  static let repeated = ["-i :1234 -nP -r1c1m== -F0n", "-t -i :1234 +r1c1m%%%%"]

  /// Users without a name, and file systems that may not be looked at, about which lsof warns for
  /// the sake of files.
  static func withoutFileSystems(_ result: ClassicComparison.Result) -> ClassicComparison.Result {
    var result = result
    result.errors = result.errors.components(separatedBy: "\n").filter {
      !$0.contains("WARNING: can't stat() ") && !$0.contains("Output information may be incomplete.")
    }.joined(separator: "\n")
    return result
  }

  @Test(
    "Several hundred sockets: output, messages and exit status of all command lines, as root and as another user",
    .needs("lsof"), .needs("setpriv"), .needs("ip"))
  func commandLines() throws {
    #expect(LsofTests.lines.count > 100)
    try withClassicScenario { scenario in
      let comparison = ClassicComparison(original: "lsof", program: scenario.program)
      let all = try comparison.run(["lsof", "-i", "-U", "-n", "-P"])
      #expect(all.output.split(separator: "\n").count > 300, "\(all.output)")
      let pid = try comparison.run(["lsof", "-t", "-i", ":50001"]).output.split(separator: "\n").first ?? ""
      let group = try comparison.run(["ps", "-o", "pgid=", "-p", "\(pid)"]).output.filter(\.isNumber)
      var work: [(String, UInt32?)] = LsofTests.lines.flatMap { line in [(line, nil), (line, nobody)] }
      for line in LsofTests.repeated { work.append((line, nil)) }
      let found = comparison.allDifferences(of: work) { line, user in
        let words = line.split(separator: " ").map {
          String($0).replacing("PID", with: pid).replacing("GROUP", with: group)
        }
        // Most are the same at once; where something changed meanwhile the comparison is repeated.
        let theirs = LsofTests.withoutFileSystems(try comparison.run(["lsof"] + words, user))
        if try theirs == comparison.run([comparison.program, "lsof"] + words, user) { return nil }
        return try comparison.difference(words, user: user, expecting: LsofTests.withoutFileSystems)
      }
      #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    }
  }

  // Only among sockets whose paths have no blanks: lsof 4.95 lists any other with every name.
  @Test(
    "Names of unix sockets' files: output, messages and exit status", .needs("lsof"),
    arguments: [
      "-- FOLDER/one", "-t -- FOLDER/one", "-i :2001 -nP -- FOLDER/two FOLDER/nothing",
      "-V -i :7 -c none -- FOLDER/nothing FOLDER/one", "-i -nP -- FOLDER/nothing", "-Q -- FOLDER/nothing",
      "-Q -i -nP -- FOLDER/nothing", "-F pn -- FOLDER/one", "-a -c python3 -- FOLDER/one", "-U -a -- FOLDER/two",
      "-V -a -i -nP -- FOLDER/one", "-V -- FOLDER/one/", "-V -- FOLDER/link", "-i -nP -e /proc", "-i -nP +M",
    ])
  func names(line: String) throws {
    try isolated {
      try withFolder { folder in
        let peer = try PythonPeer(
          """
          folder = sys.argv[1]
          one, two = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
          one.bind(folder + '/one'); one.listen()
          two.bind(folder + '/two')
          client = socket.socket(socket.AF_UNIX); client.connect(folder + '/one')
          os.symlink('one', folder + '/link')
          s = listener(address=('127.0.0.1', 2001))
          print('ready', flush=True)
          sys.stdin.read()
          """, arguments: [folder])
        #expect(try peer.line() == "ready")
        let comparison = ClassicComparison(original: "lsof", program: Program.path)
        let words = line.replacing("FOLDER", with: folder).split(separator: " ").map(String.init)
        let theirs = LsofTests.withoutFileSystems(try comparison.run(["lsof"] + words))
        #expect(try theirs == comparison.run([Program.path, "lsof"] + words))
        withExtendedLifetime(peer) {}
      }
    }
  }

  @Test("The lesson: the server is in `lsof -i -n | grep 1234`, as in the original", .needs("lsof"))
  func lesson() throws {
    try isolated {
      let server = try ListeningServer()
      defer { _ = try? server.end() }
      let comparison = ClassicComparison(original: "sh", program: Program.path)
      let theirs = try comparison.run(["sh", "-c", "lsof -i -n | grep 1234"])
      let ours = try comparison.run(["sh", "-c", "\(Program.path) lsof -i -n | grep 1234"])
      #expect(theirs == ours)
      #expect(ours.output.contains("\(server.child.pid)") && ours.output.contains("TCP 127.0.0.1:1234 (LISTEN)"))
    }
  }
}

/// The differences from the original, and what is this program's own.
@Suite("lsof, where it differs", .timeLimited, .needsRoot)
struct LsofDifferencesTests {
  private func lsof(_ line: String, environment: [String: String] = [:]) -> Finished {
    Finished(
      running: Program.path, ["lsof"] + line.split(separator: " ").map(String.init), environment: environment)
  }

  /// A listener at a port, in a process that gives itself a name.
  private static func named(_ name: String, port: Int) throws -> PythonPeer {
    try PythonPeer(
      """
      import ctypes
      ctypes.CDLL(None).prctl(15, \(name), 0, 0, 0)
      s = listener(address=('127.0.0.1', \(port)))
      stay()
      """)
  }

  // lsof 4.95 takes the name from /proc/PID/stat and ends it at the parenthesis that balances the
  // first: it cuts one name short, with a wrong parent and group, and leaves a process with the
  // other out.
  @Test("names with unequal parentheses are shown whole, and hide no process")
  func parentheses() throws {
    try isolated {
      let closed = try LsofDifferencesTests.named("b'a)b'", port: 2001)
      let open = try LsofDifferencesTests.named("b'a(b'", port: 2002)
      try withExtendedLifetime((closed, open)) {
        let ours = lsof("-i -n -P")
        #expect(ours.text.split(separator: "\n").map { $0.prefix { $0 != " " } } == ["COMMAND", "a)b", "a(b"])
        let theirs = Finished(running: try peer("lsof"), ["-i", "-n", "-P"])
        #expect(!theirs.text.contains("a)b") && !theirs.text.contains("a(b"))
      }
    }
  }

  // lsof 4.95 does not initialise whether a user was found, so that users it did not find count as
  // found by chance.
  @Test("a user without a process counts as not found")
  func users() throws {
    try isolated {
      let server = try ListeningServer()
      defer { _ = try? server.end() }
      let finished = lsof("-V -n -P -a -i -u 0,4242")
      #expect(finished.exitStatus == 1)
      #expect(finished.text.hasSuffix("(LISTEN)\nlsof: user ID not located: 4242\n"), "\(finished.text)")
    }
  }

  // Files of other kinds are outside of this program's scope, so only the sockets are listed of
  // those that lsof lists because of their process.
  @Test("a process that is selected beside -i has its sockets listed, and a note says what is left out", .needs("lsof"))
  func otherFiles() throws {
    try isolated {
      let server = try ListeningServer()
      defer { _ = try? server.end() }
      let peer = try PythonPeer(
        """
        kept = [socket.socket(socket.AF_UNIX), *socket.socketpair(), socket.socket(socket.AF_INET, socket.SOCK_RAW, 1),
          socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0x0300),
          socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58)]
        s = listener(address=('127.0.0.1', 2001))
        print(os.getpid(), flush=True)
        stay()
        """)
      let pid = try peer.line()
      try withExtendedLifetime(peer) {
        func rows(_ text: String) -> [String] {
          let types = ["IPv4", "IPv6", "unix", "raw", "raw6", "netlink", "pack"]
          return text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }.filter { row in
            types.contains { row.contains(" \($0) ") }
          }
        }
        let theirs = Finished(running: try EndToEndTests.peer("lsof"), ["-n", "-P", "-i", "-p", pid])
        let ours = lsof("-n -P -i -p \(pid)")
        #expect(rows(theirs.text) == rows(ours.text) && rows(ours.text).count == 8, "\(rows(ours.text))")
        #expect(ours.exitStatus == 0 && theirs.exitStatus == 0)
        #expect(ours.errorText.hasPrefix("lsof: only sockets are listed: ") && ours.errorText.hasSuffix("\n"))
        #expect(ours.errorText.split(separator: "\n").count == 1)
        #expect(lsof("-n -P -i -p \(pid) -w").errorText.isEmpty)
        #expect(lsof("-n -P -i -a -p \(pid)").errorText.isEmpty)
      }
    }
  }

  @Test("what is about files, and what is wrong, ends with status 1 and nothing on standard output")
  func refusals() {
    for line in [
      "", "-p 1", "-i +d /tmp", "-i /etc/passwd", "-i +L1", "-i -y", "-i :x,", "-a", "-i -p x", "--root",
    ] {
      let finished = lsof(line)
      #expect(finished.exitStatus == 1 && finished.output.isEmpty, "\(line)")
      #expect(finished.errorText.hasPrefix("lsof: "), "\(finished.errorText)")
    }
    for line in ["-h", "-v", "-F?"] {
      let finished = lsof(line)
      #expect(finished.exitStatus == 0 && finished.output.isEmpty && !finished.errors.isEmpty, "\(line)")
    }
  }

  @Test("a captured machine, named by an option or a variable; its users stay numbers")
  func captured() throws {
    try isolated {
      let server = try ListeningServer()
      defer { _ = try? server.end() }
      try withFolder { folder in
        #expect(Program.run("capture", "\(folder)/tree").exitStatus == 0)
        let live = lsof("-i -n -P -R")
        let captured = lsof("--root \(folder)/tree -i -n -P -R")
        #expect(captured.exitStatus == 0 && captured.errorText.isEmpty)
        #expect(captured.text.split(separator: "\n").count == 2, "\(captured.text)")
        func row(_ text: String) -> [Substring] { text.split(separator: "\n").last?.split(separator: " ") ?? [] }
        var wanted = row(live.text)
        wanted[3] = "0"
        #expect(row(captured.text) == wanted)
        #expect(lsof("-i -n -P -R", environment: ["SOCKINSPECT_ROOT": folder + "/tree"]).output == captured.output)
        let missing = lsof("--root \(folder)/nothing -i")
        #expect(missing.exitStatus == 1 && missing.errorText.hasPrefix("lsof: "))
      }
    }
  }

  @Test("a reader that goes away ends it quietly")
  func closedPipe() throws {
    // Without any unix socket the marker would be the first line.
    let server = try ListeningServer("--unix", "@sockinspect-test-\(UUID().uuidString)")
    defer { _ = try? server.end() }
    let finished = Finished(
      running: try peer("sh"), ["-c", "\"$0\" lsof -U -r 1 2>&1 | head -n 1; exit ${PIPESTATUS:-0}", Program.path],
      timeout: 20)
    #expect(finished.exitStatus == 0 && finished.errorText.isEmpty)
    #expect(finished.text.hasPrefix("COMMAND"), "\(finished.text)")
  }
}
