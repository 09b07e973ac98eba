/// Requests to and answers of nf_tables over `NETLINK_NETFILTER`: `struct nfgenmsg` and attributes
/// (`include/uapi/linux/netfilter/nf_tables.h`). Numbers in attributes are big-endian.
package enum NFTablesMessage {
  /// What can be asked for: all of a kind, or the elements of one set.
  package enum Kind: UInt16, Sendable {
    /// `NFT_MSG_GETCHAIN`.
    case chains = 4
    /// `NFT_MSG_GETRULE`.
    case rules = 7
    /// `NFT_MSG_GETSETELEM`.
    case elements = 13

    /// The message type of the answers: `NFT_MSG_NEWCHAIN`, `NFT_MSG_NEWRULE`,
    /// `NFT_MSG_NEWSETELEM`.
    package var answerType: UInt16 { NFTablesMessage.subsystem << 8 | (rawValue - 1) }
  }

  /// The corresponding C constant is `NFNL_SUBSYS_NFTABLES`.
  static let subsystem: UInt16 = 10
  /// The size of `struct nfgenmsg`.
  static let headerSize = 4

  /// The error number in the payload of an error message, 0 for an acknowledgement; `nil` when the
  /// payload is too short.
  package static func errorCode(_ payload: Span<UInt8>) -> Int32? {
    payload.count >= 4 ? 0 &- Int32(bitPattern: payload.hostUInt32(at: 0)) : nil
  }

  /// Returns the request for all chains or rules of all families.
  package static func request(_ kind: Kind, sequence: UInt32) -> [UInt8] {
    var request = NetlinkRequest(dump: subsystem << 8 | kind.rawValue, sequence: sequence)
    request.append([0, 0, 0, 0])
    return request.bytes
  }

  /// Returns the request for the elements of a set.
  package static func request(elementsOf set: NFTSetName, sequence: UInt32) -> [UInt8] {
    var request = NetlinkRequest(dump: subsystem << 8 | Kind.elements.rawValue, sequence: sequence)
    request.append([set.family, 0, 0, 0])
    request.appendAttribute(1, set.table + [0])
    request.appendAttribute(2, set.name + [0])
    return request.bytes
  }
}

/// Where a set is: the family of its table, the table and the name.
package struct NFTSetName: Sendable, Hashable {
  package let family: UInt8
  package let table: [UInt8]
  package let name: [UInt8]
}

/// A chain of rules.
package struct NFTChain: Sendable, Hashable {
  /// The family of its table, `NFPROTO_`: 1 inet, 2 IPv4, 5 netdev, 7 bridge, 10 IPv6.
  package let family: UInt8
  package private(set) var table: [UInt8] = []
  package private(set) var name: [UInt8] = []
  /// Where packets come into it, `NF_INET_`: 0 prerouting, 1 input, 2 forward, 3 output, 4
  /// postrouting; `nil` for a chain that only rules lead to.
  package private(set) var hook: UInt32?
  /// Where it stands among those of its hook: lower numbers come first.
  package private(set) var priority: Int32 = 0
  /// Whether packets that no rule decides are dropped.
  package private(set) var dropsTheRest = false

  /// Decodes the payload of one answer.
  package init(parsing message: Span<UInt8>) throws(DecodeError) {
    family = try NFTAttributes.family(message)
    let fields = try NFTAttributes(message, from: NFTablesMessage.headerSize)
    table = NFTAttributes.text(fields.bytes[1] ?? [])
    name = NFTAttributes.text(fields.bytes[3] ?? [])
    dropsTheRest = fields[5] == 0
    guard let place = fields.bytes[4] else { return }
    let parts = try NFTAttributes(place.span)
    hook = parts[1]
    priority = Int32(bitPattern: parts[2] ?? 0)
  }
}

/// A rule: expressions, each of which computes, compares or decides.
package struct NFTRule: Sendable, Hashable {
  package let family: UInt8
  package private(set) var table: [UInt8] = []
  package private(set) var chain: [UInt8] = []
  package private(set) var expressions: [NFTExpression] = []

  /// Decodes the payload of one answer.
  package init(parsing message: Span<UInt8>) throws(DecodeError) {
    family = try NFTAttributes.family(message)
    var attributes = NetlinkAttributes(from: NFTablesMessage.headerSize)
    while let attribute = try attributes.next(in: message) {
      let value = message.extracting(attribute.value)
      switch attribute.type {
      case 1: table = NFTAttributes.text(value)
      case 2: chain = NFTAttributes.text(value)
      case 4:
        var list = NetlinkAttributes(from: 0)
        while let element = try list.next(in: value) {
          expressions.append(try NFTExpression(parsing: value.extracting(element.value)))
        }
      default: break
      }
    }
  }
}

