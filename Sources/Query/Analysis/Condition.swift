internal import SocketModel

/// A query after the type check: the condition on a socket, with every name resolved to numbers
/// where possible.
///
/// A leaf is false for a socket whose value is absent, so its negation is true for it.
indirect enum Condition: Sendable, Hashable {
  case always
  case never
  case all([Condition])
  case either([Condition])
  case not(Condition)
  case leaf(Leaf)

  /// One of the two ends of a socket.
  typealias End = SocketEnd

  /// A single test.
  enum Leaf: Sendable, Hashable {
    case states(SocketStateSet)
    case transports(Set<Transport>)
    case families(Set<AddressFamily>)
    /// One of the words of a field, by their codes.
    case words(Field, CodeSet)
    case port(End, RangeSet)
    case address(End, IPPrefix)
    case number(Field, RangeSet)
    case fields(FieldPair)
    case mark(value: UInt32, mask: UInt32)
    case flag(Field, Bool)
    /// Text of a process, user or file system.
    case text(Field, Glob)
    /// A user by id: of the socket, or of an owner.
    case user(Field, RangeSet)
    case process(ProcessPattern)
    case peerProcess(ProcessPattern)
    /// A text is in one of several fields.
    case contains(TextSearch)
    /// The field has a value.
    case present(Field)
    case autobound(ClosedRange<UInt16>)
  }
}

extension Condition {
  /// All of the conditions, without those that make no difference.
  package static func joined(_ conditions: [Condition]) -> Condition {
    var parts: [Condition] = []
    for condition in conditions {
      switch condition {
      case .always: continue
      case .never: return .never
      case .all(let inner): parts += inner
      default: parts.append(condition)
      }
    }
    return parts.isEmpty ? .always : parts.count == 1 ? parts[0] : .all(parts)
  }

  /// At least one of the conditions, without those that make no difference.
  static func oneOf(_ conditions: [Condition]) -> Condition {
    var parts: [Condition] = []
    for condition in conditions {
      switch condition {
      case .never: continue
      case .always: return .always
      case .either(let inner): parts += inner
      default: parts.append(condition)
      }
    }
    return parts.isEmpty ? .never : parts.count == 1 ? parts[0] : .either(parts)
  }

  /// The opposite of a condition.
  package static func negated(_ condition: Condition) -> Condition {
    switch condition {
    case .always: .never
    case .never: .always
    case .not(let inner): inner
    default: .not(condition)
    }
  }

  /// All tests, in order.
  package var leaves: [Leaf] {
    switch self {
    case .always, .never: []
    case .leaf(let leaf): [leaf]
    case .not(let inner): inner.leaves
    case .all(let parts), .either(let parts): parts.flatMap(\.leaves)
    }
  }

  /// The condition in which every unknown leaf is replaced by what lets more sockets pass.
  func assumingBest(isNegated: Bool = false, _ isUnknown: (Leaf) -> Bool) -> Condition {
    switch self {
    case .always, .never: self
    case .leaf(let leaf): isUnknown(leaf) ? (isNegated ? .never : .always) : self
    case .not(let inner): .negated(inner.assumingBest(isNegated: !isNegated, isUnknown))
    case .all(let parts): .joined(parts.map { $0.assumingBest(isNegated: isNegated, isUnknown) })
    case .either(let parts): .oneOf(parts.map { $0.assumingBest(isNegated: isNegated, isUnknown) })
    }
  }
}

extension Condition.Leaf {
  /// The fields that are tested.
  package var fields: [Field] {
    switch self {
    case .fields(let pair): pair.fields
    case .contains(let search): search.fields
    default: [field]
    }
  }

  private var field: Field {
    switch self {
    case .fields(let pair): pair.left
    case .states: .state
    case .transports: .transport
    case .families: .family
    case .port(.local, _), .autobound: .localPort
    case .port(.peer, _): .peerPort
    case .address(.local, _): .localAddress
    case .address(.peer, _): .peerAddress
    case .number(let field, _), .text(let field, _), .user(let field, _), .present(let field), .words(let field, _),
      .flag(let field, _):
      field
    case .mark: .mark
    case .process: .process
    case .peerProcess: .peerProcess
    case .contains(let search): search.fields.first ?? .local
    }
  }

  /// What must be collected to test it.
  package var requiredDetails: RequiredDetails {
    switch self {
    // Numbers are enough: names were looked up when the query was read.
    case .number, .user, .present, .fields:
      fields.reduce(into: RequiredDetails()) { $0.formUnion($1.description.requiredDetails) }
        .subtracting([.userNames, .interfaceNames, .cgroupPaths, .namespaceNames])
    // The pattern is also compared with the program file: otherwise the same query would have
    // another result in a table than in JSON, which collects the file anyway.
    case .process: [.owners, .executables]
    case .peerProcess: [.owners, .executables, .peers]
    case .contains(let search):
      search.fields.reduce(into: [.owners, .executables]) { $0.formUnion($1.description.requiredDetails) }
    case .autobound: .autobound
    default: field.description.requiredDetails
    }
  }

  /// What is known only once all sockets were read.
  private static let laterDetails: RequiredDetails = [
    .owners, .userNames, .interfaceNames, .cgroupPaths, .workloads, .namespaceNames, .autobound,
  ]

  /// Whether the result depends on owners, on names that are looked up only for sockets that were
  /// found, or on a second request to the kernel.
  var isUnknownBeforeOwners: Bool {
    !requiredDetails.isDisjoint(with: Self.laterDetails)
  }
}

/// Some of the words of a field, one bit for each code.
struct CodeSet: Sendable, Hashable {
  private let bits: UInt64

  /// Makes the set of words with some codes, all of which are below 64.
  init(_ codes: some Sequence<UInt8>) { bits = codes.reduce(0) { $0 | 1 << UInt64($1) } }

  /// Whether the word with a code is among them.
  func contains(_ code: UInt64) -> Bool { code < 64 && bits >> code & 1 != 0 }
}
