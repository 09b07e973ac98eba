package import Query
internal import SocketModel
internal import Text

/// How many sockets there are of each transport in each state (`--summary`).
package struct SummaryText: Sendable {
  private let summary: Summary
  private let states: [SocketState]

  /// Prepares a summary to be shown. Only what occurs is shown.
  package init(_ summary: Summary) {
    self.summary = summary
    let occurring = Set(summary.lines.flatMap { $0.states.map(\.state) })
    states = SocketState.allCases.filter(occurring.contains)
  }

  /// How many sockets there are in total.
  package var total: Int { summary.total }

  /// The counts as a table with a row per state and a column per transport, with totals, and below
  /// them the numbers for the families of internet sockets and for orphans, where there are any;
  /// `-` where there is none. The columns and names of the style do not matter.
  package func table(_ style: TableStyle) -> [UInt8] {
    var grid = TextGrid(columns: [.init(title: "STATE")])
    grid.columns += summary.lines.map { .init(title: $0.transport.name.uppercased(), isRightAligned: true) }
    grid.columns.append(.init(title: "TOTAL", isRightAligned: true))
    func append(_ name: String, _ count: (Summary.Line) -> Int) {
      let numbers = summary.lines.map(count)
      let cells = (numbers + [numbers.reduce(0, +)]).map { $0 == 0 ? "-" : String($0) }
      grid.rows.append(([name] + cells).map { Array($0.utf8) })
    }
    for state in states { append(state.name) { $0.count(of: state) } }
    append("total", \.total)
    for family in [AddressFamily.ipv4, .ipv6] where summary.lines.contains(where: { $0.count(of: family) > 0 }) {
      append(family.name) { $0.count(of: family) }
    }
    if summary.orphans.values.contains(where: { $0 > 0 }) {
      append("orphans") { summary.orphans[$0.transport] ?? 0 }
    }
    grid.isASCII = style.isASCII
    return grid.draw(width: style.width, hasHeader: style.hasHeader, usesColour: style.usesColour)
  }

  /// The counts as counts by transport and state, for JSON and CSV.
  package var counted: CountTable {
    let groups = summary.lines.flatMap { line in
      line.states.map {
        CountBy.Group(values: [.word(line.transport.name), .word($0.state.name)], count: $0.count)
      }
    }
    return CountTable(fields: [.transport, .state], groups: groups)
  }
}
