import Foundation
import Glibc
import KernelFormats
import LinuxSystem
import SocketModel
import TestSupport
import Testing

@testable import Inspection

/// A kernel that answers from a script: one list of datagrams for each request.
private struct ScriptedKernel: NetlinkTransport {
  enum Step {
    case datagram([UInt8], sender: UInt32 = 0, truncated: Bool = false)
    case failure(Int32)
  }

  let port: UInt32 = 4242
  /// Makes the answer to a request from its number, counted from 0, and its bytes.
  let answer: (Int, [UInt8]) -> [Step]
  var requests: [[UInt8]] = []
  var pending: [Step] = []

  init(_ answer: @escaping (Int, [UInt8]) -> [Step]) { self.answer = answer }

  mutating func send(_ bytes: Span<UInt8>) throws(SystemError) {
    let request = bytes.indices.map { bytes[$0] }
    pending = answer(requests.count, request)
    requests.append(request)
  }

  mutating func receive(into buffer: inout [UInt8]) throws(SystemError) -> NetlinkSocket.Datagram {
    if pending.isEmpty { throw SystemError("recvmsg", code: EAGAIN) }
    switch pending.removeFirst() {
    case .failure(let code): throw SystemError("recvmsg", code: code)
    case .datagram(let bytes, let sender, let truncated):
      for (index, byte) in bytes.enumerated() { buffer[index] = byte }
      return NetlinkSocket.Datagram(count: bytes.count, sender: sender, isTruncated: truncated)
    }
  }
}

/// The answers of a kernel to the request with these bytes.
private struct Answers {
  let sequence: [UInt8]

  init(to request: [UInt8]) { sequence = Array(request[8..<12]) }

  func message(_ type: UInt16, flags: UInt16 = 2, _ payload: [UInt8]) -> [UInt8] {
    func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] { withUnsafeBytes(of: number) { Array($0) } }
    return bytes(UInt32(16 + payload.count)) + bytes(type) + bytes(flags) + sequence + bytes(UInt32(4242)) + payload
  }

  func socket(_ cookie: UInt8, flags: UInt16 = 2) -> [UInt8] {
    var payload: [UInt8] = [2, 1, 0, 0] + Array(repeating: 0, count: 68)
    payload[44] = cookie
    return message(20, flags: flags, payload)
  }

  func done(_ code: Int32 = 0, flags: UInt16 = 2) -> [UInt8] {
    message(3, flags: flags, withUnsafeBytes(of: code) { Array($0) })
  }

  func error(_ code: Int32) -> [UInt8] { message(2, withUnsafeBytes(of: code) { Array($0) } + sequence) }
}

@Suite("Running a dump over netlink", .timeLimited)
struct SockDiagDumperTests {
  private static let interrupted: UInt16 = 0x12

  private func run(
    _ kernel: inout ScriptedKernel, filter: KernelFilter = .any, states: SocketStateSet = .all
  ) throws(SockDiagError) -> SockDiagTable {
    let dumper = SockDiagDumper(
      dump: SockDiagDump(.tcp, .ipv4), states: states, requiredDetails: [], filter: filter, netns: nil)
    return try dumper.run(over: &kernel)
  }

  @Test("sockets of all datagrams up to NLMSG_DONE are read")
  func wholeDump() throws {
    var kernel = ScriptedKernel { _, request in
      let answers = Answers(to: request)
      return [
        .datagram(answers.socket(1) + answers.socket(2)), .datagram(answers.socket(3)), .datagram(answers.done()),
      ]
    }
    let table = try run(&kernel)
    #expect(table.records.map(\.cookie) == [1, 2, 3])
    #expect(table.problems.isEmpty)
    #expect(kernel.requests.count == 1)
  }

  @Test(
    "a missing handler and one that fails are distinguished, wherever the error is",
    arguments: [
      (ENOENT, true), (EINVAL, true), (EOPNOTSUPP, true), (EPROTONOSUPPORT, true), (EPERM, false), (ENOMEM, false),
    ])
  func refusals(code: Int32, isUnsupported: Bool) {
    for inDone in [true, false] {
      var kernel = ScriptedKernel { _, request in
        let answers = Answers(to: request)
        return [.datagram(inDone ? answers.done(-code) : answers.error(-code))]
      }
      let error = #expect(throws: SockDiagError.self) { try run(&kernel) }
      #expect(error?.isUnsupported == isUnsupported)
      #expect(error?.dump == SockDiagDump(.tcp, .ipv4))
    }
  }

