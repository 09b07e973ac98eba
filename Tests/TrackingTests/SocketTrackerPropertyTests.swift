import KernelFormats
import SocketModel
import TestSupport
import Testing

@testable import Tracking

@Suite("Tracking, whatever happens", .timeLimited)
struct SocketTrackerPropertyTests {
  /// What TCP allows after each state.
  private static let ways: [SocketState: [SocketState]] = [
    .synSent: [.established, .close, .synRecv], .synRecv: [.established, .close, .finWait1],
    .established: [.finWait1, .closeWait, .close], .finWait1: [.finWait2, .closing, .close], .finWait2: [.close],
    .closing: [.close], .closeWait: [.lastAck, .close], .lastAck: [.close],
  ]

  /// What is wrong with a stream: every socket's events follow each other, it opens and closes at
  /// most once, and the times never go back.
  private func faults(in events: [SocketEvent], mayStartUnseen: Bool) -> [String] {
    var faults: [String] = []
    var states: [UInt64: SocketState?] = [:]
    var closed: Set<UInt64> = []
    var last: Int64 = 0
    for event in events where event.kind != .missed {
      if event.time.nanosecondsSince1970 < last { faults.append("the time goes back") }
      last = event.time.nanosecondsSince1970
      if closed.contains(event.socketID) { faults.append("socket \(event.socketID) goes on after its end") }
      if event.kind == .opened {
        if states[event.socketID] != nil { faults.append("socket \(event.socketID) opens again") }
      } else if let before = states[event.socketID] {
        if event.from != before { faults.append("socket \(event.socketID) was not in \(event.from?.name ?? "-")") }
      } else if !mayStartUnseen {
        faults.append("socket \(event.socketID) begins with \(event.kind)")
      }
      states[event.socketID] = event.to
      if event.kind == .closed { closed.insert(event.socketID) }
    }
    return faults
  }

  @Test(
    "random connections, lost transitions, reused addresses and ports, scans between", arguments: 1...60)
  func random(seed: UInt64) {
    var numbers = SeededGenerator(seed: seed)
    let losesSome = seed % 3 == 0
    var script = Script(notices: seed % 2 == 0, there: [Script.tcp(.listen, 80, cookie: 1)], owners: [[Script.server]])
    var sockets: [UInt64: SocketRecord] = [:]
    var remainders: [SocketRecord] = []
    var cookie: UInt64 = 10
    for _ in 0..<400 {
      let pointer = UInt64.random(in: 1...6, using: &numbers)
      let isLost = losesSome && UInt64.random(in: 0..<10, using: &numbers) == 0
      if let old = sockets[pointer] {
        let next = Self.ways[old.state]?.randomElement(using: &numbers) ?? .close
        var record = old
        record.state = next
        if next == .close {
          sockets[pointer] = nil
          if [.finWait2, .closing].contains(old.state) {
            var rest = Script.tcp(.timeWait, old.localPort, old.remotePort, cookie: old.cookie)
            rest.localBits = old.localBits
            remainders.append(rest)
          }
        } else {
          sockets[pointer] = record
        }
        script.kernel = remainders
        if !isLost { script.pass(pointer, old.state, record, by: Bool.random(using: &numbers) ? Script.client : nil) }
        if next == .close { script.destroyed(record) }
      } else {
        cookie += 1
        let port = UInt16.random(in: 40000...40010, using: &numbers)
        // Both ends' ports are used by one connection at a time.
        guard !sockets.values.contains(where: { $0.localPort == port || $0.remotePort == port }) else { continue }
        remainders.removeAll { $0.localPort == port || $0.remotePort == port }
        script.kernel = remainders
        let isClient = Bool.random(using: &numbers)
        var record = Script.tcp(
          isClient ? .synSent : .synRecv, isClient ? port : 80, isClient ? 80 : port, cookie: cookie, inode: cookie)
        sockets[pointer] = record
        if isClient, Bool.random(using: &numbers) { record.localPort = 0 }
        if !isLost {
          script.pass(pointer, isClient ? .close : .listen, record, by: isClient ? Script.client : nil)
        }
      }
      if UInt64.random(in: 0..<12, using: &numbers) == 0 {
        script.read([Script.tcp(.listen, 80, cookie: 1)] + sockets.values + remainders)
      }
    }
    script.wait(milliseconds: 200)
    let faults = faults(in: script.events, mayStartUnseen: losesSome)
    #expect(faults.isEmpty, "seed \(seed)")
    // A last scan leaves only what exists.
    script.read([Script.tcp(.listen, 80, cookie: 1)] + sockets.values + remainders)
    script.wait(milliseconds: 200)
    script.read([Script.tcp(.listen, 80, cookie: 1)] + sockets.values + remainders)
    script.wait(milliseconds: 200)
    let living = script.tracker.sockets.values.filter { $0.closed == nil && $0.scope != .other }
    #expect(living.count == 1 + sockets.count + remainders.count, "seed \(seed)")
    // Of several that wait for an answer from the same place it is not known which is which, so
    // none has a known cookie.
    let cookies = Set([1] + sockets.values.map(\.cookie) + remainders.map(\.cookie))
    let known = living.map(\.record.cookie).filter { $0 != 0 }
    #expect(Set(known).count == known.count && Set(known).isSubset(of: cookies), "seed \(seed)")
    #expect(living.count - known.count <= sockets.values.count { $0.state == .synSent }, "seed \(seed)")
    #expect(script.tracker.openings.count <= 6, "seed \(seed)")
  }

  @Test("the check finds what it is meant to find")
  func detector() {
    let record = Script.tcp(.established)
    func event(_ kind: SocketEvent.Kind, _ id: UInt64, _ from: SocketState?, _ to: SocketState?, at: Int64)
      -> SocketEvent
    {
      var event = SocketEvent(kind, at: Timestamp(nanosecondsSince1970: at), source: .tracepoint, record: record)
      event.socketID = id
      event.from = from
      event.to = to
      return event
    }
    let opened = event(.opened, 1, nil, .synSent, at: 1)
    for wrong in [
      [opened, opened], [event(.closed, 1, .listen, nil, at: 1)],
      [opened, event(.changed, 1, .established, .finWait1, at: 2)],
      [opened, event(.closed, 1, .synSent, nil, at: 2), event(.changed, 1, nil, .established, at: 3)],
      [opened, event(.changed, 1, .synSent, .established, at: 0)],
    ] {
      #expect(faults(in: wrong, mayStartUnseen: false).count == 1)
    }
  }
}
