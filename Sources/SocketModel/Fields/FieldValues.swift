/// A source of sockets whose field values can be read: the rows of a ``Snapshot``, or anything else
/// with one record per row, such as events with their owners.
///
/// The methods after ``meta`` provide the parts that ``FieldAccess`` names; ``value(of:at:)`` and
/// the like follow from them.
package protocol SocketRowSource {
  /// The circumstances of the scan.
  var meta: SnapshotMeta { get }
  /// The record of a row.
  func record(at row: Int) -> SocketRecord
  /// The record's detail; `nil` when none was asked for or reported.
  func detail(at row: Int) -> SocketDetail?
  /// The memory accounting of the detail.
  func memory(at row: Int) -> SocketMemory?
  /// A figure of the detail.
  func metric(_ metric: TCPMetric, at row: Int) -> UInt64?
  /// The unix socket's name; `nil` for an unnamed or other socket.
  func name(at row: Int) -> UnixName?
  /// How the owners were found; `nil` when there are none.
  func attribution(at row: Int) -> Attribution?
  /// What a tracked socket has sent and received; `nil` for every other.
  func traffic(at row: Int) -> SocketTraffic?
  /// Why no descriptor is known to refer to the socket; `nil` when one does or nothing is known.
  func ownerReason(at row: Int) -> OwnerReason?
  /// The numbers of the owners, for ``owner(_:)``: ordered by pid, then descriptor.
  func ownerRange(at row: Int) -> Range<Int>
  /// The rows of the sockets at the other end that were found: more than one only for a listener,
  /// which has those that wait to be accepted.
  func peerRows(at row: Int) -> ArraySlice<UInt32>
  /// The numbers of the owners of the sockets at the other end, as in ``ownerRange(at:)``.
  func peerOwnerRange(at row: Int) -> Range<Int>
  /// The owner with a number.
  func owner(_ index: Int) -> Owner
  /// The process of an owner.
  func process(of owner: Owner) -> ProcessInfo?
  /// The name of an owner: that of its process, or what it is when it is not a process.
  func name(of owner: Owner) -> [UInt8]
  /// The name of a user; `nil` when it is not known or was not asked for.
  func userName(_ id: UInt32) -> String?
  /// The name of the interface that a socket is bound to; `nil` when it is not known or was not
  /// asked for.
  func interfaceName(of record: SocketRecord) -> [UInt8]?
  /// The path of a control group; `nil` when it is not known or was not asked for.
  func cgroupPath(_ id: UInt64) -> [UInt8]?
  /// The workload of the socket; `nil` when it is not known or was not asked for.
  func workload(at row: Int) -> Workload?

  /// The value of a field of the socket in a row; for a field with one value per owner, the first
  /// owner's.
  func value(of field: Field, at row: Int) -> FieldValue
  /// The value of a field for one owner; ``FieldValue/absent`` for fields that do not belong to
  /// owners.
  func value(of field: Field, owner: Owner) -> FieldValue
}

extension SocketRowSource {
  package func value(of field: Field, at row: Int) -> FieldValue { read(field, at: row) }

  package func value(of field: Field, owner: Owner) -> FieldValue { read(field, owner: owner) }
}

// Reading in the way that a field declares. A source reads the parts; only these functions
// interpret them.
extension SocketRowSource {
  @inline(__always)
  func read(_ field: Field, at row: Int) -> FieldValue {
    if field.number < Field.metricNumbers { return read(Field.readers, Int(field.number), at: row) }
    if let metric = field.metric { return FieldValue(self.metric(metric, at: row)) }
    return read([FieldReader(field.description.access)], 0, at: row)
  }

  @inline(__always)
  func read(_ field: Field, owner: Owner) -> FieldValue {
    if field.number < Field.metricNumbers { return read(Field.readers, Int(field.number), owner: owner) }
    return field.metric == nil ? read([FieldReader(field.description.access)], 0, owner: owner) : .absent
  }

  private func read(_ readers: [FieldReader], _ index: Int, at row: Int) -> FieldValue {
    readers[index].isOfPeer ? readPeer(readers, index, at: row) : readOwn(readers, index, at: row)
  }

  /// Reads from the socket at the other end. When several wait for a listener, only a value that
  /// they share is the listener's.
  private func readPeer(_ readers: [FieldReader], _ index: Int, at row: Int) -> FieldValue {
    if readers[index].kind.isOfOwner {
      return peerOwnerRange(at: row).first.map { read(readers, index, owner: owner($0)) } ?? .absent
    }
    var shared: FieldValue?
    for peer in peerRows(at: row) {
      let value = readOwn(readers, index, at: Int(peer))
      if let shared, shared != value { return .absent }
      shared = value
    }
    return shared ?? .absent
  }

