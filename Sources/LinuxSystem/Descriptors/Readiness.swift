import CLinux
import Glibc

/// Waits for many descriptors at once: `epoll(7)`, level-triggered.
package struct ReadinessQueue: ~Copyable, Sendable {
  /// What to wait for on a descriptor.
  package struct Interest: OptionSet, Sendable, Hashable {
    /// One bit for each condition.
    package let rawValue: UInt32
    /// Makes a set from its bits.
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    /// Bytes, a connection or an end can be read; the corresponding C constant is `EPOLLIN`.
    package static let reading = Interest(rawValue: 0x001)
    /// There is room to write; the corresponding C constant is `EPOLLOUT`.
    package static let writing = Interest(rawValue: 0x004)
  }

  /// A descriptor that is ready.
  package struct Event: Sendable, Hashable {
    /// The tag that the descriptor was added with.
    package let tag: UInt64
    /// What it is ready for.
    package let ready: Interest
    /// Whether the connection has ended in both directions or has an error (`EPOLLHUP`,
    /// `EPOLLERR`), which is always reported.
    package let isOver: Bool
  }

  private let descriptor: Descriptor

  /// Makes a queue with `epoll_create1(2)`.
  package init() throws(SystemError) {
    let number = sockinspect_epoll_create()
    guard number >= 0 else { throw SystemError("epoll_create1") }
    descriptor = Descriptor(owning: number)
  }

  /// Waits for a descriptor from now on, until it is closed or removed.
  package func add(_ number: Int32, for interest: Interest, tag: UInt64) throws(SystemError) {
    try control(1, number, interest, tag)
  }

  /// Changes what to wait for on a descriptor that was added. With an empty interest its end is
  /// still reported.
  package func change(_ number: Int32, to interest: Interest, tag: UInt64) throws(SystemError) {
    try control(3, number, interest, tag)
  }

  /// Removes a descriptor from the queue.
  package func remove(_ number: Int32) throws(SystemError) { try control(2, number, [], 0) }

  /// Waits until at least one descriptor is ready or the time is over.
  ///
  /// - Parameters:
  ///   - milliseconds: how long to wait; `nil` for as long as it takes.
  ///   - events: replaced by the descriptors that are ready, at most 64; empty when the time is
  ///     over.
  package func wait(milliseconds: Int?, into events: inout [Event]) throws(SystemError) {
    var masks: [UInt32] = Array(repeating: 0, count: 64)
    var tags: [UInt64] = Array(repeating: 0, count: 64)
    let limit = Int32(clamping: milliseconds.map { max(0, $0) } ?? -1)
    let count = retryingInterrupts { unsafe sockinspect_epoll_wait(descriptor.number, &masks, &tags, limit) }
    events.removeAll(keepingCapacity: true)
    guard count >= 0 else { throw SystemError("epoll_wait") }
    for index in 0..<Int(count) {
      // EPOLLERR and EPOLLHUP.
      let isOver = masks[index] & 0x018 != 0
      events.append(Event(tag: tags[index], ready: Interest(rawValue: masks[index] & 0x005), isOver: isOver))
    }
  }

  private func control(
    _ operation: Int32, _ number: Int32, _ interest: Interest, _ tag: UInt64
  ) throws(SystemError) {
    guard sockinspect_epoll_control(descriptor.number, operation, number, interest.rawValue, tag) == 0 else {
      throw SystemError("epoll_ctl")
    }
  }
}
