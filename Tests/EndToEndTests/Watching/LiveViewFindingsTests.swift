import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// The findings of `doctor` in `sockinspect watch` on a terminal.
@Suite("Findings in the live view on a terminal", .timeLimited, .needsRoot, .needs("tmux"), .needs("python3"))
struct LiveViewFindingsTests {
  /// A full accept queue at port 1234, and a busy server at port 1300 whose queue is empty.
  private static let program = """
    healthy = listener(address=('127.0.0.1', 1300))
    kept = []
    for _ in range(3):
        kept.append(socket.create_connection(('127.0.0.1', 1300)))
        kept.append(healthy.accept())
    full = listener(backlog=2)
    kept += crowd()
    stay()
    """

  private static func isMarked(_ lines: [String], _ port: Int) -> Bool {
    lines.contains { $0.contains(#/^[ >]!/#) && $0.contains("listen") && $0.contains(":\(port)") }
  }

  @Test(
    "A full accept queue is marked and a busy healthy server is not; D lists it, and Enter goes to it",
    arguments: [(80, 24), (200, 50)])
  func goes(columns: Int, rows: Int) throws {
    try isolated {
      let peer = try PythonPeer(Self.program)
      let terminal = try TmuxSession(columns: columns, rows: rows)
      try terminal.view("--interval 0.2")
      let marked = try terminal.wait { $0[0].contains(": D") && Self.isMarked($0, 1234) }
      #expect(!Self.isMarked(marked, 1300) && marked.contains { $0.contains("listen") && $0.contains(":1300") })
      #expect(!marked.contains { $0.contains(#/^[ >]!/#) && !$0.contains(":1234") }, "\(marked)")
      try terminal.write("D")
      let list = try terminal.wait(for: "> error accept-queue: tcp 127.0.0.1:1234")
      #expect(list.contains { $0.contains("waiting 3, limit 2") }, "\(list)")
      #expect(list.contains { $0.contains("not checked: ") } && !list.contains { $0.contains("1300") }, "\(list)")
      try terminal.press("Enter")
      let detail = try terminal.wait { lines in
        lines.contains { $0.hasPrefix("tcp 127.0.0.1:1234") } && lines.contains { $0.contains("What is wrong") }
      }
      #expect(detail.contains { $0.contains("error accept-queue") }, "\(detail)")
      try terminal.press("End")
      try terminal.press("Home")
      // The verdict of `why` is below the findings, where a low terminal has no room for it yet.
      try terminal.wait { lines in
        if lines.contains(where: { $0.contains("127.0.0.1:1234 is taken: python3") }) { return true }
        try? terminal.press("Down")
        return false
      }
      try terminal.press("Escape")
      try terminal.wait { $0.contains { $0.hasPrefix(">! ") && $0.contains(":1234") } }
      #expect(peer.pid > 0)
      try terminal.write("q")
      try terminal.expectEnd("0")
    }
  }

  @Test("The findings of a capture of a series show in its replay")
  func replays() throws {
    try withFolder(in: "/dev/shm") { folder in
      try isolated {
        let peer = try PythonPeer(Self.program)
        let path = folder + "/series"
        let capturing = try Running(Program.path, ["capture", "--every", "200ms", path].map { Array($0.utf8) })
        _ = try eventually(within: 60) {
          FileManager.default.fileExists(atPath: path + "/0002/manifest")
        } until: {
          $0
        }
        capturing.child.signal(SIGINT)
        #expect(capturing.finish().exitStatus == 0)
        #expect(peer.pid > 0)
        let terminal = try TmuxSession(columns: 100, rows: 30)
        try terminal.view("--root \(path)")
        let marked = try terminal.wait { $0[0].contains(": D") && Self.isMarked($0, 1234) }
        #expect(!Self.isMarked(marked, 1300))
        try terminal.write("D")
        let list = try terminal.wait(for: "> error accept-queue: tcp 127.0.0.1:1234")
        #expect(list.contains { $0.contains("$ sockinspect --root \(path)/0") }, "\(list)")
        try terminal.press("Escape")
        try terminal.write("q")
        try terminal.expectEnd("0")
      }
    }
  }
}
