import SocketModel

/// The rows of a snapshot that checks look at, found in one pass over its records: of a hundred
/// thousand healthy connections none is among them.
struct RowGroups: Sendable {
  /// TCP listeners.
  var listeners: [UInt32] = []
  /// Connections that nobody has accepted yet.
  var waiting: [UInt32] = []
  /// CLOSE_WAIT with a file.
  var closeWait: [UInt32] = []
  /// FIN_WAIT2 that a process has.
  var finWait2: [UInt32] = []
  var synReceived: [UInt32] = []
  var synSent: [UInt32] = []
  /// Established connections of a process with a detail, or with data in a queue.
  var connections: [UInt32] = []
  /// UDP sockets.
  var datagrams: [UInt32] = []
  /// Sockets in no table.
  var unhashed: [UInt32] = []

  init(_ snapshot: Snapshot) {
    for row in snapshot.records.indices {
      let record = snapshot.records[row]
      let index = UInt32(truncatingIfNeeded: row)
      if record.state == .unhashed {
        unhashed.append(index)
        continue
      }
      if record.transport == .udp || record.transport == .udplite {
        datagrams.append(index)
        continue
      }
      guard record.transport == .tcp || record.transport == .mptcp else { continue }
      let isOpen = record.canHaveOwner || !record.known.contains(.inode)
      switch record.state {
      case .listen: listeners.append(index)
      case .synRecv: synReceived.append(index)
      case .synSent: synSent.append(index)
      case .closeWait, .established:
        if !isOpen {
          // A subflow of MPTCP has no file either.
          if record.detailIndex == SocketRecord.noIndex || snapshot.details[Int(record.detailIndex)].mptcp == nil {
            waiting.append(index)
          }
        } else if record.state == .closeWait {
          closeWait.append(index)
        } else if record.detailIndex != SocketRecord.noIndex || record.receiveQueue > 0 || record.sendQueue > 0 {
          connections.append(index)
        }
      case .finWait2: if isOpen { finWait2.append(index) }
      default: break
      }
    }
  }
}

/// A port in a network namespace.
struct PortInNamespace: Hashable {
  let namespace: UInt32
  let port: UInt16

  init(_ record: SocketRecord) { (namespace, port) = (record.namespaceNumber, record.localPort) }
}

/// Sockets by the process that has them: the first one, where several do.
struct RowsOfProcess {
  /// The index of the process in `Snapshot/processes`; -1 where none may be seen.
  let process: Int32
  var rows: [UInt32] = []
}

extension Examination {
  /// Groups rows by process; those with most rows first.
  func byProcess(_ rows: [UInt32]) -> [RowsOfProcess] {
    var places: [Int32: Int] = [:]
    var groups: [RowsOfProcess] = []
    for row in rows {
      let owner = snapshot.owners(at: Int(row)).first { $0.processIndex != nil }
      let process = owner?.processIndex ?? -1
      if places[process] == nil {
        places[process] = groups.count
        groups.append(RowsOfProcess(process: process))
      }
      if let place = places[process] { groups[place].rows.append(row) }
    }
    return groups.sorted { ($1.rows.count, $0.process) < ($0.rows.count, $1.process) }
  }

  /// Who has the rows of a group, as a subject and as arguments of a listing.
  func subject(of group: RowsOfProcess) -> (subject: Finding.Subject, holder: SocketHolder?, listing: String) {
    guard group.process >= 0 else {
      let holder = group.rows.first.map { snapshot.holder(at: Int($0)) }
      return (.unseenProcess, holder, "")
    }
    let process = snapshot.processes[Int(group.process)]
    let shown = SocketHolder.Process(pid: process.pid, name: process.shownName)
    return (.process(shown), .processes([shown]), "--pid \(process.pid) ")
  }

  /// The end that most of some rows are connected with, and how many are; `nil` for none.
  func commonPeer(of rows: [UInt32]) -> (peer: Endpoint, count: Int)? {
    var counts: [Endpoint: Int] = [:]
    for row in rows {
      let record = snapshot.records[Int(row)]
      guard record.hasPeer, let peer = record.remote else { continue }
      counts[peer, default: 0] += 1
    }
    return counts.max { ($0.value, $1.key.port) < ($1.value, $0.key.port) }.map { ($0.key, $0.value) }
  }
}
