import KernelFormats
import SocketModel
import TestSupport
import Testing

@Suite("MPTCP and Accurate ECN in sock_diag's messages", .timeLimited)
struct MPTCPTests {
  /// The details by local port.
  private func details(
    _ name: String, _ transport: Transport, _ required: RequiredDetails = .tcpInfo
  ) throws -> [UInt16: (record: SocketRecord, detail: MPTCPDetail?)] {
    let table = try decodeDump(diagFixture(name), transport, .ipv4, requiredDetails: required).table
    var found: [UInt16: (record: SocketRecord, detail: MPTCPDetail?)] = [:]
    for record in table.records where record.state != .listen {
      let detail = record.detailIndex == SocketRecord.noIndex ? nil : table.details[Int(record.detailIndex)].mptcp
      found[record.localPort &+ (record.localPort == 5000 ? record.remotePort : 0)] = (record, detail)
    }
    return found
  }

  @Test("subflows have the token of their connection, joined ones too")
  func tokens() throws {
    let connections = try details("mptcp", .mptcp)
    let subflows = try details("mptcp-subflows", .tcp)
    // A client's first subflow and its second one, which the kernel gave another port.
    let client = try #require(connections[44484]?.detail)
    #expect(client.token != nil && client.subflows == 2 && client.subflowFlags == nil)
    #expect(subflows[44484]?.detail?.token == client.token && subflows[55221]?.detail?.token == client.token)
    #expect(subflows[44484]?.detail?.flagLetters == "Mmec" && subflows[55221]?.detail?.flagLetters == "Jjec")
    let server = try #require(connections[5000 &+ 44484]?.detail)
    #expect(server.token != client.token && server.token != nil)
    for port in [44484, 55221] as [UInt16] {
      #expect(subflows[5000 &+ port]?.detail?.token == server.token)
    }
    // A plain client of the same server.
    #expect(subflows[44500]?.detail == nil && subflows[5000 &+ 44500]?.detail == nil)
  }

  @Test("a fallback is known of the connection and of its subflow, a no only of the connection")
  func fallback() throws {
    func fallback(_ record: SocketRecord?) -> Bool? {
      guard let record, record.flags.contains(.fallbackIsKnown) else { return nil }
      return record.flags.contains(.isFallback)
    }
    let connections = try details("mptcp", .mptcp)
    let subflows = try details("mptcp-subflows", .tcp)
    #expect(fallback(connections[44484]?.record) == false && fallback(connections[50044]?.record) == true)
    #expect(fallback(subflows[50044]?.record) == true && fallback(subflows[44484]?.record) == nil)
    #expect(fallback(subflows[6000]?.record) == nil && connections[50044]?.detail?.subflows == 1)
  }

  @Test("nothing of MPTCP is kept unless it was asked for")
  func onDemand() throws {
    #expect(try details("mptcp", .mptcp, []).values.allSatisfy { $0.detail == nil && $0.record.flags.isEmpty })
    #expect(try details("mptcp-subflows", .tcp, .attributes).values.allSatisfy { $0.detail == nil })
  }

  /// A TCP socket with an attribute.
  private func message(_ transport: Transport, _ attribute: UInt16, _ value: [UInt8]) -> [UInt8] {
    let head: [UInt8] = [2, 1] + Array(repeating: 0, count: 70)
    return netlinkMessage(type: 20, head + netlinkAttribute(attribute, value))
  }

  private func detail(_ transport: Transport, _ attribute: UInt16, _ value: [UInt8]) throws -> MPTCPDetail? {
    try decodeDump(message(transport, attribute, value), transport, .ipv4, requiredDetails: .tcpInfo)
      .table.details.first?.mptcp
  }

  @Test("mptcp_info of an older kernel lacks the number of subflows, and a shorter one everything")
  func olderInfo() throws {
    let info = Array(repeating: UInt8(0), count: 8) + hostBytes(UInt32(2)) + hostBytes(UInt32(0xABCD))
    #expect(try detail(.mptcp, 2, info)?.token == 0xABCD && detail(.mptcp, 2, info)?.subflows == nil)
    let later = info + Array(repeating: 0, count: 64) + [3]
    #expect(try detail(.mptcp, 2, later)?.subflows == 3)
    #expect(try detail(.mptcp, 2, Array(info.dropLast())) == nil)
  }

  @Test("another upper layer is no subflow, and attributes that do not parse are a problem")
  func otherLayers() throws {
    let name = netlinkAttribute(1, Array("tls".utf8) + [0])
    #expect(try detail(.tcp, 19, name + netlinkAttribute(2, netlinkAttribute(1, [4, 3]))) == nil)
    let broken = name + netlinkAttribute(3, netlinkAttribute(2, [1, 2, 3, 4], length: 99))
    let table = try decodeDump(message(.tcp, 19, broken), .tcp, .ipv4, requiredDetails: .tcpInfo).table
    #expect(table.records.isEmpty && table.problems.count == 1)
    // Too short to be numbers.
    let short = try detail(.tcp, 19, netlinkAttribute(3, netlinkAttribute(2, [1]) + netlinkAttribute(8, [2])))
    #expect(short == MPTCPDetail())
  }

  @Test(
    "the members of AccECN are read by the layout of the kernel that filled them in",
    arguments: ["6.17.1", "6.18.44-x", "7.0.0", nil] as [String?])
  func accurateECN(release: String?) throws {
    var info = [UInt8](repeating: 0, count: 248)
    for number in 1...7 as ClosedRange<UInt32> { info += hostBytes(number) }
    info += release?.hasPrefix("7") == true ? [0b1001_10_10, 0, 0, 0] : [9, 0, 2, 0]
    let bytes = message(.tcp, 2, info)
    let table = try decodeDump(bytes, .tcp, .ipv4, requiredDetails: .tcpInfo, kernelRelease: release).table
    let metrics = try #require(table.details.first?.tcp)
    let counters: [TCPMetric] = [
      .receivedCE, .deliveredE1Bytes, .deliveredE0Bytes, .deliveredCEBytes, .receivedE1Bytes, .receivedE0Bytes,
      .receivedCEBytes,
    ]
    #expect(counters.map { metrics[$0] } == [1, 2, 3, 4, 5, 6, 7])
    #expect(metrics[.accurateECNFailures] == (release == nil ? nil : 9))
    #expect(metrics[.accurateECNOptionSeen] == (release == nil ? nil : 2))
    #expect(metrics[.ecnMode] == (release?.hasPrefix("7") == true ? 2 : nil))
    // A kernel without them sends a shorter struct.
    let older = try decodeDump(
      message(.tcp, 2, Array(info.prefix(248))), .tcp, .ipv4, requiredDetails: .tcpInfo, kernelRelease: release)
    let before = try #require(older.table.details.first?.tcp)
    #expect((counters + [.ecnMode, .accurateECNFailures]).allSatisfy { before[$0] == nil })
  }
}
