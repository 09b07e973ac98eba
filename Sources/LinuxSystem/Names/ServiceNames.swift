/// The names of ports: the file `/etc/services`, as services(5) describes it.
///
/// The file is parsed as bytes, and only when a name is used or shown.
package struct ServiceNames: Sendable {
  /// The meaning of a line: a name, its port, and the protocol.
  package struct Entry: Sendable, Equatable {
    package let name: String
    package let port: UInt16
    package let transport: String
    package let isAlias: Bool
  }

  /// The entries of the file, in its order.
  package let entries: [Entry]

  /// This machine's names; none when the file is missing.
  package static let system: ServiceNames = {
    guard let file = try? Descriptor.open("/etc/services") else { return ServiceNames(parsing: []) }
    var bytes: [UInt8] = []
    guard (try? file.readAll(into: &bytes, limit: 16 << 20)) != nil else { return ServiceNames(parsing: []) }
    return ServiceNames(parsing: bytes)
  }()

  /// Parses the file's text: `name port/protocol alias ... # comment`. Lines of another form are
  /// skipped.
  package init(parsing bytes: [UInt8]) {
    var entries: [Entry] = []
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let words = line.prefix { $0 != UInt8(ascii: "#") }.split {
        $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r")
      }
      guard words.count >= 2 else { continue }
      let parts = words[1].split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      guard parts.count == 2, let port = UInt16(String(decoding: parts[0], as: UTF8.self)) else { continue }
      let transport = String(decoding: parts[1], as: UTF8.self)
      for (index, word) in ([words[0]] + words.dropFirst(2)).enumerated() {
        let name = String(decoding: word, as: UTF8.self)
        entries.append(Entry(name: name, port: port, transport: transport, isAlias: index > 0))
      }
    }
    self.entries = entries
  }

  /// The entries of a name or alias.
  package func entries(named name: String) -> [Entry] { entries.filter { $0.name == name } }

  /// The first name of each port of a protocol, `tcp` or `udp`.
  package func names(of transport: String) -> [UInt16: String] {
    var names: [UInt16: String] = [:]
    for entry in entries where entry.transport == transport && !entry.isAlias && names[entry.port] == nil {
      names[entry.port] = entry.name
    }
    return names
  }
}