  private func readOwn(_ readers: [FieldReader], _ index: Int, at row: Int) -> FieldValue {
    switch readers[index].kind {
    case .number: return FieldValue(readers[index].number(record(at: row)))
    case .hexadecimal: return readers[index].number(record(at: row)).map { .hexadecimal($0) } ?? .absent
    case .word: return readers[index].word(readers[index].code(record(at: row)))
    case .flag: return readers[index].flag(record(at: row)).map { .flag($0) } ?? .absent
    case .user: return readers[index].id(record(at: row)).map { user($0) } ?? .absent
    case .interface: return readers[index].id(record(at: row)) == nil ? .absent : interface(of: record(at: row))
    case .localPort: return FieldValue(record(at: row).port(.local))
    case .peerPort: return FieldValue(record(at: row).port(.peer))
    case .localAddress: return record(at: row).end(.local).map { .address($0.address) } ?? .absent
    case .peerAddress: return record(at: row).end(.peer).map { .address($0.address) } ?? .absent
    case .local: return local(at: row)
    case .peer: return peer(at: row)
    case .memory: return FieldValue(memory(at: row).flatMap { readers[index].memory($0) }.map { UInt64($0) })
    case .detailNumber: return FieldValue(detail(at: row).flatMap { readers[index].detailNumber($0) })
    case .detail: return detail(at: row).map { readers[index].detail($0) } ?? .absent
    case .cgroup:
      let id = record(at: row).cgroup
      return id == 0 ? .absent : cgroupPath(id).map { .bytes($0) } ?? .number(id)
    case .workload: return workload(at: row)?.part(readers[index].part).map { .bytes($0) } ?? .absent
    case .unixName: return name(at: row).map { .bytes($0.display) } ?? .absent
    case .attribution: return readers[index].word(attribution(at: row)?.rawValue)
    case .ownerReason: return readers[index].word(ownerReason(at: row)?.rawValue)
    case .traffic: return FieldValue(traffic(at: row).flatMap { readers[index].traffic($0) })
    case .scan: return readers[index].scan(meta)
    case .ownerNumber, .ownerName, .process, .processUser, .processStart, .processAge:
      return ownerRange(at: row).first.map { read(readers, index, owner: owner($0)) } ?? .absent
    }
  }

  private func read(_ readers: [FieldReader], _ index: Int, owner: Owner) -> FieldValue {
    switch readers[index].kind {
    case .ownerNumber: return FieldValue(readers[index].ownerNumber(owner))
    case .ownerName: return .bytes(name(of: owner))
    case .process: return process(of: owner).map { readers[index].process($0) } ?? .absent
    case .processUser: return process(of: owner)?.uid.map { user($0) } ?? .absent
    case .processStart:
      return FieldValue(process(of: owner)?.startTime.flatMap { meta.time(ofTicks: $0) })
    case .processAge:
      return FieldValue(process(of: owner)?.startTime.flatMap { meta.seconds(sinceTicks: $0) })
    default: return .absent
    }
  }

  /// The name of a user where it is known and was asked for, the number otherwise.
  private func user(_ number: UInt32) -> FieldValue {
    userName(number).map { .bytes(Array($0.utf8)) } ?? .number(UInt64(number))
  }

  /// The same of the interface that a socket is bound to.
  private func interface(of record: SocketRecord) -> FieldValue {
    if record.interface == 0 { return .absent }
    return interfaceName(of: record).map { .bytes($0) } ?? .number(UInt64(record.interface))
  }

  private func local(at row: Int) -> FieldValue {
    let record = record(at: row)
    switch record.transport {
    case .unix: return name(at: row).map { .bytes($0.display) } ?? .absent
    case .netlink: return .number(UInt64(record.portID))
    case .other: return protocolName(at: row)
    case .packet: return record.known.contains(.interface) ? interface(of: record) : .absent
    case .vsock, .tipc: return record.numberedLocal.map { .word($0.description) } ?? .absent
    case .xdp: return interfaceAndQueue(record)
    default: return record.local.map { .endpoint($0) } ?? .absent
    }
  }

