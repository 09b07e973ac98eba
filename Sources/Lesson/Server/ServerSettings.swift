/// How a demo server behaves. The defaults are the lesson's server.
package struct ServerSettings: Sendable, Equatable {
  /// How many connections may wait to be accepted, for `listen(2)`.
  package var backlog: Int32 = 128
  /// Whether `SO_REUSEADDR` is set before `bind(2)`.
  package var reusesAddress = false
  /// Whether `SO_REUSEPORT` is set before `bind(2)`.
  package var reusesPort = false
  /// The answer to each client.
  package var reply = Array("Welcome to the server".utf8)
  /// Whether clients get back what they sent, until they end, instead of ``reply``.
  package var isEcho = false
  /// How long it waits between reading and answering, in milliseconds.
  package var delay = 0
  /// How many bytes one `recv(2)` may return.
  package var buffer = 1024
  /// The number of milliseconds without a byte after which a client is closed; `nil` for never.
  package var timeout: Int?
  /// The number of clients after which it ends; `nil` for never.
  package var maxClients: Int?
  /// Whether it accepts: otherwise connections stay in the accept queue.
  package var accepts = true
  /// Whether it reads: otherwise what clients send stays in the receive queue.
  package var reads = true
  /// Whether it closes what it accepted: otherwise a client that closes leaves CLOSE_WAIT behind.
  package var closes = true
  /// The share of datagrams that it treats as lost, in percent.
  package var dropPercent = 0
  /// Whether it answers datagrams in an order other than that of their arrival.
  package var isReordering = false
  /// The number of milliseconds after which it ends by itself; `nil` for never.
  package var lifetime: Int?

  /// The lesson's server.
  package init() {}
}
