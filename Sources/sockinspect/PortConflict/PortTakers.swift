import Inspection
import Lesson
import LinuxSystem
import Rendering
import SocketModel
import Text

/// The sockets that keep another one from being bound to an address.
struct PortTakers: Sendable {
  /// The options with which the address could be bound at this moment.
  struct Reuse: Sendable, Equatable {
    var none = false
    var address = false
    var port = false
    /// Whether the command has these options.
    var isOffered = true
  }

  private let port: UInt16
  private let snapshot: Snapshot
  /// The rows that are in the way: listeners first, connections that are over last.
  private let rows: [Int]

  /// How many sockets are listed one by one.
  static let shown = 6

  /// Looks at the running kernel.
  init(of taken: PortTaken) throws(InspectionError) {
    let port = taken.address.port ?? 0
    var request = InspectionRequest()
    request.transports = taken.transport == .tcp ? [.tcp, .mptcp] : [taken.transport]
    request.filter = .localPort(port...port)
    request.demand = [.owners, .processUsers, .userNames, .interfaceNames]
    request.processes.searchesThreads = true
    self.init(try Inspector(root: .running()).snapshot(request), of: taken)
  }

  /// Finds them in a snapshot.
  init(_ snapshot: Snapshot, of taken: PortTaken) {
    self.snapshot = snapshot
    port = taken.address.port ?? 0
    let wanted = taken.address.endpoint
    let found = snapshot.records.indices.filter { row in
      let record = snapshot.records[row]
      // A handshake that is under way holds no port: its listener does.
      guard record.localPort == taken.address.port, record.state != .synRecv, let local = record.local, let wanted
      else {
        return false
      }
      return Self.overlap(
        (wanted.address, isOnly: wanted.address.isIPv4 || !taken.isDualStack),
        (local.address, isOnly: record.known.contains(.ipv6Only) && record.flags.contains(.ipv6Only)))
    }
    // The connection under an MPTCP connection has the port but no owner: only the MPTCP one is
    // listed.
    let multipath = found.filter { snapshot.records[$0].transport == .mptcp }.map { snapshot.records[$0].local }
    let told = found.filter { row in
      snapshot.records[row].transport != .tcp || snapshot.records[row].state == .timeWait
        || !snapshot.owners(at: row).isEmpty || !multipath.contains(snapshot.records[row].local)
    }
    rows = told.sorted { Self.rank(snapshot, $0) < Self.rank(snapshot, $1) }
  }

  /// Whether two sockets with one port want packets to the same address. An unspecified IPv6 address stands for IPv4's too, unless the
  /// socket takes IPv6 only.
  static func overlap(_ first: (address: IPAddress, isOnly: Bool), _ second: (address: IPAddress, isOnly: Bool)) -> Bool
  {
    func takesIPv4(_ end: (address: IPAddress, isOnly: Bool)) -> Bool {
      end.address.embeddedIPv4 != nil || (end.address.isUnspecified && !end.isOnly)
    }
    func takesIPv6(_ end: (address: IPAddress, isOnly: Bool)) -> Bool { end.address.embeddedIPv4 == nil }
    if takesIPv4(first), takesIPv4(second) {
      let one = first.address.embeddedIPv4 ?? 0
      let other = second.address.embeddedIPv4 ?? 0
      if one == 0 || other == 0 || one == other { return true }
    }
    guard takesIPv6(first), takesIPv6(second) else { return false }
    return first.address.isUnspecified || second.address.isUnspecified || first.address.bits == second.address.bits
  }

  private static func rank(_ snapshot: Snapshot, _ row: Int) -> Int {
    switch snapshot.records[row].state {
    case .listen: 0
    case .boundInactive, .unconnected: 1
    case .timeWait: 4
    default: snapshot.owners(at: row).isEmpty ? 3 : 2
    }
  }

  // MARK: The text

  /// The sockets, as the listing shows them, with the remaining time of those that no process has
  /// open.
  func lines() -> [String] {
    guard !rows.isEmpty else { return [] }
    let shown = rows.prefix(Self.shown)
    let ends = EndText(snapshot)
    let cells = shown.map { row -> [String] in
      let record = snapshot.records[row]
      return [
        record.state.name, ends.local(record), ends.peer(record), owner(of: row),
      ]
    }
    let widths = (0..<3).map { column in cells.map { $0[column].utf8.count }.max() ?? 0 }
    var lines = cells.flatMap { cells -> [String] in
      let ends = zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.utf8.count + 2) }.joined()
      let line = "  " + ends + cells[3]
      // Two IPv6 ends and a process do not fit into one line of a terminal.
      return TextWidth.columns(line) <= 80 ? [line] : ["  " + ends.trimmingBlanks(), "    " + cells[3]]
    }
    let rest = rows.dropFirst(Self.shown)
    if !rest.isEmpty { lines.append("  and \(rest.count) more: sockinspect --local-port \(port)") }
    return lines
  }

  private func owner(of row: Int) -> String {
    let record = snapshot.records[row]
    if snapshot.owners(at: row).isEmpty, record.timer == .timeWait, record.known.contains(.timer) {
      return "no process, free in \(Self.seconds(record)) s"
    }
    return TakerText.owners(of: row, in: snapshot)
  }

  private static func seconds(_ record: SocketRecord) -> UInt32 { (record.timerMilliseconds + 999) / 1000 }

  /// What can be done about it; each line is true at this moment.
  func advice(reuse: Reuse, isRoot: Bool = Users.effectiveUID == 0) -> [String] {
    var lines: [String] = []
    if reuse.none { return ["  it is free by now: try again"] }
    if rows.isEmpty {
      lines.append(
        "  no socket with that port is visible: it may belong to another network namespace's view or just be gone")
    }
    let isOver = !rows.isEmpty && rows.allSatisfy { snapshot.records[$0].state == .timeWait }
    if isOver {
      let last = rows.map { Self.seconds(snapshot.records[$0]) }.max() ?? 0
      lines.append("  only closed connections are in the way; they are gone in \(last) s")
      if reuse.address {
        lines.append("  not to wait for them: --reuse-address")
      } else if reuse.port {
        lines.append("  not to wait for them: --reuse-port")
      } else if reuse.isOffered {
        lines.append("  --reuse-address is no help this time: the server that left them had not set it")
      }
    }
    lines += TakerText.kills(rows, in: snapshot)
    lines += TakerText.visibility(of: rows, in: snapshot, listing: "--local-port \(port)", isRoot: isRoot)
    if reuse.address, !isOver { lines.append("  to have it besides them: --reuse-address") }
    if reuse.port, !isOver { lines.append("  to share it, as they set SO_REUSEPORT too: --reuse-port") }
    lines.append("  another port: --port N; --port 0 takes any that is free")
    return lines
  }
}

extension String {
  fileprivate func trimmingBlanks() -> String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
