import Options
import Text

/// Completions for fish.
struct FishCompletions {
  let registry: Registry

  func script() -> String {
    let commands = registry.commands.map(\.name).joined(separator: " ")
    var lines = [
      "# fish completions of sockinspect",
      "# Put them into ~/.config/fish/completions/sockinspect.fish",
      "",
      "# Offers the members of a list with commas, behind those that are typed already and the sign before the last.",
      "function __sockinspect_list",
      "  set -l before (commandline -ct | string replace -r -- '^--[^=]*=' '' | string match -r -- '^.*,[+!^-]?|^[+!^-]')",
      "  test -n \"$before\"; or set before ''",
      "  printf '%s\\n' $before$argv",
      "end",
      "",
      "# Whether the first argument is one of these.",
      "function __sockinspect_first",
      "  set -l words (commandline -opc)",
      "  test (count $words) -gt 1; and contains -- $words[2] $argv",
      "end",
      "",
      "function __sockinspect_needs_command",
      "  not __fish_seen_subcommand_from \(commands)",
      "end",
      "",
      "function __sockinspect_needs_first",
      "  test (count (commandline -opc)) -eq 1",
      "end",
      "",
      "# Whether a state of a query comes next.",
      "function __sockinspect_needs_state",
      "  contains -- (commandline -opc)[-1] state exclude",
      "end",
      "",
      "complete -c sockinspect -f",
      "complete -c sockinspect -n __sockinspect_needs_state -a '\(Words.states.joined(separator: " "))'",
    ]
    let others = registry.commands(withOwnOptions: true).map(\.name).filter { $0 != "watch" }
    lines.append(
      "complete -c sockinspect -n 'test -n (commandline -ct | string collect); "
        + "and not __sockinspect_first \(others.joined(separator: " "))' -a '\(CompletionWords.query.joined(separator: " "))'"
    )
    for command in registry.commands { lines += self.command(command) }
    for table in registry.tables { lines += self.lines(of: table) }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The lines of a table's options.
  func lines(of table: OptionTable) -> [String] {
    let own = registry.commands(withOwnOptions: true).map(\.name).joined(separator: " ")
    let condition =
      table.command.map { "-n '__sockinspect_first \($0)'" } ?? "-n 'not __sockinspect_first \(own)'"
    return table.options.compactMap { line($0, condition) }
  }

  private func command(_ command: Command) -> [String] {
    let place = command.hasOwnOptions ? "first" : "command"
    let summary = ShellWords.betweenQuotes(command.summary)
    let seen = "-n '" + (command.hasOwnOptions ? "__sockinspect_first" : "__fish_seen_subcommand_from")
    var lines = ["complete -c sockinspect -n __sockinspect_needs_\(place) -a \(command.name) -d \(summary)"]
    let words = command.words(in: registry)
    if !words.isEmpty {
      lines.append("complete -c sockinspect \(seen) \(command.name)' -a '\(words.joined(separator: " "))'")
    }
    if command.takesFolder {
      lines.append("complete -c sockinspect \(seen) \(command.name)' -a '(__fish_complete_directories)'")
    }
    return lines
  }

  /// The line of one option; `nil` for a letter after `+`, which fish does not support.
  private func line(_ option: Option, _ condition: String) -> String? {
    var line = "complete -c sockinspect \(condition)"
    if let letter = option.short { line += " -s \(letter)" }
    if let spelling = option.spelling {
      guard spelling.hasPrefix("-") else { return nil }
      line += spelling.hasPrefix("--") ? " -l \(spelling.dropFirst(2))" : " -s \(spelling.dropFirst())"
    } else {
      line += " -l \(option.long)"
    }
    if let value = option.value { line += " " + action(value.kind) }
    return line + " -d " + ShellWords.betweenQuotes(TextLayout.plain(option.summary))
  }

  private func action(_ kind: ValueKind) -> String {
    switch kind {
    case .list, .columns: "-x -a '(__sockinspect_list \(kind.words.joined(separator: " ")))'"
    case .choice(let words): "-x -a '\(words.joined(separator: " "))'"
    case .users: "-x -a '(__fish_complete_users)'"
    case .processIDs: "-x -a '(__fish_complete_pids)'"
    case .networkNamespace: "-x -a 'all here (ls /run/netns 2>/dev/null) (__fish_complete_pids)'"
    case .path: "-r -F"
    case .host: "-x -a '(__fish_print_hostnames)'"
    case .query: "-x -a '\(CompletionWords.query.joined(separator: " "))'"
    case .processNames: "-x -a '(cat /proc/*/comm 2>/dev/null | sort -u)'"
    case .ports, .addresses, .number, .text: "-x"
    }
  }
}
