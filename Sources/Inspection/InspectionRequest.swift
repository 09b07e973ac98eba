package import KernelFormats
public import SocketModel

/// What to read from the kernel or a captured tree.
public struct InspectionRequest: Sendable {
  /// Where sockets are read from.
  public enum Source: String, CaseIterable, Sendable {
    /// sock_diag where the kernel has it for a transport, /proc where it does not.
    case auto
    /// sock_diag only.
    case diag
    /// The /proc tables only.
    case proc
  }

  /// The transports to list.
  public var transports: Set<Transport>
  /// Those of the transports that were asked for by name: when no source has one, that is a
  /// `Problem`.
  public var requiredTransports: Set<Transport>
  /// The internet families to list; the other transports do not look at it.
  public var families: Set<AddressFamily>
  /// The states to list. A state that a source cannot filter by is filtered afterwards.
  public var states: SocketStateSet
  /// A condition that the kernel may test to make the dump smaller; see `KernelFilter`.
  public var filter: KernelFilter
  /// Where to read from.
  public var source: Source
  /// Transports that are requested from sock_diag even when the source is ``Source/proc``, where
  /// the running kernel has it for them.
  ///
  /// `/proc/net/udp` is continued by position from page to page, so that sockets that close while
  /// it is read hide others behind them.
  public var transportsBySockDiag: Set<Transport> = []
  /// The order of bytes of the tables of a root that is not the running kernel's; `nil` to go by
  /// its manifest or, without one, its rows.
  package var byteOrder: ByteOrder?
  /// What to collect besides the sockets themselves.
  public var requiredDetails: RequiredDetails
  /// Which processes the owner walk enters.
  public var processes: ProcessLimits
  /// Whether many sockets are read by one thread: that takes longer, and less processor time and
  /// memory.
  public var isFrugal = false
  /// Whether the netlink sockets that the dumps are requested over are left out: they are gone when
  /// the scan is over.
  public var omitsItsOwn = false

  /// Asks for all TCP and UDP sockets in every state, with their owners.
  public init() {
    transports = [.tcp, .udp]
    requiredTransports = []
    families = [.ipv4, .ipv6]
    states = .all
    filter = .any
    source = .auto
    requiredDetails = .owners
    processes = ProcessLimits()
  }
}

/// Limits the owner walk to some processes, so that the descriptors of the others need not be read.
///
/// All limits must hold. Sockets then show only those of their owners that were walked.
public struct ProcessLimits: Sendable {
  /// The process ids to walk; `nil` for all.
  public var pids: Set<Int32>?
  /// The effective user ids whose processes to walk; `nil` for all.
  public var users: Set<UInt32>?
  /// Whether a socket that belongs to one of the ``users``, and that none of their processes has
  /// open, is looked for in all others too.
  public var findsSocketsOfUsersElsewhere = false
  /// Whether a process with this name (`comm`) and program file is walked; `nil` for all.
  public var admits: (@Sendable (_ name: [UInt8], _ executable: [UInt8]?) -> Bool)?

  /// Whether the processes without any of the sockets are reported too, which a search by process
  /// needs.
  public var tellsAll = false

  /// Whether to report why a walked process has no socket in the listing: it is in another network
  /// namespace.
  public var tellsNamespaces = false

  /// Whether the sockets of the walked processes that are in no table of the network namespace are
  /// counted, by protocol. For requests that ask for all sockets of those processes.
  public var countsUnlisted = false

  /// Whether a socket that nobody has open is looked for among threads that have a table of
  /// descriptors of their own (`unshare(CLONE_FILES)`).
  public var searchesThreads = false

  /// Limits nothing.
  public init() {}

  /// Whether every process is walked.
  public var isUnlimited: Bool { pids == nil && users == nil && admits == nil }
}
