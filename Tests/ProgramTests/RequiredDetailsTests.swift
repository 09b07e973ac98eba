import Glibc
import Options
import Query
import SocketModel
import TestSupport
import Testing

@testable import CommandLine
@testable import Inspection
@testable import Lesson
@testable import LinuxSystem
@testable import sockinspect

/// Each field is requested alone, as a column, as the order and in a query, and must have the value
/// that it has when everything is requested.
@Suite("What a listing needs is collected", .timeLimited)
struct RequiredDetailsTests {
  /// The values of one field in one scan of the kernel, by transport and cookie.
  private typealias Values = [String: FieldValue]

  private static func snapshot(_ request: InspectionRequest) throws -> Snapshot {
    // A program that another test starts would have the sockets too for a moment.
    try ProgramStarts.undisturbed { try Inspector(root: .live()).snapshot(request) }
  }

  private static func key(_ record: SocketRecord) -> String { "\(record.transport.name) \(record.cookie)" }

  private static func values(of field: Field, in snapshot: Snapshot) -> Values {
    var values: Values = [:]
    // A socket that only /proc shows has no cookie and is always read whole.
    for row in snapshot.records.indices where snapshot.records[row].known.contains(.cookie) {
      values[key(snapshot.records[row])] = snapshot.value(of: field, at: row)
    }
    return values
  }

  /// Sockets of eleven kinds, as far as the kernel has them; a UDP socket among them has dropped
  /// datagrams.
  private static func sockets() throws -> HeldSockets {
    var held = HeldSockets()
    for loopback in [Loopback.ipv4, .ipv6] {
      held.add(try TCPScenario.established.hold(over: loopback))
      for scenario in [OtherScenario.udpConnected, .udplite, .raw] { held.add(try scenario.hold(over: loopback)) }
    }
    for scenario in [OtherScenario.packet, .netlink] { held.add(try scenario.hold()) }
    for scenario in [OtherScenario.icmp, .mptcp] {
      if let sockets = try? scenario.hold() { held.add(sockets) }
    }
    for type in [SOCK_STREAM, SOCK_DGRAM] {
      let (first, second) = try Descriptor.socketPair(type: Int32(type.rawValue))
      held.sockets += [first, second].map { HeldSocket(Descriptor(owning: $0)) }
    }
    let datagrams = try OtherScenario.udpConnected.hold()
    let payload = [UInt8](repeating: 0, count: 1000)
    for _ in 0..<500 { try datagrams.sockets.last?.descriptor.send(payload) }
    held.add(datagrams)
    return held
  }

  /// A query for one value of a field, where it has a form that needs no quoting; otherwise for any
  /// value.
  private static func query(_ field: Field, _ value: FieldValue) -> (text: String, value: FieldValue?) {
    let name = field.description.name
    switch value {
    case .number(let number): return ("\(name) = \(number)", value)
    case .word(let word): return ("\(name) = \(word)", value)
    case .flag(let flag): return ("\(name) = \(flag ? "yes" : "no")", value)
    default: return ("\(name) = *", nil)
    }
  }

  private static func check(_ field: Field, against all: (Values, Values)) throws {
    let name = field.description.name
    // What changes by itself, such as a timer, is compared by whether it has a value.
    let changes = field.description.unit == "ms" || field == .age
    func same(_ key: String, _ value: FieldValue?) -> Bool {
      guard let value, let first = all.0[key], let second = all.1[key] else { return true }
      return first == second && !changes
        ? value == first : (value == .absent) == (first == .absent)
    }
    for line in ["-a --columns \(name)", "-a --sort -\(name)"] {
      let alone = values(of: field, in: try snapshot(list(line).request()))
      #expect(!alone.isEmpty)
      for (key, value) in alone { #expect(same(key, value), "\(line): \(key) is \(value)") }
      #expect(all.0.keys.allSatisfy { alone[$0] != nil }, "\(line)")
    }
    // For the two ends `*` is any, even none.
    guard field != .local, field != .peer, !changes else { return }
    let asked = Set(all.0.values.filter { $0 != .absent }.map { query(field, $0).text })
    for text in asked {
      let plan = try list("-a '\(text)'")
      let found = try snapshot(plan.request())
      let keys = Set(plan.selection.rows(of: found).map { key(found.records[Int($0)]) })
      let expected = all.0.filter { key, value in
        value == all.1[key] && value != .absent && query(field, value).text == text
      }
      #expect(expected.keys.allSatisfy(keys.contains), "\(text)")
      // What replaces a port is found as a port, but not shown as one.
      let others = all.0.filter { key, value in
        value == all.1[key] && expected[key] == nil && (field != .localPort || value != .absent)
      }
      #expect(others.keys.allSatisfy { !keys.contains($0) }, "\(text)")
    }
  }

  @Test(
    "every field alone is what it is among all: as column, sort key and in a query",
    .enabled("needs root, for a network namespace of its own") { geteuid() == 0 })
  func alone() throws {
    try inNewNetworkNamespace {
      Result {
        let held = try Self.sockets()
        var everything = try list("-a").request()
        everything.requiredDetails = RequiredDetails.all.subtracting([.counters, .refusals])
        let before = try Self.snapshot(everything)
        let after = try Self.snapshot(everything)
        // The fields that only some of these sockets have must have been seen, or their comparison
        // would say nothing.
        let drops = Self.values(of: .drops, in: before).values
        #expect(drops.contains { if case .number(let number) = $0 { number > 0 } else { false } })
        #expect(Set(before.records.map(\.transport)).isSuperset(of: [.tcp, .udp, .unix, .packet, .netlink]))
        // Only the sockets that are held here: the netlink sockets that a scan uses come and go.
        let inodes = try Set(held.sockets.map { try $0.descriptor.status().inode })
        let own = Set(before.records.filter { inodes.contains($0.inode) }.map(Self.key))
        #expect(own.count >= 11)
        for field in Field.all where !field.description.requiredDetails.contains(.byteCounters) {
          let last = Self.values(of: field, in: after)
          let first = Self.values(of: field, in: before).filter { own.contains($0.key) && last[$0.key] != nil }
          try Self.check(field, against: (first, last))
        }
        withExtendedLifetime(held) {}
      }
    }.get()
  }
}

/// The listing that a command line requests.
private func list(_ line: String) throws -> ListPlan {
  let environment = Environment(variable: { _ in nil }, isTerminal: false, names: { NameTables() })
  guard case .list(let plan) = try Plan(TypedArguments.parse(shellWords(line), for: .sockinspect), in: environment)
  else { throw UsageError("\(line) is no listing") }
  return plan
}
