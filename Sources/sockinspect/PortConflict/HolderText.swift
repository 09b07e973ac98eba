import Diagnosis
import Lesson
import Rendering
import SocketModel
import Text

/// The holders of sockets and the ways out of a conflict, in words.
enum HolderText {
  /// The owner of a socket that is open in no process.
  static func ownerless(in language: Language = .english) -> String {
    language(
      "the kernel's own (VXLAN, WireGuard, NFS), on the way to one (SCM_RIGHTS), held by an io_uring, or hidden",
      "del propio kernel (VXLAN, WireGuard, NFS), de camino a uno (SCM_RIGHTS), de un io_uring, o estar oculto")
  }

  /// How many sockets are listed individually.
  static let shown = 6

  /// Who holds a socket.
  static func holder(at row: Int, in snapshot: Snapshot, in language: Language = .english) -> String {
    switch snapshot.holder(at: row) {
    case .processes(let processes):
      let names = processes.map { "\(Escaping.text($0.name))[\($0.pid)]" }
      guard names.count > 2 else { return names.joined(separator: ", ") }
      let others = names.count - 1
      return names[0] + language(" and \(others) more processes", " y \(others) procesos más")
    case .nobody: return language("no process", "ningún proceso")
    case .noProcess: return language("open in no process", "no está abierto en ningún proceso")
    case .hidden(user: nil): return language("process not visible", "no se ve su proceso")
    case .hidden(let user?):
      let name = snapshot.userNames[user].map { Escaping.text($0) } ?? "\(user)"
      return language("process not visible, of user \(name)", "no se ve su proceso, del usuario \(name)")
    }
  }

  /// What the kernel uses a socket for: `kernel vxlan vx0`.
  static func kernel(at row: Int, in snapshot: Snapshot) -> String {
    snapshot.owners(at: row).first(where: \.isKernel).map { Escaping.text(snapshot.name(of: $0)) } ?? ""
  }

  /// The explanation of a holder that is not visible.
  ///
  /// - Parameter arguments: the arguments with which the listing shows the socket.
  static func line(_ unseen: UnseenHolder, listing arguments: String, in language: Language = .english) -> String {
    let maybe = ownerless(in: language)
    return switch unseen {
    case .inNoProcess: language("  it may be \(maybe)", "  puede ser \(maybe)")
    case .notInProc(let lack): "  " + line(lack, in: language)
    case .hiddenFromRoot:
      language(
        "  not even root may see the process here; it may be \(maybe)",
        "  aquí ni siquiera root puede ver el proceso; puede ser \(maybe)")
    case .visibleToRoot: language("  to see the process: ", "  para ver el proceso: ") + "sudo sockinspect \(arguments)"
    }
  }

  /// Why processes are not seen, and what would help.
  static func line(_ lack: Problem, in language: Language = .english) -> String {
    let english = [ProblemText.sentence(of: lack)] + [ProblemText.advice(for: lack)].compactMap { $0 }
    let spanish =
      if case .forbidden(.noProc) = lack.cause {
        "aquí no hay /proc: no se sabe de quién son los sockets; se monta con: mount -t proc proc /proc"
      } else {
        "los procesos de fuera de este espacio de pid (contenedor) no se ven: puede faltar el dueño de un socket; "
          + "ejecútalo fuera, o donde /proc muestre todos los procesos: docker run --pid=host"
      }
    return language(english.joined(separator: "; "), spanish)
  }

  /// The commands that end processes.
  static func lines(_ processes: HolderProcesses, in language: Language = .english) -> [String] {
    (processes.own.isEmpty ? [] : [end("kill", processes.own, language)])
      + (processes.others.isEmpty ? [] : [end("sudo kill", processes.others, language)])
  }

  private static func end(_ command: String, _ pids: [Int32], _ language: Language) -> String {
    let list = pids.prefix(8).map { "\($0)" }.joined(separator: " ")
    return language("  to stop it: ", "  para terminarlo: ") + "\(command) \(list)"
  }

  // MARK: A port

  /// The sockets that are in the way, as the listing shows them, with the remaining time of those
  /// that no process has open.
  static func rows(of conflict: PortConflict, in language: Language = .english) -> [String] {
    rows(conflict.holders.rows, at: conflict.port, in: conflict.snapshot, in: language)
  }

