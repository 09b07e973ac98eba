import Diagnosis
import LinuxSystem
import Presentation
import Text

/// The program `sockinspect`, as one call.
public enum Sockinspect {
  /// The version, as `--version` prints it.
  public static let version = "0.1.0"

  /// Carries out the command line that this process was started with, and returns the exit status.
  public static func run() -> Int32 {
    ProgramStart.settle()
    Escaping.showsASCIIOnly = !Language.usesUTF8(environment: { environmentVariable($0) })
    return run(ProgramStart.arguments.map { String(raw: $0) })
  }

  /// Carries out a command line, and returns the exit status. Its first word is the name that the
  /// program was called by: called as `netstat` or `lsof`, it behaves as they do.
  public static func run(_ commandLine: [String]) -> Int32 {
    StandardStream.reserveClosedNumbers()
    let arguments = Array(commandLine.dropFirst())
    if let program = commandLine.first.flatMap(ClassicProgram.init(calledAs:)) { return program.run(arguments) }
    if let program = arguments.first.flatMap(ClassicProgram.init(rawValue:)) {
      return program.run(Array(arguments.dropFirst()))
    }
    do throws(UsageError) {
      let typed = try TypedArguments.parse(arguments)
      return perform(try Plan(typed, in: .live))
    } catch {
      Messages.complain(error)
      return ExitStatus.usage.rawValue
    }
  }

  private static func perform(_ plan: Plan) -> Int32 {
    switch plan {
    case .help(let subject): return print(HelpText.of(subject))
    case .version: return print("sockinspect \(version)\n")
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

/// What the program's exit status means.
enum ExitStatus: Int32 {
  /// At least one socket was shown.
  case matched = 0
  /// No socket matched, or a command could not do what it was asked to do.
  case nothing = 1
  /// What was typed is wrong.
  case usage = 2
  /// The listing is incomplete, under `--strict`.
  case incomplete = 3
  /// The source could not be read, or the output not be written.
  case unreadable = 4

  /// A command could not do what it was asked to do.
  static let failed = ExitStatus.nothing
}
