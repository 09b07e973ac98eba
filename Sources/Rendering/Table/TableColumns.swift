package import SocketModel

/// How a table looks.
package struct TableStyle: Sendable {
  /// The columns, from left to right.
  package var columns: [Field]
  /// The columns that the user requested: they stay longer when there is not room for all.
  package var asked: Set<Field>
  /// The columns of ``asked`` that were requested by name: they stay even if none of their cells
  /// has a value.
  package var named: Set<Field> = []
  /// Columns that stay longest, whatever their field; other cells are shortened more than usual for
  /// them.
  package var core: Set<Field> = []
  /// Whether a row that is one of many may be longer than the others.
  package var rowsRunOver = true
  /// Whether `...` marks what was left out, rather than `…`.
  package var isASCII = false
  /// The columns of the terminal that lines must fit into; `nil` for a pipe or file, where nothing
  /// is hidden or cut.
  package var width: Int?
  /// Whether the first line names the columns.
  package var hasHeader: Bool
  /// Whether colours are used; see ``Colour``.
  package var usesColour: Bool
  /// The palette of the colours; `nil` for those of listings, ``Colour/start``.
  package var palette: Palette?
  /// Names to show instead of numbers.
  package var names: ShownNames

  /// Makes a style; without arguments, the plain table of a pipe with the default columns of TCP
  /// and UDP.
  package init(
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

  /// Keeps the column of network namespaces longest, where it is shown and a snapshot has several of
  /// them: their rows may be equal in all else.
  package mutating func keepNamespaces(of snapshot: Snapshot) {
    if snapshot.namespaces.count > 1, columns.contains(.netns) { core.insert(.netns) }
  }

  /// The columns to show for the transports when none are requested. Transports with sockets of
  /// several types show the type too.
  package static func defaultColumns(for transports: Set<Transport>) -> [Field] {
    let ends: [Field] = [.state, .receiveQueue, .sendQueue, .local, .peer, .owners]
    let hasTypes = !transports.isDisjoint(with: [.unix, .packet, .vsock, .tipc])
    return (hasTypes ? [.transport, .socketType] : [.transport]) + ends
  }
}

/// One column as it is drawn.
package struct TableColumn: Sendable, Hashable {
  package let field: Field
  package let width: Int
  /// Whether the column holds numbers. Stored, since it is needed for each cell.
  package let isRightAligned: Bool
  /// Whether cells can be wider than the column and must be shortened.
  let isCut: Bool
  /// Whether the few cells that are wider than the column shift the rest of their row to the right.
  var runsOver = false
  /// Whether owners are written without their descriptors.
  package var hidesDescriptors = false

  package static let gap = 2

  package init(field: Field, width: Int, isCut: Bool, runsOver: Bool = false, hidesDescriptors: Bool = false) {
    self.field = field
    self.width = width
    self.isCut = isCut
    self.runsOver = runsOver
    self.hidesDescriptors = hidesDescriptors
    isRightAligned = field.isRightAligned
  }
}

extension Field {
  /// Columns of this priority and above are made narrower before they are hidden.
  static let corePriority = 80

  /// The lowest priority of a column that was requested: above the default columns, below those
  /// that distinguish one socket from another.
  static let askedPriority = 55

  /// The priority of the protocol when rows of two protocols are listed.
  static let mixedTransportPriority = 94

  /// The priority of a column of ``TableStyle/core``.
  static let longestPriority = 97

  /// Whether the column holds numbers, which are right-aligned.
  package var isRightAligned: Bool { description.isRightAligned }

  /// Whether the cells are text of any length, which can be shortened or be longer than the column.
  var canRunOver: Bool { !isRightAligned && description.cut != .never }

  /// Whether the cells are ends of sockets, whose middle can be left out.
  var isEnd: Bool { description.cut == .end }

  /// Whether the cells are paths, whose end is the most useful part.
  package var isPath: Bool { if case .path = description.cut { true } else { false } }

  /// The most columns that a cell needs to be useful.
  func leastWidth(isInternet: Bool) -> Int {
    guard isEnd else { return leastLimit ?? Int.max }
    return isInternet ? TableDraft.leastEnd : TableDraft.leastPath
  }

  /// The most columns that a cell of the field needs to be useful; `nil` when only the whole cell
  /// is.
  var leastLimit: Int? {
    switch description.cut {
    case .path(let least): least
    case .tail(let least): least
    case .end, .never: nil
    }
  }
}
