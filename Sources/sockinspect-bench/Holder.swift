import Glibc
import LinuxSystem

/// The child that makes and holds TCP sockets until its standard input ends.
enum Holder {
  /// The most connections to one listener: the ephemeral ports (28,232 by default) are tried at
  /// random, which is slow near the end.
  private static let connectionsPerListener = 8000

  /// Holds exactly `count` sockets: listeners on this child's own loopback addresses, and both ends
  /// of connections to them.
  ///
  /// All are closed by a reset, so that nothing, not even TIME_WAIT, is left.
  static func run(index: Int, count: Int) throws {
    ChildProcess.endWithParent()
    let limit = OpenFileLimit.raise(to: count + 16)
    guard limit >= count + 16 else { throw BenchError("\(count) sockets, but at most \(limit) open files a process") }
    var made = 0
    while made < count {
      let address = 0x7F01_0000 + UInt32(truncatingIfNeeded: index % 60_000) + 1
      let listener = try tcp()
      try listener.bind(.ipv4(address, port: 0))
      try listener.listen(backlog: 16)
      let target = try listener.localAddress()
      made += 1
      var connections = 0
      while made + 2 <= count, connections < connectionsPerListener {
        let client = try tcp()
        try client.connect(target)
        let server = try listener.accept()
        try server.resetOnClose()
        _ = client.release()
        _ = server.release()
        made += 2
        connections += 1
      }
      _ = listener.release()
    }
    write(line: "ready", to: 1)
    // Closed, so that the parent sees the end of the pipe when a child has ended without a message.
    _ = Descriptor(owning: 1)
    // The parent never writes: when it exits, or closes its end of the pipe, this read ends.
    var byte: [UInt8] = [0]
    let input = Descriptor(owning: 0)
    _ = try input.read(into: &byte)
  }

  private static func tcp() throws(SystemError) -> Descriptor {
    let socket = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue)))
    try socket.resetOnClose()
    return socket
  }
}

/// The children that hold the sockets of one measurement.
struct Load: ~Copyable {
  /// How many sockets there are.
  let sockets: Int
  /// How many children hold them.
  let processes: Int
  private let children: [ChildProcess]
  private let lifeline: Descriptor

  /// Makes the sockets and returns when all exist.
  static func make(sockets: Int, processes wanted: Int) throws -> Load {
    let perProcess = max(2, OpenFileLimit.raise(to: sockets / max(1, wanted) + 64) - 32)
    let processes = max(min(wanted, sockets / 2), (sockets + perProcess - 1) / perProcess)
    let program = try ChildProcess.ownProgram()
    let life = try Pipe()
    let ready = try Pipe()
    var children: [ChildProcess] = []
    for index in 0..<processes {
      let share = sockets / processes + (index < sockets % processes ? 1 : 0)
      let arguments = ["sockinspect-bench", "--hold", "\(index)", "\(share)"].map { Array($0.utf8) }
      children.append(
        try ChildProcess.start(
          program, arguments: arguments,
          descriptors: [(life.reading.number, 0), (ready.writing.number, 1), (2, 2)]))
    }
    let load = Load(sockets: sockets, processes: processes, children: children, lifeline: life.intoWriting())
    let answers = ready.intoReading()
    var bytes: [UInt8] = []
    // Ends when every child has said that it is ready, or has ended: each writes one line.
    var block: [UInt8] = Array(repeating: 0, count: 4096)
    while bytes.count(where: { $0 == UInt8(ascii: "\n") }) < processes {
      let count = try answers.read(into: &block)
      if count == 0 { throw BenchError("a child could not make its sockets") }
      bytes += block.prefix(count)
    }
    return load
  }

  /// Ends the children and with them the sockets.
  consuming func end() throws(SystemError) {
    let children = self.children
    _ = consume self
    for child in children { _ = try child.wait() }
  }
}
