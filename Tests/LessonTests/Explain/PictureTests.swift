import SocketModel
import TestSupport
import Testing
import Text

@testable import Lesson

/// Follows the lines of a drawing from box to box.
private struct Tracer {
  let rows: [[Character]]
  /// Each state's boxes, as rows and columns that they cover.
  private var boxes: [(state: SocketState, rows: ClosedRange<Int>, columns: ClosedRange<Int>)] = []

  init(_ picture: Picture) {
    rows = picture.lines.map { Array($0.map(\.text).joined()) }
    for (row, line) in picture.lines.enumerated() {
      var column = 0
      for piece in line {
        if case .state(let state) = piece.ink {
          let left = (0..<column).last { Self.sides.contains(rows[row][$0]) } ?? 0
          let right = (column..<rows[row].count).first { Self.sides.contains(rows[row][$0]) } ?? 0
          boxes.append((state, row - 1...row + 1, left...right))
        }
        column += piece.text.count
      }
    }
  }

  private static let sides: Set<Character> = ["│", "├", "┤", "◄"]
  private static let arrows: [Character: (Int, Int)] = ["▼": (1, 0), "▲": (-1, 0), "►": (0, 1), "◄": (0, -1)]

  private func character(_ row: Int, _ column: Int) -> Character {
    rows.indices.contains(row) && rows[row].indices.contains(column) ? rows[row][column] : " "
  }

  private func box(_ row: Int, _ column: Int) -> SocketState? {
    boxes.first { $0.rows.contains(row) && $0.columns.contains(column) }?.state
  }

  /// The transitions that the drawing shows; a line that ends nowhere is one from a state to
  /// itself.
  func ways() -> [[SocketState]] {
    var ways: [[SocketState]] = []
    for box in boxes {
      for row in box.rows {
        for column in box.columns {
          switch character(row, column) {
          case "├" where column == box.columns.upperBound:
            ways.append([box.state, end(row, column, (0, 1)) ?? box.state])
          case "┤" where column == box.columns.lowerBound:
            ways.append([box.state, end(row, column, (0, -1)) ?? box.state])
          case "┬" where row == box.rows.upperBound: ways.append([box.state, end(row, column, (1, 0)) ?? box.state])
          default: break
          }
        }
      }
    }
    return ways
  }

  private func end(_ row: Int, _ column: Int, _ direction: (Int, Int)) -> SocketState? {
    var (row, column, direction) = (row, column, direction)
    for _ in 0..<1000 {
      row += direction.0
      column += direction.1
      let here = character(row, column)
      if let arrow = Self.arrows[here] {
        // The arrowhead touches the box, or is in its side.
        return arrow == direction ? box(row + direction.0, column + direction.1) : nil
      }
      switch (here, direction) {
      case ("─", (0, _)), ("│", (_, 0)): break
      case ("┐", (0, 1)), ("┌", (0, -1)): direction = (1, 0)
      case ("┘", (0, 1)), ("└", (0, -1)): direction = (-1, 0)
      case ("└", (1, 0)), ("┌", (-1, 0)): direction = (0, 1)
      case ("┘", (1, 0)), ("┐", (-1, 0)): direction = (0, -1)
      default: return nil
      }
    }
    return nil
  }
}

@Suite("Pictures", .timeLimited)
struct PictureTests {
  private static let wanted = Set(Transition.all.map { [$0.from, $0.to] })

  @Test("the lines of the state diagram follow the transitions of TCP, and no others", arguments: Language.allCases)
  func ways(language: Language) {
    let ways = Tracer(.states(in: language, isASCII: false)).ways()
    #expect(Set(ways) == Self.wanted)
    #expect(ways.count == Transition.all.count)
  }

  @Test("the tracer sees a line that is broken and one that leads elsewhere")
  func detector() {
    let whole = """
      ┌───────┐      ┌────────┐
      │ CLOSE ├─────►│ LISTEN │
      └───────┘      └────────┘
      """
    func ways(_ drawing: String) -> [[SocketState]] { Tracer(Picture(drawing, isASCII: false, notes: [])).ways() }
    #expect(ways(whole) == [[.close, .listen]])
    #expect(ways(whole.replacing("├──", with: "├─ ")) == [[.close, .close]])
    #expect(ways(whole.replacing("LISTEN", with: "CLOSED")) == [[.close, .close]])
    #expect(ways(whole.replacing("►", with: "◄")) == [[.close, .close]])
  }

  @Test("the transitions are those of RFC 9293, without the one that Linux lacks")
  func transitions() {
    #expect(Transition.all.count == Self.wanted.count)
    // Simultaneous open and close, and the short transition from FIN_WAIT1.
    for way in [
      [SocketState.synSent, .synRecv], [.finWait1, .closing], [.closing, .timeWait], [.finWait1, .timeWait],
    ] {
      #expect(Self.wanted.contains(way))
    }
    #expect(!Self.wanted.contains([.listen, .synSent]))
    let left = Set(Transition.all.map(\.from))
    let reached = Set(Transition.all.map(\.to))
    #expect(left == reached && left.count == 11, "all eleven are entered and left")
  }

  @Test(
    "every picture fits 80 columns and 40 lines, as ASCII too", arguments: Language.allCases, [true, false])
  func size(language: Language, isASCII: Bool) {
    for picture in [Picture.states(in: language, isASCII: isASCII), .calls(in: language, isASCII: isASCII)] {
      #expect(picture.columns <= 79 && picture.lines.count <= 40)
      for line in picture.lines {
        let text = line.map(\.text).joined()
        #expect(text.last != " ", "\(text)")
        if isASCII, language == .english { #expect(text.utf8.allSatisfy { (0x20..<0x7F).contains($0) }, "\(text)") }
        #expect(!isASCII || !text.contains { "┌┐└┘├┤┬┴─│▲▼◄►".contains($0) }, "\(text)")
      }
    }
  }

  @Test("a translated label moves nothing: what follows it stays in its column")
  func translation() {
    let drawing = "│ data ─► end"
    func line(_ words: [(String, String)]) -> String {
      Picture(drawing, words: words, isASCII: false, notes: []).lines[0].map(\.text).joined()
    }
    #expect(line([("data", "uno")]) == "│ uno  ─► end")
    #expect(line([("data", "datos")]) == "│ datos─► end")
    #expect(line([("end", "e")]) == "│ data ─► e")
    #expect(line([("none", "nada")]) == drawing)
  }

  @Test("both pictures have the same states in both languages, in the same columns")
  func sameStates() {
    func states(_ picture: Picture) -> [String] {
      picture.lines.enumerated().flatMap { row, line in
        var column = 0
        return line.compactMap { piece in
          defer { column += piece.text.count }
          return piece.ink == .plain ? nil : "\(row),\(column) \(piece.text)"
        }
      }
    }
    #expect(states(.states(in: .english, isASCII: false)) == states(.states(in: .spanish, isASCII: true)))
    #expect(states(.calls(in: .english, isASCII: false)) == states(.calls(in: .spanish, isASCII: true)))
    #expect(states(.calls(in: .english, isASCII: false)).count > 20)
  }
}
