import Foundation
import Glibc
import LinuxSystem
import SocketModel
import TestSupport
import Testing

@testable import Inspection

@Suite(
  "Looking up the servers of a network namespace", .timeLimited,
  .enabled("needs root, to make a namespace") { geteuid() == 0 || ProcessInfo.processInfo.environment["CI"] != nil })
struct ServerLookUpTests {
  private static let port: UInt16 = 21_301

  /// The sockets that are found in a new namespace with a TCP and a UDP server at a port, and a TCP
  /// socket that is only bound to the next one.
  private func found(at ports: [UInt16], of transports: Set<Transport>) throws -> [SocketRecord] {
    try inNewNetworkNamespace {
      Result { () throws -> [SocketRecord] in
        let stream = SocketKind(family: AF_INET, type: Int32(SOCK_STREAM.rawValue))
        let datagram = SocketKind(family: AF_INET6, type: Int32(SOCK_DGRAM.rawValue))
        let server = try Descriptor.socket(stream)
        try server.bind(.ipv4(0, port: Self.port))
        try server.listen(backlog: 1)
        let receiver = try Descriptor.socket(datagram)
        try receiver.bind(.ipv6(0, port: Self.port))
        let bound = try Descriptor.socket(stream)
        try bound.bind(.ipv4(0, port: Self.port + 1))
        var request = InspectionRequest()
        request.transports = transports
        let lookUps = try #require(ServerLookUps(ports: ports, of: request))
        var snapshot = Snapshot(meta: SnapshotMeta(source: "test"))
        try lookUps.run(netns: 5, into: &snapshot)
        return withExtendedLifetime((server.number, receiver.number, bound.number)) { snapshot.records }
      }
    }.get()
  }

  @Test("finds TCP and UDP servers of all addresses, in the namespace that was named")
  func servers() throws {
    let both = try found(at: [Self.port], of: [.tcp, .udp])
    #expect(Set(both.map(\.transport)) == [.tcp, .udp])
    #expect(both.allSatisfy { $0.localPort == Self.port && !$0.hasPeer && $0.networkNamespace == 5 })
    #expect(both.contains { $0.transport == .tcp && $0.state == .listen })
    let one = try found(at: [1, Self.port, 2], of: [.udp])
    #expect(!one.isEmpty && one.allSatisfy { $0.transport == .udp })
  }

  @Test("finds nothing at another port, nor what is only bound")
  func nothing() throws {
    #expect(try found(at: [Self.port + 1, Self.port - 1], of: [.tcp, .udp]).isEmpty)
  }

  @Test("is not for many ports, nor for transports without such a question")
  func limits() {
    var request = InspectionRequest()
    #expect(ServerLookUps(ports: Array(1...9), of: request) == nil && ServerLookUps(ports: [], of: request) == nil)
    request.transports = [.unix, .sctp]
    #expect(ServerLookUps(ports: [80], of: request) == nil)
  }
}
