import KernelFormats
import LinuxSystem
import SocketModel

/// Adds the sockets that processes have open and that no table lists: never bound, reset by the
/// peer and not closed, of a protocol without a table, or of another network namespace. Says of
/// processes that were asked for that they are in another network namespace.
struct UnlistedSockets {
  let root: ProcRoot
  let request: InspectionRequest
  let rowFilter: RowFilter

  /// A socket that is in no row, with the descriptors that refer to it.
  private struct Unlisted {
    let inode: UInt64
    /// Process and descriptor, in ascending order.
    var holders: [(pid: Int32, descriptor: Int32)]
    /// What a copy of a descriptor showed; `nil` where none could be made.
    let copied: CopiedSocket?
    /// The kernel's name of the protocol.
    let protocolName: String

    var transport: Transport {
      Transport.allCases.first { $0.description.kernelNames.contains(protocolName) } ?? .other
    }

    var family: AddressFamily {
      // SMC has a family of its own for both.
      if transport.isInternet { return protocolName.hasSuffix("6") ? .ipv6 : .ipv4 }
      if transport != .other { return transport.description.families.first ?? .other }
      return copied.flatMap { AddressFamily(rawValue: UInt8(truncatingIfNeeded: $0.family)) } ?? .other
    }

    /// Whether it may be in the tables that were read.
    var isOfOwnNamespace: Bool { copied?.isOfOwnNamespace ?? true }
  }

  /// Adds a row for each socket, and a problem for what could not be seen.
  func add(_ visits: [OwnerWalk.Visit], to snapshot: inout Snapshot) {
    let elsewhere = visits.filter { $0.elsewhere != nil }.sorted { $0.pid < $1.pid }
    if let first = elsewhere.first { report(elsewhere: first, count: elsewhere.count, into: &snapshot) }
    guard request.processes.listsUnlisted, request.states.contains(.unhashed), root.shape == .live, root.isOwnKernel,
      snapshot.hasOwners
    else { return }
    var refusal: SystemError?
    // The sockets of a process in another namespace are in that namespace too.
    let outside = Set(elsewhere.map(\.pid))
    var sockets = unlisted(visits.filter { !outside.contains($0.pid) && !$0.others.isEmpty }, &refusal)
    guard leaveOutListed(&sockets) else { return }
    if sockets.contains(where: { $0.transport == .other }) || request.transports.contains(.other) {
      snapshot.lookedAt[.other] = [.other]
    }
    guard !sockets.isEmpty else { return }
    append(sockets, visits, to: &snapshot)
    let unseen = sockets.filter { $0.copied == nil }
    guard !unseen.isEmpty, let refusal else { return }
    snapshot.problems.append(
      Problem(
        subject: holder(of: unseen, in: snapshot),
        cause: .unreadable(.ends(count: unseen.count, CallFailure(refusal))),
        remedy: Users.effectiveUID == 0 ? nil : .runAsRoot(.ends)))
  }

  // MARK: Processes of other namespaces

  private func report(elsewhere visit: OwnerWalk.Visit, count: Int, into snapshot: inout Snapshot) {
    snapshot.problems.append(
      Problem(
        subject: .process(visit.pid, name: visit.info?.name),
        cause: .otherNamespace(.process(others: count - 1, netns: visit.elsewhere?.inode)),
        remedy: root.shape == .live
          ? .enterNamespace(of: visit.pid, listing: visit.pid, asRoot: Users.effectiveUID != 0) : nil))
  }

  private func holder(of sockets: [Unlisted], in snapshot: Snapshot) -> Problem.Subject {
    let pids = Set(sockets.lazy.flatMap { $0.holders.map(\.pid) })
    guard pids.count == 1, let pid = pids.first else { return .processes(count: pids.count) }
    return .process(pid, name: snapshot.processes.first { $0.pid == pid }?.name)
  }

  // MARK: Which sockets

  /// The sockets of processes that are in no row, each once, of the transports and families that
  /// were asked for. `refusal` becomes the first failure to copy one.
  private func unlisted(_ visits: [OwnerWalk.Visit], _ refusal: inout SystemError?) -> [Unlisted] {
    var sockets: [Unlisted] = []
    // The places of the inodes; those of sockets that were not asked for have none.
    var places: [UInt64: Int?] = [:]
    var previous: Int32?
    var copier: SocketCopier?
    for visit in visits.sorted(by: { ($0.pid, $0.from) < ($1.pid, $1.from) }) {
      if visit.pid != previous {
        copier = root.isInOtherNamespace(visit.pid) ? nil : try? SocketCopier(visit.pid)
        previous = visit.pid
      }
      guard copier != nil || !root.isInOtherNamespace(visit.pid) else { continue }
      for other in visit.others {
        if let place = places[other.inode] {
          if let place { sockets[place].holders.append((visit.pid, other.descriptor)) }
          continue
        }
        var copied: CopiedSocket?
        var isUnwanted = false
        do throws(SystemError) {
          copied = try copier?.read(other.descriptor) { family in
            isUnwanted = !mayBeWanted(family)
            return !isUnwanted
          }
        } catch {
          // Where a copy fails because the descriptor was closed, its link is gone too.
          if !error.isGone { refusal = refusal ?? error }
        }
        if isUnwanted {
          places.updateValue(nil, forKey: other.inode)
          continue
        }
        guard let socket = socket(visit.pid, other, copied) else { continue }
        let isWanted =
          request.transports.contains(socket.transport)
          && (!socket.transport.isInternet || request.families.contains(socket.family))
        places.updateValue(isWanted ? sockets.count : nil, forKey: other.inode)
        if isWanted { sockets.append(socket) }
      }
    }
    return sockets
  }