  private func protocolName(at row: Int) -> FieldValue {
    detail(at: row)?.protocolName.map { .bytes(Array($0.utf8)) } ?? .absent
  }

  private func peer(at row: Int) -> FieldValue {
    let record = record(at: row)
    switch record.transport {
    case .unix: return record.peerInode.flatMap { $0 == 0 ? nil : .number($0) } ?? .absent
    case .netlink: return record.remoteBits == 0 ? .absent : .number(UInt64(truncatingIfNeeded: record.remoteBits))
    case .packet, .xdp, .other: return .absent
    case .vsock, .tipc: return record.numberedPeer.map { .word($0.description) } ?? .absent
    default: return record.end(.peer).map { .endpoint($0) } ?? .absent
    }
  }

  /// The interface and queue of an xdp socket, `eth0:q2`.
  private func interfaceAndQueue(_ record: SocketRecord) -> FieldValue {
    guard let queue = record.interfaceQueue else { return .absent }
    let name = interfaceName(of: record) ?? Array(String(record.interface).utf8)
    return .bytes(name + Array(":q\(queue)".utf8))
  }

  /// The number in a field of a socket, without its name; `nil` when it is absent or not a number.
  @inline(__always)
  func number(_ field: Field, at row: Int) -> UInt64? {
    if field.number < Field.metricNumbers { return number(Field.readers, Int(field.number), at: row) }
    if let metric = field.metric { return self.metric(metric, at: row) }
    return number([FieldReader(field.description.access)], 0, at: row)
  }

  private func number(_ readers: [FieldReader], _ index: Int, at row: Int) -> UInt64? {
    if readers[index].isOfPeer { return readPeer(readers, index, at: row).number }
    switch readers[index].kind {
    case .number, .hexadecimal: return readers[index].number(record(at: row))
    case .user, .interface: return readers[index].id(record(at: row)).map { UInt64($0) }
    case .localPort: return record(at: row).port(.local)
    case .peerPort: return record(at: row).port(.peer)
    case .word: return readers[index].code(record(at: row)).map { UInt64($0) }
    case .attribution: return attribution(at: row).map { UInt64($0.rawValue) }
    case .ownerReason: return ownerReason(at: row).map { UInt64($0.rawValue) }
    case .flag: return readers[index].flag(record(at: row)).map { $0 ? 1 : 0 }
    default: return read(readers, index, at: row).number
    }
  }

  /// The number in a field of an owner, without its name; `nil` when it is absent or not a number.
  @inline(__always)
  func number(_ field: Field, owner: Owner) -> UInt64? {
    if field == .processUser { return process(of: owner)?.uid.map { UInt64($0) } }
    return read(field, owner: owner).number
  }
}

/// Reads the number of one field of many sockets.
///
/// The number is what queries and orders compare: for a name the number that it stands for, for a
/// word its code, for a flag 0 or 1.
package struct FieldNumber: Sendable, Hashable {
  private let field: Field
  /// Whether there is one number per owner.
  package let isPerOwner: Bool

  /// Prepares to read a field.
  package init(_ field: Field) {
    self.field = field
    isPerOwner = field.isPerOwner
  }

  /// The number of the socket in a row of a snapshot; `nil` when it is absent or not a number.
  package func of(_ snapshot: Snapshot, row: Int) -> UInt64? { snapshot.number(field, at: row) }

  /// The number of an owner, by its index in ``Snapshot/owners``; `nil` when it is absent or not a
  /// number.
  package func of(_ snapshot: Snapshot, owner: Int) -> UInt64? { snapshot.number(field, owner: snapshot.owners[owner]) }

  /// The indexes in ``Snapshot/owners`` of those that have one number each.
  package func ownerRange(_ snapshot: Snapshot, row: Int) -> Range<Int> { snapshot.ownerRange(of: field, at: row) }

  /// Whether it is of the other end.
  package var isOfPeer: Bool { field.isOfPeer }

  /// The number of a socket in a source other than a snapshot; `nil` when it is absent or not a
  /// number.
  package func of(_ source: some SocketRowSource, row: Int) -> UInt64? { source.number(field, at: row) }

  /// The number of an owner in a source other than a snapshot; `nil` when it is absent or not a
  /// number.
  package func of(_ source: some SocketRowSource, owner: Int) -> UInt64? {
    source.number(field, owner: source.owner(owner))
  }
}

