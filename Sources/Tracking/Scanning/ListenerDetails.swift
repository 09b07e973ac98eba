import Inspection
import KernelFormats
import LinuxSystem
import SocketModel

/// Adds what the tracepoint does not report about new listeners: the interface that they are bound
/// to, and whether they take IPv6 only.
///
/// A lookup by the ends finds no listener that is bound to an interface, so the kernel's list of
/// listeners is read, filtered by their ports.
enum ListenerDetails {
  /// If there are more new listeners at a time than this, their details come with the next scan.
  static let limit = 64

  /// Adds the details to the events of new listeners in the calling thread's network namespace,
  /// where all listeners with the same ends agree.
  ///
  /// - Parameter netns: the inode number of that namespace; `nil` when unknown.
  static func complete(_ events: inout [SocketEvent], netns: NetworkNamespaceID?) {
    let numbers = events.indices.filter { events[$0].lacksListenerDetails(in: netns) }
    guard !numbers.isEmpty, numbers.count <= limit, var socket = try? NetlinkSocket.sockDiag() else { return }
    let ports = Set(numbers.map { events[$0].record.localPort })
    let filter = KernelFilter.either(ports.sorted().map { .localPort($0...$0) })
    var listeners: [SocketRecord] = []
    for family in [AddressFamily.ipv4, .ipv6] where numbers.contains(where: { events[$0].record.family == family }) {
      let dumper = SockDiagDumper(
        dump: SockDiagDump(.tcp, family), states: SocketStateSet(.listen), requiredDetails: [], filter: filter,
        netns: netns)
      // What cannot be read stays unknown.
      if let table = try? dumper.run(over: &socket) { listeners += table.records }
    }
    for number in numbers {
      let same = listeners.filter { $0.hasEnds(of: events[number].record) }
      guard let first = same.first, same.allSatisfy({ $0.interface == first.interface && $0.flags == first.flags })
      else { continue }
      events[number].record.interface = first.interface
      events[number].record.flags = first.flags
      events[number].record.known.formUnion(first.known.intersection([.interface, .ipv6Only]))
    }
  }
}

extension SocketEvent {
  fileprivate func lacksListenerDetails(in netns: NetworkNamespaceID?) -> Bool {
    guard kind != .missed, to == .listen, record.transport == .tcp, record.localPort != 0 else { return false }
    guard !record.known.contains(.interface), scope != .other else { return false }
    return record.networkNamespace == netns
  }
}
