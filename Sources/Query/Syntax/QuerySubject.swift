internal import SocketModel
internal import Text

/// What the left side of a comparison can name: a field, or a shorthand for two.
enum QuerySubject: Hashable, Sendable {
  case field(Field)
  /// `port`: the local or the remote one.
  case eitherPort
  /// `address`: the local or the remote one.
  case eitherAddress
  /// `host`: either end, with address and port.
  case eitherEnd
  /// `autobound`: the local port or name was chosen by the kernel.
  case autobound

  /// Finds a subject by its name; case does not matter, and `-` counts as `_`.
  init?(name: String, of fields: FieldRegistry) {
    switch name.lowercased() {
    case "port": self = .eitherPort
    case "address", "addr", "ip": self = .eitherAddress
    case "host", "endpoint": self = .eitherEnd
    case "autobound": self = .autobound
    default:
      guard let field = fields.field(named: name) else { return nil }
      self = .field(field)
    }
  }

  /// The name that a printed query uses.
  var name: String {
    switch self {
    case .field(let field): field.description.name
    case .eitherPort: "port"
    case .eitherAddress: "address"
    case .eitherEnd: "host"
    case .autobound: "autobound"
    }
  }

  /// Whether it is a condition by itself, without anything to compare it with.
  var isCondition: Bool {
    switch self {
    case .autobound: true
    case .field(let field): field.description.type == .flag
    default: false
    }
  }

  /// The name or word of the language that is nearest to a misspelt one; `nil` when none is near.
  static func nearest(to word: String, of fields: FieldRegistry) -> String? {
    NearestWord.nearest(to: word, among: names(of: fields))
  }

  /// Whether a word is a misspelt name or word of the language, or the beginning of one, as while a
  /// query is being typed.
  static func isNearlyOne(_ word: String, of fields: FieldRegistry) -> Bool {
    let folded = word.lowercased()
    return nearest(to: word, of: fields) != nil || names(of: fields).contains { $0.hasPrefix(folded) }
  }

  /// Every name that can begin a condition, for suggestions: fields before their aliases, so that a
  /// field wins a tie.
  static func names(of fields: FieldRegistry) -> [String] {
    fields.names + ["port", "address", "host", "autobound", "state", "exclude", "not", "and", "or"]
      + fields.groups.flatMap { $0.declarations.flatMap(\.aliases) }
  }
}
