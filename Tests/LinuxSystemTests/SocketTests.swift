import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite("Sockets, children and locks of the system room", .timeLimited)
struct SocketTests {
  @Test("an address gives back the parts it was made of")
  func addresses() throws {
    let four = SocketAddress.ipv4(0x7F00_0001, port: 1234)
    #expect(four.port == 1234)
    #expect(four.ipBits == 0x7F00_0001)
    #expect(four.with(port: 80).port == 80)
    let six = SocketAddress.ipv6(0xFFFF_7F00_0001, port: 65535)
    #expect(six.port == 65535)
    #expect(six.ipBits == 0xFFFF_7F00_0001)
    #expect(SocketAddress.unix(path: Array("/a b".utf8)).unixName == Array("/a b".utf8))
    #expect(SocketAddress.unix(abstract: [1, 0, 2]).unixName == [0, 1, 0, 2])
    #expect(SocketAddress.netlink(port: 1, groups: 0).port == nil)
  }

  @Test("a bound socket has the address it was given, and a port of the kernel's choice")
  func bind() throws {
    let socket = try Descriptor.socket(SocketKind(family: AF_INET, type: Int32(SOCK_DGRAM.rawValue)))
    try socket.bind(.ipv4(0x7F00_0001, port: 0))
    let address = try socket.localAddress()
    #expect(address.ipBits == 0x7F00_0001)
    #expect((address.port ?? 0) > 0)
    #expect(throws: SystemError.self) { try socket.listen(backlog: 1) }
  }

  @Test("a descriptor that is passed over a unix socket refers to the same file")
  func passing() throws {
    let (first, second) = try Descriptor.socketPair(type: Int32(SOCK_STREAM.rawValue))
    let near = Descriptor(owning: first)
    let far = Descriptor(owning: second)
    let file = try Descriptor.open("/dev/null")
    try near.pass(file)
    let taken = try far.takePassed()
    #expect(taken.number != file.number)
    #expect(try taken.status() == file.status())
    // A byte without a descriptor does not count as one.
    try near.send([1])
    #expect(throws: SystemError("recvmsg", "SCM_RIGHTS", code: ENOMSG)) { _ = try far.takePassed() }
  }

  @Test("a child's exit status, its signal and a missing program are distinguished")
  func children() throws {
    let shell = { (code: String) throws(SystemError) -> ChildProcess in
      try ChildProcess.startUnseen("/bin/sh", arguments: ["sh", "-c", code].map { Array($0.utf8) })
    }
    #expect(try shell("exit 7").wait().exitStatus == 7)
    let killed = try shell("kill -9 $$").wait()
    #expect(killed.signal == SIGKILL)
    #expect(killed.exitStatus == nil)
    #expect(throws: SystemError.self) { _ = try ChildProcess.startUnseen("/nonexistent", arguments: [[0x78]]) }
  }

  /// Starts a child that reads what never comes, until it is ended or `input` is closed.
  private static func reader(of input: borrowing LinuxSystem.Pipe) throws -> ChildProcess {
    try ChildProcess.startUnseen(
      "/bin/cat", arguments: [Array("cat".utf8)], descriptors: [(input.reading.number, 0)])
  }

  @Test("a handle reports the end of its process when that comes, and not before")
  func endOfProcess() throws {
    let input = try LinuxSystem.Pipe()
    let child = try Self.reader(of: input)
    let handle = try ProcessHandle(child.pid)
    let hadEnded = handle.waitForEnd(milliseconds: 0)
    child.signal(SIGKILL)
    let hasEnded = handle.waitForEnd(milliseconds: 30_000)
    #expect(!hadEnded && hasEnded)
    #expect(try child.wait().signal == SIGKILL)
  }

  @Test("ending a child leaves no process and no zombie")
  func ending() throws {
    let input = try LinuxSystem.Pipe()
    for _ in 0..<50 {
      let child = try Self.reader(of: input)
      child.end()
      #expect(!processExists(child.pid))
    }
  }

  @Test("a locked value loses no change that many threads make")
  func locked() {
    let sum = Locked(0)
    parallelForEach(count: 10_000, threads: 8) { _ in sum.withLock { $0 += 1 } }
    #expect(sum.withLock { $0 } == 10_000)
  }

  @Test("a temporary folder is gone with its files at the end")
  func temporaryFolder() throws {
    var path = ""
    do {
      let folder = try TemporaryFolder(prefix: "sockinspect-test")
      path = folder.path
      try Descriptor.open(path + "/file", for: .creating).writeAll([1].span)
      #expect(mayExecute(path))
    }
    #expect(!mayExecute(path))
  }
}