/// An element of a set or map.
package struct NFTElement: Sendable, Hashable {
  package private(set) var key: [UInt8] = []
  /// Whether it is the first key behind an interval (`NFT_SET_ELEM_INTERVAL_END`).
  package private(set) var endsInterval = false
  /// What a map of verdicts has for the key.
  package private(set) var verdict: NFTVerdict?

  /// Decodes the payload of one answer: some elements of one set.
  package static func all(parsing message: Span<UInt8>) throws(DecodeError) -> [NFTElement] {
    _ = try NFTAttributes.family(message)
    var elements: [NFTElement] = []
    var attributes = NetlinkAttributes(from: NFTablesMessage.headerSize)
    while let attribute = try attributes.next(in: message) {
      guard attribute.type == 3 else { continue }
      let value = message.extracting(attribute.value)
      var list = NetlinkAttributes(from: 0)
      while let element = try list.next(in: value) {
        elements.append(try NFTElement(value.extracting(element.value)))
      }
    }
    return elements
  }

  private init(_ bytes: Span<UInt8>) throws(DecodeError) {
    var attributes = NetlinkAttributes(from: 0)
    while let attribute = try attributes.next(in: bytes) {
      let value = bytes.extracting(attribute.value)
      switch attribute.type {
      case 1: key = try NFTAttributes.data(value).bytes
      case 2: verdict = try NFTAttributes.data(value).verdict
      case 3: endsInterval = value.count >= 4 && value.networkUInt32(at: 0) & 1 != 0
      default: break
      }
    }
  }
}

/// What a rule decides (`NF_DROP`, `NFT_JUMP` ...).
package enum NFTVerdict: Sendable, Hashable {
  case accept, drop, leave
  /// Another chain, after which this one goes on or not.
  case jump([UInt8]), goto([UInt8])
  /// Anything else, such as a queue to a program.
  case other
}

