package import Foundation

/// The files of the repository that the tests look at.
package enum Repository {
  /// The folder that holds Package.swift.
  package static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Returns the path of a file or folder by its path from the root.
  package static func path(_ path: String) -> String { root.appendingPathComponent(path).path }

  /// Returns the text of a file by its path from the root.
  package static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }
}
