import Foundation
import SocketModel
import TestSupport
import Testing

@testable import Rendering

@Suite("Owners that are not processes", .timeLimited)
struct OwnerTextTests {
  /// Two sockets: of the kernel and of a control group and a process.
  private static func snapshot() -> Snapshot {
    var snapshot = Samples.unix([Array("/a".utf8), Array("/b".utf8)], process: Array("nginx".utf8))
    snapshot.cgroupPaths = [7: Array("/web[1].slice\u{1B}".utf8)]
    snapshot.owners = [
      .kernel(nil), .workload(cgroup: 7, nil), Owner(pid: 7, descriptor: 3, processIndex: 0),
    ]
    snapshot.ownerStarts = [0, 1, 3]
    return snapshot
  }

  @Test("a table shows the kernel and the control group by name, and as wide as they are")
  func table() {
    let snapshot = Self.snapshot()
    let draft = TableDraft(snapshot, style: TableStyle(columns: [.path, .owners]))
    let rows = Samples.rows(snapshot)
    let table = draft.table(draft.measure(rows))
    #expect(
      Samples.text(table.render(rows: rows)) == """
        /a    kernel
        /b    cgroup /web\\x5b1].slice\\e, nginx[7] fd 3

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
}
