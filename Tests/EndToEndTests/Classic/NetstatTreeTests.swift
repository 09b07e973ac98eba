import Foundation
import Glibc
import LinuxSystem
import Query
import TestSupport
import Testing
import Text

@testable import Classic
@testable import Rendering

/// Trees of which the original reads every row.
private let tablesOfKernels = [
  "linux-2.6.18-i686", "linux-2.6.32-x86_64", "linux-3.10-x86_64", "linux-4.19-x86_64", "linux-6.12-x86_64", "ipv6-off",
  "live-families", "live-tcp-states", "live-shared", "live-unprivileged", "hidepid", "pointers-32-bit-armv7l",
  "inodes-64-bit",
]

/// The same trees for both programs. The original runs in its own mount namespace, where the tree
/// is mounted over /proc; this program gets it by `--root`.
@Suite("netstat, on captured trees", .timeLimited, .needsRoot, .needs("netstat"), .needs("unshare"))
struct NetstatTreeTests {
  /// What the original prints for a tree.
  private func original(_ arguments: [String], on tree: String) throws -> ClassicComparison.Result {
    let script = "mount --bind \"$0\" /proc && exec netstat \"$@\""
    return result(Finished(running: try peer("unshare"), ["--mount", try peer("sh"), "-c", script, tree] + arguments))
  }

  private func ours(_ arguments: [String], on tree: String, byVariable: Bool = false) -> ClassicComparison.Result {
    let finished =
      byVariable
      ? Finished(running: Program.path, ["netstat"] + arguments, environment: ["SOCKINSPECT_ROOT": tree])
      : Finished(running: Program.path, ["netstat", "--root", tree] + arguments)
    return result(finished)
  }

  private func result(_ finished: Finished) -> ClassicComparison.Result {
    ClassicComparison.Result(
      status: finished.exitStatus, output: String(decoding: finished.output, as: Unicode.ASCII.self),
      errors: finished.errorText)
  }

  private func fixture(_ name: String) -> String {
    Repository.path("Fixtures/\(name)")
  }

  @Test("Tables of kernels from 2.6.18 to 6.12", arguments: tablesOfKernels)
  func trees(name: String) throws {
    let tree = fixture(name)
    // Names of addresses are looked up, but only of addresses of this machine: others may be
    // anybody's.
    try isolated {
      for line in [["-an"], ["-n"], ["-ln"], ["-aneoW"], ["-x"], ["-tuw"], ["-vn6"], ["-s"]] {
        let (theirs, ours) = (try original(line, on: tree), ours(line, on: tree))
        #expect(theirs == ours, "netstat \(line)")
      }
      let byVariable = ours(["-an"], on: tree, byVariable: true)
      #expect(ours(["-an"], on: tree).output == byVariable.output)
      // That it is a tree and not the machine is reported only when a variable names it.
      #expect(byVariable.errors.hasPrefix("netstat: reading '\(tree)'"), "\(byVariable.errors)")
    }
  }

  @Test(
    "Owners of a tree",
    // In the others a socket has several, which the original takes in the order of the file system,
    // or descriptors that were refused.
    arguments: ["linux-2.6.18-i686", "linux-3.10-x86_64", "linux-4.19-x86_64", "linux-6.12-x86_64", "ipv6-off"])
  func owners(name: String) throws {
    let tree = fixture(name)
    for line in [["-anp"], ["-tulpn"], ["-xp"], ["-anpeoW"]] {
      #expect(try original(line, on: tree) == ours(line, on: tree), "netstat \(line)")
    }
  }

  @Test("What a tree lacks about processes is reported in netstat's words")
  func refused() {
    let noted = ours(["-tnp"], on: fixture("live-unprivileged"))
    #expect(noted.errors.hasPrefix("(Not all processes could be identified") && noted.status == 0)
    #expect(ours(["-tn"], on: fixture("live-unprivileged")).errors.isEmpty)
  }

  @Test("Unix paths are masked and imitate no rows, where the original prints them raw")
  func hostilePaths() throws {
    let (theirs, ours) = (try original(["-xan"], on: fixture("live-unix")), ours(["-xan"], on: fixture("live-unix")))
    let (before, after) = (theirs.output.components(separatedBy: "\n"), ours.output.components(separatedBy: "\n"))
    // A path with a newline makes a separate row there: the same inode, and no path.
    #expect(before.count == after.count + 1)
    #expect(theirs.output.contains("\u{1B}") || theirs.output.contains("\u{FFFD}"))
    #expect(UnixTests.controls(in: Array(ours.output.utf8)).isEmpty)
    #expect(ours.output.contains("/srv/s/bad..(.31m\n") && ours.output.contains("/srv/s/bidi.gpj.exe\n"))
    let changed = differences(before, after)
    #expect(changed.count == 5, "\(changed)")
  }

