import Glibc
public import LinuxSystem
import SocketModel

/// Where a demo server is to be reached, and by what kind of socket.
public struct ServerPlace: Sendable, Hashable {
  /// The address to bind to. Port 0 lets the kernel choose one.
  public var address: SocketAddress
  /// Whether it takes datagrams rather than connections.
  public var isDatagram = false
  /// Whether an IPv6 socket takes IPv4 too; `nil` leaves it as the system has it.
  public var takesIPv4: Bool?
  /// Whether it takes only what comes in by the loopback interface, whatever its address.
  public var isOnLoopbackOnly = false

  /// A place for connections.
  public init(_ address: SocketAddress) { self.address = address }

  /// What `socket(2)` is asked for.
  public var kind: SocketKind {
    SocketKind(family: address.family, type: Int32((isDatagram ? SOCK_DGRAM : SOCK_STREAM).rawValue))
  }

  /// Whether other machines can reach it.
  func isReachable(at bound: SocketAddress) -> Bool {
    !isOnLoopbackOnly && bound.endpoint.map { !$0.address.isLoopback } ?? false
  }
}

/// A socket that is bound where a server wants to be: what both kinds of server begin with and end with.
struct ServerSocket: ~Copyable {
  /// The bound socket.
  let descriptor: Descriptor
  /// The file of a unix path, to be removed at the end.
  let file: SocketFile?
  /// The address as bound: with the port that the kernel chose.
  let address: SocketAddress

  /// Makes and binds it.
  init(at place: ServerPlace, _ settings: ServerSettings, _ calls: Calls) throws(DemoFailure) {
    let socket = try calls.socket(place.kind)
    if settings.reusesAddress { try calls.set(.reuseAddress, "SO_REUSEADDR", to: 1, on: socket) }
    if settings.reusesPort { try calls.set(.reusePort, "SO_REUSEPORT", to: 1, on: socket) }
    if let takesIPv4 = place.takesIPv4, place.address.family == AF_INET6 {
      try calls.set(.ipv6Only, "IPV6_V6ONLY", to: takesIPv4 ? 0 : 1, on: socket)
    }
    // The loopback interface is the first of each network namespace.
    if place.isOnLoopbackOnly { try calls.set(.boundInterface, "SO_BINDTOIFINDEX", to: 1, on: socket) }
    try calls.bind(socket, to: place.address)
    let name = place.address.unixName ?? []
    let file = name.isEmpty || name[0] == 0 ? nil : try? SocketFile(at: name)
    if !place.isDatagram {
      do throws(DemoFailure) {
        try calls.listen(socket, backlog: settings.backlog)
      } catch {
        file?.remove()
        throw error
      }
    }
    address = (try? socket.localAddress()) ?? place.address
    descriptor = socket
    self.file = file
  }

  /// Closes it and removes its file.
  consuming func close(_ calls: Calls) {
    let file = self.file
    // Asked to end or not, it is closed.
    try? calls.close(intoDescriptor())
    file?.remove()
  }

  private consuming func intoDescriptor() -> Descriptor { descriptor }
}
