package import SocketModel

/// Compiles a `KernelFilter` to the bytecode of `INET_DIAG_REQ_BYTECODE` (`struct inet_diag_bc_op`,
/// `include/uapi/linux/inet_diag.h`; run and audited in `net/ipv4/inet_diag.c`).
///
/// An operation consists of code 0, yes 1, no 2-3 and its operand. All jumps go forward and count
/// from the operation's first byte: `yes`, its own length, when its condition holds, `no`
/// otherwise. A socket passes when the program ends exactly at its length; a jump to 4 bytes after
/// that rejects it.
package enum KernelFilterProgram {
  /// The longest program made, in bytes.
  ///
  /// The attribute could hold four times as much. But the kernel's audit looks for the target of
  /// every jump from the beginning, which takes milliseconds from this length on, and the program
  /// runs for each socket.
  package static let sizeLimit = 16384

  /// Returns the program of a filter; empty for one that lets every socket pass.
  ///
  /// What does not fit into ``sizeLimit`` is left out in such a way that more sockets pass.
  ///
  /// - Parameters:
  ///   - filter: the condition that sockets must meet.
  ///   - allowsMark: whether conditions on the mark are compiled. Without CAP_NET_ADMIN the kernel
  ///     refuses them with EPERM.
  package static func compile(_ filter: KernelFilter, allowsMark: Bool = true) -> [UInt8] {
    let condition = Condition(filter, negated: false, allowsMark: allowsMark, depth: 0).fitting(sizeLimit)
    if case .always = condition { return [] }
    var program: [UInt8] = []
    condition.emit(into: &program, length: condition.size)
    return program
  }

  /// A filter in negation normal form: only comparisons are negated. Any part may then be replaced
  /// by ``always``, and the whole lets more sockets pass, never fewer.
  indirect enum Condition {
    case always
    case never
    case test([UInt8])
    case testNot([UInt8])
    case all([Condition], size: Int)
    case either([Condition], size: Int)

    /// Filters nested deeper than this let everything pass, which bounds the recursion.
    static let depthLimit = 200

    init(_ filter: KernelFilter, negated: Bool, allowsMark: Bool, depth: Int) {
      if depth > Self.depthLimit {
        self = .always
        return
      }
      func inner(_ filters: [KernelFilter]) -> [Condition] {
        filters.map { Condition($0, negated: negated, allowsMark: allowsMark, depth: depth + 1) }
      }
      switch filter {
      case .any: self = negated ? .never : .always
      case .none: self = negated ? .always : .never
      case .not(let filter):
        self.init(filter, negated: !negated, allowsMark: allowsMark, depth: depth + 1)
      case .all(let filters): self = negated ? .anyOf(inner(filters)) : .allOf(inner(filters))
      case .either(let filters): self = negated ? .allOf(inner(filters)) : .anyOf(inner(filters))
      case .localPort(let range): self = .port(range, greater: 2, less: 3, negated: negated)
      case .remotePort(let range): self = .port(range, greater: 4, less: 5, negated: negated)
      case .local(let prefix): self = .leaf(Self.host(7, prefix), negated)
      case .remote(let prefix): self = .leaf(Self.host(8, prefix), negated)
      case .interface(let index): self = .leaf(Self.operation(9, [index]), negated)
      case .autobound: self = .leaf(Self.operation(6, []), negated)
      case .mark(let value, let mask):
        self = allowsMark ? .leaf(Self.operation(10, [value, mask]), negated) : .always
      }
    }

    static func leaf(_ operation: [UInt8], _ negated: Bool) -> Condition {
      negated ? .testNot(operation) : .test(operation)
    }

    /// Both ends of the range, each compared only when it excludes something.
    static func port(_ range: ClosedRange<UInt16>, greater: UInt8, less: UInt8, negated: Bool) -> Condition {
      var tests: [Condition] = []
      if range.lowerBound > 0 { tests.append(leaf(comparison(greater, range.lowerBound), negated)) }
      if range.upperBound < .max { tests.append(leaf(comparison(less, range.upperBound), negated)) }
      return negated ? anyOf(tests) : allOf(tests)
    }

    /// A conjunction without the parts that are always true; never true when one of them is.
    static func allOf(_ conditions: [Condition]) -> Condition {
      var kept: [Condition] = []
      for condition in conditions {
        switch condition {
        case .always: continue
        case .never: return .never
        case .all(let inner, _): kept += inner
        default: kept.append(condition)
        }
      }
      if kept.count == 1 { return kept[0] }
      return kept.isEmpty ? .always : .all(kept, size: kept.reduce(0) { $0 + $1.size })
    }

    /// A disjunction without the parts that are never true; always true when one of them is.
    static func anyOf(_ conditions: [Condition]) -> Condition {
      var kept: [Condition] = []
      for condition in conditions {
        switch condition {
        case .never: continue
        case .always: return .always
        case .either(let inner, _): kept += inner
        default: kept.append(condition)
        }
      }
      if kept.count == 1 { return kept[0] }
      return kept.isEmpty ? .never : .either(kept, size: kept.reduce(0) { $0 + $1.size } + 4 * (kept.count - 1))
    }

    /// The number of bytes that ``emit(into:length:)`` appends.
    var size: Int {
      switch self {
      case .always, .never: 4
      case .test(let operation): operation.count
      case .testNot(let operation): operation.count + 4
      case .all(_, let size), .either(_, let size): size
      }
    }

    /// The condition, or one that lets more pass and fits into a number of bytes.
    func fitting(_ limit: Int) -> Condition {
      if size <= limit { return self }
      guard case .all(let conditions, _) = self else { return .always }
      var kept: [Condition] = []
      var left = limit
      // The small parts first: each of them excludes as much as it can.
      for condition in conditions.sorted(by: { $0.size < $1.size }) where condition.size <= left {
        left -= condition.size
        kept.append(condition)
      }
      return .allOf(kept)
    }

    /// Appends the operations: control falls through at the end when the condition holds, and goes
    /// to `length + 4`, after the whole program, when it does not.
    func emit(into program: inout [UInt8], length: Int) {
      emit(into: &program, otherwise: length + 4)
    }

    /// Appends the operations: control falls through at their end when the condition holds, and
    /// goes to `target` otherwise.
    private func emit(into program: inout [UInt8], otherwise target: Int) {
      switch self {
      case .always: Self.append([0, 4, 0, 0], jump: nil, to: &program)  // INET_DIAG_BC_NOP
      case .never: Self.append([1, 4, 0, 0], jump: target, to: &program)  // INET_DIAG_BC_JMP
      case .test(let operation): Self.append(operation, jump: target, to: &program)
      case .testNot(let operation):
        Self.append(operation, jump: program.count + operation.count + 4, to: &program)
        Self.append([1, 4, 0, 0], jump: target, to: &program)
      case .all(let conditions, _):
        for condition in conditions { condition.emit(into: &program, otherwise: target) }
      case .either(let conditions, let size):
        let end = program.count + size
        for (index, condition) in conditions.enumerated() {
          if index == conditions.count - 1 {
            condition.emit(into: &program, otherwise: target)
          } else {
            condition.emit(into: &program, otherwise: program.count + condition.size + 4)
            Self.append([1, 4, 0, 0], jump: end, to: &program)
          }
        }
      }
    }

    /// Appends an operation with its `no` jump.
    private static func append(_ operation: [UInt8], jump target: Int?, to program: inout [UInt8]) {
      var distance: [UInt8] = []
      distance.appendHost(UInt16(truncatingIfNeeded: target.map { $0 - program.count } ?? 4))
      program += operation[0..<2] + distance + operation[4...]
    }

    /// An operation with 32-bit operands; its jump is filled in later.
    private static func operation(_ code: UInt8, _ operands: [UInt32]) -> [UInt8] {
      var bytes: [UInt8] = [code, UInt8(truncatingIfNeeded: 4 + 4 * operands.count), 0, 0]
      for operand in operands { bytes.appendHost(operand) }
      return bytes
    }

    /// A port comparison: the port is in the `no` of a second operation.
    private static func comparison(_ code: UInt8, _ port: UInt16) -> [UInt8] {
      var bytes: [UInt8] = [code, 8, 0, 0, 0, 0]
      bytes.appendHost(port)
      return bytes
    }

    /// An address comparison with `struct inet_diag_hostcond`: family 0, prefix length 1, padding,
    /// port 4 (-1 for any), address 8 in network order. A condition on IPv4 also holds for
    /// IPv4-mapped addresses of IPv6 sockets.
    private static func host(_ code: UInt8, _ prefix: IPPrefix) -> [UInt8] {
      let width = prefix.address.width
      let family: AddressFamily = prefix.address.isIPv4 ? .ipv4 : .ipv6
      var bytes: [UInt8] = [code, UInt8(truncatingIfNeeded: 12 + width / 8), 0, 0]
      bytes += [family.rawValue, UInt8(truncatingIfNeeded: prefix.length), 0, 0]
      bytes.appendHost(UInt32.max)
      for shift in stride(from: width - 8, through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: prefix.address.bits >> UInt128(shift)))
      }
      return bytes
    }
  }
}
