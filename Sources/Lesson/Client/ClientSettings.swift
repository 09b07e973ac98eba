/// How a demo client behaves. The defaults are the lesson's client.
package struct ClientSettings: Sendable, Equatable {
  /// The bytes that are sent.
  package var message = Array("Hello, world".utf8)
  /// How many connections are made (or datagrams sent).
  package var count = 1
  /// How many of them at a time.
  package var parallel = 1
  /// How long connecting and each read may take, in milliseconds; `nil` for no limit (datagrams:
  /// two seconds).
  package var timeout: Int?
  /// How long it waits between connecting and sending, in milliseconds.
  package var delay = 0
  /// How many bytes one `recv(2)` may return.
  package var buffer = 1024
  /// Whether it closes its direction after sending (`shutdown(2)` with `SHUT_WR`).
  package var isHalfClosing = false
  /// Whether closing resets the connection (`SO_LINGER` with time 0).
  package var isResetting = false
  /// Whether it reads the reply.
  package var reads = true
  /// Whether it closes: otherwise the connection stays until the program ends.
  package var closes = true

  /// The lesson's client.
  package init() {}
}
