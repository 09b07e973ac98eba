import Demo
import Foundation
import Glibc
import LinuxSystem
import Synchronization
import Testing

/// Listing while sockets open and close as fast as they can.
@Suite("Sockets that stay are listed once, with their owner, while others come and go", .needsRoot)
struct ChurnTests {
  private final class Busy: Sendable {
    let isOver = Atomic<Bool>(false)
    let rounds = Atomic<Int>(0)
  }

  @Test("200 listings under churn", arguments: ["diag", "proc"])
  func churn(source: String) throws {
    try isolated {
      // 900 sockets: enough that /proc needs many reads for the table, between which rows move.
      let holder = try HolderProcess(index: 0, sockets: 900)
      let stable = try holder.sockets()
      try #require(stable.count == 900)
      let busy = Busy()
      let failures = Mutex<[String]>([])
      parallelForEach(count: 2, threads: 2) { half in
        if half == 0 { return ChurnTests.openAndClose(busy) }
        for _ in 0..<200 {
          let found = ChurnTests.check(source, stable)
          failures.withLock { $0 += found }
        }
        busy.isOver.store(true, ordering: .relaxed)
      }
      let all = failures.withLock { $0 }
      #expect(all.isEmpty, "\(all.prefix(5).joined(separator: "\n"))")
      #expect(busy.rounds.load(ordering: .relaxed) > 200)
      #expect(try holder.end().exitStatus == 0)
    }
  }

  /// One listing; what is wrong with the stable sockets in it.
  private static func check(_ source: String, _ stable: [Substring: String]) -> [String] {
    let finished = Finished(running: Program.path, ["-t", "--source", source] + InodeTable.options)
    guard let table = try? InodeTable(finished) else { return ["no listing: \(finished.errorText)"] }
    var wrong: [String] = []
    for (inode, owner) in stable {
      let rows = table.owners[inode] ?? []
      if rows != [owner] { wrong.append("inode \(inode) of \(owner): \(rows)") }
    }
    return wrong
  }

  /// Opens and closes connections until the listings are done; a few of them leave TIME_WAIT behind.
  private static func openAndClose(_ busy: Busy) {
    while !busy.isOver.load(ordering: .relaxed) {
      let round = busy.rounds.wrappingAdd(1, ordering: .relaxed).newValue
      // Leaves the processors to the listings, and still makes thousands of sockets a second.
      usleep(200)
      guard let held = try? TCPExhibit.established.hold() else { continue }
      // TIME_WAIT stays for a minute: too many would make the listings slow rather than hard.
      if round % 32 != 0 { for socket in held.sockets { try? socket.descriptor.resetOnClose() } }
    }
  }
}
