import KernelFormats
import LinuxSystem
import SocketModel

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
  func report(_ visits: [Visit], of pids: [Int32], into snapshot: inout Snapshot) {
    report(failures: visits.filter { $0.failure != nil }, of: pids, into: &snapshot)
    let forbidden = Set(visits.lazy.filter(\.isForbidden).map(\.pid)).count
    let isHiding = hidesProcesses(pids)
    guard forbidden > 0 || isHiding else { return reportNesting(into: &snapshot) }
    var message = "the descriptors of \(forbidden) of \(pids.count) processes may not be read: sockets may lack owners"
    if isHiding {
      message =
        forbidden == 0
        ? "processes of other users are hidden (/proc is mounted with hidepid): sockets may lack owners"
        : message + "; processes of other users are hidden besides (hidepid)"
    }
    snapshot.problems.append(
      Problem(
        .forbidden, subject: Problem.descriptors, count: forbidden, message: message, advice: advice))
  }

  /// Says how many processes could not be read though that is permitted, with the first failure.
  private func report(failures: [Visit], of pids: [Int32], into snapshot: inout Snapshot) {
    guard let error = failures.min(by: { $0.pid < $1.pid })?.failure else { return }
    let count = Set(failures.lazy.map(\.pid)).count
    var problem = Problem(
      .unreadable, subject: Problem.descriptors,
      message: "\(count) of \(pids.count) could not be read (\(error)): sockets may lack owners")
    if error.isOutOfDescriptors {
      problem.advice =
        error.code == Self.systemLimit
        ? "the machine has no more open files: sysctl fs.file-nr fs.file-max" : "allow more open files: ulimit -n 4096"
    }
    snapshot.problems.append(problem)
  }

  /// Leaves the owners unknown, where there are no processes to look at: a tree of tables, a single
  /// one. Anyone who lists the table of a router knows that; it is a problem only when processes
  /// were asked for.
  func reportNoProcesses(into snapshot: inout Snapshot) {
    snapshot.ownerStarts = []
    guard !limits.isUnlimited || limits.tellsAll else { return }
    snapshot.problems.append(
      Problem(
        .missing, subject: Problem.descriptors,
        message: "\(root.path == "-" ? "standard input" : root.path) has no processes, so owners are not known",
        advice: Self.captureAdvice))
  }

  /// Says that a tree was copied without the descriptors of its processes. Without any of them the
  /// owners are not known, because they could not be looked for.
  func report(lacking visits: [Visit], into snapshot: inout Snapshot) {
    let count = visits.count { $0.lacksDescriptors }
    guard count > 0 else { return }
    let knowsNone = !visits.contains { $0.hasDescriptor }
    if knowsNone {
      snapshot.owners = []
      snapshot.descriptorFlags = []
      snapshot.ownerStarts = []
    }
    let consequence = knowsNone ? "owners are not known" : "sockets may lack owners"
    let whose = knowsNone ? "any process" : "\(count) of \(visits.count) processes"
    snapshot.problems.append(
      Problem(
        .missing, subject: Problem.descriptors,
        message: "\(root.path) does not have those of \(whose) (PID/fd): \(consequence)", advice: Self.captureAdvice))
  }

  private static let captureAdvice = "capture again as root: sudo sockinspect capture DIR"

  /// The corresponding C constant is `ENFILE`.
  private static let systemLimit: Int32 = 23

  /// Says that there is no /proc to look for owners in.
  func reportAbsence(into snapshot: inout Snapshot) {
    snapshot.ownerStarts = []
    snapshot.problems.append(
      Problem(
        .forbidden, subject: Problem.descriptors, count: 0,
        message: "there is no /proc here: the owners of sockets are not known",
        advice: "mount it with: mount -t proc proc /proc"))
  }

  /// Says that a container's /proc has only its own processes, when a socket may belong to one of the others.
  private func reportNesting(into snapshot: inout Snapshot) {
    guard limits.isUnlimited, root.isOfNestedProcesses else { return }
    guard snapshot.records.indices.contains(where: { snapshot.lacksOwner(at: $0) }) else { return }
    snapshot.problems.append(
      Problem(
        .forbidden, subject: Problem.descriptors, count: 0,
        message: "processes outside of this pid namespace (container) are not visible: sockets may lack owners",
        advice: "run it outside, or where /proc shows all processes: docker run --pid=host"))
  }

  private var advice: String {
    if root.shape != .live { return Self.captureAdvice }
    return Users.effectiveUID == 0
      ? "root lacks the capability CAP_SYS_PTRACE here, or those processes have more privileges than this one"
      : "run it as root to see all owners: sudo sockinspect"
  }

  /// Whether /proc leaves processes out: process 1, which always exists, is not among them.
  func hidesProcesses(_ pids: [Int32]) -> Bool {
    root.shape == .live && limits.pids == nil && Users.effectiveUID != 0 && pids.first != 1
  }
}
