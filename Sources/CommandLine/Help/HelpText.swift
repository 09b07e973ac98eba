package import Options
import Rendering
package import SocketModel
import Text

/// The help that a terminal shows, made from the registry.
package struct HelpText {
  package static let program = "sockinspect"

  private let registry: Registry

  package init(_ registry: Registry) { self.registry = registry }

  /// The help that was requested.
  package func of(_ subject: HelpSubject) -> String {
    switch subject {
    case .short: short()
    case .options: options()
    case .topic(let id): registry.chapter(id).map { topic($0) } ?? short()
    case .option(let id, let command): registry.table(of: command).option(id).map { option($0) } ?? short()
    }
  }

  /// The help of one option.
  package func option(_ option: Option) -> String {
    var lines = examples(option.examples)
    if !lines.isEmpty { lines.append("") }
    lines += explanation(option)
    lines += ["", "More: help \(option.topic.name)"]
    return Self.text(lines)
  }

  /// The short help: fits one screen of 80 columns.
  package func short() -> String {
    var lines = ["sockinspect: all sockets of this machine, and the processes that own them", ""]
    lines += examples([
      Example("--port 1234", "who uses port 1234, at either end"),
      Example("-tulpn", "what serves TCP and UDP"),
      Example("--count-by state,process", "who has how many connections"),
      Example("'dport = :443 user = dev'", "any condition on any column"),
      Example("why 1234", "who has the port, and what to do"),
    ])
    lines += ["", "Usage: sockinspect [QUERY] [OPTIONS]  |  sockinspect COMMAND", ""]
    lines += optionRows(registry.listing.options.filter(\.isCommon))
    lines += [""]
    lines += TextLayout.wrap("Commands: " + registry.commands.map(\.name).joined(separator: ", "), indent: 0)
    let topics = registry.chapters.map(\.id.name).filter { registry.command($0) == nil }
    lines += TextLayout.wrap(
      "More: help options, help COMMAND, or help with a topic: " + topics.joined(separator: ", "), indent: 0)
    return Self.text(lines)
  }

  /// Every option, by topic, one line each.
  package func options() -> String {
    var lines: [String] = []
    for topic in registry.chapters {
      let options = registry.options(of: topic.id)
      guard !options.isEmpty else { continue }
      if !lines.isEmpty { lines.append("") }
      lines.append("\(topic.title) (help \(topic.id.name))")
      lines += optionRows(options)
    }
    lines += ["", "Commands"]
    lines += TextLayout.columns(registry.commands.map { ($0.synopsis, $0.summary) })
    return Self.text(lines)
  }

  /// The help of one topic: examples, explanation, options.
  package func topic(_ topic: Topic) -> String {
    var lines = ["\(topic.title): \(topic.summary)"]
    if let command = registry.command(of: topic.id) { return Self.text(lines + self.command(command, topic)) }
    if !topic.examples.isEmpty { lines += [""] + examples(topic.examples) }
    for paragraph in topic.paragraphs { lines += [""] + TextLayout.wrap(TextLayout.plain(paragraph), indent: 0) }
    lines += terms(topic)
    for option in registry.options(of: topic.id) {
      lines += [""] + explanation(option)
    }
    return Self.text(lines)
  }

  /// The help of a command below its heading: examples, usage, one line per option, explanation.
  private func command(_ command: Command, _ topic: Topic) -> [String] {
    var lines = [""] + examples(topic.examples)
    lines += ["", "Usage: \(Self.program) \(command.synopsis)", ""]
    lines += optionRows((command.ownOptions?.options ?? []))
    for paragraph in topic.paragraphs { lines += [""] + TextLayout.wrap(TextLayout.plain(paragraph), indent: 0) }
    lines += terms(topic)
    return lines + ["", "More on an option: help \(command.name) OPTION"]
  }

  /// Every column with its meaning, for `--list-columns` on a terminal.
  package static func columns(of registry: FieldRegistry = .standard) -> String {
    var lines: [String] = []
    for group in registry.groups {
      if !lines.isEmpty { lines.append("") }
      lines.append(group.title)
      lines += TextLayout.columns(
        group.declarations.map { description in
          let unit = description.unit.map { " (\($0))" } ?? ""
          let aliases = description.aliases.isEmpty ? "" : "; also " + description.aliases.joined(separator: ", ")
          return (description.name, description.summary + unit + aliases)
        })
    }
    return text(lines)
  }

  private func terms(_ topic: Topic) -> [String] {
    guard !topic.terms.isEmpty else { return [] }
    return [""] + TextLayout.columns(topic.terms.map { ($0.name, TextLayout.plain($0.meaning)) })
  }

  private func explanation(_ option: Option) -> [String] {
    var lines = ["  \(option.synopsis)"]
    lines += TextLayout.wrap(TextLayout.plain(option.documentation), indent: 6)
    if !option.aliases.isEmpty {
      lines += TextLayout.wrap("Also: " + option.aliases.map { "--\($0)" }.joined(separator: ", ") + ".", indent: 6)
    }
    return lines
  }

  private func optionRows(_ options: [Option]) -> [String] {
    TextLayout.columns(
      options.map { option in
        let name = option.short == nil && option.spelling == nil ? "    " + option.synopsis : option.synopsis
        return (name, option.summary)
      }, limit: 25)
  }

  private func examples(_ examples: [Example]) -> [String] {
    TextLayout.columns(examples.map { ("\(Self.program) \($0.arguments)", $0.effect) }, limit: 50)
  }

  private static func text(_ lines: [String]) -> String { lines.joined(separator: "\n") + "\n" }
}
