import Glibc
import LinuxSystem

/// The processes of a burst: servers that accept connections and clients that make them. Each has
/// its own address, so that the addresses of an event identify the process.
enum BurstRoles {
  /// The address of a client: 127.0.1.1 and so on.
  static func clientAddress(_ index: Int) -> UInt32 { 0x7F00_0101 + UInt32(truncatingIfNeeded: index) }
  /// The address of a server: 127.0.2.1 and so on.
  static func serverAddress(_ index: Int) -> UInt32 { 0x7F00_0201 + UInt32(truncatingIfNeeded: index) }

  /// The data that a client sends, so that the byte counts of every connection are known.
  static let payload: [UInt8] = Array(repeating: UInt8(ascii: "."), count: 100)

  /// The corresponding C constant is `IP_BIND_ADDRESS_NO_PORT`: the port is chosen by `connect(2)`,
  /// as without `bind(2)`.
  private static let bindAddressOnly = SocketOption(level: Int32(IPPROTO_IP), name: 24)

  /// Accepts connections one after the other, reads each to its end and closes it, until its
  /// standard input ends.
  static func serve(index: Int) throws {
    ChildProcess.endWithParent()
    let listener = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue)))
    try listener.bind(.ipv4(serverAddress(index), port: 0))
    try listener.listen(backlog: 4096)
    guard let port = try listener.localAddress().port else { throw BenchError("a listener without a port") }
    let queue = try ReadinessQueue()
    try queue.add(0, for: .reading, tag: 0)
    try queue.add(listener.number, for: .reading, tag: 1)
    write(line: "\(port)", to: 1)
    var events: [ReadinessQueue.Event] = []
    var buffer: [UInt8] = Array(repeating: 0, count: 4096)
    while true {
      try queue.wait(milliseconds: nil, into: &events)
      if events.contains(where: { $0.tag == 0 }) { return }
      let connection = try listener.accept()
      while let count = try? connection.read(into: &buffer), count > 0 {}
    }
  }

  /// Makes connections, sends something on each and closes it, beginning when its standard input
  /// ends.
  ///
  /// - Parameter perSecond: the most per second; 0 for no limit.
  static func connect(index: Int, count: Int, ports: [UInt16], perSecond: Int) throws {
    ChildProcess.endWithParent()
    write(line: "ready", to: 1)
    var byte: [UInt8] = [0]
    let gate = Descriptor(owning: 0)
    _ = try gate.read(into: &byte)
    let clock = ContinuousClock()
    let start = clock.now
    for number in 0..<count {
      if perSecond > 0 {
        let due = start + .nanoseconds(Int64(number) * 1_000_000_000 / Int64(perSecond))
        while clock.now < due { usleep(1000) }
      }
      let socket = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue)))
      try socket.set(bindAddressOnly, to: 1)
      try socket.bind(.ipv4(clientAddress(index), port: 0))
      let server = (index + number) % ports.count
      try socket.connect(.ipv4(serverAddress(server), port: ports[server]))
      try socket.send(payload)
    }
  }
}

/// The processes of one burst.
struct Burst: ~Copyable {
  /// The process ids of the servers and the clients, in order.
  let servers: [Int32]
  let clients: [Int32]
  /// The ports of the servers.
  let ports: [UInt16]
  private let serverProcesses: [ChildProcess]
  private let clientProcesses: [ChildProcess]
  private let serverLife: Descriptor
  private let gate: Descriptor

  /// Starts servers and clients; the clients wait.
  static func make(servers: Int, clients: Int, connections: Int, perSecond: Int = 0) throws -> Burst {
    let program = try ChildProcess.ownProgram()
    func start(_ role: [String], _ input: borrowing Pipe, _ output: borrowing Pipe) throws -> ChildProcess {
      try ChildProcess.start(
        program, arguments: (["sockinspect-bench"] + role).map { Array($0.utf8) },
        descriptors: [(input.reading.number, 0), (output.writing.number, 1), (2, 2)])
    }
    let life = try Pipe()
    var serverProcesses: [ChildProcess] = []
    var ports: [UInt16] = []
    for index in 0..<servers {
      let output = try Pipe()
      serverProcesses.append(try start(["--serve", "\(index)"], life, output))
      let line = try readLine(output.intoReading())
      guard let port = UInt16(line) else { throw BenchError("a server did not start: \(line)") }
      ports.append(port)
    }
    let gate = try Pipe()
    var clientProcesses: [ChildProcess] = []
    for index in 0..<clients {
      let share = connections / clients + (index < connections % clients ? 1 : 0)
      let rate = perSecond == 0 ? 0 : max(1, perSecond / clients)
      let list = ports.map { "\($0)" }.joined(separator: ",")
      let output = try Pipe()
      clientProcesses.append(try start(["--connect", "\(index)", "\(share)", "\(rate)", list], gate, output))
      guard try readLine(output.intoReading()) == "ready" else { throw BenchError("a client did not start") }
    }
    return Burst(
      servers: serverProcesses.map(\.pid), clients: clientProcesses.map(\.pid), ports: ports,
      serverProcesses: serverProcesses, clientProcesses: clientProcesses, serverLife: life.intoWriting(),
      gate: gate.intoWriting())
  }

  /// Starts the clients and waits until they, and then the servers, have ended.
  consuming func run() throws {
    let clients = clientProcesses
    let servers = serverProcesses
    // Each is closed as it goes out of scope.
    let life = serverLife
    do { _ = consume gate }
    for client in clients where try client.wait().exitStatus != 0 { throw BenchError("a client failed") }
    // Without this pause, the end of the servers would cut the last connections short.
    usleep(100_000)
    do { _ = consume life }
    for server in servers where try server.wait().exitStatus != 0 { throw BenchError("a server failed") }
  }
}

/// The first line that arrives, without its end.
func readLine(_ stream: borrowing Descriptor) throws(SystemError) -> String {
  var line: [UInt8] = []
  var byte: [UInt8] = [0]
  while try stream.read(into: &byte) == 1, byte[0] != UInt8(ascii: "\n") { line.append(byte[0]) }
  return String(decoding: line, as: UTF8.self)
}
