/// `/proc/PID/cgroup`: the control groups of a process, one `ID:CONTROLLERS:PATH` per line
/// (`kernel/cgroup/cgroup.c`, `proc_cgroup_show`).
package struct ProcessControlGroup: Sendable, Hashable {
  /// The path below the hierarchy's root, such as `/system.slice/nginx.service`; the kernel adds `
  /// (deleted)` when the group was removed.
  package let path: [UInt8]
  /// Whether the path is in the unified hierarchy (cgroup v2), to which sock_diag's cgroup ids
  /// belong too.
  package let isUnified: Bool

  /// Parses the file's content.
  ///
  /// The line of the unified hierarchy, `0::PATH`, is used. Machines without one have a line per
  /// controller: then that of systemd's own hierarchy, of `memory`, `pids`, `cpu`, or the first
  /// line is used, in this order.
  package init(parsing bytes: Span<UInt8>) throws(DecodeError) {
    var best: (rank: Int, path: Range<Int>)?
    var start = 0
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
      if let line = Self.line(bytes.extracting(start..<end)), best.map({ line.rank < $0.rank }) ?? true {
        best = (line.rank, start + line.path..<end)
      }
      start = end + 1
    }
    guard let best else { throw DecodeError("cgroup", "expected a line of the form ID:CONTROLLERS:PATH", in: bytes) }
    path = best.path.map { bytes[$0] }
    isUnified = best.rank == 0
  }

  private static let ranks: [StaticString] = ["", "name=systemd", "memory", "pids", "cpu"]

  /// The start of the path in a line, and the rank of its hierarchy; `nil` when the line has
  /// another form.
  private static func line(_ line: Span<UInt8>) -> (rank: Int, path: Int)? {
    var cursor = LineCursor(at: 0, isCut: false)
    guard let id = cursor.decimal(line), cursor.take(UInt8(ascii: ":"), line) else { return nil }
    let start = cursor.position
    var end = start
    while end < line.count, line[end] != UInt8(ascii: ":") { end += 1 }
    guard end + 1 < line.count, line[end + 1] == UInt8(ascii: "/") else { return nil }
    let controllers = (start..<end).map { line[$0] }
    var rank = ranks.count
    for word in controllers.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      if let found = ranks.firstIndex(where: { word.elementsEqual($0.description.utf8) }) { rank = min(rank, found) }
    }
    if rank == 0, id != 0 { rank = ranks.count }
    return (rank, end + 1)
  }
}
