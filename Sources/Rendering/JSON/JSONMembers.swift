internal import SocketModel
internal import Text

/// The members of a full object (`sockinspect.socket/2`), in the order and with the names that the
/// declarations of fields give them.
///
/// They are prepared once, as steps for the sockets of each transport: values that a transport
/// cannot have, or that need details that a socket does not have, are `null` in the text of the
/// next step.
struct JSONMembers: Sendable {
  /// A text, and the value that follows it.
  struct Step: Sendable {
    /// Its bytes in ``JSONMembers/texts``.
    let text: Range<Int>
    let writer: Writer
  }

  /// The steps for the sockets of one transport, with or without details, and the text after the
  /// last value.
  struct Plan: Sendable {
    var steps = 0..<0
    var end: [UInt8] = []
  }

  /// The writer of a value. A member with its own form, and one that every socket has, has a case;
  /// a number is the index of a reader.
  enum Writer: Sendable {
    case transport, family, state, local, peer, receiveQueue, sendQueue, uid, user, cookie, timer, owners, attribution
    case listen, groups, path, interface, cgroup
    case number(Int), identifier(Int), word(Int), flag(Int), detail(DetailWriter), object(Int), other(Int)
  }

  /// The writer of a value in the details.
  enum DetailWriter: Sendable {
    case metrics, memory
    case number(Int), value(Int)
  }

  /// A word field: its words as JSON strings, indexed by code, `null` for none.
  struct Words: Sendable {
    let texts: [[UInt8]]
    let read: @Sendable (SocketRecord) -> UInt8?
  }

  /// A flag field. This and the next are structs for the same reason as ``RecordNumber``.
  struct Flag: Sendable {
    let read: @Sendable (SocketRecord) -> Bool?
  }

  /// A number of the details.
  struct DetailNumber: Sendable {
    let read: @Sendable (SocketDetail) -> UInt64?
  }

  private(set) var numbers: [RecordNumber] = []
  private(set) var words: [Words] = []
  private(set) var flags: [Flag] = []
  private(set) var detailNumbers: [DetailNumber] = []
  private(set) var details: [(name: String, read: @Sendable (SocketDetail) -> FieldValue)] = []
  /// The members of `memory`: `"NAME":` and how the number is read.
  private(set) var memory: [(key: [UInt8], read: @Sendable (SocketMemory) -> UInt32?)] = []
  /// The members of `tcp`: `"NAME":`.
  private(set) var metrics: [(key: [UInt8], metric: TCPMetric)] = []
  /// The members of other objects, by object.
  private(set) var objects: [[(name: String, field: Field)]] = []
  private(set) var others: [(name: String, field: Field)] = []
  /// The steps of all plans and their texts. Threads share them: a row is written from spans of
  /// them, which counts no references.
  private(set) var steps: [Step] = []
  private(set) var texts: [UInt8] = []
  private(set) var plans: [Plan] = []

  /// The members of the fields that the program has.
  static let standard = JSONMembers(.standard)

  /// The index of the plan for a socket.
  @inline(__always)
  func plan(_ record: SocketRecord) -> Int {
    2 * Int(record.transport.rawValue) + (record.detailIndex == SocketRecord.noIndex ? 0 : 1)
  }

  /// Prepares the members of a registry's fields.
  init(_ registry: FieldRegistry) {
    let declared = registry.groups.flatMap(\.declarations).enumerated().filter { $1.json != nil }
    let ordered = declared.sorted { left, right in
      (left.element.json?.place ?? 0, left.offset) < (right.element.json?.place ?? 0, right.offset)
    }
    var members: [(name: String, writer: Writer, declaration: FieldDeclaration)] = []
    for declaration in ordered.map(\.element) {
      guard let path = declaration.json?.path else { continue }
      let parts = path.split(separator: ".", maxSplits: 1).map(String.init)
      let name = parts[0].hasSuffix("[]") ? String(parts[0].dropLast(2)) : parts[0]
      if parts.count == 2, add(declaration, parts[1], beside: members.last { $0.name == name }?.writer) { continue }
      members.append((name, writer(declaration, parts), declaration))
    }
    let keys = members.map { Array(",\"\($0.name)\":".utf8) }
    for transport in Transport.allCases {
      for hasDetail in [false, true] {
        var plan = Plan()
        let first = steps.count
        var text = Array("{\"schema\":\"sockinspect.socket/2\"".utf8)
        for (key, (_, writer, declaration)) in zip(keys, members) {
          text.append(contentsOf: key)
          if declaration.transports.contains(transport), hasDetail || !declaration.access.isOfDetail {
            steps.append(Step(text: texts.count..<texts.count + text.count, writer: writer))
            texts += text
            text = []
          } else {
            text.append(ascii: Self.null(writer))
          }
        }
        plan.steps = first..<steps.count
        plan.end = text
        plans.append(plan)
      }
    }
  }

