import CommandLine
import Diagnosis
import Lesson
import LinuxSystem
import Rendering
import SocketModel
import Text

/// The answer of `why PID` and `why NAME`: who the process is, the ports that it has, or else its
/// connections.
struct WhyProcessText {
  private let answers: [ProcessAnswer]
  private let plan: WhyPlan
  /// How many processes of the same name are left out.
  private let rest: Int
  private var language: Language { plan.language }

  /// How many sockets of each kind are listed.
  private static let shown = 6

  init(_ answers: [ProcessAnswer], _ plan: WhyPlan, rest: Int) {
    self.answers = answers
    self.plan = plan
    self.rest = rest
  }

  /// The text, with the newline at its end.
  func render() -> String {
    let columns = plan.width ?? Int(Int32.max)
    var blocks = answers.map { answer in
      LabelledText(
        title: "\(Escaping.text(answer.process.name))[\(answer.process.pid)]", summary: headline(answer),
        parts: parts(answer), commands: []
      )
      .lines(columns: columns).joined(separator: "\n")
    }
    if rest > 0 {
      blocks.append(language("and \(rest) more processes of that name", "y \(rest) procesos más con ese nombre"))
    }
    return blocks.joined(separator: "\n\n") + "\n"
  }

  private func headline(_ answer: ProcessAnswer) -> String {
    if answer.isHidden {
      return language(
        "could not tell: its descriptors may be read by its user and by root only",
        "no se pudo saber: sus descriptores solo pueden leerlos su usuario y root")
    }
    let ports = answer.ports.count
    if ports > 0 {
      return language(
        "has " + counted(ports, "port", "ports"), "tiene " + counted(ports, "puerto", "puertos"))
    }
    let connections = answer.connections.count
    if connections > 0 {
      return language(
        connections == 1 ? "has no port to serve, 1 connection" : "has no port to serve, \(connections) connections",
        connections == 1 ? "no sirve ningún puerto, 1 conexión" : "no sirve ningún puerto, \(connections) conexiones")
    }
    return language("has no sockets with ports", "no tiene sockets con puertos")
  }

  private func parts(_ answer: ProcessAnswer) -> [LabelledText.Part] {
    var parts = WhyText.process(answer.process, in: answer.snapshot, language)
    let ports = answer.ports.prefix(Self.shown).map { row, port -> String in
      let socket = WhyText.socket(row, in: answer.snapshot, language)
      return (port.map { $0.verdict.rawValue + ": " } ?? "") + socket
    }
    parts += labelled(language("ports", "puertos"), ports, of: answer.ports.count, answer)
    if answer.ports.isEmpty {
      let connections = answer.connections.prefix(Self.shown).map { WhyText.socket($0, in: answer.snapshot, language) }
      parts += labelled("sockets", connections, of: answer.connections.count, answer)
    } else if !answer.connections.isEmpty {
      parts.append(
        .init(
          language("besides", "además"),
          language("connections: \(answer.connections.count)", "conexiones: \(answer.connections.count)")))
    }
    if answer.isElsewhere {
      parts.append(
        .init(
          language("besides", "además"),
          language("it is in another network namespace: ", "está en otro espacio de red: ")
            + "sockinspect why --netns \(answer.process.pid) --process \(answer.process.pid)"))
    }
    if answer.isHidden {
      parts.append(
        .init(
          language("to do", "qué hacer"),
          language("to see more: ", "para ver más: ") + "sudo " + plan.list.typedLine.text))
    }
    return parts
  }

  private func labelled(
    _ label: String, _ texts: [String], of count: Int, _ answer: ProcessAnswer
  ) -> [LabelledText.Part] {
    var texts = texts
    if count > texts.count {
      texts.append(
        language("and \(count - texts.count) more: ", "y \(count - texts.count) más: ")
          + "sockinspect --pid \(answer.process.pid)")
    }
    return LabelledText.Part.list(label, texts)
  }

  // MARK: JSON

  /// The answer as a JSON object with the processes.
  func json() -> [UInt8] {
    var output: [UInt8] = []
    let word =
      answers.contains(where: \.hasPorts)
      ? "process-has-ports"
      : answers.contains(where: \.isHidden)
        ? WhyVerdict.unknown.rawValue
        : answers.contains { !$0.connections.isEmpty } ? "process-has-connections" : "process-has-none"
    output.append(ascii: "{\"schema\":\"sockinspect.why/1\"")
    output.appendNextJSONMember("verdict", word)
    output.appendNextJSONName("evidence")
    output.append(UInt8(ascii: "["))
    for (index, answer) in answers.enumerated() {
      output.append(ascii: index == 0 ? "\n{\"kind\":\"process\"" : ",\n{\"kind\":\"process\"")
      output.append(answer.process, answer.snapshot)
      output.appendNextJSONName("ports")
      output.append(UInt8(ascii: "["))
      let sockets = JSONOutput(answer.snapshot, command: plan.list.typedLine.text)
      for (place, port) in answer.ports.enumerated() {
        output.append(ascii: place == 0 ? "{\"verdict\":" : ",{\"verdict\":")
        output.appendJSON(port.answer?.verdict.rawValue)
        output.appendNextJSONName("socket")
        output.append(socket: port.row, as: sockets)
        output.append(UInt8(ascii: "}"))
      }
      output.append(UInt8(ascii: "]"))
      output.appendNextJSONMember("connections", UInt64(answer.connections.count))
      output.append(UInt8(ascii: "}"))
    }
    output.append(UInt8(ascii: "]"))
    output.append([] as [WhyActionText])
    output.appendNextJSONName("looked_at")
    let looked = answers.first?.snapshot.lookedAtNames ?? []
    output.append(words: looked + ["processes"])
    output.appendNextJSONName("not_seen")
    output.append(words: answers.contains(where: \.isHidden) ? ["descriptors"] : [])
    output.append(ascii: "}\n")
    return output
  }
}
