import Capture
import Foundation
import KernelFormats
import LinuxSystem
import SocketModel
import TestSupport
import Testing

@testable import Inspection

@Suite("Settings of the system", .timeLimited)
struct SystemSettingsTests {
  /// The settings whose numbers change by themselves.
  private static let counts: Set<Sysctl> = [.openFiles, .trackedConnections]

  @Test("a captured tree answers like the running kernel", arguments: [false, true])
  func captured(isRedacted: Bool) throws {
    let folder = try Tree()
    let path = folder.path + "/copy"
    let root = try ProcRoot.live()
    let report = try Capture(of: root, isRedacting: isRedacted).write(to: path)
    #expect(!report.unreadable.contains { if case .sysctl = $0.item { true } else { false } })
    let wanted = Sysctl.allCases.filter { !Self.counts.contains($0) }
    let live = root.settings(wanted, countsSockets: true)
    let copy = try ProcRoot.open(path).settings(wanted, countsSockets: true)
    #expect(live.numbers == copy.numbers && live.reservedPorts == copy.reservedPorts)
    // Other programs' sockets come and go.
    #expect(copy.socketCounts?.tcp != nil && copy.socketCounts?.timeWait != nil)
    // What every kernel has was compared too.
    for sysctl in [Sysctl.acceptQueueLimit, .finTimeout, .openFileLimit] { #expect((live[sysctl] ?? 0) > 0) }
    #expect(live.ephemeralPorts != nil && live.numbers[.tcpMemory]?.count == 3)
    #expect(live.reservedPorts != nil && live.socketCounts?.sockets != nil)
  }

  @Test("the manifest of a capture names the settings in it, and a capture of a capture has the same")
  func manifest() throws {
    let tree = try Tree()
    try tree.write("net/tcp", tcpHeader)
    try tree.write("sys/net/core/somaxconn", "4096\n")
    try tree.write("sys/net/ipv4/ip_local_port_range", "40000\t50000\n")
    try tree.write("sys/net/ipv4/tcp_fin_timeout", "secret\n")
    try tree.write("sys/net/ipv4/ip_local_reserved_ports", "\n")
    _ = try Capture(of: .open(tree.path)).write(to: tree.path + "/copy")
    _ = try Capture(of: .open(tree.path + "/copy")).write(to: tree.path + "/again")
    for name in ["copy", "again"] {
      let root = try ProcRoot.open(tree.path + "/" + name)
      #expect(root.manifest?.sysctls == [.acceptQueueLimit, .ephemeralPorts, .reservedPorts])
      let settings = root.settings(Sysctl.allCases)
      #expect(settings[.acceptQueueLimit] == 4096 && settings.ephemeralPorts == 40000...50000)
      #expect(settings.reservedPorts == [] && settings.numbers.count == 2)
      #expect(!FileManager.default.fileExists(atPath: "\(root.path)/sys/net/ipv4/tcp_fin_timeout"))
    }
  }

  @Test("what is missing, is not a number or is outside of the tree is unknown")
  func unknown() throws {
    let tree = try Tree()
    try tree.write("net/tcp", tcpHeader)
    try tree.write("sys/net/core/somaxconn", "")
    try tree.write("sys/net/ipv4/tcp_fin_timeout", "60 seconds\n")
    try tree.write("sys/net/ipv4/ip_local_port_range", "50000 40000\n")
    try tree.write("sys/net/ipv4/tcp_max_orphans", "99999999999999999999\n")
    try FileManager.default.createSymbolicLink(
      atPath: tree.path + "/sys/fs", withDestinationPath: "/proc/sys/fs")
    let root = try ProcRoot.open(tree.path)
    let settings = root.settings(Sysctl.allCases, countsSockets: true)
    #expect(settings.numbers == [.ephemeralPorts: [50000, 40000]] && settings.ephemeralPorts == nil)
    #expect(settings.socketCounts == nil && settings.reservedPorts == nil)
    let table = try ProcRoot.open(tree.path + "/net/tcp").settings(Sysctl.allCases, countsSockets: true)
    #expect(table == SystemSettings())
  }

  @Test("for a process's folder in /proc the settings of its network namespace are unknown")
  func ofProcess() throws {
    let settings = try ProcRoot.open("/proc/self").settings([.acceptQueueLimit, .openFileLimit])
    #expect(settings[.acceptQueueLimit] == nil && settings[.openFileLimit] != nil)
  }

  @Test("the limit of descriptors is the one that the shell reports")
  func descriptors() { #expect(OpenFileLimit.current == OpenFileLimit.raise(to: 0) && OpenFileLimit.current > 0) }
}
