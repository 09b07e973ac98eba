internal import SocketModel

/// The values that a field has in some rows, each distinct one with a number.
///
/// Most fields have few distinct values, or are numbers: a value is only made, and hashed, when it is met first.
struct ValueColumn {
  private let field: Field
  /// The distinct values, each at its number.
  private(set) var values: [FieldValue] = []
  private var codes = NumberTable()
  private var valueOfCode: [UInt32] = []
  private var numbers: [FieldValue: UInt32] = [:]

  init(_ field: Field) { self.field = field }

  /// The number of the value of a socket; of a field with a value for each owner, that of one owner or else the first.
  mutating func number(_ snapshot: Snapshot, row: Int, owner: Int? = nil) -> UInt32 {
    let owner = field.isPerOwner ? owner ?? snapshot.ownerRange(at: row).first : nil
    guard let code = code(snapshot, row, owner) else { return number(value(snapshot, row, owner)) }
    let (index, isNew) = codes.insert(code)
    if isNew { valueOfCode.append(number(value(snapshot, row, owner))) }
    return valueOfCode[index]
  }

  private func value(_ snapshot: Snapshot, _ row: Int, _ owner: Int?) -> FieldValue {
    owner.map { snapshot.value(of: field, owner: snapshot.owners[$0]) } ?? snapshot.value(of: field, at: row)
  }

  private mutating func number(_ value: FieldValue) -> UInt32 {
    if let known = numbers[value] { return known }
    let number = UInt32(values.count)
    numbers[value] = number
    values.append(value)
    return number
  }

  /// A number that identifies the value, without making the value; `nil` where there is none.
  private func code(_ snapshot: Snapshot, _ row: Int, _ owner: Int?) -> UInt128? {
    if let owner {
      switch field {
      case .pid: return snapshot.owners[owner].pid.map { UInt128(truncatingIfNeeded: $0) }
      case .descriptor: return snapshot.owners[owner].descriptor.map { UInt128(truncatingIfNeeded: $0) }
      default: return snapshot.owners[owner].processIndex.map { UInt128(truncatingIfNeeded: $0) }
      }
    }
    switch field {
    case .state: return UInt128(snapshot.records[row].state.rawValue)
    case .transport: return UInt128(snapshot.records[row].transport.rawValue)
    case .family: return UInt128(snapshot.records[row].family.rawValue)
    case .socketType, .timer, .local, .peer, .localAddress, .peerAddress, .path, .congestion, .cgroup, .shutdown,
      .attribution, .ipv6Only:
      return nil
    case _ where field.isPerOwner: return nil
    default: return snapshot.number(of: field, at: row).map { UInt128($0) }
    }
  }
}
