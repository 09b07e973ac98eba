import Foundation
import LinuxSystem
import Query
import SocketModel
import TestSupport
import Testing

/// What `can-bind --json` prints.
struct CanBindAnswer: Decodable, Sendable {
  struct Combination: Decodable, Sendable {
    var options: [String]
    var tables: Bool?
    var probe: Bool?
    var error: String?
  }
  struct Evidence: Decodable, Sendable {
    var options: [String]?
    var socket: Listing.Socket
  }
  var verdict: String
  var canBind: Bool?
  var combinations: [Combination]
  var disagreement: Bool?
  var freeInMs: UInt32?
  var ephemeral: String
  var evidence: [Evidence]
  var actions: [String]
  var lookedAt: [String]

  init(_ finished: Finished) throws {
    self = try Listing.decoder.decode(CanBindAnswer.self, from: Data(finished.output))
  }
}

private let here = SocketAddress.ipv4(0x7F00_0001, port: 0)
private let here2 = SocketAddress.ipv4(0x7F00_0002, port: 0)
private let every = SocketAddress.ipv4(0, port: 0)
private let here6 = SocketAddress.ipv6(1, port: 0)
private let every6 = SocketAddress.ipv6(0, port: 0)

/// A row of the table of what has a port, and how it is made.
enum BindRow: String, CaseIterable, Sendable {
  case nothing, listen, listenReuse, listenEverywhere, listenShared, listenSharedByOther, listenElsewhere, listenDual
  case listenIPv6Only, listenIPv6, bound, boundReuse, leftover, leftoverReuse, timeWait, timeWaitReuse, outgoing
  case outgoingTimeWait, udp, udpReuse, udpShared, udpSharedByOther, udpDual, udpIPv6Only

  var isDatagram: Bool { rawValue.hasPrefix("udp") }

  /// What bind() does at 127.0.0.1 with no option, SO_REUSEADDR, SO_REUSEPORT and both.
  var works: [Bool] {
    switch self {
    case .nothing, .listenElsewhere, .listenIPv6Only, .listenIPv6, .udpIPv6Only: [true, true, true, true]
    case .listenShared, .udpShared: [false, false, true, true]
    case .boundReuse, .leftoverReuse, .timeWaitReuse, .udpReuse: [false, true, false, true]
    default: [false, false, false, false]
    }
  }

  /// The word of the verdict for a socket without options.
  var verdict: String {
    switch self {
    case _ where works[0]: "free"
    case .bound, .boundReuse, .udp, .udpReuse, .udpShared, .udpSharedByOther, .udpDual: "bound-idle"
    case .leftover, .leftoverReuse, .outgoing: "connection"
    case .timeWait, .timeWaitReuse, .outgoingTimeWait: "time-wait"
    default: "listener"
    }
  }

  /// Makes the sockets.
  func make(port: UInt16) throws -> BindScene {
    var scene = BindScene(port: port)
    let (here, every, every6) = (here.with(port: port), every.with(port: port), every6.with(port: port))
    switch self {
    case .nothing: break
    case .listen: try scene.bind(here, listens: true)
    case .listenReuse: try scene.bind(here, .address, listens: true)
    case .listenEverywhere: try scene.bind(every, .address, listens: true)
    case .listenShared: try scene.bind(here, .port, listens: true)
    case .listenSharedByOther: try scene.bind(here, .port, user: 4711, listens: true)
    case .listenElsewhere: try scene.bind(here2.with(port: port), listens: true)
    case .listenDual: try scene.bind(every6, listens: true)
    case .listenIPv6Only: try scene.bind(every6, isIPv6Only: true, listens: true)
    case .listenIPv6: try scene.bind(here6.with(port: port), listens: true)
    case .bound: try scene.bind(here)
    case .boundReuse: try scene.bind(here, .address)
    case .leftover, .leftoverReuse:
      let listener = try scene.bind(here, self == .leftover ? [] : .address, listens: true)
      _ = try scene.connect(to: listener, at: here)
      scene.close(listener)
    case .timeWait: try scene.leaveTimeWait(here, [])
    case .timeWaitReuse: try scene.leaveTimeWait(here, .address)
    case .outgoing, .outgoingTimeWait: try connectFromPort(&scene)
    case .udp: try scene.bind(here, isDatagram: true)
    case .udpReuse: try scene.bind(here, isDatagram: true, .address)
    case .udpShared: try scene.bind(here, isDatagram: true, .port)
    case .udpSharedByOther: try scene.bind(here, isDatagram: true, .port, user: 4711)
    case .udpDual: try scene.bind(every6, isDatagram: true)
    case .udpIPv6Only: try scene.bind(every6, isDatagram: true, isIPv6Only: true)
    }
    try scene.settle()
    return scene
  }

