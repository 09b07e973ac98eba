import Rendering
package import SocketModel
import Text

/// A socket of a held state, as it is printed.
package struct HeldLine: Sendable, Equatable {
  package var state: SocketState
  package var local: Endpoint
  /// `nil` for a socket that is not connected.
  package var remote: Endpoint?
  /// Whether it is the side that connected.
  package var isClient = false
  /// The descriptor of this process that holds it; `nil` when no process does.
  package var descriptor: Int32?
  /// Whether the kernel's tables have it.
  package var isListed = true

  package init(
    state: SocketState, local: Endpoint, remote: Endpoint? = nil, isClient: Bool = false, descriptor: Int32? = nil,
    isListed: Bool = true
  ) {
    self.state = state
    self.local = local
    self.remote = remote
    self.isClient = isClient
    self.descriptor = descriptor
    self.isListed = isListed
  }

  /// Both ends, and between them which one connected: `127.0.0.1:1234 <- 127.0.0.1:40000`.
  package var ends: String {
    guard let remote else { return "\(local)" }
    return "\(local) \(isClient ? "->" : "<-") \(remote)"
  }

  /// The name of the state as netstat and the RFC write it.
  package var name: String { state == .boundInactive ? "CLOSE" : state.name.uppercased() }
}

/// The text that is printed about held states.
package struct HoldText: Sendable {
  /// The process that holds the sockets.
  package var pid: Int32
  package var usesColour = false
  /// The language of the words.
  package var language = Language.english
  /// How wide lines may be.
  package var width = 80

  package init(pid: Int32, usesColour: Bool = false, language: Language = .english, width: Int = 80) {
    self.pid = pid
    self.usesColour = usesColour
    self.language = language
    self.width = width
  }

  /// `CLOSE_WAIT  127.0.0.1:1234 <- 127.0.0.1:40000  held by 4711 fd 5`.
  package func line(_ line: HeldLine) -> String {
    let owner =
      line.descriptor.map { language("held by \(pid) fd \($0)", "del proceso \(pid) fd \($0)") }
      ?? language("held by no process", "de ningún proceso")
    return "\(name(line, width: 0))  \(line.ends)  \(owner)\n"
  }

  /// One state: the line, how it is made, what ends it, what belongs to it, and how to look at it.
  package func page(_ line: HeldLine, beside others: [HeldLine], port: UInt16) -> String {
    let lesson = HoldLesson(line.state == .boundInactive ? .close : line.state, in: language)
    var text = self.line(line)
    text += part(language("made", "cómo"), TextWrap.lines(lesson.making, columns: width - 8))
    text += part(language("ends", "fin"), TextWrap.lines(lesson.ending, columns: width - 8))
    let beside = others.map { other in
      "\(name(other, width: 11))  \(other.ends)" + (other.descriptor.map { "  fd \($0)" } ?? "")
    }
    if !beside.isEmpty { text += part(language("with", "con"), beside) }
    if line.isListed { text += part(language("look", "ver"), lesson.commands(port: port)) }
    return text + note([line])
  }

  /// All states: one row each, and how to look at them. Without room for it the calls are left out.
  ///
  /// - Parameters:
  ///   - lines: the sockets that are in the states.
  ///   - ports: the ports of the listeners.
  package func table(_ lines: [HeldLine], ports: [UInt16]) -> String {
    let ends = lines.map { $0.ends.count }.max() ?? 0
    let descriptors = lines.map { $0.descriptor.map { "\($0)" } ?? "-" }
    let digits = max(2, descriptors.map(\.count).max() ?? 0)
    let lessons = lines.map { HoldLesson($0.state == .boundInactive ? .close : $0.state, in: language) }
    let hasRoom = 17 + ends + digits + (lessons.map { $0.summary.count }.max() ?? 0) <= width
    var text = language("held by process \(pid)\n", "los tiene el proceso \(pid)\n")
    text +=
      heading(language("STATE", "ESTADO"), width: 11) + "  " + heading(language("ENDS", "EXTREMOS"), width: ends) + "  "
    text +=
      (hasRoom ? heading("FD", width: digits) + "  " + heading(language("MADE BY", "HECHO CON")) : heading("FD")) + "\n"
    for index in lines.indices {
      let (line, descriptor) = (lines[index], descriptors[index])
      text += "\(name(line, width: 11))  \(line.ends.padded(to: ends))  "
      text += (hasRoom ? "\(descriptor.padded(to: digits))  \(lessons[index].summary)" : descriptor) + "\n"
    }
    return text + part(language("look", "ver"), commands(ports: Set(ports).sorted())) + note(lines)
  }

  private func commands(ports: [UInt16]) -> [String] {
    guard let first = ports.first, let last = ports.last, ports.count > 1 else {
      let port = ports.first ?? 0
      return ["sockinspect --port \(port)", "ss -tan | grep \(port)", "netstat -an | grep \(port)"]
    }
    let isRange = Int(last) - Int(first) == ports.count - 1
    let list = isRange ? "\(first)-\(last)" : ports.map { "\($0)" }.joined(separator: ",")
    // Only over IPv6 do states differ in their ports.
    return ["sockinspect --port \(list)", "ss -tan -6", "netstat -tan -6"]
  }

  /// The explanation of CLOSE, which few programs show.
  private func note(_ lines: [HeldLine]) -> String {
    guard let close = lines.first(where: { $0.state == .boundInactive }) else { return "" }
    return part(
      language("note", "nota"),
      close.isListed
        ? [
          language(
            "CLOSE is listed as bound_inactive, by netstat and old ss not at all",
            "CLOSE sale como bound_inactive; ni netstat ni un ss antiguo lo listan")
        ]
        : language(
          ["no table of this kernel has it, Linux 6.8 is the first to list it;", "getsockopt(TCP_INFO) says CLOSE"],
          [
            "ninguna tabla de este kernel lo tiene; lo lista Linux 6.8 o posterior;",
            "getsockopt(TCP_INFO) dice CLOSE",
          ]))
  }

  private func part(_ title: String, _ lines: [String]) -> String {
    lines.enumerated().map { "  \(($0 == 0 ? title : "").padded(to: 4))  \($1)\n" }.joined()
  }

  private func heading(_ title: String, width: Int = 0) -> String {
    // The blanks after it are not underlined.
    Colour.heading.paint(title, if: usesColour) + "".padded(to: width - title.count)
  }

  private func name(_ line: HeldLine, width: Int) -> String {
    Colour(line.state).paint(line.name.padded(to: width), if: usesColour)
  }
}

extension String {
  /// The text followed by blanks, so that it has at least this many characters.
  func padded(to width: Int) -> String { self + String(repeating: " ", count: Swift.max(0, width - count)) }
}
