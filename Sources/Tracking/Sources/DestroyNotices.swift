import Glibc
import Inspection
import KernelFormats
import LinuxSystem
import SocketModel

/// The kernel's notices of destroyed TCP or UDP sockets: netlink multicast groups of
/// `NETLINK_SOCK_DIAG` that need no privilege, for the calling thread's network namespace
/// (`net/core/sock_diag.c`).
struct DestroyNotices: ~Copyable {
  private var socket: NetlinkSocket
  private let answer: SockDiagAnswer
  private var buffer: [UInt8] = Array(repeating: 0, count: SockDiagDumper.bufferSize)
  /// How many lost datagrams have been reported.
  private var reportedDrops: UInt32 = 0

  /// The corresponding C constants are `SKNLGRP_INET_TCP_DESTROY` and `SKNLGRP_INET6_TCP_DESTROY`,
  /// `SKNLGRP_INET_UDP_DESTROY` and `SKNLGRP_INET6_UDP_DESTROY`.
  private static func groups(_ transport: Transport) -> UInt32 {
    transport == .udp ? 1 << 1 | 1 << 3 : 1 << 0 | 1 << 2
  }
  /// Space for some 10,000 notices; without privilege the kernel allows `net.core.rmem_max`.
  private static let receiveBuffer: Int32 = 8 << 20

  /// What was lost.
  enum Loss: Equatable {
    case none
    case some(UInt64)
    case unknown

    /// How much was lost; `nil` where that is not known.
    var count: UInt64? {
      if case .some(let count) = self { count } else { nil }
    }
  }

  /// Joins the groups; notices arrive from now on.
  init(of transport: Transport, netns: NetworkNamespaceID?) throws(SystemError) {
    let joined = try NetlinkSocket.sockDiag(groups: Self.groups(transport))
    try joined.setReceiveBuffer(bytes: Self.receiveBuffer)
    socket = joined
    answer = SockDiagAnswer(noticesOf: transport, in: netns)
  }

  /// The descriptor that is readable when a notice has arrived.
  var descriptor: Int32 { socket.number }

  /// How many datagrams are taken at a time: they may arrive as fast as they are decoded.
  static let batch = 2048
  /// The longest time for that, in nanoseconds, when the processor is busy.
  private static let longestTurn: UInt64 = 20_000_000

  /// Takes what has arrived, at most `limit` datagrams; the rest stays readable.
  mutating func receive(atMost limit: Int = DestroyNotices.batch) -> (notices: [DestroyNotice], loss: Loss) {
    // One table for all of them: its storage is half a megabyte.
    var table = SockDiagTable()
    var loss = Loss.none
    let end = Clock.monotonicNanoseconds() &+ Self.longestTurn
    for count in 0..<limit {
      if count > 0, count.isMultiple(of: 64), Clock.monotonicNanoseconds() > end { break }
      do throws(SystemError) {
        guard let datagram = try socket.receiveIfAny(into: &buffer) else { break }
        guard datagram.sender == 0, !datagram.isTruncated else { continue }
        let count = min(datagram.count, buffer.count)
        // Each datagram is one notice and does not depend on the one before. One that does not
        // parse is skipped.
        var answer = answer
        _ = try? answer.decode(buffer.span.extracting(0..<count), into: &table)
      } catch {
        // ENOBUFS comes once for everything that there was no room for.
        guard error.code == ENOBUFS else { break }
        loss = .unknown
      }
    }
    if let drops = socket.drops {
      loss = drops == reportedDrops ? .none : .some(UInt64(drops &- reportedDrops))
      reportedDrops = drops
    }
    let notices = table.records.map { record in
      let index = record.detailIndex
      return DestroyNotice(record, index == SocketRecord.noIndex ? nil : table.details[Int(index)].tcp)
    }
    return (notices, loss)
  }
}
