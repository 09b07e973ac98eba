import CommandLine
import Lesson
import LinuxSystem
import Options
import Text

extension Command {
  /// `sockinspect explain`.
  static let explain = Command(
    "explain", "explain [WORD ...] [OPTIONS]", "what a state, call, error, term, column or port means",
    options: .own { DemoOptions.explain.table }, operands: .words { Words.explained }, chapter: { .explain }
  ) { (typed, environment) throws(UsageError) in
    var builder = DemoPlanBuilder(environment: environment)
    try DemoOptions.explain.apply(typed.options, to: &builder)
    return .command(builder.explanation(of: typed.allOperands))
  }
}

extension ExplainPlan: CommandPlan {
  func run() -> ExitStatus { Explain(self).run() }
}

/// `sockinspect explain`: what states, calls, errors, terms and columns mean, and what runs at a
/// port.
struct Explain {
  private let plan: ExplainPlan

  init(_ plan: ExplainPlan) { self.plan = plan }

  /// Prints the explanations, either all or, when a word is not known, none.
  func run() -> ExitStatus {
    let answer: Answer
    do throws(UsageError) { answer = try self.answer() } catch {
      Messages.complain(error)
      return .usage
    }
    do throws(SystemError) {
      try StandardStream.output.write(answer.text)
    } catch {
      if error.isClosedPipe { return .matched }
      Messages.complain("\(error)")
      return .unreadable
    }
    for failure in answer.failures { Messages.complain(failure) }
    return answer.status
  }

  /// The output, and how the command ends.
  struct Answer {
    var text = ""
    /// What could not be read, one line each.
    var failures: [String] = []
    var status = ExitStatus.matched
  }

  /// The whole output.
  func text() throws(UsageError) -> String { try answer().text }

  private func answer() throws(UsageError) -> Answer {
    let text = ExplanationText(
      language: plan.language, usesColour: plan.usesColour, isASCII: !plan.drawsBoxes, width: plan.width ?? 80)
    let wanted = try plan.subjects.map { (word) throws(UsageError) in try Wanted(word) }
    var answer = Answer()
    var blocks: [[String]] = []
    var shown: Set<Subject> = []
    for (word, wanted) in zip(plan.subjects, wanted) {
      switch wanted {
      case .picture(let overview): blocks.append(text.picture(overview))
      case .subjects(let subjects):
        let news = subjects.filter { shown.insert($0).inserted }
        if news.count > 1, case .state = news[0] { blocks.append(text.ambiguity(of: word.lowercased())) }
        blocks += news.map { text.explanation(of: $0) }
      case .port(let port):
        let look = PortLook(port)
        blocks.append(PortReport(look, text).lines())
        answer.failures += look.failures
        if !look.isInUse { answer.status = look.isKnown ? .nothing : .unreadable }
      }
    }
    if plan.subjects.isEmpty { blocks = [text.overview()] }
    answer.text = blocks.map { $0.joined(separator: "\n") }.joined(separator: "\n\n") + "\n"
    return answer
  }

  /// The meaning of a word.
  private enum Wanted {
    case picture(Overview)
    case subjects([Subject])
    case port(UInt16)

    init(_ word: String) throws(UsageError) {
      if let overview = Overview(word: word) {
        self = .picture(overview)
      } else if word.hasPrefix(":"), word.dropFirst().allSatisfy(\.isNumber), word.count > 1 {
        guard let port = UInt16(word.dropFirst()), port > 0 else {
          throw UsageError("explain: \(quoted(word)) is no port", ["ports are 1 to 65535, as in :1234"])
        }
        self = .port(port)
      } else {
        let subjects = Subject.named(word)
        guard !subjects.isEmpty else { throw Explain.unknown(word) }
        self = .subjects(subjects)
      }
    }
  }

  private static func unknown(_ word: String) -> UsageError {
    if UInt16(word) != nil {
      return UsageError("explain: \(quoted(word)) is a number", ["type :\(word) for what runs at that port"])
    }
    // The parentheses of a call do not count as typing mistakes.
    let typed = word.hasSuffix("()") ? String(word.dropLast(2)) : word
    let hint = NearestWord.nearest(to: typed, among: Words.explained).map { "did you mean \($0)?" }
    return UsageError(
      "explain: \(quoted(word)) names no state, call, error, term or column",
      [hint, "`sockinspect explain` lists what can be explained"].compactMap { $0 })
  }
}
