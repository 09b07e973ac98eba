/// A ``FieldAccess`` laid out for loops over many rows: the kind is a plain number, and a reader is
/// fetched without copying the others or counting references.
struct FieldReader: Sendable {
  /// How the value is read. Fields without a reader of their kind all take the same path.
  enum Kind: UInt8, Sendable {
    case number, hexadecimal, word, flag, user, interface, localPort, peerPort, localAddress, peerAddress, local, peer
    case memory, detailNumber, detail, cgroup, workload, unixName, attribution, ownerReason, scan, traffic
    case ownerNumber, ownerName, process, processUser, processStart, processAge

    /// Whether there is one value per owner.
    var isOfOwner: Bool { rawValue >= Kind.ownerNumber.rawValue }
  }

  private(set) var kind: Kind = .number
  private(set) var number: @Sendable (SocketRecord) -> UInt64? = { _ in nil }
  private(set) var code: @Sendable (SocketRecord) -> UInt8? = { _ in nil }
  private(set) var flag: @Sendable (SocketRecord) -> Bool? = { _ in nil }
  private(set) var id: @Sendable (SocketRecord) -> UInt32? = { _ in nil }
  private(set) var memory: @Sendable (SocketMemory) -> UInt32? = { _ in nil }
  private(set) var detailNumber: @Sendable (SocketDetail) -> UInt64? = { _ in nil }
  private(set) var detail: @Sendable (SocketDetail) -> FieldValue = { _ in .absent }
  private(set) var scan: @Sendable (SnapshotMeta) -> FieldValue = { _ in .absent }
  private(set) var ownerNumber: @Sendable (Owner) -> UInt64? = { _ in nil }
  private(set) var process: @Sendable (ProcessInfo) -> FieldValue = { _ in .absent }
  private(set) var part = WorkloadPart.text
  private(set) var traffic: @Sendable (SocketTraffic) -> UInt64? = { _ in nil }
  /// Whether the value is that of the socket at the other end.
  private(set) var isOfPeer = false
  /// Whether there are words for its numbers.
  fileprivate(set) var hasNumberWords = false
  /// The words at their codes.
  private var words: [FieldValue] = []

  /// Lays out an access. Figures of `tcp_info` have no reader and no value here.
  init(_ access: FieldAccess) {
    switch access {
    case .number(let read), .identifier(let read): number = read
    case .hexadecimal(let read): (kind, number) = (.hexadecimal, read)
    case .word(let words, let read): (kind, code, self.words) = (.word, read, Self.values(words))
    case .flag(let read): (kind, flag) = (.flag, read)
    case .named(.users, let read): (kind, id) = (.user, read)
    case .named(.interfaces, let read): (kind, id) = (.interface, read)
    case .port(.local): kind = .localPort
    case .port(.peer): kind = .peerPort
    case .address(.local): kind = .localAddress
    case .address(.peer): kind = .peerAddress
    case .endpoint(.local): kind = .local
    case .endpoint(.peer): kind = .peer
    case .memory(let read): (kind, memory) = (.memory, read)
    case .metric: break
    case .detailNumber(let read): (kind, detailNumber) = (.detailNumber, read)
    case .detail(let read): (kind, detail) = (.detail, read)
    case .cgroup: kind = .cgroup
    case .workload(let part): (kind, self.part) = (.workload, part)
    case .unixName: kind = .unixName
    case .attribution(let words): (kind, self.words) = (.attribution, Self.values(words))
    case .ownerReason(let words): (kind, self.words) = (.ownerReason, Self.values(words))
    case .traffic(let read): (kind, traffic) = (.traffic, read)
    case .scan(let read): (kind, scan) = (.scan, read)
    case .ownerNumber(let read): (kind, ownerNumber) = (.ownerNumber, read)
    case .process(let read): (kind, process) = (.process, read)
    case .ownerName: kind = .ownerName
    case .processUser: kind = .processUser
    case .processStart: kind = .processStart
    case .processAge: kind = .processAge
    case .ofPeer(let access):
      self = FieldReader(access)
      isOfPeer = true
    }
  }

  private static func values(_ words: FieldWords) -> [FieldValue] {
    let count = (words.spellings().map(\.code).max() ?? 0) + 1
    return (0..<count).map { code in words.name(code).map { .word($0) } ?? .absent }
  }

  /// The word with a code, or nothing.
  @inline(__always)
  func word(_ code: UInt8?) -> FieldValue {
    guard let code, Int(code) < words.count else { return .absent }
    return words[Int(code)]
  }
}

extension Field {
  /// The readers of the fields below ``metricNumbers``, indexed by number.
  static let readers: [FieldReader] = byNumber.map { declaration in
    var reader = FieldReader(declaration.access)
    reader.hasNumberWords = declaration.numberWords != nil
    return reader
  }
}
