package import LinuxSystem
package import SocketModel

/// A socket that stays open as long as it is referenced.
package final class HeldSocket: Sendable {
  /// The socket's descriptor.
  package let descriptor: Descriptor

  /// Takes ownership of a descriptor.
  package init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
}

/// Sockets that were made together and what a listing must show of them.
package struct HeldSockets: Sendable {
  /// The open sockets; dropping the last reference closes them.
  package var sockets: [HeldSocket] = []
  /// What a listing must show while the sockets are held.
  package var sightings: [SocketSighting] = []

  /// Makes an empty collection.
  package init() {}

  /// Adds the sockets and sightings of another collection.
  package mutating func add(_ other: HeldSockets) {
    sockets += other.sockets
    sightings += other.sightings
  }
}

/// One row that a listing must show while sockets are held.
package struct SocketSighting: Sendable, Hashable {
  /// The protocol.
  package var transport: Transport
  /// The address family.
  package var family: AddressFamily
  /// The state.
  package var state: SocketState
  /// The local end; `nil` for sockets without one.
  package var local: Endpoint?
  /// The remote end; `nil` when there is none.
  package var remote: Endpoint?
  /// A unix socket's name: its path, or NUL and the abstract name; `nil` for unnamed and other
  /// sockets.
  package var name: [UInt8]?
  /// The descriptor that refers to it; `nil` when no process holds it (TIME_WAIT, SYN_RECV, not
  /// accepted).
  package var descriptor: Int32?

  /// Makes a sighting of a kind and state; the rest is set where it applies.
  package init(_ transport: Transport, _ family: AddressFamily, _ state: SocketState) {
    self.transport = transport
    self.family = family
    self.state = state
  }
}

/// A socket that could not be made: what was tried, and the call that failed.
package struct DemoError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What was being made, such as `a TCP socket in close_wait over ipv6`.
  package let attempt: String
  /// The call that failed.
  package let cause: SystemError

  /// Both in one line.
  package var description: String { "cannot make \(attempt): \(cause)" }
}

/// Runs calls that make something, and adds its description to the error when one of them fails.
func making<Value>(_ attempt: String, _ body: () throws(SystemError) -> Value) throws(DemoError) -> Value {
  do throws(SystemError) { return try body() } catch { throw DemoError(attempt: attempt, cause: error) }
}
