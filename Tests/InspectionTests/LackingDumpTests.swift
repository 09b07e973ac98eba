import KernelFormats
import LinuxSystem
import SocketModel
import TestSupport
import Testing

@testable import Inspection

/// Dumps that the kernel is known to lack.
@Suite("Dumps that a scan knows to be lacking", .timeLimited)
struct LackingDumpTests {
  @Test("a kernel is not asked again for a dump that it lacks, and the tables are read in its place")
  func isNotAskedAgain() throws {
    var request = InspectionRequest()
    request.transports = [.tcp, .sctp]
    request.requiredDetails = []
    var scan = SocketScan(root: try .live(), request: request, rowFilter: RowFilter(request, keeping: nil))
    var asked = Snapshot(meta: SnapshotMeta(source: "proc"))
    let lacking = try scan.run(into: &asked)
    #expect(asked.meta.source.hasPrefix("sock_diag"))
    #expect(lacking.allSatisfy { $0.isUnsupported && $0.dump.transport == .sctp })
    // As if the kernel lacked TCP: it has it, so asking it would show.
    let all = [Transport.tcp, .sctp].flatMap { SockDiagDump.all(of: $0, families: [.ipv4, .ipv6]) }
    scan.lackingDumps = all.map { .unsupported($0, code: 2) }
    var told = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    #expect(try scan.run(into: &told) == scan.lackingDumps)
    #expect(told.meta.source == "proc" && told.fromTables.contains(.tcp) && told.lookedAt[.tcp] != nil)
  }
}
