internal import SocketModel
internal import Text

extension UnixName {
  /// Appends the name as a cell: `@` stands for the NUL bytes of an abstract name, and the `@` that
  /// a path begins with is escaped, so that the two kinds are never confused.
  func appendCell(to output: inout [UInt8]) {
    guard looksAbstract else { return Escaping.appendCell(display[...], to: &output) }
    Escaping.appendByte(UInt8(ascii: "@"), to: &output)
    let rest = bytes.dropFirst()
    if !rest.isEmpty { Escaping.appendCell(rest, to: &output) }
  }

  /// Whether this is a path that looks like an abstract name.
  var looksAbstract: Bool { bytes.first == UInt8(ascii: "@") }
}
