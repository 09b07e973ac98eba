import Glibc
import Lesson
import Query
import SocketModel
import TestSupport
import Testing

/// The same sockets as ss, netstat, lsof and psutil show them. Every difference is named with its
/// reason.
@Suite("ss, netstat, lsof and psutil show the same sockets", .timeLimited, .needsRoot)
struct PeersTests {
  /// Compares until both agree, since retransmissions change queues and states while programs run
  /// one after the other.
  private func agree(
    _ ours: () throws -> [PeerRow], _ theirs: () throws -> [PeerRow]
  ) throws -> (difference: [String], count: Int) {
    try eventually(within: 30) {
      let (first, second) = try ProgramStarts.undisturbed { (try theirs(), try ours()) }
      return (differences(first, second), first.count)
    } until: { (difference: [String], _: Int) in
      difference.isEmpty
    }
  }

  @Test("ss: ends, states, queues and owners of TCP and UDP", .needs("ss"))
  func ss() throws {
    try isolated {
      let held = try HeldScenarios.tcpAndUDP()
      let result = try agree {
        // ss requests sockets that are only bound from version 6.8 on, and only with a filter for
        // their state.
        try Program.list("--source", "diag").sockets.filter { $0.state != "bound_inactive" }
          .map { PeerRow($0, queues: true) }
      } _: {
        try Peers.ss().filter { $0.state != "bound_inactive" }
      }
      #expect(result.difference.isEmpty, "\(result.difference.joined(separator: "\n"))")
      #expect(result.count == held.sightings.count { $0.state != .boundInactive })
    }
  }

  @Test("netstat: ends, states, queues, inodes and owners of TCP and UDP", .needs("netstat"))
  func netstat() throws {
    try isolated {
      let held = try HeldScenarios.tcpAndUDP()
      let result = try agree {
        try Program.list("--source", "proc").sockets.map { (socket) -> PeerRow in
          var row = PeerRow(socket, queues: true, inode: true)
          // netstat prints IPv4-mapped addresses as plain IPv4, knows one owner, and never its
          // descriptor.
          row.local = row.local.replacing("::ffff:", with: "")
          row.peer = row.peer.replacing("::ffff:", with: "")
          row.owners = row.owners.prefix(1).map { String($0.prefix { $0 != "/" }) }
          return row
        }
      } _: {
        try Peers.netstat()
      }
      #expect(result.difference.isEmpty, "\(result.difference.joined(separator: "\n"))")
      #expect(result.count == held.sightings.count { $0.state != .boundInactive })
    }
  }

  @Test("lsof: ends, states and descriptors of TCP and UDP", .needs("lsof"))
  func lsof() throws {
    try isolated {
      let held = try HeldScenarios.tcpAndUDP()
      let result = try agree {
        try Program.list("--source", "proc").sockets.filter { $0.isOurs }.map { (socket) -> PeerRow in
          var row = PeerRow(socket)
          // lsof prints IPv4-mapped addresses as plain IPv4, and no state for UDP.
          row.local = row.local.replacing("::ffff:", with: "")
          row.peer = row.peer.replacing("::ffff:", with: "")
          if row.transport == "udp" { row.state = "" }
          return row
        }
      } _: {
        try Peers.lsof(pid: getpid())
      }
      #expect(result.difference.isEmpty, "\(result.difference.joined(separator: "\n"))")
      // Sockets without a descriptor never appear in lsof, and neither do sockets that are only
      // bound.
      #expect(result.count == held.sightings.count { $0.descriptor != nil && $0.state != .boundInactive })
    }
  }

  @Test("psutil: ends, states and owners of TCP and UDP", .needsPsutil)
  func psutil() throws {
    try isolated {
      let held = try HeldScenarios.tcpAndUDP()
      let result = try agree {
        try Program.list("--source", "proc").sockets.map { PeerRow($0) }
      } _: {
        try Peers.psutil()
      }
      #expect(result.difference.isEmpty, "\(result.difference.joined(separator: "\n"))")
      #expect(result.count == held.sightings.count { $0.state != .boundInactive })
    }
  }

  @Test("The comparison sees a socket that is missing, doubled, or has another owner")
  func detector() {
    let row = PeerRow(transport: "tcp", state: "listen", local: "127.0.0.1 80", peer: "-", owners: ["1/3"])
    var other = row
    other.owners = ["2/3"]
    #expect(differences([row], []).count == 1)
    #expect(differences([row], [row, row]).count == 1)
    #expect(differences([row], [other]).count == 2)
    #expect(differences([row], [row]).isEmpty)
  }
}
