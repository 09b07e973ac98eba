package import SocketModel

/// One dump of sock_diag: the kernel has a handler for each transport and, for the internet
/// transports, each family.
package struct SockDiagDump: Sendable, Hashable {
  /// The protocol whose sockets are dumped.
  package let transport: Transport
  /// The family whose sockets are dumped.
  package let family: AddressFamily

  package init(_ transport: Transport, _ family: AddressFamily) {
    self.transport = transport
    self.family = family
  }

  /// The dumps that list a transport, IPv4 before IPv6. The families matter only for the internet
  /// transports.
  package static func all(of transport: Transport, families: Set<AddressFamily>) -> [SockDiagDump] {
    let dumps = transport.description.families.filter { !transport.isInternet || families.contains($0) }
      .map { SockDiagDump(transport, $0) }
    return transport == .smc ? Array(dumps.prefix(1)) : dumps
  }

  /// The families whose sockets it lists: for SMC both, whichever was asked for.
  package var listedFamilies: Set<AddressFamily> {
    transport == .smc ? Set(transport.description.families) : [family]
  }

  /// What a problem of the dump is about.
  package var subject: Problem.Subject { .dump(transport, family) }

  /// Transport and, for the internet transports, family, such as `tcp ipv4`.
  package var name: String { transport.isInternet ? "\(transport.name) \(family.name)" : transport.name }
}

