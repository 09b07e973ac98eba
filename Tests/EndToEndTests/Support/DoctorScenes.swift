import Diagnosis
import Foundation
import LinuxSystem
import Query
import TestSupport
import Testing

/// What `doctor --json` prints.
struct DoctorOutput: Decodable, Sendable {
  struct Meta: Decodable, Sendable {
    var schema: String
    var checks: [String]
    var sockets: Int
    var intervalMs: Int?
  }

  struct Process: Decodable, Sendable {
    var pid: Int32
    var name: String
  }

  struct Owner: Decodable, Sendable {
    var known: Bool
    var processes: [Process]?
    var uid: UInt32?
  }

  struct Subject: Decodable, Sendable {
    var kind: String
    var local: Listing.End?
    var to: Listing.End?
    var pid: Int32?
  }

  struct Finding: Decodable, Sendable {
    var check: String
    var kind: String
    var severity: String
    var subject: Subject
    var owner: Owner?
    var otherProcess: Process?
    var evidence: [String: UInt64]
    var since: String?
    var meaning: String
    var action: String
    var show: String?
  }

  struct Skipped: Decodable, Sendable {
    var check: String
    var partly: Bool
    var reason: String
  }

  var meta: Meta
  var findings: [Finding]
  var skipped: [Skipped]

  var kinds: Set<String> { Set(findings.map(\.kind)) }

  /// The only finding of a kind; `nil` where there is none, or several.
  func only(_ kind: String) -> Finding? {
    let all = findings.filter { $0.kind == kind }
    return all.count == 1 ? all.first : nil
  }
}

/// Runs `doctor`.
enum Doctor {
  /// The checks that look at nothing but the network namespace: other tests are on the same machine.
  static let ofNamespace = Check.allCases.map(\.rawValue).filter {
    !["descriptors", "memory", "orphans"].contains($0)
  }.joined(separator: ",")

  /// What it prints, of the checks of the namespace unless others are named.
  static func look(_ arguments: [String] = [], only: String = ofNamespace) throws -> DoctorOutput {
    let finished = Finished(running: Program.path, ["doctor", "--json", "--only", only] + arguments)
    guard finished.exitStatus == 0 || finished.exitStatus == 1 else {
      throw ProgramFailure(arguments: ["doctor"] + arguments, finished: finished)
    }
    return try output(finished)
  }

  static func output(_ finished: Finished) throws -> DoctorOutput {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(DoctorOutput.self, from: Data(finished.output))
  }

  /// What it prints once it has found these kinds, or else at last.
  static func find(
    _ kinds: Set<String>, _ arguments: [String] = [], only: String = ofNamespace
  ) throws -> DoctorOutput {
    try eventually({ try look(arguments, only: only) }, until: { $0.kinds == kinds })
  }
}

/// A trouble that a Python program makes, and what `doctor` is to find of it: nothing else.
struct DoctorScene: CustomTestStringConvertible, Sendable {
  let name: String
  let program: String
  let kinds: Set<String>
  let arguments: [String]
  var only = Doctor.ofNamespace
  /// Whether the findings need nothing but what a capture has.
  var isOffline = true

  var testDescription: String { name }

  init(
    _ name: String, finds kinds: Set<String>, with arguments: [String] = [], only: String = Doctor.ofNamespace,
    isOffline: Bool = true, _ program: String
  ) {
    (self.name, self.kinds, self.arguments, self.only) = (name, kinds, arguments, only)
    self.isOffline = isOffline
    self.program = program
  }

  /// Three clients of a queue for two, and more that are refused.
  static let fullQueue = DoctorScene(
    "a full accept queue with drops", finds: ["acceptQueueFull", "listenDrops"],
    """
    s = listener(backlog=2)
    kept = crowd()
    stay()
    """)

