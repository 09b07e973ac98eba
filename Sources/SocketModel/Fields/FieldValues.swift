/// Reading fields from a snapshot: the accessor side of the field registry.
extension Snapshot {
  /// The value of a field of the socket in a row.
  ///
  /// Of a field with one value an owner, this is the first owner's; ``value(of:owner:)`` reads one owner's.
  public func value(of field: Field, at row: Int) -> FieldValue {
    let record = records[row]
    switch field {
    case .transport: return .word(record.transport.name)
    case .family: return .word(record.family.name)
    case .socketType: return record.known.contains(.socketType) ? .word(record.socketType.name) : .absent
    case .ipProtocol:
      switch record.transport {
      case .raw, .packet, .netlink: return .number(UInt64(record.localPort))
      default: return .absent
      }
    case .state: return .word(record.state.name)
    case .netns: return optional(record.netns, record.known.contains(.netns))
    case .time: return meta.time.map { .word($0.rfc3339) } ?? .absent
    case .hostName: return meta.hostName.map { .bytes(Array($0.utf8)) } ?? .absent
    case .portID: return record.transport == .netlink ? .number(UInt64(record.portID)) : .absent
    case .peerPortID:
      return record.transport == .netlink && record.hasPeer
        ? .number(UInt64(truncatingIfNeeded: record.remoteBits)) : .absent
    case .echoID: return record.transport == .icmp ? .number(UInt64(record.localPort)) : .absent
    case .groups:
      guard let groups = detail(at: row)?.netlinkGroups, !groups.isEmpty else { return .absent }
      return .word(NetlinkGroups.text(groups))
    case .local: return localValue(record)
    case .localAddress: return record.local.map { .address($0.address) } ?? .absent
    case .localPort: return record.transport.hasPorts ? .number(UInt64(record.localPort)) : .absent
    case .peer: return peerValue(record)
    case .peerAddress: return record.hasPeer ? record.remote.map { .address($0.address) } ?? .absent : .absent
    case .peerPort: return record.transport.hasPorts && record.hasPeer ? .number(UInt64(record.remotePort)) : .absent
    case .interface: return interfaceValue(record)
    case .ipv6Only:
      return record.known.contains(.ipv6Only) ? .flag(record.flags.contains(.ipv6Only)) : .absent
    case .receiveQueue: return optional(record.receiveQueue, record.known.contains(.receiveQueue))
    case .sendQueue: return optional(record.sendQueue, record.known.contains(.sendQueue))
    case .acceptQueue:
      return optional(record.receiveQueue, record.countsConnections && record.known.contains(.receiveQueue))
    case .acceptLimit: return optional(record.sendQueue, record.countsConnections && record.known.contains(.sendQueue))
    case .drops: return optional(record.drops, record.known.contains(.drops))
    case .timer: return record.known.contains(.timer) ? .word(record.timer.name) : .absent
    case .timerExpires: return optional(record.timerMilliseconds, record.known.contains(.timer) && record.timer != .off)
    case .retransmits: return optional(UInt32(record.retransmits), record.known.contains(.retransmits))
    case .probes: return optional(UInt32(record.probes), record.known.contains(.probes))
    case .uid: return optional(record.uid, record.known.contains(.uid))
    case .user: return record.known.contains(.uid) ? userValue(record.uid) : .absent
    case .inode: return record.known.contains(.inode) ? .number(record.inode) : .absent
    case .cookie: return record.known.contains(.cookie) ? .hexadecimal(record.cookie) : .absent
    case .shutdown: return shutdownValue(record)
    case .attribution: return attribution(at: row).map { .word($0.name) } ?? .absent
    case .path: return name(at: row).map { .bytes($0.display) } ?? .absent
    case .peerInode: return record.peerInode.flatMap { $0 == 0 ? nil : .number($0) } ?? .absent
    case .owners, .pid, .descriptor, .process, .executable, .processUser, .processStart:
      let range = ownerRange(at: row)
      return range.isEmpty ? .absent : value(of: field, owner: owners[range.lowerBound])
    case .mark, .cgroup, .receiveAllocated, .receiveLimit, .sendAllocated, .sendLimit, .forwardAllocated, .sendQueued,
      .optionMemory, .backlogMemory, .congestion, .typeOfService, .trafficClass, .tcp:
      return detailValue(field, record)
    }
  }