  /// A client to which the kernel gave the port.
  private func connectFromPort(_ scene: inout BindScene) throws {
    let setting = "/proc/sys/net/ipv4/ip_local_port_range"
    try Descriptor.open(setting, for: .replacing).writeAll(Array("\(scene.port) \(scene.port)\n".utf8).span)
    let place = here.with(port: 999)
    let listener = try scene.bind(place, .address, listens: true)
    let client = try KeptSocket(place)
    try client.descriptor.connect(place)
    let server = try listener.accept()
    if self == .outgoing {
      scene.kept += [client, server]
    } else {
      try client.descriptor.shutdown(sending: true)
      scene.kept.append(server)
    }
    try Descriptor.open(setting, for: .replacing).writeAll(Array("32768 60999\n".utf8).span)
    if self == .outgoing { return }
    // The client's end closes first, so that it is the one in TIME_WAIT.
    try finish(client, &scene)
  }

  private func finish(_ client: KeptSocket, _ scene: inout BindScene) throws {
    let port = scene.port
    scene.kept = []
    _ = client
    _ = try eventually({ try BindScene.rows(at: port) }) { $0.contains { $0.state != .established } }
  }
}

@Suite("sockinspect can-bind", .timeLimited, .needsRoot)
struct CanBindTests {
  private static func json(_ arguments: [String], as user: UInt32, program: String) throws -> (Finished, CanBindAnswer)
  {
    let words = ["can-bind"] + arguments + ["--json"]
    let finished = user == 0 ? Finished(running: program, words) : try Finished(as: user, program, words)
    return (finished, try CanBindAnswer(finished))
  }

  /// What is asked: the words for the program, and the same for bind(2).
  private static let wishes: [(words: [String], address: SocketAddress, isIPv6Only: Bool)] = [
    (["127.0.0.1:PORT"], here, false), (["0.0.0.0:PORT"], every, false), (["PORT"], every6, false),
    (["PORT", "--v6only"], every6, true), (["[::1]:PORT"], here6, false),
    (["[::ffff:127.0.0.1]:PORT"], .ipv6(0xFFFF_7F00_0001, port: 0), false),
  ]

