public import SocketModel

/// What a table looks like.
public struct TableStyle: Sendable {
  /// The columns, from left to right.
  public var columns: [Field]
  /// Those of the columns that somebody asked for: they stay longer when there is not room for all.
  public var asked: Set<Field>
  /// Columns that stay longest, whatever their field; for them other cells are cut more than usual.
  public var core: Set<Field> = []
  /// The columns of the terminal that lines must fit into; `nil` for a pipe or file, where nothing is hidden or cut.
  public var width: Int?
  /// Whether the first line names the columns.
  public var hasHeader: Bool
  /// Whether colours are used; see ``Colour``.
  public var usesColour: Bool
  /// Names to show in place of numbers.
  public var names: ShownNames

  /// Makes a style; without arguments, the plain table of a pipe with the default columns of TCP and UDP.
  public init(
    columns: [Field] = TableStyle.defaultColumns(for: [.tcp, .udp]), asked: Set<Field> = [],
    width: Int? = nil, hasHeader: Bool = true, usesColour: Bool = false, names: ShownNames = ShownNames()
  ) {
    self.columns = columns
    self.asked = asked
    self.width = width
    self.hasHeader = hasHeader
    self.usesColour = usesColour
    self.names = names
  }

  /// The columns to show of the transports when none are asked for. Transports with sockets of several types show the type too.
  public static func defaultColumns(for transports: Set<Transport>) -> [Field] {
    let ends: [Field] = [.state, .receiveQueue, .sendQueue, .local, .peer, .owners]
    let hasTypes = transports.contains(.unix) || transports.contains(.packet)
    return (hasTypes ? [.transport, .socketType] : [.transport]) + ends
  }
}

/// How wide the cells of some rows are. Those of several threads' rows merge into one.
public struct TableWidths: Sendable, Hashable {
  /// The widest cell of each column.
  var full: [Int]
  /// The widest that a cell of each column must have to be of use: for owners, the first one and how many there are besides.
  var brief: [Int]

  /// Takes in the widths of other rows of the same table.
  public mutating func merge(_ other: TableWidths) {
    for index in full.indices where index < other.full.count {
      full[index] = max(full[index], other.full[index])
      brief[index] = max(brief[index], other.brief[index])
    }
  }
}

/// One column as it is drawn.
struct TableColumn: Sendable {
  let field: Field
  let width: Int
  let isRightAligned: Bool
  /// Whether cells can be wider than the column and must be cut.
  let isCut: Bool

  static let gap = 2

  /// Fits columns into a line: hides those of low priority first, then narrows the rest. Those asked for go after those that are
  /// there by default, but for what tells one socket from another. What was hidden and fits after all comes back.
  static func fit(
    _ fields: [Field], asked: Set<Field> = [], core: Set<Field> = [], _ widths: TableWidths, into limit: Int?
  ) -> (shown: [TableColumn], hidden: [Field]) {
    let priorities = fields.map { field in
      if core.contains(field) { return Field.longestPriority }
      return asked.contains(field) ? max(field.tablePriority, Field.askedPriority) : field.tablePriority
    }
    var shown = Array(fields.indices)
    var width = limit == nil ? widths.full : widths.brief
    var hidden: [Int] = []
    if let limit {
      let limit = max(limit, 1)
      func total() -> Int { shown.reduce(gap * (shown.count - 1)) { $0 + width[$1] } }
      while total() > limit, shown.count > 1 {
        let lowest = shown.reversed().min { priorities[$0] < priorities[$1] }
        guard let lowest else { break }
        if priorities[lowest] >= Field.corePriority,
          narrow(&width, shown, fields, by: total() - limit, least: core.isEmpty ? 12 : 8)
        {
          break
        }
        hidden.append(lowest)
        shown.removeAll { $0 == lowest }
      }
      for index in hidden.reversed() where total() + gap + width[index] <= limit {
        shown.append(index)
        hidden.removeAll { $0 == index }
      }
      shown.sort()
      if let only = shown.first, shown.count == 1 { width[only] = min(width[only], limit) }
      var rest = limit - total()
      for index in shown where rest > 0 && width[index] < widths.full[index] {
        let more = min(rest, widths.full[index] - width[index])
        width[index] += more
        rest -= more
      }
    }
    let columns = shown.map { index in
      TableColumn(
        field: fields[index], width: width[index], isRightAligned: fields[index].isRightAligned,
        isCut: width[index] < widths.full[index])
    }
    return (columns, hidden.sorted().map { fields[$0] })
  }

  /// Takes `excess` columns from the widest text cells, and leaves each at least so many; says whether that was enough.
  private static func narrow(
    _ width: inout [Int], _ shown: [Int], _ fields: [Field], by excess: Int, least: Int
  ) -> Bool {
    var narrowed = width
    var excess = excess
    while excess > 0 {
      let candidates = shown.filter { !fields[$0].isRightAligned && narrowed[$0] > least }
      guard let widest = candidates.max(by: { narrowed[$0] < narrowed[$1] }) else { return false }
      narrowed[widest] -= 1
      excess -= 1
    }
    width = narrowed
    return true
  }
}

extension Field {
  /// Columns of this priority and above are made narrower before they are hidden.
  static let corePriority = 80

  /// The priority of a column that stays longest.
  static let longestPriority = 95

  /// The least priority of a column that was asked for: above the protocol, below the peer.
  static let askedPriority = 55

  /// How long a column stays when a terminal gets narrow: columns with a low number are hidden first.
  var tablePriority: Int {
    switch self {
    case .local: 100
    case .owners, .process, .pid: 90
    case .localPort, .localAddress, .path: 85
    case .state: 70
    case .peer, .peerPort, .peerAddress: 60
    case .transport: 50
    case .user, .uid, .descriptor: 40
    case .receiveQueue: 35
    case .sendQueue: 34
    case .socketType, .timer: 30
    default: 20
    }
  }

  /// Whether the column holds numbers, which stand at its right edge. Numbers of several owners are a list, which is text.
  var isRightAligned: Bool {
    if isPerOwner { return false }
    return switch description.type {
    case .number, .port: true
    default: false
    }
  }

  /// The most columns that a cell of the field is granted before other columns are hidden for it; `nil` for no limit.
  var briefLimit: Int? {
    switch self {
    case .local, .peer: 48
    case .path, .executable, .cgroup: 30
    case .process, .processUser, .pid, .descriptor, .processStart, .owners: 32
    default: nil
    }
  }
}
