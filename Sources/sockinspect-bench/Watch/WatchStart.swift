import Glibc
import LinuxSystem
import Synchronization

/// How soon `sockinspect watch` takes events on a machine with many network namespaces: the time
/// from its start to the first event that it shows, while connections come and go all the time.
enum WatchStart {
  /// How many other namespaces there are, each with a process that sleeps.
  private static let namespaces = 60
  /// The longest permitted time, in microseconds.
  private static let limit = 150_000

  /// Measures the time and adds the figure to a report.
  static func measure(_ program: String, runs: Int, nowhere: Nowhere, into report: inout Report) throws {
    guard Users.effectiveUID == 0, let unshare = findProgram("unshare"), let sleep = findProgram("sleep") else {
      report.notes.append("start of watch: not measured, that takes root and the programs unshare and sleep")
      return
    }
    let sleepers = try (0..<namespaces).map { _ throws(SystemError) in
      try ChildProcess.start(
        unshare, arguments: ["unshare", "-n", sleep, "600"].map { Array($0.utf8) }, descriptors: nowhere.streams)
    }
    defer {
      for sleeper in sleepers {
        sleeper.signal(SIGKILL)
        _ = try? sleeper.wait()
      }
    }
    var times = try inNewNetworkNamespace { Result { try moments(program, runs: runs) } }.get()
    times.sort()
    report.rows.append(
      Report.Row(
        sockets: 0, work: "start of watch with \(namespaces) namespaces", ours: "sockinspect watch -t",
        peer: "at most 0.15 s", oursValue: times[times.count / 2], peerValue: limit, isMemory: false, target: 1,
        runs: runs))
  }

  /// For each run the microseconds from the start of the program to the first event.
  private static func moments(_ program: String, runs: Int) throws -> [Int] {
    let listener = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue)))
    try listener.bind(.ipv4(0x7F00_0001, port: 0))
    try listener.listen(backlog: 16)
    let address = try listener.localAddress()
    let traffic = Traffic(listener, address)
    defer { traffic.isOver.store(true, ordering: .relaxed) }
    let arguments = [
      "sockinspect", "watch", "-q", "-t", "--events", "--timestamps", "epoch", "--count", "1", "--port",
      "\(address.port ?? 0)",
    ]
    return try (0..<runs).map { _ in
      let pipe = try Pipe()
      let start = Clock.now()
      let child = try ChildProcess.start(
        program, arguments: arguments.map { Array($0.utf8) }, descriptors: [(pipe.writing.number, 1)])
      var text: [UInt8] = []
      try pipe.intoReading().readAll(into: &text)
      _ = try child.wait()
      let first = String(
        decoding: text.drop { $0 == UInt8(ascii: " ") }.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
      guard let moment = Double(first) else { throw BenchError("watch showed no event") }
      return Int((moment - Double(start.seconds)) * 1_000_000) - Int(start.nanoseconds) / 1000
    }
  }

  /// Connections that come and go, at most a thousand per second.
  private final class Traffic: Sendable {
    let isOver = Atomic<Bool>(false)
    private let listener: Descriptor

    init(_ listener: consuming Descriptor, _ address: SocketAddress) {
      self.listener = listener
      _ = BackgroundWork { [self] in
        while !isOver.load(ordering: .relaxed) {
          guard let client = try? Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue))),
            (try? client.connect(address)) != nil, let server = try? self.listener.accept()
          else { return }
          // Nothing is left in TIME_WAIT.
          try? server.resetOnClose()
          Clock.sleep(milliseconds: 1)
        }
      }
    }
  }
}
