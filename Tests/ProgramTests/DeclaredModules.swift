/// The modules that Package.swift declares.
enum DeclaredModules {
  /// Returns what each module of the text of a Package.swift may import. Tests, and targets in
  /// folders of the tests, are left out.
  static func read(_ package: String) -> [String: Set<String>] {
    let declaration = #/\b(?:target|module|executableTarget)\(\s*(?:name: )?"([^"]+)"([^)]*)\)/#
    var modules: [String: Set<String>] = [:]
    for match in package.matches(of: declaration) where !match.2.contains("path:") {
      let uses = match.2.firstMatch(of: #/(?:uses|dependencies):\s*\[([^\]]*)\]/#)?.1 ?? ""
      modules[String(match.1)] = Set(uses.matches(of: #/"([^"]+)"/#).map { String($0.1) })
    }
    return modules
  }
}
