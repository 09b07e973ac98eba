import Glibc
import LinuxSystem

/// Why a connection of a client does not continue.
enum ClientEnd: Error {
  case trouble(ClientTrouble)
  /// No descriptor is available for it now.
  case noDescriptor
  case interrupted

  /// Interprets a failed call on a connection to this address.
  init(_ failure: DemoFailure, at address: SocketAddress) {
    switch failure {
    case .interrupted: self = .interrupted
    case .call(let call, let error):
      self = .trouble(ClientTrouble(call: call.name, error: error, address: address))
    }
  }
}

/// A connection of a client and its progress.
final class ClientConnection {
  /// What it waits for.
  enum Phase {
    /// The handshake.
    case connecting
    /// Room in a unix listener's queue.
    case queueing
    /// The time between connecting and sending.
    case pausing
    /// Room to send.
    case sending
    /// The reply.
    case reading
    /// The end of the program, or of the waiting time if the client does not read.
    case keeping
  }

  let tag: UInt64
  var descriptor: Descriptor?
  var phase = Phase.connecting
  /// The index of its address in the list of addresses.
  var addressIndex: Int
  /// How many bytes of the message have been sent.
  var sent = 0
  var received = 0
  /// Until when it waits, in milliseconds of the monotonic clock; `nil` for ever.
  var deadline: Int?
  /// The call that it waits for, until that wait has been reported.
  var waitsFor: SocketCall?
  /// Until when it waits for room in a unix listener's queue; `nil` for ever.
  var queuedUntil: Int?
  /// Whether the queue waits for its descriptor.
  var isWatched = false

  init(tag: UInt64, addressIndex: Int) {
    self.tag = tag
    self.addressIndex = addressIndex
  }

  /// The descriptor's number; -1 when it is closed.
  var number: Int32 {
    switch descriptor {
    case .some(let open): open.number
    case .none: -1
    }
  }

  /// Makes a call on the descriptor; `address` is the server's.
  func using<Value>(
    at address: SocketAddress, _ body: (borrowing Descriptor) throws(DemoFailure) -> Value
  ) throws(ClientEnd) -> Value {
    guard let open = descriptor.take() else { throw .interrupted }
    let result: Result<Value, DemoFailure>
    do throws(DemoFailure) { result = .success(try body(open)) } catch { result = .failure(error) }
    descriptor = consume open
    switch result {
    case .success(let value): return value
    case .failure(let error): throw ClientEnd(error, at: address)
    }
  }
}
