import Diagnosis
import Rendering
import SocketModel
import Text

/// The holders of sockets and the ways out of a conflict, in words.
enum HolderText {
  /// The owner of a socket that is open in no process.
  static let ownerless =
    "the kernel's own (VXLAN, WireGuard, NFS), on the way to one (SCM_RIGHTS), held by an io_uring, or hidden"

  /// How many sockets are listed one by one.
  static let shown = 6

  /// Who holds a socket.
  static func holder(at row: Int, in snapshot: Snapshot) -> String {
    switch snapshot.holder(at: row) {
    case .processes(let processes):
      let names = processes.map { "\(Escaping.text($0.name))[\($0.pid)]" }
      return names.count > 2 ? "\(names[0]) and \(names.count - 1) more processes" : names.joined(separator: ", ")
    case .nobody: return "no process"
    case .noProcess: return "open in no process"
    case .hidden(user: nil): return "process not visible"
    case .hidden(let user?):
      return "process not visible, of user \(snapshot.userNames[user].map { Escaping.text($0) } ?? "\(user)")"
    }
  }

  /// What is to be known of a holder that is not seen.
  ///
  /// - Parameter arguments: those with which the listing shows the socket.
  static func line(_ unseen: UnseenHolder, listing arguments: String) -> String {
    switch unseen {
    case .inNoProcess: "  it may be \(ownerless)"
    case .hiddenFromRoot: "  not even root may see the process here; it may be \(ownerless)"
    case .visibleToRoot: "  to see the process: sudo sockinspect \(arguments)"
    }
  }

  /// The commands that end processes.
  static func lines(_ processes: HolderProcesses) -> [String] {
    (processes.own.isEmpty ? [] : [end("kill", processes.own)])
      + (processes.others.isEmpty ? [] : [end("sudo kill", processes.others)])
  }

  private static func end(_ command: String, _ pids: [Int32]) -> String {
    "  to stop it: \(command) \(pids.prefix(8).map { "\($0)" }.joined(separator: " "))"
  }

  // MARK: A port

  /// The sockets that are in the way, as the listing shows them, with the remaining time of those that no process has open.
  static func rows(of conflict: PortConflict) -> [String] {
    let rows = conflict.holders.rows
    guard !rows.isEmpty else { return [] }
    let snapshot = conflict.snapshot
    let ends = EndText(snapshot)
    let cells = rows.prefix(shown).map { row -> [String] in
      let record = snapshot.records[row]
      let holder =
        conflict.secondsLeft(at: row).map { "no process, free in \($0) s" } ?? holder(at: row, in: snapshot)
      return [record.state.name, ends.local(record), ends.peer(record), holder]
    }
    let widths = (0..<3).map { column in cells.map { $0[column].utf8.count }.max() ?? 0 }
    var lines = cells.flatMap { cells -> [String] in
      let ends = zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.utf8.count + 2) }.joined()
      let line = "  " + ends + cells[3]
      // Two IPv6 ends and a process do not fit into one line of a terminal.
      return TextWidth.columns(line) <= 80 ? [line] : ["  " + ends.trimmingBlanks(), "    " + cells[3]]
    }
    let rest = rows.count - min(rows.count, shown)
    if rest > 0 { lines.append("  and \(rest) more: sockinspect --local-port \(conflict.port)") }
    return lines
  }

  /// One thing that can be done about a conflict.
  static func line(_ remedy: PortConflict.Remedy, port: UInt16) -> String {
    switch remedy {
    case .tryAgain: "  it is free by now: try again"
    case .nothingSeen:
      "  no socket with that port is visible: it may belong to another network namespace's view or just be gone"
    case .wait(let seconds): "  only closed connections are in the way; they are gone in \(seconds) s"
    case .reuseAddressNow: "  not to wait for them: --reuse-address"
    case .reusePortNow: "  not to wait for them: --reuse-port"
    case .reuseAddressInVain: "  --reuse-address is no help this time: the server that left them had not set it"
    case .end(let pids): end("kill", pids)
    case .endAsRoot(let pids): end("sudo kill", pids)
    case .unseen(let unseen): line(unseen, listing: "--local-port \(port)")
    case .reuseAddressBeside: "  to have it besides them: --reuse-address"
    case .share: "  to share it, as they set SO_REUSEPORT too: --reuse-port"
    case .anotherPort: "  another port: --port N; --port 0 takes any that is free"
    }
  }
}

extension String {
  fileprivate func trimmingBlanks() -> String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