  /// The value of a field of one owner; ``FieldValue/absent`` for fields that are not an owner's.
  public func value(of field: Field, owner: Owner) -> FieldValue {
    switch field {
    case .pid: return owner.pid.map { .number(UInt64(max(0, $0))) } ?? .absent
    case .descriptor: return owner.descriptor.map { .number(UInt64(max(0, $0))) } ?? .absent
    case .process, .owners: return .bytes(name(of: owner))
    case .executable: return process(of: owner)?.executable.map { .bytes($0) } ?? .absent
    case .processUser: return process(of: owner)?.uid.map { userValue($0) } ?? .absent
    case .processStart:
      guard let start = process(of: owner)?.startTime, let boot = meta.bootTime else { return .absent }
      return .number(boot &+ start / UInt64(max(1, meta.ticksPerSecond)))
    default: return .absent
    }
  }

  /// The user's name where it is known and was asked for, its number otherwise.
  public func userValue(_ uid: UInt32) -> FieldValue {
    userNames[uid].map { .bytes(Array($0.utf8)) } ?? .number(UInt64(uid))
  }

  private func optional(_ number: UInt32, _ isKnown: Bool) -> FieldValue {
    isKnown ? .number(UInt64(number)) : .absent
  }

  private func localValue(_ record: SocketRecord) -> FieldValue {
    switch record.transport {
    case .unix:
      return record.nameIndex == SocketRecord.noIndex ? .absent : .bytes(names[Int(record.nameIndex)].display)
    case .netlink: return .number(UInt64(truncatingIfNeeded: record.localBits))
    case .packet: return interfaceValue(record)
    default: return record.local.map { .endpoint($0) } ?? .absent
    }
  }

  private func peerValue(_ record: SocketRecord) -> FieldValue {
    switch record.transport {
    case .unix: return record.peerInode.flatMap { $0 == 0 ? nil : .number($0) } ?? .absent
    case .netlink: return record.remoteBits == 0 ? .absent : .number(UInt64(truncatingIfNeeded: record.remoteBits))
    case .packet: return .absent
    default: return record.hasPeer ? record.remote.map { .endpoint($0) } ?? .absent : .absent
    }
  }

  private func interfaceValue(_ record: SocketRecord) -> FieldValue {
    guard record.known.contains(.interface), record.interface != 0 else { return .absent }
    return interfaceNames[record.interface].map { .bytes($0) } ?? .number(UInt64(record.interface))
  }

  private func shutdownValue(_ record: SocketRecord) -> FieldValue {
    guard record.known.contains(.shutdown) else { return .absent }
    switch (record.flags.contains(.receiveShutdown), record.flags.contains(.sendShutdown)) {
    case (false, false): return .absent
    case (true, false): return .word("r")
    case (false, true): return .word("w")
    case (true, true): return .word("rw")
    }
  }

  private func detailValue(_ field: Field, _ record: SocketRecord) -> FieldValue {
    guard record.detailIndex != SocketRecord.noIndex else { return .absent }
    let index = Int(record.detailIndex)
    func number(_ value: UInt32?) -> FieldValue { value.map { .number(UInt64($0)) } ?? .absent }
    switch field {
    case .mark: return number(details[index].mark)
    case .cgroup:
      guard let id = details[index].cgroup else { return .absent }
      return cgroupPaths[id].map { .bytes($0) } ?? .number(id)
    case .congestion: return details[index].congestion.map { .bytes(Array($0.utf8)) } ?? .absent
    case .typeOfService: return number(details[index].typeOfService.map(UInt32.init))
    case .trafficClass: return number(details[index].trafficClass.map(UInt32.init))
    case .receiveAllocated: return number(details[index].memory?.receiveAllocated)
    case .receiveLimit: return number(details[index].memory?.receiveLimit)
    case .sendAllocated: return number(details[index].memory?.sendAllocated)
    case .sendLimit: return number(details[index].memory?.sendLimit)
    case .forwardAllocated: return number(details[index].memory?.forwardAllocated)
    case .sendQueued: return number(details[index].memory?.sendQueued)
    case .optionMemory: return number(details[index].memory?.optionMemory)
    case .backlogMemory: return number(details[index].memory?.backlog)
    case .tcp(let metric): return details[index].tcp?[metric].map { .number($0) } ?? .absent
    default: return .absent
    }
  }
}

extension SocketRecord {
  /// Whether this is a TCP listener, whose queues count connections rather than bytes.
  public var isInternetListener: Bool { transport.hasTCPStates && state == .listen }

  /// Whether the queues count connections and their limit: of a TCP listener, and of a unix one
  /// (`UNIX_DIAG_RQLEN`, `net/unix/diag.c`), for which `/proc/net/unix` shows neither.
  public var countsConnections: Bool {
    isInternetListener || state == .listen && transport == .unix && known.contains(.receiveQueue)
  }
}
