import KernelFormats
import SocketModel
import TestSupport
import Testing

@testable import Tracking

@Suite("Owners by what was observed", .timeLimited)
struct SocketTrackerOwnerTests {
  private func accept(_ script: inout Script, _ pointer: UInt64 = 2, port: UInt16 = 40000) {
    script.pass(pointer, .listen, Script.tcp(.synRecv, 80, port))
    script.pass(pointer, .synRecv, Script.tcp(.established, 80, port))
  }

  @Test("the process on the processor in an interrupt is never named")
  func interrupts() {
    var script = Script()
    // The process is `nil` in an interrupt; the record has a pid all the same.
    script.pass(1, .close, Script.tcp(.synSent, 40000))
    script.pass(1, .synSent, Script.tcp(.established))
    script.pass(1, .established, Script.tcp(.finWait1))
    #expect(script.events.allSatisfy { $0.owners.isEmpty && $0.attribution == nil })
  }

  @Test("sockets of one process have one array of owners, which is its own as soon as the process is another")
  func shared() {
    var script = Script()
    for port in [UInt16(40000), 40001] {
      script.pass(UInt64(port), .close, Script.tcp(.synSent, port), by: Script.client)
    }
    script.pass(3, .close, Script.tcp(.synSent, 40002), by: Script.server)
    let owners = script.tracker.sockets.values.sorted { $0.id < $1.id }.map(\.owners)
    #expect(owners.map { $0.map(\.pid) } == [[Script.client], [Script.client], [Script.server]])
    func address(_ owners: [EventOwner]) -> UInt { unsafe owners.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }
    #expect(address(owners[0]) == address(owners[1]) && address(owners[0]) != address(owners[2]))
    // The pid belongs to another process by now.
    script.tracker.processes.add(
      Script.client, name: Array("other".utf8), startTime: 99, namespace: Script.ownNamespace)
    script.pass(4, .close, Script.tcp(.synSent, 40003), by: Script.client)
    let starts = script.tracker.sockets.values.sorted { $0.id < $1.id }.map { $0.owners.first?.startTime }
    #expect(starts == [11, 11, 22, 99])
  }

  @Test("threads of the kernel and processes that are not known are never named", arguments: [0, 2, 30, 555, -1])
  func notProcesses(pid: Int32) throws {
    var script = Script()
    script.pass(1, .close, Script.tcp(.synSent, 40000), by: pid)
    script.wait(milliseconds: 60)
    try #require(script.events.count == 1)
    #expect(script.events[0].owners.isEmpty)
  }

  @Test("only connect, listen and the first step of closing name their process")
  func calls() {
    var script = Script()
    script.pass(1, .close, Script.tcp(.synSent, 40000))
    // Not in an interrupt, but by a process that processes the socket's backlog, or that ends the
    // connections of others.
    script.pass(1, .synSent, Script.tcp(.established), by: Script.server)
    script.pass(1, .established, Script.tcp(.close), by: Script.server)
    #expect(script.events.allSatisfy { $0.owners.isEmpty })
  }

  @Test("the process that closes is named when none was known")
  func closers() {
    var script = Script()
    accept(&script)
    script.pass(2, .established, Script.tcp(.finWait1, 80, 40000), by: Script.server)
    #expect(script.lines.last == "1 changed established fin_wait1 200 close")
    accept(&script, 3, port: 40001)
    script.pass(3, .established, Script.tcp(.closeWait, 80, 40001))
    script.pass(3, .closeWait, Script.tcp(.lastAck, 80, 40001), by: Script.server)
    #expect(script.lines.last == "2 changed close_wait last_ack 200 close")
  }

  @Test("for a listener of several processes no owner is named until the connection is closed")
  func severalOwners() {
    var script = Script(
      there: [Script.tcp(.listen, 80, cookie: 9)], owners: [[Script.server, Script.client]])
    accept(&script)
    #expect(script.events.allSatisfy { $0.owners.isEmpty })
    script.pass(2, .established, Script.tcp(.finWait1, 80, 40000), by: Script.client)
    #expect(script.lines.last == "2 changed established fin_wait1 100 close")
  }

  @Test("with several listeners on the port no owner is named, unless one process has them all")
  func severalListeners() {
    let listeners = [Script.tcp(.listen, 80, cookie: 8), Script.tcp(.listen, 80, cookie: 9)]
    var script = Script(there: listeners, owners: [[Script.server], [Script.client]])
    accept(&script)
    #expect(script.events.allSatisfy { $0.owners.isEmpty })
    var same = Script(there: listeners, owners: [[Script.server], [Script.server]])
    accept(&same)
    #expect(same.events.allSatisfy { $0.owners.map(\.pid) == [Script.server] && $0.attribution == .listener })
  }

