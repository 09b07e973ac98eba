import LinuxSystem
import Query
import TestSupport
import Testing

@Suite("A burst of short connections is watched", .timeLimited, .serialized)
struct WatchBurstTests {
  private func run(_ arguments: [String]) throws -> Finished {
    try TracedMachine.flooded { Finished(running: Program.sibling("sockinspect-bench"), ["watch"] + arguments) }
  }

  @Test("as root: every transition, or as many missed as are missing, and no owner wrong", .needsRoot)
  func root() throws {
    let finished = try run(["--connections", "600", "--isolate"])
    #expect(finished.exitStatus == 0, "\(finished.text) \(finished.errorText)")
    #expect(finished.text.contains("source tracepoint in use"))
    #expect(finished.text.contains("transitions against a second reader"))
    #expect(finished.text.contains("disorder: 0\n"))
  }

  @Test("as another user: every close, or missed ones counted", .needsRoot)
  func unprivileged() throws {
    let finished = try run(["--connections", "400", "--isolate", "--unprivileged"])
    #expect(finished.exitStatus == 0, "\(finished.text) \(finished.errorText)")
    #expect(finished.text.contains("closes seen: "))
    let source = finished.text.split(separator: "\n").first { $0.hasPrefix("source tracepoint") }
    #expect(source?.contains("in use") == false, "\(finished.text)")
    #expect(finished.text.contains("source destroy in use"))
  }

  @Test("a wrong option of the burst program is refused")
  func usage() throws {
    for wrong in [["--connections", "0"], ["--rate"], ["--burst"]] {
      let finished = try run(wrong)
      #expect(finished.exitStatus == 2)
      #expect(finished.errorText.contains("watch") || finished.errorText.contains("wants"))
    }
    #expect(try run(["--help"]).text.contains("--unprivileged"))
  }
}
