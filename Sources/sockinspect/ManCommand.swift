import CommandLine
import Options

extension Command {
  /// `sockinspect man`: the manual page.
  static let man = Command("man", "man", "print the manual page (mdoc)") { (typed, _) throws(UsageError) in
    .command(ManPlan(registry: typed.registry))
  }
}

/// The manual page to print.
struct ManPlan: CommandPlan {
  let registry: Registry

  func run() -> ExitStatus { Messages.print(ManualPage(registry).text()) }
}