  /// Sockets with a port, each with who has it.
  ///
  /// - Parameter note: what is added to who has it, such as its options.
  static func rows(
    _ rows: [Int], at port: UInt16, in snapshot: Snapshot, in language: Language,
    note: (Int) -> String? = { _ in nil }
  ) -> [String] {
    guard !rows.isEmpty else { return [] }
    let ends = EndText(snapshot)
    let cells = rows.prefix(shown).map { row -> [String] in
      let record = snapshot.records[row]
      let holder =
        snapshot.secondsLeft(at: row).map {
          language("no process, free in \($0) s", "ningún proceso, libre en \($0) s")
        } ?? holder(at: row, in: snapshot, in: language)
      return [
        record.state.name, ends.local(record), ends.peer(record),
        [holder, note(row)].compactMap { $0 }.joined(separator: ", "),
      ]
    }
    var lines = aligned(cells)
    let rest = rows.count - min(rows.count, shown)
    if rest > 0 {
      lines.append(language("  and \(rest) more: ", "  y \(rest) más: ") + "sockinspect --local-port \(port)")
    }
    return lines
  }

  /// Rows of words, ends and a holder, in columns. A holder for which a line has no room stands
  /// below it; so does the peer of a row whose ends do not fit side by side, and such a row leaves
  /// the columns of the others as they are.
  static func aligned(_ rows: [[String]], columns limit: Int = 80) -> [String] {
    func columns(_ cells: some Sequence<String>) -> Int { cells.reduce(0) { $0 + 2 + TextWidth.columns($1) } }
    let fitting = rows.filter { columns($0.dropLast()) <= limit }
    var widths: [Int] = []
    for cells in fitting {
      for (index, cell) in cells.dropLast().enumerated() {
        if index == widths.count { widths.append(0) }
        widths[index] = max(widths[index], TextWidth.columns(cell))
      }
    }
    return rows.flatMap { cells -> [String] in
      guard columns(cells.dropLast()) <= limit else {
        return ["  " + cells.dropLast(2).joined(separator: "  ")] + cells.suffix(2).map { "    " + $0 }
      }
      let ends = zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - TextWidth.columns($0) + 2) }.joined()
      let line = "  " + ends + (cells.last ?? "")
      return TextWidth.columns(line) <= limit ? [line] : ["  " + ends.trimmingBlanks(), "    " + (cells.last ?? "")]
    }
  }

  /// One thing that can be done about a conflict.
  static func line(_ remedy: PortConflict.Remedy, port: UInt16, in language: Language = .english) -> String {
    switch remedy {
    case .tryAgain: language("  it is free by now: try again", "  ya está libre: vuelve a intentarlo")
    case .nothingSeen:
      language(
        "  no socket with that port is visible: it may belong to another network namespace's view or just be gone",
        "  no se ve ningún socket con ese puerto: puede ser de otro espacio de red, o acaba de irse")
    case .wait(let seconds):
      language(
        "  only closed connections are in the way; they are gone in \(seconds) s",
        "  solo estorban conexiones cerradas; desaparecen en \(seconds) s")
    case .reuseAddressNow: language("  not to wait for them: ", "  para no esperarlas: ") + "--reuse-address"
    case .reusePortNow: language("  not to wait for them: ", "  para no esperarlas: ") + "--reuse-port"
    case .reuseAddressInVain:
      language(
        "  --reuse-address is no help this time: the server that left them had not set it",
        "  --reuse-address no sirve esta vez: el servidor que las dejó no la había puesto")
    case .end(let pids): end("kill", pids, language)
    case .endAsRoot(let pids): end("sudo kill", pids, language)
    case .unseen(let unseen): line(unseen, listing: "--local-port \(port)", in: language)
    case .reuseAddressBeside:
      language("  to have it besides them: ", "  para tenerlo además de ellos: ") + "--reuse-address"
    case .share:
      language(
        "  to share it, as they set SO_REUSEPORT too: ", "  para compartirlo, pues también pusieron SO_REUSEPORT: ")
        + "--reuse-port"
    case .anotherPort:
      language(
        "  another port: --port N; --port 0 takes any that is free",
        "  otro puerto: --port N; --port 0 toma cualquiera libre")
    }
  }
}

extension String {
  fileprivate func trimmingBlanks() -> String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