/// The result of a dump: sockets with the details and names that they point at, and the messages
/// that did not parse.
package struct SockDiagTable: Sendable {
  /// The sockets in the kernel's order.
  package var records: [SocketRecord] = []
  /// The details that `SocketRecord.detailIndex` points at.
  package var details: [SocketDetail] = []
  /// The names that `SocketRecord.nameIndex` points at.
  package var names = UnixNames()
  /// A problem for the messages that were left out because they do not parse.
  package var problems: [Problem] = []
  /// The counters of TCP sockets, where they were asked for; those of sockets that were left out too.
  package internal(set) var byteCounters: [SocketByteCounters] = []
  /// The port id of the netlink socket that the dump was requested over; 0 when that is not known.
  package var askedFrom: UInt32 = 0
  /// The clients that wait for unix listeners, where they were asked for.
  package private(set) var waitingClients: [WaitingClient] = []
  /// The cookies of ``records``, to leave out repetitions.
  var cookies = NumberSet()
  /// Whether ``sift(keeping:)`` will drop sockets: then repetitions are looked for only among those
  /// that it keeps.
  package var isSifted = false
  /// How much ``sift(keeping:)`` kept: what came later is still to be tested.
  private var sifted = SnapshotExtent.empty
  /// The snapshot that the test of ``sift(keeping:)`` gets, reused to save allocations.
  private var shown: Snapshot?
  /// Whether no socket came.
  package private(set) var isUntouched = true
  /// Whether details came, and a mark in them.
  var hasDetails = false
  var hasMarks = false
  private var lastAlgorithm: (bytes: [UInt8], text: String)?

  /// How many malformed messages get a `Problem` of their own; the last one counts the rest.
  static let problemLimit = 8

  /// Makes an empty table.
  package init() {}

  /// Adds a socket, unless one with the same cookie is there already.
  ///
  /// A dump repeats sockets when it stops in the middle of a hash chain and others are put in front
  /// of them before it continues, when a socket moves from one of the kernel's tables to another
  /// meanwhile, and, even on an idle machine, when a netlink socket is in a multicast group. The
  /// first appearance is kept: it has the inode when a connection became TIME_WAIT during the dump.
  @inline(__always)
  package mutating func append(_ record: SocketRecord) {
    isUntouched = false
    // The cookie 0 means none.
    if !isSifted, record.known.contains(.cookie), record.cookie != 0, !record.isAssociation,
      !cookies.insert(record.cookie)
    {
      return
    }
    if records.count == records.capacity { reserveMore() }
    records.append(record)
  }

  /// How many sockets came since the last ``sift(keeping:)``.
  package var pendingCount: Int { records.count &- sifted.records }

  /// Drops the sockets that came since the last call and do not pass a test, and repetitions, with
  /// their details and names.
  ///
  /// So a million sockets that are skipped are never held together, nor are their cookies.
  package mutating func sift(keeping test: (borrowing Snapshot, Int) -> Bool) {
    var snapshot = shown ?? Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    shown = nil
    swap(&snapshot.records, &records)
    swap(&snapshot.details, &details)
    swap(&snapshot.names, &names)
    snapshot.keepRows(from: sifted) { snapshot, row in
      guard test(snapshot, row) else { return false }
      let record = snapshot.records[row]
      return !record.known.contains(.cookie) || record.cookie == 0 || record.isAssociation
        || cookies.insert(record.cookie)
    }
    sifted = snapshot.extent
    swap(&snapshot.records, &records)
    swap(&snapshot.details, &details)
    swap(&snapshot.names, &names)
    shown = snapshot
  }

  /// Grows the arrays in few large steps: to 0.06, 1.8 and 29 MB, then twice as much.
  ///
  /// Doubling from the start would touch each page of the final array twice, and page faults cost
  /// more than the decoding. Space that is never written to takes address space but no memory.
  private mutating func reserveMore() {
    let steps = [512, 16384, 262_144]
    records.reserveCapacity(steps.first { $0 > records.count } ?? records.count * 2)
  }

  /// Adds a detail and returns its index.
  package mutating func append(_ detail: SocketDetail) -> UInt32 {
    hasDetails = true
    if details.count == details.capacity { details.reserveCapacity(max(512, details.count * 8)) }
    details.append(detail)
    return UInt32(truncatingIfNeeded: details.count &- 1)
  }

  /// Adds a detail that has only memory figures and returns its index.
  package mutating func append(_ memory: SocketMemory) -> UInt32 {
    var detail = SocketDetail()
    detail.memory = memory
    return append(detail)
  }

  /// The name of a congestion control algorithm: the bytes before the first NUL; `nil` when there
  /// are none. Nearly all sockets have the same one, so the last text is reused.
  mutating func algorithm(_ value: Span<UInt8>) -> String? {
    var length = 0
    while length < value.count, value[length] != 0 { length &+= 1 }
    if length == 0 { return nil }
    if let last = lastAlgorithm, last.bytes.count == length,
      last.bytes.indices.allSatisfy({ last.bytes[$0] == value[$0] })
    {
      return last.text
    }
    let bytes = (0..<length).map { value[$0] }
    let text = String(decoding: bytes, as: UTF8.self)
    lastAlgorithm = (bytes, text)
    return text
  }

  /// Adds the clients of a unix listener from their inodes; a client that has closed its socket has
  /// none.
  mutating func appendWaiting(_ inodes: Span<UInt8>, of listener: UInt64) {
    var place = 0
    while place + 4 <= inodes.count {
      let client = UInt64(inodes.hostUInt32(at: place))
      if client != 0 { waitingClients.append(WaitingClient(listener: listener, client: client)) }
      place += 4
    }
  }

  /// Notes a message that does not parse.
  package mutating func note(_ error: DecodeError, in dump: SockDiagDump) {
    if problems.count < Self.problemLimit {
      problems.append(
        Problem(
          subject: dump.subject, cause: .malformed(.undecodable(error.description), evidence: error.evidence)))
    } else {
      problems[problems.count - 1].countOneMore()
    }
  }

  /// Moves everything to the end of a snapshot. An empty one takes it over without a copy.
  package consuming func move(into snapshot: inout Snapshot) {
    snapshot.problems += problems
    snapshot.detailsWereReported = snapshot.detailsWereReported || hasDetails
    snapshot.marksWereReported = snapshot.marksWereReported || hasMarks
    snapshot.waitingClients += waitingClients
    snapshot.byteCounters += byteCounters
    snapshot.append(records: records, details: details, names: names)
  }
}
