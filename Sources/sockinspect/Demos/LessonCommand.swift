import CommandLine
import Lesson
import LinuxSystem
import Options

extension Command {
  /// `sockinspect lesson`.
  static let lesson = Command(
    "lesson", "lesson [OPTIONS]", "what the socket calls do, step by step",
    options: .own { DemoOptions.lesson.table }, chapter: { .lesson }
  ) { (typed, environment) throws(UsageError) in
    var builder = DemoPlanBuilder(environment: environment)
    try DemoOptions.lesson.apply(typed.options, to: &builder)
    return .command(builder.lesson())
  }
}

extension LessonPlan: CommandPlan {
  func run() -> ExitStatus { LessonCommand(self).run() }
}

/// `sockinspect lesson`: prints the lesson, on a terminal through a pager.
struct LessonCommand {
  private let plan: LessonPlan

  init(_ plan: LessonPlan) { self.plan = plan }

  /// Shows the whole lesson.
  func run() -> ExitStatus {
    let text = LessonLayout(
      lesson: Lesson(in: plan.language), usesColour: plan.usesColour, width: min(max(plan.width ?? 80, 40), 101) - 1
    ).text()
    if plan.usesPager, let pager = Pager(environment: { environmentVariable($0) }), pager.show(Array(text.utf8)) {
      return .matched
    }
    do throws(SystemError) {
      try StandardStream.output.write(text)
      return .matched
    } catch {
      if error.isClosedPipe { return .matched }
      Messages.complain("\(error)")
      return .unreadable
    }
  }
}
