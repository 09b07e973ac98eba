import Glibc
import Inspection
import LinuxSystem
import SocketModel
import TestSupport

/// A socket that a test keeps, with the options that decide about its port.
final class KeptSocket: Sendable {
  let descriptor: Descriptor
  init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

  /// Makes a socket and sets what is asked for; it is not bound yet.
  ///
  /// - Parameter user: whose it is to be. The kernel compares the owner of the socket's file, which
  ///   fchown(2) changes.
  init(
    _ address: SocketAddress, isDatagram: Bool = false, _ reuse: ReuseOptions = [], isIPv6Only: Bool = false,
    user: UInt32 = 0
  ) throws(SystemError) {
    let type = isDatagram ? SOCK_DGRAM : SOCK_STREAM
    let socket = try Descriptor.socket(SocketKind(family: address.family, type: Int32(type.rawValue)))
    if address.isIPv6 { try socket.set(.ipv6Only, to: isIPv6Only ? 1 : 0) }
    if reuse.contains(.address) { try socket.set(.reuseAddress, to: 1) }
    if reuse.contains(.port) { try socket.set(.reusePort, to: 1) }
    if user != 0, fchown(socket.number, user, .max) != 0 { throw SystemError("fchown") }
    descriptor = socket
  }

  /// Accepts a connection, and gives it to the same user.
  func accept(user: UInt32 = 0) throws(SystemError) -> KeptSocket {
    let accepted = KeptSocket(try descriptor.accept())
    if user != 0, fchown(accepted.descriptor.number, user, .max) != 0 { throw SystemError("fchown") }
    return accepted
  }
}

/// Sockets that have a port, and what `bind(2)` then does: made in the network namespace of the
/// calling thread.
struct BindScene {
  let port: UInt16
  var kept: [KeptSocket] = []

  init(port: UInt16) { self.port = port }

  /// Binds a socket to the port, and keeps it.
  @discardableResult
  mutating func bind(
    _ address: SocketAddress, isDatagram: Bool = false, _ reuse: ReuseOptions = [], isIPv6Only: Bool = false,
    user: UInt32 = 0, listens: Bool = false
  ) throws(SystemError) -> KeptSocket {
    let socket = try KeptSocket(address, isDatagram: isDatagram, reuse, isIPv6Only: isIPv6Only, user: user)
    try socket.descriptor.bind(address)
    if listens { try socket.descriptor.listen(backlog: 8) }
    kept.append(socket)
    return socket
  }

  /// Connects to a listener of the scene, accepts, and keeps both ends.
  mutating func connect(
    to listener: KeptSocket, at address: SocketAddress, user: UInt32 = 0
  ) throws(SystemError) -> (client: KeptSocket, server: KeptSocket) {
    let client = try KeptSocket(address)
    try client.descriptor.connect(address)
    let server = try listener.accept(user: user)
    kept += [client, server]
    return (client, server)
  }

  /// Closes a socket.
  mutating func close(_ socket: KeptSocket) { kept.removeAll { $0 === socket } }

  /// Leaves the server's end of a connection in TIME_WAIT, and closes the listener.
  mutating func leaveTimeWait(_ address: SocketAddress, _ reuse: ReuseOptions, user: UInt32 = 0) throws {
    try makeTimeWait(of: try bind(address, reuse, user: user, listens: true), at: address, user: user)
    kept = []
    try settle()
  }

  private mutating func makeTimeWait(of listener: KeptSocket, at address: SocketAddress, user: UInt32)
    throws(SystemError)
  {
    let client = try KeptSocket(address)
    try client.descriptor.connect(address)
    _ = try listener.accept(user: user)
    // The server's end is closed by now, the client's at the end of this function.
  }

  /// Waits until no connection at the port is on its way to another state.
  func settle() throws {
    let port = self.port
    let moving: Set<SocketState> = [.finWait1, .lastAck, .closing, .synSent, .synRecv]
    _ = try eventually({ try Self.rows(at: port) }) { !$0.contains { moving.contains($0.state) } }
  }

  /// The TCP sockets at a port.
  static func rows(at port: UInt16) throws -> [SocketRecord] {
    var request = InspectionRequest()
    request.transports = [.tcp]
    request.requiredDetails = []
    request.filter = .localPort(port...port)
    return try Inspector(root: .running()).snapshot(request).records
  }

  /// What binding does now, for each set of options: the name of the error, or `nil`. The order
  /// leaves no trace in the kernel's entry of the port.
  static func truth(
    _ address: SocketAddress, isDatagram: Bool = false, isIPv6Only: Bool = false, user: UInt32 = 0
  ) throws -> [ReuseOptions: String?] {
    var truth: [ReuseOptions: String?] = [:]
    for reuse in [[], .port, [.address, .port], .address] as [ReuseOptions] {
      let socket = try KeptSocket(address, isDatagram: isDatagram, reuse, isIPv6Only: isIPv6Only, user: user)
      do throws(SystemError) {
        try socket.descriptor.bind(address)
        truth.updateValue(nil, forKey: reuse)
      } catch {
        truth.updateValue(error.name ?? "?", forKey: reuse)
      }
    }
    return truth
  }
}
