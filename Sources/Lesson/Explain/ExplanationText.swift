package import Rendering
package import SocketModel
import Text

/// Explanations and pictures laid out for a terminal or a pipe.
///
/// Wide terminals get lines of at most 100 columns, because longer ones are hard to read; below 60
/// columns headings are above their text.
package struct ExplanationText {
  package let language: Language
  /// Whether there is colour.
  package let usesColour: Bool
  /// Whether arrows and boxes are drawn with ASCII characters. Words keep their accents: without
  /// them they would be wrong.
  package let isASCII: Bool
  /// The number of columns.
  package let width: Int

  private let phrases: Phrases

  package init(language: Language, usesColour: Bool = false, isASCII: Bool = false, width: Int = 80) {
    self.language = language
    self.usesColour = usesColour
    self.isASCII = isASCII
    // The last column stays empty: some terminals break the line after it.
    self.width = max(20, min(width, 101) - 1)
    phrases = Phrases(language)
  }

  /// The explanation of a state, a call, an error, a term or a column, in lines.
  package func explanation(of subject: Subject) -> [String] {
    labelled(subject).lines(columns: width, usesColour: usesColour)
  }

  /// The explanation of a subject, for any width.
  package func labelled(_ subject: Subject) -> LabelledText {
    let text = Explanation.of(subject, in: language)
    var parts: [LabelledText.Part] = []
    for part in text.parts {
      parts.append(.init(phrases.heading(part.heading), part.text))
      guard part.heading == .what, case .call(let call) = subject else { continue }
      for (index, path) in call.paths.enumerated() {
        let states = path.map(\.title).joined(separator: isASCII ? " -> " : " → ")
        parts.append(.init(index == 0 ? phrases.states : "", states))
      }
    }
    return LabelledText(
      title: subject.title, summary: text.summary, parts: parts,
      commands: subject.commands.map { "sockinspect " + $0 })
  }

  /// Who must act next in a state, with the heading of that part; `nil` when nobody must.
  package func nextActor(in state: SocketState) -> String? {
    Explanation.of(.state(state), in: language).parts.first { $0.heading == .next }.map { part in
      "\(phrases.heading(part.heading)): \(part.text)"
    }
  }

  /// What can be explained, one line each.
  package func overview() -> [String] {
    var lines: [String] = []
    for (heading, subjects) in [
      (phrases.tcpStates, Subject.tcpStates), (phrases.otherStates, Subject.otherStates),
      (phrases.calls, Subject.calls), (phrases.errors, Subject.errors), (phrases.terms, Subject.terms),
    ] {
      lines += self.heading(heading)
      lines += rows(subjects.map { ($0.name, Explanation.of($0, in: language).summary) }) + [""]
    }
    lines += heading(phrases.pictures)
    lines += rows([("states", phrases.statePicture), ("calls", phrases.callPicture)])
    // At the end, where it is visible on a terminal with fewer lines than the list.
    return lines + [""] + wrap(phrases.others) + [""] + wrap(phrases.usage)
  }

  /// A picture with its notes. On a terminal that is too narrow for it, the transitions between the
  /// states are listed instead.
  package func picture(_ overview: Overview) -> [String] {
    let picture =
      switch overview {
      case .states: Picture.states(in: language, isASCII: isASCII)
      case .calls: Picture.calls(in: language, isASCII: isASCII)
      }
    var lines = picture.lines.map { $0.map(paint).joined() }
    if overview == .states, picture.columns > width { lines = transitions() }
    for note in picture.notes { lines += [""] + wrap(note) }
    return lines
  }

  /// The message about a word that names both a state and a call.
  package func ambiguity(of word: String) -> [String] { wrap(phrases.ambiguity(of: word)) }

  private func transitions() -> [String] {
    let arrow = isASCII ? " -> " : " → "
    return Transition.all.flatMap { way in
      let states = paint(way.from.title, Colour(way.from)) + arrow + paint(way.to.title, Colour(way.to))
      return [states, "    " + way.event + (way.sent.map { " / " + $0 } ?? "")]
    }
  }

  private func heading(_ text: String) -> [String] { wrap(text).map { paint($0, .heading) } }

  private func rows(_ rows: [(name: String, summary: String)]) -> [String] {
    let columns = max(16, (rows.map(\.name.count).max() ?? 0) + 2)
    let indent = width < 60 ? 4 : columns + 2
    return rows.flatMap { row in
      var block = TextWrap.lines(row.summary, columns: width, indent: indent)
      guard indent > 4 else { return ["  " + row.name] + block }
      if let first = block.first {
        block[0] =
          "  " + row.name + String(repeating: " ", count: columns - row.name.count) + first.dropFirst(indent)
      }
      return block
    }
  }

  private func wrap(_ text: String) -> [String] { TextWrap.lines(text, columns: width) }

  private func paint(_ piece: Picture.Piece) -> String {
    switch piece.ink {
    case .plain: piece.text
    case .state(let state): paint(piece.text, Colour(state))
    }
  }

  private func paint(_ text: String, _ colour: Colour) -> String {
    colour.paint(text, if: usesColour)
  }
}

/// A picture that can be requested instead of a state or a call.
package enum Overview: String, CaseIterable {
  /// The diagram of TCP's states.
  case states
  /// The calls of a server and a client, with the states that they lead to.
  case calls

  /// The overview that a word names, in either language.
  package init?(word: String) {
    switch word.lowercased() {
    case "states", "estados": self = .states
    case "calls", "llamadas": self = .calls
    default: return nil
    }
  }
}
