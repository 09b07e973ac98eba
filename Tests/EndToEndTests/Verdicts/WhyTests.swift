import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

// One after the other: what one scene has in its network namespace, another finds elsewhere.

/// `sockinspect why`: each verdict on a scene that was made for it, as root and as nobody.
@Suite("why", .timeLimited, .serialized, .needsRoot, .needs("python3"))
struct WhyTests {
  typealias Scene = VerdictScene

  private static let preamble = """
    print('ready', flush=True)
    import ctypes, subprocess
    H, P = '127.0.0.1', 1299
    RA, RP = socket.SO_REUSEADDR, socket.SO_REUSEPORT
    def make(*options, at=(H, P), family=socket.AF_INET, kind=socket.SOCK_STREAM, listens=True, only=None):
        s = socket.socket(family, kind)
        for o in options: s.setsockopt(socket.SOL_SOCKET, o, 1)
        if only is not None: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
        s.bind(at)
        if listens and kind == socket.SOCK_STREAM: s.listen(5)
        return s
    def connected(server, to): 
        c = socket.create_connection(to)
        return c, server.accept()[0]
    def sysctl(name, value): open('/proc/sys/net/ipv4/' + name, 'w').write(value)
    def waits_for(pid, text):
        while text not in open(f'/proc/{pid}/wchan').read(): os.sched_yield()

    """

  private static let inherited = """
    r, w = os.pipe()
    # The heir reads it, and so ends when this process does.
    end, kept = os.pipe()
    if os.fork() == 0:
        s = make(); s.set_inheritable(True)
        child = subprocess.Popen(['cat'], close_fds=False, stdin=end, stdout=subprocess.DEVNULL, \
    stderr=subprocess.DEVNULL)
        os.write(w, str(child.pid).encode()); os._exit(0)
    os.wait()
    heir = int(os.read(r, 20))
    waits_for(heir, 'pipe')
    """

  static let scenes: [Scene] = [
    Scene("nothing", "", "1299", "free", 0),
    Scene("nothing", "", "40000", "free-but-ephemeral", 0),
    Scene("a reserved port", "sysctl('ip_local_reserved_ports', '40000')", "40000", "free", 0),
    Scene("a low port", "", "80", "free", 0, unprivileged: ("not-permitted", 1)),
    Scene("another machine's address", "", "203.0.113.9:1299", "no-such-address", 1),
    Scene("a listener", "s = make()", "1299", "listener", 1),
    Scene("a listener", "s = make()", "127.0.0.2:1299", "free", 0),
    Scene("a listener", "s = make()", "[::]:1299", "listener-other-family", 1),
    Scene(
      "dual stack", "s = make(at=('::', P), family=socket.AF_INET6, only=0)", "127.0.0.1:1299", "listener-other-family",
      1),
    Scene("IPv6 only", "s = make(at=('::', P), family=socket.AF_INET6, only=1)", "127.0.0.1:1299", "free", 0),
    Scene("IPv6 only", "s = make(at=('::', P), family=socket.AF_INET6, only=1)", "1299", "listener", 1),
    Scene("a group", "a, b = make(RP), make(RP)", "1299", "shared-reuseport", 1),
    Scene("a group of one", "a = make(RP)", "1299", "listener", 1),
    Scene("datagrams", "s = make(kind=socket.SOCK_DGRAM)", "1299", "listener", 1),
    Scene("bound", "s = make(listens=False)", "1299", "bound-idle", 1),
    Scene("accepted", "s = make(RA); c, a = connected(s, (H, P)); s.close()", "1299", "leftover-connections", 1),
    Scene(
      "accepted at an ephemeral port",
      "s = make(RA, at=(H, 40000)); kept = [connected(s, (H, 40000)) for _ in range(2)]; s.close()", "40000",
      "leftover-connections", 1),
    Scene(
      "finished", "s = make(RA); c, a = connected(s, (H, P)); a.close(); c.recv(1); c.close(); s.close()", "1299",
      "time-wait", 1),
    Scene(
      "a client got it",
      "sysctl('ip_local_port_range', '1299 1299'); s = make(at=(H, 5432)); c, a = connected(s, (H, 5432))", "1299",
      "outgoing-connection", 1),
    Scene(
      "a client asked for it",
      "s = make(at=(H, 5432)); c = socket.socket(); c.bind((H, P)); c.connect((H, 5432)); a = s.accept()", "1299",
      "outgoing-connection", 1),
    Scene(
      "datagrams to one peer", "c = make(kind=socket.SOCK_DGRAM); c.connect((H, 53))", "1299", "outgoing-connection", 1),
    Scene("a child has it", inherited, "1299", "inherited-listener", 1, unprivileged: ("listener", 1)),
    Scene("a child has it", inherited, "1299", "inherited-listener", 1, isOwn: true),
    Scene(
      "a child has it too",
      "s = make(); s.set_inheritable(True); c = subprocess.Popen(['cat'], close_fds=False, stdin=subprocess.PIPE)",
      "1299", "listener", 1),
    Scene(
      "an io_uring",
      """
      s = make()
      libc = ctypes.CDLL(None)
      ring = libc.syscall(425, 4, (ctypes.c_char * 120)())
      if libc.syscall(427, ring, 2, (ctypes.c_int * 1)(s.fileno()), 1) != 0: sys.exit(1)
      s.close()
      """, "1299", "hidden-owner", 1, unprivileged: ("listener", 1)),
    Scene(
      "on the way", "a, b = socket.socketpair(); s = make(); socket.send_fds(a, [b'x'], [s.fileno()]); s.close()",
      "1299", "hidden-owner", 1, unprivileged: ("listener", 1)),
    Scene(
      "vxlan",
      "subprocess.run('ip link add vx7 type vxlan id 7 dstport 4789 dev lo && ip link set vx7 up', shell=True, check=True)",
      "4789", "kernel-socket", 1),
    Scene(
      "elsewhere",
      """
      import fcntl
      ctypes.CDLL(None).unshare(0x40000000)
      up = socket.socket(); fcntl.ioctl(up, 0x8914, struct.pack('16sH14x', b'lo', 1))
      s = make()
      """, "1299", "other-namespace", 0),
    Scene(
      "docker",
      """
      os.environ['PYTHONHOME'] = sys.base_prefix
      os.execv('/proc/self/exe', ['docker-proxy', '-c', '''
      import socket, sys
      open('/proc/self/comm', 'w').write('docker-proxy')
      s = socket.socket(); s.bind(('0.0.0.0', 1299)); s.listen(); print('made', flush=True); sys.stdin.read()
      ''', '-proto', 'tcp', '-host-ip', '0.0.0.0', '-host-port', '1299', '-container-ip',
      '172.17.0.2', '-container-port', '80'])
      """, "1299", "published-by-docker", 1),
  ]

