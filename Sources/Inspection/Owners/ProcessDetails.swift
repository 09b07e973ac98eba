import KernelFormats
import LinuxSystem
package import SocketModel

/// Reads what is known about few processes: of the running kernel, or as far as a captured tree has
/// it.
package struct ProcessDetails: Sendable {
  private let root: ProcRoot
  private let meta: SnapshotMeta
  private var workloads: WorkloadSearch

  /// The most processes above one that are named.
  private static let mostAncestors = 16
  /// The most bytes that are read of an environment.
  private static let longestEnvironment = 1 << 20

  /// Prepares reading.
  ///
  /// - Parameter meta: when the sockets were read, and on which machine.
  package init(_ root: ProcRoot, _ meta: SnapshotMeta) {
    self.root = root
    var meta = meta
    if meta.bootTime == nil { meta.bootTime = root.bootTime }
    self.meta = meta
    workloads = WorkloadSearch(root)
  }

  /// Reads a process; `nil` when it has ended or is not in this /proc.
  package mutating func read(_ pid: Int32) -> ProcessDetail? {
    guard root.hasProcesses, let process = try? ProcessFolder(pid, in: root) else { return nil }
    let stat = (try? process.stat) ?? nil
    guard let name = (try? process.name) ?? stat?.name else { return nil }
    let longName = (try? process.longName(of: name)) ?? nil
    var detail = ProcessDetail(pid: pid, name: longName ?? name)
    if let bytes = (try? process.arguments) ?? nil { detail.arguments = Self.words(bytes) }
    detail.age = stat.flatMap { meta.seconds(sinceTicks: $0.startTime) }
    detail.state = stat?.state
    detail.uid = process.uid
    if let path = (try? process.controlGroup) ?? nil { detail.workload = workloads.workloads(ofPaths: [path])[path] }
    detail.ancestors = ancestors(from: stat?.parent)
    detail.waitsElsewhere = waitsElsewhere(process)
    if let bytes = try? root.read("environ", in: process.folder, limit: Self.longestEnvironment) {
      detail.passedSockets = ProcessEnvironment.passedSockets(bytes.span, pid: pid)
    }
    if let arguments = detail.arguments { detail.forwarding = PortForwarding(ofProxy: arguments) }
    return detail
  }

  private func ancestors(from first: Int32?) -> [ProcessDetail.Ancestor] {
    var ancestors: [ProcessDetail.Ancestor] = []
    var next = first
    while let pid = next, pid > 0, ancestors.count < Self.mostAncestors {
      guard let folder = try? ProcessFolder(pid, in: root), let stat = (try? folder.stat) ?? nil else { break }
      ancestors.append(ProcessDetail.Ancestor(pid: pid, name: stat.name))
      // A tree that was made up may go in a circle.
      next = ancestors.contains { $0.pid == stat.parent } ? nil : stat.parent
    }
    return ancestors
  }

  /// A process with several threads may serve in any of them.
  private func waitsElsewhere(_ process: ProcessFolder) -> Bool? {
    guard root.shape == .live, let hasOthers = try? process.hasOtherThreads,
      let bytes = try? root.read("wchan", in: process.folder, limit: 256)
    else { return nil }
    let isElsewhere = WaitChannel.isElsewhere(bytes.span)
    return hasOthers && isElsewhere == true ? nil : isElsewhere
  }

  private static func words(_ bytes: [UInt8]) -> [[UInt8]]? {
    if bytes.isEmpty { return nil }
    var bytes = bytes[...]
    while bytes.last == 0 { bytes = bytes.dropLast() }
    return bytes.split(separator: 0, omittingEmptySubsequences: false).map { Array($0) }
  }
}
