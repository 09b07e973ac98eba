import Selection
import SocketModel

extension ListPlan {
  /// What is said when no socket matched: for ports alone the answer to the question whether they are in use, for anything else that
  /// nothing matches.
  ///
  /// Sockets are seen without privilege, so it makes no difference who asks. When a table could not be read, the answer is not known.
  /// Of transports that no source has nothing is known: a problem says that, and when there are no others it is all there is to say (`nil`).
  func nothingMatched(in snapshot: Snapshot) -> String? {
    let missing = Set(snapshot.problems.lazy.filter { $0.kind == .missing }.map(\.subject))
    let sorted = transports.filter { !missing.contains($0.name) }.sorted { $0.rawValue < $1.rawValue }
    guard !sorted.isEmpty else { return nil }
    let isKnown = snapshot.problems.allSatisfy { $0.kind == .forbidden || $0.kind == .otherNamespace }
    let looked = sorted.filter(\.hasPorts)
    if let askedPorts, isKnown, !looked.isEmpty {
      var details = looked.map(\.name).joined(separator: ", ")
      if families.count == 1, let family = families.first { details += ", \(family.name) only" }
      // sock_diag has them from Linux 6.8 on. They are what "address already in use" is about when nothing else is.
      if snapshot.meta.source == "proc", looked.contains(where: \.hasTCPStates), !askedPorts.listening {
        details += "; TCP sockets that are bound and idle are not in /proc"
      }
      return "nothing \(askedPorts.listening ? "listens on" : "uses") \(askedPorts.name) (looked at \(details))"
    }
    let names = sorted.count == Transport.allCases.count ? "" : " " + sorted.map(\.name).joined(separator: ", ")
    return selection.isEverything ? "there is no\(names) socket" : "no\(names) socket matches"
  }
}
