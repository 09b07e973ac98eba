import CommandLine
import Inspection
import Options

extension ListPlan {
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
  init(_ error: InspectionError) {
    if case .noNamespace = error { self = .usage } else { self = .unreadable }
  }
}
