import CommandLine
import Diagnosis
import Inspection
import LinuxSystem
import Query
import SocketModel
import Text

extension ListPlan {
  /// The message when no socket matched: for ports alone it says whether they are in use, for
  /// anything else that nothing matches. It names what was read, and nothing else.
  ///
  /// Sockets are visible without privileges, so the answer does not depend on the user. When a
  /// table could not be read, the answer is not known. When no table was read, the problems say so,
  /// and there is no message (`nil`).
  func nothingMatched(in snapshot: Snapshot) -> String? {
    let read = transports.filter { snapshot.lookedAt[$0] != nil }.sorted { $0.rawValue < $1.rawValue }
    guard !read.isEmpty else { return nil }
    let looked = read.filter(\.hasPorts)
    // A namespace without processes and files is found by a descriptor that refers to it.
    let mayMissNamespaces = namespaces == .all && !Capability.sysPtrace.isHeld
    if let askedPorts, isWhole(snapshot), !mayMissNamespaces, !looked.isEmpty {
      var details = looked.map { name($0, in: snapshot) }.joined(separator: ", ")
      if families.count == 1, let family = families.first { details += ", \(family.name) only" }
      // sock_diag has them from Linux 6.8 on. They are the cause of "address already in use" when
      // nothing else is.
      if snapshot.fromTables.contains(.tcp), looked.contains(.tcp), !askedPorts.listening {
        details += "; TCP sockets that are bound and idle are not in /proc"
      }
      return "nothing \(askedPorts.listening ? "listens on" : "uses") \(askedPorts.name) (looked at \(details))"
    }
    let names = read.map { transport in
      let name = name(transport, in: snapshot)
      // When a transport was limited to one family, not all of it was read.
      guard transport.isInternet, families.count == 1, let family = families.first else { return name }
      return "\(family.name) \(name)"
    }
    let kinds =
      read.count == Transport.allCases.count
      ? "" : " " + names.dropLast().joined(separator: ", ") + (names.count > 1 ? " or " : "") + (names.last ?? "")
    let isSaid = snapshot.problems.contains(where: \.costsNamespaces)
    let hasUnseenNamespace = mayMissNamespaces || isSaid
    if selection.isEverything {
      return hasUnseenNamespace ? "no\(kinds) socket is known" : "there is no\(kinds) socket"
    }
    let isUnknown =
      hasUnseenNamespace || snapshot.problems.contains { $0.kind == .unknown }
      || selection.asksForOwners && snapshot.mayHaveUnseenOwners
      || selection.namesUnlisted && !snapshot.sawAllProcesses
    let unseen =
      mayMissNamespaces && !isSaid
      ? " (network namespaces that only descriptors of other users' processes refer to are not seen)" : ""
    return "no\(kinds) socket \(isUnknown ? "is known to match" : "matches")\(unseen)"
  }

  /// How many namespaces are named.
  private static let mostElsewhere = 3

  /// Where a port that nothing uses here is used: the network namespaces with a server at it, each
  /// with the command that shows it.
  func usedElsewhere(_ root: ProcRoot, _ request: InspectionRequest) -> [String] {
    guard let serverPorts, let typed = serverPorts.typed, output.content == .sockets else { return [] }
    let query = selection
    let ports = query.serverPorts?.ports.numbers(atMost: ServersElsewhere.mostPorts)
    let search = ServersElsewhere(
      root: root, request: request, ports: ports?.map { UInt16(truncatingIfNeeded: $0) },
      keeping: { query.couldMatch(copy $0, row: $1) })
    let result = search.find(describing: Self.mostElsewhere)
    var lines = result.finds.map { find in
      let owner = find.pid.map { ", of \(Escaping.text(find.name))[\($0)]," } ?? ""
      let place = ShellWords.quoted(find.place.rawBytes)
      return "network namespace \(Escaping.text(find.label))\(owner) has a server at \(serverPorts.name): "
        + "sockinspect --netns \(place) \(typed)"
    }
    if result.moreFinds > 0 { lines.append("so have \(result.moreFinds) more network namespaces") }
    let place = root.isOfUserNamespace ? "; outside of this user namespace" : ""
    let advice = Capability.sysAdmin.isHeld && place.isEmpty ? "" : "\(place): sudo sockinspect \(typed)"
    if result.notLookedInto > 0 {
      let count = result.notLookedInto
      let verb = count == 1 ? "namespace was" : "namespaces were"
      let way = advice.isEmpty ? ": sockinspect --netns all \(typed)" : advice
      lines.append("\(count) other network \(verb) not looked into\(way)")
    }
    if result.processesNotAsked > 0 {
      let count = result.processesNotAsked
      let places = count == 1 ? "namespace of 1 process was" : "namespaces of \(count) processes were"
      lines.append("the network \(places) not looked into\(advice)")
    }
    if result.hidesProcesses {
      lines.append("processes of other users are hidden (hidepid), and with them their network namespaces\(advice)")
    }
    return lines
  }

  /// Whether everything that was requested from the sources was read, so that what is missing does
  /// not exist. It does not matter from which source.
  private func isWhole(_ snapshot: Snapshot) -> Bool {
    snapshot.problems.allSatisfy { $0.costsOnlyOwners || $0.kind == .otherNamespace || $0.subject == .sockDiag }
  }

  /// A transport, with the family when only one of the two requested families was read.
  private func name(_ transport: Transport, in snapshot: Snapshot) -> String {
    guard transport.isInternet, families.count > 1, let read = snapshot.lookedAt[transport], read.count == 1,
      let family = read.first
    else { return transport.name }
    return "\(transport.name) (\(family.name) only)"
  }
}
