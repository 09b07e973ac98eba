import Foundation
import KernelFormats
import SocketModel
import TestSupport
import Testing

/// The port id and sequence number in the recorded messages.
let fixturePort: UInt32 = 4242
let fixtureSequence: UInt32 = 1

/// The bytes of a file of `Fixtures/sock_diag`: hexadecimal numbers, with `#` comments to the end
/// of the line.
func diagFixture(_ name: String) throws -> [UInt8] {
  let text = try Repository.text("Fixtures/sock_diag/\(name).hex")
  var bytes: [UInt8] = []
  for line in text.split(separator: "\n") {
    let code = line.prefix { $0 != "#" }
    for word in code.split(separator: " ") { bytes.append(try #require(UInt8(word, radix: 16), "\(name): \(word)")) }
  }
  return bytes
}

/// The content of a dump's answer in one datagram.
func decodeDump(
  _ bytes: [UInt8], _ transport: Transport, _ family: AddressFamily, states: SocketStateSet = .all,
  requiredDetails: RequiredDetails = [],
  netns: NetworkNamespaceID? = nil, kernelRelease: String? = nil
) throws(DecodeError) -> (table: SockDiagTable, progress: SockDiagAnswer.Progress, answer: SockDiagAnswer) {
  var table = SockDiagTable()
  var answer = SockDiagAnswer(
    to: SockDiagDump(transport, family), sequence: fixtureSequence, port: fixturePort, states: states,
    requiredDetails: requiredDetails,
    netns: netns, kernelRelease: kernelRelease)
  let progress = try answer.decode(bytes.span, into: &table)
  return (table, progress, answer)
}

/// A netlink message made by hand.
func netlinkMessage(
  type: UInt16, flags: UInt16 = 2, sequence: UInt32 = fixtureSequence, port: UInt32 = fixturePort, _ payload: [UInt8],
  length: UInt32? = nil
) -> [UInt8] {
  hostBytes(length ?? UInt32(16 + payload.count)) + hostBytes(type) + hostBytes(flags) + hostBytes(sequence)
    + hostBytes(port) + payload
}

/// An attribute made by hand, with its padding.
func netlinkAttribute(_ type: UInt16, _ value: [UInt8], length: UInt16? = nil) -> [UInt8] {
  hostBytes(length ?? UInt16(4 + value.count)) + hostBytes(type) + value
    + Array(repeating: 0, count: (4 - value.count % 4) % 4)
}

/// A number in the byte order of this machine.
func hostBytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
  (0..<(Number.bitWidth / 8)).map { UInt8(truncatingIfNeeded: number.littleEndian >> Number($0 * 8)) }
}
