package import SocketModel

/// What a snapshot shows about who holds a socket.
package enum SocketHolder: Sendable, Equatable {
  /// A process that has it open.
  package typealias Process = NamedProcess

  /// Processes have it open; each is listed once, in the order of their ids.
  case processes([Process])
  /// No process can have it open: its connection has finished, or no process has accepted it yet.
  case nobody
  /// All processes were read, and none has it open.
  case noProcess
  /// Not all processes could be read, and none of those that were has it open; the socket's user,
  /// where that is known.
  case hidden(user: UInt32?)
}

/// Where the holder of a socket can be when no process is seen to have it open.
package enum UnseenHolder: Sendable, Equatable {
  /// All processes were read: the kernel has it, or it is being passed from one process to another.
  case inNoProcess
  /// This /proc does not have all processes, or there is none: nobody sees more here.
  case notInProc(Problem)
  /// Not even root could read all processes.
  case hiddenFromRoot
  /// Root may read the processes that could not be read.
  case visibleToRoot
}

/// Processes by whether a user may send them a signal.
package struct HolderProcesses: Sendable, Equatable {
  /// Those of the user; all of them for root.
  package var own: [Int32] = []
  /// Those of other users.
  package var others: [Int32] = []
}

extension Snapshot {
  /// Whether all processes were read, so that a socket without an owner is open in none.
  package var sawAllProcesses: Bool { !problems.contains(where: \.costsOnlyOwners) }

  /// Why processes were not seen that no user sees here; `nil` when /proc has all of them.
  package var lackOfProcesses: Problem? {
    problems.first { $0.cause == .forbidden(.noProc) || $0.cause == .forbidden(.nestedPIDNamespace) }
  }

  /// Who holds the socket of a row.
  package func holder(at row: Int) -> SocketHolder {
    var processes: [SocketHolder.Process] = []
    for owner in owners(at: row) {
      guard let pid = owner.pid, processes.last?.pid != pid else { continue }
      processes.append(SocketHolder.Process(pid: pid, name: name(of: owner)))
    }
    if !processes.isEmpty { return .processes(processes) }
    let record = records[row]
    guard record.canHaveOwner || !record.known.contains(.inode) else { return .nobody }
    if sawAllProcesses { return .noProcess }
    return .hidden(user: record.known.contains(.uid) ? record.uid : nil)
  }

  /// Where the unseen holders of sockets can be; `nil` when the holders of all are seen.
  ///
  /// - Parameter isRoot: whether the processes were read with all privileges.
  package func unseenHolder(of rows: [Int], isRoot: Bool) -> UnseenHolder? {
    let isUnowned = { (row: Int) in self.records[row].canHaveOwner && self.owners(at: row).isEmpty }
    guard rows.contains(where: isUnowned) else { return nil }
    if sawAllProcesses { return .inNoProcess }
    if let lack = lackOfProcesses { return .notInProc(lack) }
    return isRoot && !isOfUserNamespace ? .hiddenFromRoot : .visibleToRoot
  }

  /// Whether processes could not be read because root of a user namespace has no rights over them:
  /// root outside has.
  package var isOfUserNamespace: Bool { problems.contains { $0.remedy == .leaveUserNamespace } }

  /// The processes that hold sockets, each once, in the order of the rows.
  ///
  /// - Parameter user: who would send them a signal; 0 for root.
  package func processes(holding rows: [Int], endedBy user: UInt32) -> HolderProcesses {
    var processes = HolderProcesses()
    for row in rows {
      for owner in owners(at: row) {
        guard let pid = owner.pid, !processes.own.contains(pid), !processes.others.contains(pid) else { continue }
        let uid = process(of: owner)?.uid
        if user == 0 || uid == nil || uid == user {
          processes.own.append(pid)
        } else {
          processes.others.append(pid)
        }
      }
    }
    return processes
  }

  /// Whether the descriptor of an owner is closed when its process runs another program
  /// (`O_CLOEXEC`); `nil` when that is not known.
  func closesOnExec(owner index: Int) -> Bool? {
    guard index < descriptorFlags.count, descriptorFlags[index] != Snapshot.unknownFlags else { return nil }
    return descriptorFlags[index] & 0o2_000_000 != 0
  }

  /// How many sockets are open in no process; `nil` when not all processes were read.
  ///
  /// A connection that was closed after the tables and before the processes were read looks the
  /// same, so in a long listing only sockets without a peer count, which rarely disappear.
  package func countOpenInNoProcess(_ rows: [UInt32]) -> Int? {
    guard hasOwners, sawAllProcesses else { return nil }
    let shortListing = 10
    return rows.count { row in
      lacksOwner(at: Int(row)) && (!records[Int(row)].hasPeer || rows.count <= shortListing)
    }
  }
}
