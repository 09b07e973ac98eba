import KernelFormats
import LinuxSystem
import SocketModel

/// The processes of a captured tree, or of another copy of /proc, as a source of owners.
struct CapturedProcesses: OwnerSource {
  let walk: OwnerWalk

  func find(_ records: [SocketRecord]) -> OwnerFindings {
    guard walk.hasWork else { return OwnerFindings() }
    let pids: [Int32]
    do throws(SystemError) {
      pids = try walk.processIDs()
    } catch {
      return .unknown([Problem(subject: .descriptors, cause: .unreadable(.processList(CallFailure(error))))])
    }
    if pids.isEmpty { return NoProcesses(root: walk.root, limits: walk.limits).find(records) }
    let round = walk.walk(pids, for: records)
    var hidden = HiddenOwners(walk: walk, pids: pids, records: records, visits: round.all)
    if walk.limits.findsHiddenOwners { hidden.searchRings() }
    var findings = OwnerFindings(round.widest, besides: round.all + hidden.visits)
    let isHiding = walk.limits.pids == nil && walk.root.hidesProcesses(pids)
    findings.limits = walk.limitsOfSearch(round, hidesProcesses: isHiding)
    findings.foundNoProcess = walk.limits.reportsNamespaces && round.widest.isEmpty
    addLack(of: round.widest, to: &findings)
    findings.problems += walk.failures(in: round.widest, of: pids)
    if let refusal = walk.refusal(in: round.widest, of: pids, hidesOthers: isHiding, remedy) {
      findings.problems.append(refusal)
    } else if walk.root.lacksProcessesOutside, walk.isAnyMissed(by: round.all + hidden.visits, records) {
      findings.problems.append(
        Problem(subject: .descriptors, cause: .forbidden(.nestedPIDNamespace), remedy: .captureOutside))
    }
    return findings
  }

  /// What would have helped the user who captured; `nil` when the manifest does not name one.
  private var remedy: Problem.Remedy? {
    guard let manifest = walk.root.manifest else { return .captureAsRoot }
    return manifest.user.map { $0 == 0 ? .grantPtrace : .captureAsRoot }
  }

  /// Adds a problem when a tree was copied without the descriptors of its processes. Without any of
  /// them the owners are unknown, because they could not be looked for.
  private func addLack(of visits: [OwnerWalk.Visit], to findings: inout OwnerFindings) {
    let count = visits.count { $0.lacksDescriptors }
    guard count > 0 else { return }
    let knowsNone = !visits.contains { $0.hasDescriptor }
    findings.isKnown = !knowsNone
    findings.problems.append(
      Problem(
        subject: .descriptors,
        cause: .missing(.descriptors(count: knowsNone ? nil : count, of: visits.count, root: walk.root.path)),
        remedy: .captureAsRoot))
  }
}

/// A root without processes: no /proc, a tree of tables alone, a single table.
struct NoProcesses: OwnerSource {
  let root: ProcRoot
  let limits: ProcessLimits

  /// Leaves the owners unknown. Anyone who lists the table of a router expects that; it is a
  /// problem only when processes were asked for.
  func find(_ records: [SocketRecord]) -> OwnerFindings {
    if root.absence != nil {
      return .unknown([Problem(subject: .descriptors, cause: .forbidden(.noProc), remedy: .mountProc)])
    }
    guard !limits.isUnlimited || limits.reportsAll else { return .unknown([]) }
    return .unknown([
      Problem(subject: .descriptors, cause: .missing(.processes(root: root.path)), remedy: .captureAsRoot)
    ])
  }
}
