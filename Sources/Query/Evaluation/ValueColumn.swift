internal import SocketModel

/// Numbers the distinct values of a field in some rows.
///
/// Most fields have few distinct values, or are numbers: a value is made and hashed only at its
/// first appearance.
struct ValueColumn {
  private let field: Field
  private let codeReader: FieldNumber
  private let isPerOwner: Bool
  private let hasCodes: Bool
  /// The distinct values, each at its number.
  private(set) var values: [FieldValue] = []
  private var codes = NumberTable()
  private var valueOfCode: [UInt32] = []
  private var numbers: [FieldValue: UInt32] = [:]

  init(_ field: Field) {
    self.field = field
    isPerOwner = field.isPerOwner
    codeReader = FieldNumber(field)
    hasCodes = field.description.access.hasCodes
  }

  /// The number of the value of a socket; for a field with one value per owner, that of the given
  /// owner or otherwise the first.
  mutating func number(_ snapshot: Snapshot, row: Int, owner: Int? = nil) -> UInt32 {
    let owner = isPerOwner ? owner ?? snapshot.ownerRange(of: field, at: row).first : nil
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

  /// A number that identifies the value without making it; `nil` where there is none. The value of
  /// a field about a process is identified by the process.
  private func code(_ snapshot: Snapshot, _ row: Int, _ owner: Int?) -> UInt128? {
    guard let owner else { return hasCodes ? codeReader.of(snapshot, row: row).map { UInt128($0) } : nil }
    guard hasCodes else { return snapshot.owners[owner].processIndex.map { UInt128(truncatingIfNeeded: $0) } }
    return codeReader.of(snapshot, owner: owner).map { UInt128($0) }
  }
}

extension FieldAccess {
  /// Whether the number that is read identifies the value, and no other value has it.
  fileprivate var hasCodes: Bool {
    switch self {
    case .number, .identifier, .hexadecimal, .word, .flag, .named, .port, .memory, .metric, .detailNumber, .attribution,
      .ownerReason, .ownerNumber, .traffic:
      true
    case .ofPeer(let access): access.hasCodes && access.isOfOwner
    case .address, .endpoint, .detail, .cgroup, .workload, .unixName, .scan, .ownerName, .process, .processUser,
      .processStart, .processAge:
      false
    }
  }
}
