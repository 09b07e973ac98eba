/// The names of IP protocols: the file `/etc/protocols`, as protocols(5) describes it.
package struct ProtocolNames: Sendable {
  /// The name of each number; the last one where the file has several.
  package let names: [UInt16: [UInt8]]

  /// This machine's names; none when the file is missing.
  package static let system: ProtocolNames = {
    guard let file = try? Descriptor.open("/etc/protocols") else { return ProtocolNames(parsing: []) }
    var bytes: [UInt8] = []
    guard (try? file.readAll(into: &bytes, limit: 16 << 20)) != nil else { return ProtocolNames(parsing: []) }
    return ProtocolNames(parsing: bytes)
  }()

  /// Parses the file's text: `name number alias ... # comment`. Lines of another form are skipped.
  package init(parsing bytes: [UInt8]) {
    var names: [UInt16: [UInt8]] = [:]
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let words = line.prefix { $0 != UInt8(ascii: "#") }.split {
        $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r")
      }
      guard words.count >= 2, let number = UInt16(String(decoding: words[1], as: UTF8.self)) else { continue }
      names[number] = Array(words[0])
    }
    self.names = names
  }
}
