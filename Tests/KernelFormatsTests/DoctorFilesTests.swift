import SocketModel
import TestSupport
import Testing

@testable import KernelFormats

/// Files that only `doctor` reads.
@Suite("Limits of processes and counts of tracked connections", .timeLimited)
struct DoctorFilesTests {
  @Test(
    "The soft limit of open files is read from its line",
    arguments: [
      ("Max open files            20000                20000                files     \n", 20000),
      ("Limit  Soft Limit  Hard Limit\nMax processes 5 6 processes\nMax open files 1024 unlimited files\n", 1024),
      ("Max open files            unlimited            unlimited            files     \n", .max),
    ] as [(String, UInt64)])
  func limits(text: String, limit: UInt64) throws {
    let file = try LimitsFile(parsing: Array(text.utf8).span)
    #expect(file.openFiles == limit)
    #expect(try LimitsFile(parsing: file.line.span) == file)
  }

  @Test(
    "What is no such file is an error", arguments: ["", "Max open files", "Max open files -1 2", "Max open file 5"])
  func noLimits(text: String) {
    let bytes = Array(text.utf8)
    #expect(throws: DecodeError.self) { try LimitsFile(parsing: bytes.span) }
  }

  @Test("The counts of all processors are added up, by the names of the first line")
  func conntrack() throws {
    let text = """
      entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error
      00000010  00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 0000000a 00000001 000000ff 0
      00000010  00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000001 00000002 00000001 0

      """
    let counts = try ConntrackCounts(parsing: Array(text.utf8).span)
    #expect(counts.insertFailed == 11 && counts.drops == 3 && counts.earlyDrops == 256)
    for bad in [
      "", "entries drop\n0 0\n", "insert_failed drop early_drop\n0 0\n", "insert_failed drop early_drop\n0 0 x\n",
    ] {
      #expect(throws: DecodeError.self) { try ConntrackCounts(parsing: Array(bad.utf8).span) }
    }
  }
}
