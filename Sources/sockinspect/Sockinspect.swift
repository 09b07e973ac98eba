import Classic
import CommandLine
import Lesson
import LinuxSystem
import Options
import Rendering
import Text

/// The program `sockinspect`, as one call.
enum Sockinspect {
  /// Carries out the command line that this process was started with, and returns the exit status.
  static func run() -> Int32 {
    ProgramStart.settle()
    Escaping.showsASCIIOnly = !Language.usesUTF8(environment: { environmentVariable($0) })
    return run(ProgramStart.arguments.map { String(raw: $0) })
  }

  /// Carries out a command line, and returns the exit status. Its first word is the name that the
  /// program was called by: called as `netstat` or `lsof`, it behaves as they do.
  static func run(_ commandLine: [String]) -> Int32 {
    StandardStream.reserveClosedNumbers()
    let registry = Registry.sockinspect
    let arguments = Array(commandLine.dropFirst())
    let calledAs = commandLine.first.flatMap(ClassicProgram.init(calledAs:))?.rawValue
    if let command = (calledAs ?? arguments.first).flatMap(registry.command),
      case .classic(_, let run) = command.options
    {
      return run(calledAs == nil ? Array(arguments.dropFirst()) : arguments, registry)
    }
    do throws(UsageError) {
      let typed = try TypedArguments.parse(arguments, for: registry)
      return perform(try Plan(typed, in: .live), registry).rawValue
    } catch {
      Messages.complain(error)
      return ExitStatus.usage.rawValue
    }
  }

  private static func perform(_ plan: Plan, _ registry: Registry) -> ExitStatus {
    switch plan {
    case .help(let subject): return Messages.print(HelpText(registry).of(subject))
    case .version: return Messages.print("sockinspect \(ProgramVersion.text)\n")
    case .listColumns:
      // On a pipe one line per column, so that grep finds it whole.
      return StandardStream.output.isTerminal
        ? Messages.print(HelpText.columns()) : Messages.print(bytes: ColumnList.text(TableStyle()))
    case .list(let plan): return Listing(plan).run()
    case .command(let plan): return plan.run()
    }
  }
}
