import SocketModel

/// Joins what a source found with the rows of a snapshot: each record gets its owners, ordered by
/// process, then descriptor.
struct OwnerJoin {
  /// Which rows have a socket.
  let inodes: InodeTable
  /// Whether processes without any of the sockets are kept too.
  let keepsAllProcesses: Bool
  /// Whether the flags of descriptors are kept.
  let keepsFlags: Bool

  /// Puts the findings into the snapshot.
  func join(_ found: OwnerFindings, into snapshot: inout Snapshot) {
    snapshot.problems += found.problems
    snapshot.foundNoProcess = found.foundNoProcess
    snapshot.foundOwnedSocket = found.foundOwnedSocket
    snapshot.lockedProcesses = found.lockedProcesses
    snapshot.ownerSearchLimits = found.limits
    snapshot.interfaceNames.merge(found.interfaceNames) { $1 }
    let holdings = found.holdings.sorted { ($0.pid, $0.task, $0.from) < ($1.pid, $1.task, $1.from) }
    guard found.isKnown else {
      snapshot.ownerStarts = []
      if keepsAllProcesses { snapshot.processes += holdings.compactMap(\.info) }
      return
    }
    var starts = [UInt32](repeating: 0, count: snapshot.records.count + 1)
    for process in holdings {
      for socket in process.sockets { inodes.forEachRow(socket) { starts[$0 + 1] &+= 1 } }
    }
    for other in found.others { starts[other.row + 1] &+= 1 }
    for row in 1..<starts.count { starts[row] &+= starts[row - 1] }
    fill(holdings, found.others, starts, into: &snapshot)
    snapshot.ownerStarts = starts
  }

  private func fill(
    _ holdings: [ProcessHoldings], _ others: [(row: Int, owner: Owner)], _ starts: [UInt32],
    into snapshot: inout Snapshot
  ) {
    var places = starts
    snapshot.owners = Array(
      repeating: Owner(pid: 0, descriptor: 0, processIndex: 0), count: Int(starts[starts.count - 1]))
    if keepsFlags {
      snapshot.descriptorFlags = Array(repeating: Snapshot.unknownFlags, count: snapshot.owners.count)
    }
    var info: ProcessInfo?
    var known: Int32 = -1
    for holding in holdings {
      // Two walks may have found sockets of one process.
      if holding.info != nil, holding.info != info || known < 0 {
        info = holding.info
        known = -1
        if keepsAllProcesses, let process = info {
          known = Int32(truncatingIfNeeded: snapshot.processes.count)
          snapshot.processes.append(process)
        }
      }
      guard !holding.sockets.isEmpty, let process = info else { continue }
      if known < 0 {
        known = Int32(truncatingIfNeeded: snapshot.processes.count)
        snapshot.processes.append(process)
      }
      for socket in holding.sockets {
        let owner = Owner(holding, socket, processIndex: known)
        inodes.forEachRow(socket) { row in
          snapshot.owners[Int(places[row])] = owner
          if keepsFlags { snapshot.descriptorFlags[Int(places[row])] = socket.flags }
          places[row] &+= 1
        }
      }
    }
    for other in others {
      snapshot.owners[Int(places[other.row])] = other.owner
      places[other.row] &+= 1
    }
  }
}

extension Owner {
  /// A process with one of the sockets that it holds.
  @inline(__always)
  fileprivate init(_ holding: ProcessHoldings, _ socket: HeldSocket, processIndex: Int32) {
    switch holding.attribution {
    case .ioUring:
      self.init(pid: holding.pid, ring: socket.descriptor, slot: socket.number, processIndex: processIndex)
    case .thread:
      self.init(
        pid: holding.pid, thread: socket.number, descriptor: socket.descriptor, processIndex: processIndex)
    default:
      self.init(
        pid: holding.pid, descriptor: socket.descriptor, processIndex: processIndex, attribution: holding.attribution)
    }
  }
}

extension InodeTable {
  /// Calls `body` with each row of a socket.
  @inline(__always)
  func forEachRow(_ socket: HeldSocket, _ body: (Int) -> Void) {
    var row = socket.firstRow
    body(Int(row))
    while let next = self.row(after: row) {
      body(Int(next))
      row = next
    }
  }

  /// For each row, whether an owner was found.
  func rowsFound(in visits: [OwnerWalk.Visit], count: Int) -> [Bool] {
    var isFound = Array(repeating: false, count: count)
    for visit in visits {
      for match in visit.matches { forEachRow(match) { isFound[$0] = true } }
    }
    return isFound
  }
}
