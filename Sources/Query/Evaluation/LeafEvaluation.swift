internal import SocketModel

/// Tests one leaf on one socket.
extension Condition.Leaf {
  /// Whether the socket in a row has the tested value.
  package func holds(_ snapshot: Snapshot, row: Int) -> Bool {
    switch self {
    case .states(let states): return states.contains(snapshot.records[row].state)
    case .transports(let transports): return transports.contains(snapshot.records[row].transport)
    case .families(let families): return families.contains(snapshot.records[row].family)
    case .words(let field, let words):
      return FieldNumber(field).of(snapshot, row: row).map { words.contains($0) } ?? false
    case .port(.local, let set):
      return snapshot.records[row].numberAsLocalPort.map { set.contains($0) } ?? false
    case .port(.peer, let set): return snapshot.records[row].port(.peer).map { set.contains($0) } ?? false
    case .address(.local, let prefix):
      return snapshot.records[row].local.map { prefix.contains($0.address) } ?? false
    case .address(.peer, let prefix):
      return snapshot.records[row].hasPeer && snapshot.records[row].remote.map { prefix.contains($0.address) } ?? false
    case .autobound(let range):
      return snapshot.records[row].transport == .unix
        ? snapshot.isAutoboundName(row) : snapshot.isAutoboundPort(row, range)
    case .flag(let field, let value): return FieldNumber(field).of(snapshot, row: row) == (value ? 1 : 0)
    case .mark(let value, let mask):
      guard let mark = snapshot.mark(at: row) else { return false }
      return mark & mask == value
    case .number(let field, let set), .user(let field, let set):
      return set.holds(FieldNumber(field), snapshot, row: row)
    case .fields(let pair): return pair.holds(snapshot, row: row)
    case .present(let field): return snapshot.value(of: field, at: row) != .absent
    case .text(let field, let glob): return snapshot.holds(glob, field, row)
    case .contains(let search): return search.holds(snapshot, row: row)
    case .process(let pattern): return snapshot.holds(pattern, in: snapshot.ownerRange(at: row))
    case .peerProcess(let pattern): return snapshot.holds(pattern, in: snapshot.peerOwnerRange(at: row))
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

  /// Whether a unix socket has no name or one as the kernel gives them: abstract, five hexadecimal
  /// digits (`unix_autobind`, `net/unix/af_unix.c`).
  fileprivate func isAutoboundName(_ row: Int) -> Bool {
    guard let name = name(at: row) else { return true }
    return name.bytes.count == 6 && name.isAbstract
      && name.bytes.dropFirst().allSatisfy {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
      }
  }

  fileprivate func mark(at row: Int) -> UInt32? {
    let index = records[row].detailIndex
    return index == SocketRecord.noIndex ? nil : details[Int(index)].mark
  }

  /// Whether any of some owners is a process that a pattern names.
  fileprivate func holds(_ pattern: ProcessPattern, in owners: Range<Int>) -> Bool {
    for owner in owners {
      guard let index = self.owners[owner].processIndex.map({ Int($0) }) else { continue }
      let isMatch = pattern.matches(
        name: processes[index].name, longName: processes[index].longName, executable: processes[index].executable)
      if isMatch { return true }
    }
    return false
  }

  /// Whether the text of a field, for any owner, matches.
  fileprivate func holds(_ glob: Glob, _ field: Field, _ row: Int) -> Bool {
    guard field.isPerOwner else { return value(of: field, at: row).matches(glob) }
    for index in ownerRange(of: field, at: row) where value(of: field, owner: owners[index]).matches(glob) {
      return true
    }
    return false
  }
}

extension RangeSet {
  /// Whether the number of a field, for any owner, is in the set.
  func holds(_ field: FieldNumber, _ snapshot: Snapshot, row: Int) -> Bool {
    guard field.isPerOwner else { return field.of(snapshot, row: row).map { contains($0) } ?? false }
    for index in field.ownerRange(snapshot, row: row) {
      if let number = field.of(snapshot, owner: index), contains(number) { return true }
    }
    return false
  }
}

extension SocketRecord {
  /// The number that counts as the local port: for transports with ports that port, and for the
  /// others what `ss` takes for it: the protocol of a raw socket, the echo identifier of an ICMP
  /// one, the port id of netlink, the interface of a packet socket, the queue of an xdp one. The
  /// ports of vsock and TIPC have 32 bits.
  @inline(__always)
  var numberAsLocalPort: UInt64? {
    if transport.hasPorts { return UInt64(localPort) }
    switch transport {
    case .raw, .icmp: return UInt64(localPort)
    case .netlink: return UInt64(portID)
    case .packet: return known.contains(.interface) ? UInt64(interface) : nil
    case .vsock, .tipc: return port(.local)
    case .xdp: return interfaceQueue.map { UInt64($0) }
    default: return nil
    }
  }
}

extension FieldValue {
  /// Whether the value as it is shown matches.
  fileprivate func matches(_ glob: Glob) -> Bool {
    switch self {
    case .bytes(let bytes): glob.matches(bytes)
    case .word(let word): glob.matches(Array(word.utf8))
    case .number(let number): glob.matches(Array(String(number).utf8))
    case .hexadecimal(let number): glob.matches(Array(String(number, radix: 16).utf8))
    default: false
    }
  }
}
