import Foundation
import LinuxSystem
import TestSupport
import Testing

/// Transports that a kernel need not have.
@Suite("Transports that the kernel lacks, or has without a dump", .timeLimited, .needsRoot)
struct MissingDumpTests {
  private static let optional = ["sctp", "smc", "vsock", "xdp", "tipc"]

  @Test("one that was named and cannot be listed is said to be missing, in the words of all", arguments: optional)
  func named(transport: String) throws {
    let finished = try isolated { Program.run("--\(transport)", "--no-owners") }
    if finished.errorText.contains("this kernel lists no \(transport) sockets") {
      #expect(finished.text.isEmpty && finished.exitStatus == 1)
      let strict = try isolated { Program.run("--\(transport)", "--no-owners", "--strict") }
      #expect(strict.exitStatus == 3)
    } else {
      // This kernel has it; there is no socket in a new namespace.
      #expect(finished.errorText.contains("there is no \(transport) socket") && finished.exitStatus == 1)
    }
  }

  @Test("a socket that no dump lists is shown among those of its process that are in no table", .needs("python3"))
  func unlisted() throws {
    let program = """
      sockets = [socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)]
      sockets[0].bind((0xffffffff, 1024)); sockets[0].listen()
      print('ready', flush=True)
      stay()
      """
    try isolated {
      guard let peer = try? PythonPeer(program) else { return }
      // Only where the kernel has vsock sockets and no dump of them.
      guard Program.run("--vsock", "--no-owners").errorText.contains("lists no vsock sockets") else { return }
      for arguments in [[], ["-a"], ["--vsock"]] {
        let columns = ["-H", "--columns", "transport,state,local"]
        let finished = Finished(running: Program.path, ["--pid", "\(peer.pid)"] + arguments + columns)
        #expect(finished.text.split(separator: " ") == ["vsock", "unhashed", "*:1024\n"], "\(finished.text)")
      }
    }
  }

  @Test("every transport together is silent about what the kernel lacks")
  func all() throws {
    let finished = try isolated { Program.run("-a", "--no-owners") }
    #expect(finished.errorText.isEmpty && finished.exitStatus == 0)
  }

  @Test("a capture with tables of SCTP is listed by endpoint and association, and by family")
  func captured() throws {
    try withFolder { folder in
      let endpoints = """
         ENDPT     SOCK   STY SST HBKT LPORT   UID INODE LADDRS
        0000000012345678 0000000087654321 2   10  29   3868      0 80001 192.0.2.1 198.51.100.1\u{20}
        0000000012345678 0000000087654321 2   1   31   5000   1000 80003 2001:0db8:0000:0000:0000:0000:0000:0001\u{20}

        """
      let associations = """
         ASSOC     SOCK   STY SST ST HBKT ASSOC-ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS <-> RADDRS
        00000000123 0000000087654321 2   10  4  0       1      200      100       0 80001 3868  36412  *192.0.2.1 <-> *192.0.2.7\u{20}
        00000000123 0000000087654321 2   1   3  0       3        0        0    1000 80003 5000   6000  *2001:0db8:0000:0000:0000:0000:0000:0001 <-> *2001:0db8:0000:0000:0000:0000:0000:0009\u{20}

        """
      for path in ["net", "net/sctp"] {
        try FileManager.default.createDirectory(atPath: "\(folder)/\(path)", withIntermediateDirectories: true)
      }
      try Data(endpoints.utf8).write(to: URL(fileURLWithPath: "\(folder)/net/sctp/eps"))
      try Data(associations.utf8).write(to: URL(fileURLWithPath: "\(folder)/net/sctp/assocs"))
      func rows(_ arguments: String...) -> [String] {
        let list = ["--root", folder, "--no-header", "--no-owners", "--columns", "state,local,peer"]
        return Finished(running: Program.path, list + arguments).text.split(separator: "\n").map {
          $0.split(separator: " ").joined(separator: " ")
        }
      }
      #expect(
        rows("-S") == [
          "listen 192.0.2.1:3868 -", "shutdown_pending 192.0.2.1:3868 192.0.2.7:36412",
          "established [2001:db8::1]:5000 -", "established [2001:db8::1]:5000 [2001:db8::9]:6000",
        ])
      #expect(rows("-S4").count == 2 && rows("-S6").count == 2)
      #expect(rows("-S", "--state", "shutdown-pending").count == 1 && rows("-S", "dport = 6000").count == 1)
    }
  }
}
