/// A socket unit of systemd, a file such as `ssh.socket`: where it listens (`systemd.socket(5)`).
package struct SocketUnitFile: Sendable, Hashable {
  /// The ports of `ListenStream=`, by TCP, and of `ListenDatagram=`, by UDP.
  package private(set) var streams: [UInt16] = []
  package private(set) var datagrams: [UInt16] = []

  /// Parses the file's content. Lines that are no such settings are skipped; an empty value takes
  /// back the earlier ones, as in a drop-in file.
  package init(parsing bytes: Span<UInt8>) {
    var start = 0
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
      take((start..<end).map { bytes[$0] })
      start = end + 1
    }
  }

  private mutating func take(_ line: [UInt8]) {
    guard let sign = line.firstIndex(of: UInt8(ascii: "=")) else { return }
    let key = String(decoding: line[..<sign], as: UTF8.self).filter { $0 != " " && $0 != "\t" }
    let value = String(decoding: line[(sign + 1)...], as: UTF8.self).filter { !$0.isWhitespace }
    switch key {
    case "ListenStream": if value.isEmpty { streams = [] } else if let port = Self.port(value) { streams.append(port) }
    case "ListenDatagram":
      if value.isEmpty { datagrams = [] } else if let port = Self.port(value) { datagrams.append(port) }
    default: break
    }
  }

  /// The port of `8080`, `127.0.0.1:8080` or `[::1]:8080`; `nil` of a path and of anything else.
  private static func port(_ value: String) -> UInt16? {
    if let colon = value.lastIndex(of: ":") { return UInt16(value[value.index(after: colon)...]) }
    return UInt16(value)
  }
}
