import Glibc
import Inspection
import KernelFormats
import LinuxSystem
import SocketModel

/// Asks the kernel for single TCP sockets by their ends (`sock_diag(7)`), in the calling thread's
/// network namespace.
struct SocketLookUps: ~Copyable {
  private var socket: NetlinkSocket
  private let netns: NetworkNamespaceID?
  private var buffer: [UInt8] = Array(repeating: 0, count: SockDiagDumper.bufferSize)
  private var sequence: UInt32 = 0
  private let requiredDetails: RequiredDetails

  /// How many requests are sent before their answers, which wait in the socket's buffer, are read.
  private static let chunk = 32

  /// - Parameter requiredDetails: what is collected of each socket besides; see ``read(_:)``.
  init(netns: NetworkNamespaceID?, requiredDetails: RequiredDetails = []) throws(SystemError) {
    socket = try NetlinkSocket.sockDiag()
    self.netns = netns
    self.requiredDetails = requiredDetails
  }

  /// The sockets with the ends of the records, as a scan has them; `nil` for those that are not there.
  mutating func read(_ records: [SocketRecord]) throws(SystemError) -> [SockDiagTable?] { try ask(records) }

  /// The most interfaces that are tried for a socket that is bound to one.
  private static let mostInterfaces = 16

  /// The sockets with the ends of the records; `nil` for those that are not there.
  ///
  /// The kernel finds a socket that is bound to an interface (`SO_BINDTODEVICE`, a link-local
  /// address) only by that interface (`inet_lookup`), which the tracepoint does not report: so each
  /// interface is tried.
  mutating func find(_ records: [SocketRecord]) throws(SystemError) -> [SocketRecord?] {
    var found = try ask(records).map { $0?.records.first }
    var missing = found.indices.filter { found[$0] == nil && records[$0].interface == 0 }
    if missing.isEmpty { return found }
    for interface in Interfaces.indices.prefix(Self.mostInterfaces) where !missing.isEmpty {
      let questions = missing.map { index in
        var record = records[index]
        record.interface = interface
        record.known.insert(.interface)
        return record
      }
      for (index, answer) in zip(missing, try ask(questions)) { found[index] = answer?.records.first }
      missing.removeAll { found[$0] != nil }
    }
    return found
  }

  private mutating func ask(_ records: [SocketRecord]) throws(SystemError) -> [SockDiagTable?] {
    var found: [SockDiagTable?] = []
    found.reserveCapacity(records.count)
    var start = 0
    while start < records.count {
      let end = min(start + Self.chunk, records.count)
      let first = sequence &+ 1
      for record in records[start..<end] {
        sequence &+= 1
        try socket.send(SockDiagRequest.encodeLookUp(record, requiredDetails: requiredDetails, sequence: sequence).span)
      }
      for index in start..<end {
        found.append(try answer(to: records[index], first &+ UInt32(index - start)))
      }
      start = end
    }
    return found
  }

  /// The answer about one socket, with nothing else in it.
  private mutating func answer(to record: SocketRecord, _ number: UInt32) throws(SystemError) -> SockDiagTable? {
    var table = SockDiagTable()
    var answer = SockDiagAnswer(
      to: SockDiagDump(.tcp, record.family), sequence: number, port: socket.port, states: .all,
      requiredDetails: requiredDetails, netns: netns)
    // The kernel answers while it takes the request, so there is nothing to wait for. Answers to
    // other requests are skipped.
    for _ in 0..<SockDiagDumper.foreignLimit {
      guard let datagram = try socket.receiveIfAny(into: &buffer) else { return nil }
      guard datagram.sender == 0 else { continue }
      let count = min(datagram.count, buffer.count)
      guard let progress = try? answer.decode(buffer.span.extracting(0..<count), into: &table) else { return nil }
      if case .refused = progress { return nil }
      if let found = table.records.first { return found.hasEnds(of: record) ? table : nil }
      if !table.problems.isEmpty { return nil }
    }
    return nil
  }
}
