import Glibc
package import LinuxSystem
import SocketModel

/// Where a demo server can be reached, and by what kind of socket.
package struct ServerPlace: Sendable, Hashable {
  /// The address to bind to. Port 0 lets the kernel choose one.
  package var address: SocketAddress
  /// Whether it takes datagrams rather than connections.
  package var isDatagram = false
  /// Whether an IPv6 socket also accepts IPv4; `nil` keeps the system's default.
  package var takesIPv4: Bool?
  /// Whether it accepts only what arrives through the loopback interface, whatever its address.
  package var isOnLoopbackOnly = false

  /// Makes a place for connections.
  package init(_ address: SocketAddress) { self.address = address }

  /// The arguments of `socket(2)`.
  package var kind: SocketKind {
    SocketKind(family: address.family, type: Int32((isDatagram ? SOCK_DGRAM : SOCK_STREAM).rawValue))
  }

  /// Whether other machines can reach it.
  func isReachable(at bound: SocketAddress) -> Bool {
    !isOnLoopbackOnly && bound.endpoint.map { !$0.address.isLoopback } ?? false
  }
}

/// A socket that is bound to a server's place: both kinds of server begin and end with it.
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
    // It is closed even if the server was asked to end.
    try? calls.close(intoDescriptor())
    file?.remove()
  }

  private consuming func intoDescriptor() -> Descriptor { descriptor }
}
