import LinuxSystem

/// What a capture is written to: a folder or an archive. Paths are below its top; each folder is made
/// before what is in it, and nothing is made twice.
protocol CaptureOutput: AnyObject {
  /// Makes a folder.
  func makeFolder(_ path: String) throws(SystemError)
  /// Writes a whole file.
  func write(_ path: String, _ bytes: Span<UInt8>) throws(SystemError)
  /// Makes a symbolic link, whose target need not exist.
  func makeLink(_ path: String, to target: [UInt8]) throws(SystemError)
  /// Begins a file that is written in pieces.
  func begin(_ path: String) throws(SystemError)
  /// Appends a piece to the file that was begun.
  func append(_ bytes: Span<UInt8>) throws(SystemError)
  /// Ends the file that was begun.
  func finish() throws(SystemError)
}

/// A capture in a folder. Only its owner can read what is in it: only root may see much of what is
/// copied.
final class CaptureFolder: CaptureOutput {
  private let top: Descriptor
  /// The folder that was used last, and its path.
  private var current: Descriptor
  private var currentPath = "."
  /// The file that was begun.
  private var file: Descriptor?

  init(_ folder: consuming Descriptor) throws(SystemError) {
    top = folder
    current = try Descriptor.openBeneath(".", in: top, directoryExpected: true, followLinks: false)
  }

  func makeFolder(_ path: String) throws(SystemError) {
    let name = try enter(path)
    current = try current.makePrivateFolder(name)
    currentPath = path
  }

  func write(_ path: String, _ bytes: Span<UInt8>) throws(SystemError) { try create(path).writeAll(bytes) }

  func makeLink(_ path: String, to target: [UInt8]) throws(SystemError) {
    let name = try enter(path)
    try current.makeLink(name, to: target)
  }

  func begin(_ path: String) throws(SystemError) { file = try create(path) }

  func append(_ bytes: Span<UInt8>) throws(SystemError) { try file?.writeAll(bytes) }

  func finish() throws(SystemError) { file = nil }

  private func create(_ path: String) throws(SystemError) -> Descriptor {
    let name = try enter(path)
    return try Descriptor.open(name, in: current, for: .creating, permissions: 0o600)
  }

  /// Makes the folder around a path the current one, and returns the last component.
  private func enter(_ path: String) throws(SystemError) -> String {
    guard let slash = path.lastIndex(of: "/") else {
      try go(to: ".")
      return path
    }
    try go(to: String(path[..<slash]))
    return String(path[path.index(after: slash)...])
  }

  private func go(to path: String) throws(SystemError) {
    if path == currentPath { return }
    current = try Descriptor.openBeneath(path, in: top, directoryExpected: true, followLinks: false)
    currentPath = path
  }
}
