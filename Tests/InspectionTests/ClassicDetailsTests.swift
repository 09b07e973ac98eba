import Inspection
import SocketModel
import TestSupport
import Testing

/// Details that only the classic views request.
@Suite("Arguments, refusals and counters", .timeLimited)
struct ClassicDetailsTests {
  private func request(_ requiredDetails: RequiredDetails) -> InspectionRequest {
    var request = InspectionRequest()
    request.transports = [.tcp]
    request.requiredDetails = requiredDetails
    return request
  }

  @Test("the arguments of owners are read when they are asked for, and missing where there are none")
  func arguments() throws {
    let tree = try Tree()
    try tree.write("net/tcp", tcpHeader + tcpRow("0100007F:04D2", inode: 10) + tcpRow("0100007F:04D3", inode: 11))
    try tree.process(5, "server", [(3, 10)])
    try tree.write("6/comm", "bare\n")
    try tree.link("6/fd/4", to: "socket:[11]")
    let snapshot = try tree.snapshot(request([.owners, .arguments]))
    #expect(snapshot.processes.map(\.arguments) == [Array("/usr/bin/server\0--secret\0".utf8), nil])
    #expect(try tree.snapshot(request(.owners)).processes.allSatisfy { $0.arguments == nil })
  }

  @Test("whether any process has a socket open is found on demand, even if none is listed")
  func refusals() throws {
    let tree = try Tree()
    try tree.write("net/tcp", tcpHeader)
    try tree.process(5, "server", [(3, 10)])
    #expect(try !tree.snapshot(request(.owners)).foundOwnedSocket)
    #expect(try tree.snapshot(request([.owners, .refusals])).foundOwnedSocket)
    #expect(try tree.snapshot(request([.owners, .refusals])).lockedProcesses == 0)
    let other = try Tree()
    try other.write("net/tcp", tcpHeader)
    try other.process(5, "idle", [])
    try other.write(
      "manifest", "schema=sockinspect.capture/1\nunreadable=9/fd Permission denied\nunreadable=8/comm x\n")
    let snapshot = try other.snapshot(request([.owners, .refusals]))
    #expect(!snapshot.foundOwnedSocket && snapshot.lockedProcesses == 1)
  }

  @Test("counters are read without any table of sockets; what is missing is a problem")
  func counters() throws {
    let tree = try Tree()
    try tree.write("net/snmp", "Tcp: InSegs\nTcp: 5\nUdp\n")
    try tree.write("net/snmp6", "Ip6InReceives 7\n")
    var wanted = request(.counters)
    wanted.transports = []
    let snapshot = try tree.snapshot(wanted)
    #expect(
      snapshot.counters.map(\.table) == [.snmp, .snmp6] && snapshot.counters.map { $0.counters[0].value } == [5, 7])
    #expect(
      snapshot.problems.map { "\($0.kind) \($0.subjectText)" } == [
        "truncated net/snmp", "missing net/netstat", "missing net/sctp/snmp",
      ])
    try tree.write("net/tcp", tcpHeader)
    #expect(try tree.snapshot(request([])).counters.isEmpty)
  }

  @Test("what the table prints for a user that is not known stays in the record, unknown")
  func printedUser() throws {
    let tree = try Tree()
    try tree.write("net/tcp", tcpHeader + tcpRow("0100007F:04D2", "0100007F:0001", state: "03", uid: 65534, inode: 0))
    let record = try #require(try tree.snapshot(request([])).records.first)
    #expect(record.uid == 65534 && !record.known.contains(.uid))
  }
}
