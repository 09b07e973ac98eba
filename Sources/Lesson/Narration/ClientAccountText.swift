import Text

extension ClientText {
  /// One line about all connections or datagrams.
  package func accountLine() -> String {
    let language = plan.narration.language
    let units =
      plan.isDatagram
      ? language(("datagram", "datagrams"), ("datagrama", "datagramas"))
      : language(("connection", "connections"), ("conexión", "conexiones"))
    var parts: [String] = []
    func add(_ number: Int, _ english: String, _ one: String, _ many: String) {
      if number > 0 { parts.append(language("\(number) \(english)", counted(number, one, many))) }
    }
    let reads = plan.settings.reads
    let done = plan.isDatagram ? account.done : account.done - account.unanswered
    if reads {
      add(done, "answered", "con respuesta", "con respuesta")
    } else {
      add(done, "sent", "con lo enviado", "con lo enviado")
    }
    if plan.isDatagram {
      add(account.refused, "refused", "rechazado", "rechazados")
      add(account.timedOut, "lost", "perdido", "perdidos")
    } else {
      add(
        account.unanswered, "closed by the server without an answer", "que el servidor cerró sin responder",
        "que el servidor cerró sin responder")
      add(account.refused, "refused", "rechazada", "rechazadas")
      add(account.reset, "reset", "cortada (RST)", "cortadas (RST)")
      add(account.timedOut, "timed out", "con el tiempo agotado", "con el tiempo agotado")
    }
    add(account.failed + (plan.isDatagram ? account.reset : 0), "failed", "con error", "con error")
    let open = account.begun - account.done - account.refused - account.reset - account.timedOut - account.failed
    add(open, "not through", "sin terminar", "sin terminar")
    add(plan.settings.count - account.begun, "not begun", "sin empezar", "sin empezar")
    let begun = counted(account.begun, units.0, units.1)
    let sent = language(
      counted(account.bytesSent, "byte", "bytes") + " sent",
      counted(account.bytesSent, "byte enviado", "bytes enviados"))
    let received = language(
      "\(account.bytesReceived) received", counted(account.bytesReceived, "recibido", "recibidos"))
    return "\(begun): \(parts.joined(separator: ", ")); \(sent), \(received)"
  }

  /// What happened to each datagram, when there are several.
  package func fates() -> [String] {
    let language = plan.narration.language
    guard let report = account.datagrams, report.fates.count > 1, plan.settings.reads else { return [] }
    if report.isGuessed {
      // A line that says which datagram they answer would present a guess as knowledge.
      return language(
        [
          "  The answers carry no number, so which datagrams they answer is not known;",
          "  `sockinspect listen-demo --udp --echo` sends the numbers back.",
        ],
        [
          "  Las respuestas no llevan número: no se sabe a qué datagramas responden;",
          "  `sockinspect listen-demo --udp --echo` devuelve los números.",
        ])
    }
    var lines: [String] = []
    func add(_ name: String, _ text: String) { if !text.isEmpty { lines.append("  \(name): \(text)") } }
    func addNumbers(_ name: String, of fate: DatagramReport.Fate) {
      let numbers = report.fates.indices.filter { report.fates[$0] == fate }.map { $0 + 1 }
      // The rest of 80 columns beside the name, less the text for how many more there are.
      add(name, NumberRanges.text(numbers, limit: 60 - name.count, in: language))
    }
    addNumbers(language("answered", "con respuesta"), of: .answered)
    let overtaken = report.fates.indices.compactMap { (index) -> String? in
      guard case .overtaken(let other) = report.fates[index] else { return nil }
      return language("#\(index + 1) after #\(other)", "#\(index + 1) tras #\(other)")
    }
    add(
      language("answered out of order", "respuesta desordenada"), NumberRanges.list(overtaken, limit: 40, in: language))
    addNumbers(language("answered too late", "respuesta tardía"), of: .late)
    addNumbers(language("lost", "perdidos"), of: .lost)
    addNumbers(language("refused", "rechazados"), of: .refused)
    addNumbers(language("not sent", "no enviados"), of: .unsent)
    if report.truncated > 0, let first = report.truncations.first {
      add(
        language("cut to the buffer", "cortados al búfer"),
        language(
          "\(report.truncated), the first from \(first.length) bytes to \(first.taken)",
          "\(report.truncated), el primero de \(first.length) bytes a \(first.taken)"))
    }
    if report.unexpected > 0 {
      add(language("answers to nothing that was sent", "respuestas a nada enviado"), "\(report.unexpected)")
    }
    return lines
  }
}

/// Many numbers in few words.
enum NumberRanges {
  /// `#1, #3-#5`, up to about `limit` characters; then how many more numbers there are.
  static func text(_ numbers: [Int], limit: Int, in language: Language = .english) -> String {
    var ranges: [(text: String, count: Int)] = []
    var index = 0
    while index < numbers.count {
      var last = index
      while last + 1 < numbers.count, numbers[last + 1] == numbers[last] + 1 { last += 1 }
      ranges.append((last == index ? "#\(numbers[index])" : "#\(numbers[index])-#\(numbers[last])", last - index + 1))
      index = last + 1
    }
    return list(ranges, limit: limit, in: language)
  }

  /// The texts with commas, up to about `limit` characters; then how many more there are.
  static func list(_ texts: [String], limit: Int, in language: Language = .english) -> String {
    list(texts.map { ($0, 1) }, limit: limit, in: language)
  }

  private static func list(_ parts: [(text: String, count: Int)], limit: Int, in language: Language) -> String {
    var text = ""
    for (index, part) in parts.enumerated() {
      if !text.isEmpty, text.count + part.text.count > limit {
        let rest = parts[index...].reduce(0) { $0 + $1.count }
        return text + language(" and \(rest) more", " y \(rest) más")
      }
      text += (text.isEmpty ? "" : ", ") + part.text
    }
    return text
  }
}