  @Test("a dump that was interrupted once is repeated, and the sockets of the first time are dropped")
  func interruptedOnce() throws {
    var kernel = ScriptedKernel { attempt, request in
      let answers = Answers(to: request)
      return attempt == 0
        ? [.datagram(answers.socket(1)), .datagram(answers.socket(2, flags: Self.interrupted) + answers.done())]
        : [.datagram(answers.socket(3) + answers.done())]
    }
    let table = try run(&kernel)
    #expect(table.records.map(\.cookie) == [3])
    #expect(table.problems.isEmpty)
    #expect(Set(kernel.requests.map { Array($0[8..<12]) }).count == 2, "each request has its own sequence number")
  }

  @Test("a dump that is interrupted each time is shown with a problem, after three repetitions")
  func interruptedAlways() throws {
    var kernel = ScriptedKernel { attempt, request in
      let answers = Answers(to: request)
      return [.datagram(answers.socket(UInt8(attempt + 1)) + answers.done(flags: Self.interrupted))]
    }
    let table = try run(&kernel)
    #expect(kernel.requests.count == 4)
    #expect(table.records.map(\.cookie) == [4])
    #expect(table.problems.map(\.kind) == [.interrupted])
  }

  @Test("answers to another request, from another process and empty ones are skipped")
  func foreign() throws {
    var kernel = ScriptedKernel { _, request in
      let answers = Answers(to: request)
      let other = Answers(to: Array(repeating: 0xFF, count: 16))
      return [
        .datagram(other.socket(7) + other.done()), .datagram(answers.socket(8) + answers.done(), sender: 99),
        .datagram([]),
        .datagram(answers.socket(1) + other.socket(9) + answers.done()),
      ]
    }
    #expect(try run(&kernel).records.map(\.cookie) == [1])
  }

  @Test("an endless series of foreign answers ends in an error")
  func foreignForever() {
    for sender: UInt32 in [0, 5] {
      var kernel = ScriptedKernel { _, _ in
        let other = Answers(to: Array(repeating: 0xFF, count: 16))
        return Array(repeating: .datagram(other.socket(7), sender: sender), count: 100_000)
      }
      #expect(throws: SockDiagError.foreign(SockDiagDump(.tcp, .ipv4))) { try run(&kernel) }
      #expect(kernel.pending.count > 90_000)
    }
  }

  @Test("an answer with a wrong length keeps the sockets before it, with a problem that shows the bytes")
  func lies() throws {
    var kernel = ScriptedKernel { _, request in
      let answers = Answers(to: request)
      var bad = answers.socket(3)
      bad[0] = 0
      return [
        .datagram(answers.socket(1)), .datagram(answers.socket(2) + bad + answers.socket(4)), .datagram(answers.done()),
      ]
    }
    let table = try run(&kernel)
    #expect(table.records.map(\.cookie) == [1, 2])
    #expect(table.problems.map(\.kind) == [.malformed])
    #expect(table.problems.first?.evidence.isEmpty == false)
  }

  @Test("a datagram that was longer than the buffer is a problem; what fits of it is kept")
  func truncated() throws {
    var kernel = ScriptedKernel { _, request in
      let answers = Answers(to: request)
      return [
        .datagram(answers.socket(1)), .datagram(answers.socket(2) + answers.socket(3).dropLast(20), truncated: true),
        .datagram(answers.done()),
      ]
    }
    let table = try run(&kernel)
    #expect(table.records.map(\.cookie) == [1, 2])
    #expect(table.problems.map(\.kind) == [.truncated])
  }

  @Test("a kernel that ends a dump with an error halfway leaves its sockets and a problem")
  func endedEarly() throws {
    var kernel = ScriptedKernel { _, request in
      let answers = Answers(to: request)
      return [.datagram(answers.socket(1)), .datagram(answers.done(-ENOMEM))]
    }
    let table = try run(&kernel)
    #expect(table.records.count == 1)
    #expect(table.problems.map(\.kind) == [.unreadable])
  }

