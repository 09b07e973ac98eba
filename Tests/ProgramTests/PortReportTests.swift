import Inspection
import SocketModel
import TestSupport
import Testing

@testable import Lesson
@testable import sockinspect

@Suite("What runs at a port", .timeLimited)
struct PortReportTests {
  private func record(
    _ state: SocketState, _ port: UInt16, to peer: UInt16 = 0, queues: (UInt32, UInt32) = (0, 0), any: Bool = false
  ) -> SocketRecord {
    var record = SocketRecord(transport: .tcp, family: .ipv4, state: state)
    record.localBits = any ? 0 : 0x7F00_0001
    record.localPort = port
    record.remoteBits = peer == 0 ? 0 : 0x7F00_0001
    record.remotePort = peer
    (record.receiveQueue, record.sendQueue) = queues
    record.known.formUnion([.receiveQueue, .sendQueue])
    return record
  }

  private func report(
    _ records: [SocketRecord], in language: Language, port: UInt16 = 8080, width: Int = 100
  ) -> String {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    snapshot.lookedAt[.tcp] = [.ipv4]
    snapshot.records = records
    let text = ExplanationText(language: language, width: width)
    return PortReport(PortLook(port, snapshot), text).lines().joined(separator: "\n")
  }

  @Test("servers come first, and each state that occurs is explained", arguments: Language.allCases)
  func order(language: Language) throws {
    let text = report([record(.timeWait, 8080, to: 40000), record(.listen, 8080)], in: language)
    let listener = try #require(text.firstRange(of: "listen  "))
    let over = try #require(text.firstRange(of: "time_wait  "))
    #expect(listener.lowerBound < over.lowerBound)
    for state in [SocketState.listen, .timeWait] {
      #expect(text.contains(Explanation.of(.state(state), in: language).summary.prefix(20)), "\(text)")
    }
    #expect(text.contains("$ sockinspect --port 8080") && text.contains("$ sockinspect watch --port 8080"))
  }

  @Test("the report says who can reach a server, and what is unusual")
  func findings() {
    let full = record(.listen, 8080, queues: (129, 128), any: true)
    let english = report([full, record(.closeWait, 8080, to: 40000)], in: .english)
    #expect(english.contains("0.0.0.0:8080: every machine reaches it"))
    #expect(english.contains("The accept queue is full (waiting 129, limit 128"), "\(english)")
    let spanish = report([full], in: .spanish)
    #expect(spanish.contains("La cola de aceptación está llena (esperan 129, límite 128"), "\(spanish)")
    #expect(report([record(.listen, 8080)], in: .english).contains("only this machine reaches it"))
    #expect(!report([record(.listen, 8080, queues: (0, 128))], in: .english).contains("Notable"))
  }

