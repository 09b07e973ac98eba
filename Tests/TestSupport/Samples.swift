package import SocketModel

/// Made-up sockets for the tests.
package enum Samples {
  /// Two listeners of python3, one connection of two processes, one TIME_WAIT, one idle UDP socket.
  package static func internet() -> Snapshot {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    snapshot.processes = [
      ProcessInfo(pid: 4112, name: Array("python3".utf8)), ProcessInfo(pid: 4113, name: Array("tmux: server".utf8)),
    ]
    snapshot.processes[0].executable = Array("/usr/bin/python3".utf8)
    snapshot.userNames = [1000: "dev"]
    add(&snapshot, .tcp, .ipv4, .listen, "127.0.0.1", 1234, owners: [(0, 3)]) { record in
      record.receiveQueue = 2
      record.sendQueue = 4096
      record.inode = 323_642
      record.known.formUnion([.uid, .inode, .cookie])
      record.uid = 1000
      record.cookie = 0x1903C
    }
    add(&snapshot, .tcp, .ipv6, .listen, "::", 80, owners: [(0, 4), (0, 5)])
    add(&snapshot, .tcp, .ipv6, .established, "::1", 80, "2001:db8::25", 40000, owners: [(0, 6), (1, 7)])
    add(&snapshot, .tcp, .ipv4, .timeWait, "127.0.0.1", 1234, "127.0.0.1", 40001) { record in
      record.known = [.timer]
      record.timer = .timeWait
      record.timerMilliseconds = 59_000
    }
    add(&snapshot, .udp, .ipv4, .unconnected, "0.0.0.0", 68)
    snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
    return snapshot
  }

  /// A snapshot of unix sockets with these names and a process with this name that owns them all.
  package static func unix(_ names: [[UInt8]], process: [UInt8]) -> Snapshot {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
    snapshot.processes = [ProcessInfo(pid: 7, name: process)]
    for (index, name) in names.enumerated() {
      var record = SocketRecord(transport: .unix, family: .unix, state: .listen)
      record.known = [.socketType, .inode]
      record.inode = UInt64(index + 1)
      if !name.isEmpty { record.nameIndex = snapshot.names.append(name.span) }
      snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
      snapshot.owners.append(Owner(pid: 7, descriptor: Int32(index), processIndex: 0))
      snapshot.records.append(record)
    }
    snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
    return snapshot
  }

  package static func rows(_ snapshot: Snapshot) -> ArraySlice<UInt32> {
    snapshot.records.indices.map { UInt32($0) }[...]
  }

  package static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  private static func add(
    _ snapshot: inout Snapshot, _ transport: Transport, _ family: AddressFamily, _ state: SocketState,
    _ local: String, _ localPort: UInt16, _ remote: String? = nil, _ remotePort: UInt16 = 0,
    owners: [(process: Int, descriptor: Int32)] = [], change: (inout SocketRecord) -> Void = { _ in }
  ) {
    var record = SocketRecord(transport: transport, family: family, state: state)
    record.localBits = IPAddress(local)?.bits ?? 0
    record.localPort = localPort
    record.remoteBits = remote.flatMap { IPAddress($0) }?.bits ?? 0
    record.remotePort = remotePort
    record.known = [.receiveQueue, .sendQueue]
    change(&record)
    snapshot.records.append(record)
    snapshot.ownerStarts.append(UInt32(snapshot.owners.count))
    for owner in owners {
      let pid = snapshot.processes[owner.process].pid
      snapshot.owners.append(Owner(pid: pid, descriptor: owner.descriptor, processIndex: Int32(owner.process)))
    }
  }
}
