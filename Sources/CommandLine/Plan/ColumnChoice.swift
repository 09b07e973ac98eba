import Inspection
import Options
import Rendering
package import SocketModel

extension ListPlanBuilder {
  /// The columns that result from `--columns` and from the letters that add columns to the default
  /// ones.
  ///
  /// Plain names stand for themselves; names with `+` and `-` change them, or the default when
  /// there are none. In a list that begins with a sign, a name without one has that of the name
  /// before it: `+a,b` adds both.
  func columnChoice(
    _ typed: TypedArguments.Occurrence?, added: [Field], removed: [Field] = []
  ) throws(UsageError) -> ColumnChoice {
    let spelling = typed?.spelling ?? "--columns"
    var plain: [Field] = []
    var more: [Field] = []
    var less: [Field] = []
    let items = (typed?.text ?? "").split(separator: ",", omittingEmptySubsequences: typed == nil)
    func sign(_ item: Substring?) -> Character? { item?.first.flatMap { $0 == "+" || $0 == "-" ? $0 : nil } }
    let beginsWithSign = sign(items.first) != nil
    var last: Character?
    for item in items {
      let own = sign(item)
      if own != nil { last = own }
      let name = try field(String(own == nil ? item : item.dropFirst()), spelling)
      switch own ?? (beginsWithSign ? last : nil) {
      case "+": more.append(name)
      case "-": less.append(name)
      default:
        // A repeated column would give a JSON object two members with the same name.
        if !plain.contains(name) { plain.append(name) }
      }
    }
    var choice = ColumnChoice(plain: plain, added: added + more, removed: removed + less)
    choice.named = Set(plain + more)
    return choice
  }

  private func field(_ name: String, _ spelling: String) throws(UsageError) -> Field {
    guard let field = Field(name: name) else {
      let error = UsageError.unknownWord(name, for: spelling, "column", among: Words.fieldsAndAliases)
      throw UsageError(error.message, error.details + ["`sockinspect --list-columns` names them all"])
    }
    return field
  }
}

/// The columns that options request.
package struct ColumnChoice: Sendable, Equatable {
  /// The columns that replace the default ones; empty to keep the default ones.
  package var plain: [Field] = []
  /// The columns to add.
  package var added: [Field] = []
  /// The columns to remove.
  package var removed: [Field] = []

  /// The columns that were requested by name rather than by a letter.
  package var named: Set<Field> = []

  /// The columns that were requested by name or letter, which a narrow terminal keeps longer than
  /// the others.
  package var asked: Set<Field> { Set(plain + added) }

  /// The resulting columns, given the default ones.
  package func columns(default base: [Field], owners: Bool) -> [Field] {
    var columns = plain
    if plain.isEmpty { columns = owners ? base : base.filter { !$0.description.requiredDetails.contains(.owners) } }
    // New columns come before the owners, which are widest and last.
    let place = plain.isEmpty && columns.last == .owners ? columns.count - 1 : columns.count
    var inserted: [Field] = []
    for field in added where !columns.contains(field) && !inserted.contains(field) { inserted.append(field) }
    columns.insert(contentsOf: inserted, at: place)
    columns.removeAll { removed.contains($0) }
    return columns
  }
}

extension ListPlan {
  /// The columns of table and CSV. For JSON, the chosen members; `nil` for full objects.
  package var columns: [Field]? {
    switch output.format {
    case .table: output.choice.columns(default: defaultTableColumns, owners: owners)
    case .csv: output.choice.columns(default: CSVOutput.defaultColumns(for: transports), owners: owners)
    case .json, .ndjson: output.choice.plain.isEmpty ? nil : output.choice.columns(default: [], owners: owners)
    }
  }

  private var defaultTableColumns: [Field] {
    var columns = TableStyle.defaultColumns(for: transports)
    if namespaces == .all { columns.insert(.netns, at: columns.last == .owners ? columns.count - 1 : columns.count) }
    return columns
  }
}
