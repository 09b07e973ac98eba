package import SocketModel

/// A transition from one state of TCP to another (RFC 9293, figure 5), except those by RST and by
/// giving up.
package struct Transition: Sendable, Hashable {
  /// The state before and the state after.
  package let from, to: SocketState
  /// What causes it: calls of the program or, in capital letters, a segment that arrives.
  package let event: String
  /// The segment that is sent then; `nil` for none.
  package let sent: String?

  init(_ from: SocketState, _ to: SocketState, _ event: String, _ sent: String? = nil) {
    self.from = from
    self.to = to
    self.event = event
    self.sent = sent
  }

  /// Every transition that ``Picture/states(in:isASCII:)`` draws.
  package static let all = [
    Transition(.close, .listen, "bind(), listen()"),
    Transition(.close, .synSent, "connect()", "SYN"),
    Transition(.listen, .close, "close()"),
    Transition(.listen, .synRecv, "SYN", "SYN+ACK"),
    Transition(.synSent, .close, "close()"),
    Transition(.synSent, .synRecv, "SYN", "SYN+ACK"),
    Transition(.synSent, .established, "SYN+ACK", "ACK"),
    Transition(.synRecv, .established, "ACK"),
    Transition(.synRecv, .finWait1, "close()", "FIN"),
    Transition(.established, .finWait1, "close()", "FIN"),
    Transition(.established, .closeWait, "FIN", "ACK"),
    Transition(.finWait1, .finWait2, "ACK"),
    Transition(.finWait1, .closing, "FIN", "ACK"),
    Transition(.finWait1, .timeWait, "FIN+ACK", "ACK"),
    Transition(.finWait2, .timeWait, "FIN", "ACK"),
    Transition(.closing, .timeWait, "ACK"),
    Transition(.timeWait, .close, "60 s"),
    Transition(.closeWait, .lastAck, "close()", "FIN"),
    Transition(.lastAck, .close, "ACK"),
  ]
}
