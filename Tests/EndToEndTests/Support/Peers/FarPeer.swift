import LinuxSystem

/// A Python program in a separate network namespace, which a veth pair joins to that of the calling
/// thread: 10.9.0.1 here, 10.9.0.2 there.
///
/// Both namespaces and the pair disappear with their last processes.
final class FarPeer {
  let process: PythonPeer

  /// Its address, as seen from here.
  static let address = "10.9.0.2"

  /// Starts the program, which cannot have its address yet, and joins the namespaces.
  init(_ program: String, arguments: [String] = []) throws {
    process = try Self.start(program, arguments)
    let pid = "\(process.pid)"
    try Self.run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", pid)
    try Self.run("ip", "address", "add", "10.9.0.1/24", "dev", "near")
    try Self.run("ip", "link", "set", "near", "up")
    for words in [["address", "add", "\(Self.address)/24", "dev", "far"], ["link", "set", "far", "up"]] {
      try Self.run("nsenter", ["--target", pid, "--net", "ip"] + words)
    }
  }

  private static func start(_ program: String, _ arguments: [String]) throws -> PythonPeer {
    let box = PeerBox()
    try isolated { box.peer = try PythonPeer(program, arguments: arguments) }
    guard let peer = box.peer else { throw SystemError("FarPeer", code: 0) }
    return peer
  }

  /// Loses everything that is sent from here to an address: it goes to a link-layer address that
  /// nobody has.
  static func lose(packetsTo address: String = address) throws {
    try run("ip", "neighbour", "replace", address, "lladdr", "02:00:00:00:00:99", "nud", "permanent", "dev", "near")
  }

  /// Lets it arrive again.
  static func mend() throws { try run("ip", "neighbour", "delete", address, "dev", "near") }

  private static func run(_ program: String, _ arguments: String...) throws { try run(program, arguments) }

  private static func run(_ program: String, _ arguments: [String]) throws {
    let finished = Finished(running: try peer(program), arguments)
    if finished.exitStatus != 0 { throw ProgramFailure(arguments: [program] + arguments, finished: finished) }
  }

  /// The result of the thread in the other namespace, which has ended before this is read.
  private final class PeerBox: @unchecked Sendable { var peer: PythonPeer? }
}
