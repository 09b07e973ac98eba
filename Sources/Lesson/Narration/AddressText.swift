package import LinuxSystem
import SocketModel
import Text

extension SocketAddress {
  /// The address for people: `127.0.0.1:1234`, `[::1]:1234`, a path, `@name`; escaped.
  package var shown: String { shown(in: .english) }

  /// The same, with the words for a socket without a name in a language.
  package func shown(in language: Language) -> String {
    if let endpoint { return "\(endpoint)" }
    guard let name = unixName, !name.isEmpty else { return language("an unnamed socket", "un socket sin nombre") }
    return UnixName(bytes: name).shown
  }

  /// The address as Python's `print` shows it.
  var python: String {
    if let endpoint { return PythonText.address(endpoint, flow: flow ?? 0, scope: scope ?? 0) }
    // A datagram that an unnamed unix socket sent has no address at all.
    return unixName.map(PythonText.unixName) ?? "None"
  }
}

extension UnixName {
  /// The name for people, escaped: a path, or `@name` for an abstract one. The `@` that a path
  /// begins with is escaped to distinguish it.
  package var shown: String {
    let text = Escaping.text(display)
    return !isAbstract && bytes.first == UInt8(ascii: "@") ? "\\x40" + text.dropFirst() : text
  }
}
