package import SocketModel

/// Answering one question about one socket.
extension Condition.Leaf {
  /// Whether the socket in a row has the value asked for.
  package func holds(_ snapshot: Snapshot, row: Int) -> Bool {
    switch self {
    case .states(let states): return states.contains(snapshot.records[row].state)
    case .transports(let transports): return transports.contains(snapshot.records[row].transport)
    case .families(let families): return families.contains(snapshot.records[row].family)
    case .socketTypes(let types):
      return snapshot.records[row].known.contains(.socketType) && types.contains(snapshot.records[row].socketType)
    case .timers(let timers):
      return snapshot.records[row].known.contains(.timer) && timers.contains(snapshot.records[row].timer)
    case .shutdowns(let directions):
      return snapshot.records[row].known.contains(.shutdown)
        && directions.contains(snapshot.records[row].flags.intersection([.receiveShutdown, .sendShutdown]))
    case .attributions(let ways): return snapshot.attribution(at: row).map { ways.contains($0) } ?? false
    case .port(.local, let set):
      return snapshot.records[row].numberAsLocalPort.map { set.contains($0) } ?? false
    case .port(.peer, let set):
      return snapshot.records[row].transport.hasPorts && snapshot.records[row].hasPeer
        && set.contains(UInt64(snapshot.records[row].remotePort))
    case .address(.local, let prefix):
      return snapshot.records[row].local.map { prefix.contains($0.address) } ?? false
    case .address(.peer, let prefix):
      return snapshot.records[row].hasPeer && snapshot.records[row].remote.map { prefix.contains($0.address) } ?? false
    case .autobound(let range):
      return snapshot.records[row].transport == .unix
        ? snapshot.isAutoboundName(row) : snapshot.isAutoboundPort(row, range)
    case .flag(let value):
      return snapshot.records[row].known.contains(.ipv6Only)
        && snapshot.records[row].flags.contains(.ipv6Only) == value
    case .mark(let value, let mask):
      guard let mark = snapshot.mark(at: row) else { return false }
      return mark & mask == value
    case .number(let field, let set): return snapshot.holds(set, field, row)
    case .fields(let pair): return pair.holds(snapshot, row: row)
    case .user(let field, let set): return snapshot.holds(set, field, row)
    case .present(let field): return snapshot.value(of: field, at: row) != .absent
    case .text(let field, let glob): return snapshot.holds(glob, field, row)
    case .contains(let search): return search.holds(snapshot, row: row)
    case .process(let pattern):
      for owner in snapshot.ownerRange(at: row) {
        guard let index = snapshot.owners[owner].processIndex.map({ Int($0) }) else { continue }
        if pattern.matches(name: snapshot.processes[index].name, executable: snapshot.processes[index].executable) {
          return true
        }
      }
      return false
    }
  }
}

extension Snapshot {
  /// Whether no call of bind(2) asked for the port, and it is one of those that the kernel chooses
  /// from: an accepted connection has its listener's port without any call of bind(2).
  fileprivate func isAutoboundPort(_ row: Int, _ range: ClosedRange<UInt16>) -> Bool {
    records[row].transport.hasPorts && records[row].flags.contains(.isAutobound)
      && range.contains(records[row].localPort)
  }

