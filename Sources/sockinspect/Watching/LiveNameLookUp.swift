import Inspection
import LinuxSystem
import SocketModel

/// Looks up names for a live view on a thread of its own, some addresses at a time: a name server may
/// take its time.
final class LiveNameLookUp {
  private var work: BackgroundWork<ShownNames>?
  private var waiting: [SocketRecord] = []

  /// How many sockets' addresses are looked up at a time: each time waits for the slowest.
  private static let portion = 64

  /// How often awaited names are asked for, in milliseconds.
  static let pause = 20

  /// Whether names are awaited.
  var isBusy: Bool { work != nil }

  /// Looks up the names of the addresses of some sockets, after those before.
  func begin(_ records: [SocketRecord]) {
    waiting += records
    goOn()
  }

  /// The names that were found, once for each portion.
  func take() -> ShownNames? {
    guard let found = work?.take() else { return nil }
    work = nil
    goOn()
    return found
  }

  private func goOn() {
    guard work == nil, !waiting.isEmpty else { return }
    var snapshot = Snapshot(meta: SnapshotMeta(source: "names"))
    snapshot.records = Array(waiting.prefix(Self.portion))
    waiting.removeFirst(snapshot.records.count)
    work = BackgroundWork { [snapshot] in
      let rows = snapshot.records.indices.map { UInt32($0) }
      return ShownNames(hosts: ShownNames.hosts(for: rows[...], of: snapshot))
    }
  }
}
