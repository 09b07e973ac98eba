/// Completions for bash: a function for `complete -F`. It needs no other script.
enum BashCompletions {
  static func script() -> String {
    """
    # bash completions of sockinspect
    # Put them into ~/.bash_completion, or source them from ~/.bashrc

    # Completes the last member of a list with commas, keeping the members and the sign before it.
    _sockinspect_list() {
      local words=$1 word=$2 before= sign=
      if [[ $word == *,* ]]; then before=${word%,*},; word=${word##*,}; fi
      case $word in [+!^-]*) sign=${word:0:1}; word=${word:1} ;; esac
      COMPREPLY=( $(compgen -P "$before$sign" -W "$words" -- "$word") )
      [[ $(type -t compopt) == builtin ]] && compopt -o nospace
    }

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
      case $option in
    \(values().joined(separator: "\n"))
      esac
      if [[ $word == -* ]]; then
        COMPREPLY=( $(compgen -W "\(options())" -- "$word") )
        return
      fi
      for (( index = 1; index < COMP_CWORD; index++ )); do
        case ${COMP_WORDS[index]} in
    \(arguments().joined(separator: "\n"))
        esac
      done
      COMPREPLY=( $(compgen -W "\(Command.allCases.map(\.rawValue).joined(separator: " "))" -- "$word") )
    }

    complete -F _sockinspect sockinspect

    """
  }

  private static func options() -> String {
    Registry.options.flatMap { option in [option.short.map { "-\($0)" }, "--\(option.long)"].compactMap { $0 } }
      .joined(separator: " ")
  }

  private static func values() -> [String] {
    Registry.options.compactMap { option in
      guard let value = option.value else { return nil }
      var names = ["--\(option.long)"] + option.aliases.map { "--\($0)" }
      if let letter = option.short { names.append("-\(letter)") }
      let action =
        switch value.kind {
        case .list(let words): "_sockinspect_list \"\(words.joined(separator: " "))\" \"$word\""
        case .choice(let words): "COMPREPLY=( $(compgen -W \"\(words.joined(separator: " "))\" -- \"$word\") )"
        case .users: "COMPREPLY=( $(compgen -u -- \"$word\") )"
        case .processIDs: "COMPREPLY=( $(cd /proc && compgen -W \"$(echo [0-9]*)\" -- \"$word\") )"
        case .path: "COMPREPLY=( $(compgen -f -- \"$word\") ); compopt -o filenames 2>/dev/null"
        case .ports: "COMPREPLY=( $(compgen -A service -- \"$word\") )"
        case .addresses, .processNames, .number: ":"
        }
      return "    \(names.joined(separator: "|"))) \(action); return ;;"
    }
  }

  private static func arguments() -> [String] {
    Command.allCases.map { command in
      let words = CompletionWords.arguments(of: command)
      let action =
        command == .capture
        ? "COMPREPLY=( $(compgen -d -- \"$word\") ); compopt -o filenames 2>/dev/null"
        : "COMPREPLY=( $(compgen -W \"\(words.joined(separator: " "))\" -- \"$word\") )"
      return "      \(command.rawValue)) \(action); return ;;"
    }
  }
}
