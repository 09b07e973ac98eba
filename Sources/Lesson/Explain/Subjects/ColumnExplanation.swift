internal import SocketModel

extension Explanation {
  /// The explanation of a column: its summary in the registry, and more where its numbers are not
  /// obvious.
  static func column(_ field: Field, in language: Language) -> Explanation {
    let description = field.description
    var parts: [Part] = []
    let aliases = description.aliases.joined(separator: ", ")
    let summary: String
    switch language {
    case .english:
      summary = description.summary
      if let text = englishColumn(field) { parts.append(Part(.what, text)) }
      let others = aliases.isEmpty ? "" : "; also " + aliases
      parts.append(Part(.name, "\(description.name) in a query, in --columns and in --sort\(others)."))
    case .spanish:
      summary = spanishSummary(of: field) ?? description.summary
      if let text = spanishColumn(field) { parts.append(Part(.what, text)) }
      let others = aliases.isEmpty ? "" : "; también " + aliases
      parts.append(Part(.name, "\(description.name) en una consulta, en --columns y en --sort\(others)."))
    }
    if let unit = description.unit.flatMap({ unit($0, in: language) }) { parts.append(Part(.unit, unit)) }
    return Explanation(summary, parts: parts)
  }

  /// A unit in words.
  private static func unit(_ unit: String, in language: Language) -> String {
    let words: (english: String, spanish: String) =
      switch unit {
      case "bytes": ("Bytes.", "Bytes (octetos).")
      case "bytes/s": ("Bytes per second.", "Bytes por segundo.")
      case "segments": ("Segments of TCP.", "Segmentos de TCP.")
      case "us": ("Microseconds; a query takes 5ms and 1s too.", "Microsegundos; una consulta acepta también 5ms y 1s.")
      case "ms": ("Milliseconds; a query takes 5s too.", "Milisegundos; una consulta acepta también 5s.")
      case "s": ("Seconds.", "Segundos.")
      case "bits": ("Bits: a shift to the left.", "Bits: un desplazamiento a la izquierda.")
      default: (unit + ".", unit + ".")
      }
    return language == .english ? words.english : words.spanish
  }
}

extension Field {
  /// The arguments of `sockinspect` that show the column, each one command line for a shell.
  var commands: [String] {
    let name = description.name
    return switch self {
    case .receiveQueue: ["--sort -recv_queue --limit 10", "'state established and recv_queue > 0'"]
    case .sendQueue: ["--sort -send_queue --limit 10", "'state established and send_queue > 0'"]
    case .acceptQueue, .acceptLimit: ["-tl --columns +accept_queue,accept_limit", "'accept_queue >= accept_limit'"]
    case .drops: ["-u --columns +drops", "'drops > 0'"]
    case .timer, .timerExpires, .retransmits: ["--timer", "'retransmits > 0' --timer"]
    case .probes: ["'probes > 0' --columns +probes"]
    case .state: ["--count-by state", "--state close_wait"]
    case .local, .localAddress, .localPort: ["--local-port 1234"]
    case .peer, .peerAddress, .peerPort: ["--remote-port 443"]
    case .owners, .process, .pid: ["--count-by process", "--process 'nginx*'"]
    case .path: ["-x --columns +path"]
    case .tcp(.rtt): ["'rtt_us > 100ms' --columns +rtt_us"]
    case .receiveAllocated, .receiveLimit, .sendAllocated, .sendLimit: ["--memory"]
    case .receiveRate, .sendRate: ["watch --columns +\(name)", "top"]
    default: ["--columns +\(name)"]
    }
  }
}
