import Foundation
import Glibc
import Lesson
import LinuxSystem
import SocketModel
import TestSupport
import Testing

@testable import Inspection

/// Folders inside a mounted /proc as roots. Separate namespaces need root.
@Suite(
  "Folders of a mounted /proc", .timeLimited,
  .enabled("needs root, for a network namespace of its own") { geteuid() == 0 })
struct MountedRootTests {
  /// The result of one scan: the listeners' ports, their owners, and the network namespace.
  private struct Sight: Sendable, Equatable {
    var ports: Set<UInt16> = []
    var netns: NetworkNamespaceID?
    var owners: Set<String> = []
  }

  private static func sight(_ root: ProcRoot) throws -> Sight {
    var request = InspectionRequest()
    request.source = .proc
    request.states = SocketStateSet(.listen)
    let snapshot = try Inspector(root: root).snapshot(request)
    var sight = Sight(netns: snapshot.meta.netns)
    for row in snapshot.records.indices {
      sight.ports.insert(snapshot.records[row].localPort)
      sight.owners.formUnion(snapshot.owners(at: row).map { "\($0.pid ?? -1)/\($0.descriptor ?? -1)" })
    }
    return sight
  }

  /// Calls the body in a thread in a separate network namespace that listens at a port, with the
  /// thread's folder `PID/task/TID`.
  private func listening(_ body: @escaping @Sendable (_ port: UInt16, _ thread: String) throws -> Void) throws {
    try inNewNetworkNamespace {
      Result {
        let held = try TCPScenario.listen.hold()
        let port = try #require(held.sightings.first?.local?.port)
        try body(port, try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self"))
        withExtendedLifetime(held) {}
      }
    }.get()
  }

  @Test("a thread's or process's folder, or its net, is read as its network namespace, with owners")
  func processes() throws {
    try listening { port, thread in
      for path in ["/proc/\(thread)", "/proc/\(thread)/net"] {
        let sight = try Self.sight(.open(path))
        #expect(sight.ports == [port], "\(path)")
        #expect(sight.owners.count == 1 && sight.owners.first?.hasPrefix("\(getpid())/") == true, "\(path)")
        let namespace = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(thread)/ns/net")
        #expect(sight.netns.map { "net:[\($0)]" } == namespace)
      }
      // The main thread is in another one.
      for path in ["/proc/\(getpid())", "/proc/self", "/proc/self/net", "/proc/net", "/proc/\(getpid())/net"] {
        let sight = try Self.sight(.open(path))
        #expect(!sight.ports.contains(port), "\(path)")
        let namespace = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/net")
        #expect(sight.netns.map { "net:[\($0)]" } == namespace)
      }
    }
  }

  @Test("the live root reads the calling thread's namespace from either source, and reports which it is")
  func ownThread() throws {
    let root = try ProcRoot.live()
    try listening { port, thread in
      let namespace = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(thread)/ns/net")
      let sight = try Self.sight(root)
      #expect(sight.ports == [port] && sight.netns.map { "net:[\($0)]" } == namespace)
      #expect(TCPDumpParts.socketCount(in: root) == 1)
    }
  }

  @Test(
    "a folder of /proc without tables of sockets is an error, and no answer",
    arguments: ["/proc/sys", "/proc/1/task", "/proc/self/fd", "/proc/self/task", "/proc/self/net/stat"])
  func noTables(path: String) throws {
    let error = try #require(throws: InspectionError.self) { try Inspector(root: .open(path)).snapshot(.init()) }
    #expect("\(error)".hasPrefix("no table of sockets in \(path): "))
  }

  @Test("the tables of a process that has ended are not those of another with its number")
  func ended() throws {
    let lifeline = try LinuxSystem.Pipe()
    let child = try ChildProcess.startUnseen(
      "/bin/cat", arguments: [Array("cat".utf8)], descriptors: [(lifeline.reading.number, 0)])
    let root = try ProcRoot.open("/proc/\(child.pid)")
    child.signal(SIGKILL)
    _ = try child.wait()
    let error = #expect(throws: InspectionError.self) { try Inspector(root: root).snapshot(.init()) }
    #expect(error?.description.hasSuffix(": its process has ended") == true)
    withExtendedLifetime(lifeline) {}
  }
}
