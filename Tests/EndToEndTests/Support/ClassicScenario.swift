import Glibc
import Lesson
import LinuxSystem
import TestSupport
import Testing

/// Several hundred sockets of every kind at once, to compare the views of netstat and lsof with the
/// originals.
///
/// All of them are in the network namespace of the calling thread, and none belongs to this
/// process: other tests cannot change anything. There are TCP in every state, UDP, UDP-Lite, raw
/// and unix sockets of each type, over IPv4, IPv6, IPv4-mapped and wildcard addresses, and at
/// addresses too long for a column; processes with long and odd names, one that forked, one of
/// another user, and descriptors above 999.
final class ClassicScenario {
  /// A folder for its files, into which everybody may look.
  let folder: String
  /// The program under test, where every user may start it.
  let program: String
  private var crowds: [PythonPeer] = []
  private var holder: (child: ChildProcess, lifeline: Running.HeldEnd)?

  /// Makes everything and waits until it exists.
  init(folder: String, program: String) throws {
    self.folder = folder
    self.program = program
    let address = try peer("ip")
    for text in ["2001:db8:1234:5678:9abc:def0:1234:5678", "2001:db8::7", "fd00:1:2:3::4", "::1.2.3.4"] {
      let added = Finished(running: address, ["-6", "address", "add", text + "/128", "dev", "lo", "nodad"])
      guard added.exitStatus == 0 else { throw ProgramFailure(arguments: ["ip", text], finished: added) }
    }
    holder = try ClassicScenario.holdStates(in: folder)
    crowds = [
      try PythonPeer(ClassicScenario.crowd, arguments: [folder]),
      try PythonPeer(ClassicScenario.otherCrowd, arguments: [folder], user: nobody),
    ]
  }

  deinit {
    crowds = []
    if let child = holder?.child {
      holder = nil
      _ = try? child.wait()
    }
  }

  /// The states of TCP and some others, made with the demo's functions and handed over to a process
  /// with descriptors from 1000 on, which ends with its lifeline.
  private static func holdStates(in folder: String) throws -> (ChildProcess, lifeline: Running.HeldEnd) {
    var held = try HeldScenarios.tcpAndUDP()
    for scenario in UnixScenario.allCases where scenario != .hostile { held.add(try scenario.hold(in: folder)) }
    let descriptors = held.sockets.enumerated().map { (from: $1.descriptor.number, to: Int32(1000 + $0)) }
    let life = try LinuxSystem.Pipe()
    let child = try withExtendedLifetime(held) {
      try ChildProcess.startUnseen(
        "/bin/cat", arguments: [Array("/usr/lib/states/holder-of-every-state".utf8)],
        descriptors: [(life.reading.number, 0)] + descriptors)
    }
    return (child, Running.HeldEnd(life.intoWriting()))
  }

  /// The script of the processes, for either user.
  private static let tools = """
    import ctypes, subprocess
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    FOLDER = sys.argv[1]
    V4, V6, LONG = '127.0.0.1', '::1', '2001:db8:1234:5678:9abc:def0:1234:5678'
    kept = []
    def keep(*some): kept.extend(some); return some[-1]
    def family(a): return socket.AF_INET6 if ':' in a else socket.AF_INET
    def die_with_parent(): ctypes.CDLL(None).prctl(1, 9)
    def bound(a, port, kind, proto=0):
        s = socket.socket(family(a), kind, proto)
        # The same port at an address and at all addresses.
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if ':' in a: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        s.bind((a, port))
        return keep(s)
    def listening(a, port=0, backlog=64, dual=False):
        s = socket.socket(family(a), socket.SOCK_STREAM)
        if dual: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        s.bind((a, port))
        s.listen(backlog)
        return keep(s)
    def connections(server, a, count, client=None):
        for _ in range(count):
            c = socket.socket(family(a), socket.SOCK_STREAM)
            if client: c.bind((client, 0))
            c.connect((a, server.getsockname()[1]))
            keep(c, server.accept()[0])
    def connected(a, kind, count, proto=0):
        for _ in range(count):
            s = bound(a, 0, kind, proto)
            c = socket.socket(family(a), kind, proto)
            c.connect(s.getsockname())
            keep(c)
    def run_as(name, *some, argument0=None):
        # The name of a process is that of the file that it runs, the first argument whatever it is given. It reads
        # the input of this one, so it stays until the test ends.
        path = FOLDER + '/bin' + str(os.getuid())
        os.makedirs(path, exist_ok=True)
        path += '/' + name
        if not os.path.lexists(path): os.symlink('/bin/cat', path)
        subprocess.Popen([argument0 or path, '-'], executable=path, pass_fds=[s.fileno() for s in some], \
    preexec_fn=die_with_parent)
        for s in some: s.close(); kept.remove(s)
    def thread(name, run=lambda: None):
        # A thread that has a name of its own and stays; it runs something first.
        import threading
        ready = threading.Event()
        def body():
            with open('/proc/self/task/%d/comm' % threading.get_native_id(), 'w') as file: file.write(name)
            run(); ready.set(); threading.Event().wait()
        threading.Thread(target=body, daemon=True).start(); ready.wait()

    """

  private static let end = """

    print('ready', flush=True)
    sys.stdin.read()
    """