  /// Whether a unix socket has no name or one as the kernel gives them: abstract, five hexadecimal digits
  /// (`unix_autobind`, `net/unix/af_unix.c`).
  fileprivate func isAutoboundName(_ row: Int) -> Bool {
    guard let name = name(at: row) else { return true }
    return name.bytes.count == 6 && name.isAbstract
      && name.bytes.dropFirst().allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  fileprivate func mark(at row: Int) -> UInt32? {
    let index = records[row].detailIndex
    return index == SocketRecord.noIndex ? nil : details[Int(index)].mark
  }

  /// The number in a field of a socket; `nil` when it is absent or no number.
  package func number(of field: Field, at row: Int) -> UInt64? {
    func told(_ number: UInt32, _ known: SocketRecord.Known) -> UInt64? {
      records[row].known.contains(known) ? UInt64(number) : nil
    }
    switch field {
    case .localPort: return records[row].transport.hasPorts ? UInt64(records[row].localPort) : nil
    case .peerPort:
      return records[row].transport.hasPorts && records[row].hasPeer ? UInt64(records[row].remotePort) : nil
    case .acceptQueue: return records[row].countsConnections ? told(records[row].receiveQueue, .receiveQueue) : nil
    case .acceptLimit: return records[row].countsConnections ? told(records[row].sendQueue, .sendQueue) : nil
    case .receiveQueue: return told(records[row].receiveQueue, .receiveQueue)
    case .sendQueue: return told(records[row].sendQueue, .sendQueue)
    case .uid, .user: return told(records[row].uid, .uid)
    case .inode: return records[row].known.contains(.inode) ? records[row].inode : nil
    case .cookie: return records[row].known.contains(.cookie) ? records[row].cookie : nil
    case .netns: return told(records[row].netns, .netns)
    case .drops: return told(records[row].drops, .drops)
    // 0 is "bound to none", as in ss.
    case .interface: return told(records[row].interface, .interface)
    case .tcp(let metric):
      let index = records[row].detailIndex
      return index == SocketRecord.noIndex ? nil : details[Int(index)].tcp?[metric]
    default: return value(of: field, at: row).number
    }
  }

  /// Whether the number of a field, or of any owner's, is in the set.
  fileprivate func holds(_ set: RangeSet, _ field: Field, _ row: Int) -> Bool {
    guard field.isPerOwner else { return number(of: field, at: row).map { set.contains($0) } ?? false }
    for index in ownerRange(at: row) {
      if let number = number(of: field, owner: index), set.contains(number) { return true }
    }
    return false
  }

  /// The number in a field of an owner, by its index; `nil` when it is absent or no number.
  package func number(of field: Field, owner index: Int) -> UInt64? {
    switch field {
    case .pid: owners[index].pid.map { UInt64(max(0, $0)) }
    case .descriptor: owners[index].descriptor.map { UInt64(max(0, $0)) }
    case .processUser: owners[index].processIndex.flatMap { processes[Int($0)].uid }.map { UInt64($0) }
    default: value(of: field, owner: owners[index]).number
    }
  }

  /// Whether the text of a field, or of any owner's, matches.
  fileprivate func holds(_ glob: Glob, _ field: Field, _ row: Int) -> Bool {
    switch field {
    case .path, .local:
      guard let name = name(at: row) else { return false }
      return glob.matches(name.display)
    case _ where field.isPerOwner:
      for index in ownerRange(at: row) where value(of: field, owner: owners[index]).matches(glob) { return true }
      return false
    case .cookie:
      // The kernel's number, as it is shown.
      return number(of: field, at: row).map { glob.matches(Array(String($0, radix: 16).utf8)) } ?? false
    default: return value(of: field, at: row).matches(glob)
    }
  }
}

extension SocketRecord {
  /// The number that is asked for as the local port: that of the transports that have ports, and with the others what `ss` takes for it: the
  /// protocol of a raw socket, the echo identifier of an ICMP one, the port id of netlink, the interface of a packet socket.
  @inline(__always)
  var numberAsLocalPort: UInt64? {
    if transport.hasPorts { return UInt64(localPort) }
    switch transport {
    case .raw, .icmp: return UInt64(localPort)
    case .netlink: return UInt64(portID)
    case .packet: return known.contains(.interface) ? UInt64(interface) : nil
    default: return nil
    }
  }
}

extension FieldValue {
  fileprivate var number: UInt64? {
    switch self {
    case .number(let number), .hexadecimal(let number): number
    default: nil
    }
  }

  /// Whether the value as it is shown matches.
  fileprivate func matches(_ glob: Glob) -> Bool {
    switch self {
    case .bytes(let bytes): glob.matches(bytes)
    case .word(let word): glob.matches(Array(word.utf8))
    case .number(let number): glob.matches(Array(String(number).utf8))
    default: false
    }
  }
}
