import Foundation
import Glibc
import LinuxSystem
import SocketModel
import TestSupport
import Testing

@testable import Inspection

/// A listener on a free port of 127.0.0.1.
private func listener() throws -> Descriptor {
  let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
  try #require(number >= 0)
  try #require(listen(number, 16) == 0)
  return Descriptor(owning: number)
}

/// A process `cat` with the given descriptors; it ends when the test releases it.
private final class Holder {
  let pid: Int32
  private let child: ChildProcess
  private let lifeline: LinuxSystem.Pipe

  init(_ descriptors: [(from: Int32, to: Int32)]) throws {
    lifeline = try LinuxSystem.Pipe()
    child = try ChildProcess.startUnseen(
      "/bin/cat", arguments: [Array("cat".utf8)], descriptors: [(lifeline.reading.number, 0)] + descriptors)
    pid = child.pid
    // It is `cat` by name once it has executed the program.
    _ = try eventually({ name }, until: { $0 == "cat\n" })
  }

  private var name: String {
    let bytes = try? Descriptor.open("/proc/\(pid)", for: .directory).readFile("comm")
    return String(decoding: bytes ?? [], as: UTF8.self)
  }

  deinit {
    child.signal(SIGKILL)
    _ = try? child.wait()
  }
}

/// A snapshot of the one socket that a descriptor of this process refers to, before its owners are
/// known.
private func snapshot(of descriptor: borrowing Descriptor, count: Int = 1) throws -> Snapshot {
  var record = SocketRecord(transport: .tcp, family: .ipv4, state: .listen)
  record.inode = try descriptor.status().inode
  record.known = [.inode]
  var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
  snapshot.records = Array(repeating: record, count: count)
  return snapshot
}

private func walk(
  _ snapshot: inout Snapshot, threads: Int = 2, requiredDetails: RequiredDetails = .owners,
  _ change: (inout ProcessLimits) -> Void = { _ in }
) throws {
  var limits = ProcessLimits()
  change(&limits)
  let walk = OwnerSearch(
    root: try .live(), limits: limits, requiredDetails: requiredDetails, inodes: InodeTable(snapshot.records),
    threads: threads)
  _ = ProgramStarts.undisturbed { walk.run(into: &snapshot) }
}

@Suite("The walk over the live kernel's descriptors", .timeLimited, .serialized)
struct OwnerWalkTests {
  @Test(
    "a socket shared with a child has both as owners, with names, programs, start times and users",
    arguments: [1, 2, 8])
  func shared(threads: Int) throws {
    let socket = try listener()
    let copy = try Descriptor.duplicating(socket.number)
    let holder = try Holder([(socket.number, 77)])
    let child = holder.pid
    var snapshot = try snapshot(of: socket)
    try walk(&snapshot, threads: threads, requiredDetails: .all)
    let own = [[getpid(), min(socket.number, copy.number)], [getpid(), max(socket.number, copy.number)]]
    #expect(snapshot.ownerNumbers(at: 0) == (own + [[child, 77]]).sorted { $0[0] < $1[0] })
    let process = try #require(snapshot.processes.first { $0.pid == child })
    #expect(process.name == Array("cat".utf8))
    #expect(String(decoding: process.executable ?? [], as: UTF8.self).contains("/"))
    #expect(process.uid == geteuid())
    let mine = try #require(snapshot.processes.first { $0.pid == getpid() })
    #expect((process.startTime ?? 0) >= (mine.startTime ?? .max))
    withExtendedLifetime(holder) {}
  }

