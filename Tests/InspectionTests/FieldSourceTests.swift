import Glibc
import Inspection
import Lesson
import LinuxSystem
import SocketModel
import TestSupport
import Testing

/// The fields that only sock_diag reports, compared with both sources of the running kernel.
@Suite(
  "Fields of the two sources", .timeLimited,
  .enabled("needs root, for a network namespace of its own") { geteuid() == 0 })
struct FieldSourceTests {
  /// Returns, for each transport, the fields for which a source reports a value for some socket.
  private static func reported(_ source: InspectionRequest.Source) throws -> [Transport: Set<Field>] {
    var request = InspectionRequest()
    request.source = source
    request.transports = Set(Transport.allCases)
    request.requiredDetails = [.memory, .tcpInfo, .congestion, .attributes, .marks]
    let snapshot = try Inspector(root: .live()).snapshot(request)
    var reported: [Transport: Set<Field>] = [:]
    for row in snapshot.records.indices {
      for field in Field.all where !field.isPerOwner && snapshot.value(of: field, at: row) != .absent {
        reported[snapshot.records[row].transport, default: []].insert(field)
      }
    }
    return reported
  }

  @Test("fields are marked as in the tables exactly when the tables have them")
  func tables() throws {
    let (diag, proc) = try inNewNetworkNamespace {
      Result {
        var held = HeldSockets()
        for scenario in [TCPScenario.listen, .established, .notAccepted] {
          for loopback in Loopback.allCases { held.add(try scenario.hold(over: loopback)) }
        }
        for scenario in [OtherScenario.udp, .udpConnected, .raw, .packet, .netlink] { held.add(try scenario.hold()) }
        let bound = try TCPScenario.boundInactive.hold()
        let sights = (try Self.reported(.diag), try Self.reported(.proc))
        withExtendedLifetime((held, bound)) {}
        return sights
      }
    }.get()
    for transport in [Transport.tcp, .udp, .raw, .packet, .netlink] {
      let tables = try #require(proc[transport])
      let wrong = tables.filter { !$0.isInTables(of: transport) }
      #expect(wrong.isEmpty, "\(transport): \(wrong) are in the tables")
      let lacking = (diag[transport] ?? []).subtracting(tables).filter { $0.isInTables(of: transport) }
      #expect(lacking.isEmpty, "\(transport): \(lacking) are not in the tables")
    }
    #expect(diag[.tcp]?.contains(.tcp(.rtt)) == true && proc[.tcp]?.contains(.tcp(.rtt)) == false)
  }
}
