import LinuxSystem
import Rendering
import SocketModel
import Text

/// The words of a flow's picture.
package enum FlowText {
  /// A call and its result, in parts after which a line may end.
  package static func parts(of act: FlowAct) -> [String] {
    let call: [String] =
      switch act.call {
      case .socket: ["socket()"]
      case .setOption(_, let name, let value): ["setsockopt(\(name), \(value))"]
      case .bind(_, let address), .connect(_, let address): ["\(act.call.name)(\(address.shown))"]
      case .listen(_, let backlog): ["listen(\(backlog))"]
      case .accept, .close: ["\(act.call.name)()"]
      case .receive(_, let capacity), .receiveFrom(_, let capacity): ["\(act.call.name)(\(capacity))"]
      case .send(_, let bytes): ["send(\(text(bytes)))"]
      case .sendTo(_, let bytes, let address): ["sendto(\(text(bytes)),", "\(address.shown))"]
      case .shutdownSending: ["shutdown(SHUT_WR)"]
      }
    return switch act.result {
    case .made(let number), .accepted(let number, _): call + ["= fd \(number)"]
    case .received(let bytes, _, _): call + ["= \(text(bytes))"]
    case .done:
      if case .connect = act.call { call + ["= 0"] } else { call }
    case nil, .underWay, .failed: call
    }
  }

  /// A socket's state and what is in its queues, in parts that a line may end behind.
  package static func state(_ sight: FlowSight) -> [String] {
    guard let state = sight.state else { return ["closed"] }
    var parts = [state.name.uppercased()]
    guard let record = sight.record else { return parts }
    if record.timer == .timeWait, record.known.contains(.timer) {
      parts.append(" \(seconds(record.timerMilliseconds)) left")
    }
    if record.known.contains(.receiveQueue), record.receiveQueue > 0 { parts.append(" recv-q \(record.receiveQueue)") }
    // The send queue of a listener is its limit.
    if record.known.contains(.sendQueue), record.sendQueue > 0, state != .listen {
      parts.append(" send-q \(record.sendQueue)")
    }
    return parts
  }

  /// When the kernel will send again what was not answered; `nil` when there is nothing.
  package static func timer(_ sight: FlowSight) -> String? {
    guard let record = sight.record, record.timer == .retransmit, record.known.contains(.timer) else { return nil }
    let what =
      switch record.state {
      case .synSent: "SYN"
      case .synRecv: "SYN-ACK"
      case .finWait1, .lastAck, .closing: "FIN"
      default: "data"
      }
    return "\(what) again in \(seconds(record.timerMilliseconds))"
  }

  /// What a segment carries.
  package static func segment(_ segment: FlowSegment) -> String {
    let content =
      switch segment.content {
      case .syn: "SYN"
      case .synAck: "SYN-ACK"
      case .ack: "ACK"
      case .data(let count), .datagram(let count): count == 1 ? "1 byte" : "\(count) bytes"
      case .fin: "FIN"
      }
    return segment.isRepeated ? content + " again" : content
  }

  /// `12.3 s`.
  package static func seconds(_ milliseconds: some BinaryInteger) -> String {
    "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
  }

  /// Only what the flow itself has sent comes here: printable ASCII.
  private static func text(_ bytes: [UInt8]) -> String { "b'\(Escaping.text(bytes))'" }

  // MARK: - Around the picture

  /// What stands above the picture.
  package static func preface(isDatagram: Bool, isUnicode: Bool) -> String {
    let change = isUnicode ? "●" : "*"
    if isDatagram {
      return "Datagrams between a server and a client on this machine. \(change) marks a state that has changed."
    }
    return """
      A connection between a server and a client on this machine. \(change) marks a state that has changed, \
      \(isUnicode ? "×" : "x") a segment that is held back where it arrives, so that the states before it can be seen; \
      the kernel itself sends it again.
      """
  }

  /// How to look from another terminal, while every step waits.
  package static func advice(isDatagram: Bool, port: String) -> String {
    let ss = isDatagram ? "ss -uan" : "ss -tan"
    return "At each step look from another terminal: sockinspect --port \(port), or \(ss), or netstat -an."
  }

  /// What a connection leaves behind.
  package static func closing(ofConnection step: FlowStep) -> [String] {
    var lines: [String] = []
    if let client = step.sight(.client), client.state == .timeWait, let record = client.record,
      let end = step.client
    {
      let holder = record.canHaveOwner ? "" : "No process holds it, only the kernel. "
      lines.append(
        """
        The client closed first: for \(seconds(record.timerMilliseconds)) more its end \(end) stays in TIME_WAIT, so that late \
        segments of this connection are not taken for another's. \(holder)
        """)
      lines.append("To see it: sockinspect --port \(step.server?.port ?? end.port)")
    } else {
      lines.append("Nothing of the connection is left.")
    }
    lines.append("In recv-q and send-q a SYN and a FIN count as one byte each.")
    return lines
  }

  /// What it means that these were datagrams.
  package static let closingOfDatagrams = [
    """
    No handshake, no acknowledgement, no FIN: nothing is left, and neither side learned of the other's end. Had a datagram been lost, \
    nobody would have sent it again.
    """,
    "In UDP's recv-q the kernel counts the memory that datagrams take, not their bytes.",
  ]
}