  @Test("the listener of the address is preferred to that of all addresses")
  func exactListener() {
    let listeners = [Script.tcp(.listen, 80, address: 0, cookie: 8), Script.tcp(.listen, 80, cookie: 9)]
    var script = Script(there: listeners, owners: [[Script.client], [Script.server]])
    accept(&script)
    #expect(script.events.allSatisfy { $0.owners.map(\.pid) == [Script.server] })
  }

  @Test("a process that forks shares its listeners, until its descriptors are looked at again")
  func forks() {
    var script = Script(there: [Script.tcp(.listen, 80, cookie: 9)], owners: [[Script.server]])
    script.tracker.ingest(
      PerfRecord(time: script.now, content: .began(process: Script.server, thread: 201, parent: Script.server)))
    accept(&script)
    #expect(script.events.last?.owners.map(\.pid) == [Script.server], "a thread shares nothing")
    script.tracker.ingest(
      PerfRecord(time: script.now, content: .began(process: 201, thread: 201, parent: Script.server)))
    accept(&script, 3, port: 40001)
    #expect(script.events.last?.owners.isEmpty == true)
    script.read([Script.tcp(.listen, 80, cookie: 9)], owners: [[Script.server]])
    accept(&script, 4, port: 40002)
    #expect(script.events.last?.owners.map(\.pid) == [Script.server])
  }

  @Test("a process that forks while the descriptors are looked at shares its listeners all the same")
  func forkDuringWalk() {
    var script = Script(there: [Script.tcp(.listen, 80, cookie: 9)], owners: [[Script.server]])
    let begun = script.now
    script.now += 1000
    script.tracker.ingest(
      PerfRecord(time: script.now, content: .began(process: 201, thread: 201, parent: Script.server)))
    script.read([Script.tcp(.listen, 80, cookie: 9)], owners: [[Script.server]], begun: begun)
    accept(&script)
    #expect(script.events.last?.owners.isEmpty == true)
  }

  @Test("where some processes cannot be looked into, only the listeners of one's own user name who accepted")
  func incompleteWalk() {
    func listener(_ uid: UInt32) -> SocketRecord {
      var record = Script.tcp(.listen, 80, cookie: 9)
      record.uid = uid
      record.known.insert(.uid)
      return record
    }
    for (uid, owners) in [(1000, [Script.server]), (0, [])] as [(UInt32, [Int32])] {
      // In the first scan that shows it, and when it existed before.
      for isNew in [true, false] {
        var script = Script(tracing: false, notices: true, ownUser: 1000)
        for _ in 0..<(isNew ? 1 : 2) { script.read([listener(uid)], owners: [[Script.server]], isComplete: false) }
        script.destroyed(Script.tcp(.close, 80, 40000, cookie: 77))
        #expect(script.events.last?.kind == .closed && script.events.last?.owners.map(\.pid) == owners)
      }
    }
  }

  @Test("the child that closes a connection takes the place of the listener's process")
  func handedOn() {
    var script = Script(there: [Script.tcp(.listen, 80, cookie: 9)], owners: [[Script.server]])
    accept(&script)
    script.tracker.ingest(
      PerfRecord(time: script.now, content: .began(process: 201, thread: 201, parent: Script.server)))
    script.pass(2, .established, Script.tcp(.finWait1, 80, 40000), by: 201)
    #expect(script.lines.last == "2 changed established fin_wait1 201 close")
    #expect(script.events.last?.owners.first?.name == Array("server".utf8))
  }

  @Test("a listener of another namespace on the same port is not taken for ours, nor ours for that")
  func otherNamespace() {
    var script = Script(there: [Script.tcp(.listen, 80, cookie: 9)], owners: [[Script.server]])
    script.tracker.processes.add(300, name: Array("there".utf8), startTime: 1, namespace: 99)
    script.pass(5, .close, Script.tcp(.listen, 80), by: 300)
    // Nothing shows which of the two took this one.
    accept(&script, 2)
    #expect(script.events.suffix(2).allSatisfy { $0.owners.isEmpty })
    // Both ends of a connection over loopback are in one namespace.
    script.pass(6, .close, Script.tcp(.synSent, 40001), by: 300)
    script.pass(6, .synSent, Script.tcp(.established, 40001))
    accept(&script, 3, port: 40001)
    #expect(script.events.suffix(2).allSatisfy { $0.owners.map(\.pid) == [300] })
    script.pass(7, .close, Script.tcp(.synSent, 40002), by: Script.client)
    script.pass(7, .synSent, Script.tcp(.established, 40002))
    accept(&script, 4, port: 40002)
    #expect(script.events.suffix(2).allSatisfy { $0.owners.map(\.pid) == [Script.server] })
  }

