import KernelFormats
import TestSupport
import Testing

@Suite("/proc/PID files", .timeLimited)
struct ProcessFilesTests {
  private static let rest =
    " 7056 3636 0 -1 4194304 97 0 0 0 0 0 0 0 20 0 1 0 101908 3133440 382 18446744073709551615"

  @Test(
    "the name reaches from the first parenthesis to the last",
    arguments: ["cat", "a b", "a) R 1 (b", ")", "(", "((", "))", "", "\u{1B}[31m", "new\nline", "Web Content"])
  func name(name: String) throws {
    let stat = try ProcessStat(parsing: Array("4112 (\(name)) S 7055\(Self.rest)\n".utf8).span)
    #expect(stat.pid == 4112)
    #expect(stat.name == Array(name.utf8))
    #expect(stat.state == UInt8(ascii: "S"))
    #expect(stat.parent == 7055)
    #expect(stat.group == 7056)
    #expect(stat.startTime == 101_908)
  }

  @Test(
    "a thread of the kernel is known by its flag and not by its number",
    arguments: [("69238880", true), ("2097152", true), ("4194304", false), ("0", false), ("x", false)])
  func kernelThread(flags: String, isKernel: Bool) throws {
    let line = "2 (sh) S 0 0 0 0 -1 \(flags) 97 0 0 0 0 0 0 0 20 0 1 0 101908"
    let stat = try ProcessStat(parsing: Array(line.utf8).span)
    #expect(stat.isKernelThread == isKernel)
    #expect(stat.flags == UInt32(flags))
  }

  @Test("a name that is not UTF-8 is kept as it is")
  func rawName() throws {
    let bytes = Array("1 (".utf8) + [0xFF, 0x80, 0x29, 0x20] + Array(") S 0\(Self.rest)".utf8)
    #expect(try ProcessStat(parsing: bytes.span).name == [0xFF, 0x80, 0x29, 0x20])
  }

  @Test(
    "stat lines that are cut or no such lines are refused with the reason",
    arguments: [
      ("", "expected a process id"), ("x (cat) S", "expected a process id"), ("99999999999 (cat) S", "process id"),
      ("1 cat S 0", "expected a name"), ("1 )cat( S 0", "expected a name"), ("1 (cat)", "field 3"),
      ("1 (cat) S", "field 4"), ("1 (cat) S 0 x", "field 5"), ("1 (cat) S 0", "field 5"),
      ("1 (cat) S 0 1 2 3", "found 7"),
      ("1 (c) S 0 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 x", "field 22"),
      ("1 (c) S 0 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 18446744073709551616", "field 22"),
    ])
  func badStat(text: String, reason: String) {
    #expect {
      try ProcessStat(parsing: Array(text.utf8).span)
    } throws: { error in
      (error as? DecodeError)?.message.contains(reason) == true
    }
  }

  @Test("status has real and effective user, whatever the name line holds")
  func status() throws {
    // A newline in a name is escaped by the kernel: backslash and n.
    let text = "Name:\tUid:\t7\\nUid:\t7\nUmask:\t0022\nUid:\t1000\t4294967294\t0\t0\nGid:\t1\t1\t1\t1\n"
    let status = try ProcessStatus(parsing: Array(text.utf8).span)
    #expect(status.realUser == 1000)
    #expect(status.effectiveUser == 4_294_967_294)
  }

  @Test(
    "a status without user ids is refused",
    arguments: ["", "Uid:", "Uid:\t1\n", "Uid:\tx\ty\n", " Uid:\t1\t1\n", "Uid:\t-1\t0\n"])
  func badStatus(text: String) {
    #expect(throws: DecodeError.self) { try ProcessStatus(parsing: Array(text.utf8).span) }
  }

  @Test(
    "the control group is that of the unified hierarchy, or the best of the others",
    arguments: [
      ("0::/system.slice/nginx.service\n", "/system.slice/nginx.service", true),
      ("12:pids:/a\n1:name=systemd:/b\n0::/c:d\n", "/c:d", true),
      ("4:memory:/m\n9:name=systemd:/s\n1:cpu,cpuacct:/x\n", "/s", false),
      ("3:cpuset:/first\n2:cpuacct,cpu:/x\n4:memory:/m\n", "/m", false),
      ("3:cpuset:/first\n2:net_cls:/second\n", "/first", false),
      ("5::/odd\n3:cpuset:/first\n", "/odd", false),
      ("junk\n0::/user.slice (deleted)", "/user.slice (deleted)", true),
    ])
  func controlGroup(text: String, path: String, isUnified: Bool) throws {
    let group = try ProcessControlGroup(parsing: Array(text.utf8).span)
    #expect(String(decoding: group.path, as: UTF8.self) == path)
    #expect(group.isUnified == isUnified)
  }

  @Test(
    "a cgroup file without such a line is refused", arguments: ["", "\n", "0:", "0::", "0::relative", "x::/a", "0/a"])
  func badControlGroup(text: String) {
    #expect(throws: DecodeError.self) { try ProcessControlGroup(parsing: Array(text.utf8).span) }
  }

  @Test(
    "a descriptor's link names a socket in the form of any kernel, and in no other",
    arguments: [
      ("socket:[323642]", UInt64(323_642)), ("socket:[0]", 0), ("socket:[18446744073709551615]", .max),
      ("[0000]:4711", 4711), ("socket:[]", nil), ("socket:[12", nil), ("socket:[12]x", nil), ("socket:[1x]", nil),
      ("socket:[18446744073709551616]", nil), ("socket:[-1]", nil), ("pipe:[323642]", nil), ("/tmp/socket:[1]", nil),
      ("[0301]:4711", nil), ("[0000]:", nil), ("anon_inode:[eventpoll]", nil), ("", nil), ("socket:", nil),
    ] as [(String, UInt64?)])
  func socketLink(target: String, inode: UInt64?) {
    #expect(FileLink.socketInode(Array(target.utf8).span) == inode)
  }

  @Test(
    "a namespace's link names it",
    arguments: [
      ("net:[4026531833]", UInt32(4_026_531_833)), ("net:[4294967296]", nil), ("mnt:[1]", nil), ("net:[", nil),
      ("", nil),
    ] as [(String, UInt32?)])
  func namespaceLink(target: String, inode: UInt32?) {
    #expect(FileLink.networkNamespace(Array(target.utf8).span) == inode)
  }

  @Test(
    "a descriptor's flags are octal, and anything else is refused",
    arguments: [
      ("pos:\t0\nflags:\t02004002\nmnt_id:\t9\n", 0o2_004_002), ("flags:\t02", 2), ("flags: 037777777777\n", .max),
      ("flags:\t0\n", 0), ("flags:\t8\n", nil), ("flags:\n", nil), ("", nil), ("xflags:\t02\n", nil),
      ("flags:\t0100000000000\n", nil),
    ] as [(String, UInt32?)])
  func descriptorFlags(text: String, flags: UInt32?) {
    #expect((try? DescriptorInfo(parsing: Array(text.utf8).span))?.flags == flags)
  }

  @Test("/proc/stat shows when the machine booted")
  func bootTime() throws {
    let text = "cpu  1 2 3\nintr 9 0 0\nctxt 12\nbtime 1795413836\nprocesses 7\n"
    #expect(try SystemStat(parsing: Array(text.utf8).span).bootTime == 1_795_413_836)
  }

  @Test(
    "a /proc/stat without a boot time is refused", arguments: ["", "cpu 1\n", "btime \n", "btime x\n", " btime 1\n"])
  func badBootTime(text: String) {
    #expect(throws: DecodeError.self) { try SystemStat(parsing: Array(text.utf8).span) }
  }

  @Test("random bytes and cut files are decoded or refused, never a crash")
  func randomBytes() {
    let seed = SeededGenerator.newSeed
    var random = SeededGenerator(seed: seed)
    let samples = [
      "4112 (a b) S 7055\(Self.rest)", "Name:\tx\nUid:\t1\t2\t3\t4\n", "1:cpu:/a\n0::/c\n", "socket:[323642]",
      "btime 1\n", "pos:\t0\nflags:\t02\n",
    ].map { Array($0.utf8) }
    for round in 0..<2000 {
      var bytes = samples[round % samples.count]
      for _ in 0..<Int.random(in: 0...4, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0 ... .max, using: &random)
      }
      bytes.removeLast(Int.random(in: 0...bytes.count / 2, using: &random))
      let stat = try? ProcessStat(parsing: bytes.span)
      #expect(stat.map { $0.name.count < bytes.count } ?? true, "seed \(seed)")
      _ = try? ProcessStatus(parsing: bytes.span)
      _ = try? DescriptorInfo(parsing: bytes.span)
      let group = try? ProcessControlGroup(parsing: bytes.span)
      #expect(group.map { $0.path.first == 0x2F } ?? true, "seed \(seed)")
      _ = FileLink.socketInode(bytes.span)
      _ = try? SystemStat(parsing: bytes.span)
    }
  }
}

