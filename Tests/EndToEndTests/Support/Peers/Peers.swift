import Foundation
import LinuxSystem
import SocketModel
import TestSupport

@testable import sockinspect

/// A socket as another program shows it, in this program's terms.
struct PeerRow: Hashable, CustomStringConvertible {
  var transport: String
  var state: String
  var local: String
  var peer: String
  /// `PID/DESCRIPTOR` or `PID`, sorted; empty when it shows none.
  var owners: [String] = []
  /// Receive and send queue; `nil` when they are not compared.
  var queues: [String]?
  var inode: UInt64?

  var description: String {
    "\(transport) \(state) \(local) \(peer) \(owners.joined(separator: ",")) \(queues ?? []) \(inode ?? 0)"
  }
}

extension PeerRow {
  /// How this program lists a socket.
  init(_ socket: Listing.Socket, queues wantsQueues: Bool = false, inode wantsInode: Bool = false) {
    transport = socket.transport
    state = socket.state ?? "-"
    local = PeerRow.end(socket.local?.address, socket.local?.port)
    peer = PeerRow.end(socket.peer?.address, socket.peer?.port)
    owners = socket.ownerTexts.sorted()
    if wantsQueues { queues = [String(socket.recvQueue ?? 0), String(socket.sendQueue ?? 0)] }
    if wantsInode { inode = socket.inode ?? 0 }
  }

  /// The same spelling for all: the address in this program's form, and the port; `-` for none.
  static func end(_ address: String?, _ port: UInt16?) -> String {
    guard let address, let parsed = IPAddress(address) else { return "-" }
    let port = port ?? 0
    return parsed.isUnspecified && port == 0 ? "-" : "\(parsed) \(port)"
  }

  /// `[ADDRESS]:PORT`, `ADDRESS:PORT` or `*:*`, split at the last colon.
  static func end(text: Substring) -> String {
    guard let colon = text.lastIndex(of: ":") else { return "-" }
    var address = text[..<colon].filter { $0 != "[" && $0 != "]" }
    if let zone = address.firstIndex(of: "%") { address = String(address[..<zone]) }
    if address == "*" { address = "0.0.0.0" }
    return end(address, UInt16(text[text.index(after: colon)...]) ?? 0)
  }

  /// A state in any program's spelling.
  static func state(_ text: some StringProtocol) -> String { SocketState(name: String(text))?.name ?? String(text) }
}

/// The programs that tests compare with, run in the calling thread's network namespace.
enum Peers {
  /// `ss -H -tuanp`: all of TCP and UDP with queues and owners.
  static func ss(_ options: String = "-tuanp") throws -> [PeerRow] {
    let finished = Finished(running: try peer("ss"), ["-H", options])
    return finished.text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ", maxSplits: 6, omittingEmptySubsequences: true)
      guard fields.count >= 6 else { return nil }
      var row = PeerRow(
        transport: String(fields[0]), state: PeerRow.state(fields[1]), local: PeerRow.end(text: fields[4]),
        peer: PeerRow.end(text: fields[5]))
      if row.transport == "udp" { row.state = fields[1] == "ESTAB" ? "connected" : "unconnected" }
      row.queues = [String(fields[2]), String(fields[3])]
      if fields.count > 6 {
        row.owners = String(fields[6]).matches(of: #/pid=(\d+),fd=(\d+)/#).map { "\($0.1)/\($0.2)" }.sorted()
      }
      return row
    }
  }

  /// `netstat -anepW`: its TCP and UDP rows with queues, inode and the pid.
  static func netstat() throws -> [PeerRow] {
    let finished = Finished(running: try peer("netstat"), ["-anepW", "--inet", "--inet6"])
    return finished.text.split(separator: "\n").compactMap { line in
      var fields = line.split(separator: " ", omittingEmptySubsequences: true)
      guard let name = fields.first, ["tcp", "tcp6", "udp", "udp6"].contains(name) else { return nil }
      let transport = String(name.prefix(3))
      // UDP without a peer has a blank instead of the state.
      if transport == "udp", fields.count > 5, Int(fields[5]) != nil || fields[5] == "root" {
        fields.insert("unconnected", at: 5)
      }
      guard fields.count >= 9 else { return nil }
      var row = PeerRow(
        transport: transport, state: PeerRow.state(fields[5]), local: netstatEnd(fields[3]), peer: netstatEnd(fields[4])
      )
      if transport == "udp", fields[5] == "ESTABLISHED" { row.state = "connected" }
      row.queues = [String(fields[1]), String(fields[2])]
      row.inode = UInt64(fields[7])
      if let pid = fields[8].split(separator: "/").first, pid != "-" { row.owners = [String(pid)] }
      return row
    }
  }

  private static func netstatEnd(_ text: Substring) -> String { PeerRow.end(text: text) }

  /// `lsof -i -n -P -F`: the TCP and UDP descriptors of one process.
  static func lsof(pid: Int32) throws -> [PeerRow] {
    let finished = Finished(running: try peer("lsof"), ["-w", "-a", "-i", "-n", "-P", "-p", "\(pid)", "-FfPnT"])
    var rows: [PeerRow] = []
    for line in finished.text.split(separator: "\n") {
      let value = line.dropFirst()
      switch line.first {
      case "f": rows.append(PeerRow(transport: "", state: "", local: "-", peer: "-", owners: ["\(pid)/\(value)"]))
      case "P" where !rows.isEmpty: rows[rows.count - 1].transport = value.lowercased()
      case "n" where !rows.isEmpty:
        let ends = value.components(separatedBy: "->")
        rows[rows.count - 1].local = PeerRow.end(text: Substring(ends[0]))
        if ends.count > 1 { rows[rows.count - 1].peer = PeerRow.end(text: Substring(ends[1])) }
      case "T" where !rows.isEmpty && value.hasPrefix("ST="):
        rows[rows.count - 1].state = PeerRow.state(value.dropFirst(3))
      default: break
      }
    }
    return rows
  }

  /// psutil's `net_connections`.
  static func psutil() throws -> [PeerRow] {
    let script = Repository.path("Tests/EndToEndTests/psutil_connections.py")
    let finished = Finished(running: try peer("python3"), [script])
    if finished.exitStatus != 0 { throw ProgramFailure(arguments: ["psutil"], finished: finished) }
    return finished.text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ")
      guard fields.count == 8 else { return nil }
      var row = PeerRow(
        transport: String(fields[0]), state: PeerRow.state(fields[1]),
        local: PeerRow.end(String(fields[2]), UInt16(fields[3])),
        peer: PeerRow.end(String(fields[4]), UInt16(fields[5])))
      if fields[0] == "udp" { row.state = row.peer == "-" ? "unconnected" : "connected" }
      if fields[6] != "0" { row.owners = ["\(fields[6])/\(fields[7])"] }
      return row
    }
  }
}
