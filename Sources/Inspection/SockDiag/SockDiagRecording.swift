package import KernelFormats
package import LinuxSystem
import SocketModel

/// Records the answers of sock_diag for a capture.
package enum SockDiagRecording {
  /// Dumps all sockets of a transport and family with everything that the kernel reports about them,
  /// in the network namespace of the calling thread.
  ///
  /// - Parameters:
  ///   - dump: what to dump.
  ///   - write: gets the messages, some at a time, in the form of ``RecordedDump``. Before a dump
  ///     that is repeated because sockets came and went it gets `nil`.
  /// - Returns: whether the kernel has the dump; otherwise nothing was written.
  /// - Throws: what the kernel or `write` refused.
  package static func record(
    _ dump: SockDiagDump, write: ([UInt8]?) throws(SystemError) -> Void
  ) throws(SystemError) -> Bool {
    var socket = try NetlinkSocket.sockDiag()
    for attempt in 0...SockDiagDumper.repetitionLimit {
      var isInterrupted = false
      guard try record(dump, over: &socket, sequence: UInt32(attempt) + 1, isInterrupted: &isInterrupted, write: write)
      else { return false }
      if !isInterrupted || attempt == SockDiagDumper.repetitionLimit { break }
      try write(nil)
    }
    return true
  }

  private static func record(
    _ dump: SockDiagDump, over socket: inout NetlinkSocket, sequence: UInt32, isInterrupted: inout Bool,
    write: ([UInt8]?) throws(SystemError) -> Void
  ) throws(SystemError) -> Bool {
    guard
      let request = SockDiagRequest.encode(dump, sequence: sequence, states: .all, requiredDetails: .all)
    else { return false }
    try socket.send(request.span)
    var buffer: [UInt8] = Array(repeating: 0, count: SockDiagDumper.bufferSize)
    var isFirst = true
    while true {
      let datagram = try socket.receive(into: &buffer)
      // Only the kernel, port 0, answers.
      guard datagram.sender == 0, datagram.count >= NetlinkMessage.headerSize else { continue }
      if datagram.isTruncated { throw SystemError("recvmsg", dump.name, code: SystemError.invalidArgument) }
      let span = buffer.span.extracting(0..<datagram.count)
      let messages: (bytes: [UInt8], ending: RecordedDump.Ending?)
      do throws(DecodeError) {
        if try RecordedDump.isInterrupted(span) { isInterrupted = true }
        messages = try RecordedDump.messages(of: span)
      } catch {
        throw SystemError("recvmsg", dump.name, code: SystemError.invalidArgument)
      }
      if case .refused(let code) = messages.ending {
        if isFirst, SockDiagDumper.isUnsupported(code) { return false }
        throw SystemError("dump", dump.name, code: code)
      }
      try write(messages.bytes)
      if messages.ending != nil { return true }
      isFirst = false
    }
  }
}

/// A recorded dump of a captured tree, read as from a netlink socket.
struct RecordedAnswers: NetlinkTransport, ~Copyable {
  private let file: Descriptor
  private var pending: [UInt8] = []
  private var isAtEnd = false
  private var sequence: UInt32 = 0
  /// The port id in the answers. Nobody else's are in the file.
  let port: UInt32 = 1

  init(_ file: consuming Descriptor) { self.file = file }

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