@Suite("Names of processes that the kernel cut", .timeLimited)
struct ProcessNameTests {
  @Test(
    "the whole name is that of the program or script that begins with the cut one",
    arguments: [
      ("systemd-resolve", "/usr/lib/systemd/systemd-resolved\0", "systemd-resolved"),
      ("a-long-script-n", "/usr/bin/python3\0/tmp/a-long-script-name.py\0-x\0", "a-long-script-name.py"),
      ("a-long-program-", "a-long-program-name: worker 3\0\0\0", "a-long-program-name"),
      ("a-long-program-", "/opt/a-long-program-name --path=/x/y\0", "a-long-program-name"),
      ("Web Content bla", "/x/Web Content blank\0", "Web Content blank"),
      ("systemd-resolve", "/usr/lib/systemd/systemd-resolve\0", nil), ("systemd-resolve", "", nil),
      ("systemd-resolve", "sh\0-c\0systemd-resolved\0", nil), ("short", "/bin/shorter\0", nil),
      ("systemd-resolve", "/systemd-resolve" + String(repeating: "x", count: 300) + "\0", nil),
    ] as [(String, String, String?)])
  func arguments(name: String, arguments: String, expected: String?) {
    let found = ProcessName.completed(Array(name.utf8), arguments: Array(arguments.utf8))
    #expect(found.map { String(decoding: $0, as: UTF8.self) } == expected)
  }

  @Test(
    "the program file has the whole name, even when it was removed",
    arguments: [
      ("/usr/lib/systemd/systemd-resolved", "systemd-resolved"),
      ("/usr/lib/systemd/systemd-resolved (deleted)", "systemd-resolved"), ("/usr/bin/python3.11", nil), ("", nil),
    ] as [(String, String?)])
  func executable(path: String, expected: String?) {
    let found = ProcessName.completed(Array("systemd-resolve".utf8), executable: Array(path.utf8))
    #expect(found.map { String(decoding: $0, as: UTF8.self) } == expected)
  }
}