  @Test("rows that share an inode each get all its owners")
  func sharedInode() throws {
    let socket = try listener()
    var snapshot = try snapshot(of: socket, count: 3)
    try walk(&snapshot)
    for row in 0..<3 { #expect(snapshot.ownerNumbers(at: row) == [[getpid(), socket.number]]) }
    #expect(snapshot.processes.count == 1)
  }

  @Test(
    "a process with many descriptors is split between threads and nothing is lost or doubled", arguments: [1, 2, 5])
  func manyDescriptors(threads: Int) throws {
    try #require(OpenFileLimit.raise(to: 16_000) >= 14_000, "needs a limit of 14,000 open files")
    let socket = try listener()
    var copies: [Int32] = []
    defer { for number in copies { close(number) } }
    for _ in 0..<10_000 { copies.append(dup(socket.number)) }
    // Holes, one of them larger than a range.
    let isHole = { (number: Int32) in number % 7 == 0 || (5000..<9500).contains(number) }
    for number in copies where isHole(number) { close(number) }
    copies.removeAll(where: isHole)
    var snapshot = try snapshot(of: socket)
    try walk(&snapshot, threads: threads) { $0.pids = [getpid()] }
    #expect(snapshot.ownerNumbers(at: 0) == ([socket.number] + copies).sorted().map { [getpid(), $0] })
  }

  @Test(
    "processes without a socket are found on demand, with parent and group"
  )
  func everyProcess() throws {
    let socket = try listener()
    let holder = try Holder([(socket.number, 50)])
    let child = holder.pid
    var snapshot = try snapshot(of: socket)
    try walk(&snapshot, requiredDetails: [.owners, .families, .processUsers]) { $0.reportsAll = true }
    #expect(snapshot.processes.map(\.pid) == snapshot.processes.map(\.pid).sorted())
    #expect(snapshot.processes.contains { $0.pid == 1 } && snapshot.processes.count > 2)
    let process = try #require(snapshot.processes.first { $0.pid == child })
    #expect(process.parent == getpid() && process.group == getpgid(child))
    for owner in snapshot.owners(at: 0) { #expect(snapshot.process(of: owner)?.pid == owner.pid) }
    // No socket at all: every process is still there.
    var empty = Snapshot(meta: SnapshotMeta(source: "proc"))
    try walk(&empty) { ($0.reportsAll, $0.pids) = (true, [child]) }
    #expect(empty.processes.map(\.pid) == [child])
    withExtendedLifetime(holder) {}
  }

  @Test("the flags of each descriptor are beside it")
  func flags() throws {
    let socket = try listener()
    let holder = try Holder([(socket.number, 50)])
    _ = fcntl(socket.number, F_SETFL, O_NONBLOCK)
    var snapshot = try snapshot(of: socket, count: 2)
    try walk(&snapshot, requiredDetails: [.owners, .descriptorFlags])
    #expect(snapshot.descriptorFlags.count == snapshot.owners.count && snapshot.owners.count == 4)
    for (owner, flags) in zip(snapshot.owners, snapshot.descriptorFlags) {
      #expect(flags & UInt32(O_ACCMODE) == UInt32(O_RDWR) && flags & UInt32(O_NONBLOCK) != 0)
      #expect((flags & UInt32(O_CLOEXEC) != 0) == (owner.pid == getpid()))
    }
    var unasked = try self.flagless(socket)
    try walk(&unasked)
    #expect(unasked.descriptorFlags.isEmpty)
    withExtendedLifetime(holder) {}
  }

  private func flagless(_ socket: borrowing Descriptor) throws -> Snapshot { try snapshot(of: socket) }

  @Test("limits on pid, user and name narrow the walk")
  func limits() throws {
    let socket = try listener()
    let holder = try Holder([(socket.number, 50)])
    let child = holder.pid
    func pids(_ change: (inout ProcessLimits) -> Void) throws -> [Int32] {
      var snapshot = try snapshot(of: socket)
      try walk(&snapshot, change)
      return snapshot.owners(at: 0).compactMap(\.pid)
    }
    #expect(try pids { $0.pids = [child] } == [child])
    #expect(try pids { $0.admits = { name, _ in name == Array("cat".utf8) } } == [child])
    #expect(try pids { $0.users = [geteuid()] }.count == 2)
    #expect(try pids { $0.users = [geteuid() + 1] } == [])
    withExtendedLifetime(holder) {}
  }

  @Test("a process that may not be read is counted once, with a remedy")
  func forbidden() throws {
    try #require(geteuid() == 0, "needs root, to give it up")
    let socket = try listener()
    let holder = try Holder([(socket.number, 50)])
    let child = holder.pid
    let before = try snapshot(of: socket)
    let snapshot = try unprivileged {
      var snapshot = before
      try walk(&snapshot, threads: 1) { $0.pids = [child, 2] }
      return snapshot
    }
    #expect(snapshot.ownerNumbers(at: 0) == [])
    #expect(snapshot.problems.map(\.kind) == [.forbidden])
    #expect(snapshot.problems.first?.count == 1)
    #expect(snapshot.problems.first?.message.contains("1 of 2") == true)
    #expect(snapshot.problems.first?.advice != nil)
    let one = try unprivileged {
      var snapshot = before
      try walk(&snapshot, threads: 1) { $0.pids = [child] }
      return snapshot
    }
    #expect(one.problems.map(\.count) == [1])
    #expect(one.problems.first?.message.contains("of process \(child) may not be read") == true)
    withExtendedLifetime(holder) {}
  }

  @Test("the descriptors of a process whose main thread has ended are found at its threads")
  func endedMainThread() throws {
    let program = """
      import ctypes, threading, os
      threading.Thread(target=lambda: os.read(0, 1)).start()
      ctypes.CDLL(None).syscall(60, 0)
      """
    #if arch(x86_64)
      let socket = try listener()
      let words = ["python3", "-c", program].map { Array($0.utf8) }
      let lifeline = try LinuxSystem.Pipe()
      let child = try ChildProcess.startUnseen(
        "/usr/bin/python3", arguments: words, descriptors: [(lifeline.reading.number, 0), (socket.number, 50)])
      defer {
        child.signal(SIGKILL)
        _ = try? child.wait()
      }
      let state = try eventually {
        let stat = try? Descriptor.open("/proc/\(child.pid)", for: .directory).readFile("stat")
        return stat.flatMap {
          String(decoding: $0, as: UTF8.self).split(separator: ")").last?.split(separator: " ").first.map(String.init)
        }
      } until: {
        $0 == "Z"
      }
      try #require(state == "Z")
      var snapshot = try snapshot(of: socket)
      try walk(&snapshot, requiredDetails: .all) { $0.pids = [child.pid] }
      #expect(snapshot.ownerNumbers(at: 0) == [[child.pid, 50]])
      // /proc/PID/exe of such a process leads nowhere; that of a thread does.
      let owner = try #require(snapshot.owners.first)
      let executable = snapshot.process(of: owner)?.executable ?? []
      #expect(String(decoding: executable, as: UTF8.self).contains("python"))
      withExtendedLifetime(lifeline) {}
    #endif
  }

  @Test("processes that come and go during the walk do no harm, and owners are always right")
  func churn() throws {
    let socket = try listener()
    // All that it starts inherit the descriptor.
    let code = "i=0; while [ $i -lt 2000 ]; do sleep 0.05; i=$((i+1)); done"
    let shell = try ChildProcess.startUnseen(
      "/bin/sh", arguments: ["sh", "-c", code].map { Array($0.utf8) }, descriptors: [(socket.number, 9)])
    defer {
      shell.signal(SIGKILL)
      _ = try? shell.wait()
    }
    var pids: Set<Int32> = []
    for _ in 0..<1000 where pids.count < 6 {
      var snapshot = try snapshot(of: socket)
      try walk(&snapshot, requiredDetails: .all)
      let owners = snapshot.ownerNumbers(at: 0)
      #expect(owners.contains([getpid(), socket.number]) && owners.contains([shell.pid, 9]))
      for owner in snapshot.owners(at: 0) { #expect(owner.descriptor == (owner.pid == getpid() ? socket.number : 9)) }
      pids.formUnion(owners.map { $0[0] })
    }
    #expect(pids.count >= 6, "four that came and went were seen")
  }
}

@Suite("The table of inodes", .timeLimited)
struct InodeTableTests {
  @Test("it finds the same as a dictionary", arguments: [0, 1, 7, 1000, 20_000])
  func againstDictionary(count: Int) {
    var generator = SeededGenerator()
    print("seed \(generator.seed)")
    var expected: [UInt64: [UInt32]] = [:]
    var records: [SocketRecord] = []
    for row in 0..<count {
      var record = SocketRecord(transport: .tcp, family: .ipv4, state: .established)
      record.inode = UInt64.random(in: 0..<UInt64(count), using: &generator) << (row % 3 == 0 ? 40 : 0)
      record.known = row % 5 == 0 ? [] : [.inode]
      records.append(record)
      if record.canHaveOwner { expected[record.inode, default: []].append(UInt32(row)) }
    }
    let table = InodeTable(records)
    #expect(table.count == expected.count)
    for (inode, rows) in expected {
      var found: [UInt32] = []
      var next = table.firstRow(of: inode)
      while let row = next {
        found.append(row)
        next = table.row(after: row)
      }
      #expect(found == rows)
    }
    #expect(table.firstRow(of: 0) == nil)
    for inode in UInt64(count)..<UInt64(count + 100) where expected[inode] == nil {
      #expect(table.firstRow(of: inode) == nil)
    }
  }
}
