import Foundation
import Glibc
import Lesson
import LinuxSystem
import Query
import SocketModel
import TestSupport
import Testing

@testable import sockinspect

/// Trees that were captured before: by the program itself, and those of the folder Fixtures.
@Suite("Captured trees are listed as the live machine was", .timeLimited)
struct CapturedTests {
  /// The folders of Fixtures with the layout of /proc.
  static let trees: [String] = {
    let folder = Repository.root.appendingPathComponent("Fixtures")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter {
      FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).appendingPathComponent("net").path)
    }.sorted()
  }()

  @Test("There are fixtures to list")
  func fixtures() { #expect(CapturedTests.trees.count >= 12) }

  /// SOCKINSPECT_UPDATE_GOLDEN=1 rewrites the file and fails, so that it cannot stay set unnoticed.
  @Test("Every fixture is listed as recorded", arguments: CapturedTests.trees)
  func golden(tree: String) throws {
    let root = Repository.path("Fixtures/\(tree)")
    let finished = Finished(running: Program.path, ["--root", root, "-A", "all", "--columns", "+inode,+uid,+timer"])
    #expect(finished.signal == nil)
    #expect(UnixTests.controls(in: finished.output).isEmpty)
    let text = "exit status \(finished.exitStatus ?? -1)\n\(finished.text)"
    let file = Repository.root.appendingPathComponent("Tests/EndToEndTests/Golden/\(tree).txt")
    if CommandEnvironment.current["SOCKINSPECT_UPDATE_GOLDEN"] == "1" {
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: true, encoding: .utf8)
      Issue.record("wrote \(file.lastPathComponent)")
      return
    }
    let recorded = try String(contentsOf: file, encoding: .utf8)
    let changed = differences(recorded.components(separatedBy: "\n"), text.components(separatedBy: "\n"))
    #expect(changed.isEmpty, "\(changed.joined(separator: "\n"))")
  }

  @Test("An archive is listed as the tree in it", arguments: ["tree-gnu.tar", "report-posix.tar"])
  func archive(name: String) throws {
    let tree = Repository.path("Fixtures/linux-6.12-x86_64")
    let archive = Repository.path("Fixtures/archives/\(name)")
    for view in [["-A", "all", "--columns", "+inode,+uid,+timer"], ["netstat", "-anp"], ["lsof", "-nP", "-i", "-U"]] {
      let command = view[0] == "-A" ? [] : [view[0]]
      let options = view[0] == "-A" ? view : Array(view.dropFirst())
      let expected = Finished(running: Program.path, command + ["--root", tree] + options)
      let finished = Finished(running: Program.path, command + ["--root", archive] + options)
      #expect(finished.exitStatus == expected.exitStatus && !finished.output.isEmpty, "\(finished.errorText)")
      #expect(finished.output == expected.output)
      // Standard input is read like the file.
      if command.isEmpty {
        let piped = Finished(
          running: Program.path, ["--root", "-"] + options,
          input: try Data(contentsOf: URL(fileURLWithPath: archive)).map { $0 })
        #expect(piped.output == expected.output, "\(piped.errorText)")
      }
    }
  }

  @Test("A capture lists the same sockets and owners as the live machine at that moment", .needsRoot)
  func capture() throws {
    try withFolder { folder in
      try isolated {
        var held = try HeldScenarios.tcpAndUDP()
        held.add(try HeldScenarios.others())
        for scenario in UnixScenario.allCases { held.add(try scenario.hold(in: folder)) }
        let tree = folder + "/tree"
        let transports = "tcp,udp,udplite,raw,icmp,unix,packet"
        let (captured, tables, dumps) = try ProgramStarts.undisturbed {
          (
            Program.run("capture", tree), try Program.list("--source", "proc", "-A", transports),
            try Program.list("-A", transports)
          )
        }
        try #require(captured.exitStatus == 0 || captured.exitStatus == 3, "\(captured.errorText)")
        let archive = folder + "/tree.tar"
        try #require(Program.run("capture", "--root", tree, "--archive", archive).exitStatus == 0)
        let (read, packed) = (Program.run("--root", tree, "-A", "all"), Program.run("--root", archive, "-A", "all"))
        #expect(read.output == packed.output && read.exitStatus == packed.exitStatus)
        // It has both what the tables show and what sock_diag reports.
        for (live, source) in [(tables, "proc"), (dumps, "auto")] {
          let dead = try Program.list("--root", tree, "-A", transports, "--source", source)
          let difference = differences(
            live.sockets.map { CapturedTests.text($0) }, dead.sockets.map { CapturedTests.text($0) })
          #expect(difference.isEmpty, "\(source): \(difference.joined(separator: "\n"))")
        }
        #expect(tables.sockets.count >= held.sightings.count { $0.state != .boundInactive && $0.transport != .netlink })
        #expect(dumps.sockets.contains { $0.state == "bound_inactive" })
        // Limits of accept queues, cookies and peers of unix sockets are known.
        let query = "accept_limit >= 0 and cookie = *"
        #expect(try Program.list("--root", tree, query).sockets.count == Program.list(query).sockets.count)
        #expect(Program.run("--root", tree, "-x", "peer_inode > 0").exitStatus == 0)
      }
    }
  }

  private static func text(_ socket: Listing.Socket) -> String {
    "\(PeerRow(socket, queues: true, inode: true)) \(socket.path ?? "") \(socket.uid.map { "\($0)" } ?? "")"
  }

  @Test("A table on standard input is read whole", arguments: ["linux-4.19-x86_64", "live-tcp-states", "live-unix"])
  func input(tree: String) throws {
    let file = Repository.path("Fixtures/\(tree)/net/tcp")
    let table = try Data(contentsOf: URL(fileURLWithPath: file)).map { $0 }
    let options = ["-tan", "--columns", "+inode,+timer", "--root"]
    let expected = Finished(running: Program.path, options + [file])
    let finished = Finished(running: Program.path, options + ["-"], input: table)
    #expect(finished.output == expected.output && finished.exitStatus == expected.exitStatus)
  }

  @Test("A single table, in a file or on standard input, is listed as the live machine was", .needsRoot)
  func table() throws {
    try withFolder { folder in
      try isolated {
        let held = try TCPScenario.closeWait.hold()
        let table = Finished(running: try peer("cat"), ["/proc/self/net/tcp"]).output
        let piped = try Program.list(["--root", "-"], input: table)
        #expect(differences(held.rows, piped.rows).isEmpty)
        let file = folder + "/table"
        try Descriptor.open(file, for: .creating).writeAll(table.span)
        let read = try Program.list("--root", file)
        #expect(differences(held.rows, read.rows).isEmpty)
      }
    }
  }
}
