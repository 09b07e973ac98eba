/// What one scan of the kernel or of a captured tree found: sockets, their owners, and what could
/// not be read.
///
/// The tables are parallel arrays and index tables rather than objects, so that a million sockets
/// fit in memory. Ask for a field of a row with ``value(of:at:)``.
public struct Snapshot: Sendable {
  /// Where and when it was taken.
  public var meta: SnapshotMeta
  /// The sockets, in the kernel's order until sorted.
  public var records: [SocketRecord] = []
  /// The details that ``SocketRecord/detailIndex`` points at.
  public var details: [SocketDetail] = []
  /// The unix names that ``SocketRecord/nameIndex`` points at.
  public var names: UnixNames = UnixNames()
  /// All owners, those of one record side by side; see ``owners(at:)``.
  public var owners: [Owner] = []
  /// The flags of each of the ``owners``' descriptors, as `open(2)` takes them; ``unknownFlags``
  /// where they could not be read. Empty unless asked for.
  public var descriptorFlags: [UInt32] = []
  /// Where each record's owners begin in ``owners``, with one entry more than records; empty when
  /// owners were not looked for.
  public var ownerStarts: [UInt32] = []
  /// The sockets at the other ends, where they were asked for.
  package var peers = PeerRows()
  /// How many of the last ``records`` were not asked for: they are there as the peers of others.
  package var peerOnlyRows = 0
  /// The clients in accept queues of unix listeners, where peers were asked for.
  package var waitingClients: [WaitingClient] = []
  /// The processes that ``Owner/processIndex`` points at.
  public var processes: [ProcessInfo] = []
  /// Whether the walk for owners found a descriptor of any socket, even one that is not listed
  /// here.
  public var foundOwnedSocket: Bool = false
  /// Whether the walk for owners was limited to some processes, and none of them exists.
  public var foundNoProcess: Bool = false
  /// How many processes did not let the walk for owners into their folders of descriptors (EACCES).
  public var lockedProcesses: Int = 0
  /// What the walk for owners could not see, for ``ownerReason(at:)``.
  package var ownerSearchLimits = OwnerSearchLimits()
  /// The tables and dumps that were read to their end: the families of each transport. About the
  /// sockets of others nothing is known, not even that there are none.
  public var lookedAt: [Transport: Set<AddressFamily>] = [:]
  /// The transports with sockets from `/proc/net` or a copy of it, which shows less of them than
  /// sock_diag.
  public var fromTables: Set<Transport> = []
  /// The transports with a socket that may match or not: its source lacks a field that was asked
  /// for.
  public var undecided: Set<Transport> = []
  /// Whether sock_diag reported the details of a socket, even of one that was dropped.
  public var detailsWereReported: Bool = false
  /// Whether a mark was among them: the kernel reports the marks of all sockets or, without the
  /// privilege, of none.
  public var marksWereReported: Bool = false
  /// What could not be read or parsed.
  public var problems: [Problem] = []
  /// The names of the user ids that occur, where they are known and were asked for.
  public var userNames: [UInt32: String] = [:]
  /// The names of the interface indexes that occur, where they are known and were asked for. They
  /// are those of the namespace of ``meta``; see `interfaceName(of:)`.
  public var interfaceNames: [UInt32: [UInt8]] = [:]
  /// The same in other namespaces, which count their interfaces separately.
  package var interfaceNamesElsewhere: [InterfaceElsewhere: [UInt8]] = [:]
  /// The network namespaces that were read, or that a socket is in, where they were asked for.
  package var namespaces: [ListedNamespace] = []
  /// Which namespaces were read, where all of them were asked for.
  package var namespaceReach = NamespaceReach()
  /// The paths of the cgroup ids that occur, where they are known and were asked for.
  public var cgroupPaths: [UInt64: [UInt8]] = [:]
  /// What the cgroups with the ids that occur stand for, where that is known and was looked for; see
  /// ``workload(at:)``.
  public var workloads: [UInt64: Workload] = [:]
  /// Whether the workloads of all sockets were asked for, rather than those of the sockets whose
  /// owners may not be seen.
  public var hasAllWorkloads: Bool = false
  /// Whether processes were not read, so that a socket without a known owner may have one.
  package var hidesOwners: Bool = false
  /// The kernel's counters of its protocols, where they were asked for.
  package var counters: [CounterGroup] = []

