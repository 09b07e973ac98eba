import Glibc
package import KernelFormats
package import LinuxSystem
package import SocketModel

/// What a dump runs over: a netlink socket, or scripted answers in tests.
package protocol NetlinkTransport: ~Copyable {
  /// The port id in the answers to requests of this socket.
  var port: UInt32 { get }
  /// Sends one request.
  mutating func send(_ bytes: Span<UInt8>) throws(SystemError)
  /// Receives one datagram into the buffer, whose size does not change.
  mutating func receive(into buffer: inout [UInt8]) throws(SystemError) -> NetlinkSocket.Datagram
}

extension NetlinkSocket: NetlinkTransport {}

/// Runs one dump to its end: asks, reads, and repeats when the kernel reports that the table
/// changed meanwhile.
package struct SockDiagDumper: Sendable {
  package let dump: SockDiagDump
  package let states: SocketStateSet
  package let requiredDetails: RequiredDetails
  package let filter: KernelFilter
  package let netns: NetworkNamespaceID?
  /// The release of the running kernel; `nil` when unknown.
  var kernelRelease: String?
  /// The filter that drops sockets as they come; `nil` when all are wanted.
  var rowFilter: RowFilter?
  /// Whether the dump uses the older request, which returns TCP sockets of both families.
  package var hasBothFamilies = false
  /// Whether the kernel must test the filter. If not, a filter that it refuses is left out, as it
  /// only makes the dump smaller.
  var needsFilter = false

  package init(
    dump: SockDiagDump, states: SocketStateSet, requiredDetails: RequiredDetails, filter: KernelFilter,
    netns: NetworkNamespaceID?, kernelRelease: String? = nil, rowFilter: RowFilter? = nil,
    hasBothFamilies: Bool = false, needsFilter: Bool = false
  ) {
    self.dump = dump
    self.states = states
    self.requiredDetails = requiredDetails
    self.filter = filter
    self.netns = netns
    self.kernelRelease = kernelRelease
    self.rowFilter = rowFilter
    self.hasBothFamilies = hasBothFamilies
    self.needsFilter = needsFilter
  }

  /// How often a dump that the kernel marked as interrupted is repeated.
  static let repetitionLimit = 3
  /// How many datagrams in a row may hold no answer to the request.
  package static let foreignLimit = 1000
  /// The size of the receive buffer: the most bytes that the kernel puts into one datagram of a
  /// dump (`netlink_recvmsg` and `netlink_dump` in `net/netlink/af_netlink.c`). A smaller buffer
  /// costs more calls, a larger one stays partly empty.
  package static let bufferSize = 32768

  /// How many sockets are held before those that were not asked for are dropped: a quarter of a
  /// megabyte with their details.
  static let siftedAtOnce = 256

  private enum Outcome {
    case complete(isInterrupted: Bool)
    case refused(Int32)
  }

  /// Reads the sockets.
  ///
  /// An answer that is cut short or has wrong lengths ends the dump with a ``Problem``; the sockets
  /// before it are kept.
  ///
  /// - Parameters:
  ///   - transport: what the dump runs over.
  ///   - first: the number before that of the first request, where another dump ran over the same
  ///     transport.
  package func run<Transport: NetlinkTransport & ~Copyable>(
    over transport: inout Transport, sequence first: UInt32 = 0
  ) throws(SockDiagError) -> SockDiagTable {
    // Refused filters are left out one after another: conditions on the mark need CAP_NET_ADMIN
    // (EPERM), and an older kernel does not know every operation (EINVAL).
    var programs: [[UInt8]] = [[]]
    if needsFilter {
      programs = [KernelFilterProgram.compile(filter, allowsMark: false)]
    } else if dump.transport.hasPorts, dump.transport.description.format == .internet {
      for allowsMark in [false, true] {
        let program = KernelFilterProgram.compile(filter, allowsMark: allowsMark)
        if program != programs.last { programs.append(program) }
      }
    }
    var buffer: [UInt8] = Array(repeating: 0, count: Self.bufferSize)
    var sequence = first
    var repetitions = 0
    while true {
      var table = SockDiagTable()
      table.isSifted = rowFilter != nil
      sequence &+= 1
      let outcome = try attempt(
        sequence, programs.last ?? [], over: &transport, buffer: &buffer, into: &table)
      sift(&table)
      switch outcome {
      case .complete(let isInterrupted):
        if !isInterrupted { return table }
        if repetitions == Self.repetitionLimit {
          table.problems.append(
            Problem(subject: dump.subject, cause: .interrupted(scans: repetitions + 1)))
          return table
        }
        repetitions += 1
      case .refused(let code):
        if table.isUntouched, programs.count > 1, code == EPERM || code == EINVAL {
          programs.removeLast()
          continue
        }
        let error = SystemError("dump", code: code)
        guard table.isUntouched else {
          table.problems.append(
            Problem(subject: dump.subject, cause: .unreadable(.endedEarly(CallFailure(error)))))
          return table
        }
        if Self.isUnsupported(code) { throw .unsupported(dump, code: code) }
        throw .refused(dump, error)
      }
    }
  }

  private func sift(_ table: inout SockDiagTable) {
    guard let rowFilter else { return }
    table.sift { rowFilter.admits($0, $1) }
  }

  /// Asks once and reads the answers to their end.
  private func attempt<Transport: NetlinkTransport & ~Copyable>(
    _ sequence: UInt32, _ program: [UInt8], over transport: inout Transport, buffer: inout [UInt8],
    into table: inout SockDiagTable
  ) throws(SockDiagError) -> Outcome {
    let request =
      hasBothFamilies
      ? SockDiagRequest.encodeBothFamilies(
        sequence: sequence, states: states, requiredDetails: requiredDetails, bytecode: program)
      : SockDiagRequest.encode(
        dump, sequence: sequence, states: states, requiredDetails: requiredDetails, bytecode: program)
    guard let request else { return .complete(isInterrupted: false) }
    var answer = SockDiagAnswer(
      to: dump, sequence: sequence, port: transport.port, states: states, requiredDetails: requiredDetails,
      netns: netns,
      kernelRelease: kernelRelease)
    var idle = 0
    do {
      try transport.send(request.span)
    } catch {
      throw .failed(dump, error)
    }
    while true {
      let datagram: NetlinkSocket.Datagram
      do {
        datagram = try transport.receive(into: &buffer)
      } catch {
        throw .failed(dump, error)
      }
      let foreign = answer.foreignMessages
      // Only the kernel, port 0, answers; but anyone may send to a netlink socket that root opened.
      if datagram.sender == 0 {
        let progress: SockDiagAnswer.Progress
        do {
          progress = try answer.decode(buffer.span.extracting(0..<min(datagram.count, buffer.count)), into: &table)
        } catch {
          let cause: Problem.Cause =
            datagram.isTruncated
            ? .truncated(.undecodable(error.description), evidence: error.evidence)
            : .malformed(.undecodable(error.description), evidence: error.evidence)
          table.problems.append(Problem(subject: dump.subject, cause: cause))
          return .complete(isInterrupted: false)
        }
        if datagram.isTruncated {
          table.problems.append(Problem(subject: dump.subject, cause: .truncated(.answer)))
          return .complete(isInterrupted: false)
        }
        if table.pendingCount >= Self.siftedAtOnce { sift(&table) }
        switch progress {
        case .done: return .complete(isInterrupted: answer.isInterrupted)
        case .refused(let code): return .refused(code)
        case .more: break
        }
      }
      idle = datagram.sender != 0 || datagram.count == 0 || answer.foreignMessages != foreign ? idle + 1 : 0
      if idle > Self.foreignLimit { throw .foreign(dump) }
    }
  }

  /// Whether an `errno` says that the kernel has no such dump, rather than that it failed.
  static func isUnsupported(_ code: Int32) -> Bool {
    switch code {
    case ENOENT, EINVAL, EOPNOTSUPP, EPROTONOSUPPORT, EAFNOSUPPORT, ESOCKTNOSUPPORT, ENOPROTOOPT: true
    default: false
    }
  }
}
