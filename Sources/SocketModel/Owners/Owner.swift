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
  }

  private enum Kind: UInt8 { case process, kernel }

  /// The process id and the descriptor's number, or the kernel's user of the socket and its
  /// interface.
  private let low: UInt32
  private let high: UInt32
  private let index: Int32
  /// The lower bits of a slot or thread id; the others are above the process id in ``low``.
  private let detail: UInt16
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
    // Which slot or thread it is, is not known here.
    let isPacked = attribution == .ioUring || attribution == .thread
    low = isPacked ? Self.packed(pid, Self.mostNumber) : UInt32(bitPattern: pid)
    detail = isPacked ? UInt16(truncatingIfNeeded: Self.mostNumber) : 0
    high = descriptor.map { UInt32(bitPattern: $0) } ?? Self.noDescriptor
    index = processIndex
    kind = .process
    self.attribution = attribution
  }

  /// Makes an owner that has the socket in the fixed files of an io_uring.
  /// - Parameters:
  ///   - pid: the process id.
  ///   - ring: the descriptor of the ring.
  ///   - slot: the index among the ring's fixed files.
  ///   - processIndex: the index of the process in ``Snapshot/processes``.
  package init(pid: Int32, ring: Int32, slot: Int32, processIndex: Int32) {
    self.init(pid: pid, carrier: ring, number: slot, processIndex: processIndex, .ioUring)
  }

  /// Makes an owner of which one thread has the socket in its own table of descriptors.
  /// - Parameters:
  ///   - pid: the process id.
  ///   - thread: the id of the thread.
  ///   - descriptor: the descriptor in the thread's table.
  ///   - processIndex: the index of the process in ``Snapshot/processes``.
  package init(pid: Int32, thread: Int32, descriptor: Int32, processIndex: Int32) {
    self.init(pid: pid, carrier: descriptor, number: thread, processIndex: processIndex, .thread)
  }

  private init(pid: Int32, carrier: Int32, number: Int32, processIndex: Int32, _ attribution: Attribution) {
    // Process ids are below 2^22 (PID_MAX_LIMIT), so 26 bits are left for the number: thread ids
    // have 22, slots 20 (IORING_MAX_FIXED_FILES). What a capture claims beyond that is lost.
    let number = min(UInt32(max(0, number)), Self.mostNumber)
    low = Self.packed(pid, number)
    high = UInt32(bitPattern: carrier)
    index = processIndex
    detail = UInt16(truncatingIfNeeded: number)
    kind = .process
    self.attribution = attribution
  }

  private static let pidBits: UInt32 = 22
  private static let pidMask: UInt32 = (1 << pidBits) - 1
  /// The largest number stands for "not known".
  private static let mostNumber: UInt32 = (1 << 26) - 1

  private static func packed(_ pid: Int32, _ number: UInt32) -> UInt32 {
    (UInt32(bitPattern: pid) & pidMask) | ((number >> 16) << pidBits)
  }

  private init(kernelUser bits: UInt64, attribution: Attribution?) {
    low = UInt32(truncatingIfNeeded: bits)
    high = UInt32(truncatingIfNeeded: bits >> 32)
    index = -1
    detail = 0
    kind = .kernel
    self.attribution = attribution
  }

  /// The kernel as an owner, with what it uses the socket for where that is known.
  package static func kernel(_ attribution: Attribution?, for user: KernelSocketUser? = nil) -> Owner {
    Owner(kernelUser: user?.bits ?? 0, attribution: attribution)
  }

  /// Who has the socket.
  public var holder: Holder {
    switch kind {
    case .process: .process(pid: processID, descriptor: descriptor)
    case .kernel: .kernel
    }
  }

  /// Whether ``low`` holds a part of another number besides the process id.
  private var isPacked: Bool { attribution == .ioUring || attribution == .thread }

  private var processID: Int32 { Int32(bitPattern: isPacked ? low & Self.pidMask : low) }

  private var number: Int32? {
    let number = ((low >> Self.pidBits) << 16) | UInt32(detail)
    return number == Self.mostNumber ? nil : Int32(bitPattern: number)
  }

  /// The process id; `nil` when the owner is not a process.
  public var pid: Int32? { kind == .process ? processID : nil }

  /// The descriptor that refers to the socket; `nil` when it is not known, none does, or the owner
  /// is not a process.
  public var descriptor: Int32? {
    attribution == .ioUring || attribution == .inFlight ? nil : carrier
  }

  /// The descriptor through which the process has the socket: one that refers to the socket itself,
  /// to an io_uring with it, or to a unix socket that it may wait in.
  private var carrier: Int32? {
    kind == .process && high != Self.noDescriptor ? Int32(bitPattern: high) : nil
  }

  /// The io_uring with the socket among its fixed files: its descriptor, and the index of the
  /// socket, where it is known; `nil` for other owners.
  package var ring: (descriptor: Int32, slot: Int32?)? {
    attribution == .ioUring ? carrier.map { ($0, number) } : nil
  }

  /// The thread that alone has the descriptor; `nil` where it is not known, and for other owners.
  package var thread: Int32? { attribution == .thread ? number : nil }

  /// The descriptor of the unix socket in whose queue the socket may wait; `nil` for other owners.
  package var receiver: Int32? { attribution == .inFlight ? carrier : nil }

  /// What the kernel uses the socket for; `nil` where that is not known, or the owner is not the
  /// kernel.
  package var kernelUser: KernelSocketUser? {
    kind == .kernel ? KernelSocketUser(bits: UInt64(high) << 32 | UInt64(low)) : nil
  }

  /// The index of the process in ``Snapshot/processes``; `nil` when the owner is not a process.
  public var processIndex: Int32? { kind == .process ? index : nil }
}

/// A part of the kernel that keeps a socket of its own, with the interface that it does that for.
package struct KernelSocketUser: Sendable, Hashable {
  /// The part of the kernel. The raw values are this program's own.
  package enum Service: UInt32, CaseIterable, Sendable {
    /// A VXLAN interface (`drivers/net/vxlan`).
    case vxlan = 1
    /// A Geneve interface (`drivers/net/geneve.c`).
    case geneve
    /// A Bareudp interface (`drivers/net/bareudp.c`).
    case bareudp
    /// A WireGuard interface (`drivers/net/wireguard`).
    case wireguard
    /// The NFS server (`fs/nfsd`).
    case nfsd

    /// The name used in output: the kind of interface, or the name of the kernel's threads.
    package var name: String {
      switch self {
      case .vxlan: "vxlan"
      case .geneve: "geneve"
      case .bareudp: "bareudp"
      case .wireguard: "wireguard"
      case .nfsd: "nfsd"
      }
    }
  }

  /// The part of the kernel.
  package let service: Service
  /// The index of the interface; 0 for none.
  package let interface: UInt32

  package init(_ service: Service, interface: UInt32 = 0) {
    self.service = service
    self.interface = interface
  }

  fileprivate var bits: UInt64 { UInt64(interface) << 32 | UInt64(service.rawValue) }

  fileprivate init?(bits: UInt64) {
    guard let service = Service(rawValue: UInt32(truncatingIfNeeded: bits)) else { return nil }
    self.init(service, interface: UInt32(truncatingIfNeeded: bits >> 32))
  }
}
