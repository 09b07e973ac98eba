import Foundation
import Glibc
import Lesson
import LinuxSystem
import SocketModel
import Testing

@testable import sockinspect

/// All kinds of sockets at once, in the network namespace of the calling thread.
enum HeldScenarios {
  /// TCP in every state, UDP connected and not, over IPv4, IPv6 and mapped addresses.
  static func tcpAndUDP() throws -> HeldSockets {
    var held = HeldSockets()
    for loopback in Loopback.allCases {
      for scenario in TCPScenario.allCases { held.add(try scenario.hold(over: loopback)) }
      for scenario in [OtherScenario.udp, .udpConnected] { held.add(try scenario.hold(over: loopback)) }
    }
    return held
  }

  /// UDP-Lite where the kernel has it, raw, ICMP echo, packet and netlink.
  static func others() throws -> HeldSockets {
    try permitPing()
    var held = HeldSockets()
    for scenario in [OtherScenario.udplite, .raw, .icmp] {
      for loopback in [Loopback.ipv4, .ipv6] {
        if let some = try holdIfSupported(scenario, loopback) { held.add(some) }
      }
    }
    for scenario in [OtherScenario.packet, .netlink] { held.add(try scenario.hold()) }
    return held
  }

  /// Linux 7.0 and later have no UDP-Lite; the others are always there.
  private static func holdIfSupported(_ scenario: OtherScenario, _ loopback: Loopback) throws -> HeldSockets? {
    do {
      return try scenario.hold(over: loopback)
    } catch {
      if scenario == .udplite, error.cause.code == EPROTONOSUPPORT { return nil }
      throw error
    }
  }

  /// ICMP echo sockets are permitted to groups, by a setting of the network namespace.
  private static func permitPing() throws {
    let setting = try Descriptor.open("/proc/sys/net/ipv4/ping_group_range", for: .replacing)
    try setting.writeAll(Array("0 2147483647\n".utf8).span)
  }
}

extension HeldSocket {
  /// The inode of the socket's file.
  var inode: UInt64 { get throws { try descriptor.status().inode } }
}

extension HeldSockets {
  /// The inode of the socket of a sighting, by its descriptor.
  func inode(of sighting: SocketSighting) throws -> UInt64? {
    try sockets.first { $0.descriptor.number == sighting.descriptor }?.inode
  }
}

/// What identifies a row for every program that lists sockets.
struct Row: Hashable, CustomStringConvertible, Comparable {
  var transport: String
  var state: String
  var local: String
  var peer: String

  var description: String { "\(transport) \(state) \(local) \(peer)" }

  /// Everything but the state.
  var ends: String { "\(transport) \(local) \(peer)" }

  static func < (first: Row, second: Row) -> Bool { first.description < second.description }
}

extension Row {
  /// How a sighting must be listed.
  init(sighting: SocketSighting) {
    transport = sighting.transport.name
    state = sighting.state.name
    local = sighting.local.map { Row.text($0, sighting.transport) } ?? "-"
    peer = sighting.remote.map { Row.text($0, sighting.transport) } ?? "-"
  }

  /// How a socket was listed.
  init(listed socket: Listing.Socket) {
    transport = socket.transport
    state = socket.state ?? "-"
    local = Row.text(socket.local, socket.ipProtocol)
    peer = Row.text(socket.peer, nil)
  }

  private static func text(_ end: Endpoint, _ transport: Transport) -> String {
    "\(end.address) \(transport == .icmp ? 0 : end.port)"
  }

  private static func text(_ end: Listing.End?, _ other: UInt16?) -> String {
    guard let end else { return "-" }
    return "\(end.address ?? "-") \(end.port ?? other ?? 0)"
  }
}

extension HeldSockets {
  /// The rows that must be listed.
  var rows: [Row] { sightings.map(Row.init(sighting:)) }
}

extension Listing {
  /// The rows that are listed.
  var rows: [Row] { sockets.map(Row.init(listed:)) }
}

/// The differences between two lists of rows, as lines that begin with `-` (only in the first) and
/// `+` (only in the second).
func differences<Element: Hashable>(_ first: [Element], _ second: [Element]) -> [String] {
  var counts: [Element: Int] = [:]
  for element in first { counts[element, default: 0] -= 1 }
  for element in second { counts[element, default: 0] += 1 }
  return counts.flatMap { (element, count) in
    Array(repeating: "\(count < 0 ? "-" : "+") \(element)", count: abs(count))
  }.sorted()
}
