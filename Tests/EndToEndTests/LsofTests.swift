import Foundation
import LinuxSystem
import Testing

/// `sockinspect lsof` and the original, side by side. What is taken otherwise than by the original is named with its reason.
@Suite("lsof, byte for byte", .needsRoot, .serialized)
struct LsofTests {
  /// Command lines whose output, messages and exit status must be the original's.
  ///
  /// `PID` stands for a process with many sockets, `GROUP` for its process group.
  static let lines: [String] = [
    // Which sockets: families, protocols, hosts, ports.
    "-i", "-i -n", "-i -P", "-i -n -P", "-nPi", "-i4 -nP", "-i6 -nP", "-nP -i4 -i6", "-nP -i4 -i4", "-nP -i -i4",
    "-nPiTCP", "-nPi UDP", "-nP -i udplite", "-nP -iTCP:1234", "-nP -i :1234", "-nP -i :22,1234,2000-3000", "-P -n -i :http",
    "-i udp@127.0.0.1:53 -nP", "-i @127.0.0.1 -nP", "-i @[::1] -nP", "-i 6@[::1]:53 -nP", "-i @[::ffff:127.0.0.1] -nP",
    "-i @[2001:db8:1234:5678:9abc:def0:1234:5678]:50001 -nP", "-i @localhost -nP", "-i 4@localhost:1234 -nP", "-i 4tcp -nP",
    "-i 6udp -i4 -nP", "-i4 -i tcp -nP", "-i tcp -i udp:53 -nP", "-i tcp:https,domain -i udp:123 -n", "-i :9,22 -i :23",
    "-U", "-U -l", "-U -i :1234 -nP", "-U -i4 -nP", "-X -U", "-a -U -i",
    // Nothing found.
    "-i :7", "-i :7 -i :1234 -nP", "-V -i :7", "-V -i tcp:7 -i udp:7 -i :1234-1235 -nP", "-V -i @192.0.2.1", "-Q -i :7",
    "-V -Q -i :7", "-t -i :7", "-a -i -p 2147483647", "-V -a -i -p 2147483647,PID -nP", "-V -a -i -c nothing -c sl",
    "-V -a -i -c /^SL/i -c /none/ -nP", "-V -i -c ^python -nP", "-V -a -i -g GROUP,2147483647 -nP", "-V -i -sTCP:SYN_RECV -nP",
    "-V -i -s tcp:closed,listen -nP", "-V -a -U -i",
    // By process and descriptor.
    "-a -i -p PID -nP", "-a -U -p PID", "-a -i -p ^PID -nP", "-i -p ^PID -nP", "-a -i -c python -nP", "-a -i -c /^od/ -nP",
    "-a -i -c /^[a-n].*[x-z]$/x -nP", "-a -i -c sleep -c x -nP", "-i -c ^python3 -nP", "-a -i -u root -nP",
    "-a -i -u nobody -nP", "-a -i -u 0,65534 -nP", "-a -i -u ^root -nP", "-i -u ^nobody -nP", "-a -U -u ^0 -R",
    "-a -i -g GROUP -nP", "-a -i -g ^GROUP -nP", "-i -g -nP", "-i -g -R -nP", "-a -i -d 3-8 -nP", "-a -i -d ^3-8 -nP",
    "-a -i -d 3,1200,cwd -nP", "-a -i -d fd -nP", "-a -i -d txt -nP", "-a -U -d 1000-1300",
    // States.
    "-nP -i -s TCP:LISTEN", "-nP -i -s tcp:listen,Established", "-nP -i -s TCP:^LISTEN,^ESTABLISHED", "-nP -iTCP -sTCP:LISTEN",
    "-nP -iTCP -sTCP:CLOSE_WAIT,LAST_ACK,FIN_WAIT1,FIN_WAIT2,CLOSING,SYN_SENT", "-nP -i -s TCP:CLOSE",
    // Columns.
    "-i -nPl", "-i -nP -R", "-i -nP -o", "-i -nP -o 3", "-i -nP -s", "-i -nP -L", "-i -nP +L", "-U +L -o", "-i -nP +fg",
    "-i -nP +fG", "-U +fg", "-i -nP -fg", "-i -nP +fgG -R", "-i -nP +c0", "-i -nP +c 3", "-i -nP +c 12", "-i -nP +c15",
    "-i -nP -T", "-i -nP -Tq", "-i -nP -Tqs", "-i -nP -Tf", "-i -nP -Tfqs", "-i -nP +T", "-U -T", "-U -Tq", "-U -Tqs",
    "-t -i", "-t -U", "-t -i -sTCP:LISTEN", "-nPltiTCP",
    // Fields.
    "-i -nP -F", "-i -nP -F0", "-i -nP -F pcn", "-i -nP -FpcnT", "-i -nP -F0pcPnTf", "-i -nP -FL", "-i -nP -FLl",
    "-i -nP -Fo", "-i -nP -Fg", "-i -nP -FR", "-i -nP -FG", "-i -nP -Fdk", "-i -nP -F -l", "-U -F", "-U -F0n", "-i -F",
    // What does nothing here.
    "-i -nP -b", "-i -nP -O", "-i -nP -M", "-i -nP -S", "-i -nP -S 3", "-i -nP -S1", "-i -nP -K i", "-i -nP -w", "-i -nP +w",
    "-i -nP -f", "-i -nP --", "-X -U -X",
    // Until nothing is listed.
    "-i :7 +r1", "-i :7 +r", "-Q -i :7 +r1",
  ]

  /// Command lines that list more than once, which takes a second each time.
  static let repeated = ["-i :1234 -nP -r1c1m== -F0n", "-t -i :1234 +r1c1m%%%%"]

  /// Users without a name, and file systems that may not be looked at, on which lsof remarks for the sake of files.
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
      for line in LsofTests.lines + LsofTests.repeated {
        let words = line.split(separator: " ").map {
          String($0).replacing("PID", with: pid).replacing("GROUP", with: group)
        }
        for user in LsofTests.repeated.contains(line) ? [nil] : [nil, ClassicScenario.otherUser] {
          let difference = try comparison.difference(words, user: user, expecting: LsofTests.withoutFileSystems)
          #expect(difference == nil, "lsof \(line) as \(user ?? 0): \(difference ?? "")")
        }
      }
    }
  }
}
