import KernelFormats
import LinuxSystem
import SocketModel

/// Splits the reading of TCP's sockets of both families, on a machine that may have very many, into
/// parts, each of which a thread reads.
///
/// What a dump costs, measured with 100,000 connections: 10 ms to walk the kernel's table of
/// connections, 70 ms to describe those that pass the filter, and 11 ms per family to walk the
/// other table, which holds the sockets that are only bound. One dump per family, as other tools
/// make, walks everything twice, in one thread. The parts walk the first table once each and the
/// second once, and share the describing:
///
/// - the connections with a port in the upper half of the ephemeral range, at either end;
/// - the other sockets;
/// - the sockets that are only bound.
enum TCPDumpParts {
  /// The number of TCP sockets from which sharing the work is worth it.
  static let manySockets = 4096

  /// The middle of the ephemeral ports 32768-60999 (`ip_local_port_range`'s default). Most
  /// connections have exactly one such port, at the end that connected, and it is drawn at random.
  private static let middle: UInt16 = 46884

  /// The parts that together return what a dump of each family would.
  ///
  /// - Parameter whole: the dump of one family, from which states, demand and filter are taken.
  static func parts(of whole: SockDiagDumper, socketCount: Int) -> [SockDiagDumper] {
    func part(_ states: SocketStateSet, _ half: KernelFilter? = nil) -> SockDiagDumper {
      var part = SockDiagDumper(
        dump: whole.dump, states: states, requiredDetails: whole.requiredDetails,
        filter: half.map { .all([whole.filter, $0]) } ?? whole.filter, netns: whole.netns,
        kernelRelease: whole.kernelRelease, rowFilter: whole.rowFilter, hasBothFamilies: true)
      part.needsFilter = half != nil
      return part
    }
    guard socketCount >= manySockets, availableProcessors() > 1 else { return [part(whole.states)] }
    let bound = SocketStateSet(.boundInactive)
    let others = whole.states.subtracting(bound)
    var parts: [SockDiagDumper] = []
    if others.isEmpty {
      parts = []
    } else if whole.filter == .any {
      let upper = KernelFilter.either([.localPort(middle...UInt16.max), .remotePort(middle...UInt16.max)])
      parts = [part(others, upper), part(others, .not(upper))]
    } else {
      // Few sockets pass, so there is little describing to share.
      parts = [part(others)]
    }
    if whole.states.contains(.boundInactive) { parts.append(part(bound)) }
    return parts
  }

  /// Removes from the last part what an earlier one has: a bound socket that connected while the
  /// parts were read.
  static func leaveOutRepetitions(_ results: inout [Result<SockDiagTable, SockDiagError>?], count: Int) {
    guard count > 1, case .success(var last) = results[count - 1], !last.records.isEmpty else { return }
    let bound = Set(last.records.map(\.cookie))
    var repeated: Set<UInt64> = []
    for case .success(let table) in results[..<(count - 1)] {
      for record in table.records where bound.contains(record.cookie) { repeated.insert(record.cookie) }
    }
    guard !repeated.isEmpty else { return }
    last.records.removeAll { repeated.contains($0.cookie) }
    results[count - 1] = .success(last)
  }

  /// Roughly how many TCP sockets the network namespace of a root has; 0 when that is unknown.
  static func socketCount(in root: ProcRoot) -> Int {
    guard let counts = root.socketCountsOfIPv4 else { return 0 }
    return Int(clamping: (counts.tcp ?? 0).addingReportingOverflow(counts.timeWait ?? 0).partialValue)
  }
}
