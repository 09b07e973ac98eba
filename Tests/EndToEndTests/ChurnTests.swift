import Foundation
import Glibc
import Inspection
import Lesson
import LinuxSystem
import Query
import Synchronization
import TestSupport
import Testing

/// Listing while sockets open and close as fast as they can.
@Suite("Sockets that stay are listed once, with their owner, while others come and go", .timeLimited, .needsRoot)
struct ChurnTests {
  private final class Busy: Sendable {
    let end: EndSignal
    let rounds = Atomic<Int>(0)

    init() throws { end = try EndSignal() }
  }

  @Test("200 listings under churn", arguments: ["diag", "proc"])
  func churn(source: String) throws {
    try isolated {
      // 900 sockets: enough that /proc needs many reads for the table, between which rows move.
      let holder = try HolderProcess(index: 0, sockets: 900)
      let stable = try holder.sockets()
      try #require(stable.count == 900)
      let busy = try Busy()
      let failures = Mutex<[String]>([])
      parallelForEach(count: 2, threads: 2) { half in
        if half == 0 { return ChurnTests.openAndClose(busy) }
        for _ in 0..<200 {
          let found = ChurnTests.check(source, stable)
          failures.withLock { $0 += found }
        }
        busy.end.give()
      }
      let all = failures.withLock { $0 }
      #expect(all.isEmpty, "\(all.prefix(5).joined(separator: "\n"))")
      #expect(busy.rounds.load(ordering: .relaxed) > 200)
      #expect(try holder.end().exitStatus == 0)
    }
  }

  @Test(
    "UDP sockets that stay are never hidden by others that close, in the netstat view and from /proc",
    arguments: [["netstat", "-uan"], ["--source", "proc", "-u", "--no-owners"]])
  func datagramChurn(listing: [String]) throws {
    try isolated {
      // 300 sockets: some ten pages of /proc/net/udp, which the kernel continues by position.
      let stable = try (0..<300).map { _ in try BoundDatagramSocket() }
      let ports = stable.map { "127.0.0.1:\($0.port)" }
      let busy = try Busy()
      let failures = Mutex<[String]>([])
      parallelForEach(count: 2, threads: 2) { half in
        if half == 0 { return ChurnTests.bindAndClose(busy) }
        for _ in 0..<50 {
          let finished = Finished(running: Program.path, listing)
          let found = Set(finished.text.split(whereSeparator: \.isWhitespace))
          let missing = ports.filter { !found.contains(Substring($0)) }
          if !missing.isEmpty { failures.withLock { $0.append("\(missing.count) missing: \(missing.prefix(3))") } }
        }
        busy.end.give()
      }
      let all = failures.withLock { $0 }
      #expect(all.isEmpty, "\(all.count) of 50: \(all.prefix(5).joined(separator: "\n"))")
      #expect(busy.rounds.load(ordering: .relaxed) > 200)
      withExtendedLifetime(stable) {}
    }
  }

  /// Replaces UDP sockets at random places of the kernel's table until the listings are done.
  private static func bindAndClose(_ busy: Busy) {
    var held: [BoundDatagramSocket?] = Array(repeating: nil, count: 64)
    while !busy.end.wait() {
      _ = busy.rounds.wrappingAdd(1, ordering: .relaxed)
      held[Int.random(in: held.indices)] = try? BoundDatagramSocket()
    }
  }

  /// One listing; returns what is wrong with the stable sockets in it.
  private static func check(_ source: String, _ stable: [Substring: String]) -> [String] {
    let finished = Finished(running: Program.path, ["-t", "--source", source] + InodeTable.options)
    guard let table = try? InodeTable(finished) else { return ["no listing: \(finished.errorText)"] }
    var wrong: [String] = []
    for (inode, owner) in stable {
      let rows = table.owners[inode] ?? []
      if rows != [owner] { wrong.append("inode \(inode) of \(owner): \(rows)") }
    }
    return wrong
  }

  /// Opens and closes connections until the listings are done; a few of them leave TIME_WAIT
  /// behind.
  private static func openAndClose(_ busy: Busy) {
    // Leaves the processors to the listings, and still makes thousands of sockets per second.
    while true {
      let round = busy.rounds.wrappingAdd(1, ordering: .relaxed).newValue
      if busy.end.wait(atMost: round % 4 == 0 ? 1 : 0) { return }
      guard let held = try? TCPScenario.established.hold() else { continue }
      // TIME_WAIT stays for a minute: too many would make the listings slow rather than hard.
      if round % 32 != 0 { for socket in held.sockets { try? socket.descriptor.resetOnClose() } }
    }
  }
}

/// A UDP socket on a free port of 127.0.0.1 that is closed with the object.
private final class BoundDatagramSocket: Sendable {
  let port: UInt16
  private let number: Int32

  init() throws {
    number = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard number >= 0 else { throw SystemError("socket") }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let number = number
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(number, $0, length) == 0 && getsockname(number, $0, &length) == 0
      }
    }
    port = UInt16(bigEndian: address.sin_port)
    guard isBound else {
      close(number)
      throw SystemError("bind")
    }
  }

  deinit { close(number) }
}
