import Foundation
import Glibc
import Lesson
import LinuxSystem
import Query
import SocketModel
import TestSupport
import Testing

/// A kind of system call that a listing makes, and the errors that it may end with.
struct FailingCall: Sendable, CustomTestStringConvertible {
  /// The arguments of `Tests/Tools/fail_call.py`: the name of the call, and which argument it has.
  let name: String
  let errors: [String]
  /// Whether a listing from sock_diag or /proc must notice it; some calls are made only where
  /// another way remains.
  var isNoticed = true

  var testDescription: String { name }

  static let outOf = ["EMFILE", "ENFILE", "ENOMEM"]

  /// The calls that read tables and dumps, find owners, and start threads.
  static let ofListings: [FailingCall] = [
    .init(name: "socket:0=16", errors: outOf + ["EPERM", "EACCES", "EPROTONOSUPPORT", "EAFNOSUPPORT", "ENOBUFS"]),
    .init(name: "bind", errors: ["EPERM", "ENOMEM", "EADDRINUSE"]), .init(name: "getsockname", errors: ["ENOBUFS"]),
    .init(name: "setsockopt", errors: ["EPERM", "ENOMEM"]),
    .init(name: "sendto", errors: ["EPERM", "ENOBUFS", "ECONNREFUSED", "ENOMEM"]),
    .init(name: "recvmsg", errors: ["EIO", "ENOMEM", "ENOBUFS", "EAGAIN"]),
    // The calls for tables and processes; the loader opens by path.
    .init(name: "openat:0!=-100", errors: outOf + ["EIO", "EACCES", "EPERM", "ENOENT", "ESRCH"]),
    .init(name: "read:2=262144", errors: ["EIO", "ENOMEM", "EACCES", "ESRCH", "EINVAL"]),
    .init(name: "getdents64", errors: ["EIO", "ENOMEM", "EACCES", "ENOENT"]),
    .init(name: "readlinkat", errors: ["EIO", "ENOMEM", "EACCES", "EPERM"], isNoticed: false),
    // glibc's fstat is a newfstatat with AT_EMPTY_PATH.
    .init(name: "newfstatat:3!=0x1000", errors: ["EIO", "ENOMEM", "EACCES"], isNoticed: false),
    .init(name: "fstatfs", errors: ["EIO", "ENOSYS"]),
    .init(name: "clone3", errors: ["EAGAIN", "ENOMEM"], isNoticed: false),
  ]

  /// The calls that read a captured tree.
  static let ofTrees: [FailingCall] = [
    .init(name: "openat2", errors: outOf + ["EIO", "EACCES"]),
    .init(name: "read:2=262144", errors: ["EIO", "ENOMEM"]),
    .init(name: "getdents64", errors: ["EIO", "ENOMEM", "EACCES"]),
    .init(name: "readlinkat", errors: ["EIO", "ENOMEM", "EACCES"]),
  ]
}

/// Each kind of system call of a listing fails with each error: what is missing must be reported.
@Suite("A listing with a system call that fails", .timeLimited, .needs("python3"))
struct FailingCallTests {
  private static let tool = Repository.path("Tests/Tools/fail_call.py")

  private func run(_ call: String, _ error: String, _ arguments: [String]) throws -> Finished {
    Finished(running: try peer("python3"), ["-IS", Self.tool, call, error, Program.path] + arguments)
  }

  /// What is wrong with the answer to a query whose right answer has all of the words; `nil` when
  /// nothing is.
  ///
  /// The run was strict: status 3 means a problem, which a listing that is not strict reports as a
  /// warning.
  private func fault(_ finished: Finished, _ words: [String]) -> String? {
    let said = "\(finished.exitStatus ?? -1) \(finished.text)\(finished.errorText)"
    guard finished.signal == nil else { return "signal \(finished.signal ?? 0): \(said)" }
    switch finished.exitStatus {
    case 0: return words.allSatisfy(finished.text.contains) ? nil : "it is not whole: \(said)"
    case 3: return finished.errorText.contains("sockinspect: warning: ") ? nil : "no warning: \(said)"
    case 4: return finished.text.isEmpty && !finished.errorText.isEmpty ? nil : "no word: \(said)"
    default: return said
    }
  }

  @Test(
    "what cannot be read is status 3 or 4, never a no, by any source", .needsRoot, arguments: FailingCall.ofListings)
  func live(call: FailingCall) throws {
    // Other owners may be listed too: a program that another test starts has the descriptor for a
    // moment.
    try isolated {
      let held = try TCPScenario.listen.hold()
      let port = try #require(held.sightings.first?.local?.port)
      var noticed = 0
      for source in ["auto", "diag", "proc"] {
        let question = ["--strict", "--source", source, "--port", "\(port)"]
        let words = [":\(port) ", "[\(getpid())]"]
        let clean = Finished(running: Program.path, question)
        try #require(clean.exitStatus == 0 && words.allSatisfy(clean.text.contains), "\(clean.errorText)")
        for error in call.errors {
          let finished = try run(call.name, error, question)
          if let fault = fault(finished, words) { Issue.record("--source \(source), \(call.name) \(error): \(fault)") }
          if finished.exitStatus != 0 { noticed += 1 }
        }
      }
      #expect(noticed > 0 || !call.isNoticed, "the call was not made")
      withExtendedLifetime(held) {}
    }
  }

  @Test("what cannot be read in a captured tree gives status 3 or 4, never a \"no\"", arguments: FailingCall.ofTrees)
  func tree(call: FailingCall) throws {
    let tree = Repository.path("Fixtures/linux-6.12-x86_64")
    let question = ["--strict", "--root", tree, "-t"]
    let clean = Finished(running: Program.path, question)
    let lines = clean.text.split(separator: "\n").map(String.init)
    try #require(clean.exitStatus == 0 && lines.count > 2, "\(clean.errorText)")
    var noticed = 0
    for error in call.errors {
      let finished = try run(call.name, error, question)
      if let fault = fault(finished, lines) { Issue.record("\(call.name) \(error): \(fault)") }
      if finished.exitStatus != 0 { noticed += 1 }
    }
    #expect(noticed > 0 || !call.isNoticed, "the call was not made")
  }

  @Test(
    "--source diag without sock_diag is status 4 and says why", arguments: ["EPROTONOSUPPORT", "EAFNOSUPPORT", "EPERM"])
  func noSockDiag(error: String) throws {
    let finished = try run("socket:0=16", error, ["--source", "diag", "-t", "--json"])
    #expect(finished.exitStatus == 4 && finished.output.isEmpty)
    #expect(finished.errorText.hasPrefix("sockinspect: no sockets could be read: sock_diag cannot be asked (socket "))
  }

  @Test("A change of the source is reported in one line; --strict ends with status 3")
  func otherSource() throws {
    let finished = try run("socket:0=16", "EPROTONOSUPPORT", ["-a", "--no-owners", "-l"])
    let lines = finished.errorText.split(separator: "\n").filter { $0.contains("sock_diag: ") }
    #expect(
      lines.count == 1 && lines[0].hasPrefix("sockinspect: warning: sock_diag: it cannot be asked (socket AF_NETLINK: ")
    )
    #expect(try run("socket:0=16", "EPERM", ["-a", "--no-owners", "--strict"]).exitStatus == 3)
    let json = try run("socket:0=16", "EPERM", ["-a", "--no-owners", "--json"])
    #expect(json.text.contains("\"source\":\"proc\"") && json.text.contains("\"subject\":\"sock_diag\""))
  }
}
