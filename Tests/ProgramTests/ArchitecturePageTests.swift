import Foundation
import TestSupport
import Testing

@Suite("Sources/ARCHITECTURE.md", .timeLimited)
struct ArchitecturePageTests {
  /// The rows of the page's table of modules, with what each may import.
  private static func rows(of page: String) -> [String: Set<String>] {
    let section = page.components(separatedBy: "\n## Modules\n").last?.components(separatedBy: "\n## ").first ?? ""
    var rows: [String: Set<String>] = [:]
    for line in section.split(separator: "\n") {
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      guard cells.count == 3, let name = cells[0].wholeMatch(of: #/`([^`]+)`/#) else { continue }
      rows[String(name.1)] = Set(cells[2].matches(of: #/`([^`]+)`/#).map { String($0.1) })
    }
    return rows
  }

  /// The files and folders that a page names between backticks or links to.
  private static func paths(in page: String) -> [String] {
    let named = #/`((?:[A-Za-z.][\w.+\-]*\/)+[\w.+\-]*|[\w.+\-]+\.(?:swift|md|sh|py))`/#
    return page.matches(of: named).map { String($0.1) }
      + page.matches(of: #/\]\(([^)#]+)\)/#).map { String($0.1) }
  }

  /// Whether a path exists below `Sources` or the root of the repository.
  private static func exists(_ path: String) -> Bool {
    ["Sources/\(path)", path].contains { FileManager.default.fileExists(atPath: Repository.path($0)) }
  }

  @Test("Every module of Package.swift has a row with exactly its imports")
  func modules() throws {
    let rows = Self.rows(of: try Repository.text("Sources/ARCHITECTURE.md"))
    let declared = DeclaredModules.read(try Repository.text("Package.swift"))
    #expect(declared.count > 10)
    #expect(Set(rows.keys) == Set(declared.keys))
    for (name, uses) in declared { #expect(rows[name] == uses, "\(name)") }
  }

  @Test("Every file that it names is there")
  func files() throws {
    let paths = Self.paths(in: try Repository.text("Sources/ARCHITECTURE.md"))
    #expect(paths.count > 20)
    for path in paths { #expect(Self.exists(path), "\(path)") }
  }

  @Test("Modules are read in every form in which Package.swift declares them")
  func declarations() {
    let package = """
      func module(_ name: String, uses: [Target.Dependency] = []) -> Target { .target(name: name, dependencies: uses) }
      .library(name: "Kit", targets: ["Upper"]),
      .target(name: "CLower"),
      module("Middle", uses: ["CLower"]),
      module(
        "Upper",
        uses: [
          "CLower", "Middle",
        ]),
      .executableTarget(name: "tool", dependencies: ["Upper"], swiftSettings: settings),
      .target(name: "Support", dependencies: ["Upper"], path: "Tests/Support"),
      .testTarget(name: "UpperTests", dependencies: ["Upper"]),
      """
    #expect(
      DeclaredModules.read(package)
        == ["CLower": [], "Middle": ["CLower"], "Upper": ["CLower", "Middle"], "tool": ["Upper"]])
  }

  @Test("Rows and paths are found in a page")
  func detector() {
    let page = """
      # A
      ## Modules

      | Module | Holds | Imports |
      |---|---|---|
      | `Upper` | what `Attic/Roof.swift` is for | `Middle`, `CLower` |

      ## B
      `Attic/`, [a](../Attic.md), but not /proc/net, `/proc/net` or `Roof`.
      """
    #expect(Self.rows(of: page) == ["Upper": ["Middle", "CLower"]])
    #expect(Self.paths(in: page) == ["Attic/Roof.swift", "Attic/", "../Attic.md"])
    #expect(!Self.exists("Attic/Roof.swift"))
    #expect(Self.exists("Text/"))
    #expect(Self.exists("../README.md"))
  }
}
