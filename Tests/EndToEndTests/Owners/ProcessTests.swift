import Foundation
import Glibc
import Lesson
import LinuxSystem
import Query
import Synchronization
import TestSupport
import Testing

@testable import sockinspect

/// Processes as owners: their names, their privileges, and signals to the program itself.
@Suite("Processes that own sockets, and those that may not be seen", .timeLimited, .needsRoot)
struct ProcessTests {
  static let hostileNames: [[UInt8]] = [
    Array("a b)(c".utf8), Array("x\u{1B}[2Jy".utf8), Array("new\nline".utf8), [0x66, 0xFF, 0xFE],
    Array("bi\u{202E}di".utf8), Array("=1+1,\"q\"".utf8),
  ]

  /// Starts a process under each hostile name, each with a copy of the descriptor as number 5.
  private func withHostileProcesses(_ socket: HeldSocket, _ body: () throws -> Void) throws {
    var children: [ChildProcess] = []
    defer {
      for child in children {
        child.signal(SIGKILL)
        _ = try? child.wait()
      }
    }
    let python = try peer("python3")
    // The processes end when nobody can write to it any more.
    let lifeline = try LinuxSystem.Pipe()
    for name in ProcessTests.hostileNames {
      // A process chooses its name by writing its comm, any bytes but NUL.
      let code = "import sys; open('/proc/self/comm','wb').write(bytes.fromhex(sys.argv[1])); sys.stdin.read()"
      let digits = name.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      children.append(
        try ChildProcess.startUnseen(
          python, arguments: ["python3", "-c", code, digits].map { Array($0.utf8) },
          descriptors: [(lifeline.reading.number, 0), (socket.descriptor.number, 5)]))
    }
    // The names appear soon after the start.
    _ = try eventually(within: 20) {
      children.filter { child in
        guard let here = try? Descriptor.open("/proc/\(child.pid)", for: .directory) else { return false }
        guard let comm = try? here.readFile("comm") else { return false }
        return ProcessTests.hostileNames.contains(Array(comm.dropLast()))
      }.count
    } until: { (ready: Int) in
      ready == children.count
    }
    try body()
    withExtendedLifetime(lifeline) {}
  }

  @Test(
    "Process names are shown whole and escaped", arguments: [[], ["--csv"], ["--json"], ["--count-by", "process"]])
  func names(form: [String]) throws {
    try isolated {
      let held = try TCPScenario.listen.hold()
      try withHostileProcesses(try #require(held.sockets.first)) {
        let finished = ProgramStarts.undisturbed { Finished(running: Program.path, ["-t"] + form) }
        #expect(finished.exitStatus == 0)
        let output = form == ["--csv"] ? finished.output.filter { $0 != 0x0D } : finished.output
        #expect(UnixTests.controls(in: output).isEmpty)
        #expect(UnixTests.controls(in: finished.errors).isEmpty)
        #expect(finished.text.contains("a b)(c"))
        if form == ["--json"] {
          let listing = try Listing.decoder.decode(Listing.self, from: Data(finished.output))
          let names = Set(listing.sockets.flatMap { ($0.owners ?? []).compactMap(\.name) })
          for name in ProcessTests.hostileNames {
            if let text = String(validating: name, as: UTF8.self) { #expect(names.contains(text)) }
          }
          #expect(listing.sockets.first?.ownerTexts.count == ProcessTests.hostileNames.count + 1)
        }
      }
    }
  }

  @Test("Without privilege the sockets are there, the owners are not, and one line says so", .needs("setpriv"))
  func unprivileged() throws {
    try withProgramForAnybody { program in
      try isolated {
        let held = try TCPScenario.established.hold()
        let finished = try Finished(as: nobody, program, ["-t", "--json"])
        try #require(finished.exitStatus == 0, "\(finished.errorText)")
        let listing = try Listing.decoder.decode(Listing.self, from: Data(finished.output))
        #expect(differences(held.rows, listing.rows).isEmpty)
        #expect(listing.sockets.allSatisfy { ($0.owners ?? []).isEmpty })
        let forbidden = listing.meta.problems.filter { $0.kind == "forbidden" }
        #expect(forbidden.count == 1)
        #expect((forbidden.first?.count ?? 0) > 0)
        #expect(finished.errorText.split(separator: "\n").count == 1)
        #expect(finished.text.contains(": sudo sockinspect -t --json\""))

        let strict = try Finished(as: nobody, program, ["-t", "--strict"])
        #expect(strict.exitStatus == 3)
        #expect(strict.text.contains("established"))
        // The kernel gives marks only to a process with CAP_NET_ADMIN.
        let marked = try Finished(as: nobody, program, ["-t", "--no-owners", "mark = 0"])
        #expect(marked.exitStatus == 1 && marked.errorText.contains("CAP_NET_ADMIN"))
        let known = Finished(running: Program.path, ["-t", "--no-owners", "mark = 0"])
        #expect(known.exitStatus == 0 && known.errors.isEmpty)
        // Nothing was hidden when owners were not asked for.
        let plain = try Finished(as: nobody, program, ["-t", "--strict", "--no-owners"])
        #expect(plain.exitStatus == 0)
        #expect(plain.errors.isEmpty)
      }
    }
  }

  @Test("In a pid namespace one line says that the processes outside are not visible", .needs("unshare"))
  func pidNamespace() throws {
    try isolated {
      let held = try TCPScenario.listen.hold()
      let inside = ["--pid", "--fork", "--mount-proc", Program.path, "-t"]
      let finished = Finished(running: try peer("unshare"), inside)
      try #require(finished.exitStatus == 0, "\(finished.errorText)")
      #expect(finished.text.contains("listen"))
      #expect(finished.errorText.contains("outside of this pid namespace"))
      #expect(finished.errorText.split(separator: "\n").count == 1)
      #expect(Finished(running: try peer("unshare"), inside + ["--strict"]).exitStatus == 3)
      let plain = Finished(running: try peer("unshare"), inside + ["--no-owners", "--strict"])
      #expect(plain.exitStatus == 0 && plain.errors.isEmpty)
      // A run that sees all processes prints no such message.
      #expect(!Finished(running: Program.path, ["-t"]).errorText.contains("pid namespace"))
      withExtendedLifetime(held) {}
    }
  }

  @Test("Ctrl-C ends it at once while it waits for input")
  func interrupt() throws {
    let running = try Running(Program.path, ["--root", "-"].map { Array($0.utf8) }, wantsInput: true)
    // When it has read the heading it waits for more.
    let end = running.input.withLock { $0 }
    let input = try #require(end)
    try input.descriptor.writeAll(Array("  sl  local_address rem_address   st\n".utf8).span)
    let left = try eventually {
      var count: Int32 = 0
      _ = unsafe ioctl(input.descriptor.number, UInt(FIONREAD), &count)
      return count
    } until: {
      $0 == 0
    }
    #expect(left == 0)
    running.child.signal(SIGINT)
    let finished = running.finish(closingInput: false, timeout: 10)
    #expect(finished.signal == SIGINT || finished.exitStatus == 130)
    #expect(finished.output.isEmpty)
  }
}