  @Test("sockets of a kind are in the order of a listing, and no address is broken at 80 columns")
  func longAddresses() throws {
    let long = try #require(IPAddress("2001:db8:1234:5678:9abc:def0:1234:5678"))
    func connection(_ peer: UInt16) -> SocketRecord {
      var record = SocketRecord(transport: .tcp, family: .ipv6, state: .established)
      record.localBits = long.bits
      record.localPort = 8080
      record.remoteBits = long.bits
      record.remotePort = peer
      return record
    }
    let records = [connection(40003), connection(40001), record(.established, 8080, to: 50000), connection(40002)]
    let lines = report(records + [record(.listen, 8080)], in: .english, width: 80).split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 80 }, "\(lines)")
    let row = "  tcp  established  [\(long)]:8080"
    #expect(
      lines[1..<12].map(String.init) == [
        "  tcp  listen       127.0.0.1:8080  -                open in no process",
        "  tcp  established  127.0.0.1:8080  127.0.0.1:50000  open in no process",
        row, "    [\(long)]:40001", "    open in no process", row, "    [\(long)]:40002", "    open in no process",
        row, "    [\(long)]:40003", "    open in no process",
      ])
  }

  @Test("of many sockets the first are listed and the others counted")
  func many() {
    let records = (0..<20).map { record(.established, 8080, to: 40000 + UInt16($0)) }
    #expect(report(records, in: .english).contains("  and 12 more\n"))
    #expect(report(records, in: .spanish).contains("  y 12 más\n"))
    #expect(report(records, in: .english).hasPrefix(":8080: its server is gone"))
    #expect(report(records, in: .english).contains("; 19 more sockets"))
    let clients = (0..<20).map { record(.established, 40000 + UInt16($0), to: 8080) }
    #expect(report(clients, in: .english).contains("no server here; 20 sockets have it at one end"))
  }

  @Test("namespaces and processes that could not be looked into are counted", arguments: Language.allCases)
  func notAsked(language: Language) {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    snapshot.lookedAt[.tcp] = [.ipv4]
    var look = PortLook(8080, snapshot)
    look.elsewhere = ServersElsewhere.Result()
    look.elsewhere?.processesNotAsked = 7
    look.elsewhere?.hidesProcesses = true
    let text = PortReport(look, ExplanationText(language: language, width: 100)).lines().joined(separator: "\n")
    let wanted = language(
      "Processes whose network namespace may not be read: 7.", "Procesos cuyo espacio de red no se puede leer: 7.")
    #expect(text.contains(wanted), "\(text)")
    #expect(text.contains(language("are hidden (hidepid)", "están ocultos (hidepid)")), "\(text)")
  }

  @Test("where nothing uses the port, the report names the tables that were read", arguments: Language.allCases)
  func nothing(language: Language) {
    let text = report([], in: language)
    #expect(text.hasPrefix(language(":8080: nothing uses this port here", ":8080: aquí nadie usa este puerto")))
    #expect(text.contains("tcp)") && text.contains("$ sockinspect listen-demo --port 8080"))
  }

  @Test(
    "where /proc is not there, or lacks processes, that is why the owner is not seen",
    arguments: Language.allCases,
    [
      (.noProc, "mount -t proc proc /proc", "There is no /proc here", "Aquí no hay /proc"),
      (
        .nestedPIDNamespace, "docker run --pid=host", "outside of this pid namespace",
        "fuera de este espacio de pid"
      ),
    ] as [(Problem.Refusal, String, String, String)])
  func noOwners(language: Language, lack: (Problem.Refusal, String, String, String)) {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    snapshot.lookedAt[.tcp] = [.ipv4]
    snapshot.records = [record(.listen, 8080)]
    snapshot.records[0].known.insert(.inode)
    snapshot.records[0].inode = 5
    let remedy: Problem.Remedy = lack.0 == .noProc ? .mountProc : .leaveContainer
    snapshot.problems = [Problem(subject: .descriptors, cause: .forbidden(lack.0), remedy: remedy)]
    let report = PortReport(PortLook(8080, snapshot), ExplanationText(language: language)).lines()
    let text = report.joined(separator: " ").split(separator: " ").joined(separator: " ")
    #expect(text.contains(language(lack.2, lack.3)) && text.contains(lack.1), "\(text)")
    #expect(!text.contains("VXLAN") && !text.contains("sudo"), "\(text)")
  }

  @Test("where a table was not read, the report does not say that nothing uses the port", arguments: Language.allCases)
  func unknown(language: Language) {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
    snapshot.lookedAt[.tcp] = [.ipv4]
    snapshot.problems = [
      Problem(subject: .table(.tcp, path: "net/tcp6"), cause: .unreadable(.capability("CAP_NET_ADMIN")))
    ]
    let look = PortLook(8080, snapshot)
    #expect(!look.isInUse && !look.isKnown)
    let text = PortReport(look, ExplanationText(language: language)).lines().joined(separator: " ")
    #expect(text.contains(language("is not known", "no se sabe")))
    #expect(!text.contains(language("nothing uses", "nadie usa")))
  }
}
