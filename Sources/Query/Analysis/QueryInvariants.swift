package import SocketModel

/// What must be true of every query and every snapshot: the fuzzer and the property tests check it
/// with arbitrary bytes.
package enum QueryInvariants {
  /// Parses the bytes as a query and runs it on every row; returns what was not as it must be, or
  /// `nil`.
  package static func violation(_ text: [UInt8], on snapshot: Snapshot, names: NameTables = NameTables()) -> String? {
    do {
      let query = try Query.parse(bytes: text, names: names)
      return try violation(ofText: text, query, names) ?? violation(of: query, on: snapshot)
    } catch {
      return violation(of: error)
    }
  }

  private static func violation(of error: QueryError) -> String? {
    guard error.range.upperBound <= error.text.count else { return "an error lies behind the end of the query" }
    for scalar in error.render().unicodeScalars where scalar != "\n" && scalar.properties.generalCategory == .control {
      return "an error shows a control character"
    }
    return nil
  }

  private static func violation(
    ofText text: [UInt8], _ query: Query, _ names: NameTables
  ) throws(QueryError) -> String? {
    let canonical = try Query.canonical(text)
    // Written out in full, a query may become longer than the limit.
    guard canonical.count <= QueryLexer.lengthLimit else { return nil }
    guard try Query.canonical(canonical) == canonical else { return "the canonical form changes when it is read again" }
    let trees = try [canonical, text].map { text throws(QueryError) in
      try QueryParser.parse(text, fields: names.fields)
    }
    guard trees[0] == trees[1] else { return "printing changes the syntax tree" }
    guard try Query.parse(bytes: canonical, names: names).condition == query.condition else {
      return "the canonical form is another query"
    }
    return nil
  }

  /// Runs a query on every row and compares the results with everything that was derived from the
  /// query beforehand.
  package static func violation(of query: Query, on snapshot: Snapshot) -> String? {
    let opposite = Query.not(query)
    let allowed = query.states
    let transports = query.possibleTransports
    let filters: [(KernelFilter, Set<Transport>)] = [
      (query.kernelFilter, Set(Transport.allCases)),
      (query.kernelFilter(for: [.tcp, .mptcp, .udp, .udplite]), [.tcp, .mptcp, .udp, .udplite]),
    ]
    for row in snapshot.records.indices {
      let matches = query.matches(snapshot, row: row)
      if opposite.matches(snapshot, row: row) == matches { return "row \(row): a query and its opposite agree" }
      guard matches else { continue }
      if !query.couldMatch(snapshot, row: row) { return "row \(row) matches, though it could not" }
      let record = snapshot.records[row]
      if !allowed.contains(record.state) { return "row \(row) matches in a state that was ruled out" }
      if !transports.contains(record.transport) { return "row \(row) matches with a transport that was ruled out" }
      for (filter, dumped) in filters where record.transport.isInternet && dumped.contains(record.transport) {
        if !filter.passes(record) { return "row \(row) matches, though \(filter) keeps it out" }
      }
      if let pids = query.ownerPIDs, !snapshot.owners(at: row).contains(where: { $0.pid.map(pids.contains) ?? false }) {
        return "row \(row) matches without an owner of \(pids)"
      }
    }
    return nil
  }
}

extension KernelFilter {
  /// Whether the kernel lets an internet socket pass (`inet_diag_bc_run`, `net/ipv4/inet_diag.c`).
  fileprivate func passes(_ record: SocketRecord) -> Bool {
    switch self {
    case .any: return true
    case .none: return false
    case .all(let parts): return parts.allSatisfy { $0.passes(record) }
    case .either(let parts): return parts.contains { $0.passes(record) }
    case .not(let inner): return !inner.passes(record)
    case .localPort(let range): return range.contains(record.localPort)
    case .remotePort(let range): return range.contains(record.remotePort)
    case .local(let prefix): return record.local.map { prefix.contains($0.address) } ?? false
    case .remote(let prefix): return record.remote.map { prefix.contains($0.address) } ?? false
    case .interface(let index): return record.interface == index
    case .autobound: return record.flags.contains(.isAutobound)
    case .mark: return true
    }
  }
}
