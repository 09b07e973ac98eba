import Rendering
import SocketModel
import Text

/// Draws the kernel's rows under the calls, two by two, so that those of a whole narration line up.
///
/// A value that the call changed is marked with a star, and coloured where colours are wanted.
/// Where a terminal is too narrow the ends get a separate line, and only what is still too wide
/// there loses its middle.
struct RowTable: Sendable {
  /// The width of lines; `nil` for no limit, so that nothing is ever shortened.
  let width: Int?
  let usesColour: Bool
  private let language: Language
  /// The labels before the rows, with the blanks around them.
  private let indent: Int

  private var localWidth = 14
  private var peerWidth = 15
  private var isStacked = false
  private var explained: Set<Peculiarity> = []
  /// How many lines were drawn since the last heading; `nil` before the first.
  private var linesSinceHeading: Int?

  /// How many lines may be below a heading: a small terminal still shows it.
  private static let linesPerHeading = 18
  /// Longer states extend into the column of the queue beside them, which is wide because of its
  /// heading.
  private static let stateWidth = 11
  private static let queueWidth = 6

  init(width: Int?, usesColour: Bool, language: Language = .english) {
    self.width = width
    self.usesColour = usesColour
    self.language = language
    indent = language(10, 11)
  }

  /// Records that other lines were written below the heading.
  mutating func passed(lines: Int) { linesSinceHeading? += lines }

  /// The lines of a call: the row of each socket that it touched, before and after.
  mutating func lines(_ pairs: [RowPair]) -> [String] {
    let rows = pairs.flatMap { [$0.before.row, $0.after.row] }.compactMap { $0 }
    var lines: [String] = []
    if !rows.isEmpty {
      let hasGrown = fit(rows)
      if hasGrown || (linesSinceHeading ?? .max) >= Self.linesPerHeading {
        lines += heading
        linesSinceHeading = 0
      }
    }
    for pair in pairs {
      lines += self.lines(language("before", "antes"), pair.before, against: nil)
      lines += self.lines(language("after", "después"), pair.after, against: pair.before.row)
    }
    lines += explanations(of: rows)
    linesSinceHeading? += lines.count
    return lines
  }

  /// Explains queues that count something other than bytes, under the first row that shows one.
  private mutating func explanations(of rows: [KernelRow]) -> [String] {
    var lines: [String] = []
    func explain(_ peculiarity: Peculiarity, _ text: String, where isSo: (KernelRow) -> Bool) {
      if !explained.contains(peculiarity), rows.contains(where: isSo) {
        explained.insert(peculiarity)
        lines.append(text)
      }
    }
    for peculiarity in Peculiarity.allCases {
      explain(peculiarity, peculiarity.text(in: language)) { $0.has(peculiarity) }
    }
    return lines.map { Self.blanks(indent) + painted($0, .faint) }
  }

  // MARK: Columns

  /// Widens the columns for the rows; true when that makes the last heading wrong.
  private mutating func fit(_ rows: [KernelRow]) -> Bool {
    let old = (localWidth, peerWidth, isStacked)
    for row in rows {
      localWidth = max(localWidth, TextWidth.columns(row.local))
      peerWidth = max(peerWidth, TextWidth.columns(row.peer))
    }
    if let width, !isStacked {
      let owner = rows.map { $0.ownerText(in: language).utf8.count }.max() ?? 0
      let columns = indent + Self.stateWidth + 2 * Self.queueWidth + localWidth + peerWidth + owner
      isStacked = columns + 5 * Self.gap > width
    }
    return isStacked ? !old.2 : old != (localWidth, peerWidth, isStacked)
  }

  private var heading: [String] {
    let queues = "RECV-Q  SEND-Q"
    let front = Self.blanks(indent) + Self.padded("STATE", Self.stateWidth) + "  " + queues + "  "
    let lines =
      isStacked
      ? [front + "OWNER", Self.blanks(indent) + "LOCAL  PEER"]
      : [front + Self.padded("LOCAL", localWidth) + "  " + Self.padded("PEER", peerWidth) + "  OWNER"]
    return lines.map { painted($0, .faint) }
  }

  // MARK: Rows

