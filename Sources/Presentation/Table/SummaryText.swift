public import SocketModel

/// How many sockets there are of each transport in each state (`--summary`).
public struct SummaryText: Sendable {
  /// The number of sockets of one transport in one state.
  public struct Entry: Sendable, Hashable {
    /// The transport.
    public var transport: Transport
    /// The state.
    public var state: SocketState
    /// How many sockets.
    public var count: Int

    /// Creates an entry.
    public init(transport: Transport, state: SocketState, count: Int) {
      self.transport = transport
      self.state = state
      self.count = count
    }
  }

  /// Numbers of sockets of a kind, by transport, that stand below the totals.
  public struct Line: Sendable, Hashable {
    /// The heading of the line.
    public var name: String
    /// How many sockets there are of each transport.
    public var counts: [Transport: Int]

    /// Creates a line.
    public init(name: String, counts: [Transport: Int]) {
      self.name = name
      self.counts = counts
    }
  }

  private let counts: [Transport: [SocketState: Int]]
  private let lines: [Line]
  private let transports: [Transport]
  private let states: [SocketState]

  /// Adds up entries, of which several may be of the same transport and state. Only what occurs is shown; `lines` follow the totals.
  public init(_ entries: [Entry], lines: [Line] = []) {
    self.lines = lines.filter { $0.counts.values.contains { $0 > 0 } }
    var counts: [Transport: [SocketState: Int]] = [:]
    for entry in entries where entry.count > 0 {
      counts[entry.transport, default: [:]][entry.state, default: 0] += entry.count
    }
    self.counts = counts
    transports = Transport.allCases.filter { counts[$0] != nil }
    states = SocketState.allCases.filter { state in counts.values.contains { $0[state] != nil } }
  }

  private func count(_ transport: Transport, _ state: SocketState) -> Int { counts[transport]?[state] ?? 0 }

  /// How many sockets there are in all.
  public var total: Int { counts.values.reduce(0) { $0 + $1.values.reduce(0, +) } }

  /// The counts as a table with a line a state and a column a transport, with totals; `-` where there is none. Of the style, the columns and names do not
  /// matter.
  public func table(_ style: TableStyle) -> [UInt8] {
    var grid = TextGrid(columns: [.init(title: "STATE")])
    grid.columns += transports.map { .init(title: $0.name.uppercased(), isRightAligned: true) }
    grid.columns.append(.init(title: "TOTAL", isRightAligned: true))
    func append(_ name: String, _ numbers: [Int]) {
      let cells = (numbers + [numbers.reduce(0, +)]).map { $0 == 0 ? "-" : String($0) }
      grid.rows.append(([name] + cells).map { Array($0.utf8) })
    }
    for state in states { append(state.name, transports.map { count($0, state) }) }
    append("total", transports.map { transport in states.reduce(0) { $0 + count(transport, $1) } })
    for line in lines { append(line.name, transports.map { line.counts[$0] ?? 0 }) }
    grid.isASCII = style.isASCII
    return grid.draw(width: style.width, hasHeader: style.hasHeader, usesColour: style.usesColour)
  }

  /// The counts as counts by transport and state, for JSON and CSV.
  public var counted: CountTable {
    let rows = transports.flatMap { transport in
      states.filter { count(transport, $0) > 0 }.map { state in
        CountTable.Row(values: [.word(transport.name), .word(state.name)], count: count(transport, state))
      }
    }
    return CountTable(fields: [.transport, .state], rows: rows)
  }
}
