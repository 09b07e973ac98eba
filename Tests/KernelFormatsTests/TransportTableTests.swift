import KernelFormats
import SocketModel
import TestSupport
import Testing

@Suite("The tables of the transports", .timeLimited)
struct TransportTableTests {
  @Test("every table is declared by one transport, under the name of its file", arguments: ProcNetTable.allCases)
  func tables(table: ProcNetTable) {
    let declaring = Transport.allCases.filter { transport in
      transport.description.tables.contains { $0.name == table.rawValue && $0.family == table.family }
    }
    #expect(declaring == [table.transport])
    #expect(table.transport.description.families.contains(table.family))
    // Both tables of SCTP have both families.
    #expect(table.transport == .sctp || ProcNetTable(transport: table.transport, family: table.family) == table)
  }

  @Test("every table is declared")
  func count() {
    #expect(Transport.allCases.flatMap(\.description.tables).count == ProcNetTable.allCases.count)
  }
}