  /// The text for a member without a value, including the members that its writer adds.
  private static func null(_ writer: Writer) -> String {
    switch writer {
    case .cgroup: "null,\"cgroup_id\":null"
    case .path: "null,\"abstract\":null"
    default: "null"
    }
  }

  /// Adds a field to the object that an earlier one began; returns whether there is one.
  private mutating func add(_ declaration: FieldDeclaration, _ name: String, beside writer: Writer?) -> Bool {
    switch (writer, declaration.access) {
    case (nil, _): return false
    case (.detail(.metrics)?, .metric(let metric)): metrics.append((Self.key(name), metric))
    case (.detail(.memory)?, .memory(let read)): memory.append((Self.key(name), read))
    case (.object(let index)?, _): objects[index].append((name, declaration.field))
    // The rest of these objects have members with fixed names; see ``JSONOutput``.
    default: break
    }
    return true
  }

  private static func key(_ name: String) -> [UInt8] { Array("\"\(name)\":".utf8) }

  private mutating func writer(_ declaration: FieldDeclaration, _ path: [String]) -> Writer {
    switch declaration.field {
    case .transport: return .transport
    case .family: return .family
    case .state: return .state
    case .local: return .local
    case .peer: return .peer
    case .receiveQueue: return .receiveQueue
    case .sendQueue: return .sendQueue
    case .uid: return .uid
    case .user: return .user
    case .cookie: return .cookie
    case .timer: return .timer
    case .owners: return .owners
    case .attribution: return .attribution
    case .acceptQueue: return .listen
    case .cgroup: return .cgroup
    case .groups: return .groups
    case .path: return .path
    case .interface: return .interface
    default: break
    }
    switch declaration.access {
    case .metric(let metric) where path.count == 2:
      metrics.append((Self.key(path[1]), metric))
      return .detail(.metrics)
    case .memory(let read) where path.count == 2:
      memory.append((Self.key(path[1]), read))
      return .detail(.memory)
    case _ where path.count == 2:
      objects.append([(path[1], declaration.field)])
      return .object(objects.count - 1)
    case .number(let read):
      numbers.append(RecordNumber(read: read))
      return .number(numbers.count - 1)
    case .identifier(let read):
      numbers.append(RecordNumber(read: read))
      return .identifier(numbers.count - 1)
    case .word(let words, let read):
      let texts = (UInt8(0)..<64).map { code in Array((words.name(code).map { "\"\($0)\"" } ?? "null").utf8) }
      self.words.append(Words(texts: texts, read: read))
      return .word(self.words.count - 1)
    case .flag(let read):
      flags.append(Flag(read: read))
      return .flag(flags.count - 1)
    case .detailNumber(let read):
      detailNumbers.append(DetailNumber(read: read))
      return .detail(.number(detailNumbers.count - 1))
    case .detail(let read):
      details.append((path[0], read))
      return .detail(.value(details.count - 1))
    default:
      others.append((path[0], declaration.field))
      return .other(others.count - 1)
    }
  }
}

extension FieldAccess {
  /// Whether the value comes from the ``SocketDetail``.
  fileprivate var isOfDetail: Bool {
    switch self {
    case .memory, .metric, .detailNumber, .detail: true
    default: false
    }
  }
}

extension Field {
  /// The name of the member that holds the field in a JSON object.
  var memberName: String {
    let path = description.json?.path ?? description.name
    return path.lastIndex(of: ".").map { String(path[path.index(after: $0)...]) } ?? path
  }
}

/// A reader of a number in a record.
///
/// It is a struct because a closure in an array is wrapped, and its references are counted at each
/// call; all threads that write rows would wait for that one counter.
struct RecordNumber: Sendable {
  let read: @Sendable (SocketRecord) -> UInt64?
}
