import Foundation
import Glibc
import Lesson
import LinuxSystem
import Query
import TestSupport
import Testing

@testable import sockinspect

/// What a listing reports about owners when something keeps it from seeing them.
@Suite("Owners when not all of them can be seen", .timeLimited, .needsRoot)
struct OwnerTruthTests {
  /// Runs `body` while processes `cat` have a socket open as number 5.
  ///
  /// They end with the pipe that they read, and therefore with this process.
  private func withSharers(_ count: Int, sharing socket: HeldSocket, _ body: () throws -> Void) throws {
    let lifeline = try LinuxSystem.Pipe()
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
          try peer("cat"), arguments: [Array("cat".utf8)],
          descriptors: [(lifeline.reading.number, 0), (socket.descriptor.number, 5)]))
    }
    try body()
    withExtendedLifetime(lifeline) {}
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
      let held = try TCPScenario.listen.hold()
      // More than a single thread walks.
      let count = 30
      try withSharers(count, sharing: try #require(held.sockets.first)) {
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
      let held = try TCPScenario.listen.hold()
      try withSharers(1, sharing: try #require(held.sockets.first)) {
        let finished = ProgramStarts.undisturbed {
          Finished(running: "/bin/sh", ["-c", "ulimit -S -n 5; exec \"$0\" \"$@\"", Program.path] + command)
        }
        #expect(finished.exitStatus == 0 && finished.errors.isEmpty, "\(finished.errorText)")
        #expect(finished.text.contains("LISTEN") || finished.text.contains("cat["))
        let names = ["cat[", "cat "]
        #expect(command.first == "netstat" || names.contains { finished.text.contains($0) })
      }
    }
  }

  @Test("Owners that could not be looked for are null in JSON, and a copy without descriptors is incomplete")
  func unknownOwners() throws {
    try isolated {
      let held = try TCPScenario.listen.hold()
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

  /// Runs a Python program, and calls `body` with its pid when it has printed that it is ready.
  ///
  /// It ends with the pipe that it reads, and therefore with this process.
  private func withPython(_ code: String, _ body: (Int32) throws -> Void) throws {
    let end = "\nimport sys\nprint('ready', flush=True)\nsys.stdin.read()"
    let words = ["python3", "-c", code + end].map { Array($0.utf8) }
    let lifeline = try LinuxSystem.Pipe()
    let reading = try LinuxSystem.Pipe()
    let output = reading.writing.number
    let child = try ChildProcess.startUnseen(
      try peer("python3"), arguments: words, descriptors: [(lifeline.reading.number, 0), (output, 1)])
    defer {
      child.signal(SIGKILL)
      _ = try? child.wait()
    }
    let input = reading.intoReading()
    var line: [UInt8] = [0]
    #expect(try input.read(into: &line) == 1)
    try body(child.pid)
    // Python may write the end of the line separately, and ends when nobody can read it.
    _ = input.number
    withExtendedLifetime(lifeline) {}
  }

  @Test("A process in another network namespace is named with the command that lists it", .needs("python3"))
  func otherNamespace() throws {
    try isolated {
      // Without its own table nothing is listed; the namespace is the one in which it was made.
      let code = "import ctypes,socket; ctypes.CDLL(None).unshare(0x40000000); s=socket.socket(); s.listen()"
      try withPython(code) { pid in
        for question in [["--pid", "\(pid)"], ["--pid", "\(pid)", "-l", "--port", "1-65535"]] {
          let finished = Finished(running: Program.path, question)
          #expect(finished.exitStatus == 1)
          #expect(finished.errorText.contains("python3[\(pid)] is in another network namespace ("))
          #expect(finished.errorText.contains("sockinspect --netns \(pid) --pid \(pid)\n"))
          #expect(Finished(running: Program.path, question + ["--strict"]).exitStatus == 3)
        }
        let there = Finished(
          running: Program.path, ["--netns", "\(pid)", "--pid", "\(pid)", "--strict"])
        #expect(there.exitStatus == 0 && there.text.contains("listen") && there.errors.isEmpty)
      }
    }
  }

  @Test("A socket in the own table of a thread has the thread's process as owner", .needs("python3"))
  func ownTable() throws {
    try isolated {
      let code = """
        import ctypes,socket,threading
        ready = threading.Event()
        def run():
          global s
          ctypes.CDLL(None).unshare(0x400)
          s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); ready.set(); threading.Event().wait()
        threading.Thread(target=run, daemon=True).start()
        ready.wait()
        """
      try withPython(code) { pid in
        let listing = try Program.list("-t")
        #expect(listing.sockets.count == 1 && listing.sockets.first?.owners?.map(\.pid) == [pid])
        #expect(listing.sockets.first?.attribution == "thread")
        #expect(try Program.list("--pid", "\(pid)").sockets.count == 1)
        // The original's view is that of the main thread.
        #expect(Finished(running: Program.path, ["lsof", "-nPi"]).exitStatus == 1)
      }
    }
  }

  @Test("A name that no process has is reported as such", .needsRoot)
  func noSuchName() throws {
    try isolated {
      let held = try TCPScenario.listen.hold()
      let finished = Program.run("--process", "no-such-name")
      #expect(finished.exitStatus == 1 && finished.errorText.contains("no process has that name\n"))
      #expect(
        !Program.run("--process", "sockinspectPack*", "--port", "1").errorText.contains("no process has that name"))
      withExtendedLifetime(held) {}
    }
  }

  @Test("a process whose folder something else is mounted over is a warning and never a \"no\"")
  func covered() throws {
    try isolated {
      let held = try TCPScenario.listen.hold()
      let script = "mount --bind /mnt /proc/\(getpid()) || exit 99\nexec \"$0\" \"$@\""
      let finished = Finished(
        running: try peer("unshare"), ["-m", "sh", "-c", script, Program.path, "--strict", "--pid", "\(getpid())"])
      #expect(finished.exitStatus == 3 && finished.errorText.contains("may not be read"), "\(finished.errorText)")
      withExtendedLifetime(held) {}
    }
  }

  @Test("processes that hidepid hides are a warning and never a \"no\"", .needs("setpriv"))
  func hidden() throws {
    try withProgramForAnybody { program in
      try isolated {
        let held = try TCPScenario.listen.hold()
        let script =
          "mount -t proc -o hidepid=2 proc /proc || exit 99\n"
          + "exec setpriv --reuid 65534 --regid 65534 --clear-groups \"$0\" \"$@\""
        for question in [["--pid", "\(getpid())"], ["--process", "sockinspectPack*"]] {
          let finished = Finished(
            running: try peer("unshare"), ["-m", "sh", "-c", script, program, "--strict"] + question)
          #expect(finished.exitStatus == 3, "\(finished.errorText)")
          #expect(!finished.errorText.contains("no process has that name"), "\(finished.errorText)")
          #expect(finished.errorText.contains("hidden") || finished.errorText.contains("may not be read"))
        }
        withExtendedLifetime(held) {}
      }
    }
  }
}
