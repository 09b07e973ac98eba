import Demo
import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// What a listing says of owners when something keeps it from seeing them.
@Suite("Owners when not all can be seen", .needsRoot)
struct OwnerTruthTests {
  /// Processes `sleep` that have a socket open as number 5, while `body` runs.
  private func withSleepers(_ count: Int, sharing socket: HeldSocket, _ body: () throws -> Void) throws {
    var children: [ChildProcess] = []
    defer {
      for child in children {
        child.signal(SIGKILL)
        _ = try? child.wait()
      }
    }
    for _ in 0..<count {
      children.append(
        try ChildProcess.startUnseen(
          try peer("sleep"), arguments: ["sleep", "100"].map { Array($0.utf8) },
          descriptors: [(socket.descriptor.number, 5)]))
    }
    try body()
  }

  /// Runs the program with a limit on open files that it may not raise.
  private func run(openFiles limit: Int, _ arguments: [String]) throws -> Finished {
    let command = "ulimit -n \(limit); exec \"$0\" \"$@\""
    return Finished(
      running: try peer("setpriv"),
      ["--bounding-set", "-sys_resource", "--inh-caps", "-sys_resource", "sh", "-c", command, Program.path] + arguments)
  }

  @Test(
    "With few descriptors left all owners are shown, or it says that some are not",
    .needs("setpriv"), arguments: [5, 6, 7, 8, 12], [[], ["--source", "proc"]])
  func fewDescriptors(limit: Int, source: [String]) throws {
    try isolated {
      let held = try TCPExhibit.listen.hold()
      // More than are walked in one thread.
      let count = 30
      try withSleepers(count, sharing: try #require(held.sockets.first)) {
        let finished = try ProgramStarts.undisturbed { try run(openFiles: limit, ["-t", "-4", "--json"] + source) }
        try #require(finished.exitStatus == 0, "\(finished.errorText)")
        let listing = try Listing.decoder.decode(Listing.self, from: Data(finished.output))
        let owners = try #require(listing.sockets.first?.owners)
        let problem = listing.meta.problems.first { $0.kind == "unreadable" }
        #expect(owners.count == count + 1 || problem?.subject == "the descriptors of processes")
        #expect(limit > 5 ? owners.count == count + 1 : owners.isEmpty)
        guard limit == 5 else { return }
        let strict = try run(openFiles: limit, ["-t", "-4", "--strict"] + source)
        #expect(strict.exitStatus == 3)
        #expect(strict.errorText.contains("Too many open files") && strict.errorText.contains("ulimit -n"))
      }
    }
  }

  @Test("A small limit is raised where that is permitted", arguments: [[], ["netstat", "-tlnp"], ["lsof", "-nPi"]])
  func raisesLimit(command: [String]) throws {
    try isolated {
      let held = try TCPExhibit.listen.hold()
      try withSleepers(1, sharing: try #require(held.sockets.first)) {
        let finished = ProgramStarts.undisturbed {
          Finished(running: "/bin/sh", ["-c", "ulimit -S -n 5; exec \"$0\" \"$@\"", Program.path] + command)
        }
        #expect(finished.exitStatus == 0 && finished.errors.isEmpty, "\(finished.errorText)")
        #expect(finished.text.contains("LISTEN") || finished.text.contains("sleep["))
        #expect(finished.text.contains("sleep") || command.first == "netstat")
      }
    }
  }

  @Test("Owners that nobody could look for are null in JSON, and a copy without descriptors is incomplete")
  func unknownOwners() throws {
    try isolated {
      let held = try TCPExhibit.listen.hold()
      try withFolder { folder in
        let copy = "mkdir -p $0/net $0/5 && cat /proc/net/tcp > $0/net/tcp && echo server > $0/5/comm"
        #expect(Finished(running: "/bin/sh", ["-c", copy, folder]).exitStatus == 0)
        for (root, problems) in [(folder, 1), (folder + "/net/tcp", 0)] {
          let finished = Finished(running: Program.path, ["--root", root, "-t", "-4", "--json"])
          let listing = try Listing.decoder.decode(Listing.self, from: Data(finished.output))
          #expect(listing.sockets.count == 1 && listing.sockets.first?.owners == nil)
          #expect(finished.text.contains("\"owners\":null") && listing.meta.problems.count == problems)
          let strict = Finished(running: Program.path, ["--root", root, "-t", "-4", "--strict", "--pid", "5"])
          #expect(strict.exitStatus == 3 && strict.errorText.contains("owners are not known"), "\(strict.errorText)")
        }
        let listing = Finished(running: Program.path, ["--root", folder, "-t", "-4", "--strict"])
        #expect(listing.exitStatus == 3 && listing.errorText.split(separator: "\n").count == 1)
        let lsof = Finished(running: Program.path, ["lsof", "--root", folder + "/net/tcp", "-nPi"])
        #expect(lsof.errorText.contains("owners are not known"))
      }
      withExtendedLifetime(held) {}
    }
  }
}