  /// The counters of TCP sockets, in the order of the dumps, where they were asked for.
  package var byteCounters: [SocketByteCounters] = []
  /// What the sockets of the first rows have sent and received, where the rows are tracked sockets
  /// and some of them have that; the others have none.
  package var traffic: [SocketTraffic?] = []

  /// Makes a snapshot without sockets.
  public init(meta: SnapshotMeta) { self.meta = meta }

  /// Adds sockets that were read separately, with the details and names that their indexes point
  /// at. An empty snapshot takes them over without a copy.
  public mutating func append(
    records new: consuming [SocketRecord], details newDetails: consuming [SocketDetail],
    names newNames: consuming UnixNames
  ) {
    if records.isEmpty, details.isEmpty, names.count == 0 {
      records = new
      details = newDetails
      names = newNames
      return
    }
    let firstDetail = UInt32(truncatingIfNeeded: details.count)
    let firstName = UInt32(truncatingIfNeeded: names.count)
    let firstRow = records.count
    let pointsNowhere = newDetails.isEmpty && newNames.count == 0
    records += new
    details += newDetails
    for index in 0..<newNames.count { _ = names.append(newNames[index].bytes.span) }
    guard !pointsNowhere else { return }
    for row in firstRow..<records.count {
      if records[row].detailIndex != SocketRecord.noIndex { records[row].detailIndex &+= firstDetail }
      if records[row].nameIndex != SocketRecord.noIndex { records[row].nameIndex &+= firstName }
    }
  }

  /// Drops the sockets and everything that belongs to single ones; what is known about the whole
  /// stays.
  public mutating func dropRows() {
    records = []
    details = []
    names = UnixNames()
    owners = []
    descriptorFlags = []
    ownerStarts = []
    peers = PeerRows()
    peerOnlyRows = 0
    waitingClients = []
    byteCounters = []
    traffic = []
  }

  /// The value in ``descriptorFlags`` for flags that could not be read.
  public static let unknownFlags = UInt32.max

  /// Whether the owners of the sockets were looked for.
  public var hasOwners: Bool { !ownerStarts.isEmpty }

  /// The indexes of a record's owners in ``owners``: ordered by pid, then descriptor. Empty when
  /// none was found or looked for.
  public func ownerRange(at row: Int) -> Range<Int> {
    row + 1 < ownerStarts.count ? Int(ownerStarts[row])..<Int(ownerStarts[row + 1]) : 0..<0
  }

  /// The owners of a record, ordered by pid, then descriptor.
  public func owners(at row: Int) -> ArraySlice<Owner> { owners[ownerRange(at: row)] }

  /// Whether no owner is known for a socket that a process can hold and that is not the kernel's.
  public func lacksOwner(at row: Int) -> Bool {
    ownerRange(at: row).isEmpty && records[row].canHaveOwner && !records[row].isKernelNetlink
  }

  /// How the owners of a record were found; `nil` when there are none.
  public func attribution(at row: Int) -> Attribution? {
    let range = ownerRange(at: row)
    return range.isEmpty ? nil : owners[range.lowerBound].attribution
  }

  /// The process of an owner; `nil` when the owner is not a process.
  public func process(of owner: Owner) -> ProcessInfo? { owner.processIndex.map { processes[Int($0)] } }

  /// The name of an owner: the process's, in full where that is known, or `kernel` with what it uses
  /// the socket for where that is known (`kernel vxlan vx0`).
  public func name(of owner: Owner) -> [UInt8] {
    if let index = owner.processIndex { return processes[Int(index)].shownName }
    guard let user = owner.kernelUser else { return Array("kernel".utf8) }
    let name = Array("kernel \(user.service.name)".utf8)
    guard user.interface != 0 else { return name }
    return name + [UInt8(ascii: " ")] + (interfaceNames[user.interface] ?? Array("\(user.interface)".utf8))
  }

