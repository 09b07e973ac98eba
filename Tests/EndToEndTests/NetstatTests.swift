import Foundation
import LinuxSystem
import Testing

/// `sockinspect netstat` and the original, side by side. What is taken otherwise than by the original is named with its reason.
@Suite("netstat, byte for byte", .needsRoot, .serialized)
struct NetstatTests {
  /// The seconds that a timer has left, which change between two readings.
  static let mask: @Sendable (String) -> String = { text in
    text.replacing(#/(on|keepalive|timewait|probe) \(\d+\.\d\d/#) { "\($0.1) (time" }
  }

  /// Command lines whose output, notes and exit status must be the original's.
  static let lines: [String] = [
    // Which sockets: each kind, families, servers.
    "-n", "-an", "-ln", "-lan", "-tn", "-un", "-Un", "-wn", "-xn", "-tan", "-uan", "-Uan", "-wan", "-xan", "-tln", "-uln",
    "-Uln", "-wln", "-xln", "-4an", "-6an", "-46an", "-4tn", "-6uln", "-tuna", "-tuwxan", "-4x", "-x6 -n",
    "-A inet -an", "-A inet6 -n", "-A unix,inet", "-A ip6,ip -lan", "--inet -an", "--inet6 --listening -n", "--unix --all",
    "--protocol=unix", "--protocol inet6 -n", "--ip -n", "-A ddp -n", "-A ash,econet -an",
    "--tcp --udp --udplite --raw --numeric --all",
    // More columns, and addresses whole.
    "-anp", "-anpe", "-anee", "-ano", "-anW", "-anpeoW", "-tulpn", "-tulpne", "-xap", "-xlpe", "-xapeoW", "-tanoe", "-Wlnp",
    "--program -n", "--programs --extend --timers --wide -an", "-pn --numeric-users -e", "-n --extend --extend",
    // Names.
    "-a", "-ae", "-lW", "-t", "-u", "-w", "-6a", "-ap", "-atW", "-ale --numeric-hosts", "-ae --numeric-ports",
    "-ae --numeric-users", "-a --numeric-hosts --numeric-ports --numeric-users -e",
    // Shortened names, operands, what does nothing.
    "--al --nume --tcp", "--listen --numeric --pro", "--numeric-h --ext --all", "-an 5", "eth0 -- -x", "-dnN", "-an --",
    "--stat --tc", "--ine -an", "--no",
    // What this kernel lacks.
    "-v -n", "-vx", "-S", "-tS -n", "-Sl -n", "-Sa -n", "--ipx", "--ax25 -x", "--x25", "--netrom", "--rose -tn", "-vS -4",
    "-S6", "-v -tn", "-v4n",
    // Counters.
    "-s", "-st", "-su", "-sw", "-sS", "-stu", "-s6", "-6sw", "-s4", "-s --inet6 -t", "-sx", "-s -4 -6", "-sc", "-A ip -s",
  ]

  @Test(
    "Several hundred sockets: output, notes and exit status of all command lines, as root and as another user",
    .needs("netstat"), .needs("setpriv"), .needs("ip"))
  func commandLines() throws {
    try withClassicScenario { scenario in
      let comparison = ClassicComparison(original: "netstat", program: scenario.program, mask: NetstatTests.mask)
      let all = try comparison.run(["netstat", "-an"])
      #expect(all.output.split(separator: "\n").count > 300 + 4, "\(all.output)")
      for line in NetstatTests.lines {
        let words = line.split(separator: " ").map(String.init)
        for user in [nil, ClassicScenario.otherUser] {
          let difference = try comparison.difference(words, user: user)
          #expect(difference == nil, "netstat \(line) as \(user ?? 0): \(difference ?? "")")
        }
      }
    }
  }
}
