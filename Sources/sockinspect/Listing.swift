import CommandLine
import Diagnosis
import Inspection
import Lesson
import LinuxSystem
import Options
import Query
import Rendering
import SocketModel
import SockinspectKit

/// The listing of sockets: reads them, keeps those that were requested, shows them, and reports
/// what could not be seen.
struct Listing: Sendable {
  let plan: ListPlan

  init(_ plan: ListPlan) { self.plan = plan }

  /// Makes the whole listing, and returns the exit status.
  func run() -> ExitStatus {
    OpenFileLimit.raiseForWalk()
    var snapshot: Snapshot
    let root: ProcRoot
    do throws(InspectionError) {
      root = try plan.openRoot()
      if plan.isRootByVariable, !plan.quiet {
        Messages.note(RootVariable.note(root.path, captured: root.captureTime))
      }
      if let mistake = plan.missingProcess(in: root) {
        Messages.complain(mistake)
        return .usage
      }
      if plan.selection.asksForCertainProcesses, let lack = root.lackOfOwners {
        Messages.complain(lack)
        return .unreadable
      }
      snapshot = try read(root)
      for problem in plan.unknownFields(in: snapshot) { snapshot.problems.append(problem) }
      // What no table lists is found in processes alone.
      if plan.selection.namesUnlisted, snapshot.sawAllProcesses, root.lacksProcessesOutside {
        snapshot.problems.append(.processesOutside)
      }
    } catch {
      Messages.complain("\(error)")
      return ExitStatus(error)
    }
    var rows = plan.selection.rows(of: snapshot)
    if plan.output.content == .sockets {
      plan.output.order.sort(&rows, of: snapshot)
      if let problem = plan.unknownOrder(of: rows, in: snapshot) { snapshot.problems.append(problem) }
    }
    if rows.isEmpty, !plan.quiet { snapshot.meta.notes += plan.usedElsewhere(root, plan.request()) }
    let problems = relevantProblems(of: snapshot, rows: rows)
    if let error = show(snapshot, rows) {
      if error.isClosedPipe { return rows.isEmpty ? .nothing : .matched }
      Messages.complain("\(error)")
      return .unreadable
    }
    if !plan.quiet {
      if rows.isEmpty, plan.output.format == .table, let note = plan.nothingMatched(in: snapshot) {
        Messages.note(note)
        if snapshot.foundNoProcess, plan.selection.ownerProcess != nil { Messages.note("no process has that name") }
        remark(plan.wordHints { root.isLive && root.mayHold(process: $0) })
      }
      for note in snapshot.meta.notes { Messages.note(note) }
      if plan.output.format == .table {
        if let note = plan.openInNoProcess(rows, of: snapshot) { Messages.note(note) }
        remark(plan.remarks)
      }
      Messages.say(ProblemText.warnings(problems, command: plan.typedLine.text))
    }
    if plan.strict, !problems.isEmpty { return .incomplete }
    return rows.isEmpty ? .nothing : .matched
  }

  private func remark(_ lines: [String]) {
    for line in lines { Messages.remark(line, usesColour: plan.output.color) }
  }

  // MARK: What to read

  private func read(_ root: ProcRoot) throws(InspectionError) -> Snapshot {
    let query = plan.selection
    let inspector = Inspector(root: root)
    var request = plan.request()
    request.processes.reportsNamespaces = query.asksForCertainProcesses && !root.coversAllNamespaces
    if listsUnlisted {
      request.processes.listsUnlisted = true
      request.requiredDetails.insert(.owners)
    }
    request.processes.findsHiddenOwners = true
    if query.isEverything { return try inspector.snapshot(request) }
    let keeping: RowTest = { query.couldMatch(copy $0, row: $1) }
    guard let undecidedRows = plan.undecidedRows(knowsNamespace: root.ownNamespace != nil) else {
      return try inspector.snapshot(request, keeping: keeping)
    }
    let undecided: RowTest = { undecidedRows.contains(copy $0, row: $1) }
    return try inspector.snapshot(request, keeping: keeping, undecided: undecided)
  }

  /// Whether the sockets that no table lists are among those asked for: all sockets, those of some
  /// processes, or those in that state.
  var listsUnlisted: Bool {
    let query = plan.selection
    if query.asksForProcesses || query.namesUnlisted { return true }
    return plan.owners && plan.output.content == .sockets && plan.transports.contains(.other)
  }

  // MARK: What is shown

  /// How many rows one thread renders at a time: some hundred kilobytes of text.
  private static let chunk = 4096

  private func show(_ snapshot: Snapshot, _ rows: [UInt32]) -> SystemError? {
    switch plan.output.content {
    case .sockets: return showSockets(snapshot, rows)
    case .counts(let counts): return show(counts, snapshot, rows)
    case .summary: return show(SummaryText(Summary(of: rows, in: snapshot)))
    }
  }

  private func showSockets(_ snapshot: Snapshot, _ rows: [UInt32]) -> SystemError? {
    guard plan.output.isUnique else { return show(sockets: snapshot, rows) }
    let columns = plan.columns ?? []
    var unique = UniqueRows(snapshot, rows: rows[...], columns: columns)
    let sockets = unique.snapshot
    switch plan.output.format {
    case .table:
      let draft = TableDraft(sockets, style: style(sockets, unique.rows[...]))
      unique.keepFirst { draft.text(of: $0) }
    case .csv:
      let csv = CSVOutput(sockets, columns: columns)
      unique.keepFirst { csv.render(rows: [$0]) }
    case .json, .ndjson:
      let json = JSONOutput(sockets, columns: columns)
      unique.keepFirst { json.render(rows: [$0]) }
    }
    return show(sockets: sockets, unique.rows)
  }

