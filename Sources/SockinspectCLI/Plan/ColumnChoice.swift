import SocketModel

/// The columns of a table when nothing else is asked for.
enum DefaultColumns {
  static let table: [Field] = [.transport, .state, .receiveQueue, .sendQueue, .local, .peer, .owners]
}

extension ListPlanBuilder {
  /// The fields of a list such as `state,process`.
  func fields(_ text: String, _ spelling: String) throws(UsageError) -> [Field] {
    var fields: [Field] = []
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      fields.append(try field(String(item), spelling))
    }
    return fields
  }

  /// The keys of a list such as `-recv_queue,local_port`.
  func sortKeys(_ text: String, _ spelling: String) throws(UsageError) -> [OutputPlan.SortKey] {
    var keys: [OutputPlan.SortKey] = []
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      let descending = item.hasPrefix("-")
      let name = descending || item.hasPrefix("+") ? item.dropFirst() : item
      keys.append(OutputPlan.SortKey(field: try field(String(name), spelling), descending: descending))
    }
    return keys
  }

  /// The columns that `--columns` and the letters that add columns make of the default ones; `nil` when nothing was said.
  ///
  /// Plain names stand for themselves; names with `+` and `-` change them, or the default when there are none.
  func chosenColumns(
    _ text: String?, spelling: String, added: [Field], owners: Bool
  ) throws(UsageError) -> [Field]? {
    var plain: [Field] = []
    var more: [Field] = []
    var less: [Field] = []
    for item in (text ?? "").split(separator: ",", omittingEmptySubsequences: text == nil) {
      if item.hasPrefix("+") {
        more.append(try field(String(item.dropFirst()), spelling))
      } else if item.hasPrefix("-") {
        less.append(try field(String(item.dropFirst()), spelling))
      } else {
        plain.append(try field(String(item), spelling))
      }
    }
    if plain.isEmpty, more.isEmpty, less.isEmpty, added.isEmpty, owners { return nil }
    var columns = plain
    if plain.isEmpty { columns = DefaultColumns.table.filter { owners || $0 != .owners } }
    // New columns stand before the owners, which are widest and last.
    let place = columns.last == .owners && plain.isEmpty ? columns.count - 1 : columns.count
    var inserted: [Field] = []
    for field in added + more where !columns.contains(field) && !inserted.contains(field) { inserted.append(field) }
    columns.insert(contentsOf: inserted, at: place)
    columns.removeAll { less.contains($0) }
    guard !columns.isEmpty else { throw UsageError("\(spelling): no column is left") }
    return columns
  }

  private func field(_ name: String, _ spelling: String) throws(UsageError) -> Field {
    guard let field = Field(name: name) else {
      let error = UsageError.unknownWord(name, for: spelling, "column", among: Words.fields)
      throw UsageError(error.message, error.details + ["`sockinspect --list-columns` names them all"])
    }
    return field
  }
}
