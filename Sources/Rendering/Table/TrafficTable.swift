package import SocketModel
internal import Text

/// The sums of `top`: who sent and received how much.
package struct TrafficTable: Sendable {
  /// What was measured.
  package let totals: TrafficTotals
  /// What sockets were put together by.
  package let grouping: TrafficGroups.Grouping
  private let namespaces: [UInt32: [UInt8]]

  /// Shows totals.
  ///
  /// - Parameter namespaces: the names of network namespaces, by their numbers.
  package init(_ totals: TrafficTotals, by grouping: TrafficGroups.Grouping, namespaces: [UInt32: [UInt8]] = [:]) {
    self.totals = totals
    self.grouping = grouping
    self.namespaces = namespaces
  }

  /// The table, the total in its last line.
  ///
  /// - Parameters:
  ///   - style: how it is drawn; its columns and names do not matter.
  ///   - limit: how many groups it shows; `nil` for all.
  package func table(_ style: TableStyle, limit: Int? = nil) -> [UInt8] {
    var grid = TextGrid(
      columns: ["RX/s", "TX/s", "RX", "TX", "SOCKETS"].map { .init(title: $0, isRightAligned: true) }
        + [.init(title: grouping.title)])
    grid.rows = totals.ordered.prefix(limit ?? .max).map { cells($0.total) + [$0.key.label(namespaces)] }
    grid.rows.append(cells(totals.total) + [Array("total".utf8)])
    grid.isASCII = style.isASCII
    return grid.draw(width: style.width, hasHeader: style.hasHeader, usesColour: style.usesColour)
  }

  private func cells(_ total: TrafficTotals.Total) -> [[UInt8]] {
    let rates = [total.bytesReceived, total.bytesSent].map { SocketTraffic.rate($0, per: totals.duration) }
    let sizes = (rates + [total.bytesReceived, total.bytesSent]).map { Array(scaledBytes($0).utf8) }
    return sizes + [Array("\(total.sockets)".utf8)]
  }

  // MARK: JSON

  /// What is not in the sums.
  package struct NotCounted: Sendable, Equatable {
    /// The UDP sockets that were there.
    package var udp = 0
    /// The sockets of other transports.
    package var others = 0
    /// Whether the kernel had no room for notices of ends, so that what these connections sent last is
    /// missing.
    package var missedEnds = false

    package init() {}
  }

  /// The sums as one JSON document of the schema `sockinspect.top/1`.
  ///
  /// - Parameters:
  ///   - meta: the circumstances of the last scan.
  ///   - notCounted: what is not in the sums.
  ///   - problems: what could not be read.
  ///   - command: the command line, for hints.
  package func json(
    _ meta: SnapshotMeta, _ notCounted: NotCounted, limit: Int? = nil, problems: [Problem], command: String
  ) -> [UInt8] {
    var output = Array("{\"meta\":".utf8)
    output.appendJSON(startOf: meta, schema: "sockinspect.top/1")
    output.appendNextJSONMember("by", grouping.rawValue)
    output.appendNextJSONMember("duration_us", totals.duration / 1000)
    output.appendNextJSONMember("problems", problems, command: command)
    output.append(ascii: "},\"groups\":[")
    for (index, group) in totals.ordered.prefix(limit ?? .max).enumerated() {
      output.append(ascii: index == 0 ? "\n{" : ",\n{")
      append(group.key, to: &output)
      append(group.total, to: &output)
      output.append(UInt8(ascii: "}"))
    }
    output.append(ascii: "\n],\"total\":{\"groups\":\(totals.ordered.count)")
    append(totals.total, to: &output)
    output.append(ascii: "},\"not_counted\":{\"udp_sockets\":\(notCounted.udp)")
    output.append(ascii: ",\"other_sockets\":\(notCounted.others),\"missed_ends\":\(notCounted.missedEnds)}}\n")
    return output
  }

  /// Appends what the sockets of a group have in common, `null` when that is not known.
  private func append(_ key: TrafficGroups.Key, to output: inout [UInt8]) {
    switch grouping {
    case .process:
      output.append(ascii: "\"pid\":")
      if case .process(let pid, let name) = key {
        output.append(ascii: "\(pid),")
        output.appendJSONMember("process", bytes: name)
      } else {
        output.append(ascii: "null,\"process\":null")
      }
    case .workload:
      if case .workload(let text) = key {
        output.appendJSONMember("workload", bytes: text)
      } else {
        output.append(ascii: "\"workload\":null")
      }
    case .peer:
      output.append(ascii: "\"peer\":")
      if case .peer(let address) = key {
        output.append(UInt8(ascii: "\""))
        output.appendAddress(address.bits, isIPv4: address.isIPv4)
        output.append(UInt8(ascii: "\""))
      } else {
        output.appendNull()
      }
    case .port:
      if case .port(let port) = key { output.append(ascii: "\"port\":\(port)") }
    case .netns:
      guard case .netns(let id) = key else {
        output.append(ascii: "\"netns\":null,\"netns_name\":null")
        return
      }
      output.append(ascii: "\"netns\":\(id),")
      output.appendJSONMember("netns_name", bytes: namespaces[id.inode])
    }
  }

  private func append(_ total: TrafficTotals.Total, to output: inout [UInt8]) {
    output.appendNextJSONMember("rx_rate", SocketTraffic.rate(total.bytesReceived, per: totals.duration))
    output.appendNextJSONMember("tx_rate", SocketTraffic.rate(total.bytesSent, per: totals.duration))
    output.appendNextJSONMember("rx_bytes", total.bytesReceived)
    output.appendNextJSONMember("tx_bytes", total.bytesSent)
    output.appendNextJSONMember("sockets", UInt64(total.sockets))
  }
}

extension TrafficGroups.Grouping {
  /// The heading of the column.
  fileprivate var title: String { rawValue.uppercased() }
}

extension TrafficGroups.Key {
  /// The name of the group as a cell, safe to show.
  ///
  /// - Parameter namespaces: the names of network namespaces, by their numbers.
  package func label(_ namespaces: [UInt32: [UInt8]]) -> [UInt8] {
    var cell: [UInt8] = []
    switch self {
    case .process(let pid, let name):
      Escaping.append(name[...], to: &cell, also: UInt8(ascii: "["))
      cell.append(ascii: "[\(pid)]")
    case .workload(let text): Escaping.appendCell(text[...], to: &cell)
    case .peer(let address): cell.appendAddress(address.bits, isIPv4: address.isIPv4)
    case .port(let port): cell.appendDecimal(UInt64(port))
    case .netns(let id):
      if let name = namespaces[id.inode] {
        Escaping.appendCell(name[...], to: &cell)
      } else {
        cell.append(ascii: "\(id)")
      }
    case .unknown: cell.append(ASCII.hyphen)
    }
    return cell
  }
}
