import Classic
import CommandLine
import Options

extension Command {
  /// `sockinspect lsof`.
  static let lsof = Command(
    classic: "lsof", "lsof [OPTIONS] [PATH ...]", "what lsof would print of sockets, byte for byte", chapter: { .lsof },
    options: { OptionTable("lsof", LsofOptions.explained) }
  ) { arguments, registry in
    ClassicProgram.lsof.run(arguments) { HelpText(registry).of(.topic(.netstat)) }
  }
}