  static let all: [DoctorScene] = [
    fullQueue,
    DoctorScene(
      "a client that nobody accepts", finds: ["acceptWait"], with: ["--threshold", "accept-wait=1ms"],
      """
      s = listener()
      c = socket.create_connection(HERE)
      stay()
      """),
    DoctorScene(
      "a queue that is half full", finds: ["backlog"],
      """
      s = listener(backlog=4)
      kept = [socket.create_connection(HERE) for _ in range(3)]
      stay()
      """),
    DoctorScene(
      "a connection that was not closed", finds: ["closeWaitLeak"], with: ["--threshold", "close-wait-age=50ms"],
      """
      s, c, a = connection()
      c.sendall(b'12345')
      c.close()
      stay()
      """),
    DoctorScene(
      "resets that were not noticed", finds: ["resetSockets"], isOffline: false,
      """
      s = listener()
      kept = []
      for _ in range(10):
          c = socket.create_connection(HERE)
          a, _ = s.accept()
          a.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
          a.close()
          kept.append(c)
      stay()
      """),
    DoctorScene(
      "no local port left for one end", finds: ["connectPorts", "bindPorts"],
      """
      def write(name, text): open('/proc/sys/net/ipv4/' + name, 'w').write(text)
      write('ip_local_port_range', '40000 40009')
      write('ip_local_reserved_ports', '40003')
      s = listener()
      kept = []
      try:
          while True:
              kept.append(socket.create_connection(HERE))
              kept.append(s.accept())
      except OSError as e: pass
      print(len(kept) // 2, flush=True)
      stay()
      """),
    DoctorScene(
      "no port left for UDP", finds: ["udpPorts"],
      """
      open('/proc/sys/net/ipv4/ip_local_port_range', 'w').write('40000 40009')
      kept = []
      try:
          while True:
              u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
              u.bind(('127.0.0.1', 0))
              kept.append(u)
      except OSError: pass
      print('ready', flush=True)
      stay()
      """),
    DoctorScene(
      "TIME_WAIT above its limit", finds: ["timeWait", "timeWaitOverflow"],
      """
      open('/proc/sys/net/ipv4/tcp_max_tw_buckets', 'w').write('10')
      s = listener()
      for _ in range(30):
          c = socket.create_connection(HERE)
          a, _ = s.accept()
          c.close()
          a.close()
      stay()
      """),
    DoctorScene(
      "a peer that takes nothing", finds: ["zeroWindow"], with: ["--threshold", "zero-window-age=1ms"],
      """
      s, c, a = connection()
      c.setblocking(False)
      try:
          while True: c.send(bytes(65536))
      except BlockingIOError: pass
      stay()
      """),
    DoctorScene(
      "data that is not read", finds: ["unread"], with: ["--threshold", "unread-age=1ms"],
      """
      s, c, a = connection()
      c.sendall(b'12345')
      stay()
      """),
    DoctorScene(
      "datagrams that are not read", finds: ["udpDrops"],
      """
      u = listener(kind=socket.SOCK_DGRAM)
      c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
      for _ in range(3000): c.sendto(bytes(500), HERE)
      stay()
      """),
    DoctorScene(
      "a peer that is gone", finds: ["peerSilent"], with: ["--threshold", "retransmits-in-row=1"],
      """
      import ctypes
      s, c, a = connection()
      # A filter that takes nothing: the end is as good as gone.
      rule = ctypes.create_string_buffer(struct.pack('HBBI', 6, 0, 0, 0))
      a.setsockopt(socket.SOL_SOCKET, 26, struct.pack('HxxxxxxQ', 1, ctypes.addressof(rule)))
      c.sendall(b'12345')
      stay()
      """),
    // The listener drops the SYNs, which the kernel counts.
    DoctorScene(
      "nobody answers", finds: ["unanswered", "listenDrops"],
      """
      import ctypes
      s = listener()
      rule = ctypes.create_string_buffer(struct.pack('HBBI', 6, 0, 0, 0))
      s.setsockopt(socket.SOL_SOCKET, 26, struct.pack('HxxxxxxQ', 1, ctypes.addressof(rule)))
      c = socket.socket()
      c.setblocking(False)
      c.connect_ex(HERE)
      stay()
      """),
    DoctorScene(
      "a server at a port for connections", finds: ["serverPort"], isOffline: false,
      """
      s = listener(address=('127.0.0.1', 50051))
      # The kernel chose this one's port.
      t = listener(address=('127.0.0.1', 0))
      stay()
      """),
    DoctorScene(
      "a cache that is open to everybody", finds: ["exposedControl"],
      """
      s = listener(address=('0.0.0.0', 6379))
      t = listener(address=('127.0.0.1', 11211))
      stay()
      """),
    DoctorScene(
      "two programs at one UDP port", finds: ["sharedUDP"], isOffline: false,
      """
      kept = []
      for option in [socket.SO_REUSEADDR] * 2 + [socket.SO_REUSEPORT] * 4:
          u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
          u.setsockopt(socket.SOL_SOCKET, option, 1)
          u.bind(('127.0.0.1', 1234 if option == socket.SO_REUSEADDR else 1235))
          kept.append(u)
      print('ready', flush=True)
      stay()
      """),
    DoctorScene(
      "a listener that cat inherited", finds: ["inherited"], isOffline: false,
      """
      import ctypes, subprocess
      s = listener()
      s.set_inheritable(True)
      # It ends with this program, which has the other end of its standard input.
      child = subprocess.Popen(['cat'], close_fds=False, stdin=subprocess.PIPE)
      stay()
      """),
    DoctorScene(
      "a silent connection to another machine", finds: ["keepalive"], with: ["--threshold", "idle-age=1ms"],
      """
      # Addresses that are not of the loopback network stand for two machines.
      for address in ['10.9.9.1', '10.9.9.2']: os.system('ip address add ' + address + '/32 dev lo')
      s = listener(address=('10.9.9.1', 1234))
      kept = []
      for option in [0, 1]:
          c = socket.create_connection(('10.9.9.1', 1234), source_address=('10.9.9.2', 0))
          a, _ = s.accept()
          for end in [c, a]: end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, option)
          kept += [c, a]
      stay()
      """),
    DoctorScene(
      "a program that waits for the peer's end", finds: ["finWaitHeld"], with: ["--threshold", "fin-wait-age=1ms"],
      only: "orphans",
      """
      s, c, a = connection()
      c.shutdown(socket.SHUT_WR)
      stay()
      """),
  ]

  /// Many short connections, a full group of listeners, idle connections with keepalive: all is well.
  static let busy = """
    import signal, threading
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    group = []
    for _ in range(8):
        g = socket.socket()
        g.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        g.bind(('127.0.0.1', 2000))
        g.listen(128)
        group.append(g)
    s = listener(1000)
    kept = []
    def serve():
        while True:
            a, _ = s.accept()
            if a.recv(1) == b'i':
                a.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                kept.append(a)
            else:
                a.sendall(b'x')
                a.close()
    threading.Thread(target=serve, daemon=True).start()
    for _ in range(200):
        c = socket.create_connection(HERE)
        c.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        c.sendall(b'i')
        kept.append(c)
    print('busy', flush=True)
    def come():
        while True:
            c = socket.create_connection(HERE)
            c.sendall(b's')
            c.recv(1)
            c.close()
            # At the pace of a timer, else they run out of local ports, which is a finding.
            signal.sigwait([signal.SIGALRM])
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    for _ in range(2): threading.Thread(target=come, daemon=True).start()
    stay()
    """
}
