import KernelFormats
import LinuxSystem
import SocketModel
import Text

extension ProcRoot {
  /// The folder of a namespace's tables in a captured tree, with its slash.
  static func tables(of namespace: NetworkNamespaceID) -> String { "\(namespaceFolder)\(namespace)/net/" }

  /// The folder of the other namespaces in a captured tree, with its slash.
  package static let namespaceFolder = "netns/"

  /// Opens a root that the user named, in the selected network namespaces: of a captured tree, those
  /// that were captured.
  package static func open(_ path: String, in selection: NamespaceSelection) throws(InspectionError) -> ProcRoot {
    try open(path).selecting(selection)
  }

  /// The selected network namespaces of a root that the user named.
  func selecting(_ selection: NamespaceSelection) throws(InspectionError) -> ProcRoot {
    if selection == .here { return self }
    guard shape == .tree else {
      throw .noNamespace(
        "--netns asks the running kernel or a capture and does not go with --root \(Escaping.text(path)); "
          + "the namespace of one process is --root /proc/PID")
    }
    var namespace: NetworkNamespaceID?
    if case .one(let text) = selection {
      guard let found = try capturedNamespace(named: text) else { return self }
      namespace = found
    }
    do throws(SystemError) {
      return try ProcRoot(tree: self, namespace: namespace)
    } catch {
      throw .unreadable(root: path, error)
    }
  }

  /// The captured namespace with a name, a number or a first process; `nil` for the one of the
  /// tree's own tables.
  private func capturedNamespace(named text: String) throws(InspectionError) -> NetworkNamespaceID? {
    if let own = manifest?.netns, text == "\(own)" { return nil }
    let namespaces = manifest?.namespaces ?? []
    let matches = namespaces.filter { namespace in
      let isNamed = namespace.name.map { $0.elementsEqual(text.utf8) } ?? false
      return isNamed || "\(namespace.id)" == text || namespace.process.map { "\($0)" == text } ?? false
    }
    if matches.count == 1 { return matches[0].id == manifest?.netns ? nil : matches[0].id }
    if matches.count > 1 {
      let ids = matches.map { "\($0.id)" }.joined(separator: " or ")
      throw .noNamespace(
        "\(matches.count) network namespaces are named \(Escaping.text(text)); say which: --netns \(ids)")
    }
    let near = NearestWord.nearest(to: text, among: namespaces.map { String(decoding: $0.label, as: UTF8.self) })
    let question = near.map { "; did you mean \(Escaping.text($0))?" } ?? ""
    throw .noNamespace(
      "no network namespace in \(Escaping.text(path)) is named \(Escaping.text(text))\(question)")
  }

  /// One of the other namespaces of a captured tree as a root.
  func captured(_ namespace: NetworkNamespaceID) throws(SystemError) -> ProcRoot {
    try ProcRoot(tree: self, namespace: namespace)
  }
}
