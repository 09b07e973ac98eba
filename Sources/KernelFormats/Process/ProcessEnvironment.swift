/// `/proc/PID/environ`: what a process found in its environment when it started, with a NUL after
/// each entry.
package enum ProcessEnvironment {
  /// The names of the sockets that systemd passed to the process (`sd_listen_fds_with_names(3)`);
  /// empty when they have no names, `nil` when it passed none.
  ///
  /// Children inherit the variables, so they count only for the process that `LISTEN_PID` names.
  package static func passedSockets(_ bytes: Span<UInt8>, pid: Int32) -> [[UInt8]]? {
    guard value(of: "LISTEN_PID", in: bytes) == Array("\(pid)".utf8), value(of: "LISTEN_FDS", in: bytes) != nil else {
      return nil
    }
    let names = value(of: "LISTEN_FDNAMES", in: bytes) ?? []
    return names.split(separator: UInt8(ascii: ":")).map { Array($0) }
  }

  private static func value(of name: String, in bytes: Span<UInt8>) -> [UInt8]? {
    let wanted = Array(name.utf8) + [UInt8(ascii: "=")]
    var start = 0
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != 0 { end += 1 }
      if end - start >= wanted.count, wanted.indices.allSatisfy({ bytes[start + $0] == wanted[$0] }) {
        return (start + wanted.count..<end).map { bytes[$0] }
      }
      start = end + 1
    }
    return nil
  }
}