  /// Whether a socket of an address family can be one that was asked for. A machine has many unix
  /// sockets: where these were not, little is read of them.
  private func mayBeWanted(_ family: Int32) -> Bool {
    request.transports.contains(.unix) || AddressFamily(rawValue: UInt8(truncatingIfNeeded: family)) != .unix
  }

  /// What is known about a socket; `nil` when the descriptor does not refer to it any more.
  private func socket(_ pid: Int32, _ other: OwnerWalk.OtherSocket, _ copied: CopiedSocket?) -> Unlisted? {
    if let copied {
      guard copied.inode == other.inode else { return nil }
      return Unlisted(
        inode: other.inode, holders: [(pid, other.descriptor)], copied: copied, protocolName: copied.protocolName)
    }
    let path = "\(pid)/fd/\(other.descriptor)"
    guard let name = try? ProcessSockets.protocolName(at: "\(root.path)/\(path)"),
      let link = try? root.folder.readLink(path), FileLink.socketInode(link.span) == other.inode
    else { return nil }
    return Unlisted(inode: other.inode, holders: [(pid, other.descriptor)], copied: nil, protocolName: name)
  }

  /// Removes the sockets that the tables list by now: a server may have accepted connections since
  /// they were read, and a query may have dropped the rows.
  ///
  /// - Returns: whether the tables could be read, without which nothing is known.
  private func leaveOutListed(_ sockets: inout [Unlisted]) -> Bool {
    var transports = Set(sockets.lazy.filter(\.isOfOwnNamespace).map(\.transport))
    transports.remove(.other)
    // A connection of MPTCP that fell back is only listed as one of TCP.
    if transports.contains(.mptcp) { transports.insert(.tcp) }
    guard !transports.isEmpty else { return true }
    var again = request
    again.transports = transports
    again.filter = .any
    guard let present = root.inodesNow(again) else { return false }
    sockets.removeAll { $0.isOfOwnNamespace && present.contains($0.inode) }
    return true
  }

  // MARK: Rows

  private func append(_ sockets: [Unlisted], _ visits: [OwnerWalk.Visit], to snapshot: inout Snapshot) {
    var processes: [Int32: Int32] = [:]
    for index in snapshot.processes.indices {
      processes[snapshot.processes[index].pid] = Int32(truncatingIfNeeded: index)
    }
    let infos = Dictionary(visits.compactMap { visit in visit.info.map { (visit.pid, $0) } }) { first, _ in first }
    for socket in sockets {
      let extent = snapshot.extent
      appendRow(of: socket, to: &snapshot)
      snapshot.keepRows(from: extent) { rowFilter.admits($0, $1) }
      guard snapshot.records.count > extent.records else { continue }
      for holder in socket.holders {
        if processes[holder.pid] == nil, let info = infos[holder.pid] ?? info(holder.pid) {
          processes[holder.pid] = Int32(truncatingIfNeeded: snapshot.processes.count)
          snapshot.processes.append(info)
        }
        guard let process = processes[holder.pid] else { continue }
        snapshot.owners.append(Owner(pid: holder.pid, descriptor: holder.descriptor, processIndex: process))
        if request.requiredDetails.contains(.descriptorFlags) {
          let folder = try? ProcessFolder(holder.pid, in: root)
          snapshot.descriptorFlags.append(folder?.flags(of: holder.descriptor) ?? Snapshot.unknownFlags)
        }
      }
      snapshot.ownerStarts.append(UInt32(truncatingIfNeeded: snapshot.owners.count))
    }
  }

  private func info(_ pid: Int32) -> ProcessInfo? {
    try? ProcessFolder(pid, in: root).info(requiredDetails: request.requiredDetails)
  }

  private func appendRow(of socket: Unlisted, to snapshot: inout Snapshot) {
    let transport = socket.transport
    var record = SocketRecord(transport: transport, family: socket.family, state: .unhashed)
    record.inode = socket.inode
    record.known.insert(.inode)
    if let copied = socket.copied {
      record.take(copied, ownNamespace: snapshot.meta.netns)
      if transport == .unix, let name = copied.local?.unixName, !name.isEmpty {
        record.nameIndex = snapshot.names.append(name.span)
      }
    } else if let type = transport.description.socketType {
      record.socketType = type
      record.known.insert(.socketType)
    }
    if transport == .other, !socket.protocolName.isEmpty {
      var detail = SocketDetail()
      detail.protocolName = socket.protocolName
      record.detailIndex = UInt32(truncatingIfNeeded: snapshot.details.count)
      snapshot.details.append(detail)
    }
    snapshot.records.append(record)
  }
}

