import LinuxSystem
import Rendering
import SocketModel
import Text

/// Draws the steps of a flow: the server's lane, the segments in the middle, the client's lane.
package struct FlowPicture {
  /// How the picture is drawn.
  package struct Style: Sendable, Equatable {
    /// The columns that the picture may take, at least 60; more than 110 are not used.
    package var width = 80
    package var usesColour = false
    /// Whether lines and arrows are drawn with characters outside ASCII.
    package var isUnicode = true
    /// The language of the words.
    package var language = Language.english

    package init(
      width: Int = 80, usesColour: Bool = false, isUnicode: Bool = true, language: Language = .english
    ) {
      self.width = width
      self.usesColour = usesColour
      self.isUnicode = isUnicode
      self.language = language
    }
  }

  private let style: Style
  private var text: FlowText { FlowText(language: style.language) }
  private let inner: Int
  private let serverWidth: Int
  private let clientWidth: Int
  /// The states of the previous step, to find changes.
  private var before: [FlowRole: SocketState?] = [:]
  private var isOpen: [FlowSide: Bool] = [:]

  package init(_ style: Style) {
    self.style = style
    let width = min(110, max(60, style.width))
    // Number, two lifelines and the blank after the second.
    inner = 16 + max(0, width - 80) / 3
    let lanes = width - FlowPicture.numberWidth - 3 - inner
    clientWidth = lanes / 2 - 2
    serverWidth = lanes - clientWidth
  }

  private static let numberWidth = 3

  // MARK: - Rows

  /// The headings of the two lanes.
  package func heading() -> [String] {
    [
      line(
        number: "", server: Piece(text.heading(.server), .heading), middle: .nothing,
        client: Piece(text.heading(.client), .heading))
    ]
  }

  /// The lines of a step.
  package mutating func lines(of step: FlowStep) -> [String] {
    for side in FlowSide.allCases {
      let sightings = step.sightings.filter { $0.role.side == side }
      isOpen[side] = sightings.contains { $0.state != nil }
    }
    let calls = FlowSide.allCases.map { callLines(of: step, $0) }
    let states = FlowSide.allCases.map { stateLines(of: step, $0) }
    for sighting in step.sightings { before[sighting.role] = .some(sighting.state) }
    let callHeight = max(calls[0].count, calls[1].count, step.segments.count)
    let height = callHeight + max(states[0].count, states[1].count)
    var lines: [String] = []
    for index in 0..<height {
      func piece(_ side: Int) -> Piece {
        let source = index < callHeight ? calls[side] : states[side]
        let place = index < callHeight ? index : index - callHeight
        return place < source.count ? source[place] : Piece("")
      }
      let segment = index < step.segments.count ? step.segments[index] : nil
      lines.append(
        line(
          number: index == 0 ? "\(step.number)" : "", server: piece(0),
          middle: segment.map { .segment($0) } ?? .nothing, client: piece(1)))
    }
    lines.append(line(number: "", server: Piece(""), middle: .nothing, client: Piece("")))
    return lines
  }

  private func callLines(of step: FlowStep, _ side: FlowSide) -> [Piece] {
    let width = width(of: side)
    return step.acts.filter { $0.side == side }.flatMap { (act) -> [Piece] in
      FlowPicture.joined(text.parts(of: act), width: width).map { Piece($0) }
    }
  }

  private func stateLines(of step: FlowStep, _ side: FlowSide) -> [Piece] {
    var pieces: [Piece] = []
    for role in [FlowRole.connection, .listener, .client] where role.side == side {
      guard let sighting = step.sighting(role) else { continue }
      let isChanged = before[role] != .some(sighting.state)
      // As long as there is a connection its listener matters only when something waits there.
      let waits = sighting.record?.receiveQueue ?? 0 > 0
      if role == .listener, !isChanged, !waits, step.sighting(.connection)?.state != nil { continue }
      let mark = isChanged ? (style.isUnicode ? "● " : "* ") : "  "
      let colour = sighting.state.map { Colour($0) } ?? .faint
      let parts = FlowPicture.joined(text.state(sighting), width: width(of: side) - 2)
      pieces += parts.enumerated().map { Piece(($0 == 0 ? mark : "  ") + $1, colour) }
      if pieces.count > 1, pieces[pieces.count - 1].text == pieces[pieces.count - 2].text { pieces.removeLast() }
      if let note = text.timer(sighting) { pieces += faint(note, side) }
    }
    if let remark = step.remarks[side] { pieces += faint(text.remark(remark), side) }
    return pieces
  }

  private func faint(_ text: String, _ side: FlowSide) -> [Piece] {
    TextWrap.lines(text, columns: width(of: side), indent: 2).map { Piece($0, .faint) }
  }

  private func width(of side: FlowSide) -> Int { side == .server ? serverWidth - 1 : clientWidth }

  /// Joins parts in one line, or on separate lines where they do not fit. A part that fits nowhere
  /// is broken, after its bracket if it has one. All of it is ASCII.
  private static func joined(_ parts: [String], width: Int) -> [String] {
    var lines: [String] = []
    for part in parts {
      if let last = lines.last, last.count + 1 + part.count <= width {
        lines[lines.count - 1] = last + " " + part
        continue
      }
      var rest = (lines.isEmpty ? "" : " ") + part
      while rest.count > width {
        let bracket = rest.prefix(width).lastIndex(of: "(").map { rest.index(after: $0) }
        let end = bracket ?? rest.index(rest.startIndex, offsetBy: width)
        lines.append(String(rest[..<end]))
        rest = " " + rest[end...]
      }
      lines.append(rest)
    }
    return lines
  }

  // MARK: - Lines

  /// Text in one colour.
  private struct Piece {
    var text: String
    var colour: Colour

    init(_ text: String, _ colour: Colour = .plain) {
      self.text = text
      self.colour = colour
    }
  }

  private enum Middle {
    case nothing
    case segment(FlowSegment)
  }

  private func line(number: String, server: Piece, middle: Middle, client: Piece) -> String {
    var line = String(repeating: " ", count: FlowPicture.numberWidth - 1 - number.count) + painted(number, .faint) + " "
    line += painted(server.text, server.colour)
    line += String(repeating: " ", count: max(0, serverWidth - TextWidth.columns(server.text)))
    line += lifeline(.server)
    switch middle {
    case .nothing: line += String(repeating: " ", count: inner)
    case .segment(let segment):
      line += painted(arrow(segment), segment.isHeldBack ? .passing : .plain)
    }
    line += lifeline(.client)
    if !client.text.isEmpty { line += " " + painted(client.text, client.colour) }
    return line
  }

  private func lifeline(_ side: FlowSide) -> String {
    let isOpen = isOpen[side] ?? false
    return painted(style.isUnicode ? (isOpen ? "│" : "┊") : (isOpen ? "|" : ":"), .faint)
  }

  /// An arrow as wide as the middle, with its label. One that is held back ends with a cross before
  /// it arrives.
  private func arrow(_ segment: FlowSegment) -> String {
    let dash = style.isUnicode ? "─" : "-"
    let cross = style.isUnicode ? "×" : "x"
    let isLeftward = segment.sender == .client
    let head = style.isUnicode ? (isLeftward ? "◄" : "►") : (isLeftward ? "<" : ">")
    var label = " " + text.segment(segment) + " "
    let tip = segment.isHeldBack ? 2 : 1
    let room = max(0, inner - tip - label.count)
    if room == 0 {
      label = text.segment(segment)
      label = label.count + 2 + tip <= inner ? dash + label + dash : String(label.prefix(inner - tip))
      label += String(repeating: dash, count: max(0, inner - tip - label.count))
    }
    let left = String(repeating: dash, count: room / 2)
    let right = String(repeating: dash, count: room - room / 2)
    if isLeftward { return (segment.isHeldBack ? cross : "") + head + left + label + right }
    return right + label + left + head + (segment.isHeldBack ? cross : "")
  }

  private func painted(_ text: String, _ colour: Colour) -> String {
    colour.paint(text, if: style.usesColour)
  }
}
