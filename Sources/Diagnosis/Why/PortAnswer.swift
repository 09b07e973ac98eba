package import SocketModel

/// Who or what has a port: a verdict with the rows and facts that it rests on, from what was found
/// out. It has no wording.
package struct PortAnswer: Sendable {
  /// Something that was not looked at and could change the verdict.
  package enum Look: Sendable, Hashable, CaseIterable {
    /// The processes that have the sockets.
    case processes
    /// Whether the other ends of the connections are listeners of this machine.
    case peers
    /// Whether the connections were bound to their port by `bind(2)`.
    case bound
    /// The ports that the kernel chooses from, and those that not everybody may bind to.
    case settings
    /// The addresses of the machine.
    case addresses
    /// The other network namespaces.
    case namespaces
    /// The rules of the packet filter.
    case forwarding
    /// The socket units of systemd.
    case socketUnits
    /// The proxies of container runtimes.
    case proxies
    /// With which options the port could be bound all the same.
    case bind
  }

  /// A fact that the verdict rests on, besides the sockets and processes.
  package enum Reason: Sendable, Hashable {
    /// The port is one that the kernel chooses from.
    case ephemeral(ClosedRange<UInt16>)
    /// The port is outside of those that the kernel chooses from.
    case notEphemeral(ClosedRange<UInt16>)
    /// The port at the other end is that of a server of this machine.
    case peerListens(Endpoint)
    /// Several other ends have a connection to the port, which no client's port has.
    case severalPeers(Int)
    /// The port was asked for by `bind(2)` before the connection was made.
    case boundByProgram
    /// An IPv6 listener takes IPv4 too.
    case takesBothFamilies
    /// An IPv4 listener is in the way of an IPv6 socket that would take IPv4 too.
    case isIPv4
    /// The listener takes IPv6 only, so that the port is free for IPv4.
    case serverTakesIPv6Only(row: Int)
    /// A server has the port at another address.
    case otherAddress(row: Int)
    /// The process waits where no server waits, and the one that started it has ended.
    case inherited(pid: Int32)
    /// Another process has the listener open too, which its child got from it.
    case alsoInherited(pid: Int32)
    /// Milliseconds until the last remainder is gone.
    case until(milliseconds: UInt32)
    /// The first port that everybody may bind to.
    case privileged(first: UInt16)
    /// Why no descriptor refers to the socket; `nil` when that is not known.
    case hidden(OwnerReason?)
    /// Several UDP sockets have the port; without `SO_REUSEPORT` only the last one that was bound
    /// gets packets.
    case sharedDatagrams(Int)
    /// A proxy forwards the port.
    case forwards(PortForwarding)
    /// The socket unit that the server got the socket from.
    case socketUnit([UInt8])
    /// A server in another network namespace.
    case elsewhere(PortFacts.Elsewhere)
    /// A rule sends connections to the port elsewhere.
    case rule(FilterRule)
  }

  /// What could not be seen and would or could change the verdict.
  package enum Doubt: Sendable, Hashable {
    /// A table that could not be read whole.
    case tables
    /// TCP sockets that are bound and idle, which the source lacks.
    case idleSockets
    /// Who has the socket: other users' processes.
    case owners
    /// Whether the listener was inherited.
    case descriptors
    /// The addresses of the machine.
    case addresses
    /// Which ports the kernel chooses from.
    case settings
    /// Other network namespaces.
    case namespaces
    /// The rules of the packet filter.
    case forwarding
  }

  package let facts: PortFacts
  package let verdict: WhyVerdict
  /// The row that has the port; `nil` when none has.
  package let primary: Int?
  /// All rows that have the port, the primary first; listeners before connections, finished
  /// connections last.
  package let rows: [Int]
  package let reasons: [Reason]
  /// What could not be seen. With ``WhyVerdict/unknown`` it is why.
  package let doubts: Set<Doubt>
  /// What to look at next; empty when nothing more could change the answer.
  package let missing: Set<Look>

  private var snapshot: Snapshot { facts.snapshot }

  /// Finds the answer as far as the facts go.
  package init(_ facts: PortFacts) {
    self.facts = facts
    var reader = PortInference(facts)
    reader.read()
    verdict = reader.verdict
    primary = reader.primary
    rows = reader.primary.map { first in [first] + reader.rows.filter { $0 != first } } ?? reader.rows
    reasons = reader.reasons
    doubts = reader.doubts
    missing = reader.missing
  }

  /// The smallest sets of options with which the port can be bound all the same, or perhaps when
  /// none is certain; empty when nothing has it, or no options help.
  package func helpful(_ outcome: BindOutcome) -> [ReuseOptions] {
    guard let bind = facts.bind else { return [] }
    let sets = ReuseOptions.combinations.filter { bind[$0] == outcome }
    return sets.filter { set in !sets.contains { $0 != set && $0.isSubset(of: set) } }
  }

  /// The processes that have the port, those of the primary row first, each once.
  package var holders: [Int32] {
    var pids: [Int32] = verdict == .publishedByDocker ? (facts.proxies ?? []).map(\.pid) : []
    for row in rows {
      for owner in snapshot.owners(at: row) {
        if let pid = owner.pid, !pids.contains(pid) { pids.append(pid) }
      }
    }
    return pids
  }
}