// Reading fields from a snapshot.
extension Snapshot: SocketRowSource {
  /// The value of a field of the socket in a row.
  ///
  /// For a field with one value per owner, this is the first owner's; ``value(of:owner:)`` reads
  /// any owner's.
  public func value(of field: Field, at row: Int) -> FieldValue { read(field, at: row) }

  /// The value of a field for one owner; ``FieldValue/absent`` for fields that do not belong to
  /// owners.
  public func value(of field: Field, owner: Owner) -> FieldValue { read(field, owner: owner) }

  @inlinable
  package func record(at row: Int) -> SocketRecord { records[row] }

  package func memory(at row: Int) -> SocketMemory? {
    let index = records[row].detailIndex
    return index == SocketRecord.noIndex ? nil : details[Int(index)].memory
  }

  package func metric(_ metric: TCPMetric, at row: Int) -> UInt64? {
    let index = records[row].detailIndex
    let figure = index == SocketRecord.noIndex ? nil : details[Int(index)].tcp?[metric]
    return figure ?? (traffic.isEmpty ? nil : traffic(at: row)?[metric])
  }

  package func traffic(at row: Int) -> SocketTraffic? { row < traffic.count ? traffic[row] : nil }

  @inlinable
  package func owner(_ index: Int) -> Owner { owners[index] }

  package func peerRows(at row: Int) -> ArraySlice<UInt32> { peers.rows(at: row) }

  /// The indexes in ``owners`` of those that a field has one value for each of: the owners of the
  /// socket, or of the one at the other end.
  @inline(__always)
  package func ownerRange(of field: Field, at row: Int) -> Range<Int> {
    field.isOfPeer ? peerOwnerRange(at: row) : ownerRange(at: row)
  }

  package func userName(_ id: UInt32) -> String? { userNames[id] }

  package func cgroupPath(_ id: UInt64) -> [UInt8]? { cgroupPaths[id] }
}

extension SnapshotMeta {
  /// A moment in clock ticks since boot as seconds since 1970; `nil` when the time of boot is not
  /// known.
  package func time(ofTicks ticks: UInt64) -> UInt64? {
    bootTime.map { $0 &+ ticks / UInt64(max(1, ticksPerSecond)) }
  }

  /// The seconds from a moment in clock ticks since boot to the scan; 0 when it is later, since the
  /// time of boot is known to the second only, and `nil` when one of the two is not known.
  package func seconds(sinceTicks ticks: UInt64) -> UInt64? {
    guard let begin = self.time(ofTicks: ticks), let now = time, now.seconds >= 0 else { return nil }
    return UInt64(now.seconds) > begin ? UInt64(now.seconds) - begin : 0
  }
}

extension FieldValue {
  /// The number, or nothing.
  init(_ number: UInt64?) { self = number.map { .number($0) } ?? .absent }

  /// The number of a numeric value.
  package var number: UInt64? {
    switch self {
    case .number(let number), .hexadecimal(let number): number
    default: nil
    }
  }
}

extension SocketRecord {
  /// An end's address and port; `nil` for sockets outside the internet families, and for the peer
  /// of a socket without one.
  func end(_ end: SocketEnd) -> Endpoint? {
    switch end {
    case .local: local
    case .peer: hasPeer ? remote : nil
    }
  }

  /// An end's port; `nil` for a socket without ports, and for the peer of a socket without one.
  package func port(_ end: SocketEnd) -> UInt64? {
    guard transport.hasPorts else { return numberedPort(end) }
    switch end {
    case .local: return UInt64(localPort)
    case .peer: return hasPeer ? UInt64(remotePort) : nil
    }
  }

  /// The port of an end of a vsock or TIPC socket; `nil` where it has none or it is any.
  private func numberedPort(_ end: SocketEnd) -> UInt64? {
    guard hasNumberedEnds, let end = end == .local ? numberedLocal : numberedPeer, end.port != NumberedEnd.any else {
      return nil
    }
    return UInt64(end.port)
  }

  /// Whether this is a TCP listener, whose queues count connections rather than bytes.
  public var isInternetListener: Bool { transport.hasTCPStates && state == .listen }

  /// Whether the queues count connections and their limit: true of TCP listeners, and of unix and
  /// SCTP listeners (`UNIX_DIAG_RQLEN`, `net/unix/diag.c`; `sctp_diag_get_info`,
  /// `net/sctp/diag.c`), for which the tables of /proc show neither.
  public var countsConnections: Bool {
    isInternetListener
      || state == .listen && known.contains(.receiveQueue) && (transport == .unix || transport == .sctp)
  }
}
