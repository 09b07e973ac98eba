import Diagnosis
import Lesson
import LinuxSystem
import SocketModel
import Text

/// Something that can be done, in words, and the command that does it.
struct WhyActionText {
  let text: String
  let command: String?

  /// - Parameters:
  ///   - user: who would do it; 0 for root.
  ///   - typed: the command line of the question.
  ///   - subject: the port, with its address.
  init(_ action: WhyAction, user: UInt32, typed: String, subject: String, _ language: Language) {
    let sudo = user == 0 ? "" : "sudo "
    func list(_ pids: [Int32]) -> String { pids.prefix(8).map { "\($0)" }.joined(separator: " ") }
    let stop = language("to stop it", "para terminarlo")
    let resume = language("to continue it", "para que siga")
    switch action {
    case .stopUnits(let units): (text, command) = (stop, sudo + "systemctl stop " + ShellWords.line(units))
    case .stopUserUnit(let unit): (text, command) = (stop, "systemctl --user stop " + ShellWords.quoted(unit))
    case .stopContainer(let runtime, let name):
      (text, command) = (stop, "\(sudo)\(runtime) stop " + ShellWords.quoted(name))
    case .end(let pids): (text, command) = (stop, "kill " + list(pids))
    case .endAsRoot(let pids): (text, command) = (stop, "sudo kill " + list(pids))
    case .resume(let pids): (text, command) = (resume, "kill -CONT " + list(pids))
    case .resumeAsRoot(let pids): (text, command) = (resume, "sudo kill -CONT " + list(pids))
    case .wait(let milliseconds):
      let seconds = wholeSeconds(milliseconds)
      (text, command) = (language("wait \(seconds) s", "espera \(seconds) s"), nil)
    case .setOptions(let options):
      let names = options.names(in: language)
      (text, command) = (language("set \(names) before bind()", "pon \(names) antes de bind()"), nil)
    case .tryOptions(let options):
      let flags =
        (options.contains(.address) ? " --reuse-address" : "") + (options.contains(.port) ? " --reuse-port" : "")
      (text, command) = (
        language("to find out", "para saberlo"), "sockinspect can-bind \(subject)\(flags) --probe"
      )
    case .reserve(let ports):
      (text, command) = (
        language("to keep the kernel from choosing it", "para que el kernel no lo elija"),
        sudo + "sysctl -w net.ipv4.ip_local_reserved_ports=" + ports
      )
    case .permit(let port):
      (text, command) = (
        language("run it as root, or let everybody bind it", "ejecútalo como root, o permíteselo a todos"),
        "sudo sysctl -w net.ipv4.ip_unprivileged_port_start=\(port)"
      )
    case .askAsRoot: (text, command) = (language("to see more", "para ver más"), "sudo " + typed)
    case .showNamespace(let place, let port):
      (text, command) = (
        language("to see it", "para verlo"),
        "\(sudo)sockinspect --netns \(ShellWords.quoted(place.rawBytes)) --port \(port)"
      )
    case .showRules: (text, command) = (language("to see the rules", "para ver las reglas"), sudo + "nft list ruleset")
    case .listenElsewhere:
      (text, command) = (
        language(
          "let it listen on 0.0.0.0 or on an address that others reach",
          "que escuche en 0.0.0.0 o en una dirección a la que otros lleguen"), nil
      )
    case .listenOnBoth:
      (text, command) = (
        language(
          "let it listen on IPv4 too, or without IPV6_V6ONLY", "que escuche también en IPv4, o sin IPV6_V6ONLY"), nil
      )
    }
  }
}
