public import SocketModel
internal import Text

/// Events as JSON, one object per line, of the schema `sockinspect.event/1`.
///
/// The members and their order never change. `socket` is the object of the socket in a listing, as
/// it was known then, with the columns that were chosen or else with all members; for a `missed` event
/// it is null, as are `life`, `from` and `to`. Unknown is `null`.
public enum JSONEvents {
  /// The objects of some events.
  ///
  /// - Parameters:
  ///   - events: the events.
  ///   - rows: which of them, by index.
  ///   - snapshot: the events' sockets, as `Snapshot(events:of:)` makes it of all of the events.
  ///   - columns: the members of the sockets; `nil` for full objects.
  ///   - added: fields that full objects get besides, as in a listing.
  public static func render(
    _ events: [SocketEvent], rows: [UInt32], of snapshot: Snapshot, columns: [Field]? = nil, added: [Field] = []
  ) -> [UInt8] {
    let sockets = JSONOutput(snapshot, columns: columns, added: added)
    var output: [UInt8] = []
    output.reserveCapacity(rows.count * 1200)
    for row in rows { append(events[Int(row)], Int(row), sockets, to: &output) }
    return output
  }

  private static func append(
    _ event: SocketEvent, _ row: Int, _ sockets: JSONOutput, to output: inout [UInt8]
  ) {
    let isMissed = event.kind == .missed
    output.append(ascii: "{\"schema\":\"sockinspect.event/1\"")
    output.appendNextJSONMember("time", event.time.rfc3339)
    output.appendNextJSONMember("event", event.kind.rawValue)
    output.appendNextJSONMember("life", isMissed ? nil : event.socketID)
    output.appendNextJSONMember("source", event.source.rawValue)
    output.appendNextJSONMember("from", isMissed ? nil : event.from?.name)
    output.appendNextJSONMember("to", isMissed ? nil : event.to?.name)
    output.appendNextJSONMember("attribution", isMissed ? nil : sockets.snapshot.attribution(at: row)?.name)
    output.appendNextJSONMember("age_us", event.age)
    output.appendNextJSONMember("bytes_sent", event.bytesSent)
    output.appendNextJSONMember("bytes_received", event.bytesReceived)
    output.appendNextJSONMember("missed", event.missed)
    output.appendNextJSONName("elsewhere")
    if let isElsewhere = isMissed ? nil : event.isElsewhere {
      output.append(ascii: isElsewhere ? "true" : "false")
    } else {
      output.appendNull()
    }
    let namespace = isMissed ? nil : event.record.networkNamespace
    output.append(ASCII.comma)
    output.appendJSONMember("netns_name", bytes: sockets.snapshot.namespaces.first { $0.id == namespace }?.name)
    output.appendNextJSONName("socket")
    if isMissed { output.appendNull() } else { sockets.append(row, to: &output) }
    output.append(ascii: "}\n")
  }
}
