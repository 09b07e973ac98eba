import KernelFormats
import SocketModel
import TestSupport
import Testing

@Suite("Recognising a table by its header", .timeLimited)
struct ProcNetHeaderTests {
  @Test(
    "the header of a current kernel names its table, or the first of those that share it",
    arguments: ProcNetTable.allCases)
  func current(table: ProcNetTable) {
    let expected: ProcNetTable =
      switch table {
      case .udplite: .udp
      case .udplite6, .raw6, .icmp6: .udp6
      default: table
      }
    let line = Array(header(of: table).utf8)
    #expect(ProcNetTable.recognise(header: line.span) == expected)
    #expect(ProcNetTable.recognise(header: line.span.extracting(0..<line.count - 1)) == expected)
  }

  private static let squeezed = "st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode"

  @Test(
    "headers of other kernels and copies are recognised",
    arguments: [
      // 2.6 netlink and packet.
      ("sk       Eth Pid    Groups   Rmem     Wmem     Dump     Locks", ProcNetTable.netlink),
      ("sk       RefCnt Type Proto  Iface R Rmem   User   Inode", .packet),
      // Copies that lost their blanks, or have a carriage return.
      ("sl local_address rem_address st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode", .tcp),
      ("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\r\n", .tcp),
      (
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops",
        .raw
      ),
      ("Num RefCount Protocol Flags Type St Inode Path", .unix),
      // Runs of blanks became one.
      (" sl local_address rem_address \(squeezed) \n", .tcp), ("sl local_address remote_address \(squeezed)", .tcp6),
      (" sl local_address rem_address \(squeezed) ref pointer drops \n", .udp),
      ("sl local_address rem_address \(squeezed) ref pointer drops", .udp),
      ("sl local_address remote_address \(squeezed) ref pointer drops", .udp6),
      ("", nil), (" ", nil), ("sl", nil), ("sl local_address", nil), ("sk", nil), ("Num", nil),
      ("Inter-|   Receive", nil), ("   0: 0100007F:0277 00000000:0000 0A", nil),
      (String(repeating: "sl ", count: 10000), nil),
    ] as [(String, ProcNetTable?)])
  func others(line: String, table: ProcNetTable?) {
    #expect(ProcNetTable.recognise(header: Array(line.utf8).span) == table)
  }

  @Test("udp of Linux before 2.6.27 differs from tcp by its padding alone")
  func oldUDP() {
    let words = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
    let line = Array((words + String(repeating: " ", count: 127 - words.utf8.count)).utf8)
    #expect(ProcNetTable.recognise(header: line.span) == .udp)
  }

  @Test("every table has a transport and family that lead back to it", arguments: ProcNetTable.allCases)
  func inverse(table: ProcNetTable) {
    // Both tables of SCTP have both families, so that the first stands for them.
    let found = table == .sctpAssociations ? .sctpEndpoints : table
    #expect(ProcNetTable(transport: table.transport, family: table.family) == found)
  }

  @Test("there is no table of MPTCP")
  func noTable() { #expect(ProcNetTable(transport: .mptcp, family: .ipv4) == nil) }
}
