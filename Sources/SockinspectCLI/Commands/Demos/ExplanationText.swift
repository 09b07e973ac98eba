import Diagnosis
import Presentation

/// Explanations and pictures laid out for a terminal or a pipe.
///
/// Wide terminals get lines of 100 columns at most, for longer ones are hard to read; below 60 columns headings stand above their text.
struct ExplanationText {
  let language: Language
  /// Whether there is colour.
  let usesColour: Bool
  /// Whether arrows and boxes are drawn with ASCII characters. Words keep their accents: without them they would be wrong.
  let isASCII: Bool
  /// The columns there are.
  let width: Int

  private let phrases: Phrases

  init(language: Language, usesColour: Bool = false, isASCII: Bool = false, width: Int = 80) {
    self.language = language
    self.usesColour = usesColour
    self.isASCII = isASCII
    // The last column stays empty: some terminals break the line behind it.
    self.width = max(20, min(width, 101) - 1)
    phrases = Phrases(language)
  }

  /// The explanation of a state or a call.
  func explanation(of subject: Subject) -> [String] {
    let text = Explanation.of(subject, in: language)
    var parts = [(phrases.what, text.what)]
    if case .call(let call) = subject {
      for (index, path) in call.paths.enumerated() {
        parts.append((index == 0 ? phrases.states : "", path.map(\.title).joined(separator: isASCII ? " -> " : " → ")))
      }
    }
    parts += [(phrases.next, text.next), (phrases.duration, text.duration), (phrases.check, text.check)]
    let isNarrow = width < 60
    let labels = [phrases.what, phrases.states, phrases.next, phrases.duration, phrases.check].map(\.count).max() ?? 0
    let indent = isNarrow ? 4 : labels + 4
    var lines = title(subject.title, text.summary)
    for (label, body) in parts {
      var block = TextLayout.wrap(body, indent: indent, width: width)
      if isNarrow {
        if !label.isEmpty { lines.append("  " + paint(label, .open)) }
      } else if let first = block.first {
        let gap = String(repeating: " ", count: indent - 2 - label.count)
        block[0] = "  " + paint(label, .open) + gap + first.dropFirst(indent)
      }
      lines += block
    }
    // A command stays in one line, to be copied.
    let margin = String(repeating: " ", count: indent)
    lines += subject.commands.map { margin + paint("$", .faint) + " sockinspect " + $0 }
    return lines
  }

  /// What can be explained, a line each.
  func overview() -> [String] {
    var lines: [String] = []
    for (heading, subjects) in [
      (phrases.tcpStates, Subject.tcpStates), (phrases.otherStates, Subject.otherStates),
      (phrases.calls, Subject.calls),
    ] {
      lines += self.heading(heading)
      lines += rows(subjects.map { ($0.name, Explanation.of($0, in: language).summary) }) + [""]
    }
    lines += heading(phrases.pictures)
    lines += rows([("states", phrases.statePicture), ("calls", phrases.callPicture)])
    // At the end, where it is seen on a terminal that is lower than the list.
    return lines + [""] + wrap(phrases.usage)
  }

  /// A picture with its notes. On a terminal that is too narrow for it, the transitions between the
  /// states are listed instead.
  func picture(_ overview: Overview) -> [String] {
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
  func ambiguity(of word: String) -> [String] { wrap(phrases.ambiguity(of: word)) }

  private func transitions() -> [String] {
    let arrow = isASCII ? " -> " : " → "
    return Transition.all.flatMap { way in
      let states = paint(way.from.title, Colour(way.from)) + arrow + paint(way.to.title, Colour(way.to))
      return [states, "    " + way.event + (way.sent.map { " / " + $0 } ?? "")]
    }
  }

  private func title(_ name: String, _ summary: String) -> [String] {
    var lines = wrap(name + ": " + summary)
    // The name is at the beginning of the first line, however narrow the terminal is.
    if let first = lines.first { lines[0] = paint(name, .heading) + first.dropFirst(name.count) }
    return lines
  }

  private func heading(_ text: String) -> [String] { wrap(text).map { paint($0, .heading) } }

  private func rows(_ rows: [(name: String, summary: String)]) -> [String] {
    let indent = width < 60 ? 4 : 18
    return rows.flatMap { row in
      var block = TextLayout.wrap(row.summary, indent: indent, width: width)
      guard indent > 4 else { return ["  " + row.name] + block }
      if let first = block.first {
        block[0] =
          "  " + row.name + String(repeating: " ", count: max(1, 16 - row.name.count)) + first.dropFirst(indent)
      }
      return block
    }
  }

  private func wrap(_ text: String) -> [String] { TextLayout.wrap(text, indent: 0, width: width) }

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
enum Overview: String, CaseIterable {
  /// The diagram of TCP's states.
  case states
  /// The calls of a server and a client, with the states that they lead to.
  case calls

  /// The overview that a word names, in either language.
  init?(word: String) {
    switch word.lowercased() {
    case "states", "estados": self = .states
    case "calls", "llamadas": self = .calls
    default: return nil
    }
  }
}