  @Test("a kernel that falls silent, or a socket that fails, is an error", arguments: [EAGAIN, ENOBUFS])
  func silence(code: Int32) {
    var kernel = ScriptedKernel { _, request in [.datagram(Answers(to: request).socket(1)), .failure(code)] }
    #expect(throws: SockDiagError.failed(SockDiagDump(.tcp, .ipv4), SystemError("recvmsg", code: code))) {
      try run(&kernel)
    }
  }

  @Test(
    "a filter that the kernel refuses is asked for again without marks, then not at all", arguments: [EPERM, EINVAL])
  func refusedFilter(code: Int32) throws {
    let filter = KernelFilter.all([.localPort(80...80), .mark(value: 1, mask: 1)])
    let plain = 72
    var lengths: [Int] = []
    for acceptsFrom in 0...2 {
      var kernel = ScriptedKernel { attempt, request in
        let answers = Answers(to: request)
        return [.datagram(attempt < acceptsFrom ? answers.error(-code) : answers.socket(1) + answers.done())]
      }
      #expect(try run(&kernel, filter: filter).records.count == 1)
      #expect(kernel.requests.count == acceptsFrom + 1)
      lengths.append(try #require(kernel.requests.last).count)
    }
    #expect(lengths[0] > lengths[1] && lengths[1] > lengths[2] && lengths[2] == plain)
  }

  @Test("states that the transport does not have are not asked for")
  func noStates() throws {
    var kernel = ScriptedKernel { _, _ in [.failure(EIO)] }
    #expect(try run(&kernel, states: SocketStateSet(.connected)).records.isEmpty)
    #expect(kernel.requests.isEmpty)
  }
}

@Suite("Sockets that are dropped as they come", .timeLimited)
struct SiftedDumpTests {
  private func run(_ kernel: inout ScriptedKernel, keeping: @escaping RowTest) throws -> SockDiagTable {
    let rowFilter = RowFilter(InspectionRequest(), keeping: keeping)
    return try SockDiagDumper(
      dump: SockDiagDump(.tcp, .ipv4), states: .all, requiredDetails: [.attributes], filter: .any, netns: nil,
      rowFilter: rowFilter
    ).run(over: &kernel)
  }

  @Test("the sockets that pass are kept, each once, in order and with their own details")
  func kept() throws {
    // 3,000 sockets with marks, in datagrams of 100, each of which repeats the last socket of the
    // one before.
    var kernel = ScriptedKernel { _, request in
      let answers = Answers(to: request)
      var steps: [ScriptedKernel.Step] = []
      for first in stride(from: 1, through: 3000, by: 100) {
        steps.append(
          .datagram(
            (max(1, first - 1)..<(first + 100)).flatMap { answers.socket(cookie: UInt32($0), mark: UInt32($0)) }))
      }
      return steps + [.datagram(answers.done())]
    }
    let table = try run(&kernel) { snapshot, row in
      let mark = snapshot.detail(at: row)?.mark ?? 0
      return mark % 100 <= 1 && UInt64(mark) == snapshot.records[row].cookie
    }
    #expect(table.records.map(\.cookie) == (1...3000).filter { $0 % 100 <= 1 }.map(UInt64.init))
    #expect(table.records.map { table.details[Int($0.detailIndex)].mark } == table.records.map { UInt32($0.cookie) })
    #expect(table.details.count == table.records.count)
    // Nothing is left of those that are passed over.
    let none = try run(&kernel) { _, _ in false }
    #expect(none.records.isEmpty && none.details.isEmpty && none.details.capacity < 3000)
    var snapshot = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    none.move(into: &snapshot)
    #expect(snapshot.detailsWereReported && snapshot.marksWereReported)
  }
}

extension Answers {
  /// A socket with a cookie and a mark (`INET_DIAG_MARK`).
  fileprivate func socket(cookie: UInt32, mark: UInt32) -> [UInt8] {
    func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] { withUnsafeBytes(of: number) { Array($0) } }
    var payload: [UInt8] = [2, 1, 0, 0] + Array(repeating: 0, count: 68)
    payload.replaceSubrange(44..<48, with: bytes(cookie))
    return message(20, payload + bytes(UInt16(8)) + bytes(UInt16(15)) + bytes(mark))
  }
}
