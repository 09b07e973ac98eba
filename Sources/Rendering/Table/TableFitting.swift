internal import SocketModel

/// Fits the columns of a table into a line.
///
/// These are reduced, in this order, and never more than needed:
/// 1. columns without a value in any row, unless they were asked for by name;
/// 2. all owners but the first, then the descriptors of owners;
/// 3. the middle of IPv6 addresses and of paths, never the port;
/// 4. room for single cells that are wider than all others: they shift the rest of their row to the
///    right, where its owners give way if the line fits so;
/// 5. queues that are all 0;
/// 6. other columns by ``FieldDeclaration/priority``, and the text of those that stay. The protocol
///    stays when there are two, the state always, the peer when a row has one.
///
/// Then what was reduced is restored as far as there is room, in reverse order.
struct TableFitting {
  private let fields: [Field]
  private let style: TableStyle
  private let widths: TableWidths
  private let limit: Int
  private let priorities: [Int]
  private var width: [Int]
  private var shown: [Bool]
  private var runsOver: [Bool]
  /// The columns that were hidden because they did not fit, in order, by their index among the
  /// columns.
  private var withoutValue: [Int] = []
  private var zeroQueues: [Int] = []
  private var rest: [Int] = []

  /// Fits the columns of the style; returns those to draw, and those for which there is no room.
  static func fit(_ style: TableStyle, _ widths: TableWidths) -> (shown: [TableColumn], hidden: [Field]) {
    guard let limit = style.width else {
      let columns = zip(style.columns, widths.columns).map { TableColumn(field: $0, width: $1.full, isCut: false) }
      return (columns, [])
    }
    var fitting = TableFitting(style, widths, max(limit, 1))
    fitting.giveWay()
    fitting.takeBack()
    return fitting.result
  }

  private init(_ style: TableStyle, _ widths: TableWidths, _ limit: Int) {
    self.style = style
    self.widths = widths
    self.limit = limit
    fields = style.columns
    width = widths.columns.map(\.full)
    shown = fields.map { _ in true }
    runsOver = fields.map { _ in false }
    let isMixed = widths.transports.nonzeroBitCount > 1
    priorities = fields.map { field in
      var priority = field == .transport && isMixed ? Field.mixedTransportPriority : field.description.priority
      if style.asked.contains(field) { priority = max(priority, Field.askedPriority) }
      return style.core.contains(field) ? max(priority, Field.longestPriority) : priority
    }
  }

  private var result: (shown: [TableColumn], hidden: [Field]) {
    let columns = fields.indices.filter { shown[$0] }.map { index in
      let measure = widths.columns[index]
      let isOwners = fields[index] == .owners
      return TableColumn(
        field: fields[index], width: width[index], isCut: width[index] < measure.full || measure.isLimited,
        runsOver: runsOver[index],
        hidesDescriptors: isOwners && width[index] < measure.brief)
    }
    return (columns, fields.indices.filter { !shown[$0] }.map { fields[$0] })
  }

  private var count: Int { shown.count { $0 } }

  /// How much wider than the line the columns are; negative when there is room.
  private var excess: Int {
    fields.indices.reduce(-TableColumn.gap - limit) { shown[$1] ? $0 + width[$1] + TableColumn.gap : $0 }
  }

  private mutating func hide(_ index: Int) { shown[index] = false }

  // MARK: Reducing

  private mutating func giveWay() {
    hideColumnsWithoutValue()
    narrow({ $0 == .owners }, to: { $0.brief })
    narrow({ $0 == .owners }, to: { $0.least })
    narrow({ $0 != .owners }, to: { $0.least })
    letCellsRunOver()
    hideZeroQueues()
    narrow({ $0.isEnd }, to: { $0.shortest })
    giveUpTheRest()
  }

  private mutating func hideColumnsWithoutValue() {
    // Without any row nothing is known about the columns.
    guard widths.rows > 0 else { return }
    for index in fields.indices.reversed() where excess > 0 && count > 1 {
      let field = fields[index]
      guard !widths.columns[index].hasValue, !style.named.contains(field), !style.core.contains(field) else { continue }
      hide(index)
      withoutValue.append(index)
    }
  }

