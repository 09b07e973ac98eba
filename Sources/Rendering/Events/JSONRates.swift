package import SocketModel
internal import Text

/// What sockets sent and received in an interval as JSON, one object a line and socket, of the schema
/// `sockinspect.rates/1`.
///
/// The members and their order never change. `socket` is the object of the socket in a listing, with
/// the columns that were chosen or else with all members. Unknown is `null`.
package enum JSONRates {
  /// The objects of some rows of a snapshot of tracked sockets.
  ///
  /// - Parameters:
  ///   - rows: the rows.
  ///   - sockets: the tracked sockets of all rows.
  ///   - time: the end of the interval.
  ///   - columns: the members of the sockets; `nil` for full objects.
  ///   - added: fields that full objects get besides, as in a listing.
  package static func render(
    _ rows: [UInt32], of snapshot: Snapshot, sockets: [TrackedSocket], at time: Timestamp, columns: [Field]? = nil,
    added: [Field] = []
  ) -> [UInt8] {
    let objects = JSONOutput(snapshot, columns: columns, added: added)
    var output: [UInt8] = []
    output.reserveCapacity(rows.count * 1200)
    for row in rows {
      let socket = sockets[Int(row)]
      let traffic = socket.traffic
      output.append(ascii: "{\"schema\":\"sockinspect.rates/1\"")
      output.appendNextJSONMember("time", time.rfc3339)
      output.appendNextJSONMember("interval_us", traffic.map { $0.interval / 1000 })
      output.appendNextJSONMember("life", socket.id)
      output.appendNextJSONName("ended")
      output.append(ascii: socket.hasFinalTraffic ? "true" : "false")
      output.appendNextJSONMember("rx_rate", traffic?.receiveRate)
      output.appendNextJSONMember("tx_rate", traffic?.sendRate)
      output.appendNextJSONMember("rx_bytes", traffic?.bytesReceivedInInterval)
      output.appendNextJSONMember("tx_bytes", traffic?.bytesSentInInterval)
      output.appendNextJSONMember("rx_bytes_total", traffic?.bytesReceived)
      output.appendNextJSONMember("tx_bytes_total", traffic?.bytesSent)
      output.appendNextJSONMember("rtt_us", traffic?.roundTripTime)
      output.appendNextJSONMember("total_retrans", traffic?.totalRetransmits)
      output.appendNextJSONName("socket")
      objects.append(Int(row), to: &output)
      output.append(ascii: "}\n")
    }
    return output
  }
}

extension TrackedSocket {
  /// Whether it has ended, so that its traffic has all of its bytes: its TIME_WAIT may remain.
  fileprivate var hasFinalTraffic: Bool { isClosed || bytesSent != nil }
}
