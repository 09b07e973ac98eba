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
  /// The transports that were asked for by name: when no source has one of them, that is a
  /// `Problem`.
  public var requiredTransports: Set<Transport>
  /// The internet families to list; it does not affect the other transports.
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
  /// The kernel continues `/proc/net/udp` by position from page to page, so that sockets that close
  /// while it is read hide others.
  public var transportsBySockDiag: Set<Transport> = []
  /// The byte order of the tables of a root that is not the running kernel's; `nil` to use the one
  /// of its manifest or, without one, the one that its rows show.
  package var byteOrder: ByteOrder?
  /// What to collect in addition to the sockets themselves.
  public var requiredDetails: RequiredDetails
  /// Which processes the owner walk enters.
  public var processes: ProcessLimits
  /// Whether the workload of a socket is looked for when its owner may not be seen; see
  /// `SocketModel/Snapshot/workload(at:)`. That costs nothing when all owners were found.
  public var replacesOwners = false
  /// Whether a single thread reads the sockets even when there are many: that takes longer, but
  /// less processor time and memory. Nor are namespaces looked for to which only descriptors refer,
  /// unless the owners are looked for.
  public var isFrugal = false
  /// The namespaces to read, of all that there are; `nil` for all.
  package var namespaces: Set<NetworkNamespaceID>?
  /// Whether all namespaces that were read are named, not only those with a socket.
  package var namesAllNamespaces = false
  /// A condition that the kernel may test where the other ends are asked for: it is true of those
  /// too. By default there is none.
  package var peersFilter = KernelFilter.any
  /// Whether the netlink sockets that the dumps are requested over are left out: they no longer
  /// exist when the scan is over.
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
/// All limits must hold. Sockets then show only those owners that were walked.
public struct ProcessLimits: Sendable {
  /// The process ids to walk; `nil` for all.
  public var pids: Set<Int32>?
  /// The effective user ids whose processes to walk; `nil` for all.
  public var users: Set<UInt32>?
  /// Whether a socket that belongs to one of the ``users``, but that none of their processes has
  /// open, is also looked for in all other processes.
  public var findsSocketsOfUsersElsewhere = false
  /// Whether a process with this name (`comm`) and program file is walked; `nil` for all.
  public var admits: (@Sendable (_ name: [UInt8], _ executable: [UInt8]?) -> Bool)?

  /// Whether processes without any of the sockets are reported too, as a search by process needs.
  public var reportsAll = false

  /// Whether to report when a walked process has no socket in the listing because it is in another
  /// network namespace.
  public var reportsNamespaces = false

  /// Whether the sockets of the walked processes that no table lists are added, in
  /// `SocketState/unhashed`. For requests for all sockets of those processes, or in that state.
  public var listsUnlisted = false

  /// Whether a socket that no descriptor of a process refers to is looked for elsewhere: among the
  /// fixed files of io_urings, in the tables of threads that have their own
  /// (`unshare(CLONE_FILES)`), among the sockets that the kernel keeps for itself, and in the queues
  /// of unix sockets (`SCM_RIGHTS`).
  public var findsHiddenOwners = false

  /// Whether the descriptors of each thread are listed besides those of its process, whether or not
  /// the thread shares them. The processes of these owners have a `ProcessInfo.task`.
  package var listsTasks = false

  /// Makes limits that admit every process.
  public init() {}

  /// Whether every process is walked.
  public var isUnlimited: Bool { pids == nil && users == nil && admits == nil }
}