  private mutating func narrow(_ isMeant: (Field) -> Bool, to least: (ColumnMeasure) -> Int) {
    guard excess > 0 else { return }
    for index in fields.indices where shown[index] && isMeant(fields[index]) {
      width[index] = min(width[index], least(widths.columns[index]))
    }
  }

  /// How many cells of a column may be wider than it: one of a dozen rows, two in a hundred of
  /// many.
  private var allowedToRunOver: Int {
    style.rowsRunOver && widths.rows >= 12 ? max(1, widths.rows / 50) : 0
  }

  private mutating func letCellsRunOver() {
    let allowed = allowedToRunOver
    guard allowed > 0 else { return }
    for index in fields.indices where shown[index] && fields[index].canRunOver && excess > 0 {
      let least = widths.columns[index].width(exceededBy: allowed)
      guard least < width[index] else { continue }
      width[index] = least
      runsOver[index] = true
    }
  }

  private mutating func hideZeroQueues() {
    for field in [Field.sendQueue, .receiveQueue] where excess > 0 && count > 1 {
      guard let index = fields.firstIndex(of: field), shown[index], !widths.columns[index].hasNumber,
        !style.named.contains(field), !style.core.contains(field)
      else { continue }
      hide(index)
      zeroQueues.append(index)
    }
  }

  private mutating func giveUpTheRest() {
    while excess > 0, count > 1 {
      let lowest = fields.indices.reversed().filter { shown[$0] }.min { priorities[$0] < priorities[$1] }
      guard let lowest else { break }
      if priorities[lowest] >= Field.corePriority, squeeze() { break }
      hide(lowest)
      rest.append(lowest)
    }
    if count == 1, let only = shown.firstIndex(of: true) { width[only] = min(width[only], limit) }
  }

  /// Narrows the widest text until the columns fit, but none below what is acceptable; returns
  /// whether that was enough.
  private mutating func squeeze() -> Bool {
    var narrowed = width
    var excess = excess
    while excess > 0 {
      let candidates = fields.indices.filter { index in
        shown[index] && fields[index].canRunOver && narrowed[index] > leastBearable(index)
      }
      guard let widest = candidates.max(by: { narrowed[$0] < narrowed[$1] }) else { return false }
      narrowed[widest] -= 1
      excess -= 1
    }
    for index in fields.indices where narrowed[index] < width[index] { runsOver[index] = false }
    width = narrowed
    return true
  }

  /// A third of an address, or of the name of a process, is of no use while something else can be
  /// left out.
  private func leastBearable(_ index: Int) -> Int {
    // With owners an end keeps most of itself; without them it may lose everything but its port.
    let hasOwners = zip(fields, shown).contains { $0 == .owners && $1 }
    guard fields[index].isEnd else { return style.core.isEmpty ? 12 : 8 }
    return hasOwners ? 14 : 6
  }

  // MARK: Restoring

  private mutating func takeBack() {
    let allowed = allowedToRunOver
    show(rest)
    widen({ $0.isEnd }, to: { $0.shortest })
    widen({ $0 == .owners }, to: { $0.width(exceededBy: allowed) })
    show(zeroQueues)
    widen({ _ in true }, to: { $0.least })
    widen({ $0 != .owners }, to: { $0.full })
    widen({ $0 == .owners }, to: { $0.brief })
    widen({ $0 == .owners }, to: { $0.full })
    show(withoutValue)
  }

  /// Shows again what there is room for after all.
  private mutating func show(_ hidden: [Int]) {
    for index in hidden.reversed() where excess + width[index] + TableColumn.gap <= 0 {
      shown[index] = true
    }
  }

  private mutating func widen(_ isMeant: (Field) -> Bool, to wanted: (ColumnMeasure) -> Int) {
    for index in fields.indices where shown[index] && isMeant(fields[index]) {
      let measure = widths.columns[index]
      let more = min(-excess, wanted(measure) - width[index])
      // A little more is of no use to the few cells that run over.
      guard more > 0, !runsOver[index] || width[index] + more >= measure.least else { continue }
      width[index] += more
      if width[index] >= measure.least { runsOver[index] = false }
    }
  }
}
