import Options
package import SocketModel

/// The manual page sockinspect(1) in mdoc, made from the registry of options and commands, the
/// topics and the registry of fields.
package struct ManualPage {
  /// The date of the last change in meaning, in the form that mdoc wants.
  static let date = "November 29, 2026"

  private let registry: Registry

  package init(_ registry: Registry) { self.registry = registry }

  /// The whole page.
  package func text(of fields: FieldRegistry = .standard) -> String {
    var page = Page()
    page.lines = [".Dd \(Self.date)", ".Dt SOCKINSPECT 1", ".Os"]
    page.section("NAME")
    page.lines += [".Nm sockinspect", ".Nd sockets, their state, and the processes that own them"]
    page.section("SYNOPSIS")
    page.lines += [".Nm", ".Op Ar QUERY", ".Op Ar OPTIONS"]
    for command in registry.commands { page.lines += [".Nm"] + page.arguments(command.synopsis).map { "." + $0 } }
    page.section("DESCRIPTION")
    page.text(
      """
      `sockinspect` shows every socket of a Linux machine: both ends, transport, state, queues, and the processes that \
      own it. It reads the live kernel or a captured /proc tree. All sockets of TCP and UDP are listed, in every \
      state, unless options or a QUERY say otherwise.
      """)
    page.lines.append(".Ss Examples")
    page.examples(registry.chapters.first?.examples ?? [])
    page.section("COMMANDS")
    page.lines.append(".Bl -tag -width Ds")
    for command in registry.commands {
      page.lines.append(".It " + page.line(command.synopsis))
      page.text(Self.sentence(command.summary))
    }
    page.lines.append(".El")
    for topic in registry.chapters where topic.id != .exitStatus && topic.id != .general { add(topic, to: &page) }
    page.section("COLUMN NAMES")
    page.text("The names of columns, sort keys and of what a QUERY asks for. Behind the name stands its unit.")
    page.lines.append(".Bl -tag -width Ds")
    for description in fields.groups.flatMap(\.declarations) {
      page.item(description.unit.map { "\(description.name) (\($0))" } ?? description.name)
      let aliases = description.aliases.isEmpty ? "" : " Also: \(description.aliases.joined(separator: ", "))."
      page.text(Self.sentence(description.summary) + aliases)
    }
    page.lines.append(".El")
    for id in [TopicID.general, .exitStatus] {
      if let topic = registry.chapter(id) { add(topic, to: &page) }
    }
    page.section("SEE ALSO")
    page.lines += [
      ".Xr proc 5 ,", ".Xr services 5 ,", ".Xr sock_diag 7 ,", ".Xr sockinspect\\-lesson 7 ,", ".Xr lsof 8 ,",
      ".Xr netstat 8 ,", ".Xr ss 8",
    ]
    return page.lines.joined(separator: "\n") + "\n"
  }

  private func add(_ topic: Topic, to page: inout Page) {
    page.section(topic.title.uppercased())
    if let command = registry.command(of: topic.id) {
      page.lines += [".Nm"] + page.arguments(command.synopsis).map { "." + $0 }
      page.lines.append(".Pp")
    }
    var isFirst = true
    for paragraph in topic.paragraphs {
      if !isFirst { page.lines.append(".Pp") }
      isFirst = false
      page.text(paragraph)
    }
    if !topic.terms.isEmpty {
      page.lines.append(".Bl -tag -width Ds")
      for term in topic.terms {
        page.item(term.name)
        page.text(term.meaning)
      }
      page.lines.append(".El")
    }
    let options = registry.options(of: topic.id)
    if !options.isEmpty {
      page.lines.append(".Bl -tag -width Ds")
      for option in options {
        page.option(option)
        page.text(option.documentation)
        if !option.aliases.isEmpty { page.text("Also: \(option.aliases.map { "`--\($0)`" }.joined(separator: ", ")).") }
      }
      page.lines.append(".El")
    }
    if !topic.examples.isEmpty {
      page.lines.append(".Ss Examples")
      page.examples(topic.examples)
    }
  }

  private static func sentence(_ summary: String) -> String {
    (summary.first.map { $0.uppercased() } ?? "") + summary.dropFirst() + "."
  }

  /// The lines of a page as they grow.
  struct Page {
    var lines: [String] = []

    mutating func section(_ title: String) { lines.append(".Sh \(title)") }

    mutating func item(_ term: String) { lines.append(".It \(literal(term))") }

    /// The head of an option's explanation: `Fl A , Fl -transport Ar LIST`.
    mutating func option(_ option: Option) {
      if let spelling = option.spelling {
        return item(option.value.map { "\(spelling) \($0.placeholder)" } ?? spelling)
      }
      let long = "Fl \\-" + Self.escapeCharacters(option.long[...])
      let names = option.short.map { "Fl \($0) , \(long)" } ?? long
      lines.append(".It " + (option.value.map { "\(names) Ar \($0.placeholder)" } ?? names))
    }

    /// The words of a command's synopsis, each with its macro; an outer pair of brackets becomes
    /// one `Op`, and brackets inside it become `Oo` and `Oc`.
    func arguments(_ synopsis: String) -> [String] {
      var result: [String] = []
      var depth = 0
      for word in synopsis.split(separator: " ") {
        let opened = word.prefix { $0 == "[" }.count
        let name = word.drop { $0 == "[" }.prefix { $0 != "]" }
        let closed = word.count - opened - name.count
        let isOuter = depth == 0
        var macros = isOuter ? (opened > 0 ? ["Op"] : []) : Array(repeating: "Oo", count: opened)
        macros.append(Self.macro(String(name)))
        depth += opened - closed
        macros += Array(repeating: "Oc", count: depth == 0 ? max(0, closed - 1) : closed)
        let text = macros.joined(separator: " ")
        if isOuter { result.append(text) } else if let last = result.popLast() { result.append(last + " " + text) }
      }
      return result
    }

    private static func macro(_ word: String) -> String {
      let dashes = word.prefix { $0 == "-" }.count
      if dashes > 0 { return "Fl \\-" + escapeCharacters(word.dropFirst(dashes)[...]) }
      if word == "|" || word == "..." { return word }
      return word.allSatisfy(\.isUppercase) ? "Ar \(word)" : "Cm \(escapeCharacters(word[...]))"
    }

    /// The words of a command's synopsis on one line: an `Op` ends where the next begins.
    func line(_ synopsis: String) -> String {
      arguments(synopsis).map { $0.hasPrefix("Op ") ? "Oo " + $0.dropFirst(3) + " Oc" : $0 }.joined(separator: " ")
    }

    mutating func examples(_ examples: [Example]) {
      lines.append(".Bl -tag -width Ds")
      for example in examples {
        item("sockinspect \(example.arguments)")
        text(ManualPage.sentence(example.effect))
      }
      lines.append(".El")
    }

    /// Appends a text with each sentence on separate lines, as mdoc wants, and literal text in
    /// bold.
    mutating func text(_ text: String) {
      var line = ""
      for word in Self.marked(text).split(separator: " ") {
        if !line.isEmpty, line.count + 1 + word.count > 78 {
          lines.append(line)
          line = ""
        }
        line += line.isEmpty ? String(word) : " " + word
        if word.hasSuffix(".") || word.hasSuffix(".)"), word != "..." {
          lines.append(line)
          line = ""
        }
      }
      if !line.isEmpty { lines.append(line) }
    }

    /// Text without marks, as the arguments of a macro: a word that is the name of a macro, such as
    /// `El`, is protected.
    func plain(_ text: String) -> String {
      text.split(separator: " ").map { word in
        let isName = word.count < 4 && word.first?.isUppercase == true && word.dropFirst().allSatisfy(\.isLowercase)
        return (isName ? "\\&" : "") + Self.escapeCharacters(word)
      }.joined(separator: " ")
    }

    /// A whole line in bold, as the argument of a macro.
    func literal(_ text: String) -> String { "\\fB" + Self.escapeCharacters(text[...]) + "\\fP" }

    /// The text escaped; the part between backticks is bold, with blanks that do not break.
    private static func marked(_ text: String) -> String {
      var result = ""
      for (index, part) in text.split(separator: "`", omittingEmptySubsequences: false).enumerated() {
        let escaped = escapeCharacters(part)
        result += index % 2 == 0 ? escaped : "\\fB" + escaped.split(separator: " ").joined(separator: "\\~") + "\\fP"
      }
      return result
    }

    private static func hexadecimal(_ number: UInt32) -> String {
      let digits = String(number, radix: 16, uppercase: true)
      return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// Appends lines unchanged, indented.
    mutating func display(_ display: [String]) {
      lines.append(".Bd -literal -offset indent")
      for line in display {
        let text = Self.escapeCharacters(line[...])
        lines.append(text.hasPrefix(".") ? "\\&" + text : text)
      }
      lines.append(".Ed")
    }

    private static func escapeCharacters(_ text: Substring) -> String {
      var result = ""
      for character in text {
        switch character {
        case "\\": result += "\\e"
        case "-": result += "\\-"
        case "'": result += "\\(aq"
        case "`": result += "\\(ga"
        case "\"": result += "\\(dq"
        case "^": result += "\\(ha"
        case "~": result += "\\(ti"
        case _ where !character.isASCII:
          // Formatters read this form in any locale.
          for scalar in character.unicodeScalars { result += "\\[u\(Self.hexadecimal(scalar.value))]" }
        default: result.append(character)
        }
      }
      return result
    }
  }
}
