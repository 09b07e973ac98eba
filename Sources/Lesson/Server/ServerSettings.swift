/// How a demo server behaves. The defaults are the lesson's server.
public struct ServerSettings: Sendable, Equatable {
  /// How many connections may wait to be accepted, for `listen(2)`.
  public var backlog: Int32 = 128
  /// Whether `SO_REUSEADDR` is set before `bind(2)`.
  public var reusesAddress = false
  /// Whether `SO_REUSEPORT` is set before `bind(2)`.
  public var reusesPort = false
  /// The answer to each client.
  public var reply = Array("Welcome to the server".utf8)
  /// Whether clients get back what they sent, until they end, instead of ``reply``.
  public var isEcho = false
  /// How long it waits between reading and answering, in milliseconds.
  public var delay = 0
  /// How many bytes one `recv(2)` may return.
  public var buffer = 1024
  /// After how many milliseconds without a byte a client is closed; `nil` for never.
  public var timeout: Int?
  /// After how many clients it ends; `nil` for never.
  public var maxClients: Int?
  /// Whether it accepts: without, connections stay in the accept queue.
  public var accepts = true
  /// Whether it reads: without, what clients send stays in the receive queue.
  public var reads = true
  /// Whether it closes what it accepted: without, a client that closes leaves CLOSE_WAIT behind.
  public var closes = true
  /// The share of datagrams that it treats as lost, in percent.
  public var dropPercent = 0
  /// Whether it answers datagrams in another order than they came.
  public var isReordering = false
  /// After how many milliseconds it ends by itself; `nil` for never.
  public var lifetime: Int?

  /// The lesson's server.
  public init() {}
}