  @Test("the verdict is right as root and as nobody", arguments: scenes)
  func verdict(_ scene: Scene) throws {
    try scene.check(preamble: Self.preamble, ["why", scene.word, "--json"])
  }

  @Test("the text says who serves the port, since when, below what, and how to end it")
  func text() throws {
    try isolated {
      let peer = try PythonPeer("s = listener()\nstay()")
      let english = Program.run("why", "1234")
      #expect(english.exitStatus == 1 && english.errors.isEmpty)
      #expect(english.text.hasPrefix("1234 is taken: python3[\(peer.pid)] serves it (TCP)\n"), "\(english.text)")
      #expect(english.text.contains("\n  holder   tcp listen 127.0.0.1:1234, python3[\(peer.pid)] fd "))
      #expect(english.text.contains("\n  process  \(peer.pid) "))
      #expect(english.text.contains(", of user root\n"))
      #expect(english.text.contains("\n  parents  \(ownProgramName.prefix(15))[\(getpid())]"), "\(english.text)")
      #expect(english.text.contains("to stop it: kill \(peer.pid)\n"))
      #expect(english.text.contains("\nlooked at: tcp, "))
      let spanish = Program.run("why", "1234", "--lang", "es")
      #expect(spanish.text.hasPrefix("1234 está ocupado: lo atiende python3[\(peer.pid)] (TCP)\n"), "\(spanish.text)")
      let process = Program.run("why", "\(peer.pid)", "--process")
      #expect(process.exitStatus == 1)
      #expect(process.text.hasPrefix("python3[\(peer.pid)]: has 1 port\n"), "\(process.text)")
      #expect(process.text.contains("listener: tcp listen 127.0.0.1:1234"))
    }
  }

  @Test("without rights the answer says what was not seen, and the line that shows it")
  func withoutRights() throws {
    try withProgramForAnybody { program in
      try isolated {
        let peer = try PythonPeer("s = listener()\nstay()")
        let finished = try Finished(as: EndToEndTests.nobody, program, ["why", "1234"])
        #expect(finished.exitStatus == 1)
        #expect(
          finished.text.hasPrefix("1234 is taken: a server whose process is not visible serves it (TCP)\n"),
          "\(finished.text)")
        #expect(finished.text.contains("to see more: sudo sockinspect why 1234\n"), "\(finished.text)")
        #expect(finished.text.contains("; not: the process"), "\(finished.text)")
        let process = try Finished(as: EndToEndTests.nobody, program, ["why", "--process", "\(peer.pid)"])
        #expect(process.exitStatus == 3, "\(process.text)")
      }
    }
  }

  @Test(
    "what is neither a port nor a process is a line, and status 2",
    arguments: ["0", "70000", "99999999999", "no-such-name", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:70000", "[::1", ""])
  func mistakes(word: String) {
    let finished = Program.run("why", word)
    #expect(finished.exitStatus == 2 && finished.output.isEmpty, "\(finished.text)")
    #expect(finished.errorText.hasPrefix("sockinspect: why: "), "\(finished.errorText)")
  }

  @Test("a copy of the tables gives the verdicts that rest on them")
  func capture() throws {
    try withFolder { folder in
      try isolated {
        let peer = try PythonPeer("s = listener()\nstay()")
        let made = Program.run("capture", folder + "/c")
        #expect(made.exitStatus == 0, "\(made.errorText)")
        _ = peer.end()
        let taken = Program.run("why", "1234", "--root", folder + "/c", "--json")
        #expect(taken.verdict == "listener" && taken.exitStatus == 1, "\(taken.errorText)")
        #expect(taken.text.contains("\"name\":\"python3\""))
        let free = Program.run("why", "1235", "--root", folder + "/c", "--json")
        #expect(["free", "unknown"].contains(free.verdict), "\(free.text)")
      }
    }
  }
}
