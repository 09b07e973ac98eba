public import LinuxSystem
public import SocketModel

/// A socket that stays open as long as it is referenced.
public final class HeldSocket: Sendable {
  /// The socket's descriptor.
  public let descriptor: Descriptor

  /// Takes ownership of a descriptor.
  public init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
}

/// Sockets that were made together and what a listing must show of them.
public struct HeldSockets: Sendable {
  /// The open sockets; dropping the last reference closes them.
  public var sockets: [HeldSocket] = []
  /// What a listing must show while the sockets are held.
  public var sightings: [SocketSighting] = []

  /// Makes an empty collection.
  public init() {}

  /// Adds the sockets and sightings of another collection.
  public mutating func add(_ other: HeldSockets) {
    sockets += other.sockets
    sightings += other.sightings
  }
}

/// One row that a listing must show while sockets are held.
public struct SocketSighting: Sendable, Hashable {
  /// The protocol.
  public var transport: Transport
  /// The address family.
  public var family: AddressFamily
  /// The state.
  public var state: SocketState
  /// The local end; `nil` for sockets that have none.
  public var local: Endpoint?
  /// The remote end; `nil` when there is none.
  public var remote: Endpoint?
  /// A unix socket's name: its path, or NUL and the abstract name; `nil` for an unnamed and for
  /// other sockets.
  public var name: [UInt8]?
  /// The descriptor that refers to it; `nil` when no process holds it (TIME_WAIT, SYN_RECV, not
  /// accepted).
  public var descriptor: Int32?

  /// Creates a sighting of a kind and state; the rest is set where it applies.
  public init(_ transport: Transport, _ family: AddressFamily, _ state: SocketState) {
    self.transport = transport
    self.family = family
    self.state = state
  }
}

/// A socket that could not be made: what was tried, and the call that failed.
public struct DemoError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What was being made, such as `a TCP socket in close_wait over ipv6`.
  public let attempt: String
  /// The call that failed.
  public let cause: SystemError

  /// Both in one line.
  public var description: String { "cannot make \(attempt): \(cause)" }
}

/// Runs calls that make something, and adds what it was to the error when one of them fails.
func making<Value>(_ attempt: String, _ body: () throws(SystemError) -> Value) throws(DemoError) -> Value {
  do throws(SystemError) { return try body() } catch { throw DemoError(attempt: attempt, cause: error) }
}