  private func lines(_ label: String, _ sighting: RowSighting, against old: KernelRow?) -> [String] {
    let start = "  " + Self.padded(label, indent - 4)
    guard case .row(let row) = sighting else {
      guard case .none(let reason) = sighting else { return [] }
      let lines = TextWrap.lines(
        language("no row: ", "sin fila: ") + reason.text(in: language), columns: width.map { max($0, 40) } ?? .max,
        indent: indent)
      return [start + Self.blanks(Self.gap) + lines[0].dropFirst(indent)] + lines.dropFirst()
    }
    let isNew = old == nil
    let state = Cell(row.stateText, Self.stateWidth, Colour(row.state), isChanged: !isNew && old?.state != row.state)
    let queues = [
      Cell(number: row.receiveQueue, isChanged: !isNew && old?.receiveQueue != row.receiveQueue),
      Cell(number: row.sendQueue, isChanged: !isNew && old?.sendQueue != row.sendQueue),
    ]
    let owner = Cell(row.ownerText(in: language), 0, isChanged: !isNew && old?.owner != row.owner)
    var local = Cell(row.local, localWidth, isChanged: !isNew && old?.local != row.local)
    var peer = Cell(row.peer, peerWidth, isChanged: !isNew && old?.peer != row.peer)
    guard isStacked else { return [start + drawn([state] + queues + [local, peer, owner])] }
    // The second row does not repeat ends that are still the same.
    if !isNew, !local.isChanged, !peer.isChanged { return [start + drawn([state] + queues + [owner])] }
    local.width = 0
    peer.width = 0
    shorten(&local.text, &peer.text)
    return [start + drawn([state] + queues + [owner]), Self.blanks(indent - 2) + drawn([local, peer])]
  }

  /// Cuts the middle out of ends that do not fit into one line; space that one does not need goes
  /// to the other.
  private func shorten(_ local: inout String, _ peer: inout String) {
    guard let width else { return }
    let room = max(20, width - indent - Self.gap)
    guard TextWidth.columns(local) + TextWidth.columns(peer) > room else { return }
    let half = room / 2
    let peerRoom = max(half, room - TextWidth.columns(local))
    peer = TextWidth.withoutMiddle(peer, columns: peerRoom)
    local = TextWidth.withoutMiddle(local, columns: room - TextWidth.columns(peer))
  }

  private struct Cell {
    var text: String
    var width: Int
    var colour = Colour.plain
    var isChanged = false
    var isNumber = false

    init(_ text: String, _ width: Int, _ colour: Colour = .plain, isChanged: Bool) {
      self.text = text
      self.width = width
      self.colour = colour
      self.isChanged = isChanged
    }

    init(number: UInt32?, isChanged: Bool) {
      text = number.map { "\($0)" } ?? "-"
      width = RowTable.queueWidth
      isNumber = true
      self.isChanged = isChanged
    }
  }

  /// The cells in their columns, each after a gap. The mark is in the gap before what changed, so
  /// that nothing moves.
  private func drawn(_ cells: [Cell]) -> String {
    var line = ""
    var overflow = 0
    for (index, cell) in cells.enumerated() {
      let padding = max(0, cell.width - TextWidth.columns(cell.text))
      let mark = cell.isChanged ? "*" : ""
      let colour = cell.isChanged && cell.colour == .plain ? .changed : cell.colour
      let before = cell.isNumber ? max(0, padding - overflow) : 0
      line += Self.blanks(Self.gap + before - mark.count) + painted(mark + cell.text, colour)
      if !cell.isNumber, index < cells.count - 1 { line += Self.blanks(padding) }
      overflow = max(0, TextWidth.columns(cell.text) - cell.width)
    }
    return line
  }

  private func painted(_ text: String, _ colour: Colour) -> String {
    colour.paint(text, if: usesColour)
  }

  private static let gap = 2
  private static func blanks(_ count: Int) -> String { String(repeating: " ", count: max(0, count)) }
  private static func padded(_ text: String, _ width: Int) -> String { text + blanks(width - text.count) }
}

/// What a queue counts when it does not count bytes.
enum Peculiarity: Sendable, Hashable, CaseIterable {
  /// A listener's queues count connections.
  case listener
  /// A FIN that was not read yet counts as a byte.
  case unreadFIN
  /// Both queues count memory.
  case memory
  /// The send queue counts memory.
  case sendMemory

  /// The explanation, in one line.
  func text(in language: Language) -> String {
    switch self {
    case .listener:
      language(
        "a listener's RECV-Q: who waits for accept(); SEND-Q: how many may",
        "en LISTEN, RECV-Q: quiénes esperan a accept(); SEND-Q: cuántos caben")
    case .unreadFIN:
      language(
        "the other end's FIN, not read yet, counts as 1 in RECV-Q",
        "el FIN del otro extremo, aún sin leer, cuenta 1 en RECV-Q")
    case .memory:
      language(
        "here a queue counts memory: the data with what the kernel adds",
        "aquí una cola cuenta memoria: los datos y lo que añade el kernel")
    case .sendMemory:
      language(
        "here SEND-Q counts memory: the data with what the kernel adds",
        "aquí SEND-Q cuenta memoria: los datos y lo que añade el kernel")
    }
  }
}

extension KernelRow {
  /// Whether a queue of the row counts something other than bytes in this way.
  fileprivate func has(_ peculiarity: Peculiarity) -> Bool {
    switch peculiarity {
    case .listener: state == .listen
    case .unreadFIN: state == .closeWait && receiveQueue == 1
    case .memory: memoryQueues == .both
    case .sendMemory: memoryQueues == .sending
    }
  }
}
