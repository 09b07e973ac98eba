internal import SocketModel

/// Two fields that are compared with each other: `accept_queue >= accept_limit`.
///
/// It is true when both fields have a value and the values compare as required. When a field has
/// one value per owner, it is true when it is for any single owner.
struct FieldPair: Sendable, Hashable {
  let left: Field
  let comparison: Comparison
  let right: Field
  private let leftNumber: FieldNumber
  private let rightNumber: FieldNumber
  private let leftScale: UInt64
  private let rightScale: UInt64

  /// Makes a pair; readers and scales are kept, since they are needed for every socket.
  init(_ left: Field, _ comparison: Comparison, _ right: Field) {
    self.left = left
    self.comparison = comparison
    self.right = right
    leftNumber = FieldNumber(left)
    rightNumber = FieldNumber(right)
    leftScale = left.measure?.scale ?? 1
    rightScale = right.measure?.scale ?? 1
  }

  /// Whether the fields hold the same kind of number, so that a comparison makes sense.
  static func areComparable(_ left: Field, _ right: Field) -> Bool {
    guard let kind = left.measure else { return false }
    return kind.name == right.measure?.name
  }

  var fields: [Field] { [left, right] }

  /// Whether the socket in a row passes.
  func holds(_ snapshot: Snapshot, row: Int) -> Bool {
    guard leftNumber.isPerOwner || rightNumber.isPerOwner else {
      return holds(leftNumber.of(snapshot, row: row), rightNumber.of(snapshot, row: row))
    }
    if leftNumber.isPerOwner, rightNumber.isPerOwner, leftNumber.isOfPeer != rightNumber.isOfPeer {
      return holdsAcross(snapshot, row: row)
    }
    let owners = leftNumber.isPerOwner ? leftNumber : rightNumber
    for index in owners.ownerRange(snapshot, row: row) {
      func number(_ field: FieldNumber) -> UInt64? {
        field.isPerOwner ? field.of(snapshot, owner: index) : field.of(snapshot, row: row)
      }
      if holds(number(leftNumber), number(rightNumber)) { return true }
    }
    return false
  }

  /// Whether it is true of any owner together with any of the other end: `pid = peer_pid`.
  private func holdsAcross(_ snapshot: Snapshot, row: Int) -> Bool {
    for left in leftNumber.ownerRange(snapshot, row: row) {
      let number = leftNumber.of(snapshot, owner: left)
      for right in rightNumber.ownerRange(snapshot, row: row)
      where holds(number, rightNumber.of(snapshot, owner: right)) {
        return true
      }
    }
    return false
  }

  private func holds(_ first: UInt64?, _ second: UInt64?) -> Bool {
    guard let first, let second else { return false }
    // Products of two 64-bit numbers, so that no value is too large for its unit.
    let left = first.multipliedFullWidth(by: leftScale)
    let right = second.multipliedFullWidth(by: rightScale)
    let isLess = (left.high, left.low) < (right.high, right.low)
    let isEqual = (left.high, left.low) == (right.high, right.low)
    return switch comparison {
    case .equal: isEqual
    case .notEqual: !isEqual
    case .less: isLess
    case .lessOrEqual: isLess || isEqual
    case .greater: !isLess && !isEqual
    case .greaterOrEqual: !isLess
    }
  }
}

extension Field {
  /// What a numeric field counts or measures, and its unit as a multiple of the smallest unit of
  /// that kind.
  fileprivate var measure: (name: String, scale: UInt64)? {
    let description = description
    switch description.type {
    case .port: return ("a port", 1)
    case .number:
      switch description.unit {
      case nil: return ("a plain number", 1)
      case "us": return ("a length of time", 1)
      case "ms": return ("a length of time", 1000)
      // The one field in seconds, `process_start`, is a point in time.
      case "s": return ("a point in time", 1)
      case "bytes/s": return ("a rate", 1)
      case let unit?: return ("a number of \(unit)", 1)
      }
    default: return nil
    }
  }

  /// What the field holds, in the words of an error: `a number of bytes`.
  var kindInWords: String {
    if let measure { return measure.name }
    return switch description.type {
    case .address: "an address"
    case .endpoint: "an address with a port"
    case .state: "a state"
    case .user: "a user"
    case .flag: "yes or no"
    default: "text"
    }
  }
}
