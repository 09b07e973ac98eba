/// Completions for fish.
enum FishCompletions {
  static func script() -> String {
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
      "function __sockinspect_needs_command",
      "  not __fish_seen_subcommand_from \(Command.allCases.map(\.rawValue).joined(separator: " "))",
      "end",
      "",
      "complete -c sockinspect -f",
    ]
    for command in Command.allCases {
      let summary = CompletionWords.quoted(command.summary)
      lines.append("complete -c sockinspect -n __sockinspect_needs_command -a \(command.rawValue) -d \(summary)")
      let words = CompletionWords.arguments(of: command)
      let seen = "-n '__fish_seen_subcommand_from \(command.rawValue)'"
      if !words.isEmpty { lines.append("complete -c sockinspect \(seen) -a '\(words.joined(separator: " "))'") }
      if command == .capture { lines.append("complete -c sockinspect \(seen) -a '(__fish_complete_directories)'") }
    }
    for option in Registry.options {
      var line = "complete -c sockinspect"
      if let letter = option.short { line += " -s \(letter)" }
      line += " -l \(option.long)"
      if let value = option.value { line += " " + action(value.kind) }
      lines.append(line + " -d " + CompletionWords.quoted(TextLayout.plain(option.summary)))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func action(_ kind: ValueKind) -> String {
    switch kind {
    case .list(let words): "-x -a '(__sockinspect_list \(words.joined(separator: " ")))'"
    case .choice(let words): "-x -a '\(words.joined(separator: " "))'"
    case .users: "-x -a '(__fish_complete_users)'"
    case .processIDs: "-x -a '(__fish_complete_pids)'"
    case .path: "-r -F"
    case .ports, .addresses, .processNames, .number: "-x"
    }
  }
}
