import Inspection

/// The columns inode, pid and fd of a listing, which is all that long comparisons need: small and
/// fast to read.
struct InodeTable {
  /// Each inode with the owners of its rows, `PID/DESCRIPTOR`, one element per row.
  var owners: [Substring: [String]] = [:]
  /// How many sockets were listed.
  var count = 0

  static let options = ["--csv", "--columns", "inode,pid,fd", "--no-header"]

  init(_ finished: Finished) throws {
    guard finished.exitStatus == 0 || finished.exitStatus == 1 else {
      throw ProgramFailure(arguments: InodeTable.options, finished: finished)
    }
    for line in finished.text.split(separator: "\r\n") {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false)
      guard cells.count == 3 else { continue }
      count += 1
      owners[cells[0], default: []].append("\(cells[1])/\(cells[2])")
    }
  }
}
