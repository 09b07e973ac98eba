import SocketModel
import TestSupport
import Testing

@testable import KernelFormats

@Suite("What a capture lacks", .timeLimited)
struct CaptureGapTests {
  @Test(
    "an entry of a manifest is read as what it is about and why, and written the same",
    arguments: [
      ("net/tcp Permission denied", CaptureGap(.table(.tcp), .call("Permission denied"))),
      ("net/unix lines that are no rows are left out: 5", CaptureGap(.table(.unix), .omittedLines(5))),
      ("net/udp beyond 4096 bytes", CaptureGap(.table(.udp), .limit(bytes: 4096))),
      ("net/sctp/snmp It leads out of the folder", CaptureGap(.counters(.sctp), .call("It leads out of the folder"))),
      ("net/raw", CaptureGap(.table(.raw), nil)), ("net/route x", CaptureGap(.other("net/route"), .other("x"))),
      ("31 No such process", CaptureGap(.process(31), .call("No such process"))),
      ("sys/net/core/somaxconn x", CaptureGap(.sysctl(.acceptQueueLimit), .other("x"))),
      ("sys/x", CaptureGap(.other("sys/x"), nil)), ("31/fd", CaptureGap(.descriptors(of: 31), nil)),
      ("31/exe", CaptureGap(.other("31/exe"), nil)),
      ("-5/fd", CaptureGap(.other("-5/fd"), nil)), ("031/fd", CaptureGap(.other("031/fd"), nil)),
      ("the list of processes Permission denied", CaptureGap(.processList, .call("Permission denied"))),
      ("the list of processes", CaptureGap(.processList, nil)), ("a file", CaptureGap(.unnamed, nil)),
      ("", CaptureGap(.other(""), nil)), (" ", CaptureGap(.other(""), .other(""))),
      ("net/tcp beyond 04 bytes", CaptureGap(.table(.tcp), .other("beyond 04 bytes"))),
      (
        "net/tcp beyond 99999999999999999999 bytes",
        CaptureGap(.table(.tcp), .other("beyond 99999999999999999999 bytes"))
      ),
    ])
  func text(text: String, gap: CaptureGap) {
    #expect(CaptureGap(parsing: text) == gap && gap.text == text)
  }

  @Test("a process is refused when its folder or its descriptors could not be read")
  func refused() {
    let refused = ["300/fd Permission denied", "4 x", "3/exe x", "net/tcp x"].map {
      CaptureGap(parsing: $0).refusedProcess
    }
    #expect(refused == [300, 4, nil, nil])
  }
}