  /// The record's detail; `nil` when none was asked for or reported.
  public func detail(at row: Int) -> SocketDetail? {
    let index = records[row].detailIndex
    return index == SocketRecord.noIndex ? nil : details[Int(index)]
  }

  /// The unix socket's name; `nil` for an unnamed or other socket.
  public func name(at row: Int) -> UnixName? {
    let index = records[row].nameIndex
    return index == SocketRecord.noIndex ? nil : names[Int(index)]
  }
}

extension SnapshotMeta {
  /// Whether the kernel is of a version or a newer one; `nil` when that is not known.
  package func isKernel(atLeast major: Int, _ minor: Int) -> Bool? {
    let numbers = (kernelRelease ?? "").split { !("0"..."9").contains($0) }.prefix(2).compactMap { Int($0) }
    return numbers.count == 2 ? (numbers[0], numbers[1]) >= (major, minor) : nil
  }
}

/// Where and when a snapshot was taken.
public struct SnapshotMeta: Sendable, Hashable {
  /// Seconds and nanoseconds since 1970-01-01 00:00 UTC when the scan began; `nil` when a tree does
  /// not record it.
  public var time: Timestamp?
  /// The machine's host name; `nil` when unknown.
  public var hostName: String?
  /// The kernel's release, such as `6.12.0`; `nil` when unknown.
  public var kernelRelease: String?
  /// Which sources the sockets came from, in words: `sock_diag`, `proc`, or `sock_diag+proc`.
  public var source: String
  /// The inode number of the network namespace that was read; `nil` when unknown.
  package var netns: NetworkNamespaceID?
  /// Clock ticks per second (`USER_HZ`), the unit of /proc times: 100 nearly everywhere.
  public var ticksPerSecond: Int
  /// When the machine booted, in seconds since 1970 (`btime` of `/proc/stat`); `nil` when unknown.
  public var bootTime: UInt64?
  /// The folder that was read instead of the live kernel; `nil` for the live kernel.
  public var root: String?
  /// The byte order in which addresses of tables were read, `little` or `big`; `nil` when no table
  /// was read.
  public var byteOrder: String?
  /// How the byte order is known: `kernel`, `option`, `manifest`, `rows` or `assumed`.
  public var byteOrderSource: String?
  /// Full sentences on how to interpret the scan, such as what was assumed. None of them reports
  /// that something is missing.
  public var notes: [String] = []

  /// Makes the description of a scan of which only the source is known.
  public init(source: String) {
    self.source = source
    ticksPerSecond = 100
  }
}

/// A moment: seconds and nanoseconds since 1970-01-01 00:00 UTC.
public struct Timestamp: Sendable, Hashable {
  /// Whole seconds.
  public var seconds: Int64
  /// Nanoseconds within the second, 0-999,999,999.
  public var nanoseconds: Int32

  /// Makes a moment from seconds and nanoseconds.
  public init(seconds: Int64, nanoseconds: Int32) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  /// Whole microseconds from this moment to a later one; 0 when that is earlier, or when the
  /// distance is too large to be real: a capture may claim any time.
  public func microseconds(until end: Timestamp) -> UInt64 {
    let seconds = end.seconds.subtractingReportingOverflow(self.seconds)
    guard !seconds.overflow, seconds.partialValue.magnitude < 1 << 40 else { return 0 }
    // One second more, so that the dividend is positive.
    let rest = (1_000_000_000 + Int64(end.nanoseconds) - Int64(nanoseconds)) / 1000 - 1_000_000
    return UInt64(max(0, seconds.partialValue * 1_000_000 + rest))
  }

  /// Whole milliseconds from this moment to a later one; 0 where ``microseconds(until:)`` is.
  public func milliseconds(until end: Timestamp) -> Int { Int(microseconds(until: end) / 1000) }
}
