import KernelFormats
import LinuxSystem
import SocketModel

/// Looks for the servers at some ports in the network namespace of the calling thread, without a
/// walk through any table: it asks the kernel who gets what is sent to these ports of the loopback
/// interface (`sock_diag(7)`).
///
/// A server that is bound to another address or to an interface is not found. Each question costs a
/// microsecond, a walk through the listeners of the machine some tens of them.
struct ServerLookUps: Sendable {
  /// What each request asks about; its sequence number is the index plus 1.
  private let dumps: [SockDiagDump]
  /// All requests in one datagram.
  private let requests: [UInt8]

  /// How many ports are asked for in this way.
  static let mostPorts = 8
  /// More bytes than the answer to one request has.
  private static let bufferSize = 4096

  /// Prepares to look for TCP and UDP servers; `nil` when there are too many ports, or no transport
  /// that can be asked about.
  init?(ports: [UInt16], of request: InspectionRequest) {
    guard !ports.isEmpty, ports.count <= Self.mostPorts else { return nil }
    var dumps: [SockDiagDump] = []
    var requests: [UInt8] = []
    for transport in [Transport.tcp, .udp] where request.transports.contains(transport) {
      for dump in SockDiagDump.all(of: transport, families: request.families) {
        for port in ports {
          dumps.append(dump)
          requests += SockDiagRequest.encodeServerLookUp(
            dump, port: port, sequence: UInt32(truncatingIfNeeded: dumps.count))
        }
      }
    }
    guard !dumps.isEmpty else { return nil }
    self.dumps = dumps
    self.requests = requests
  }

  /// Adds the servers to a snapshot; those of which the kernel has no dump are none.
  ///
  /// - Parameter netns: the namespace, for the records.
  func run(netns: NetworkNamespaceID, into snapshot: inout Snapshot) throws(SystemError) {
    let socket = try NetlinkSocket.sockDiag()
    try socket.send(requests.span)
    var buffer: [UInt8] = Array(repeating: 0, count: Self.bufferSize)
    // The kernel answers while it takes the requests, so there is nothing to wait for.
    while let datagram = try socket.receiveIfAny(into: &buffer) {
      guard datagram.sender == 0, !datagram.isTruncated else { continue }
      add(buffer.span.extracting(0..<min(datagram.count, buffer.count)), socket.port, netns, to: &snapshot)
    }
  }

  private func add(_ datagram: Span<UInt8>, _ port: UInt32, _ netns: NetworkNamespaceID, to snapshot: inout Snapshot) {
    var messages = NetlinkMessages()
    // An error means that there is no such server.
    guard let message = try? messages.next(in: datagram), message.type == SockDiagRequest.messageType,
      dumps.indices.contains(Int(message.sequence) - 1)
    else { return }
    var answer = SockDiagAnswer(
      to: dumps[Int(message.sequence) - 1], sequence: message.sequence, port: port, states: .all, requiredDetails: [],
      netns: netns)
    var table = SockDiagTable()
    // One socket is not worth the space for a dump.
    table.records.reserveCapacity(1)
    table.isSifted = true
    if (try? answer.decode(datagram, into: &table)) != nil { table.move(into: &snapshot) }
  }
}