/// One expression of a rule.
package enum NFTExpression: Sendable, Hashable {
  /// Loads what is known about the packet, `NFT_META_`.
  case meta(key: UInt32, to: UInt32)
  /// Loads bytes of a header: 0 link, 1 network, 2 transport.
  case payload(base: UInt32, offset: UInt32, length: UInt32, to: UInt32)
  /// Loads what is known about the connection, `NFT_CT_`.
  case connection(key: UInt32, to: UInt32)
  /// Loads what the routing says, `NFT_FIB_RESULT_`.
  case route(result: UInt32, flags: UInt32, to: UInt32)
  case immediate([UInt8], to: UInt32)
  case bitwise(from: UInt32, to: UInt32, mask: [UInt8], xor: [UInt8])
  /// `NFT_CMP_`: 0 equal, 1 not, 2 less, 3 at most, 4 greater, 5 at least.
  case compare(UInt32, operation: UInt32, [UInt8])
  case range(UInt32, isOutside: Bool, [UInt8], [UInt8])
  /// Whether a register is in a set; with `decides` the element has the verdict.
  case lookup(set: [UInt8], from: UInt32, isOutside: Bool, decides: Bool, loads: UInt32?)
  case counter(packets: UInt64)
  case verdict(NFTVerdict)
  case reject
  /// Another destination, from registers.
  case destination(address: UInt32?, port: UInt32?)
  /// Another port of this machine, from a register.
  case redirect(port: UInt32?)
  /// A match or target of iptables.
  case match([UInt8], info: [UInt8])
  case target([UInt8], info: [UInt8])
  /// Nothing that a packet depends on: log, limit that was not reached ...
  case harmless
  /// Something that is not decoded.
  case unknown([UInt8])

  /// Decodes one element of a rule's list.
  init(parsing bytes: Span<UInt8>) throws(DecodeError) {
    var name: [UInt8] = []
    var data: Range<Int> = 0..<0
    var attributes = NetlinkAttributes(from: 0)
    while let attribute = try attributes.next(in: bytes) {
      if attribute.type == 1 { name = NFTAttributes.text(bytes.extracting(attribute.value)) }
      if attribute.type == 2 { data = attribute.value }
    }
    let fields = try NFTAttributes(bytes.extracting(data))
    self = try Self.decode(name, fields)
  }

  private static func decode(_ name: [UInt8], _ fields: NFTAttributes) throws(DecodeError) -> NFTExpression {
    switch String(decoding: name, as: UTF8.self) {
    case "meta":
      guard let key = fields[2], let register = fields[1] else { return fields[3] == nil ? .unknown(name) : .harmless }
      return .meta(key: key, to: register)
    case "payload":
      guard let base = fields[2], let offset = fields[3], let length = fields[4], let register = fields[1] else {
        return .unknown(name)
      }
      return .payload(base: base, offset: offset, length: length, to: register)
    case "ct":
      guard let key = fields[2], let register = fields[1] else { return .harmless }
      return .connection(key: key, to: register)
    case "fib":
      guard let register = fields[1], let result = fields[2], let flags = fields[3] else { return .unknown(name) }
      return .route(result: result, flags: flags, to: register)
    case "immediate":
      guard let register = fields[1], let data = fields.bytes[2] else { return .unknown(name) }
      let value = try NFTAttributes.data(data.span)
      if let verdict = value.verdict { return .verdict(verdict) }
      return .immediate(value.bytes, to: register)
    case "bitwise":
      guard let source = fields[1], let register = fields[2], let mask = fields.bytes[4], let xor = fields.bytes[5]
      else { return .unknown(name) }
      let maskBytes = try NFTAttributes.data(mask.span).bytes
      let xorBytes = try NFTAttributes.data(xor.span).bytes
      return .bitwise(from: source, to: register, mask: maskBytes, xor: xorBytes)
    case "cmp":
      guard let register = fields[1], let operation = fields[2], let data = fields.bytes[3] else {
        return .unknown(name)
      }
      return .compare(register, operation: operation, try NFTAttributes.data(data.span).bytes)
    case "range":
      guard let register = fields[1], let operation = fields[2], let from = fields.bytes[3], let to = fields.bytes[4]
      else { return .unknown(name) }
      let first = try NFTAttributes.data(from.span).bytes
      let last = try NFTAttributes.data(to.span).bytes
      return .range(register, isOutside: operation == 1, first, last)
    case "lookup":
      guard let set = fields.bytes[1], let register = fields[2] else { return .unknown(name) }
      return .lookup(
        set: NFTAttributes.text(set.span), from: register, isOutside: (fields[5] ?? 0) & 1 != 0,
        decides: fields[3] == 0, loads: fields[3].flatMap { $0 == 0 ? nil : $0 })
    case "counter":
      guard let packets = fields.bytes[2], packets.count >= 8 else { return .counter(packets: 0) }
      return .counter(packets: packets.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    case "reject": return .reject
    case "nat":
      guard fields[1] == 1 else { return .harmless }
      return .destination(address: fields[3], port: fields[5])
    case "redir": return .redirect(port: fields[1])
    case "tproxy": return .destination(address: fields[2], port: fields[3])
    case "match": return .match(NFTAttributes.text(fields.bytes[1] ?? []), info: fields.bytes[3] ?? [])
    case "target": return .target(NFTAttributes.text(fields.bytes[1] ?? []), info: fields.bytes[3] ?? [])
    case "log", "limit", "quota", "last", "notrack", "masq", "objref", "dup", "synproxy": return .harmless
    default: return .unknown(name)
    }
  }
}

/// The attributes of an expression by their types, and the values that occur everywhere.
struct NFTAttributes {
  private(set) var bytes: [UInt16: [UInt8]] = [:]

  /// Reads all of them.
  ///
  /// - Parameter start: where the first one is, behind a fixed part.
  init(_ span: Span<UInt8>, from start: Int = 0) throws(DecodeError) {
    var attributes = NetlinkAttributes(from: start)
    while let attribute = try attributes.next(in: span) {
      bytes[attribute.type] = attribute.value.map { span[$0] }
    }
  }

  /// An attribute that is a number of 32 bits; `nil` when it is missing.
  subscript(type: UInt16) -> UInt32? {
    guard let value = bytes[type], value.count >= 4 else { return nil }
    return UInt32(value[0]) << 24 | UInt32(value[1]) << 16 | UInt32(value[2]) << 8 | UInt32(value[3])
  }

  /// The family in the fixed part of a message.
  static func family(_ message: Span<UInt8>) throws(DecodeError) -> UInt8 {
    guard message.count >= NFTablesMessage.headerSize else {
      throw DecodeError("nfgenmsg", "it has only \(message.count) bytes", in: message)
    }
    return message[0]
  }

  /// A name, without its NUL.
  static func text(_ value: Span<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    for index in value.indices {
      if value[index] == 0 { break }
      text.append(value[index])
    }
    return text
  }

  static func text(_ value: [UInt8]) -> [UInt8] { Array(value.prefix { $0 != 0 }) }

  /// A value or a verdict: `NFTA_DATA_VALUE`, `NFTA_DATA_VERDICT`.
  static func data(_ span: Span<UInt8>) throws(DecodeError) -> (bytes: [UInt8], verdict: NFTVerdict?) {
    let fields = try NFTAttributes(span)
    guard let inner = fields.bytes[2] else { return (fields.bytes[1] ?? [], nil) }
    let verdict = try NFTAttributes(inner.span)
    let chain = text(verdict.bytes[2] ?? [])
    switch verdict[1].map({ Int32(bitPattern: $0) }) {
    case 0: return ([], .drop)
    case 1: return ([], .accept)
    case -3: return ([], .jump(chain))
    case -4: return ([], .goto(chain))
    case -1, -2: return ([], nil)
    case -5: return ([], .leave)
    default: return ([], .other)
    }
  }
}