  @Test("Bad, repeated and cut rows are left out and reported in the original's words")
  func damage() throws {
    let ours = ours(["-an"], on: fixture("damaged"))
    #expect(ours.status == 0 && ours.errors.contains("warning, got bogus tcp line.\n"))
    #expect(try original(["-an"], on: fixture("damaged")).errors.contains("warning, got bogus tcp line.\n"))
    #expect(UnixTests.controls(in: Array(ours.output.utf8)).isEmpty)
    // The original reads the bytes of a big-endian machine as those of a little-endian one.
    #expect(self.ours(["-an"], on: fixture("big-endian-s390x")).output.contains(" 192.0.2.33:1414 "))
  }

  @Test("The half-made end of a client that waits in connect is a row, and a tree may lack unix sockets")
  func unixOddities() throws {
    try withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder + "/net", withIntermediateDirectories: true)
      for table in ["tcp", "udp", "raw"] {
        try "".write(toFile: "\(folder)/net/\(table)", atomically: true, encoding: .utf8)
      }
      for line in [["-x"], ["-xan"], ["-lx"]] {
        let ours = ours(line, on: folder)
        #expect(try original(line, on: folder) == ours, "netstat \(line)")
        #expect(ours.status == 1 && ours.errors.contains("no support for `AF UNIX'"))
      }
      let row = "0000000000000000: 00000002 00000000 00000000 0000 04 0\n"
      let table = "Num       RefCount Protocol Flags    Type St Inode Path\n" + row
      try table.write(toFile: folder + "/net/unix", atomically: true, encoding: .utf8)
      for line in [["-xan"], ["-x"]] {
        #expect(try original(line, on: folder) == ours(line, on: folder), "netstat \(line)")
      }
      #expect(ours(["-xan"], on: folder).output.contains(" UNKNOWN    DISCONNECTING 0 "))
    }
  }

  @Test("Kinds of sockets that are not shown: nothing is said where there are none, one line where there are")
  func otherKinds() throws {
    try withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder + "/net/sctp", withIntermediateDirectories: true)
      let heading = " ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS\n"
      for table in ["tcp", "udp", "udplite", "raw", "unix", "sctp/assocs", "sctp/eps"] {
        let tcp = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
        let text =
          switch table {
          case "sctp/assocs", "sctp/eps": heading
          case "unix": "Num       RefCount Protocol Flags    Type St Inode Path\n"
          case "tcp": tcp + "\n"
          default: " \(tcp) ref pointer drops\n"
          }
        try text.write(toFile: "\(folder)/net/\(table)", atomically: true, encoding: .utf8)
      }
      for line in [["-S"], ["-Sa"], ["-n"], ["-an"], ["-lS"]] {
        #expect(try original(line, on: folder) == ours(line, on: folder), "netstat \(line)")
      }
      let row = "ffff8800 ffff8801 2   10  29   11111   0   6999 127.0.0.1\n"
      try (heading + row).write(toFile: folder + "/net/sctp/eps", atomically: true, encoding: .utf8)
      for line in [["-San"], ["-lSn"], ["-ln"]] {
        let ours = ours(line, on: folder)
        #expect(ours.status == 0 && ours.errors.hasSuffix("which are not shown: use `ss -S`\n"))
        #expect(try original(line, on: folder).output.contains("127.0.0.1:11111"))
      }
      #expect(ours(["-S"], on: folder).errors.isEmpty)
    }
  }

  @Test("A single table and standard input are read, and a root that is none ends with 1")
  func otherRoots() throws {
    let tree = fixture("linux-6.12-x86_64")
    let whole = ours(["-tan"], on: tree).output.components(separatedBy: "\n").filter { $0.hasPrefix("tcp ") }
    let table = ours(["-tan"], on: tree + "/net/tcp")
    #expect(!whole.isEmpty && table.output.components(separatedBy: "\n").filter { $0.hasPrefix("tcp") } == whole)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: tree + "/net/tcp"))
    #expect(Program.run("netstat", "-tan", "--root", "-", input: Array(bytes)).text == table.output)
    #expect(Program.run("netstat", "-tan", "--root=\(tree)/net/tcp").text == table.output)
    for root in ["/nonexistent", tree + "/version"] {
      let failed = Program.run("netstat", "--root", root)
      #expect(failed.exitStatus == 1 && failed.output.isEmpty && failed.errorText.hasPrefix("netstat: "), "\(root)")
    }
    let counters = Program.run("netstat", "-s", "--root", tree + "/net/tcp")
    #expect(counters.output.isEmpty && counters.errorText.hasPrefix("cannot open /proc/net/snmp: "))
  }

  @Test("Every counter that the original knows, and those of this kernel: all at 1 and more, at 0, and beyond 64 bits")
  func counters() throws {
    try withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder + "/net/sctp", withIntermediateDirectories: true)
      for value in [{ "\($0 + 1)" }, { _ in "0" }, { ["-1", "18446744073709551615", "99999999999999999999"][$0 % 3] }]
        as [(Int) -> String]
      {
        try CounterTree(folder).write(value)
        for line in ["-s", "-st", "-su", "-sw", "-sS", "-s6", "-s6t", "-s6u", "-s6w"] {
          #expect(try original([line], on: folder) == ours([line], on: folder), "netstat \(line)")
        }
      }
    }
  }

  @Test("Tables of counters that are cut, empty or not of their form")
  func damagedCounters() throws {
    try withFolder { folder in
      try FileManager.default.createDirectory(atPath: folder + "/net", withIntermediateDirectories: true)
      for text in [
        "", "\n", "Ip: InReceives\n", "Ip: InReceives InDelivers\nIp: 5\n", "Ip: InReceives InDelivers\nIp: 5x 7\n",
        "Tcp: A B C\nTcp: 1 - 3\n", "Ip InReceives\nIp 5\n", "Tcp: InSegs\nTcp: 1\nodd\n",
        "Odd: A\tB  C\nOdd:  1\t2   3\n",
        "Udp: InDatagrams\nUdp: 3\nIp\nIp\nTcp: InSegs\nTcp: 1\n",
      ] {
        for name in ["snmp", "netstat"] {
          try text.write(toFile: "\(folder)/net/\(name)", atomically: true, encoding: .utf8)
        }
        try "Ip6InReceives 3\nName 4\nUdp6InDatagrams\t5\n".write(
          toFile: folder + "/net/snmp6", atomically: true, encoding: .utf8)
        for line in ["-s", "-s6"] {
          #expect(try original([line], on: folder) == ours([line], on: folder), "netstat \(line) of \(text)")
        }
      }
      try FileManager.default.removeItem(atPath: folder + "/net/snmp")
      #expect(try original(["-s"], on: folder) == ours(["-s"], on: folder))
      #expect(try original(["-s6"], on: folder) == ours(["-s6"], on: folder))
      try FileManager.default.removeItem(atPath: folder + "/net/snmp6")
      #expect(try original(["-s6"], on: folder) == ours(["-s6"], on: folder))
    }
  }

  @Test("A capture holds the counters, so that -s of it is that of the machine", .needs("ip"))
  func captured() throws {
    try withFolder { folder in
      try isolated {
        for redact in [[], ["--redact"]] {
          let tree = folder + "/tree\(redact.count)"
          #expect(Finished(running: Program.path, ["capture", "-q", tree] + redact).exitStatus == 0)
          for line in ["-s", "-s6"] {
            let live = result(Finished(running: try peer("netstat"), [line]))
            #expect(ours([line], on: tree) == live)
          }
        }
      }
    }
  }
}

