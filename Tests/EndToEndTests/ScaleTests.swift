import Inspection
import LinuxSystem
import Query
import TestSupport
import Testing

@Suite("Many sockets", .timeLimited, .needsRoot)
struct ScaleTests {
  @Test("20,000 sockets in two processes are listed once each, with their owner", arguments: ["diag", "proc"])
  func twentyThousand(source: String) throws {
    try isolated {
      let holders = try (0..<2).map { try HolderProcess(index: $0, sockets: 10_000) }
      let table = try InodeTable(
        Finished(running: Program.path, ["-t", "--source", source] + InodeTable.options))
      #expect(table.count == 20_000)
      #expect(table.owners.count == 20_000)
      let pids = Set(holders.map { "\($0.child.pid)" })
      let wrong = table.owners.values.filter { rows in
        rows.count != 1 || !pids.contains(String(rows[0].prefix { $0 != "/" }))
      }
      #expect(wrong.isEmpty)
      for holder in holders { #expect(try holder.end().exitStatus == 0) }
    }
  }

  /// Starts the program as a child and prints its exit status and peak memory in KiB.
  ///
  /// A child's peak counts what its parent had when it started it: this one is small, whereas the
  /// tests' process grows by megabytes while other tests run.
  private static let measuring = """
    import os, sys
    child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
    _, status, usage = os.wait4(child, 0)
    print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)
    """

  @Test(
    "a query that nothing matches holds no details of the sockets that it passes over", .needs("python3"))
  func passedOver() throws {
    try isolated {
      let holders = try (0..<2).map { try HolderProcess(index: $0, sockets: 10_000) }
      func peak(_ query: String) throws -> Int {
        let finished = Finished(
          running: try peer("python3"), ["-c", Self.measuring, Program.path, "-t", "--no-owners", query])
        let numbers = finished.text.split { $0.isWhitespace }.compactMap { Int($0) }
        try #require(numbers.count == 2 && numbers[0] == 1, "\(finished.text)\(finished.errorText)")
        return numbers[1]
      }
      // The kernel skips these itself.
      let least = try peak("port = 1")
      for query in ["rtt_us > 999s", "rtt_us > 0 and recv_queue > 999999999", "recv_queue > 999999999"] {
        #expect(try peak(query) < least + 3072, "\(query)")
      }
      for holder in holders { #expect(try holder.end().exitStatus == 0) }
    }
  }

  @Test("Where there are no sockets, nothing is printed and the status is 1", arguments: ["auto", "diag", "proc"])
  func none(source: String) throws {
    let finished = try isolated { Finished(running: Program.path, ["--source", source, "--no-header"]) }
    #expect(finished.exitStatus == 1)
    #expect(finished.output.isEmpty)
    let listing = try isolated { try Program.list("--source", source) }
    #expect(listing.sockets.isEmpty)
  }
}
