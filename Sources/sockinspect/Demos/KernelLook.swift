import CommandLine
import Inspection
import Lesson
import LinuxSystem
import Options
import SocketModel

/// What the kernel's table shows of the held states: TCP at their ports, without owners.
final class KernelLook {
  private let inspector: Inspector
  private let ports: [UInt16]
  /// The identities of the sockets that were made so far, to find what remains of them.
  private var sightings: Set<SocketSighting> = []

  /// Looks at the sockets of states in the live kernel; `nil`, with a complaint, when that cannot be
  /// read.
  convenience init?(_ states: [HeldState]) {
    self.init(ports: states.compactMap { $0.address.port })
    follow(states)
  }

  /// Looks at ports in the live kernel; `nil`, with a complaint, when that cannot be read.
  init?(ports: [UInt16]) {
    do throws(InspectionError) {
      inspector = Inspector(root: try .running())
    } catch {
      Messages.complain("\(error)")
      return nil
    }
    self.ports = Set(ports).sorted()
  }

  /// Remembers the sockets of these states.
  func follow(_ states: [HeldState]) { for state in states { follow(Set(state.held.sightings)) } }

  /// Remembers these sockets.
  func follow(_ sockets: Set<SocketSighting>) { sightings.formUnion(sockets) }

  /// The sockets at the ports; `nil` when they cannot be read now, which is reported.
  func records() -> [SocketRecord]? {
    do throws(InspectionError) {
      return try inspector.snapshot(InspectionRequest(.tcp, atEitherEnd: ports)).records
    } catch {
      Messages.complain("\(error)")
      return nil
    }
  }

  /// Whether the kernel shows a state. Before Linux 6.8 no table has a socket that is only bound;
  /// then the socket itself is asked.
  func shows(_ state: HeldState, in records: [SocketRecord]) -> Bool {
    if state.row(in: records) != nil { return true }
    return state.state == .close && state.ownState == .close
  }

  /// Prints what remains of everything that was made and is now closed. The terminal shows Ctrl-C as
  /// ^C and stays in the line.
  func printRemains(endedBySignal: Bool, in language: Language) throws(SystemError) {
    let isInLine = endedBySignal && StandardStream.output.isTerminal
    try StandardStream.output.write((isInLine ? "\n" : "") + remains(in: language))
  }

  /// A line that reports what remains of everything that was made and is now closed.
  private func remains(in language: Language) -> String {
    var left = remainingRecords()
    // The last segments may not have arrived yet.
    for _ in 0..<100 where left.contains(where: { $0.state != .timeWait }) {
      KernelLook.waitABit()
      left = remainingRecords()
    }
    let waiting = left.filter { $0.state == .timeWait }
    var parts: [String] = []
    if let last = waiting.map(\.timerMilliseconds).max() {
      let end = wholeSeconds(last)
      parts.append(
        language(
          "\(waiting.count) in TIME_WAIT, which the kernel ends within \(end) s",
          "\(waiting.count) en TIME_WAIT, que el kernel termina antes de \(end) s"))
    }
    for record in left where record.state != .timeWait {
      parts.append(language("a socket in ", "un socket en ") + record.state.name.uppercased())
    }
    let list = parts.isEmpty ? language("nothing", "nada") : parts.joined(separator: ", ")
    return language("ended; left: \(list)\n", "terminado; queda: \(list)\n")
  }

  /// Gives the kernel time to finish what it has begun.
  static func waitABit() {
    var events: [ReadinessQueue.Event] = []
    // Only time is waited for.
    try? ReadinessQueue().wait(milliseconds: 10, into: &events)
  }

  private func remainingRecords() -> [SocketRecord] {
    let ends = Set(sightings.compactMap { sighting in sighting.local.map { Pair(local: $0, remote: sighting.remote) } })
    return (records() ?? []).filter { record in
      guard let local = record.local else { return false }
      return ends.contains(Pair(local: local, remote: record.hasPeer ? record.remote : nil))
    }
  }

  private struct Pair: Hashable {
    let local: Endpoint
    let remote: Endpoint?
  }
}
