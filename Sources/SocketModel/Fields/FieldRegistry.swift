internal import Synchronization

/// The declarations of fields that lists, queries and outputs know.
///
/// The standard registry has them all. Whatever lists fields or looks their names up takes the
/// registry as a parameter, so that a test can add a field and see it everywhere.
package struct FieldRegistry: Sendable {
  /// Fields that belong together, under one heading in lists.
  package struct Group: Sendable {
    /// The heading.
    package let title: String
    /// The declarations, in the order in which lists show them.
    package var declarations: [FieldDeclaration]

    package init(_ title: String, _ declarations: [FieldDeclaration]) {
      self.title = title
      self.declarations = declarations
    }

    /// The fields of the group.
    package var fields: [Field] { declarations.map(\.field) }
  }

  /// The groups, in the order in which lists show them.
  package let groups: [Group]
  /// Every field, in the order of the groups.
  package let fields: [Field]
  private let byName: [String: Field]

  /// Makes a registry from groups of declarations.
  package init(groups: [Group]) {
    self.groups = groups
    fields = groups.flatMap(\.fields)
    var byName: [String: Field] = [:]
    for declaration in groups.lazy.flatMap(\.declarations) {
      byName[declaration.name] = declaration.field
      for alias in declaration.aliases { byName[alias] = declaration.field }
    }
    self.byName = byName
  }

  /// All fields of the program.
  package static let standard = FieldRegistry(
    groups: Field.standardGroups.dropLast() + [Field.tcpGroup(Field.standardGroups.last, metrics: Field.metrics)])

  /// Finds a field by its name or one of its aliases; case does not matter, and `-` counts as `_`.
  package func field(named name: String) -> Field? {
    byName[name.lowercased().split(separator: "-", omittingEmptySubsequences: false).joined(separator: "_")]
  }

  /// The names of the fields.
  package var names: [String] { groups.flatMap { $0.declarations.map(\.name) } }

  /// The names of the fields followed by the aliases: in a search for the nearest one, names win a
  /// tie.
  package var namesAndAliases: [String] { names + groups.flatMap { $0.declarations.flatMap(\.aliases) } }

  /// The registry with one more field, at the end of a group. Its number must be
  /// ``Field/addedNumbers`` or higher and not be in use for another field; only this registry knows
  /// the field.
  package func adding(_ declaration: FieldDeclaration, to title: String) -> FieldRegistry {
    Field.added.withLock { $0[declaration.field.number] = declaration }
    var groups = groups
    for index in groups.indices where groups[index].title == title { groups[index].declarations.append(declaration) }
    return FieldRegistry(groups: groups)
  }
}

extension Field {
  /// Every field, in the order in which lists show them.
  public static var all: [Field] { FieldRegistry.standard.fields }

  /// Finds a field by its name or one of its aliases; case does not matter, and `-` counts as `_`.
  public init?(name: String) {
    guard let field = FieldRegistry.standard.field(named: name) else { return nil }
    self = field
  }

  /// The declaration of the field.
  public var description: FieldDeclaration {
    if number < Self.metricNumbers { return Self.byNumber[Int(number)] }
    if number < Self.addedNumbers { return Self.metrics[min(Int(number - Self.metricNumbers), Self.metrics.count - 1)] }
    return Self.added.withLock { $0[number] } ?? Self.byNumber[0]
  }

  /// Whether the field has one value for each owner of a socket rather than one for the socket.
  public var isPerOwner: Bool {
    if number < Self.metricNumbers { return Self.readers[Int(number)].kind.isOfOwner }
    return number >= Self.addedNumbers && description.isPerOwner
  }

  /// Whether the value is that of the socket at the other end, or of its owners.
  package var isOfPeer: Bool { number < Self.metricNumbers && Self.readers[Int(number)].isOfPeer }

  /// The words for its numbers in tables and queries.
  package var numberWords: NumberWords? {
    if number < Self.metricNumbers, !Self.readers[Int(number)].hasNumberWords { return nil }
    return description.numberWords
  }

  /// Whether the tables of `/proc/net` show the field for a transport's sockets, as sock_diag does.
  /// Also true of a field that never has a value for these sockets.
  public func isInTables(of transport: Transport) -> Bool { !description.notInTables.contains(transport) }

  /// The groups without the figures of `tcp_info`, which are declared with their metrics: a listing
  /// seldom needs them.
  fileprivate static let standardGroups: [FieldRegistry.Group] = [
    .init("What it is", kindFields), .init("The two ends", endFields), .init("Queues and counters", queueFields),
    .init("Timer", timerFields), .init("Traffic (of watch and top)", trafficFields), .init("Identity", identityFields),
    .init("Owners (one value an owner)", ownerFields),
    .init("The other end's owners", peerFields),
    .init("Workload", workloadFields), .init("Unix sockets", unixFields), .init("Multipath TCP", multipathFields),
    .init("Memory", memoryFields), .init("TCP and IP", optionFields),
  ]

  /// The declarations of the groups, indexed by number.
  static let byNumber: [FieldDeclaration] = {
    let all = standardGroups.flatMap(\.declarations)
    var slots = [FieldDeclaration](repeating: all[0], count: Int(metricNumbers))
    for declaration in all { slots[Int(declaration.field.number)] = declaration }
    return slots
  }()

  /// The declarations of the figures of `tcp_info`, indexed by raw value.
  fileprivate static let metrics: [FieldDeclaration] = TCPMetric.allCases.map { $0.description.fieldDeclaration }

  /// The group of TCP with the figures.
  fileprivate static func tcpGroup(_ group: FieldRegistry.Group?, metrics: [FieldDeclaration]) -> FieldRegistry.Group {
    .init(group?.title ?? "", (group?.declarations ?? []) + metrics)
  }

  /// The declarations that are not in the standard registry.
  fileprivate static let added = Mutex<[UInt8: FieldDeclaration]>([:])
}
