import Foundation
import Glibc
import LinuxSystem
import TestSupport
import Testing

/// The descriptors of sockets compared with those that lsfd (util-linux) lists, which knows neither
/// tables nor dumps: it reads the links of descriptors and the kernel's names of protocols.
@Suite("Descriptors compared with lsfd", .timeLimited, .needsRoot, .needs("lsfd"), .needs("setpriv"), .needs("ip"))
struct LsfdTests {
  /// One descriptor, by its process or thread, number and inode, with the protocol.
  private struct Entry: Hashable, Comparable, CustomStringConvertible {
    let pid: String
    let descriptor: String
    let inode: String
    var transport = ""

    var description: String { "\(pid) fd \(descriptor) inode \(inode) \(transport)" }
    static func < (one: Entry, other: Entry) -> Bool { one.description < other.description }
  }

  /// The processes in the network namespace of the calling thread.
  private static func processes() throws -> Set<String> {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self/ns/net")
    let all = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int32($0) != nil }
    return Set(
      all.filter { (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\($0)/ns/net")) == own })
  }

  /// Every word in the tables of the network namespace, inodes among them.
  private static func inTables(_ comparison: ClassicComparison) throws -> Set<String> {
    let tables = ["tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "unix"].map { "/proc/net/\($0)" }
    let text = try comparison.run(["cat"] + tables).output
    return Set(text.split { " \n".contains($0) }.map(String.init))
  }

  /// The transport of a kernel's name of a protocol, as lsfd shows it.
  private static func transport(_ name: String) -> String {
    let names = [
      "TCP": "tcp", "TCPv6": "tcp", "MPTCP": "mptcp", "MPTCPv6": "mptcp", "UDP": "udp", "UDPv6": "udp",
      "UDP-Lite": "udplite", "UDPLITEv6": "udplite", "UDPLITE": "udplite", "RAW": "raw", "RAWv6": "raw",
      "PING": "icmp", "PINGv6": "icmp", "PACKET": "packet", "NETLINK": "netlink",
    ]
    return names[name] ?? (name.hasPrefix("UNIX") ? "unix" : name)
  }

  /// What lsfd lists of some processes, or of their threads.
  private static func lsfd(
    _ comparison: ClassicComparison, as user: UInt32? = nil, of pids: Set<String>, id: String = "PID"
  ) throws -> Set<Entry> {
    let words = ["lsfd", "-n", "-r", "-o", "\(id),FD,INODE,PROTONAME,PID", "-Q", "TYPE == 'SOCK'"]
    let found = try comparison.run(words + (id == "TID" ? ["-l"] : []), user)
    return Set(
      found.output.split(separator: "\n").compactMap { line in
        let cells = line.split(separator: " ").map(String.init)
        guard cells.count == 5, pids.contains(cells[4]) else { return nil }
        return Entry(pid: cells[0], descriptor: cells[1], inode: cells[2], transport: transport(cells[3]))
      })
  }

  /// What this program lists, those sockets included that are in no table.
  private static func ours(_ comparison: ClassicComparison, as user: UInt32? = nil) throws -> Set<Entry> {
    let columns = ["-a", "--csv", "-H", "--columns", "pid,fd,inode,transport,attribution"]
    let found = try comparison.run([comparison.program] + columns, user)
    var entries: Set<Entry> = []
    for line in found.output.split(whereSeparator: \.isNewline) {
      let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      // What only a thread has open lsfd lists with -l alone.
      guard cells.count == 5, cells[4] != "thread" else { continue }
      for (pid, descriptor) in zip(cells[0].split(separator: ";"), cells[1].split(separator: ";")) {
        entries.insert(
          Entry(pid: "\(pid)", descriptor: "\(descriptor)", inode: cells[2], transport: cells[3]))
      }
    }
    return entries
  }

  @Test(
    "Several hundred sockets: the same descriptors, inodes and protocols, as root and as another user",
    arguments: [0, nobody])
  func descriptors(user: UInt32) throws {
    try withClassicScenario { scenario in
      let more = try PythonPeer(
        """
        kept = [socket.socket(), socket.socket(socket.AF_INET6), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)]
        kept += [socket.socket(socket.AF_UNIX), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)]
        kept += [socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0x0300), socket.socket(socket.AF_INET, 1, 262)]
        print('ready', flush=True)
        stay()
        """)
      try withExtendedLifetime(more) {
        let comparison = ClassicComparison(original: "lsfd", program: scenario.program)
        let other = user == 0 ? nil : user
        let pids = try Self.processes()
        let theirs = try Self.lsfd(comparison, as: other, of: pids)
        let ours = try Self.ours(comparison, as: other)
        #expect(theirs.count > (user == 0 ? 300 : 10), "\(theirs.count)")
        // A connection of MPTCP and its first subflow are one descriptor.
        let differing = theirs.symmetricDifference(ours).filter { entry in
          entry.transport != "tcp"
            || !ours.contains(
              Entry(pid: entry.pid, descriptor: entry.descriptor, inode: entry.inode, transport: "mptcp"))
        }
        #expect(
          differing.isEmpty,
          "only lsfd: \(theirs.subtracting(ours).sorted()), only here: \(ours.subtracting(theirs).sorted())")
      }
    }
  }

  @Test("lsof -K lists the same descriptors as lsfd -l, of processes and of a thread apart")
  func threads() throws {
    try withClassicScenario { scenario in
      let comparison = ClassicComparison(original: "lsfd", program: scenario.program)
      let kinds: Set = ["tcp", "udp", "udplite", "unix"]
      let processes = try Self.processes()
      // As in the original lsof, a socket that no table lists is not among those with names.
      let listed = try Self.inTables(comparison)
      let theirs = try Self.lsfd(comparison, of: processes, id: "TID").filter {
        kinds.contains($0.transport) && listed.contains($0.inode)
      }
      let fields = try comparison.run([scenario.program, "lsof", "-K", "-i", "-U", "-nP", "-w", "-FpKftPdi"])
      var ours: Set<Entry> = []
      var (pid, task, descriptor, kind) = ("", "", "", "")
      for line in fields.output.split(separator: "\n") {
        let value = String(line.dropFirst())
        switch line.first {
        case "p": (pid, task) = (value, value)
        case "K": task = value
        case "f": (descriptor, kind) = (value, "")
        case "t": kind = value
        // The device of an Internet socket is its inode.
        case "d" where kind.hasPrefix("IP"): kind = "inode \(value)"
        case "P" where kind.hasPrefix("inode "):
          ours.insert(
            Entry(pid: task, descriptor: descriptor, inode: String(kind.dropFirst(6)), transport: value.lowercased()))
        case "i" where kind == "unix":
          ours.insert(Entry(pid: task, descriptor: descriptor, inode: value, transport: "unix"))
        default: break
        }
      }
      #expect(!pid.isEmpty)
      // lsfd lists a thread only where its table is not that of its process.
      let threads = Set(theirs.map(\.pid)).subtracting(processes)
      #expect(threads.count == 1 && Set(ours.map(\.pid)).subtracting(processes).count == 4, "\(threads)")
      let known = Set(theirs.map(\.pid))
      let same = ours.filter { known.contains($0.pid) }
      #expect(
        theirs == same,
        "only lsfd: \(theirs.subtracting(same).sorted()), only here: \(same.subtracting(theirs).sorted())")
    }
  }

  @Test("In a pid namespace lsfd and this program see the same processes", .needs("unshare"))
  func container() throws {
    try isolated {
      let script = """
        import os, socket, subprocess, sys
        kept = [socket.socket(socket.AF_UNIX), socket.socket()]
        s = socket.create_server(('127.0.0.1', 1234)); c = socket.create_connection(('127.0.0.1', 1234))
        a, _ = s.accept()
        for words in (['lsfd', '-nr', '-o', 'PID,FD,INODE', '-Q', "TYPE == 'SOCK'"],
                      [sys.argv[1], '-aHW', '--columns', 'pid,fd,inode', 'pid = *']):
            print(subprocess.run(words, capture_output=True, text=True).stdout + '--')
        """
      let finished = Finished(
        running: try peer("unshare"), ["-pf", "--mount-proc", try peer("python3"), "-c", script, Program.path])
      let parts = finished.text.components(separatedBy: "--\n").map { part in
        Set(part.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") })
      }
      #expect(parts.count == 3 && parts[0].count == 5 && parts[0] == parts[1], "\(finished.text)\(finished.errorText)")
    }
  }
}
