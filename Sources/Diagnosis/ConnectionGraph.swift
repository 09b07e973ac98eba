package import SocketModel

/// Who is connected with whom: processes or workloads as nodes, and the connections of a snapshot as
/// edges. The order of both depends on nothing but what they are.
package struct ConnectionGraph: Sendable {
  /// What becomes a node.
  package enum Grouping: String, CaseIterable, Sendable {
    case process, workload
  }

  /// How ends that are not on this machine become nodes.
  package enum Outside: String, CaseIterable, Sendable {
    /// Each address while there are few, otherwise one node for all.
    case auto
    /// Each address.
    case each
    /// One node.
    case one
    /// None: connections to the outside are left out.
    case none
  }

  /// One party of a connection.
  package enum Node: Sendable, Hashable {
    /// A process.
    case process(pid: Int32, name: [UInt8])
    /// A workload, by its name.
    case workload([UInt8])
    /// An address that no socket of this machine has.
    case address(IPAddress)
    /// All that is outside.
    case outside
    /// A process that is not known: it may not be read, or is one of several.
    case unknown
    /// No process: the kernel keeps the end of a connection that its process has closed.
    case noProcess
  }

  /// What the serving side of a connection is bound to.
  package enum Service: Sendable, Hashable {
    /// A port.
    case port(UInt16)
    /// The name of a unix socket, as it is shown.
    case path([UInt8])
    /// Neither side is known to serve.
    case none
  }

  /// The connections of two parties over one transport and service.
  package struct Edge: Sendable, Hashable {
    /// The indexes of the parties; the client comes first where that is known.
    package var from: Int
    package var to: Int
    package var transport: Transport
    package var service: Service
    /// Whether it is known who is the client.
    package var isDirected: Bool
    /// How many connections there are.
    package var count: Int
  }

  /// The parties that have a connection, in order.
  package private(set) var nodes: [Node] = []
  /// The connections, in the order of the nodes.
  package private(set) var edges: [Edge] = []
  /// How many connections there are.
  package private(set) var connections = 0
  /// How many of them have an end whose process is not known.
  package private(set) var unknownEnds = 0
  /// How many are shared by so many processes that only the first of each side is shown.
  package private(set) var shared = 0

  /// The most nodes for addresses that ``Outside/auto`` makes.
  package static let mostAddresses = 20
  /// The most pairs of processes that share one connection before only the first is shown.
  private static let mostPairs = 64

  /// Makes the graph of some rows' connections. The snapshot has the peers and, besides the rows,
  /// all listeners.
  ///
  /// - Parameters:
  ///   - rows: the rows whose connections are shown.
  ///   - snapshot: the sockets, with peers and owners.
  ///   - grouping: what becomes a node.
  ///   - outside: how other machines become nodes.
  package init(of rows: [UInt32], in snapshot: Snapshot, by grouping: Grouping, outside: Outside = .auto) {
    var builder = GraphBuilder(snapshot, grouping, outside)
    builder.addConnections(of: rows)
    (connections, unknownEnds, shared) = (builder.connections, builder.unknownEnds, builder.shared)
    var counts = builder.counts
    if outside == .one || outside == .auto && builder.addressCount > Self.mostAddresses {
      counts = [:]
      for (edge, count) in builder.counts { counts[edge.mergingOutside, default: 0] += count }
    }
    let all = Set(counts.keys.lazy.flatMap { [$0.from, $0.to] }).sorted { $0.precedes($1) }
    let places = Dictionary(uniqueKeysWithValues: all.enumerated().map { ($1, $0) })
    nodes = all
    edges = counts.compactMap { key, count in
      guard let from = places[key.from], let to = places[key.to] else { return nil }
      return Edge(
        from: from, to: to, transport: key.transport, service: key.service, isDirected: key.isDirected, count: count)
    }
    edges.sort { $0.precedes($1) }
  }

  static func isSharedByMany(_ left: Int, _ right: Int) -> Bool { left * right > mostPairs }
}

/// The parties and the kind of a connection.
struct EdgeKey: Hashable {
  var from: ConnectionGraph.Node
  var to: ConnectionGraph.Node
  let transport: Transport
  let service: ConnectionGraph.Service
  let isDirected: Bool

  /// The same with one node for all addresses.
  var mergingOutside: EdgeKey {
    var merged = self
    if case .address = from { merged.from = .outside }
    if case .address = to { merged.to = .outside }
    return merged
  }
}

extension ConnectionGraph.Node {
  /// An order of all nodes: processes by name and id, workloads, addresses, the rest.
  func precedes(_ other: Self) -> Bool {
    switch (self, other) {
    case (.process(let own, let name), .process(let its, let itsName)):
      return name == itsName ? own < its : name.lexicographicallyPrecedes(itsName)
    case (.workload(let own), .workload(let its)): return own.lexicographicallyPrecedes(its)
    case (.address(let own), .address(let its)):
      return own.isIPv4 == its.isIPv4 ? own.bits < its.bits : own.isIPv4
    default: return rank < other.rank
    }
  }

  private var rank: Int {
    switch self {
    case .process: 0
    case .workload: 1
    case .address: 2
    case .outside: 3
    case .unknown: 4
    case .noProcess: 5
    }
  }
}

extension ConnectionGraph.Edge {
  fileprivate func precedes(_ other: Self) -> Bool {
    if from != other.from { return from < other.from }
    if to != other.to { return to < other.to }
    if transport != other.transport { return transport.rawValue < other.transport.rawValue }
    if isDirected != other.isDirected { return isDirected }
    switch (service, other.service) {
    case (.port(let own), .port(let its)): return own < its
    case (.path(let own), .path(let its)): return own.lexicographicallyPrecedes(its)
    case (.port, _): return true
    case (.path, .none): return true
    default: return false
    }
  }
}
