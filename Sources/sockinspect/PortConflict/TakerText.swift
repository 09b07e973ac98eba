import LinuxSystem
import SocketModel
import Text

/// The owners of the sockets that are in the way of another one, in words.
enum TakerText {
  /// The owner of a socket that is open in no process.
  static let ownerless =
    "the kernel's own (VXLAN, WireGuard, NFS), on the way to one (SCM_RIGHTS), held by an io_uring, or hidden"

  /// Whether all processes were read, so that a socket without an owner is open in none.
  static func sawAllProcesses(_ snapshot: Snapshot) -> Bool { !snapshot.problems.contains(where: \.costsOnlyOwners) }

  /// What would show the process of a socket that has none here; for root there is no way.
  static func visibility(
    of rows: [Int], in snapshot: Snapshot, listing arguments: String, isRoot: Bool = Users.effectiveUID == 0
  ) -> [String] {
    let isUnowned = { (row: Int) in snapshot.records[row].canHaveOwner && snapshot.owners(at: row).isEmpty }
    guard rows.contains(where: isUnowned) else { return [] }
    if sawAllProcesses(snapshot) { return ["  it may be \(ownerless)"] }
    if isRoot { return ["  not even root may see the process here; it may be \(ownerless)"] }
    return ["  to see the process: sudo sockinspect \(arguments)"]
  }

  /// The processes that have a socket open.
  static func owners(of row: Int, in snapshot: Snapshot) -> String {
    let owners = snapshot.owners(at: row)
    var names: [String] = []
    for owner in owners {
      let name = "\(Escaping.text(snapshot.process(of: owner).name))[\(owner.pid)]"
      if names.last != name { names.append(name) }
    }
    if names.count > 2 { return "\(names[0]) and \(names.count - 1) more processes" }
    if !names.isEmpty { return names.joined(separator: ", ") }
    let record = snapshot.records[row]
    guard record.canHaveOwner || !record.known.contains(.inode) else { return "no process" }
    if sawAllProcesses(snapshot) { return "open in no process" }
    guard record.known.contains(.uid) else { return "process not visible" }
    let user = snapshot.userNames[record.uid].map { Escaping.text($0) } ?? "\(record.uid)"
    return "process not visible, of user \(user)"
  }

  /// The commands that end the processes: root is needed for those of other users.
  static func kills(_ rows: [Int], in snapshot: Snapshot) -> [String] {
    var mine: [Int32] = []
    var others: [Int32] = []
    let user = Users.effectiveUID
    for row in rows {
      for owner in snapshot.owners(at: row) where !mine.contains(owner.pid) && !others.contains(owner.pid) {
        let uid = snapshot.process(of: owner).uid
        if user == 0 || uid == nil || uid == user { mine.append(owner.pid) } else { others.append(owner.pid) }
      }
    }
    func line(_ command: String, _ pids: [Int32]) -> [String] {
      pids.isEmpty ? [] : ["  to stop it: \(command) \(pids.prefix(8).map { "\($0)" }.joined(separator: " "))"]
    }
    return line("kill", mine) + line("sudo kill", others)
  }
}
