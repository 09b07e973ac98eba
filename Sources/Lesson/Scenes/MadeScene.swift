import Glibc
package import LinuxSystem
import SocketModel

/// A trouble that was made: real sockets on loopback, and processes, as long as this exists.
package final class MadeScene {
  /// What was made.
  package let scene: TroubleScene
  /// The address in question. Its port is never 0.
  package let address: SocketAddress
  /// How many were made of what the scene has many of: connections, or bytes or datagrams sent.
  package let count: Int
  /// Whether it is in a network namespace of its own that belongs to a user namespace.
  package let isInUserNamespace: Bool
  /// The ends of its sockets, of those that have been closed too.
  package private(set) var sightings: Set<SocketSighting> = []

  private var sockets: [HeldSocket]
  private var process: SceneProcess
  private let builder: SceneBuilder

  /// Another process that is a part of the scene.
  enum SceneProcess {
    case none
    case stopped(ForkedServer)
    case heir(ListenerHeir)
  }

  /// What became of a scene.
  package enum Change: Sendable, Hashable {
    /// It is as it was made.
    case none
    /// It had ended, and was made again.
    case madeAgain
    /// Its process has ended, and so has it.
    case ended(pid: Int32)
  }

  /// Makes a scene.
  ///
  /// - Throws: ``DemoError`` when a call fails; its code is EADDRINUSE when the port is taken.
  package convenience init(_ plan: ScenePlan) throws(DemoError) {
    let builder = SceneBuilder(plan.scene, at: plan.address)
    self.init(
      try making("the scene \(plan.scene.rawValue)") { () throws(SystemError) in try builder.make() }, by: builder)
  }

  private init(_ parts: SceneBuilder.Parts, by builder: SceneBuilder) {
    scene = builder.scene
    (address, count, isInUserNamespace) = (parts.address, parts.count, parts.isInUserNamespace)
    (sockets, sightings) = (parts.sockets, parts.sightings)
    process = parts.process
    self.builder = builder
    note(sockets)
  }

  /// The process that has the sockets in question.
  package var pid: Int32 {
    switch process {
    case .none: ownProcessID
    case .stopped(let server): server.pid
    case .heir(let heir): heir.pid
    }
  }

  /// Maintains it: to be called about once a second. CLOSE_WAIT grows with each call, and TIME_WAIT,
  /// which the kernel ends, is made again.
  package func maintain() throws(DemoError) -> Change {
    switch process {
    case .none: break
    case .stopped(let server): return server.hasEnded ? .ended(pid: server.pid) : .none
    case .heir(let heir): return heir.hasEnded ? .ended(pid: heir.pid) : .none
    }
    let again = SceneBuilder(scene, at: address)
    switch scene {
    case .closeWait where sockets.count <= Self.mostConnections:
      guard let listener = sockets.first else { return .none }
      // Without another descriptor the scene is as full as it can be.
      guard let server = try? again.leaveOpen(at: listener) else { return .none }
      sockets.append(server)
      note([server])
    case .timeWait:
      do throws(SystemError) { sightings.formUnion(try again.leaveTimeWait().sightings) } catch {
        // It has not ended, as is the rule, or somebody was faster.
        if error.isAddressTaken { return .none }
        throw DemoError(attempt: "the scene \(scene.rawValue)", cause: error)
      }
      return .madeAgain
    default: break
    }
    return .none
  }

  /// The subject of an error about the IPv6 server of ``TroubleScene/ipv6Only``, which is elsewhere
  /// than the address in question.
  package static let everyIPv6Address = "[::]"
  /// How many connections CLOSE_WAIT grows to.
  package static let mostConnections = 300

  /// Closes all sockets and ends the processes.
  package func end() {
    process = .none
    sockets = []
  }

  private func note(_ sockets: [HeldSocket]) {
    for socket in sockets {
      guard let local = try? socket.descriptor.localAddress().endpoint else { continue }
      var sighting = SocketSighting(
        scene.isDatagram ? .udp : .tcp, local.address.isIPv4 ? .ipv4 : .ipv6, .established)
      sighting.local = local
      sighting.remote = try? socket.descriptor.peerAddress().endpoint
      sightings.insert(sighting)
      guard let remote = sighting.remote else { continue }
      (sighting.local, sighting.remote) = (remote, local)
      sightings.insert(sighting)
    }
  }
}
