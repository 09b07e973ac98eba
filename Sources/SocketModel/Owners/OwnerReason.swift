/// Why no descriptor of a process is known to refer to a socket.
///
/// A reason is only given where it is known. A socket of which nothing proves why it has no owner,
/// such as one that the kernel keeps for itself and that is not among those recognised, has none.
public enum OwnerReason: UInt8, CaseIterable, Sendable, Hashable {
  /// The descriptors of some processes may not be read, and none of the others has the socket.
  case notPermitted = 0
  /// No process of this pid namespace (container) has it, and those outside are not visible.
  case otherPIDNamespace
  /// The kernel keeps it for itself.
  case kernel
  /// An io_uring has it among its fixed files.
  case ioUring
  /// No process that could be read has it, and descriptors wait in the queues of unix sockets
  /// (`SCM_RIGHTS`), of which it is probably one.
  case inFlight
  /// Its connection is over, and only TIME_WAIT is left.
  case timeWait
  /// Its process has closed it, and the kernel still ends the connection.
  case orphan
  /// No process has accepted the connection yet.
  case notAccepted
  /// It was closed after it was listed and before the processes had been read.
  case endedWhileRead
  /// /proc hides the processes of other users (`hidepid`), and none that is visible has it.
  case hidden

  /// The name used in output.
  public var name: String {
    switch self {
    case .notPermitted: "not-permitted"
    case .otherPIDNamespace: "other-pid-namespace"
    case .kernel: "kernel"
    case .ioUring: "io-uring"
    case .inFlight: "in-flight"
    case .timeWait: "time-wait"
    case .orphan: "orphan"
    case .notAccepted: "not-accepted"
    case .endedWhileRead: "ended-while-read"
    case .hidden: "hidden"
    }
  }
}

/// What a scan found out about processes that it could not see and sockets that it lost.
package struct OwnerSearchLimits: Sendable, Hashable {
  /// Whether the owners of all processes were looked for, and not only those of a few.
  package var isOfAllProcesses = false
  /// Whether the descriptors of at least one process may not be read.
  package var isRefused = false
  /// Whether /proc hides processes of other users.
  package var hidesProcesses = false
  /// Whether /proc belongs to a pid namespace below the machine's own.
  package var isNested = false
  /// The inodes of sockets that a later look did not find any more.
  package var ended: Set<UInt64> = []

  package init() {}
}

extension SocketRecord {
  /// Why no process has the socket, by its state alone: known for sockets that belong to no file.
  package var reasonWithoutFile: OwnerReason? {
    if state == .timeWait { return .timeWait }
    guard known.contains(.inode), inode == 0 else { return nil }
    switch state {
    case .connecting: return transport == .unix ? .notAccepted : nil
    case .synRecv, .established, .closeWait: return transport.hasTCPStates ? .notAccepted : nil
    case .finWait1, .finWait2, .closing, .lastAck: return transport.hasTCPStates ? .orphan : nil
    default: return nil
    }
  }

  /// Why no owner of the socket was found; `nil` where that is not known.
  ///
  /// - Parameter limits: what the search for owners could not see.
  package func reasonWithoutOwner(_ limits: OwnerSearchLimits) -> OwnerReason? {
    if isKernelNetlink { return .kernel }
    guard canHaveOwner else { return reasonWithoutFile }
    if limits.ended.contains(inode) { return .endedWhileRead }
    guard limits.isOfAllProcesses else { return nil }
    if limits.hidesProcesses { return .hidden }
    if limits.isRefused { return .notPermitted }
    return limits.isNested ? .otherPIDNamespace : nil
  }
}

extension Owner {
  /// Why it has the socket without a descriptor; `nil` when a descriptor refers to it.
  package var reason: OwnerReason? {
    if case .kernel = holder { return .kernel }
    switch attribution {
    case .ioUring: return .ioUring
    case .inFlight: return .inFlight
    default: return nil
    }
  }
}

extension Snapshot {
  /// Why no descriptor of a process is known to refer to the socket of a row; `nil` when one does,
  /// when the reason is not known, or owners were not looked for.
  public func ownerReason(at row: Int) -> OwnerReason? {
    let range = ownerRange(at: row)
    guard let first = range.first else {
      return hasOwners ? records[row].reasonWithoutOwner(ownerSearchLimits) : records[row].reasonWithoutFile
    }
    guard let reason = owners[first].reason else { return nil }
    return range.allSatisfy { owners[$0].reason != nil } ? reason : nil
  }
}
