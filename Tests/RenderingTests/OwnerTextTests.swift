import Foundation
import SocketModel
import TestSupport
import Testing

@testable import Rendering

@Suite("Owners that are not processes", .timeLimited)
struct OwnerTextTests {
  /// Two sockets: of the kernel, and of the kernel's VXLAN interface and a process.
  private static func snapshot() -> Snapshot {
    var snapshot = Samples.unix([Array("/a".utf8), Array("/b".utf8)], process: Array("nginx".utf8))
    snapshot.interfaceNames = [7: Array("vx[1]\u{1B}".utf8)]
    snapshot.owners = [
      .kernel(nil), .kernel(nil, for: KernelSocketUser(.vxlan, interface: 7)),
      Owner(pid: 7, descriptor: 3, processIndex: 0),
    ]
    snapshot.ownerStarts = [0, 1, 3]
    return snapshot
  }

  @Test("a table shows the kernel and its interface by name, and as wide as they are")
  func table() {
    let snapshot = Self.snapshot()
    let draft = TableDraft(snapshot, style: TableStyle(columns: [.path, .owners]))
    let rows = Samples.rows(snapshot)
    let table = draft.table(draft.measure(rows))
    #expect(
      Samples.text(table.render(rows: rows)) == """
        /a    kernel
        /b    kernel vxlan vx\\x5b1]\\e, nginx[7] fd 3

        """)
  }

  @Test("JSON has null for what they lack, and CSV nothing")
  func records() throws {
    let snapshot = Self.snapshot()
    let line = JSONOutput(snapshot).render(rows: Samples.rows(snapshot)[0..<1])
    let object = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
    let owner = try #require((object["owners"] as? [[String: Any]])?.first)
    #expect(owner["name"] as? String == "kernel" && object["attribution"] is NSNull)
    for name in ["pid", "fd", "executable", "uid", "user", "start_time_s"] { #expect(owner[name] is NSNull, "\(name)") }
    let csv = CSVOutput(snapshot, columns: [.pid, .descriptor, .process, .owners])
    #expect(
      Samples.text(csv.render(rows: Samples.rows(snapshot)[0..<1])) == ",,kernel,kernel\r\n")
  }

  @Test("what a process has a socket through is shown, as wide as it is, and has members in JSON")
  func carriers() throws {
    var snapshot = Samples.unix([Array("/a".utf8), Array("/b".utf8), Array("/c".utf8)], process: Array("nginx".utf8))
    snapshot.owners = [
      Owner(pid: 7, ring: 3, slot: 0, processIndex: 0), Owner(pid: 7, ring: 3, slot: 5, processIndex: 0),
      Owner(pid: 7, thread: 17, descriptor: 4, processIndex: 0),
      Owner(pid: 7, descriptor: 9, processIndex: 0, attribution: .inFlight),
    ]
    snapshot.ownerStarts = [0, 2, 3, 4]
    let draft = TableDraft(snapshot, style: TableStyle(columns: [.owners, .path]))
    let rows = Samples.rows(snapshot)
    #expect(
      Samples.text(draft.table(draft.measure(rows)).render(rows: rows)) == """
        nginx[7] ring fd 3 slot 0,ring fd 3 slot 5  /a
        nginx[7] thread 17 fd 4                     /b
        nginx[7] in flight to fd 9?                 /c

        """)
    let members = try (0..<3).map { row in
      let line = JSONOutput(snapshot).render(rows: rows[row...row])
      let object = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
      return try #require((object["owners"] as? [[String: Any]])?.first)
    }
    #expect(members[0]["ring_fd"] as? Int == 3 && members[0]["ring_slot"] as? Int == 0 && members[0]["fd"] is NSNull)
    #expect(members[1]["thread"] as? Int == 17 && members[1]["fd"] as? Int == 4)
    #expect(members[2]["receiver_fd"] as? Int == 9 && members[2]["fd"] is NSNull)
  }

  @Test("a parent has its name before the pid, escaped, and a process with two descriptors has one")
  func parents() throws {
    var snapshot = Samples.unix([Array("/a".utf8), Array("/b".utf8)], process: Array("nginx".utf8))
    snapshot.processes[0].parent = 1
    snapshot.processes[0].parentName = Array("in[it\u{1B}".utf8)
    snapshot.processes.append(ProcessInfo(pid: 8, name: Array("other".utf8)))
    snapshot.processes[1].parent = 9
    snapshot.owners = [
      Owner(pid: 7, descriptor: 3, processIndex: 0), Owner(pid: 7, descriptor: 4, processIndex: 0),
      Owner(pid: 8, descriptor: 3, processIndex: 1), .kernel(nil),
    ]
    snapshot.ownerStarts = [0, 3, 4]
    let draft = TableDraft(snapshot, style: TableStyle(columns: [.process, .pid, .descriptor, .parent]))
    let rows = Samples.rows(snapshot)
    #expect(
      Samples.text(draft.table(draft.measure(rows)).render(rows: rows)) == #"""
        nginx,other  7,7,8  3,4,3  in\x5bit\e[1],9
        kernel       -      -      -

        """#)
    let csv = CSVOutput(snapshot, columns: [.process, .parent])
    #expect(Samples.text(csv.render(rows: rows)) == "nginx;nginx;other,1;1;9\r\nkernel,\r\n")
    let line = JSONOutput(snapshot, added: [.parent]).render(rows: rows[0...0])
    let object = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
    let owners = try #require(object["owners"] as? [[String: Any]])
    #expect(owners.map { $0["parent"] as? Int } == [1, 1, 9])
    #expect(owners[0]["parent_name"] as? String == "in[it\u{1B}" && owners[2]["parent_name"] is NSNull)
  }
}
