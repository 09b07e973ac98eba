import CommandLine
import Lesson
import LinuxSystem
import Options
import Text

extension Command {
  /// `sockinspect explain`.
  static let explain = Command(
    "explain", "explain [NAMES] [OPTIONS]", "what a state or a call means",
    options: .own { DemoOptions.explain.table }, operands: .words { Words.explained }, chapter: { .explain }
  ) { (typed, surroundings) throws(UsageError) in
    var builder = DemoPlanBuilder(surroundings: surroundings)
    try DemoOptions.explain.apply(typed.options, to: &builder)
    return .command(builder.explanation(of: typed.allOperands))
  }
}

extension ExplainPlan: CommandPlan {
  func run() -> ExitStatus { Explain(self).run() }
}

/// `sockinspect explain`: what states and calls mean.
struct Explain {
  private let plan: ExplainPlan

  init(_ plan: ExplainPlan) { self.plan = plan }

  /// Prints the explanations, all or, when a word is not known, none.
  func run() -> ExitStatus {
    let output: String
    do throws(UsageError) {
      output = try text()
    } catch {
      Messages.complain(error)
      return .usage
    }
    do throws(SystemError) {
      try StandardStream.output.write(output)
      return .matched
    } catch {
      if error.isClosedPipe { return .matched }
      Messages.complain("\(error)")
      return .unreadable
    }
  }

  /// All that is printed.
  func text() throws(UsageError) -> String {
    let text = ExplanationText(
      language: plan.language, usesColour: plan.usesColour, isASCII: !plan.drawsBoxes, width: plan.width ?? 80)
    var blocks: [[String]] = []
    var shown: Set<Subject> = []
    for word in plan.subjects {
      if let overview = Overview(word: word) {
        blocks.append(text.picture(overview))
        continue
      }
      let subjects = Subject.named(word)
      guard !subjects.isEmpty else { throw Self.unknown(word) }
      let news = subjects.filter { shown.insert($0).inserted }
      if news.count > 1 { blocks.append(text.ambiguity(of: word.lowercased())) }
      blocks += news.map { text.explanation(of: $0) }
    }
    if plan.subjects.isEmpty { blocks = [text.overview()] }
    return blocks.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
  }

  private static func unknown(_ word: String) -> UsageError {
    // The parentheses of a call do not count as typing mistakes.
    let typed = word.hasSuffix("()") ? String(word.dropLast(2)) : word
    let hint = NearestWord.nearest(to: typed, among: Words.explained).map { "did you mean \($0)?" }
    return UsageError(
      "explain: \(quoted(word)) is neither a state nor a call",
      [hint, "`sockinspect explain` lists what can be explained"].compactMap { $0 })
  }
}
