internal import SocketModel
internal import Text

/// Requested ports: numbers that apply to any transport, and those of services that differ between
/// transports.
struct PortValue: Sendable, Hashable {
  var any: [ClosedRange<UInt64>] = []
  var byTransport: [Transport: [ClosedRange<UInt64>]] = [:]

  /// The condition that the port of an end is one of them.
  func condition(_ end: Condition.End) -> Condition {
    var parts: [Condition] = any.isEmpty ? [] : [.leaf(.port(end, RangeSet(any)))]
    for (transport, ranges) in byTransport.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      // Multipath TCP takes its services from TCP.
      let transports =
        transport == .tcp ? Set(Transport.allCases.filter { $0.description.portNames == .tcp }) : [transport]
      parts.append(.all([.leaf(.transports(transports)), .leaf(.port(end, RangeSet(ranges)))]))
    }
    return .oneOf(parts)
  }
}

extension ValueReader {
  /// Parses a list of ports: numbers, ranges, service names, each with or without a `:` before it.
  package func ports(_ word: QueryWord) throws(QueryError) -> PortValue {
    var value = PortValue()
    for item in try items(word, expected: Self.portForms) { try readPort(withoutColon(item), into: &value) }
    return value
  }

  /// Parses a list of ports into the condition that one of the ends has one of them. An item may
  /// begin with a family: `inet:443`.
  package func ports(_ word: QueryWord, _ ends: [Condition.End]) throws(QueryError) -> Condition {
    var values: [AddressFamily?: PortValue] = [:]
    for item in try items(word, expected: Self.portForms) {
      let (family, item) = withoutFamily(item)
      try readPort(withoutColon(item), into: &values[family, default: PortValue()])
    }
    return .oneOf(
      [nil, .ipv4, .ipv6].compactMap { (family: AddressFamily?) in
        guard let value = values[family] else { return nil }
        let condition = Condition.oneOf(ends.map { value.condition($0) })
        return family.map { .joined([.leaf(.families([$0])), condition]) } ?? condition
      })
  }

  /// A word without its `inet:` or `inet6:` prefix, and the family of that prefix.
  func withoutFamily(_ word: QueryWord) -> (AddressFamily?, QueryWord) {
    for (name, family) in [("inet:", AddressFamily.ipv4), ("inet6:", .ipv6)]
    where word.bytes.starts(with: Array(name.utf8)) {
      return (family, word[name.utf8.count..<word.bytes.count])
    }
    return (nil, word)
  }

  /// Parses one port to compare with `<` and similar.
  package func port(_ word: QueryWord, _ comparison: Comparison) throws(QueryError) -> UInt64 {
    let value = try ports(word)
    guard value.byTransport.isEmpty else {
      throw error(
        word, "the service \(shown(word)) has several ports, so nothing is less or greater", expected: ["a number"])
    }
    guard value.any.count == 1, value.any[0].count == 1 else {
      throw error(word, "\(comparison.rawValue) takes one port, not several", expected: ["one port", "= or !="])
    }
    return value.any[0].lowerBound
  }

  private static let portForms = ["a port number from 0 to 65535", "a range such as 8000-8100", "a service name"]

  /// The word without the `:` that ss requires before a port.
  private func withoutColon(_ word: QueryWord) -> QueryWord {
    word.bytes.first == UInt8(ascii: ":") ? word[1..<word.bytes.count] : word
  }

  /// Parses a port, a range or a service without a `:` before it.
  func readPort(_ item: QueryWord, into value: inout PortValue) throws(QueryError) {
    guard !item.bytes.isEmpty else { throw error(item, "the port is missing", expected: Self.portForms) }
    // A service may have a dash in its name, so names are tried before ranges.
    if !item.bytes.allSatisfy({ ASCII.digits.contains($0) || $0 == ASCII.hyphen }) {
      let services = names.servicePorts(item.text)
      if !services.isEmpty { return add(services, to: &value) }
      let hasRange = item.bytes.first.map { ASCII.digits.contains($0) } ?? false
      guard hasRange, item.firstIndex(of: ASCII.hyphen) != nil || item.bytes.starts(with: "0x".utf8) else {
        throw error(
          item, "unknown service \(shown(item))", expected: Self.portForms,
          suggestion: NearestWord.nearest(to: item.text, among: names.serviceNames()))
      }
    }
    guard let dash = item.firstIndex(of: ASCII.hyphen, from: 1) else {
      let port = try portNumber(item)
      value.any.append(port...port)
      return
    }
    let high = item[(dash + 1)..<item.bytes.count]
    guard !high.bytes.isEmpty else {
      throw error(item, "the end of the range \(shown(item)) is missing", expected: Self.portForms)
    }
    let (first, last) = (try portNumber(item[0..<dash]), try portNumber(high))
    guard first <= last else {
      throw error(
        item, "the range \(shown(item)) runs backwards", expected: ["the smaller port first"],
        suggestion: "\(last)-\(first)")
    }
    value.any.append(first...last)
  }

  private func portNumber(_ word: QueryWord) throws(QueryError) -> UInt64 {
    switch NumberScale.parse(word.bytes, scales: []) {
    case .number(let number) where number <= 65535: return number
    case .number, .tooLarge, .negative:
      throw error(word, "port \(shown(word)) is out of range", expected: ["a number from 0 to 65535"])
    default: throw error(word, "\(shown(word)) is not a port", expected: Self.portForms)
    }
  }

  private func add(_ services: [NameTables.ServicePort], to value: inout PortValue) {
    let ports = Set(services.map(\.port))
    if ports.count == 1, let port = ports.first {
      // One number under every protocol: it does not matter which protocols have an entry in the
      // table.
      value.any.append(UInt64(port)...UInt64(port))
      return
    }
    for service in services {
      let range = UInt64(service.port)...UInt64(service.port)
      if let transport = service.transport {
        value.byTransport[transport, default: []].append(range)
      } else {
        value.any.append(range)
      }
    }
  }
}