  @Test("of connections over loopback with the same ends in two namespaces none is given to the other's listener")
  func twins() {
    var script = Script()
    let twins: [(client: Int32, server: Int32, pointer: UInt64)] = [(Script.client, Script.server, 10), (300, 400, 20)]
    for pid: Int32 in [300, 400] {
      script.tracker.processes.add(
        pid, name: Array("twin".utf8), startTime: 33, namespace: Script.otherNamespace)
    }
    for twin in twins { script.pass(twin.pointer, .close, Script.tcp(.listen, 80, 0), by: twin.server) }
    for twin in twins {
      script.pass(twin.pointer + 1, .close, Script.tcp(.synSent), by: twin.client)
      script.pass(twin.pointer + 1, .synSent, Script.tcp(.established))
      script.pass(twin.pointer + 2, .listen, Script.tcp(.synRecv, 80, 40000))
    }
    let accepted = script.events.filter { $0.to == .synRecv }
    #expect(accepted.count == 2 && accepted.first?.owners.map(\.pid) == [Script.server])
    #expect(accepted.last?.owners.allSatisfy { $0.pid == 400 } == true, "unknown, or right")
    #expect(accepted.last.map { $0.record.networkNamespace != Script.ownNamespace } == true)
  }

  @Test("an earlier listener of another namespace is kept apart from ours, until its end")
  func listenersElsewhere() {
    var script = Script(there: [Script.tcp(.listen, 80, address: 0, cookie: 9)], owners: [[Script.server]])
    script.tracker.processes.add(300, name: Array("there".utf8), startTime: 1, namespace: 99)
    var other = Script.tcp(.listen, 80, address: 0)
    other.networkNamespace = 99
    other.inode = 77
    other.known.insert(.inode)
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    snapshot.records = [other]
    script.tracker.ingest(listenersElsewhere: snapshot)
    script.pass(2, .listen, Script.tcp(.synRecv, 80, 40000, address: 0x0A00_0001, peer: 0x0A00_0002))
    #expect(script.events.last?.owners.isEmpty == true, "either may have taken it")
    script.pass(3, .listen, Script.tcp(.close, 80, address: 0), by: 300)
    #expect(script.bare.last == "2 closed listen -")
    script.pass(4, .listen, Script.tcp(.synRecv, 80, 40001, address: 0x0A00_0001, peer: 0x0A00_0002))
    #expect(script.events.last?.owners.map(\.pid) == [Script.server])
    script.read([Script.tcp(.listen, 80, address: 0, cookie: 9)])
    #expect(script.tracker.sockets.values.contains { $0.record.cookie == 9 && $0.closed == nil })
  }

  @Test("a connection over loopback whose client is of an unknown namespace is not given to our listener")
  func unplacedClient() {
    // As in a pid namespace: the process is no number here, and listeners elsewhere are not known.
    var script = Script(there: [Script.tcp(.listen, 80, cookie: 9)], owners: [[Script.server]])
    script.pass(2, .close, Script.tcp(.synSent), by: 555)
    script.pass(2, .synSent, Script.tcp(.established))
    script.pass(3, .listen, Script.tcp(.synRecv, 80, 40000))
    #expect(script.events.last?.to == .synRecv && script.events.last?.owners.isEmpty == true)
    #expect(script.events.last?.scope == .unknown && script.events.last?.record.networkNamespace == nil)
    // A client of ours is placed with its process, and so is what the listener takes.
    script.pass(4, .close, Script.tcp(.synSent, 40001), by: Script.client)
    script.pass(4, .synSent, Script.tcp(.established, 40001))
    script.pass(5, .listen, Script.tcp(.synRecv, 80, 40001))
    #expect(script.events.last?.owners.map(\.pid) == [Script.server])
  }