  private static let crowd =
    tools + """
      tcp, udp, udplite = socket.SOCK_STREAM, socket.SOCK_DGRAM, 136
      # The ports of the lesson, of services with names, and of none.
      server = listening(V4, 1234)
      connections(server, V4, 40)
      connections(listening(LONG, 50001), LONG, 15, LONG)
      connections(listening(LONG), '2001:db8::7', 0)
      connections(listening('::', 8080, dual=True), V4, 10)
      connections(listening('::', 5432), V6, 10)
      connections(listening('127.100.200.210', 443), '127.100.200.210', 4, '127.222.222.222')
      connections(listening('::1.2.3.4', 631), '::1.2.3.4', 2)
      connections(listening('fd00:1:2:3::4', 6000), 'fd00:1:2:3::4', 2)
      listening('0.0.0.0', 22); listening('::', 22 + 1); listening('0.0.0.0', 9)
      for a in (V4, V6, '0.0.0.0', '::', LONG):
          bound(a, 53, udp); bound(a, 0, udp); bound(a, 123, udp)
      for a in (V4, V6, LONG): connected(a, udp, 4)
      # Bytes that wait to be read and to be sent.
      kept[2].send(b'x' * 1000); kept[5].send(b'y' * 12345)
      mapped = socket.socket(socket.AF_INET6, udp); mapped.connect(('::ffff:127.0.0.1', 53)); keep(mapped)
      try:
          for a in (V4, V6, '0.0.0.0', '::'): bound(a, 7000, udp, udplite)
          for a in (V4, V6): connected(a, udp, 1, udplite)
      except OSError: pass
      for a, protocols in ((V4, (1, 47, 89, 253, 255)), (V6, (58, 47, 253))):
          for number in protocols:
              s = socket.socket(family(a), socket.SOCK_RAW, number)
              if number == 253: s.bind((a, 0)); s.connect((a, 0))
              keep(s)
      # Unix sockets of every type and kind of name.
      def unix(name, kind, backlog=None):
          s = socket.socket(socket.AF_UNIX, kind)
          if name is not None: s.bind(name)
          if backlog is not None: s.listen(backlog)
          return keep(s)
      stream, datagram, packets = socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET
      one = unix(FOLDER + '/crowd.sock', stream, 20)
      for _ in range(12): c = unix(None, stream); c.connect(FOLDER + '/crowd.sock'); keep(one.accept()[0])
      c = unix(None, stream); c.connect(FOLDER + '/crowd.sock')
      unix(FOLDER + '/datagrams', datagram); unix(FOLDER + '/two  blanks', datagram); unix(FOLDER + '/a tab\\t', \
      stream, 1)
      unix(FOLDER + '/new\\nline', datagram); unix(FOLDER + '/packets', packets, 3)
      unix('\\0abstract', stream, 1); unix('\\0 begins with a blank', datagram); unix('\\0a\\0b', datagram); unix('', \
      datagram)
      unix(FOLDER + '/' + 'long' * 20, stream, 5)
      unix(FOLDER + '/\\u00e9t\\u00e9', datagram)
      for kind in (stream, datagram, packets):
          for _ in range(4): keep(*socket.socketpair(socket.AF_UNIX, kind))
      # Descriptors above 999.
      for number, s in enumerate([listening(V4), bound(V6, 0, udp), unix(None, stream)]):
          os.dup2(s.fileno(), 1200 + number); kept.remove(s); s.close()
      # Names of processes.
      run_as('x', listening(V4, 2001), argument0='a')
      run_as('a-very-long-name-of-a-process-that-is-cut', listening(V4, 2002), bound(V4, 2002, udp))
      run_as('odd (name) x', listening(V4, 2003), argument0='odd (name) x: of a [process] that tells 100%')
      run_as('shell', listening(V4, 2004), argument0='-shell')
      run_as('relative', listening(V4, 2005), argument0='bin/relative/name')
      run_as('slashes', listening(V4, 2006), argument0='/a/b/name with/a slash/ in it')
      run_as('slash', listening(V4, 2007), argument0='/ends/with/a/slash/')
      run_as('n' * 15, listening(V4, 2008), unix(None, stream))
      run_as('[bracket]', listening(V6, 2009), argument0='/' + 'deep/' * 130 + 'name')
      # A process with the sockets of another, and some of its own.
      shared = [listening(V4, 2010), bound(V4, 2010, udp), unix(FOLDER + '/shared', stream, 1)]
      ready = os.pipe()
      if os.fork() == 0:
          die_with_parent()
          keep(listening(V4, 2011))
          os.write(ready[1], b'1'); os.close(ready[0]); os.close(ready[1])
          sys.stdin.read(); os._exit(0)
      # Until it listens.
      os.read(ready[0], 1); os.close(ready[0]); os.close(ready[1])
      # Threads, one of which leaves the table of descriptors and has a socket that the others do not have.
      thread('worker'); thread('with (odd) name')
      def apart():
          ctypes.CDLL(None).unshare(0x400)
          listening(V4, 2012)
      thread('apart', apart)

      """ + end

  private static let otherCrowd =
    tools + """
      connections(listening(V4, 3001), V4, 5)
      connections(listening(V6, 3002), V6, 3)
      bound('0.0.0.0', 3003, socket.SOCK_DGRAM)
      a, b = socket.socketpair(); keep(a, b)
      run_as('of another user', listening(V4, 3004))
      thread('pool-1')

      """ + end
}

/// Makes the scenario in a separate network namespace, for as long as `body` runs.
func withClassicScenario(_ body: @escaping @Sendable (ClassicScenario) throws -> Void) throws {
  try withProgramForAnybody { program in
    try withFolder { folder in
      chmod(folder, 0o777)
      try isolated {
        let scenario = try ClassicScenario(folder: folder, program: program)
        try withExtendedLifetime(scenario) { try body(scenario) }
      }
    }
  }
}
