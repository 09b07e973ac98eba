import KernelFormats
import SocketModel

/// Calls `body` with the bytes in pieces of the size given.
func forEachPiece(of bytes: [UInt8], size: Int, _ body: (Span<UInt8>) -> Void) {
  var start = 0
  while start < bytes.count {
    let end = bytes.count - start > size ? start + size : bytes.count
    body(bytes.span.extracting(start..<end))
    start = end
  }
}

/// Decodes a whole table, in pieces of the size given.
func decodeTable(
  _ table: ProcNetTable, _ bytes: [UInt8], chunk: Int = .max, byteOrder: ByteOrder = .little, ticksPerSecond: Int = 100
) -> Snapshot {
  var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
  var decoder = ProcNetDecoder(
    table: table, path: "net/\(table.rawValue)", byteOrder: byteOrder, ticksPerSecond: ticksPerSecond)
  forEachPiece(of: bytes, size: chunk) { decoder.decode($0, into: &snapshot) }
  decoder.finish(into: &snapshot)
  return snapshot
}

/// Decodes a whole table given as text.
func decodeTable(
  _ table: ProcNetTable, _ text: String, byteOrder: ByteOrder = .little, ticksPerSecond: Int = 100
) -> Snapshot {
  decodeTable(table, Array(text.utf8), byteOrder: byteOrder, ticksPerSecond: ticksPerSecond)
}

/// Decodes one row after the table's usual header.
func decodeRow(
  _ table: ProcNetTable, _ row: String, byteOrder: ByteOrder = .little, ticksPerSecond: Int = 100
) -> (record: SocketRecord?, snapshot: Snapshot) {
  let snapshot = decodeTable(
    table, header(of: table) + row + "\n", byteOrder: byteOrder, ticksPerSecond: ticksPerSecond)
  return (snapshot.records.first, snapshot)
}

/// The header that a current kernel prints, with its newline.
func header(of table: ProcNetTable) -> String {
  let head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
  let head6 =
    "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when"
    + " retrnsmt   uid  timeout inode"
  func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.utf8.count)) + "\n"
  }
  return switch table {
  case .tcp: padded(head, 149)
  case .tcp6: head6 + "\n"
  case .udp, .udplite: padded(" " + head + " ref pointer drops", 127)
  case .icmp: padded(head + " ref pointer drops", 127)
  case .raw: head + " ref pointer drops\n"
  case .udp6, .udplite6, .raw6, .icmp6: head6 + " ref pointer drops\n"
  case .sctpEndpoints: " ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS\n"
  case .sctpAssociations:
    " ASSOC     SOCK   STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS <-> RADDRS "
      + "HBINT INS OUTS MAXRT T1X T2X RTXC wmema wmemq sndbuf rcvbuf\n"
  case .unix: "Num       RefCount Protocol Flags    Type St Inode Path\n"
  case .packet: "sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n"
  case .netlink: "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n"
  }
}

/// A snapshot's sockets and problems as one value that can be compared.
struct Outcome: Equatable {
  var records: [SocketRecord]
  var names: [[UInt8]]
  var problems: [Problem]

  init(_ snapshot: Snapshot) {
    records = snapshot.records
    names = (0..<snapshot.names.count).map { snapshot.names[$0].bytes }
    problems = snapshot.problems
  }
}