  private func show(sockets snapshot: Snapshot, _ rows: [UInt32]) -> SystemError? {
    let shown = rows[..<min(rows.count, plan.output.limit ?? .max)]
    let count = (shown.count + Self.chunk - 1) / Self.chunk
    @Sendable func slice(_ index: Int) -> ArraySlice<UInt32> {
      shown[(index * Self.chunk)..<min(shown.count, (index + 1) * Self.chunk)]
    }
    let output = plan.output
    switch output.format {
    case .ndjson:
      let json = JSONOutput(snapshot, columns: plan.columns, added: output.choice.added)
      return OrderedOutput.write(count: count) { json.render(rows: slice($0)) }
    case .json:
      let json = JSONOutput(
        snapshot, columns: plan.columns, added: output.choice.added, command: plan.typedLine.text)
      return OrderedOutput.write(count: count + 2) { index in
        if index == 0 { return json.documentStart }
        if index == count + 1 { return json.documentEnd }
        return json.renderElements(rows: slice(index - 1), isFirst: index == 1)
      }
    case .csv:
      let csv = CSVOutput(snapshot, columns: plan.columns ?? [])
      return OrderedOutput.write(count: count + 1) { index in
        index == 0 ? (output.header ? csv.header : []) : csv.render(rows: slice(index - 1))
      }
    case .table:
      if shown.isEmpty { return nil }
      let style = self.style(snapshot, shown)
      let draft = TableDraft(snapshot, style: style)
      let widths = measure(draft, count: count, slice)
      let table = draft.table(widths)
      if shown.count == 1, let row = shown.first, table.hidden.contains(where: output.choice.asked.contains) {
        let form = SocketForm(snapshot, row: Int(row), style: style)
        return OrderedOutput.write(count: 1) { _ in form.render() }
      }
      let error = OrderedOutput.write(count: count + 1) { index in
        index == 0 ? table.header : table.render(rows: slice(index - 1))
      }
      if error == nil { noteHidden(by: table) }
      return error
    }
  }

  private func show(_ counts: CountBy, _ snapshot: Snapshot, _ rows: [UInt32]) -> SystemError? {
    var groups = counts.groups(of: rows, in: snapshot)
    if plan.output.order.isReversed { groups.reverse() }
    let table = CountTable(fields: counts.fields, groups: Array(groups.prefix(plan.output.limit ?? .max)))
    if groups.isEmpty, plan.output.format == .table { return nil }
    let names = snapshot.namespaceNames
    return write(table, asTable: { table.table($0, namespaces: names) })
  }

  private func show(_ summary: SummaryText) -> SystemError? {
    if summary.total == 0, plan.output.format == .table { return nil }
    return write(summary.counted, asTable: { summary.table($0) })
  }

  private func write(_ counts: CountTable, asTable: (TableStyle) -> [UInt8]) -> SystemError? {
    let output = plan.output
    var countStyle = TableStyle(width: output.width, hasHeader: output.header, usesColour: output.color)
    countStyle.isASCII = Self.isASCII
    let bytes =
      switch output.format {
      case .table:
        asTable(countStyle)
      case .json: counts.json
      case .ndjson: counts.ndjson
      case .csv: counts.csv(hasHeader: output.header)
      }
    do throws(SystemError) {
      try StandardStream.output.write(bytes.span)
      return nil
    } catch {
      return error
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
    let output = plan.output
    var style = TableStyle(
      columns: plan.columns ?? [], asked: output.choice.asked, width: output.width, hasHeader: output.header,
      usesColour: output.color, names: output.resolve ? ShownNames(for: rows, of: snapshot) : ShownNames())
    style.named = output.choice.named
    style.keepNamespaces(of: snapshot)
    style.isASCII = Self.isASCII
    return style
  }

  private static var isASCII: Bool { !Language.usesUTF8(environment: { environmentVariable($0) }) }

  // MARK: Messages

  /// The problems that may have changed what is shown. Processes that may not be read matter when
  /// the query is about owners, or when a socket that could have an owner is shown without one.
  private func relevantProblems(of snapshot: Snapshot, rows: [UInt32]) -> [Problem] {
    guard snapshot.problems.contains(where: \.costsOnlyOwners) else { return snapshot.problems }
    // Who asks for workloads alone has them without the owners of most sockets.
    let details = plan.request().requiredDetails
    let isForWorkloads = !details.contains(.owners) && details.contains(.workloads)
    func isLacking(_ row: Int) -> Bool {
      snapshot.lacksOwner(at: row) && !(isForWorkloads && snapshot.workload(at: row) != nil)
    }
    let asksForWorkloads = plan.selection.requiredDetails.contains(.workloads)
    let matters =
      plan.selection.asksForOwners || plan.selection.namesUnlisted
      || rows.contains { isLacking(Int($0)) || snapshot.lacksPeerOwner(at: Int($0)) }
      || asksForWorkloads && snapshot.records.indices.contains(where: isLacking)
    return matters ? snapshot.problems : snapshot.problems.filter { !$0.costsOnlyOwners }
  }

  /// Reports the columns that did not fit into the terminal, and how to see them.
  private func noteHidden(by table: Table) {
    guard !plan.quiet else { return }
    guard StandardStream.output.isTerminal || table.hidden.contains(where: plan.output.choice.asked.contains) else {
      return
    }
    var missed = table.hidden.map(\.description.name)
    if table.hidesDescriptors { missed.append("descriptors") }
    var parts = missed.isEmpty ? [] : ["no room for \(missed.joined(separator: ", "))"]
    if table.cutsText { parts.append("some text is cut short") }
    guard !parts.isEmpty else { return }
    Messages.remark("\(parts.joined(separator: "; ")); -W shows all", usesColour: plan.output.color)
  }
}