/// Tables of counters with every name that there is.
private struct CounterTree {
  let folder: String

  init(_ folder: String) { self.folder = folder }

  func write(_ value: (Int) -> String) throws {
    for name in ["snmp", "netstat"] {
      let lines = try String(contentsOfFile: "/proc/net/\(name)", encoding: .utf8).split(separator: "\n")
      var text = ""
      for index in stride(from: 0, to: lines.count - 1, by: 2) {
        var words = lines[index].split(separator: " ").map(String.init)
        words += known(String(words[0].dropLast())).filter { !words.contains($0) } + ["NotKnown"]
        text += words.joined(separator: " ") + "\n" + words[0]
        text += words.dropFirst().indices.map { " " + value($0) }.joined() + "\n"
      }
      try text.write(toFile: "\(folder)/net/\(name)", atomically: true, encoding: .utf8)
    }
    var names = try String(contentsOfFile: "/proc/net/snmp6", encoding: .utf8).split(separator: "\n").map {
      String($0.split { $0 == " " || $0 == "\t" }[0])
    }
    names += ["Ip6", "Icmp6", "Udp6"].flatMap { group in known(group).filter { !names.contains($0) } }
    try table(names, value).write(toFile: folder + "/net/snmp6", atomically: true, encoding: .utf8)
    try table(known("Sctp"), value).write(toFile: folder + "/net/sctp/snmp", atomically: true, encoding: .utf8)
  }

  private func known(_ group: String) -> [String] {
    (NetstatSentences.group(group)?.sentences.keys).map { $0.sorted() } ?? []
  }

  private func table(_ names: [String], _ value: (Int) -> String) -> String {
    names.enumerated().map { "\($1)                 \t\(value($0))\n" }.joined()
  }
}
