/// Who has a socket, and how that was found.
///
/// A snapshot may have a hundred thousand of them in one array, 16 bytes each.
public struct Owner: Sendable, Hashable {
  /// Who has a socket.
  public enum Holder: Sendable, Hashable {
    /// A process: its id as seen from the pid namespace of the /proc that was read, and the
    /// descriptor that refers to the socket; `nil` when only the process is known, for example from
    /// an event.
    case process(pid: Int32, descriptor: Int32?)
    /// The kernel itself: it keeps the socket without any process.
    case kernel
    /// The processes of a control group, by its id; which of them is not known.
    case workload(cgroup: UInt64)
  }

  private enum Kind: UInt8 { case process, kernel, workload }

  /// The process id and the descriptor's number, or the two halves of the control group's id.
  private let low: UInt32
  private let high: UInt32
  private let index: Int32
  private let kind: Kind
  /// How it was found; `nil` when unknown.
  public let attribution: Attribution?

  /// Stands in ``high`` for an unknown descriptor: no descriptor is negative.
  private static let noDescriptor = UInt32.max

  /// Makes an owner that is a process.
  /// - Parameters:
  ///   - pid: the process id.
  ///   - descriptor: the descriptor that refers to the socket; `nil` when only the process is
  ///     known.
  ///   - processIndex: the index of the process in ``Snapshot/processes``.
  ///   - attribution: how it was found.
  public init(pid: Int32, descriptor: Int32?, processIndex: Int32, attribution: Attribution? = .descriptor) {
    low = UInt32(bitPattern: pid)
    high = descriptor.map { UInt32(bitPattern: $0) } ?? Self.noDescriptor
    index = processIndex
    kind = .process
    self.attribution = attribution
  }

  private init(_ kind: Kind, bits: UInt64, attribution: Attribution?) {
    low = UInt32(truncatingIfNeeded: bits)
    high = UInt32(truncatingIfNeeded: bits >> 32)
    index = -1
    self.kind = kind
    self.attribution = attribution
  }

  /// The kernel as an owner.
  package static func kernel(_ attribution: Attribution?) -> Owner {
    Owner(.kernel, bits: 0, attribution: attribution)
  }

  /// A control group as an owner.
  package static func workload(cgroup: UInt64, _ attribution: Attribution?) -> Owner {
    Owner(.workload, bits: cgroup, attribution: attribution)
  }

  /// Who has the socket.
  public var holder: Holder {
    switch kind {
    case .process: .process(pid: Int32(bitPattern: low), descriptor: descriptor)
    case .kernel: .kernel
    case .workload: .workload(cgroup: UInt64(high) << 32 | UInt64(low))
    }
  }

  /// The process id; `nil` when the owner is not a process.
  public var pid: Int32? { kind == .process ? Int32(bitPattern: low) : nil }

  /// The descriptor; `nil` when it is not known, or the owner is not a process.
  public var descriptor: Int32? {
    kind == .process && high != Self.noDescriptor ? Int32(bitPattern: high) : nil
  }

  /// The index of the process in ``Snapshot/processes``; `nil` when the owner is not a process.
  public var processIndex: Int32? { kind == .process ? index : nil }
}
