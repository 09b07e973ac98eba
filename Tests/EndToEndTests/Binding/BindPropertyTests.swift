import Diagnosis
import Inspection
import Lesson
import LinuxSystem
import Query
import SocketModel
import TestSupport
import Testing

/// Random sockets at a port and random wishes: what the tables say is what bind(2) does.
@Suite("The rules of bind(2), against the kernel", .timeLimited, .needsRoot)
struct BindPropertyTests {
  private static let addresses4: [UInt32] = [0, 0x7F00_0001, 0x7F00_0002, 0x7F00_0006]
  private static let addresses6: [UInt128] = [0, 1, 0xFFFF_7F00_0001, 0xFFFF_0000_0000]

  /// An address with what the wish or the holder says about IPv6.
  private struct Address {
    var address: SocketAddress
    var isIPv6Only = false
    var isMapped = false
  }

  private static func address(_ port: UInt16, _ random: inout SeededGenerator) -> Address {
    if Bool.random(using: &random) {
      return Address(address: .ipv4(addresses4.randomElement(using: &random) ?? 0, port: port))
    }
    let bits = addresses6.randomElement(using: &random) ?? 0
    let isMapped = bits >> 32 == 0xFFFF
    return Address(
      address: .ipv6(bits, port: port), isIPv6Only: !isMapped && Bool.random(using: &random), isMapped: isMapped)
  }

  private static func reuse(_ random: inout SeededGenerator) -> ReuseOptions {
    ReuseOptions.combinations.randomElement(using: &random) ?? []
  }

  private static func user(_ random: inout SeededGenerator) -> UInt32 {
    Int.random(in: 0..<3, using: &random) == 0 ? 65534 : 0
  }

  /// Where a client reaches a listener.
  private static func target(_ listener: Address, _ random: inout SeededGenerator) -> SocketAddress {
    let port = listener.address.port ?? 0
    let loopback = SocketAddress.ipv4(0x7F00_0001, port: port)
    guard listener.address.isIPv6 else { return listener.address.ipBits == 0 ? loopback : listener.address }
    switch listener.address.ipBits ?? 0 {
    case 0: return !listener.isIPv6Only && Bool.random(using: &random) ? loopback : .ipv6(1, port: port)
    case 0xFFFF_0000_0000: return loopback
    case let bits where listener.isMapped: return .ipv4(UInt32(truncatingIfNeeded: bits), port: port)
    default: return listener.address
    }
  }

  private static func addHolder(
    to scene: inout BindScene, isDatagram: Bool, helper: SocketAddress, _ random: inout SeededGenerator
  ) throws {
    let place = address(scene.port, &random)
    let user = user(&random)
    let reuse = reuse(&random)
    let socket: KeptSocket
    do throws(SystemError) {
      socket = try scene.bind(place.address, isDatagram: isDatagram, reuse, isIPv6Only: place.isIPv6Only, user: user)
    } catch {
      return
    }
    guard !isDatagram else { return }
    let kind = Int.random(in: 0..<5, using: &random)
    if kind == 0 { return }
    if kind == 1 {
      // A client with a port of its own choice, unless another one has the same two ends.
      if !place.address.isIPv6 { _ = try? socket.descriptor.connect(helper) }
      return
    }
    do throws(SystemError) { try socket.descriptor.listen(backlog: 8) } catch { return }
    if kind == 2 { return }
    let target = target(place, &random)
    let client = try KeptSocket(target)
    try client.descriptor.connect(target)
    // Another listener of a group may have got it: then it stays where it is.
    try socket.descriptor.setBlocking(false)
    do throws(SystemError) {
      let server = try socket.accept(user: user)
      if kind == 3 { scene.kept += [client, server] }
      // What it accepted stays, so that something shows that it was there.
      if Bool.random(using: &random) { scene.close(socket) }
    } catch {
      scene.kept.append(client)
    }
  }

  @Test("whatever has a port, in any state and with any options, a definite verdict is what bind() does")
  func agrees() throws {
    var seeded = SeededGenerator()
    let seed = seeded.seed
    let scenes: [(seed: UInt64, isDatagram: Bool)] = (0..<400).map { _ in (seeded.next(), Bool.random(using: &seeded)) }
    let counts = try isolatedUndisturbed {
      var counts: [BindOutcome: Int] = [:]
      let helper = SocketAddress.ipv4(0x7F00_0001, port: 999)
      let server = try KeptSocket(helper)
      try server.descriptor.bind(helper)
      try server.descriptor.listen(backlog: 1000)
      for (index, entry) in scenes.enumerated() {
        var random = SeededGenerator(seed: entry.seed)
        var scene = BindScene(port: UInt16(2000 + index))
        for _ in 0..<Int.random(in: 0...3, using: &random) {
          try Self.addHolder(to: &scene, isDatagram: entry.isDatagram, helper: helper, &random)
        }
        try scene.settle()
        let wish = Self.address(scene.port, &random)
        let user = Self.user(&random)
        try Self.compare(scene, wish, isDatagram: entry.isDatagram, user: user, seed: seed, index, &counts)
        scene.kept = []
      }
      return counts
    }
    // The detector detects: both verdicts occur, and few are left open.
    #expect(counts[.possible, default: 0] > 200 && counts[.impossible, default: 0] > 200, "seed \(seed): \(counts)")
    #expect(counts[.unknown, default: 0] < 400, "seed \(seed): \(counts)")
  }

  private static func compare(
    _ scene: BindScene, _ wish: Address, isDatagram: Bool, user: UInt32, seed: UInt64, _ index: Int,
    _ counts: inout [BindOutcome: Int]
  ) throws {
    let end = try #require(wish.address.endpoint)
    var request = BindRequest(isDatagram ? .udp : .tcp, end, uid: user, mayBindAnyPort: true)
    request.isIPv6Only = wish.isIPv6Only
    var look = InspectionRequest()
    look.transports = [request.transport]
    look.filter = .localPort(scene.port...scene.port)
    let snapshot = try Inspector(root: .running()).snapshot(look)
    let rows = BindTable(request, in: snapshot).rowsToAsk
    let options = HolderOptions(of: snapshot, rows: rows)
    let table = BindTable(request, in: snapshot, options: options.options)
    let truth = try BindScene.truth(wish.address, isDatagram: isDatagram, isIPv6Only: wish.isIPv6Only, user: user)
    for reuse in ReuseOptions.combinations {
      let outcome = table.outcome(reuse)
      counts[outcome, default: 0] += 1
      let failure = truth[reuse] ?? nil
      switch outcome {
      case .possible:
        #expect(failure == nil, "seed \(seed) scene \(index) \(reuse.names) of \(request): \(table.holders)")
      case .impossible:
        #expect(failure == "EADDRINUSE", "seed \(seed) scene \(index) \(reuse.names) of \(request): \(table.holders)")
      case .unknown:
        // What no process has any more hides its options, and nothing shows who was bound last.
        let isHidden = table.inTheWay(reuse).contains { snapshot.owners(at: $0.row).isEmpty }
        #expect(
          isHidden || reuse.contains(.port),
          "seed \(seed) scene \(index) \(reuse.names) of \(request): \(table.holders)")
      }
    }
  }
}
