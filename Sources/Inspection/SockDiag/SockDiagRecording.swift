package import KernelFormats
package import LinuxSystem
import SocketModel

/// Records the answers of sock_diag for a capture.
package enum SockDiagRecording {
  /// Dumps all sockets of a transport and family with everything that the kernel reports about them,
  /// in the network namespace of the calling thread. A dump during which sockets came and went is
  /// repeated, as in a listing.
  ///
  /// - Returns: the messages, in the form of ``RecordedDump``; `nil` when the kernel has no such
  ///   dump.
  /// - Throws: what the kernel refused.
  package static func messages(of dump: SockDiagDump) throws(SystemError) -> [UInt8]? {
    var socket = try NetlinkSocket.sockDiag()
    var attempt: UInt32 = 1
    while true {
      guard let recording = try record(dump, over: &socket, sequence: attempt) else { return nil }
      if !recording.isInterrupted || attempt > SockDiagDumper.repetitionLimit { return recording.bytes }
      attempt += 1
    }
  }

  private static func record(
    _ dump: SockDiagDump, over socket: inout NetlinkSocket, sequence: UInt32
  ) throws(SystemError) -> RecordedDump.Part? {
    guard
      let request = SockDiagRequest.encode(dump, sequence: sequence, states: .all, requiredDetails: .all)
    else { return nil }
    try socket.send(request.span)
    var buffer: [UInt8] = Array(repeating: 0, count: SockDiagDumper.bufferSize)
    var whole = RecordedDump.Part()
    while whole.ending == nil {
      let datagram = try socket.receive(into: &buffer)
      // Only the kernel, port 0, answers.
      guard datagram.sender == 0, datagram.count >= NetlinkMessage.headerSize else { continue }
      if datagram.isTruncated { throw SystemError("recvmsg", dump.name, code: SystemError.invalidArgument) }
      do throws(DecodeError) {
        try whole.append(buffer.span.extracting(0..<datagram.count))
      } catch {
        throw SystemError("recvmsg", dump.name, code: SystemError.invalidArgument)
      }
    }
    guard case .refused(let code) = whole.ending else { return whole }
    if SockDiagDumper.isUnsupported(code) { return nil }
    throw SystemError("dump", dump.name, code: code)
  }
}

extension ProcRoot {
  /// The messages of a recorded dump of a captured tree; `nil` when it has none.
  package func recordedMessages(of dump: SockDiagDump) throws(SystemError) -> [UInt8]? {
    guard let file = recordedDump(dump) else { return nil }
    var bytes: [UInt8] = []
    try file.readAll(into: &bytes, limit: Self.longestRecording, subject: dump.fileName)
    return bytes
  }

  /// The most bytes of a recorded dump that are copied.
  private static let longestRecording = 1 << 30
}

/// A recorded dump of a captured tree, read as from a netlink socket.
struct RecordedAnswers: NetlinkTransport, ~Copyable {
  private var file: RootFile
  private var pending: [UInt8] = []
  private var isAtEnd = false
  private var sequence: UInt32 = 0
  /// The port id in the answers. Nobody else's are in the file.
  let port: UInt32 = 1

  init(_ file: consuming RootFile) { self.file = file }

  /// Takes the number of a request. The answer is what was recorded, whatever was asked for.
  mutating func send(_ bytes: Span<UInt8>) throws(SystemError) {
    guard let number = SockDiagRequest.sequence(of: bytes) else {
      throw SystemError("send", "recorded answers", code: SystemError.invalidArgument)
    }
    // A request that is repeated gets the same answer.
    if sequence != 0 { try file.rewind() }
    sequence = number
    pending = []
    isAtEnd = false
  }

  /// Returns some whole messages; at an end that comes too early, what is left of the file.
  mutating func receive(into buffer: inout [UInt8]) throws(SystemError) -> NetlinkSocket.Datagram {
    while !isAtEnd, pending.count < buffer.count {
      var chunk: [UInt8] = Array(repeating: 0, count: buffer.count)
      let count = try file.read(into: &chunk)
      if count == 0 { isAtEnd = true } else { pending += chunk[..<count] }
    }
    var count = min(RecordedDump.wholeLength(of: pending.span), buffer.count)
    if count == buffer.count { count = RecordedDump.wholeLength(of: pending.span.extracting(0..<count)) }
    let isCut = count == 0
    if isCut { count = min(pending.count, buffer.count) }
    for index in 0..<count { buffer[index] = pending[index] }
    pending.removeFirst(count)
    RecordedDump.address(&buffer, count: count, sequence: sequence, port: port)
    // A dump has an end of its own: a file without one was cut.
    return NetlinkSocket.Datagram(count: count, sender: 0, isTruncated: isCut)
  }
}
