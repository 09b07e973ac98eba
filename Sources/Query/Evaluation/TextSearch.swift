internal import SocketModel

/// A text to look for in the shown cells of a socket: as a part of one, or as a pattern that
/// matches a whole one.
///
/// Case does not matter for ASCII letters. For an owner, the name of the process, `name[pid]` and
/// the last part of the program file's path are searched; for its parent, the first two.
struct TextSearch: Sendable, Hashable {
  /// The text in lower case; empty for a pattern.
  let part: [UInt8]
  private let pattern: Glob?
  let fields: [Field]
  /// Whether the text can be in an address with a port, and whether in `[pid]`: most words are in
  /// neither, and to write those takes most of the time.
  private let mayBeInEnd: Bool
  private let mayBeInNumber: Bool
  /// The transports and states whose names contain it, as bits by their raw values.
  private var transports: UInt64 = 0
  private var states: UInt64 = 0

  /// Makes a search from a word of a query.
  init(_ word: QueryWord, in fields: [Field]) {
    let folded = word.folded
    // A bracket alone is the one of `name[pid]`.
    let isPattern = ["*", "?"].contains { folded.firstIndex(of: UInt8(ascii: $0)) != nil }
    part = isPattern ? [] : folded.bytes
    pattern = isPattern ? Glob(bytes: folded.bytes, quoted: folded.quoted) : nil
    self.fields = fields
    let endBytes = Set("0123456789abcdef:.[]*".utf8)
    mayBeInEnd = isPattern || part.allSatisfy(endBytes.contains)
    let numberBytes = Set("0123456789]".utf8)
    mayBeInNumber = isPattern || part.contains(UInt8(ascii: "[")) || part.allSatisfy(numberBytes.contains)
    for transport in Transport.allCases where holds(in: Array(transport.name.utf8)[...]) {
      transports |= 1 << UInt64(transport.rawValue)
    }
    for state in SocketState.allCases where holds(in: Array(state.name.utf8)[...]) {
      states |= 1 << UInt64(state.rawValue)
    }
  }

  /// Whether it can only be the name of a unix socket: a path, or an abstract name.
  var isPath: Bool { part.first == UInt8(ascii: "/") || part.first == UInt8(ascii: "@") }

  /// Whether a cell of the socket in a row contains it.
  func holds(_ snapshot: Snapshot, row: Int) -> Bool {
    fields.contains { holds(snapshot, row: row, $0) }
  }

  /// Whether the cell of a field contains it.
  func holds(_ snapshot: Snapshot, row: Int, _ field: Field) -> Bool {
    if field.isPerOwner {
      for index in snapshot.ownerRange(of: field, at: row) where holds(snapshot, field, owner: snapshot.owners[index]) {
        return true
      }
      return false
    }
    if field == .transport { return transports >> UInt64(snapshot.records[row].transport.rawValue) & 1 != 0 }
    if field == .state { return states >> UInt64(snapshot.records[row].state.rawValue) & 1 != 0 }
    let isEnd = field == .local || field == .peer
    if isEnd, !mayBeInEnd, snapshot.records[row].transport.isInternet, snapshot.records[row].interface == 0 {
      return false
    }
    return holds(in: snapshot.value(of: field, at: row).shown[...])
  }

  private func holds(_ snapshot: Snapshot, _ field: Field, owner: Owner) -> Bool {
    switch field {
    case .owners, .process, .peerOwners, .peerProcess:
      let name = snapshot.name(of: owner)
      if holds(in: name[...]) { return true }
      if mayBeInNumber, field == .owners || field == .peerOwners, let pid = owner.pid,
        holds(in: (name + Array("[\(pid)]".utf8))[...])
      {
        return true
      }
      guard let executable = snapshot.process(of: owner)?.executable else { return false }
      return holds(in: executable[(executable.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...])
    case .parent:
      guard let process = snapshot.process(of: owner), let parent = process.parent, parent > 0 else { return false }
      guard let name = process.parentName else { return holds(in: Array("\(parent)".utf8)[...]) }
      return holds(in: name[...]) || holds(in: (name + Array("[\(parent)]".utf8))[...])
    default: return holds(in: snapshot.value(of: field, owner: owner).shown[...])
    }
  }

  private func holds(in cell: ArraySlice<UInt8>) -> Bool {
    if let pattern { return pattern.matches(Array(cell.map(Self.lowercased))) }
    guard let first = part.first, cell.count >= part.count else { return false }
    var start = cell.startIndex
    while start + part.count <= cell.endIndex {
      if Self.lowercased(cell[start]) == first {
        var offset = 1
        while offset < part.count, Self.lowercased(cell[start + offset]) == part[offset] { offset += 1 }
        if offset == part.count { return true }
      }
      start += 1
    }
    return false
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte + 32 : byte
  }
}

extension FieldValue {
  /// The value as a cell shows it, before it is escaped; empty when it is absent.
  fileprivate var shown: [UInt8] {
    switch self {
    case .absent: []
    case .number(let number): Array(String(number).utf8)
    case .hexadecimal(let number): Array(String(number, radix: 16).utf8)
    case .address(let address): Array(address.description.utf8)
    case .endpoint(let endpoint): Array(endpoint.description.utf8)
    case .word(let word): Array(word.utf8)
    case .bytes(let bytes): bytes
    case .flag(let flag): Array((flag ? "yes" : "no").utf8)
    }
  }
}
