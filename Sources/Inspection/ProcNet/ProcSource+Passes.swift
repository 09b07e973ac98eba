import KernelFormats
import LinuxSystem
import SocketModel

/// Tables that the kernel continues by position from page to page: when sockets close meanwhile,
/// others move across the page boundary and are not seen.
extension ProcSource {
  /// This many lines fit into the page that the kernel fills at once.
  private static let fewLines = 16
  /// The most passes over such a table.
  private static let mostPasses = 5

  /// Reads a table again until a pass over it finds nothing new, and adds the new sockets.
  func readAgain(_ decoder: inout ProcNetDecoder, into snapshot: inout Snapshot) throws(SystemError) {
    guard decoder.lineCount > Self.fewLines, decoder.table.transport.description.isContinuedByPlace else { return }
    for _ in 1..<Self.mostPasses {
      var start = snapshot.extent
      var newRows = 0
      let file = try root.openTable(decoder.table.rawValue)
      try file.readAhead(endingBelow: Self.shortRead) { piece in
        decoder.decode(piece, into: &snapshot)
        newRows += snapshot.records.count - start.records
        rowFilter.sift(&snapshot, from: start)
        start = snapshot.extent
        return true
      }
      decoder.finish(into: &snapshot)
      newRows += snapshot.records.count - start.records
      rowFilter.sift(&snapshot, from: start)
      if newRows == 0 { return }
    }
    snapshot.problems.append(
      Problem(subject: decoder.table.subject, cause: .interrupted(scans: Self.mostPasses)))
  }
}
