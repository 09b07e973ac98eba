import LinuxSystem
import SocketModel

extension Snapshot {
  /// Looks up the names of interfaces that no scan has met, of the own network namespace: each
  /// counts its interfaces for itself.
  mutating func nameInterfaces(of events: [SocketEvent]) {
    for event in events where event.record.interface != 0 && event.record.known.contains(.interface) {
      let index = event.record.interface
      guard interfaceNames[index] == nil, event.record.networkNamespace == meta.netns else { continue }
      interfaceNames[index] = Interfaces.name(of: index)?.rawBytes
    }
  }

  /// Keeps names that the scan before had: those of interfaces, and those of namespaces as long as a
  /// tracked socket is or was in them.
  mutating func keepNames(of former: Snapshot, for sockets: [UInt64: TrackedSocket]) {
    interfaceNames.merge(former.interfaceNames) { new, _ in new }
    interfaceNamesElsewhere.merge(former.interfaceNamesElsewhere) { new, _ in new }
    let present = Set(namespaces.map(\.id))
    let missing = former.namespaces.filter { !present.contains($0.id) }
    guard !missing.isEmpty || interfaceNamesElsewhere.keys.contains(where: { !present.contains($0.namespace) }) else {
      return
    }
    let used = Set(sockets.values.lazy.compactMap(\.record.networkNamespace))
    namespaces += missing.filter { used.contains($0.id) }
    interfaceNamesElsewhere = interfaceNamesElsewhere.filter { used.contains($0.key.namespace) }
  }
}
