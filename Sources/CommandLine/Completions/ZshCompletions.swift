import Options
import Text

/// Completions for zsh: a file for a folder of `fpath`.
struct ZshCompletions {
  let registry: Registry

  func script() -> String {
    """
    #compdef sockinspect
    # zsh completions of sockinspect
    # Put them into a folder of fpath, as _sockinspect

    # Completes the last member of a list with commas, keeping the sign before it.
    _sockinspect_list() {
      compset -P '*,'
      compset -P '[+!^-]'
      compadd -S '' -- "$@"
    }

    _sockinspect_commands() {
      local -a commands=(
    \(descriptions(withOwnOptions: false))
      )
      # These have options of their own and come first.
      (( CURRENT > 2 )) || commands+=(
    \(descriptions(withOwnOptions: true))
      )
      _describe -t commands command commands
      [[ -z $PREFIX ]] || _sockinspect_query
    }

    _sockinspect_processes() {
      compset -P '*,'
      compset -P '[!^]'
      compadd -S '' -- ${(fu)"$(cat /proc/[0-9]*/comm 2>/dev/null)"}
    }

    _sockinspect_namespaces() {
      compadd -- all here ${(f)"$(ls /run/netns 2>/dev/null)"}
      _pids
    }

    # The words of a query: names of columns, states behind `state`, states and transports.
    _sockinspect_query() {
      case $words[CURRENT-1] in
        state|exclude) compadd -- \(Words.states.joined(separator: " ")) ;;
        *) compadd -- \(CompletionWords.query.joined(separator: " ")) ;;
      esac
    }

    _sockinspect_arguments() {
      case $words[1] in
    \(arguments().joined(separator: "\n"))
        *) _sockinspect_query ;;
      esac
    }

    \(registry.tables.map(function).joined(separator: "\n\n"))

    _sockinspect() {
      if (( CURRENT > 2 )); then
        case $words[2] in
          \(registry.commands(withOwnOptions: true).map(\.name).joined(separator: "|")))
            local own=_sockinspect_${words[2]//-/_}
            shift words
            (( CURRENT-- ))
            $own
            return ;;
        esac
      fi
      \(CompletionWords.function(of: nil))
    }

    if [ "$funcstack[1]" = _sockinspect ]; then
      _sockinspect "$@"
    else
      compdef _sockinspect sockinspect
    fi

    """
  }

  private func descriptions(withOwnOptions: Bool) -> String {
    registry.commands(withOwnOptions: withOwnOptions)
      .map { "    " + ShellWords.betweenQuotes("\($0.name):\(describe($0.summary))") }.joined(separator: "\n")
  }

  /// A function that completes by one table.
  func function(of table: OptionTable) -> String {
    """
    \(CompletionWords.function(of: table.command))() {
      local curcontext="$curcontext" state
      local -a line
      _arguments -C -s -S \\
    \(table.options.map { "    " + specification($0) }.joined(separator: " \\\n"))\(operands(of: table))
    }
    """
  }

  /// The code that completes a word that is not an option.
  private func operands(of table: OptionTable) -> String {
    guard let command = table.command.flatMap(registry.command) else {
      return " \\\n    '1: :_sockinspect_commands' \\\n    '*:: :_sockinspect_arguments'"
    }
    if case .query = command.operands { return " \\\n    '*: :_sockinspect_query'" }
    let words = command.words(in: registry)
    return words.isEmpty ? "" : " \\\n    '*:name:(\(words.joined(separator: " ")))'"
  }

  private func arguments() -> [String] {
    registry.commands(withOwnOptions: false).map { command in
      let words = command.words(in: registry)
      let action =
        command.takesFolder
        ? "_directories" : words.isEmpty ? "return 1" : "compadd -- \(words.joined(separator: " "))"
      return "    \(command.name)) \(action) ;;"
    }
  }

  private func specification(_ option: Option) -> String {
    let description = "[\(describe(option.summary))]"
    let action = option.value.map { ":\($0.placeholder):\(self.action($0.kind))" } ?? ""
    if let spelling = option.spelling {
      let sign = option.value == nil ? "" : spelling.hasPrefix("--") ? "=" : "+"
      return ShellWords.betweenQuotes("*\(spelling)\(sign)\(description)\(action)")
    }
    let long = ShellWords.betweenQuotes(
      option.value == nil ? "*--\(option.long)\(description)" : "*--\(option.long)=\(description)\(action)")
    guard let letter = option.short else { return long }
    let short = ShellWords.betweenQuotes("*-\(letter)\(option.value == nil ? "" : "+")\(description)\(action)")
    return "\(short) \(long)"
  }

  private func action(_ kind: ValueKind) -> String {
    switch kind {
    case .list, .columns: "_sockinspect_list \(kind.words.joined(separator: " "))"
    case .choice(let words): "(\(words.joined(separator: " ")))"
    case .users: "_users"
    case .processIDs: "_pids"
    case .networkNamespace: "_sockinspect_namespaces"
    case .path: "_files"
    case .ports: "_ports"
    case .host: "_hosts"
    case .query: "_sockinspect_query"
    case .processNames: "_sockinspect_processes"
    case .addresses, .number, .text: " "
    }
  }

  /// The text without characters that have a meaning in a description.
  private func describe(_ text: String) -> String {
    var result = ""
    for character in TextLayout.plain(text) {
      if "[]:\\".contains(character) { result.append("\\") }
      result.append(character)
    }
    return result
  }
}
