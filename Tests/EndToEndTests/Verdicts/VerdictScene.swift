import Foundation
import TestSupport
import Testing

/// Sockets, processes and rules that a Python program makes, and the verdict of `why` on them.
struct VerdictScene: Sendable, CustomTestStringConvertible {
  let name: String
  /// The program, behind which the scene is there.
  let program: String
  let word: String
  let verdict: String
  let status: Int32
  /// The same for a user without rights; `nil` for the same.
  let unprivileged: (verdict: String, status: Int32)?
  /// Whether the user without rights runs the program.
  let isOwn: Bool
  var testDescription: String { name + " " + word }

  init(
    _ name: String, _ program: String, _ word: String, _ verdict: String, _ status: Int32,
    unprivileged: (verdict: String, status: Int32)? = nil, isOwn: Bool = false
  ) {
    self.name = name
    self.program = program
    self.word = word
    self.verdict = verdict
    self.status = status
    self.unprivileged = unprivileged
    self.isOwn = isOwn
  }

  /// Makes the scene and expects its verdicts, for root and for a user without rights.
  ///
  /// - Parameters:
  ///   - preamble: what the program may use.
  ///   - arguments: those that ask about the word, with `--json`.
  func check(preamble: String, _ arguments: [String]) throws {
    try withProgramForAnybody { command in
      try isolated {
        let peer = try PythonPeer(
          preamble + program + "\nprint('made', flush=True)\nstay()", user: isOwn ? EndToEndTests.nobody : nil)
        #expect(try peer.line() == "made")
        let finished = Finished(running: command, arguments)
        #expect(finished.verdict == verdict)
        #expect(finished.exitStatus == status, "\(finished.errorText)")
        let wanted = unprivileged ?? (verdict, status)
        let other = try Finished(as: EndToEndTests.nobody, command, arguments)
        #expect(other.verdict == wanted.verdict)
        #expect(other.exitStatus == wanted.status, "\(other.errorText)")
        withExtendedLifetime(peer) {}
      }
    }
  }
}

extension Finished {
  /// The member `verdict` of the JSON that it wrote; without one, all that it wrote.
  var verdict: String {
    struct Answer: Decodable { let verdict: String }
    return (try? JSONDecoder().decode(Answer.self, from: Data(output)).verdict) ?? text + errorText
  }
}
