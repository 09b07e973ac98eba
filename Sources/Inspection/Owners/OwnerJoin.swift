import KernelFormats
import LinuxSystem
package import SocketModel

extension OwnerWalk {
  /// Puts what the walk found into the snapshot's owner tables: for each record by process, then descriptor.
  func join(_ visits: [Visit], into snapshot: inout Snapshot) {
    let visits = visits.sorted { ($0.pid, $0.from) < ($1.pid, $1.from) }
    var starts = snapshot.ownerStarts
    for visit in visits {
      for match in visit.matches { forEachRow(match) { starts[$0 + 1] &+= 1 } }
    }
    for row in 1..<starts.count { starts[row] &+= starts[row - 1] }
    var places = starts
    snapshot.owners = Array(
      repeating: Owner(pid: 0, descriptor: 0, processIndex: 0), count: Int(starts[starts.count - 1]))
    let tellsFlags = demand.contains(.descriptorFlags)
    if tellsFlags {
      snapshot.descriptorFlags = Array(repeating: Snapshot.unknownFlags, count: snapshot.owners.count)
    }
    var info: ProcessInfo?
    var known: Int32 = -1
    for visit in visits {
      if visit.info != nil {
        info = visit.info
        known = -1
        if limits.tellsAll, let process = info {
          known = Int32(truncatingIfNeeded: snapshot.processes.count)
          snapshot.processes.append(process)
        }
      }
      guard !visit.matches.isEmpty, let process = info else { continue }
      if known < 0 {
        known = Int32(truncatingIfNeeded: snapshot.processes.count)
        snapshot.processes.append(process)
      }
      for match in visit.matches {
        let owner = Owner(pid: visit.pid, descriptor: match.descriptor, processIndex: known)
        forEachRow(match) { row in
          snapshot.owners[Int(places[row])] = owner
          if tellsFlags { snapshot.descriptorFlags[Int(places[row])] = match.flags }
          places[row] &+= 1
        }
      }
    }
    snapshot.ownerStarts = starts
  }

  @inline(__always)
  func forEachRow(_ match: Match, _ body: (Int) -> Void) {
    var row = match.firstRow
    body(Int(row))
    while let next = inodes.row(after: row) {
      body(Int(next))
      row = next
    }
  }

  /// Of each row, whether an owner was found.
  func rowsFound(in visits: [Visit], count: Int) -> [Bool] {
    var isFound = Array(repeating: false, count: count)
    for visit in visits {
      for match in visit.matches { forEachRow(match) { isFound[$0] = true } }
    }
    return isFound
  }

  /// Says once how many processes may not be read and how many could not, and what would help.
  package func report(_ visits: [Visit], of pids: [Int32], into snapshot: inout Snapshot) {
    report(failures: visits.filter { $0.failure != nil }, of: pids, into: &snapshot)
    let forbidden = Set(visits.lazy.filter(\.isForbidden).map(\.pid)).count
    let isHiding = hidesProcesses(pids)
    guard forbidden > 0 || isHiding else { return reportNesting(into: &snapshot) }
    snapshot.problems.append(
      Problem(
        subject: .descriptors,
        cause: .forbidden(.processes(count: forbidden, of: pids.count, hidesOthers: isHiding)), remedy: remedy))
  }

  /// Says how many processes could not be read though that is permitted, with the first failure.
  private func report(failures: [Visit], of pids: [Int32], into snapshot: inout Snapshot) {
    guard let error = failures.min(by: { $0.pid < $1.pid })?.failure else { return }
    let count = Set(failures.lazy.map(\.pid)).count
    var remedy: Problem.Remedy?
    if error.isOutOfDescriptors { remedy = error.code == Self.systemLimit ? .freeMachineFiles : .allowMoreFiles }
    snapshot.problems.append(
      Problem(
        subject: .descriptors,
        cause: .unreadable(.processes(count: count, of: pids.count, CallFailure(error))), remedy: remedy))
  }

  /// Leaves the owners unknown, where there are no processes to look at: a tree of tables, a single
  /// one. Anyone who lists the table of a router knows that; it is a problem only when processes
  /// were asked for.
  func reportNoProcesses(into snapshot: inout Snapshot) {
    snapshot.ownerStarts = []
    guard !limits.isUnlimited || limits.tellsAll else { return }
    snapshot.problems.append(
      Problem(
        subject: .descriptors, cause: .missing(.processes(root: root.path)), remedy: .captureAsRoot))
  }

  /// Says that a tree was copied without the descriptors of its processes. Without any of them the
  /// owners are not known, because they could not be looked for.
  package func report(lacking visits: [Visit], into snapshot: inout Snapshot) {
    let count = visits.count { $0.lacksDescriptors }
    guard count > 0 else { return }
    let knowsNone = !visits.contains { $0.hasDescriptor }
    if knowsNone {
      snapshot.owners = []
      snapshot.descriptorFlags = []
      snapshot.ownerStarts = []
    }
    snapshot.problems.append(
      Problem(
        subject: .descriptors,
        cause: .missing(.descriptors(count: knowsNone ? nil : count, of: visits.count, root: root.path)),
        remedy: .captureAsRoot))
  }

  /// The corresponding C constant is `ENFILE`.
  private static let systemLimit: Int32 = 23

  /// Says that there is no /proc to look for owners in.
  func reportAbsence(into snapshot: inout Snapshot) {
    snapshot.ownerStarts = []
    snapshot.problems.append(
      Problem(subject: .descriptors, cause: .forbidden(.noProc), remedy: .mountProc))
  }

  /// Says that a container's /proc has only its own processes, when a socket may belong to one of the others.
  private func reportNesting(into snapshot: inout Snapshot) {
    guard limits.isUnlimited, root.isOfNestedProcesses else { return }
    guard snapshot.records.indices.contains(where: { snapshot.lacksOwner(at: $0) }) else { return }
    snapshot.problems.append(
      Problem(subject: .descriptors, cause: .forbidden(.nestedPIDNamespace), remedy: .leaveContainer))
  }

  private var remedy: Problem.Remedy {
    if root.shape != .live { return .captureAsRoot }
    return Users.effectiveUID == 0 ? .grantPtrace : .runAsRoot(.owners)
  }

  /// Whether /proc leaves processes out: process 1, which always exists, is not among them.
  func hidesProcesses(_ pids: [Int32]) -> Bool {
    root.shape == .live && limits.pids == nil && Users.effectiveUID != 0 && pids.first != 1
  }
}
