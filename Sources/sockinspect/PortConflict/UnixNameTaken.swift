import Diagnosis
import Inspection
import Lesson
import LinuxSystem
import Rendering
import SocketModel
import Text

/// The answer to a `bind(2)` to a unix name that exists: who listens there, or that nobody does.
struct UnixNameTaken: Sendable {
  let name: [UInt8]
  let address: SocketAddress
  let isDatagram: Bool
  var language = Language.english

  /// The text of the answer.
  func lines() -> [String] {
    let shown = UnixName(bytes: name).shown
    var lines = ["sockinspect: \(shown) " + language("is taken (EADDRINUSE)", "ya está en uso (EADDRINUSE)")]
    let isPath = name.first != 0
    if isPath, isOtherFile {
      lines.append(
        language(
          "  it is a file and no socket, which somebody else may need",
          "  es un archivo y no un socket, y puede hacerle falta a alguien"))
    } else if isPath, isLeftBehind {
      lines.append(
        language(
          "  no process has it open any more: a server left it behind",
          "  ya no lo tiene abierto ningún proceso: lo dejó un servidor"))
      lines.append(language("  to remove it: ", "  para borrarlo: ") + "rm \(Self.shellWord(name))")
    } else {
      lines += holders()
    }
    lines.append(
      language("  another name: --unix ", "  otro nombre: --unix ")
        + (isPath ? language("PATH", "RUTA") : language("@NAME", "@NOMBRE")))
    return lines
  }

  private var isOtherFile: Bool {
    guard let folder = try? Descriptor.open(".", for: .directory) else { return false }
    let status = try? folder.status(of: String(decoding: name, as: UTF8.self), followLinks: false)
    return status.map { !$0.isSocket } ?? false
  }

  /// Whether no socket is bound to the path any more.
  ///
  /// Connecting a datagram socket answers this without disturbing a server: the kernel refuses the
  /// connection when the socket there is of another type.
  private var isLeftBehind: Bool {
    let kind = SocketKind(family: address.family, type: Int32(SocketType.datagram.rawValue))
    guard let probe = try? Descriptor.socket(kind) else { return false }
    do throws(SystemError) {
      try probe.connect(address)
      return false
    } catch {
      return error.name == "ECONNREFUSED"
    }
  }

  /// The sockets with that name, with their owners.
  private func holders() -> [String] {
    var request = InspectionRequest()
    request.transports = [.unix]
    request.requiredDetails = [.owners, .processUsers, .userNames]
    request.processes.findsHiddenOwners = true
    do throws(InspectionError) {
      let name = self.name
      let snapshot = try Inspector(root: .running()).snapshot(request) { snapshot, row in
        snapshot.name(at: row)?.bytes == name && snapshot.records[row].state != .connected
      }
      let rows = Array(snapshot.records.indices)
      guard !rows.isEmpty else {
        return [
          language(
            "  a socket is open there, under a name as another folder or namespace has it: sockinspect -x",
            "  allí hay un socket abierto, con el nombre que tiene en otra carpeta o espacio: sockinspect -x")
        ]
      }
      var lines = rows.map { row -> String in
        "  \(snapshot.records[row].state.name)  \(UnixName(bytes: name).shown)  \(HolderText.holder(at: row, in: snapshot, in: language))"
      }
      let user = Users.effectiveUID
      lines += HolderText.lines(snapshot.processes(holding: rows, endedBy: user), in: language)
      if let unseen = snapshot.unseenHolder(of: rows, isRoot: user == 0) {
        lines.append(HolderText.line(unseen, listing: UnixName(bytes: name).listingArguments, in: language))
      }
      return lines
    } catch {
      return ["  " + language("who has it is not known: \(error)", "no se sabe quién lo tiene: \(error)")]
    }
  }

  /// A path as a word for the shell.
  static func shellWord(_ path: [UInt8]) -> String {
    // A path that begins with a dash would be an option.
    ShellWords.quoted((path.first == UInt8(ascii: "-") ? Array("./".utf8) : []) + path)
  }
}
