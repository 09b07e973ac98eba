import Inspection
import LinuxSystem
import SocketModel

/// A socket whose row is wanted: what is known about it in the process that has it open.
struct RowSubject: Sendable, Equatable {
  var transport: Transport
  var family: AddressFamily
  /// The descriptor; `nil` once it is closed, and for a connection that is not accepted yet.
  var descriptor: Int32?
  /// The identity that the kernel reports; `nil` when it reports none.
  var identity: SocketIdentity?
  var local: SocketAddress?
  var peer: SocketAddress?

  /// Whether it has a place in the table at all: the internet tables are kept by port.
  var hasPlace: Bool { transport == .unix || (local?.port ?? 0) != 0 }

  /// Reads what the kernel reports about an open descriptor.
  init(open descriptor: Int32, _ transport: Transport) {
    let local = localSocketAddress(of: descriptor)
    self.local = local
    self.descriptor = descriptor
    // This process and the tables that it reads are in one network namespace.
    identity = socketCookie(of: descriptor).map { .cookie($0, nil) }
    peer = peerSocketAddress(of: descriptor)
    family = local.flatMap { AddressFamily(rawValue: UInt8(truncatingIfNeeded: $0.family)) } ?? .ipv4
    self.transport = family == .unix ? .unix : transport
  }
}

/// Reads single rows of the kernel's tables, and as little of the tables as possible.
struct RowLookup: Sendable {
  private let inspector: Inspector
  /// This process's id in the /proc that is read; `nil` when it is not there.
  private let ownPID: Int32?

  /// Makes a lookup in the running kernel.
  init() throws(InspectionError) {
    inspector = Inspector(root: try .running())
    ownPID = Self.ownNumber()
  }

  /// The id in the pid namespace of /proc, which need not be the namespace of this process.
  private static func ownNumber() -> Int32? {
    guard let folder = try? Descriptor.open("/proc", for: .directory), let link = try? folder.readLink("self") else {
      return nil
    }
    return Int32(String(decoding: link, as: UTF8.self))
  }

  /// The rows that could be the socket's and, for a listener on request, those of its connections.
  func rows(near subject: RowSubject, withConnections: Bool = false) throws(InspectionError) -> Snapshot {
    var request = InspectionRequest()
    request.transports = [subject.transport]
    request.families = [subject.family]
    // Thousands of old connections may be in TIME_WAIT at a server's port; a row with a descriptor
    // never is.
    if subject.descriptor != nil { request.states.remove(SocketStateSet(.timeWait)) }
    var conditions: [KernelFilter] = []
    if let port = subject.local?.port { conditions.append(.localPort(port...port)) }
    if !withConnections, let port = subject.peer?.port, port != 0 { conditions.append(.remotePort(port...port)) }
    request.filter = .all(conditions)
    request.processes.pids = ownPID.map { [$0] } ?? []
    return try inspector.snapshot(request) { snapshot, row in
      let record = snapshot.records[row]
      if withConnections, !record.canHaveOwner { return true }
      guard let identity = subject.identity, record.knownCookie != 0 else { return true }
      return record.isIdentified(by: identity)
    }
  }

  /// The socket's own row among those that were read.
  func row(of subject: RowSubject, in snapshot: Snapshot) -> KernelRow? {
    let rows = snapshot.records.indices
    if let identity = subject.identity,
      let row = rows.first(where: { snapshot.records[$0].isIdentified(by: identity) })
    {
      return KernelRow(snapshot, row: row)
    }
    // The tables of /proc have no cookies: an open socket is identified by its descriptor, any
    // other by its ends.
    if let descriptor = subject.descriptor,
      let row = rows.first(where: { row in snapshot.owners(at: row).contains { $0.descriptor == descriptor } })
    {
      return KernelRow(snapshot, row: row)
    }
    guard
      let row = rows.first(where: { snapshot.records[$0].knownCookie == 0 && hasEnds($0, subject, snapshot) })
    else { return nil }
    return KernelRow(snapshot, row: row)
  }

  /// The row in TIME_WAIT that the kernel keeps for a connection that has ended, while the
  /// connection's socket is still open but in no table.
  func timeWait(of subject: RowSubject, at peer: SocketAddress) throws(InspectionError) -> KernelRow? {
    guard subject.transport == .tcp else { return nil }
    var rest = subject
    rest.descriptor = nil
    rest.peer = peer
    return row(of: rest, in: try rows(near: rest))
  }

  /// The row of the connection between two ends, whose descriptor is not known yet.
  func row(from local: SocketAddress?, to peer: SocketAddress, in snapshot: Snapshot) -> KernelRow? {
    let row = snapshot.records.indices.first { row in
      let record = snapshot.records[row]
      guard record.hasPeer, let remote = peer.endpoint, record.remote == remote else { return false }
      return local?.endpoint == nil || record.local == local?.endpoint
    }
    return row.map { KernelRow(snapshot, row: $0) }
  }

  private func hasEnds(_ row: Int, _ subject: RowSubject, _ snapshot: Snapshot) -> Bool {
    let record = snapshot.records[row]
    if let name = subject.local?.unixName {
      return !name.isEmpty && snapshot.name(at: row)?.bytes == name
    }
    guard let local = subject.local?.endpoint, record.local == local else { return false }
    return subject.peer?.endpoint.map { record.remote == $0 } ?? !record.hasPeer
  }
}
