import Inspection
import LinuxSystem
import Presentation
import Selection
import SocketModel

/// The listing of sockets: reads them, keeps those that were asked for, shows them, and says what could not be seen.
struct Listing: Sendable {
  let plan: ListPlan

  init(_ plan: ListPlan) { self.plan = plan }

  /// Does it all, and tells how it ended.
  func run() -> ExitStatus {
    let snapshot: Snapshot
    do throws(InspectionError) {
      snapshot = try read()
    } catch {
      Messages.complain("\(error)")
      return .unreadable
    }
    let rows = plan.selection.rows(of: snapshot)
    let problems = relevantProblems(of: snapshot, rows: rows)
    if let error = show(snapshot, rows) {
      if error.isClosedPipe { return rows.isEmpty ? .nothing : .matched }
      Messages.complain("\(error)")
      return .unreadable
    }
    if !plan.quiet {
      if rows.isEmpty, plan.output.format == .table { Messages.note(nothingMatched()) }
      Messages.say(ProblemText.warnings(problems))
    }
    if plan.strict, !problems.isEmpty { return .incomplete }
    return rows.isEmpty ? .nothing : .matched
  }

  // MARK: What to read

  private func read() throws(InspectionError) -> Snapshot {
    let root: ProcRoot
    if let path = plan.root { root = try .open(path) } else { root = try .live() }
    let query = plan.selection
    let inspector = Inspector(root: root)
    if query.isEverything { return try inspector.snapshot(request()) }
    return try inspector.snapshot(request()) { query.couldMatch(copy $0, row: $1) }
  }

  /// What the sources are asked for: no more than can be shown.
  func request() -> InspectionRequest {
    var request = InspectionRequest()
    let query = plan.selection
    let possible = plan.transports.intersection(query.possibleTransports)
    request.transports = possible.isEmpty ? plan.transports : possible
    request.requiredTransports = plan.namedTransports.intersection(request.transports)
    request.families = plan.families
    request.states = query.states
    request.filter = query.kernelFilter(for: request.transports)
    request.source = plan.source
    request.demand = query.demand.union(outputDemand())
    request.processes.pids = query.ownerPIDs
    request.processes.users = query.ownerUsers
    if let process = query.ownerProcess {
      request.processes.admits = { process.matches(name: $0, executable: $1) }
    }
    return request
  }

  private func outputDemand() -> Demand {
    var demand: Demand = []
    func add(_ fields: [Field]) { for field in fields { demand.formUnion(field.description.demand) } }
    let output = plan.output
    switch output.content {
    case .counts(let fields): add(fields)
    case .summary: break
    case .sockets:
      add(output.sort.map(\.field))
      add(columns())
      if output.columns == nil, output.format == .json || output.format == .ndjson {
        demand.formUnion([.userNames])
        if plan.owners { demand.formUnion([.owners, .executables, .startTimes]) }
      }
    }
    return demand
  }

  /// The columns of table and CSV; for JSON, none unless chosen.
  private func columns() -> [Field] {
    if let columns = plan.output.columns { return columns }
    switch plan.output.format {
    case .table: return TableStyle.defaultColumns(for: plan.transports)
    case .csv: return CSVOutput.defaultColumns(for: plan.transports)
    case .json, .ndjson: return []
    }
  }

  // MARK: What is shown

  /// How many rows one thread renders at a time: some hundred kilobytes of text.
  private static let chunk = 4096

  private func show(_ snapshot: Snapshot, _ rows: [UInt32]) -> SystemError? {
    let shown = rows[..<min(rows.count, plan.output.limit ?? .max)]
    let count = (shown.count + Self.chunk - 1) / Self.chunk
    @Sendable func slice(_ index: Int) -> ArraySlice<UInt32> {
      shown[(index * Self.chunk)..<min(shown.count, (index + 1) * Self.chunk)]
    }
    let output = plan.output
    switch output.format {
    case .ndjson:
      let json = JSONOutput(snapshot, columns: output.columns)
      return OrderedOutput.write(count: count) { json.render(rows: slice($0)) }
    case .json:
      let json = JSONOutput(snapshot, columns: output.columns)
      return OrderedOutput.write(count: count + 2) { index in
        if index == 0 { return json.documentStart }
        if index == count + 1 { return json.documentEnd }
        return json.renderElements(rows: slice(index - 1), isFirst: index == 1)
      }
    case .csv:
      let csv = CSVOutput(snapshot, columns: columns())
      return OrderedOutput.write(count: count + 1) { index in
        index == 0 ? (output.header ? csv.header : []) : csv.render(rows: slice(index - 1))
      }
    case .table:
      if shown.isEmpty { return nil }
      let draft = TableDraft(snapshot, style: style(snapshot, shown))
      let widths = measure(draft, count: count, slice)
      let table = draft.table(widths)
      return OrderedOutput.write(count: count + 1) { index in
        index == 0 ? table.header : table.render(rows: slice(index - 1))
      }
    }
  }

  private func measure(
    _ draft: TableDraft, count: Int, _ slice: @Sendable (Int) -> ArraySlice<UInt32>
  ) -> TableWidths {
    let all = Collected<TableWidths>()
    parallelForEach(count: count) { all.add(draft.measure(slice($0))) }
    return all.values.reduce(into: draft.measure([])) { $0.merge($1) }
  }

  private func style(_ snapshot: Snapshot, _ rows: ArraySlice<UInt32>) -> TableStyle {
    TableStyle(
      columns: columns(), width: plan.output.width, hasHeader: plan.output.header, usesColour: plan.output.color,
      names: plan.output.resolve ? ShownNames(for: rows, of: snapshot) : ShownNames())
  }

  // MARK: What is said

  /// The problems that can have changed what is shown. Processes that may not be read matter when owners were asked about, or when a
  /// socket is shown without owner though it could have one.
  private func relevantProblems(of snapshot: Snapshot, rows: [UInt32]) -> [Problem] {
    guard snapshot.problems.contains(where: { $0.kind == .forbidden }) else { return snapshot.problems }
    let matters =
      plan.selection.demand.contains(.owners)
      || rows.contains {
        snapshot.ownerRange(at: Int($0)).isEmpty && snapshot.records[Int($0)].canHaveOwner
      }
    return matters ? snapshot.problems : snapshot.problems.filter { $0.kind != .forbidden }
  }

  private func nothingMatched() -> String {
    let names =
      plan.transports.count == Transport.allCases.count
      ? "" : " " + plan.transports.sorted { $0.rawValue < $1.rawValue }.map(\.name).joined(separator: ", ")
    return plan.selection.isEverything ? "there is no\(names) socket" : "no\(names) socket matches"
  }
}
