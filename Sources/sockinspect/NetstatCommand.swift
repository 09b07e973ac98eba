import Classic
import CommandLine
import Options

extension Command {
  /// `sockinspect netstat`.
  static let netstat = Command(
    classic: "netstat", "netstat [OPTIONS]", "what netstat would print, byte for byte", chapter: { .netstat },
    options: { OptionTable("netstat", NetstatOptionTable.explained) }
  ) { arguments, registry in
    ClassicProgram.netstat.run(arguments) { HelpText(registry).of(.topic(.netstat)) }
  }
}
