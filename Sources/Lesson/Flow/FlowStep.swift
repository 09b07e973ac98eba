package import LinuxSystem
package import SocketModel

/// One of the two ends of a flow.
package enum FlowSide: Sendable, Hashable, CaseIterable {
  /// The end that listens or, for datagrams, is bound to the port that the other end knows.
  case server
  /// The end that connects or, for datagrams, sends first.
  case client
}

/// A segment or datagram that one end sent.
package struct FlowSegment: Sendable, Hashable {
  /// What it carries.
  package enum Content: Sendable, Hashable {
    /// A SYN: the first segment of a connection.
    case syn
    /// The answer to a SYN.
    case synAck
    /// An acknowledgement and nothing else.
    case ack
    /// This many bytes of the stream.
    case data(Int)
    /// A FIN: the last segment of its direction.
    case fin
    /// A datagram of this many bytes.
    case datagram(Int)
  }

  /// What it carries.
  package let content: Content
  /// Who sent it.
  package let sender: FlowSide
  /// Whether the kernel sent it again because it was not answered.
  package var isRepeated = false
  /// Whether it was dropped on arrival, so that the state before it stays visible.
  package var isHeldBack = false

  /// A segment that arrives.
  package init(_ content: Content, from sender: FlowSide) {
    self.content = content
    self.sender = sender
  }

  /// The same segment, sent once more.
  package var again: FlowSegment {
    var segment = self
    segment.isRepeated = true
    return segment
  }

  /// The same segment, held back.
  package var heldBack: FlowSegment {
    var segment = self
    segment.isHeldBack = true
    return segment
  }
}

/// The role of a socket in a flow.
package enum FlowRole: Sendable, Hashable, CaseIterable {
  /// The server's socket that listens, or for datagrams its only one.
  case listener
  /// The server's socket of the connection, which `accept(2)` returns.
  case connection
  /// The client's socket.
  case client

  /// The side that owns it.
  package var side: FlowSide { self == .client ? .client : .server }
}

/// A socket at one moment.
package struct FlowSighting: Sendable, Hashable {
  /// The role of the socket.
  package let role: FlowRole
  /// Its row in the kernel's table; `nil` while it is in no table.
  package let record: SocketRecord?
  /// The state in the table, or otherwise the one that the socket itself reports (`TCP_INFO`);
  /// `nil` when there is neither.
  package let state: SocketState?

  package init(role: FlowRole, record: SocketRecord?, state: SocketState?) {
    self.role = role
    self.record = record
    self.state = state
  }
}

/// A call of a flow and its result.
package struct FlowAct: Sendable, Hashable {
  /// The side that made the call.
  package let side: FlowSide
  /// The call.
  package let call: SocketCall
  /// Its result; `nil` when that comes later.
  package let result: CallResult?

  package init(side: FlowSide, call: SocketCall, result: CallResult?) {
    self.side = side
    self.call = call
    self.result = result
  }
}

/// A step of the flow: what was done, what was sent, and what the kernel then reports about the
/// sockets.
package struct FlowStep: Sendable {
  /// The steps count from 1.
  package var number = 0
  /// The calls that were made.
  package var acts: [FlowAct] = []
  /// What was sent, in this order.
  package var segments: [FlowSegment] = []
  /// The sockets that exist, and those that have disappeared since the step before.
  package var sightings: [FlowSighting] = []
  /// What the calls and states do not say, for each side.
  package var remarks: [FlowSide: FlowRemark] = [:]
  /// The server's end.
  package var server: Endpoint?
  /// The client's end, once it has a port.
  package var client: Endpoint?

  /// Makes a step in which nothing was done yet.
  package init() {}

  /// The socket of a role.
  package func sighting(_ role: FlowRole) -> FlowSighting? { sightings.first { $0.role == role } }
}

/// Something that the calls and states of a step do not show, for an observer to put into words.
package enum FlowRemark: Sendable, Hashable, CaseIterable {
  /// The socket has no address and is in no table yet.
  case unlisted
  /// The port is taken, which ss and netstat do not list yet.
  case portTaken
  /// The port is taken, and the socket in no table yet: before Linux 6.8.
  case portTakenUnlisted
  /// The kernel chose this port for the client.
  case ownPort(UInt16)
  /// The kernel answers the SYN without a call.
  case kernelAnswers
  /// The connection is ready but not accepted: no process holds it.
  case notAccepted
  /// `accept(2)` returned a second socket, and the first listens on.
  case secondSocket
  /// This many bytes wait to be read.
  case unread(Int)
  /// `shutdown(2)` sends a FIN, as `close(2)` does.
  case sendsFIN
  /// The FIN counts as a byte to read.
  case countedFIN
  /// `recv(2)` returns nothing: the client has closed its direction.
  case endOfStream
  /// The server's end is in no table any more.
  case gone
  /// No process holds the client's end any more.
  case unheld
  /// A datagram server is ready: there is no `listen(2)` and no `accept(2)`.
  case readyForDatagrams
  /// The server learns nothing about the client's end.
  case notNotified
  /// This many bytes take this much of the kernel's memory.
  case memory(bytes: Int, taken: Int)

  /// One step of each kind.
  package static let allCases: [FlowRemark] = [
    .unlisted, .portTaken, .portTakenUnlisted, .ownPort(40000), .kernelAnswers, .notAccepted, .secondSocket,
    .unread(12), .sendsFIN, .countedFIN, .endOfStream, .gone, .unheld, .readyForDatagrams, .notNotified,
    .memory(bytes: 12, taken: 768),
  ]
}

/// An observer of a flow.
package protocol FlowObserver: AnyObject {
  /// The sockets of TCP or UDP with one of the ports at either end, as the kernel lists them now.
  func table(of transport: Transport, ports: [UInt16]) throws(FlowFailure) -> [SocketRecord]
  /// A step was made. Returns when the next may be made.
  ///
  /// - Parameter meanwhile: must be called about once a second while the observer waits for a
  ///   person, with the seconds since the step.
  /// - Throws: ``FlowFailure/interrupted`` when the flow is to end.
  func shows(_ step: FlowStep, meanwhile: (Int) -> Void) throws(FlowFailure)
  /// The flow waits for the kernel to send a segment again, in this many milliseconds. Called often
  /// meanwhile.
  func waits(for segment: FlowSegment, milliseconds: Int)
  /// Sleeps.
  ///
  /// - Throws: ``FlowFailure/interrupted`` when the flow is to end.
  func sleep(milliseconds: Int) throws(FlowFailure)
}

/// Why a flow did not finish.
package enum FlowFailure: Error, Sendable, Hashable {
  /// A call failed.
  case call(SocketCall, SystemError)
  /// A signal or the user asked for the end.
  case interrupted
  /// The kernel's tables could not be read, and why.
  case unreadable(String)
  /// A socket did not reach the expected state, or no longer exists.
  case lost(FlowRole, wanted: SocketState?, seen: SocketState?)
}
