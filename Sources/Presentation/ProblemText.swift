public import SocketModel
internal import Text

/// Problems of a snapshot as messages for standard error: few lines, whatever the number of problems.
public enum ProblemText {
  /// How many problems of one kind in one file or dump are reported one by one; the others are only
  /// counted.
  static let shownEach = 3

  /// One line a problem: `sockinspect: warning: net/tcp:3: the state is not hexadecimal: "XY"; what would help`.
  ///
  /// When there are more than three problems of one kind in one file or dump, the rest is counted
  /// in a separate line. Everything is escaped.
  public static func warnings(_ problems: [Problem], program: String = "sockinspect") -> [UInt8] {
    struct Group: Hashable {
      let kind: Problem.Kind
      let subject: String
    }
    var order: [Group] = []
    var groups: [Group: [Problem]] = [:]
    for problem in problems {
      let group = Group(kind: problem.kind, subject: problem.subject)
      if groups[group] == nil { order.append(group) }
      groups[group, default: []].append(problem)
    }
    var output: [UInt8] = []
    for group in order {
      let members = groups[group] ?? []
      for problem in members.prefix(shownEach) {
        output.append(ascii: "\(program): warning: ")
        append(problem, to: &output)
      }
      let rest = members.dropFirst(shownEach).reduce(0) { $0 &+ max(1, $1.count) }
      guard rest > 0 else { continue }
      output.append(ascii: "\(program): warning: ")
      append(group.subject, to: &output)
      output.append(ascii: ": \(rest) more of this kind (\(name(group.kind))); --json shows them\n")
    }
    return output
  }

  private static func name(_ kind: Problem.Kind) -> String {
    kind.rawValue.split(separator: "_").joined(separator: " ")
  }

  private static func append(_ text: String, to output: inout [UInt8]) {
    Escaping.append(Array(text.utf8)[...], to: &output)
  }

  private static func append(_ problem: Problem, to output: inout [UInt8]) {
    switch problem.kind {
    case .forbidden, .otherNamespace, .unknown:
      // Their messages are whole sentences, with the count and what it counts.
      append(problem.message, to: &output)
    case .malformed, .truncated, .missing, .unreadable, .interrupted, .inconsistent:
      append(problem.subject, to: &output)
      if let line = problem.line { output.append(ascii: ":\(line)") }
      output.append(ascii: ": ")
      append(problem.message, to: &output)
      if problem.count > 1 { output.append(ascii: " (\(problem.count) times)") }
      if !problem.evidence.isEmpty {
        output.append(ascii: ": \"")
        Escaping.append(problem.evidence[...], to: &output, keepsBlanks: true)
        output.append(0x22)
      }
    }
    if let advice = problem.advice {
      output.append(ascii: "; ")
      append(advice, to: &output)
    }
    output.append(0x0A)
  }
}
