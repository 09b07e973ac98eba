public import SocketModel
internal import Text

/// The problems of a snapshot as messages for standard error: few lines, whatever the number of
/// problems.
public enum ProblemText {
  /// How many problems of one kind in one file or dump are reported individually; the others are
  /// only counted.
  static let shownEach = 3

  /// One line per problem:
  /// `sockinspect: warning: net/tcp:3: the state is not hexadecimal: "XY"; what would help`.
  ///
  /// When there are more than three problems of one kind in one file or dump, the rest is counted
  /// in a separate line. Everything is escaped.
  ///
  /// - Parameters:
  ///   - problems: the problems to show.
  ///   - program: the name that each line begins with.
  ///   - command: the line that root should run, where that would help.
  public static func warnings(
    _ problems: [Problem], program: String = "sockinspect", command: String = "sockinspect"
  ) -> [UInt8] {
    struct Group: Hashable {
      let kind: Problem.Kind
      let subject: String
    }
    var order: [Group] = []
    var groups: [Group: [Problem]] = [:]
    for problem in problems {
      let group = Group(kind: problem.kind, subject: subject(of: problem))
      if groups[group] == nil { order.append(group) }
      groups[group, default: []].append(problem)
    }
    var output: [UInt8] = []
    for group in order {
      let members = groups[group] ?? []
      for problem in members.prefix(shownEach) {
        output.append(ascii: "\(program): warning: ")
        append(problem, command: command, to: &output)
      }
      let rest = members.dropFirst(shownEach).reduce(0) { $0 &+ max(1, $1.count) }
      guard rest > 0 else { continue }
      output.append(ascii: "\(program): warning: ")
      append(group.subject, to: &output)
      output.append(ascii: ": \(rest) more of this kind (\(name(group.kind))); --json shows them\n")
    }
    return output
  }

  /// A problem in one line without line number, evidence and advice:
  /// `net/tcp: it is empty, without even its header`.
  package static func sentence(of problem: Problem) -> String {
    isWholeSentence(problem) ? message(of: problem) : "\(subject(of: problem)): \(message(of: problem))"
  }

  /// Whether the message names its subject itself, with the count and what it counts.
  private static func isWholeSentence(_ problem: Problem) -> Bool {
    switch problem.kind {
    case .forbidden, .otherNamespace, .unknown: true
    case .malformed, .truncated, .missing, .unreadable, .interrupted, .inconsistent: false
    }
  }

  private static func name(_ kind: Problem.Kind) -> String {
    kind.rawValue.split(separator: "_").joined(separator: " ")
  }

  private static func append(_ text: String, to output: inout [UInt8]) {
    Escaping.append(Array(text.utf8)[...], to: &output)
  }

  private static func append(_ problem: Problem, command: String, to output: inout [UInt8]) {
    if !isWholeSentence(problem) {
      append(subject(of: problem), to: &output)
      if let line = problem.line { output.append(ascii: ":\(line)") }
      output.append(ascii: ": ")
    }
    append(message(of: problem), to: &output)
    if !isWholeSentence(problem) {
      if problem.count > 1 { output.append(ascii: " (\(problem.count) times)") }
      if !problem.evidence.isEmpty {
        output.append(ascii: ": \"")
        Escaping.append(problem.evidence[...], to: &output, keepsBlanks: true)
        output.append(UInt8(ascii: "\""))
      }
    }
    if let advice = advice(for: problem, command: command) {
      output.append(ascii: "; ")
      append(advice, to: &output)
    }
    output.append(UInt8(ascii: "\n"))
  }
}