  @Test(
    "every row of the table: the tables, --probe and bind() agree, for root and for anybody",
    arguments: BindRow.allCases)
  func table(row: BindRow) throws {
    try withProgramForAnybody { program in
      try isolatedUndisturbed {
        let port: UInt16 = 4000
        let scene = try row.make(port: port)
        for (index, wish) in Self.wishes.enumerated() {
          for user: UInt32 in [0, nobody] {
            let truth = try BindScene.truth(
              wish.address.with(port: port), isDatagram: row.isDatagram, isIPv6Only: wish.isIPv6Only, user: user)
            if index == 0, user == 0 {
              #expect(ReuseOptions.combinations.map { (truth[$0] ?? nil) == nil } == row.works, "the kernel")
            }
            let words = wish.words.map { $0.replacing("PORT", with: "\(port)") } + (row.isDatagram ? ["--udp"] : [])
            let (finished, answer) = try Self.json(words + ["--probe"], as: user, program: program)
            #expect(answer.disagreement == false, "\(words) as \(user)")
            for (reuse, combination) in zip(ReuseOptions.combinations, answer.combinations) {
              let works = (truth[reuse] ?? nil) == nil
              #expect(combination.options == reuse.names)
              #expect(combination.probe == works && combination.error == (truth[reuse] ?? nil), "\(words) as \(user)")
              #expect(combination.tables == nil || combination.tables == works, "\(words) \(reuse.names) as \(user)")
              // Only what no process has any more stays unknown to root.
              if user == 0, row.verdict != "time-wait" { #expect(combination.tables != nil, "\(words) \(reuse.names)") }
            }
            let worksAsAsked = (truth[[]] ?? nil) == nil
            #expect(finished.exitStatus == (worksAsAsked ? 0 : 1) && answer.canBind == worksAsAsked)
            let (plain, fromTables) = try Self.json(words, as: user, program: program)
            #expect(fromTables.canBind == worksAsAsked && plain.exitStatus == finished.exitStatus)
            #expect(fromTables.combinations.allSatisfy { $0.probe == nil } && fromTables.disagreement == nil)
            if index == 0 { #expect(answer.verdict == row.verdict && fromTables.verdict == row.verdict) }
          }
        }
        _ = scene
      }
    }
  }

  @Test("a connection in TIME_WAIT has an end, and whether SO_REUSEADDR helps only --probe can tell")
  func timeWait() throws {
    for reuse in [[], .address] as [ReuseOptions] {
      try isolatedUndisturbed {
        var scene = BindScene(port: 4000)
        try scene.leaveTimeWait(here.with(port: 4000), reuse)
        let plain = try Self.json(["127.0.0.1:4000"], as: 0, program: Program.path).1
        #expect(plain.canBind == false && plain.verdict == "time-wait")
        #expect(try #require(plain.freeInMs) <= 60_000)
        let asked = Program.run("can-bind", "127.0.0.1:4000", "--reuse-address")
        #expect(asked.exitStatus == 3)
        #expect(asked.text.hasPrefix("could not tell whether 127.0.0.1:4000 can be bound with SO_REUSEADDR.\n"))
        #expect(asked.text.contains("to find out: sockinspect can-bind 127.0.0.1:4000 --reuse-address --probe\n"))
        let tried = Program.run("can-bind", "127.0.0.1:4000", "--reuse-address", "--probe")
        #expect(tried.exitStatus == (reuse == .address ? 0 : 1))
      }
    }
  }

  @Test("only its owner sees the options of a socket, and the answer says so")
  func hiddenOptions() throws {
    try withProgramForAnybody { program in
      try isolatedUndisturbed {
        var scene = BindScene(port: 4000)
        try scene.bind(here.with(port: 4000), .address)
        let words = ["can-bind", "127.0.0.1:4000", "--reuse-address"]
        let finished = try Finished(as: nobody, program, words)
        #expect(finished.exitStatus == 3)
        #expect(
          finished.text.contains("it depends on the options of that socket, which may not be read; root may read them"))
        #expect(Finished(running: program, words).exitStatus == 0)
        #expect(try Finished(as: nobody, program, words + ["--probe"]).exitStatus == 0)
      }
    }
  }

  @Test("low ports, other users, foreign addresses and the ports of outgoing connections")
  func rights() throws {
    try isolatedUndisturbed {
      for (words, status, line) in [
        (["80"], 0, "80 can be bound."),
        (
          ["80", "--user", "65534"], 1,
          "80 cannot be bound: port 80 is not for everybody: a port below 1024 takes privilege."
        ),
        (
          ["80", "--user", "65534", "--probe"], 1,
          "80 cannot be bound: port 80 is not for everybody: a port below 1024 takes privilege."
        ),
        (["8080", "--user", "65534", "--probe"], 0, "8080 can be bound."),
        (["192.0.2.1:8080", "--probe"], 1, "192.0.2.1:8080 cannot be bound: 192.0.2.1 is no address of this machine."),
        (
          ["[2001:db8::1]:8080", "--probe"], 1,
          "[2001:db8::1]:8080 cannot be bound: 2001:db8::1 is no address of this machine."
        ),
        (["127.1.2.3:8080", "--probe"], 0, "127.1.2.3:8080 can be bound."),
        (["224.0.0.1:8080", "--probe"], 0, "224.0.0.1:8080 can be bound."),
        (
          ["[ff02::1%lo]:8080", "--probe"], 1,
          "[ff02::1%lo]:8080 cannot be bound: a TCP socket cannot have the address of a group."
        ),
        (
          ["[fe80::1]:8080", "--probe"], 1,
          "[fe80::1]:8080 cannot be bound: an address that begins with fe80: needs its interface, as in fe80::1%eth0."
        ),
        (
          ["[::ffff:127.0.0.1]:8080", "--v6only", "--probe"], 1,
          "[::ffff:127.0.0.1]:8080 cannot be bound: a socket for IPv6 only cannot have an IPv4 address."
        ),
        (["--udp", "53", "--probe"], 0, "udp 53 can be bound."),
      ] as [([String], Int32, String)] {
        let finished = Finished(running: Program.path, ["can-bind"] + words)
        #expect(finished.exitStatus == status && finished.text.hasPrefix(line + "\n"), "\(words): \(finished.text)")
        #expect(!finished.text.contains("disagreement"), "\(words)")
      }
      try Descriptor.open("/proc/sys/net/ipv4/ip_local_reserved_ports", for: .replacing)
        .writeAll(Array("50000-50002\n".utf8).span)
      let inside = Program.run("can-bind", "40000")
      #expect(inside.exitStatus == 0)
      #expect(inside.text.contains("sudo sysctl -w net.ipv4.ip_local_reserved_ports=40000,50000-50002\n"))
      #expect(!Program.run("can-bind", "50001").text.contains("sysctl -w"))
      try Descriptor.open("/proc/sys/net/ipv4/ip_nonlocal_bind", for: .replacing).writeAll(Array("1\n".utf8).span)
      #expect(Program.run("can-bind", "192.0.2.1:8080", "--probe").exitStatus == 0)
      #expect(Program.run("can-bind", "192.0.2.1:8080").exitStatus == 0)
    }
  }

  @Test("in another network namespace the tables, the settings and --probe are those of that one")
  func otherNamespace() throws {
    try isolated {
      var scene = BindScene(port: 4000)
      try scene.bind(here.with(port: 4000), .address)
      let thread = try Descriptor.open("/proc", for: .directory).readLink("thread-self")
      let place = "/proc/\(String(decoding: thread, as: UTF8.self))/ns/net"
      let answers = try isolated {
        try ["127.0.0.1:4000", "127.0.0.2:4000"].map { address in
          let there = ["can-bind", address, "--netns", place, "--probe", "--json"]
          let away = ["can-bind", address, "--probe", "--json"]
          return try (
            CanBindAnswer(Finished(running: Program.path, there)), CanBindAnswer(Finished(running: Program.path, away))
          )
        }
      }
      #expect(answers.map(\.0.canBind) == [false, true] && answers.map(\.1.canBind) == [true, true])
      #expect(answers[0].0.combinations.map(\.probe) == [false, true, false, true])
      #expect(answers.allSatisfy { $0.0.disagreement == false && $0.1.disagreement == false })
    }
  }

  @Test("every address is more than those of IPv4, and the answer says what IPv4 alone can have")
  func everyAddress() throws {
    try isolatedUndisturbed {
      var scene = BindScene(port: 4000)
      try scene.bind(here6.with(port: 4000), listens: true)
      let finished = Program.run("can-bind", "4000")
      #expect(finished.exitStatus == 1)
      #expect(finished.text.contains("  for IPv4 alone it can be bound: 0.0.0.0:4000\n"))
      #expect(Program.run("can-bind", "0.0.0.0:4000", "--probe").exitStatus == 0)
    }
  }

  @Test("what is no port or no address is a line, and status 2")
  func mistakes() {
    for words in [
      [], ["0"], ["70000"], ["-1"], ["nosuchservice"], ["80", "81"], ["::1"], ["127.0.0.1"], ["[::1"], ["[x]:80"],
      ["localhost:80"], ["1.2.3.4,5.6.7.8:80"], ["80", "--user", "nosuchuser"], ["80", "--netns", "all"],
      ["80", "--probe", "--root", "/proc/1"], ["[fe80::1%nosuch]:80"], ["80", "--nosuch"],
    ] {
      let finished = Finished(running: Program.path, ["can-bind"] + words)
      #expect(finished.exitStatus == 2, "\(words): \(finished.text)\(finished.errorText)")
      #expect(finished.errorText.hasPrefix("sockinspect: ") && finished.output.isEmpty)
    }
  }

  @Test("a capture answers the same, but for what only a running kernel can tell")
  func captured() throws {
    try isolatedUndisturbed {
      var scene = BindScene(port: 4000)
      try scene.bind(here.with(port: 4000), listens: true)
      try withFolder { folder in
        let capture = folder + "/capture"
        #expect(Program.run("capture", capture).exitStatus == 0)
        let taken = Program.run("can-bind", "4000", "--root", capture)
        #expect(taken.exitStatus == 1 && taken.text.hasPrefix("4000 cannot be bound: a server listens on it.\n"))
        let free = Program.run("can-bind", "4001", "--root", capture)
        #expect(free.exitStatus == 0, "\(free.text)")
        // Which addresses a machine has is not in a capture.
        #expect(Program.run("can-bind", "10.0.0.1:4001", "--root", capture).exitStatus == 3)
      }
    }
  }
}
