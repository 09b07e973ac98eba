import Options

/// Completions for bash: a function for `complete -F`. It needs no other script.
struct BashCompletions {
  let registry: Registry

  func script() -> String {
    """
    # bash completions of sockinspect
    # Put them into ~/.bash_completion, or source them from ~/.bashrc

    # Completes the last member of a list with commas, keeping the members and the sign before it.
    _sockinspect_list() {
      local words=$1 word=$2 before= sign=
      if [[ $word == *,* ]]; then before=${word%,*},; word=${word##*,}; fi
      case $word in [+!^-]*) sign=${word:0:1}; word=${word:1} ;; esac
      mapfile -t COMPREPLY < <(compgen -P "$before$sign" -W "$words" -- "$word")
      [[ $(type -t compopt) == builtin ]] && compopt -o nospace
    }

    # Completes the last member of a list of process names, which may hold anything: nothing of them is expanded.
    _sockinspect_processes() {
      local word=$1 before= name
      if [[ $word == *,* ]]; then before=${word%,*},; word=${word##*,}; fi
      COMPREPLY=()
      while IFS= read -r name; do
        [[ $name == "$word"* ]] && COMPREPLY+=( "$before$name" )
      done < <(cat /proc/[0-9]*/comm 2>/dev/null | sort -u)
      compopt -o filenames 2>/dev/null
    }

    # Adds the words of a query, once one is begun: names of columns, states behind `state`, states and transports.
    _sockinspect_query() {
      [[ -n $word || $option == @(state|exclude) ]] || return
      local words="\(CompletionWords.query.joined(separator: " "))"
      case $option in
        state|exclude) words="\(Words.states.joined(separator: " "))" ;;
      esac
      mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W "$words" -- "$word")
    }

    \(registry.tables.map(function).joined(separator: "\n\n"))

    _sockinspect() {
      local word=${COMP_WORDS[COMP_CWORD]} option= index
      COMPREPLY=()
      # bash takes `=` for a word of its own.
      if [[ $word == "=" ]]; then
        word=; option=${COMP_WORDS[COMP_CWORD-1]}
      elif (( COMP_CWORD >= 2 )) && [[ ${COMP_WORDS[COMP_CWORD-1]} == "=" ]]; then
        option=${COMP_WORDS[COMP_CWORD-2]}
      elif (( COMP_CWORD >= 1 )); then
        option=${COMP_WORDS[COMP_CWORD-1]}
      fi
      if (( COMP_CWORD > 1 )); then
        case ${COMP_WORDS[1]} in
    \(registry.commandTables.compactMap(\.command).map { "      \($0)) \(CompletionWords.function(of: $0)); return ;;" }.joined(separator: "\n"))
        esac
      fi
      \(CompletionWords.function(of: nil))
    }

    complete -F _sockinspect sockinspect

    """
  }

  /// A function that completes by one table: the variables `word` and `option` are its caller's.
  func function(of table: OptionTable) -> String {
    """
    \(CompletionWords.function(of: table.command))() {
      case $option in
    \(values(of: table).joined(separator: "\n"))
      esac
      if [[ $word == [-+]* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "\(names(of: table))" -- "$word")
        return
      fi
    \(operands(of: table).joined(separator: "\n"))
    }
    """
  }

  private func names(of table: OptionTable) -> String {
    table.options.flatMap(\.spellings).joined(separator: " ")
  }

  private func values(of table: OptionTable) -> [String] {
    table.options.compactMap { option in
      guard let value = option.value else { return nil }
      let names = option.spellings.reversed() + option.aliases.map { "--\($0)" }
      let action =
        switch value.kind {
        case .list, .columns: "_sockinspect_list \"\(value.kind.words.joined(separator: " "))\" \"$word\""
        case .choice(let words): "mapfile -t COMPREPLY < <(compgen -W \"\(words.joined(separator: " "))\" -- \"$word\")"
        case .users: "mapfile -t COMPREPLY < <(compgen -u -- \"$word\")"
        case .processIDs: "mapfile -t COMPREPLY < <(cd /proc && compgen -W \"$(echo [0-9]*)\" -- \"$word\")"
        case .networkNamespace:
          "mapfile -t COMPREPLY < <(compgen -W \"all here $(cd /run/netns 2>/dev/null && echo *) $(cd /proc && echo [0-9]*)\" -- \"$word\")"
        case .path: "mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); compopt -o filenames 2>/dev/null"
        case .ports: "mapfile -t COMPREPLY < <(compgen -A service -- \"$word\")"
        case .host: "mapfile -t COMPREPLY < <(compgen -A hostname -- \"$word\")"
        case .query: "_sockinspect_query"
        case .processNames: "_sockinspect_processes \"$word\""
        case .addresses, .number, .text: ":"
        }
      return "    \(names.joined(separator: "|"))) \(action); return ;;"
    }
  }

  /// The code that completes a word that is not an option.
  private func operands(of table: OptionTable) -> [String] {
    if table.command == "watch" { return ["  _sockinspect_query"] }
    if let command = table.command.flatMap(registry.command) {
      return ["  " + completion(of: command.words(in: registry))]
    }
    let shared = registry.commands(withOwnOptions: false)
    return ["  for (( index = 1; index < COMP_CWORD; index++ )); do", "    case ${COMP_WORDS[index]} in"]
      + shared.map { command in
        let action =
          command.takesFolder
          ? "mapfile -t COMPREPLY < <(compgen -d -- \"$word\"); compopt -o filenames 2>/dev/null"
          : completion(of: command.words(in: registry))
        return "      \(command.name)) \(action); return ;;"
      } + [
        "    esac", "  done", "  " + completion(of: shared.map(\.name)),
        "  (( COMP_CWORD > 1 )) || mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W \""
          + registry.commands(withOwnOptions: true).map(\.name).joined(separator: " ") + "\" -- \"$word\")",
        "  _sockinspect_query",
      ]
  }

  private func completion(of words: [String]) -> String {
    "mapfile -t COMPREPLY < <(compgen -W \"\(words.joined(separator: " "))\" -- \"$word\")"
  }
}
