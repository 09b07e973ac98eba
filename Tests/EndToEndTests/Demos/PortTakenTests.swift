import Diagnosis
import Foundation
import Query
import SocketModel
import TestSupport
import Testing

@testable import Lesson
@testable import LinuxSystem
@testable import Text
@testable import sockinspect

/// A TCP or UDP socket that a test binds.
private func bound(
  _ address: SocketAddress, type: Int32 = 1, _ options: [SocketOption] = [], isOnlyIPv6: Bool? = nil
) throws -> Descriptor {
  let socket = try Descriptor.socket(SocketKind(family: address.family, type: type))
  if let isOnlyIPv6 { try socket.set(.ipv6Only, to: isOnlyIPv6 ? 1 : 0) }
  for option in options { try socket.set(option, to: 1) }
  try socket.bind(address)
  return socket
}

private let here = SocketAddress.ipv4(0x7F00_0001, port: 1234)
private let everywhere = SocketAddress.ipv4(0, port: 1234)
private let everywhere6 = SocketAddress.ipv6(0, port: 1234)

/// The message, with the number of this process replaced.
private func said(_ taken: PortTaken) -> String {
  taken.lines().joined(separator: "\n").replacingOccurrences(of: "[\(getpid())]", with: "[PID]")
    .replacingOccurrences(of: "kill \(getpid())", with: "kill PID")
}

/// A connection between two sockets of this machine that the server's end has closed first.
private func leaveTimeWait(_ address: SocketAddress, _ options: [SocketOption]) throws {
  let listener = try bound(address, options)
  try listener.listen(backlog: 5)
  let client = try Descriptor.socket(SocketKind(family: address.family, type: 1))
  try client.connect(address)
  do { _ = try listener.accept() }
}

/// The message when binding really failed.
private func refused(
  _ address: SocketAddress, _ options: [SocketOption] = [], type: Int32 = 1, isDualStack: Bool = false
) throws
  -> String
{
  let isOnly = address.family == Int32(AddressFamily.ipv6.rawValue) ? !isDualStack : nil
  do {
    _ = try bound(address, type: type, options, isOnlyIPv6: isOnly)
    Issue.record("\(address) could be bound")
  } catch let error as SystemError {
    #expect(error.name == "EADDRINUSE")
  }
  return said(PortTaken(type == 1 ? .tcp : .udp, address, isDualStack: isDualStack))
}

private let anotherPort = "  another port: --port N; --port 0 takes any that is free"

@Suite("A port that is taken", .timeLimited, .needsRoot)
struct PortTakenTests {
  /// The name of the program that runs the tests, in full: the kernel cuts it at 15 bytes.
  private static let name = ownProgramName + "[PID]"