  @Test("descriptors take precedence over calls; what nobody has open any more keeps its owner")
  func descriptors() {
    var script = Script()
    script.pass(1, .close, Script.tcp(.synSent, 40000), by: Script.client)
    script.pass(1, .synSent, Script.tcp(.established))
    script.read([Script.tcp(.established, cookie: 5)], owners: [[Script.client, Script.server]])
    #expect(script.tracker.sockets[1]?.attribution == .descriptor)
    #expect(script.tracker.sockets[1]?.owners.map(\.descriptor) == [3, 3])
    script.read([Script.tcp(.established, cookie: 5)], owners: [[]])
    #expect(script.tracker.sockets[1]?.owners.count == 2)
  }

  @Test("a process keeps the name that it had when it acted, also after its end; its number may be used again")
  func names() {
    var script = Script()
    func record(_ content: PerfRecord.Content) -> PerfRecord { PerfRecord(time: script.now, content: content) }
    script.tracker.ingest(record(.began(process: 400, thread: 400, parent: Script.client)))
    script.pass(1, .close, Script.tcp(.synSent, 40000), by: 400)
    script.tracker.ingest(record(.name(process: 400, thread: 400, Array("worker".utf8))))
    script.tracker.ingest(record(.name(process: 400, thread: 401, Array("thread".utf8))))
    script.pass(2, .close, Script.tcp(.synSent, 40001), by: 400, thread: 401)
    script.tracker.ingest(record(.ended(process: 400, thread: 400)))
    script.pass(3, .close, Script.tcp(.synSent, 40002), by: 400)
    script.tracker.ingest(record(.began(process: 400, thread: 400, parent: Script.server)))
    script.tracker.processes.forget(at: script.now + 10_000_000_000)
    script.pass(4, .close, Script.tcp(.synSent, 40003), by: 400)
    script.wait(milliseconds: 60)
    let names = script.events.map { String(decoding: $0.owners.first?.name ?? [], as: UTF8.self) }
    #expect(names == ["client", "worker", "worker", "server"])
  }

  @Test(
    "user and program of who acts are asked for once, again when it runs another program, and not of another with its number"
  )
  func details() {
    var script = Script()
    script.tracker.processes.details = { pid in
      var info = ProcessInfo(pid: pid, name: [])
      info.startTime = pid == Script.client ? 11 : 99
      info.uid = 1000
      info.executable = Array("/bin/c".utf8)
      return info
    }
    script.pass(1, .close, Script.tcp(.synSent, 40000), by: Script.client)
    script.pass(2, .close, Script.tcp(.synSent, 40001), by: Script.server)
    script.wait(milliseconds: 60)
    #expect(script.events.map { $0.owners.first?.user } == [1000, nil])
    #expect(script.events.first?.owners.first?.executable == Array("/bin/c".utf8))
    #expect(script.events.map { $0.owners.first?.startTime } == [11, 22])
    script.tracker.processes.details = { _ in nil }
    script.pass(3, .close, Script.tcp(.synSent, 40002), by: Script.client)
    script.wait(milliseconds: 60)
    #expect(script.events.last?.owners.first?.user == 1000)
    script.tracker.ingest(
      PerfRecord(time: script.now, content: .name(process: Script.client, thread: Script.client, Array("sh".utf8))))
    script.pass(4, .close, Script.tcp(.synSent, 40003), by: Script.client)
    script.wait(milliseconds: 60)
    #expect(script.events.last?.owners.first?.user == nil)
  }

  @Test("a thread in another namespace than its process has its own")
  func threadNamespace() {
    var script = Script()
    script.tracker.ingest(PerfRecord(time: 1, content: .network(process: Script.client, thread: 101, 99)))
    script.pass(1, .close, Script.tcp(.synSent, 40000), by: Script.client, thread: 101)
    script.pass(2, .close, Script.tcp(.synSent, 40001), by: Script.client)
    script.wait(milliseconds: 60)
    #expect(script.events.map(\.record.networkNamespace) == [99, Script.ownNamespace])
    // A thread that existed before is looked up. If its namespace cannot be found, that of the
    // process is not assumed.
    script.tracker.processes.threadNamespace = { $0 == Script.client && $1 == 102 ? 98 : nil }
    script.pass(3, .close, Script.tcp(.synSent, 40002), by: Script.client, thread: 102)
    script.pass(4, .close, Script.tcp(.synSent, 40003), by: Script.client, thread: 103)
    script.wait(milliseconds: 60)
    #expect(script.events[2].record.networkNamespace == 98)
    #expect(!script.events[3].record.known.contains(.netns))
    #expect(script.tracker.sockets[1]?.scope == .other)
  }
}
