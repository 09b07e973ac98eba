import KernelFormats
import LinuxSystem
import SocketModel

/// Which processes a root lacks, and what would show them.
extension ProcRoot {
  /// Whether /proc leaves out the processes of other users (`hidepid`), or did when it was captured:
  /// process 1, which always exists, is not among those that it has.
  package func hidesProcesses(_ pids: [Int32]) -> Bool {
    shape == .tree ? manifest?.lack == .hidden : pids.first != 1
  }

  /// Whether the processes outside of a pid namespace are missing, or were when it was captured.
  package var lacksProcessesOutside: Bool { isOfNestedProcesses || manifest?.lack == .outside }

  /// Whether this is the running kernel's /proc, and this process is in a user namespace other than
  /// the machine's: the root of that has no rights over processes and namespaces outside.
  package var isOfUserNamespace: Bool {
    guard shape == .live, let namespace = try? folder.status(of: "self/ns/user") else { return false }
    return namespace.inode != Self.machineUserNamespace
  }

  /// The inode number of the first user namespace; the corresponding C constant is
  /// `PROC_USER_INIT_INO` (`include/linux/proc_ns.h`).
  private static let machineUserNamespace: UInt64 = 0xEFFF_FFFD

  /// What would show more to this user.
  func remedy(for gain: Problem.Gain) -> Problem.Remedy {
    if Users.effectiveUID != 0 { return .runAsRoot(gain) }
    return isOfUserNamespace ? .leaveUserNamespace : .grantPtrace
  }
}
