import Foundation
import Glibc
import LinuxSystem
import SocketModel
import Testing

@testable import Inspection

@_silgen_name("setfsuid") private func setfsuid(_ uid: UInt32) -> Int32

@Suite("The readings of a watcher")
struct WatchReaderTests {
  /// The problems of readings that were made one after the other, and whether each looked through the processes.
  private final class Readings: @unchecked Sendable {
    var found: [(isWalked: Bool, problems: [Problem])] = []
    let isOver = DispatchSemaphore(value: 0)
  }

  @Test(
    "What kept one from looking into all processes is told by the readings that do not look again, too",
    .enabled("needs root, to give it up") { geteuid() == 0 || ProcessInfo.processInfo.environment["CI"] != nil })
  func notes() throws {
    let readings = Readings()
    let thread = Thread {
      // The user of file accesses is a thread's own, and giving it up gives up reading other users' folders.
      _ = setfsuid(65534)
      if let root = try? ProcRoot.live() {
        var request = InspectionRequest()
        request.transports = [.tcp]
        let reader = WatchReader(root: root, request: request)
        for _ in 0..<20 where readings.found.last?.isWalked != false {
          guard let reading = try? reader.read(LifeBook()) else { break }
          readings.found.append((reading.isWalked, reading.snapshot.problems.filter { $0.kind == .forbidden }))
        }
      }
      readings.isOver.signal()
    }
    thread.start()
    try #require(readings.isOver.wait(timeout: .now() + 60) == .success)
    let first = try #require(readings.found.first)
    let last = try #require(readings.found.last)
    #expect(first.isWalked && first.problems.count == 1 && (first.problems.first?.count ?? 0) > 0)
    #expect(!last.isWalked && last.problems.map(\.subject) == first.problems.map(\.subject))
    #expect((last.problems.first?.count ?? 0) > 0 && last.problems.first?.advice == first.problems.first?.advice)
  }
}
