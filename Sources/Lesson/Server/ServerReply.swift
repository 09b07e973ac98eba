extension ServerSettings {
  /// The answer to a client that sent these bytes first; `nil` when the reply is the answer.
  ///
  /// For an HTTP request, HTTP's header precedes the reply: curl and browsers accept no other
  /// answer.
  func replyInHTTP(to received: some Sequence<UInt8>) -> [UInt8]? {
    guard !reply.isEmpty, !reply.starts(with: "HTTP/".utf8), ServerSettings.isHTTP(received) else { return nil }
    let header = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: \(reply.count)\r\n\r\n"
    return Array(header.utf8) + reply
  }

  /// Whether bytes begin with a request line of HTTP/1, such as `GET / HTTP/1.1`.
  private static func isHTTP(_ received: some Sequence<UInt8>) -> Bool {
    let line = received.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
    let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard words.count == 3, let method = words.first, !method.isEmpty else { return false }
    return method.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
      && words[2].starts(with: "HTTP/1.".utf8)
  }
}
