import CommandLine
import Diagnosis
import Inspection
import Options
import Query
import Rendering
import SocketModel

/// Questions about the processes that have sockets open, and whether they can be answered.
extension ListPlan {
  /// The mistake in `--pid` when a process that it names does not exist; `nil` when all do.
  func missingProcess(in root: ProcRoot) -> UsageError? {
    guard let missing = askedProcesses.first(where: { !root.mayHold(process: $0) }) else { return nil }
    let message = "--pid: there is no process \(missing)"
    guard root.isOfNestedProcesses else { return UsageError(message) }
    return UsageError(
      message + " in this pid namespace", [ProblemText.advice(for: .processesOutside)].compactMap { $0 })
  }
}

extension Problem {
  /// That the processes outside of a container are not visible.
  static var processesOutside: Problem {
    Problem(subject: .descriptors, cause: .forbidden(.nestedPIDNamespace), remedy: .leaveContainer)
  }
}

extension ProcRoot {
  /// Why a question about processes has no answer here, which is not the same as no match: there is
  /// no /proc. `nil` when there is one.
  var lackOfOwners: String? {
    guard absence != nil else { return nil }
    let problem = Problem(subject: .descriptors, cause: .forbidden(.noProc), remedy: .mountProc)
    return ([ProblemText.sentence(of: problem)] + [ProblemText.advice(for: problem)].compactMap { $0 })
      .joined(separator: "; ")
  }
}

extension Query {
  /// Whether it asks for sockets of certain processes, and so has no answer without any.
  var asksForCertainProcesses: Bool { ownerPIDs != nil || ownerProcess != nil }
}

extension Snapshot {
  /// Whether a socket may have an owner that was not seen, since not all processes were read.
  var mayHaveUnseenOwners: Bool {
    !sawAllProcesses && records.contains { $0.canHaveOwner && !$0.isKernelNetlink }
  }
}
