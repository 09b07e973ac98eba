import CommandLine
import Options

extension Command {
  /// `sockinspect completions SHELL`: the script for a shell.
  static let completions = Command(
    "completions", "completions SHELL", "print completions for bash, zsh or fish",
    operands: .oneWord { Shell.allCases.map(\.rawValue) }
  ) { (typed, _) throws(UsageError) in
    let word = typed.allOperands[0]
    guard let shell = Shell(rawValue: word) else {
      throw .unknownWord(word, for: "completions", "shell", among: Shell.allCases.map(\.rawValue))
    }
    return .command(CompletionsPlan(shell: shell, registry: typed.registry))
  }
}

/// Completions to print.
struct CompletionsPlan: CommandPlan {
  let shell: Shell
  let registry: Registry

  func run() -> ExitStatus { Messages.print(shell.completions(of: registry)) }
}
