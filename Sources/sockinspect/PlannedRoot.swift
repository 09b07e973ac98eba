import CommandLine
import Inspection
import LinuxSystem
import Options

extension ListPlan {
  /// Carries out a command with what it reads from, and returns its exit status. A root that a
  /// variable names is noted, and an error that kept everything from being read is reported.
  ///
  /// - Parameter failure: the status when nothing could be read.
  func withRoot(
    failure: ExitStatus = .unreadable, _ work: (ProcRoot) throws(InspectionError) -> ExitStatus
  ) -> ExitStatus {
    OpenFileLimit.raiseForWalk()
    do throws(InspectionError) {
      let root = try openRoot()
      if isRootByVariable, !quiet { Messages.note(RootVariable.note(root.path, captured: root.captureTime)) }
      return try work(root)
    } catch {
      Messages.complain("\(error)")
      return ExitStatus(error, failure: failure)
    }
  }

  /// Opens what the sockets are read from: the root that was named, or the running kernel in the
  /// selected network namespaces. A single namespace is entered by the calling thread.
  func openRoot() throws(InspectionError) -> ProcRoot {
    if let root { return try .open(root, in: namespaces) }
    return try .running(in: namespaces)
  }
}

extension ExitStatus {
  /// The status after an error that kept everything from being read: wrong usage when something was
  /// named that does not exist.
  init(_ error: InspectionError, failure: ExitStatus = .unreadable) {
    if case .noNamespace = error { self = .usage } else { self = failure }
  }
}
