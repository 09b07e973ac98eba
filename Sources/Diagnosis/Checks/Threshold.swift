/// The limits from which a check reports something. The raw value is the name on the command line.
package enum Threshold: String, CaseIterable, Sendable, Hashable {
  case acceptWait = "accept-wait"
  case backlog
  case synQueue = "syn-queue"
  case closeWaitAge = "close-wait-age"
  case resetSockets = "reset-sockets"
  case orphans
  case finWaitAge = "fin-wait-age"
  case timeWait = "time-wait"
  case ephemeralPorts = "ephemeral-ports"
  case descriptors
  case udpQueue = "udp-queue"
  case zeroWindowAge = "zero-window-age"
  case sendBuffer = "send-buffer"
  case retransmits
  case retransmitsInRow = "retransmits-in-row"
  case unansweredAge = "unanswered-age"
  case unreadAge = "unread-age"
  case conntrack
  case idleAge = "idle-age"

  /// What kind of number it is.
  package enum Unit: Sendable {
    /// Milliseconds.
    case time
    /// A share of a limit, 0-100.
    case percent
    case count
  }

  /// What kind of number it is.
  package var unit: Unit {
    switch self {
    case .acceptWait, .closeWaitAge, .finWaitAge, .zeroWindowAge, .unansweredAge, .unreadAge, .idleAge: .time
    case .backlog, .synQueue, .orphans, .timeWait, .ephemeralPorts, .descriptors, .udpQueue, .sendBuffer, .retransmits,
      .conntrack:
      .percent
    case .resetSockets, .retransmitsInRow: .count
    }
  }

  /// Its value unless another is given.
  package var standard: UInt64 {
    switch self {
    case .acceptWait: 10_000
    case .backlog: 50
    case .synQueue: 75
    case .closeWaitAge: 60_000
    case .resetSockets: 10
    case .orphans: 50
    case .finWaitAge: 60_000
    case .timeWait: 80
    case .ephemeralPorts: 90
    case .descriptors: 80
    case .udpQueue: 50
    case .zeroWindowAge: 5000
    case .sendBuffer: 50
    case .retransmits: 5
    case .retransmitsInRow: 3
    case .unansweredAge: 1000
    case .unreadAge: 30_000
    case .conntrack: 80
    case .idleAge: 7_200_000
    }
  }

  /// The check that it belongs to.
  package var check: Check {
    switch self {
    case .acceptWait: .acceptQueue
    case .backlog: .backlog
    case .synQueue: .synQueue
    case .closeWaitAge: .closeWait
    case .resetSockets: .resetSockets
    case .orphans, .finWaitAge: .orphans
    case .timeWait: .timeWait
    case .ephemeralPorts: .ephemeralPorts
    case .descriptors: .descriptors
    case .udpQueue: .udpDrops
    case .zeroWindowAge: .zeroWindow
    case .sendBuffer: .sendBuffer
    case .retransmits, .retransmitsInRow: .retransmits
    case .unansweredAge: .unanswered
    case .unreadAge: .unread
    case .conntrack: .conntrack
    case .idleAge: .keepalive
    }
  }
}

/// The thresholds of an examination.
package struct Thresholds: Sendable, Hashable {
  private var values: [Threshold: UInt64] = [:]

  package init() {}

  /// The value in force, in the threshold's own unit.
  package subscript(threshold: Threshold) -> UInt64 {
    get { values[threshold] ?? threshold.standard }
    set { values[threshold] = newValue }
  }
}
