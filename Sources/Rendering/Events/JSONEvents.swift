public import SocketModel
internal import Text

/// Events as JSON, one object per line, of the schema `sockinspect.event/1`.
///
/// The members and their order never change. `socket` is the object of the socket in a listing, as
/// it was known then; for a `missed` event it is null, as are `life`, `from` and `to`. Unknown is
/// `null`.
public enum JSONEvents {
  /// The objects of some events.
  ///
  /// - Parameters:
  ///   - events: the events.
  ///   - rows: which of them, by index.
  ///   - snapshot: the events' sockets, as `Snapshot(events:of:)` makes it of all of the events.
  public static func render(_ events: [SocketEvent], rows: [UInt32], of snapshot: Snapshot) -> [UInt8] {
    let sockets = JSONOutput(snapshot)
    var output: [UInt8] = []
    output.reserveCapacity(rows.count * 1200)
    for row in rows { append(events[Int(row)], Int(row), sockets, to: &output) }
    return output
  }

  private static func append(
    _ event: SocketEvent, _ row: Int, _ sockets: JSONOutput, to output: inout [UInt8]
  ) {
    let isMissed = event.kind == .missed
    output.append(ascii: "{\"schema\":\"sockinspect.event/1\",\"time\":")
    output.appendJSON(event.time.rfc3339)
    output.append(ascii: ",\"event\":\"\(event.kind.rawValue)\",\"life\":")
    output.appendJSON(isMissed ? nil : event.socketID)
    output.append(ascii: ",\"source\":\"\(event.source.rawValue)\",\"from\":")
    output.appendJSON(isMissed ? nil : event.from?.name)
    output.append(ascii: ",\"to\":")
    output.appendJSON(isMissed ? nil : event.to?.name)
    output.append(ascii: ",\"attribution\":")
    output.appendJSON(isMissed ? nil : sockets.snapshot.attribution(at: row)?.name)
    output.append(ascii: ",\"age_us\":")
    output.appendJSON(event.age)
    output.append(ascii: ",\"bytes_sent\":")
    output.appendJSON(event.bytesSent)
    output.append(ascii: ",\"bytes_received\":")
    output.appendJSON(event.bytesReceived)
    output.append(ascii: ",\"missed\":")
    output.appendJSON(event.missed)
    output.append(ascii: ",\"elsewhere\":")
    if let isElsewhere = isMissed ? nil : event.isElsewhere {
      output.append(ascii: isElsewhere ? "true" : "false")
    } else {
      output.appendNull()
    }
    output.append(ascii: ",\"socket\":")
    if isMissed { output.appendNull() } else { sockets.appendSocket(row, to: &output) }
    output.append(ascii: "}\n")
  }
}
