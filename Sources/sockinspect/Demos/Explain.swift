import CommandLine
import Lesson
import LinuxSystem
import Options
import Query
import SocketModel
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
  private let names: NameTables
  private var language: Language { plan.language }

  init(_ plan: ExplainPlan, names: NameTables = .system) {
    self.plan = plan
    self.names = names
  }

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
    let wanted = try plan.subjects.map { (word) throws(UsageError) in try self.wanted(word) }
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
      case .ports(let ports):
        for port in ports {
          let look = PortLook(port)
          blocks.append(PortReport(look, text).lines())
          answer.failures += look.failures
          if !look.isInUse { answer.status = look.isKnown ? .nothing : .unreadable }
        }
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
    case ports([UInt16])
  }

  private func wanted(_ word: String) throws(UsageError) -> Wanted {
    if let overview = Overview(word: word) { return .picture(overview) }
    let subjects = Subject.named(word)
    if !subjects.isEmpty { return .subjects(subjects) }
    guard word.hasPrefix(":"), word.count > 1 else { throw unknown(word) }
    let ports = ports(named: word.dropFirst())
    guard !ports.isEmpty else { throw noPort(word) }
    return .ports(ports)
  }

  /// The ports that a number or the name of a service stands for.
  private func ports(named word: Substring) -> [UInt16] {
    if word.allSatisfy(\.isNumber) { return UInt16(word).flatMap { $0 > 0 ? [$0] : nil } ?? [] }
    return Set(names.servicePorts(String(word)).map(\.port)).sorted()
  }

  private func noPort(_ word: String) -> UsageError {
    let name = word.dropFirst()
    let near = name.allSatisfy(\.isNumber) ? nil : NearestWord.nearest(to: String(name), among: names.serviceNames())
    return UsageError(
      language("explain: \(quoted(word)) is no port", "explain: \(quoted(word)) no es un puerto"),
      [
        near.map { language("did you mean :\($0)?", "¿querías decir :\($0)?") },
        language("ports are 1 to 65535, as in :1234", "los puertos van de 1 a 65535, como en :1234"),
      ].compactMap { $0 })
  }

  private func unknown(_ word: String) -> UsageError {
    if UInt16(word) != nil {
      return UsageError(
        language("explain: \(quoted(word)) is a number", "explain: \(quoted(word)) es un número"),
        [
          language(
            "type :\(word) for what runs at that port", "escribe :\(word) para saber qué hay en ese puerto")
        ])
    }
    // An end, as listings show it.
    if let colon = word.lastIndex(of: ":"), colon > word.startIndex, IPAddress(word) == nil,
      let port = ports(named: word[word.index(after: colon)...]).first
    {
      return UsageError(
        language(
          "explain: \(quoted(word)) is a port with an address",
          "explain: \(quoted(word)) es un puerto con una dirección"),
        [language("type: sockinspect explain :\(port)", "escribe: sockinspect explain :\(port)")])
    }
    // The parentheses of a call do not count as typing mistakes.
    let typed = word.hasSuffix("()") ? String(word.dropLast(2)) : word
    let near = NearestWord.nearest(to: typed, among: Words.explained)
    return UsageError(
      language(
        "explain: \(quoted(word)) names no state, call, error, term or column",
        "explain: \(quoted(word)) no es un estado, una llamada, un error, un término ni una columna"),
      [
        near.map { language("did you mean \($0)?", "¿querías decir \($0)?") },
        language(
          "`sockinspect explain` lists what can be explained", "`sockinspect explain` dice qué se puede explicar"),
      ].compactMap { $0 })
  }
}
