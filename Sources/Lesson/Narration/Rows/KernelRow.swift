import LinuxSystem
import Rendering
import SocketModel

/// One socket's row in the kernel's table, in the words of the narration.
struct KernelRow: Sendable, Equatable {
  /// Who has the socket open.
  enum Owner: Sendable, Equatable {
    /// This process, under this descriptor.
    case descriptor(Int32)
    /// No process: the socket is not accepted yet, or was closed and the kernel is finishing its
    /// connection.
    case nobody
    /// The owner could not be determined.
    case unknown
  }

  /// Queues that count memory.
  enum MemoryQueues: Sendable, Equatable {
    /// Both queues, as for UDP.
    case both
    /// Only the send queue, as for unix sockets.
    case sending
  }

  var state: SocketState
  /// The time until the kernel drops a socket that has already been closed, in milliseconds.
  var remaining: UInt32?
  var receiveQueue: UInt32?
  var sendQueue: UInt32?
  /// The two ends, `-` for none; escaped.
  var local: String
  var peer: String
  var owner: Owner
  /// Which of the queues, if any, is not empty and counts memory rather than bytes of data.
  var memoryQueues: MemoryQueues?

  /// Makes a row from a snapshot in which only this process's owners were looked for.
  init(_ snapshot: Snapshot, row: Int) {
    let record = snapshot.records[row]
    state = record.state
    if record.known.contains(.timer), record.timer == .timeWait { remaining = record.timerMilliseconds }
    if record.known.contains(.receiveQueue) { receiveQueue = record.receiveQueue }
    if record.known.contains(.sendQueue) { sendQueue = record.sendQueue }
    if record.transport == .unix {
      // The limit of a listener's accept queue.
      memoryQueues = record.sendQueue > 0 && record.state != .listen ? .sending : nil
    } else if !record.transport.hasTCPStates {
      memoryQueues = record.receiveQueue > 0 || record.sendQueue > 0 ? .both : nil
    }
    if record.transport == .unix {
      local = snapshot.name(at: row)?.shown ?? "-"
      peer = record.peerInode.flatMap { $0 == 0 ? nil : "inode \($0)" } ?? "-"
    } else {
      let ends = EndText(snapshot)
      local = ends.local(record)
      peer = ends.peer(record)
    }
    if let descriptor = snapshot.owners(at: row).first?.descriptor {
      owner = .descriptor(descriptor)
    } else {
      // TIME_WAIT and SYN_RECV sockets have no inode.
      owner = record.known.contains(.inode) && record.inode != 0 ? .unknown : .nobody
    }
  }

  /// Makes a row from its values.
  init(_ state: SocketState, queues: (UInt32, UInt32)? = nil, local: String, peer: String = "-", owner: Owner) {
    self.state = state
    receiveQueue = queues?.0
    sendQueue = queues?.1
    self.local = local
    self.peer = peer
    self.owner = owner
  }

  /// The state, with the remaining seconds where the kernel counts them.
  var stateText: String {
    guard let remaining else { return state.name }
    return "\(state.name) \((remaining + 999) / 1000)s"
  }

  /// The owner in a few columns.
  func ownerText(in language: Language) -> String {
    switch owner {
    case .descriptor(let number): "fd \(number)"
    case .nobody: language("none", "nadie")
    case .unknown: "-"
    }
  }
}

/// What a look at the kernel's table showed of a socket.
enum RowSighting: Sendable, Equatable {
  /// Its row.
  case row(KernelRow)
  /// It has none, for the given reason.
  case none(RowAbsence)

  var row: KernelRow? {
    if case .row(let row) = self { row } else { nil }
  }
}

/// A socket's row before and after a call.
struct RowPair: Sendable, Equatable {
  var before: RowSighting
  var after: RowSighting
}
