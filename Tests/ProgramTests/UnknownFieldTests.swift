import Foundation
import TestSupport
import Testing

@testable import CommandLine

/// Queries about fields that `/proc/net`, or a copy of it, does not have.
@Suite("What a source cannot know never counts as \"no\"", .timeLimited)
struct UnknownFieldTests {
  private static let tree = Repository.path("Fixtures/linux-6.12-x86_64")

  private func run(_ line: String) throws -> Run { try #require(try Run(programPath(), shellWords(line))) }

  @Test(
    "a query about a field that tables do not have is a warning, and status 3 under --strict",
    arguments: [
      ("accept_queue >= accept_limit", "accept_limit is"), ("rtt_us > 0", "rtt_us is"), ("mark = 5", "mark is"),
      ("mark != 5", "mark is"), ("cookie = 1f", "cookie is"), ("dev = lo", "interface is"),
      ("ipv6_only = no", "ipv6_only is"),
      ("drops > 0 and rcvbuf > 1", "drops, rcvbuf are"), ("congestion = cubic or port = 65534", "congestion is"),
      ("state bound-inactive", "state bound_inactive is"), ("autobound", "autobound is"),
      ("not autobound and mark = 5", "mark, autobound are"),
    ])
  func query(query: String, words: String) throws {
    let reported = "sockinspect: warning: \(words) not known from \(Self.tree): which sockets match is unknown"
    let plain = try run("--root '\(Self.tree)' -t '\(query)'")
    #expect(plain.status == (query.contains("!=") ? 0 : 1))
    #expect(plain.errors.split(separator: "\n").contains(Substring(reported)), "\(plain.errors)")
    #expect(plain.status == 0 || plain.errors.hasPrefix("sockinspect: no tcp socket is known to match\n"))
    #expect(try run("--strict --root '\(Self.tree)' -t '\(query)'").status == 3)
    #expect(try run("--json --root '\(Self.tree)' -t '\(query)'").output.contains("\"kind\":\"unknown\""))
  }

  @Test(
    "where the answer does not depend on what is not known, nothing is said of it",
    arguments: [
      "rtt_us > 0 and port = 65534", "transport = udp and rtt_us > 0", "rtt_us > 0 or state = *",
      "autobound and port = 65534", "netns = 5",
      "accept_limit > 5 and not state listen", "drops >= 0 and udp", "state != bound-inactive and port = 65534",
    ])
  func decided(query: String) throws {
    let line =
      "--strict --root '\(Self.tree)' '\(query.replacingOccurrences(of: "and udp", with: "and transport = udp"))'"
    let finished = try run(line)
    #expect(finished.status < 2 && !finished.errors.contains("not known"), "\(finished.errors)")
  }

  @Test(
    "that no socket matches is not said where a process that may have one could not be read",
    arguments: [
      ("process = sshd", true), ("pid = 350", true), ("process = nothing", false), ("pid = 3000 and pid != 3000", true),
      ("process = sshd and port = 65534", false),
    ])
  func owners(query: String, isUnknown: Bool) throws {
    let tree = Repository.path("Fixtures/hidepid")
    let finished = try run("--root '\(tree)' -t '\(query) and state listen'")
    #expect(finished.status == 1)
    let no = "sockinspect: no tcp socket \(isUnknown ? "is known to match" : "matches")\n"
    #expect(finished.errors.contains(no), "\(finished.errors)")
    #expect(!isUnknown || finished.errors.contains("capture again as root"), "\(finished.errors)")
  }

  @Test("the network namespace of a copy without a manifest is unknown")
  func namespace() throws {
    let table = Repository.path("Fixtures/linux-6.12-x86_64/net/tcp")
    let finished = try run("--strict --root '\(table)' 'netns = 5'")
    #expect(finished.status == 3 && finished.output.isEmpty)
    let warning = "warning: netns is not known from \(table): which sockets match is unknown\n"
    #expect(finished.errors.contains(warning), "\(finished.errors)")
  }

  @Test("an order by a field that is not known is reported")
  func order() throws {
    let finished = try run("--strict --root '\(Self.tree)' -t --sort -rtt_us,local_port")
    #expect(finished.status == 3 && !finished.output.isEmpty)
    #expect(finished.errors.contains("warning: rtt_us is not known from \(Self.tree): the order says nothing\n"))
    #expect(try run("--strict --root '\(Self.tree)' -u --sort -drops").status == 0)
  }
}
