import LinuxSystem
import SocketModel

extension OwnerFindings {
  /// Takes the visits of all walks, and those of the widest one, which has a visit per process.
  init(_ widest: [OwnerWalk.Visit], besides all: [OwnerWalk.Visit]) {
    holdings = all.map {
      ProcessHoldings(
        pid: $0.pid, from: $0.from, info: $0.info, sockets: $0.matches, attribution: $0.attribution,
        task: $0.info?.task?.id ?? 0)
    }
    visits = widest
    foundOwnedSocket = all.contains { $0.hasSocket || !$0.matches.isEmpty }
    lockedProcesses = all.count { $0.isLocked }
  }
}

/// What kept a walk from reading processes.
extension OwnerWalk {
  /// What the walk could not see, for the reasons of missing owners.
  func limitsOfSearch(_ round: Round, hidesProcesses: Bool) -> OwnerSearchLimits {
    var seen = OwnerSearchLimits()
    // The wider walk for the sockets of some users enters every process.
    let isOfUsersElsewhere = limits.findsSocketsOfUsersElsewhere && limits.pids == nil && limits.admits == nil
    seen.isOfAllProcesses = limits.isUnlimited || isOfUsersElsewhere
    seen.isRefused = round.widest.contains(where: \.isForbidden)
    seen.hidesProcesses = hidesProcesses
    seen.isNested = root.lacksProcessesOutside
    return seen
  }

  /// How many processes could not be read although that is permitted, with the first failure;
  /// usually none.
  func failures(in visits: [Visit], of pids: [Int32]) -> [Problem] {
    let failures = visits.filter { $0.failure != nil }
    guard let error = failures.min(by: { $0.pid < $1.pid })?.failure else { return [] }
    let count = Set(failures.lazy.map(\.pid)).count
    var remedy: Problem.Remedy?
    if error.isOutOfDescriptors { remedy = error.code == Self.systemLimit ? .freeMachineFiles : .allowMoreFiles }
    let cause = Problem.Cause.unreadable(.processes(count: count, of: pids.count, CallFailure(error)))
    return [Problem(subject: .descriptors, cause: cause, remedy: remedy)]
  }

  /// How many processes may not be read, and whether others are hidden; `nil` when all may be read
  /// and none is hidden.
  func refusal(in visits: [Visit], of pids: [Int32], hidesOthers: Bool, _ remedy: Problem.Remedy?) -> Problem? {
    let count = Set(visits.lazy.filter(\.isForbidden).map(\.pid)).count
    guard count > 0 || hidesOthers else { return nil }
    if limits.pids != nil, pids.count == 1, let pid = pids.first {
      return Problem(subject: .descriptors, cause: .forbidden(.process(pid)), remedy: remedy)
    }
    return Problem(
      subject: .descriptors, cause: .forbidden(.processes(count: count, of: pids.count, hidesOthers: hidesOthers)),
      remedy: remedy)
  }

  /// Whether a socket may belong to a process that is not in this /proc: none that is there has it
  /// open, those that the limits leave out included.
  func isAnyMissed(by visits: [Visit], _ records: [SocketRecord]) -> Bool {
    let isFound = inodes.rowsFound(in: visits, count: records.count)
    func isMissed(_ row: Int) -> Bool {
      !isFound[row] && records[row].canHaveOwner && !records[row].isKernelNetlink
    }
    guard records.indices.contains(where: isMissed) else { return false }
    if limits.isUnlimited { return true }
    let others = walk(over: ProcessLimits(), for: records, where: isMissed)
    guard let pids = try? others.processIDs() else { return true }
    let isElsewhere = others.inodes.rowsFound(in: others.walk(pids, for: []).all, count: records.count)
    return records.indices.contains { isMissed($0) && !isElsewhere[$0] }
  }

  /// The corresponding C constant is `ENFILE`.
  private static let systemLimit: Int32 = 23
}
