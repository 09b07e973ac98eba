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
    let arguments = Array(commandLine.dropFirst())
    if let program = commandLine.first.flatMap(ClassicProgram.init(calledAs:)) { return run(program, arguments) }
    if let program = arguments.first.flatMap(ClassicProgram.init(rawValue:)) {
      return run(program, Array(arguments.dropFirst()))
    }
    do throws(UsageError) {
      let typed = try TypedArguments.parse(arguments)
      return perform(try Plan(typed, in: .live))
    } catch {
      Messages.complain(error)
      return ExitStatus.usage.rawValue
    }
  }

  private static func run(_ program: ClassicProgram, _ arguments: [String]) -> Int32 {
    program.run(arguments) { HelpText.of(.topic(.netstat)) }
  }

  private static func perform(_ plan: Plan) -> Int32 {
    switch plan {
    case .help(let subject): return print(HelpText.of(subject))
    case .version: return print("sockinspect \(ProgramVersion.text)\n")
    case .completions(let shell): return print(shell.completions())
    case .man: return print(ManualPage.text())
    case .listColumns:
      // On a pipe one line a column, so that grep finds it whole.
      return StandardStream.output.isTerminal ? print(HelpText.columns()) : print(bytes: ColumnList.text(TableStyle()))
    case .list(let plan): return Listing(plan).run().rawValue
    case .watch(let plan): return Watch(plan).run().rawValue
    case .capture(let plan): return CaptureCommand(plan).run().rawValue
    case .link(let plan): return LinkCommand(directory: plan.directory, quiet: plan.quiet).run().rawValue
    case .listenDemo(let plan): return ListenDemo(plan).run().rawValue
    case .connectDemo(let plan): return ConnectDemo(plan).run().rawValue
    case .explain(let plan): return Explain(plan).run().rawValue
    case .flowDemo(let plan): return FlowDemo(plan).run().rawValue
    case .hold(let plan): return HoldDemo(plan).run().rawValue
    }
  }

  private static func print(_ text: String) -> Int32 { print(bytes: Array(text.utf8)) }

  private static func print(bytes: [UInt8]) -> Int32 {
    do throws(SystemError) {
      try StandardStream.output.write(bytes.span)
      return ExitStatus.matched.rawValue
    } catch {
      if error.isClosedPipe { return ExitStatus.matched.rawValue }
      Messages.complain("\(error)")
      return ExitStatus.unreadable.rawValue
    }
  }
}
