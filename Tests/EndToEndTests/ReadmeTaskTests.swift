import Foundation
import TestSupport
import Testing

@testable import sockinspect

// One after the other: the tracepoint reports on all network namespaces, and each test makes the
// same sockets.
@Suite(
  "The tasks of README.md", .timeLimited, .serialized, .needsRoot, .needs("bash"), .needs("nc"), .needs("python3"),
  .needs("ip"))
struct ReadmeTaskTests {
  /// The headings of the blocks that are played among the sockets of ``ReadmeScene``.
  private static let tasks = [
    "### My port is taken. By whom?",
    "### Who is at the other end?",
    "### What does this machine serve?",
    "### And its containers?",
    "### What leaks connections?",
    "### Why does the server accept no more?",
    "### What happens at a port, as it happens?",
    "### My scripts call netstat and lsof",
    "### Look at another machine, or at a past moment",
  ]

  /// The headings of blocks that make their own sockets, which ``LessonPageTests`` plays.
  private static let lessons = ["### I need a socket in CLOSE_WAIT, to test my monitoring"]

  /// The beginnings of lines that appear only where even root may not look into a process.
  private static let forbidden = [
    "sockinspect: warning: the descriptors of ", "sockinspect: 1 file could not be read; the file manifest names it",
  ]

  /// The mistakes that playing blocks among those sockets finds, in a separate network namespace
  /// and folder.
  private static func mistakes(_ blocks: [ConsoleBlock], patience: Double = 30) throws -> [String] {
    try isolated {
      try withFolder { folder in
        let scene = try ReadmeScene()
        return try withExtendedLifetime(scene) {
          let player = PagePlayer(patience: patience, in: folder, ignoring: forbidden)
          for block in blocks { try player.play(block) }
          return player.mistakes
        }
      }
    }
  }

  @Test("Each command of a task prints what the page says", arguments: tasks)
  func task(heading: String) throws {
    let blocks = try ConsoleBlock.ofReadme().filter { $0.heading == heading }
    #expect(blocks.contains { !$0.typed.isEmpty })
    let mistakes = try Self.mistakes(blocks)
    #expect(mistakes.isEmpty, "\(mistakes.joined(separator: "\n\n"))")
  }

  @Test("Every block of the page is played")
  func everyBlock() throws {
    let headings = Set(try ConsoleBlock.ofReadme().map(\.heading))
    #expect(headings.isSuperset(of: Self.tasks))
    #expect(headings.subtracting(Self.tasks).isSubset(of: Self.lessons))
  }

  @Test(
    "A task that says something else is found",
    arguments: [
      ["$ sockinspect --port 1234 --state listen", "PROTO  STATE   RECV-Q  SEND-Q  LOCAL           PEER  OWNERS"],
      ["$ sockinspect capture ./web1", "sockinspect: captured 12 tables and 11 processes in './web2'"],
      ["$ sudo sockinspect --port 4321", "sockinspect: nothing uses port 4322 (looked at tcp, mptcp, udp, udplite)"],
    ])
  func detects(lines: [String]) throws {
    let mistakes = try Self.mistakes([ConsoleBlock(heading: "#", lines: lines)], patience: 0.5)
    #expect(mistakes.count == 1, "\(mistakes)")
  }

  @Test(
    "Events are compared without their times and ages",
    arguments: [
      ("14:11:46.840698 ~ tcp  closing  nc[56]  age 37us", "09:00:00.000001 ~ tcp closing nc[7] age 4.6ms", true),
      ("14:11:46.840698 ~ tcp  closing  nc[56]  age 37us", "14:11:46.840698 ~ tcp last_ack nc[56] age 37us", false),
    ])
  func events(page: String, printed: String, isTrue: Bool) {
    #expect((Transcript.mistake(page: [page], printed: [printed]) == nil) == isTrue)
  }

  @Test("The capabilities of the page show everyone's owners to an ordinary user", .needs("setpriv"))
  func capabilities() throws {
    let line = try #require(try Repository.text("README.md").firstMatch(of: #/setcap ([a-z_,]+)=ep/#))
    let names = line.1.split(separator: ",").map { "+\($0.dropFirst("cap_".count))" }.joined(separator: ",")
    let setpriv = try peer("setpriv")
    let user = ["--reuid", "65534", "--regid", "65534", "--clear-groups"]
    let rights = ["--inh-caps", names, "--ambient-caps", names]
    let lists = try isolated {
      try withProgramForAnybody { program in
        let scene = try ReadmeScene()
        return try withExtendedLifetime(scene) {
          let list = [program, "-tuln", "--json"]
          let runs = [list, [setpriv] + user + list, [setpriv] + user + rights + list]
          return try runs.map { words in
            let finished = Finished(running: words[0], Array(words.dropFirst()))
            guard finished.exitStatus == 0 else { throw ProgramFailure(arguments: words, finished: finished) }
            return try Listing.decoder.decode(Listing.self, from: Data(finished.output)).sockets.map(\.owners)
          }
        }
      }
    }
    #expect(lists[0].count == 5)
    #expect(lists[0].allSatisfy { $0?.count == 1 })
    // Without them nothing would be seen, so the comparison proves something.
    #expect(lists[1].allSatisfy { ($0 ?? []).isEmpty })
    #expect(lists[2] == lists[0])
  }
}