extension SocketRecord {
  /// Takes what a copy of the socket's descriptor showed.
  fileprivate mutating func take(_ copied: CopiedSocket, ownNamespace: NetworkNamespaceID?) {
    uid = copied.uid
    known.insert(.uid)
    if let cookie = copied.cookie {
      self.cookie = cookie
      known.insert(.cookie)
    }
    if let type = SocketType(rawValue: UInt8(truncatingIfNeeded: copied.type)) {
      socketType = type
      known.insert(.socketType)
    }
    if let interface = copied.interface {
      self.interface = interface
      known.insert(.interface)
    }
    if let inode = copied.foreignNamespace {
      networkNamespace = NetworkNamespaceID(truncating: inode)
    } else if copied.isOfOwnNamespace == true {
      networkNamespace = ownNamespace
    }
    if transport.isInternet {
      if let local = copied.local { (localBits, localPort) = (local.ipBits ?? 0, local.port ?? 0) }
      if let peer = copied.peer { (remoteBits, remotePort) = (peer.ipBits ?? 0, peer.port ?? 0) }
      if !transport.hasPorts { localPort = UInt16(truncatingIfNeeded: copied.protocolNumber) }
    } else if TransportSet.withProtocols.contains(transport) {
      localPort = UInt16(truncatingIfNeeded: copied.protocolNumber)
      if transport == .netlink { localBits = copied.local?.netlinkPort.map { UInt128($0) } ?? 0 }
    } else if transport == .vsock {
      if let end = copied.local?.vsock { localBits = NumberedEnd(host: end.cid, port: end.port).bits }
      if let end = copied.peer?.vsock { remoteBits = NumberedEnd(host: end.cid, port: end.port).bits }
    } else if transport == .xdp, let end = copied.local?.xdp {
      localBits = UInt128(end.queue)
      interface = end.interface
      known.insert(.interface)
    }
    state = copied.state(of: transport)
  }
}

extension CopiedSocket {
  /// The state of a socket that is in no table: for one of another namespace, whose tables were not
  /// read, what its own options say.
  fileprivate func state(of transport: Transport) -> SocketState {
    if transport.hasTCPStates {
      // TCP_CLOSE, and the states of sockets that are in tables.
      if let number = tcpState, number != SocketState.close.rawValue {
        return number == 12 ? .synRecv : SocketState(rawValue: number) ?? .unhashed
      }
      if isListening { return .listen }
      // A port without any traffic was bound; after a connection what is left is only its number.
      let isBound = isOfOwnNamespace == false && hasTraffic == false && local?.port ?? 0 != 0
      return isBound ? .boundInactive : .unhashed
    }
    guard isOfOwnNamespace == false, transport != .other else { return .unhashed }
    if isListening { return .listen }
    switch transport {
    case .netlink: return local?.netlinkPort ?? 0 == 0 ? .unhashed : .unconnected
    case .udp, .udplite, .icmp:
      if local?.port ?? 0 == 0 { return .unhashed }
    default: break
    }
    return peer == nil ? .unconnected : .connected
  }
}

extension ProcRoot {
  /// Whether a process is known to be in a network namespace other than the one that is read: its
  /// sockets are the business of that one.
  func isInOtherNamespace(_ pid: Int32) -> Bool {
    guard !coversAllNamespaces, let process = try? ProcessFolder(pid, in: self) else { return false }
    return namespaceElsewhere(of: process) != nil
  }

  /// The network namespace that a process is in; `nil` when it is the one that is read, or not
  /// known.
  func namespaceElsewhere(of process: ProcessFolder) -> OwnerWalk.OtherNamespace? {
    guard shape == .live else {
      guard let read = manifest?.netns, let link = try? process.namespaceLink,
        let its = FileLink.networkNamespace(link.span), its != read.inode
      else { return nil }
      return OwnerWalk.OtherNamespace(inode: UInt64(its))
    }
    guard isOwnKernel, let read = ownNamespace else { return nil }
    if let its = try? process.folder.status(of: "ns/net") {
      return NetworkNamespaceID(truncating: its.inode) == read ? nil : OwnerWalk.OtherNamespace(inode: its.inode)
    }
    // Without permission to follow that link the tables still help: each namespace has its own
    // files.
    guard let own = try? folder.status(of: tables + "dev"),
      let its = try? process.folder.status(of: "net/dev"), own.inode != its.inode
    else { return nil }
    return OwnerWalk.OtherNamespace(inode: nil)
  }
}
