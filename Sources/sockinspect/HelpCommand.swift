import CommandLine
import Options

extension Command {
  /// `sockinspect help`: the help, or that of a topic, a command or an option.
  static let help = Command(
    "help", "help [TOPIC | [COMMAND] OPTION]", "this help, or that of a topic", operands: .subject
  ) {
    (typed, _) throws(UsageError) in .help(try HelpSubject(typed.allOperands, in: typed.registry))
  }
}