  @Test("a listener is named with its process and the command that stops it")
  func listener() throws {
    try isolatedUndisturbed {
      let listener = try bound(here)
      try listener.listen(backlog: 5)
      for wanted in [here, everywhere] {
        #expect(
          try refused(wanted) == """
            sockinspect: tcp \(wanted.shown) is taken (EADDRINUSE)
              listen  127.0.0.1:1234  -  \(Self.name)
              to stop it: kill PID
            \(anotherPort)
            """)
      }
      #expect(try refused(everywhere6, isDualStack: true).contains("  listen  127.0.0.1:1234  -  \(Self.name)\n"))
      // These can be bound.
      #expect(said(PortTaken(.tcp, everywhere6)).contains("it is free by now"))
      #expect(said(PortTaken(.tcp, .ipv4(0x7F00_0002, port: 1234))).contains("it is free by now"))
    }
  }

  @Test("a dual-stack listener is in the way of IPv4, one for IPv6 alone is not")
  func dualStack() throws {
    try isolatedUndisturbed {
      do {
        let listener = try bound(everywhere6, isOnlyIPv6: false)
        try listener.listen(backlog: 5)
        #expect(try refused(here).contains("  listen  *:1234  -  \(Self.name)\n"))
      }
      let listener = try bound(everywhere6, isOnlyIPv6: true)
      try listener.listen(backlog: 5)
      #expect(try refused(everywhere6).contains("  listen  [::]:1234"))
      _ = try bound(here)
    }
  }

  @Test("TIME_WAIT alone has its seconds; --reuse-address is advised only if it helps")
  func timeWait() throws {
    for reusing in [false, true] {
      try isolatedUndisturbed {
        try leaveTimeWait(here, reusing ? [.reuseAddress] : [])
        let lines = try refused(here).split(separator: "\n")
        #expect(lines[1].hasPrefix("  time_wait  127.0.0.1:1234  127.0.0.1:"))
        #expect(lines[1].contains("  no process, free in "))
        #expect(lines[2].hasPrefix("  only closed connections are in the way; they are gone in "))
        #expect(
          lines[3].hasPrefix(reusing ? "  not to wait for them: --reuse-address" : "  --reuse-address is no help"))
        #expect(lines[4] == anotherPort)
        if reusing { _ = try bound(here, [.reuseAddress]) } else { _ = try refused(here, [.reuseAddress]) }
      }
    }
  }

  @Test("--reuse-port is advised when the other one set it too, and works then")
  func reusePort() throws {
    try isolatedUndisturbed {
      let listener = try bound(here, [.reusePort])
      try listener.listen(backlog: 5)
      #expect(try refused(here).contains("  to share it, as they set SO_REUSEPORT too: --reuse-port\n"))
      let second = try bound(here, [.reusePort])
      try second.listen(backlog: 5)
    }
  }

  @Test("a socket that is only bound, a connection's own end and a UDP socket are in the way as well")
  func others() throws {
    try isolatedUndisturbed {
      let idle = try bound(here)
      #expect(try refused(here).contains("  bound_inactive  127.0.0.1:1234  -  \(Self.name)\n"))
      let datagrams = try bound(here, type: 2)
      #expect(
        try refused(here, type: 2) == """
          sockinspect: udp 127.0.0.1:1234 is taken (EADDRINUSE)
            unconnected  127.0.0.1:1234  -  \(Self.name)
            to stop it: kill PID
          \(anotherPort)
          """)
      try idle.listen(backlog: 5)
      let client = try Descriptor.socket(SocketKind(family: 2, type: 1))
      try client.connect(here)
      let port = try client.localAddress()
      // The line is too long for a terminal, so the name stands below.
      let words = try refused(port).split { $0 == " " || $0 == "\n" }
      #expect(words.contains(["established", "\(port.shown)", "127.0.0.1:1234", Self.name[...]]))
      _ = datagrams.number
    }
  }

  @Test("of many sockets the listener comes first and the rest is counted")
  func many() throws {
    try isolatedUndisturbed {
      let listener = try bound(here)
      try listener.listen(backlog: 20)
      var held: [HeldSocket] = []
      for _ in 0..<10 {
        let client = try Descriptor.socket(SocketKind(family: 2, type: 1))
        try client.connect(here)
        held.append(HeldSocket(client))
        held.append(HeldSocket(try listener.accept()))
      }
      let lines = try refused(here).split(separator: "\n")
      #expect(lines[1].hasPrefix("  listen"))
      #expect(lines.count { $0.contains("127.0.0.1:1234  ") } == 6)
      #expect(lines.contains("  and 5 more: sockinspect --local-port 1234"))
      #expect(lines.allSatisfy { $0.count <= 80 })
      _ = held.count
    }
  }

  @Test("a taken unix path: a listener, a leftover, another file; abstract names too")
  func unix() throws {
    try withFolder { folder in
      let address = SocketAddress.unix(path: Array("\(folder)/it's".utf8))
      let left = try ProgramStarts.undisturbed {
        do {
          let server = try bound(address)
          try server.listen(backlog: 1)
          #expect(
            said(PortTaken(.unix, address)) == """
              sockinspect: \(folder)/it's is taken (EADDRINUSE)
                listen  \(folder)/it's  \(Self.name)
                to stop it: kill PID
                another name: --unix PATH
              """)
        }
        return said(PortTaken(.unix, address)).split(separator: "\n")
      }
      try #require(left.count > 2)
      #expect(left[1] == "  no process has it open any more: a server left it behind")
      let command = left[2].dropFirst("  to remove it: ".count)
      #expect(Finished(running: try peer("sh"), ["-c", String(command)]).exitStatus == 0)
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/it's"))
      _ = FileManager.default.createFile(atPath: "\(folder)/file", contents: nil)
      let file = said(PortTaken(.unix, .unix(path: Array("\(folder)/file".utf8))))
      #expect(file.contains("it is a file and no socket") && !file.contains("rm "))
    }
    try isolatedUndisturbed {
      let name = SocketAddress.unix(abstract: Array("lesson".utf8))
      let datagrams = try bound(name, type: 2)
      #expect(said(PortTaken(.unix, name, isDatagram: true)).contains("  unconnected  @lesson  \(Self.name)\n"))
      _ = datagrams.number
    }
  }

  @Test("a process that may not be read is named by its user, with the command to see it")
  func invisible() throws {
    var record = SocketRecord(transport: .tcp, family: .ipv4, state: .listen)
    record.localBits = 0x7F00_0001
    record.localPort = 1234
    record.inode = 4711
    record.uid = 33
    record.known = [.inode, .uid]
    var snapshot = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
    snapshot.records = [record]
    snapshot.userNames = [33: "www-data"]
    func said(_ snapshot: Snapshot, isRoot: Bool) throws -> [String] {
      let conflict = PortConflict(snapshot, at: try #require(here.endpoint))
      let remedies = conflict.remedies(reuse: PortConflict.Reuse(), user: isRoot ? 0 : 1000)
      return HolderText.rows(of: conflict) + remedies.map { HolderText.line($0, port: conflict.port) }
    }
    // All processes were read: it is in none of them, and root would see no more.
    for isRoot in [false, true] {
      #expect(
        try said(snapshot, isRoot: isRoot) == [
          "  listen  127.0.0.1:1234  -  open in no process", "  it may be \(HolderText.ownerless())", anotherPort,
        ])
    }
    let refusal = Problem.Refusal.processes(count: 1, of: 2, hidesOthers: false)
    snapshot.problems = [Problem(subject: .descriptors, cause: .forbidden(refusal))]
    #expect(
      try said(snapshot, isRoot: false) == [
        "  listen  127.0.0.1:1234  -  process not visible, of user www-data",
        "  to see the process: sudo sockinspect --local-port 1234", anotherPort,
      ])
    #expect(try !said(snapshot, isRoot: true).contains { $0.contains("sudo") })
    // Without /proc nobody sees more.
    snapshot.problems = [Problem(subject: .descriptors, cause: .forbidden(.noProc), remedy: .mountProc)]
    for isRoot in [false, true] {
      #expect(
        try said(snapshot, isRoot: isRoot) == [
          "  listen  127.0.0.1:1234  -  process not visible, of user www-data",
          "  there is no /proc here: the owners of sockets are not known; mount it with: mount -t proc proc /proc",
          anotherPort,
        ])
    }
  }

  @Test(
    "addresses overlap as the kernel has it",
    arguments: [
      ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1", "127.0.0.2", false), ("0.0.0.0", "127.0.0.2", true),
      ("::", "127.0.0.1", true), ("::", "::1", true), ("::1", "127.0.0.1", false), ("::1", "::2", false),
      ("::ffff:127.0.0.1", "127.0.0.1", true), ("::ffff:127.0.0.1", "0.0.0.0", true), ("::1", "0.0.0.0", false),
      ("::ffff:127.0.0.1", "::", true), ("::ffff:127.0.0.1", "::1", false), ("::", "0.0.0.0", true),
    ])
  func overlap(first: String, second: String, does: Bool) throws {
    let one = try #require(IPAddress(first))
    let other = try #require(IPAddress(second))
    #expect(PortHolders.overlap((one, isOnly: false), (other, isOnly: false)) == does)
    #expect(PortHolders.overlap((other, isOnly: false), (one, isOnly: false)) == does)
    try isolated {
      func address(_ address: IPAddress) -> SocketAddress {
        address.isIPv4
          ? .ipv4(UInt32(truncatingIfNeeded: address.bits), port: 1234) : .ipv6(address.bits, port: 1234)
      }
      // ::2 is not an address of this machine.
      guard second != "::2" else { return }
      let held = try bound(address(one), isOnlyIPv6: one.isIPv4 ? nil : false)
      let again = Result { _ = try bound(address(other), isOnlyIPv6: other.isIPv4 ? nil : false) }
      #expect((try? again.get()) == nil ? does : !does)
      _ = held.number
    }
  }

  @Test("listen-demo ends with status 1 and says it on standard error")
  func command() throws {
    try isolatedUndisturbed {
      let listener = try bound(here)
      try listener.listen(backlog: 1)
      let finished = Program.run("listen-demo", "--quiet")
      #expect(finished.exitStatus == 1)
      #expect(finished.output.isEmpty)
      #expect(finished.errorText.contains("  to stop it: kill \(getpid())\n"))
    }
  }

  @Test(
    "paths are words of a shell",
    arguments: ["/tmp/a", "a b", "-rf", "it's", "$HOME", "a\\b", "é", "new\nline", "~", "*"])
  func shellWords(path: String) throws {
    let word = UnixNameTaken.shellWord(Array(path.utf8))
    #expect(word.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
    let printed = Finished(running: try peer("bash"), ["-c", "printf %s \(word)"])
    #expect(printed.text == (path.hasPrefix("-") ? "./" + path : path))
  }
}
