import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

// One after the other: what one scene has in its network namespace, another finds elsewhere.

/// `sockinspect why --unreachable`: each verdict on a scene that was made for it, as root and as
/// nobody.
@Suite("why --unreachable", .timeLimited, .serialized, .needsRoot, .needs("python3"))
struct UnreachableTests {
  typealias Scene = VerdictScene

  private static let preamble = """
    print('ready', flush=True)
    import ctypes, subprocess
    H, P = '127.0.0.1', 1298
    def make(at=(H, P), family=socket.AF_INET, backlog=5, only=None):
        s = socket.socket(family)
        if only is not None: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
        s.bind(at)
        if backlog is not None: s.listen(backlog)
        return s
    def tries(to=(H, P)):
        c = socket.socket(); c.setblocking(False); c.connect_ex(to)
        return c
    def until(state, count=1, table='tcp'):
        while sum(l.split()[3] == state for l in open('/proc/thread-self/net/' + table)) < count: os.sched_yield()
    # Until the kernel reports that the peer was last heard of so long ago (tcpi_last_ack_recv).
    def heard(c, milliseconds):
        while struct.unpack('I', c.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 60)[56:])[0] < milliseconds: os.sched_yield()

    """

  private static let stopped = """
    s = make()
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(1, 9)
        os.kill(os.getpid(), 19)
    os.waitid(os.P_ALL, 0, os.WSTOPPED)
    s.close()
    """

  private static let elsewhere = """
    import fcntl
    ctypes.CDLL(None).unshare(0x40000000)
    up = socket.socket(); fcntl.ioctl(up, 0x8914, struct.pack('16sH14x', b'lo', 1))
    s = make(('0.0.0.0', P))
    """

  /// What a listener and one chain at the hook input make of connections.
  private static func filtered(_ rules: String, policy: Int = 1) -> String {
    "s = make(('0.0.0.0', P)); apply(table(), chain('in', 1, \(policy)), chain('sub'), \(rules))"
  }

  static let scenes: [Scene] = [
    Scene("nothing", "", "127.0.0.1:1297", "not-listening"),
    Scene("bound only", "s = make(backlog=None)", "127.0.0.1:1298", "not-listening"),
    Scene("at loopback", "s = make()", "1298", "loopback-only"),
    Scene("at loopback", "s = make()", "127.0.0.2:1298", "other-address"),
    Scene("at loopback", "s = make()", "[::1]:1298", "ipv4-only"),
    Scene("at loopback", "s = make()", "127.0.0.1:1298", "reachable", unprivileged: "unknown"),
    Scene("IPv6 only", "s = make(('::', P), socket.AF_INET6, only=1)", "127.0.0.1:1298", "ipv6-only"),
    Scene("elsewhere", elsewhere, "127.0.0.1:1298", "other-namespace"),
    Scene(
      "a full queue", "s = make(backlog=1); kept = [tries() for _ in range(5)]; until('01', 4); until('02')",
      "127.0.0.1:1298", "accept-queue-full"),
    Scene(
      "a server that does not accept", "s = make(); c = tries(); until('01', 2); heard(c, 1100)", "127.0.0.1:1298",
      "not-accepting"),
    Scene("a stopped server", stopped, "127.0.0.1:1298", "process-stopped", unprivileged: "unknown"),
    Scene(
      "a rule that drops", filtered("rule('in', port(P), counter, drop)") + "; c = tries(); until('02')",
      "127.0.0.1:1298", "firewall", unprivileged: "unknown"),
    Scene(
      "a rule that rejects", filtered("rule('in', verdict(-3, 'sub')), rule('sub', port(P), reject)"), "127.0.0.1:1298",
      "firewall", unprivileged: "unknown"),
    Scene(
      "a rule about another port", filtered("rule('in', port(81), drop)"), "127.0.0.1:1298", "reachable",
      unprivileged: "unknown"),
    Scene(
      "a rule about a client",
      filtered("rule('in', port(P) + field(1, 12, 4) + cmp(socket.inet_aton('10.0.0.1')), drop)"), "127.0.0.1:1298",
      "reachable", unprivileged: "unknown"),
    Scene(
      "a policy", filtered("rule('in', meta(6) + cmp(b'lo' + b'\\0' * 14), accept)", policy: 0), "1298", "firewall",
      unprivileged: "unknown"),
    Scene(
      "a policy with an exception", filtered("rule('in', meta(6) + cmp(b'lo' + b'\\0' * 14), accept)", policy: 0),
      "127.0.0.1:1298", "reachable", unprivileged: "unknown"),
    Scene(
      "a translation",
      "apply(table(), chain('pre', 0, 1, 'nat'), rule('pre', port(P), dnat('192.0.2.2', 80)))", "1298", "translated",
      unprivileged: "not-listening"),
    Scene(
      "a silent machine",
      """
      subprocess.run('ip link add vx9 type vxlan id 9 dstport 4790 dev lo && ip addr add 198.51.100.1/24 dev vx9 && '
      'ip link set vx9 up', shell=True, check=True)
      c = tries(('198.51.100.9', P)); until('02')
      """, "198.51.100.9:1298", "syn-unanswered"),
    Scene("another machine, without a client", "", "198.51.100.9:1298", "unknown"),
  ]

  @Test("the verdict is right as root and as nobody", arguments: scenes)
  func verdict(_ scene: Scene) throws {
    try scene.check(
      preamble: Self.preamble + FilterTables.prelude, ["why", "--unreachable", scene.word, "--json"])
  }

  @Test("the counter of a rule grows with each packet that it drops, and a free port that is translated is dnat-only")
  func counters() throws {
    try isolated {
      let peer = try PythonPeer(
        Self.preamble + FilterTables.prelude
          + Self.filtered("rule('in', port(P), counter, drop)")
          + "\nc = tries(); until('02')\nprint('made', flush=True)\nstay()")
      #expect(try peer.line() == "made")
      let text = Program.run("why", "--unreachable", "127.0.0.1:1298").text
      #expect(text.contains("a rule of ip t in drops it, "), "\(text)")
      #expect(!text.contains("drops it, 0 packets"), "\(text)")
      #expect(text.contains("to see the rules: nft list ruleset"))
    }
    try withProgramForAnybody { program in
      try isolated {
        let peer = try PythonPeer(
          Self.preamble + FilterTables.prelude
            + "apply(table(), chain('pre', 0, 1, 'nat'), rule('pre', port(P), dnat('192.0.2.2', 80)))"
            + "\nprint('made', flush=True)\nstay()")
        #expect(try peer.line() == "made")
        let root = Finished(running: program, ["why", "1298"])
        #expect(root.text.contains("sends it to 192.0.2.2:80") && root.exitStatus == 0, "\(root.text)")
        // Who may not read the rules says so.
        let other = try Finished(as: EndToEndTests.nobody, program, ["why", "1298"])
        #expect(other.text.contains("nf_tables, where a rule may apply"), "\(other.text)")
        withExtendedLifetime(peer) {}
      }
    }
  }
}

extension VerdictScene {
  /// A scene of `why --unreachable`, whose status follows from the verdict.
  fileprivate init(_ name: String, _ program: String, _ word: String, _ verdict: String, unprivileged: String? = nil) {
    self.init(
      name, program, word, verdict, Self.status(verdict),
      unprivileged: unprivileged.map { (verdict: $0, status: Self.status($0)) })
  }

  private static func status(_ verdict: String) -> Int32 {
    switch verdict {
    case "reachable": 0
    case "unknown": 3
    default: 1
    }
  }
}
