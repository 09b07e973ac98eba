import CommandLine
import Diagnosis
import Inspection
import LinuxSystem
import SocketModel

/// Everything that `can-bind` found out; its words and its JSON are made from this.
struct CanBindReport: Sendable {
  /// What one trial with `bind(2)` did.
  enum Trial: Sendable, Equatable {
    case bound
    /// It failed; the name of the error.
    case refused(String)
  }

  var plan: CanBindPlan
  let answer: BindAnswer
  let snapshot: Snapshot
  /// What each combination of options did with `--probe`; those that could not be tried are absent.
  var trials: [ReuseOptions: Trial]?
  /// What kept trials from being made.
  var trialTrouble: String?
  /// The options of the holders, by row, as far as they could be read.
  var options: [Int: BindOptions] = [:]
  /// How many holders did not let their options be read.
  var refusedHolders = 0
  /// Whether the same port can be bound for IPv4 alone, where it was asked for every address.
  var isFreeForIPv4 = false
  /// What of the machine was looked at besides the tables.
  var lookedAt: [String] = []
  /// Why nothing could be read.
  var failure: String?

  var request: BindRequest { answer.request }

  /// Whether it can be bound: what `bind(2)` did or else what the tables say; `nil` where neither
  /// says.
  var canBind: Bool? {
    if let trial = trials?[request.reuse] { return trial == .bound }
    switch answer.verdict {
    case .can: return true
    case .cannot: return false
    case .unknown: return nil
    }
  }

  /// The combinations for which the tables and `bind(2)` say different things.
  var disagreements: [ReuseOptions] {
    guard let trials else { return [] }
    return ReuseOptions.combinations.filter { reuse in
      guard let trial = trials[reuse] else { return false }
      switch answer.outcome(reuse) {
      case .possible: return trial != .bound
      case .impossible: return trial == .bound
      case .unknown: return false
      }
    }
  }

  /// The combinations with which it can be bound although it cannot without them: as tried, or else
  /// by the tables.
  var helpful: [ReuseOptions] {
    guard let trials else { return answer.helpful }
    let sets = ReuseOptions.combinations.filter {
      $0.isSuperset(of: request.reuse) && $0 != request.reuse && trials[$0] == .bound
    }
    return sets.filter { set in !sets.contains { $0 != set && $0.isSubset(of: set) } }
  }

  /// The sockets that have the port, listeners first; those that are not in the way with the
  /// options that were asked for come too.
  var holders: [Int] {
    let rows = answer.table.holders.map(\.row)
    // An MPTCP socket stands for the TCP one below it, which may have no owner.
    let multipath = snapshot.records.indices.filter { row in
      snapshot.records[row].transport == .mptcp
        && rows.contains {
          snapshot.records[$0].local == snapshot.records[row].local && snapshot.owners(at: $0).isEmpty
        }
    }
    return PortHolders(snapshot, rows: rows + multipath).rows
  }

  /// The socket that is in the way; the first of the most important ones.
  var obstacle: Int? {
    let inTheWay = Set(answer.table.inTheWay(request.reuse).map(\.row))
    return PortHolders(snapshot, rows: Array(inTheWay).sorted()).rows.first
  }

  /// The word that says what the answer is, for scripts.
  var verdictWord: String {
    if canBind == true {
      if case .inside = answer.ephemeral { return "free-but-ephemeral" }
      return answer.table.isUnused ? "free" : "shared"
    }
    guard canBind == false else { return "unknown" }
    if case .cannot(let reason) = answer.verdict, reason != .taken {
      switch reason {
      case .noSuchAddress: return "no-such-address"
      case .notPermitted: return "not-permitted"
      case .noInterface, .multicast, .mappedOnIPv6Only, .taken: return "invalid-address"
      }
    }
    if case .refused(let name)? = trials?[request.reuse], name != "EADDRINUSE" {
      return ["EADDRNOTAVAIL": "no-such-address", "EACCES": "not-permitted"][name] ?? "refused"
    }
    guard let row = obstacle else { return "refused" }
    let record = snapshot.records[row]
    switch record.state {
    case .listen: return "listener"
    case .boundInactive, .unconnected: return "bound-idle"
    case _ where record.isRemainder: return "time-wait"
    default: return "connection"
    }
  }
}
