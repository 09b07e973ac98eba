import LinuxSystem
import SocketModel

/// The processes of a mounted /proc as a source of owners.
struct LiveProcesses: OwnerSource {
  let walk: OwnerWalk

  private var root: ProcRoot { walk.root }
  private var limits: ProcessLimits { walk.limits }

  func find(_ records: [SocketRecord]) -> OwnerFindings {
    guard walk.hasWork else { return OwnerFindings() }
    let pids: [Int32]
    do throws(SystemError) {
      pids = try walk.processIDs()
    } catch {
      return .unknown([Problem(subject: .descriptors, cause: .unreadable(.processList(CallFailure(error))))])
    }
    let round = walk.walk(pids, for: records)
    let isHiding = hidesProcesses(pids)
    let seen = walk.limitsOfSearch(round, hidesProcesses: isHiding)
    var hidden = HiddenOwners(walk: walk, pids: pids, records: records, visits: round.all)
    if limits.findsHiddenOwners { hidden.search(seen, among: round.widest) }
    let visits = round.all + hidden.visits
    var findings = OwnerFindings(round.widest, besides: visits)
    findings.others = hidden.others
    findings.interfaceNames = hidden.interfaceNames
    findings.limits = seen
    findings.limits.ended = hidden.ended
    findings.foundNoProcess =
      limits.reportsNamespaces && round.widest.isEmpty && !isHiding && !root.isOfNestedProcesses
    findings.problems += walk.failures(in: round.widest, of: pids)
    let remedy: Problem.Remedy = Users.effectiveUID == 0 ? .grantPtrace : .runAsRoot(.owners)
    if let refusal = walk.refusal(in: round.widest, of: pids, hidesOthers: isHiding, remedy) {
      findings.problems.append(refusal)
    } else if root.isOfNestedProcesses, isAnyMissed(by: visits, records) {
      findings.problems.append(
        Problem(subject: .descriptors, cause: .forbidden(.nestedPIDNamespace), remedy: .leaveContainer))
    }
    return findings
  }

  /// Whether /proc leaves processes out: process 1, which always exists, is not among them.
  private func hidesProcesses(_ pids: [Int32]) -> Bool {
    limits.pids == nil && Users.effectiveUID != 0 && pids.first != 1
  }

  /// Whether a socket may belong to a process that is not in this /proc: none that is there has it
  /// open, those that the limits leave out included.
  private func isAnyMissed(by visits: [OwnerWalk.Visit], _ records: [SocketRecord]) -> Bool {
    let isFound = walk.inodes.rowsFound(in: visits, count: records.count)
    func isMissed(_ row: Int) -> Bool {
      !isFound[row] && records[row].canHaveOwner && !records[row].isKernelNetlink
    }
    guard records.indices.contains(where: isMissed) else { return false }
    if limits.isUnlimited { return true }
    let others = walk.walk(over: ProcessLimits(), for: records, where: isMissed)
    guard let pids = try? others.processIDs() else { return true }
    let isElsewhere = others.inodes.rowsFound(in: others.walk(pids, for: []).all, count: records.count)
    return records.indices.contains { isMissed($0) && !isElsewhere[$0] }
  }
}
