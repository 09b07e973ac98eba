import Text

extension ServerAccount {
  /// The account as one sentence without a full stop: `3 clients, 36 bytes received, 63 bytes sent`.
  package var text: String {
    let units = isDatagram ? ("datagram", "datagrams") : ("client", "clients")
    var parts = [
      counted(clients, units.0, units.1), "\(counted(bytesReceived, "byte", "bytes")) received",
      "\(counted(bytesSent, "byte", "bytes")) sent",
    ]
    func add(_ count: Int, _ what: String) { if count > 0 { parts.append("\(count) \(what)") } }
    add(resets, "reset by the other end")
    add(closedUnread, "closed with bytes unread, which resets")
    add(timeouts, "closed for silence")
    add(failures, isDatagram ? "not answered for an error" : "lost by other errors")
    add(dropped, "dropped as asked")
    add(truncated, "cut to the buffer's size")
    add(unsent, "not answered yet")
    add(stillOpen, "still open at the end")
    return parts.joined(separator: ", ")
  }
}
