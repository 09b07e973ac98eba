import Foundation
import Glibc
import TestSupport
import Testing

@testable import LinuxSystem

/// A script that replaces getent(1), and the file in which it notes its questions.
private struct FakeGetent {
  let folder: URL
  let getent: Getent
  /// The FIFO `$folder/never`, into which nothing is written: a reader waits until the test ends.
  private let never: Int32

  init(_ body: String) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("getent-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    let file = folder.appendingPathComponent("getent")
    let script = "#!/bin/sh\nfolder=\(folder.path)\necho \"$*\" >> $folder/asked\n" + body
    try Data(script.utf8).write(to: file)
    chmod(file.path, 0o755)
    getent = Getent(program: file.path)
    let fifo = folder.appendingPathComponent("never").path
    try #require(mkfifo(fifo, 0o600) == 0)
    // Opened for reading too, as open(2) for writing alone waits for a reader.
    let end = open(fifo, O_RDWR | O_CLOEXEC)
    try #require(end >= 0)
    never = end
  }

  /// Its questions so far.
  var asked: [String] { lines("asked") }

  func lines(_ name: String) -> [String] {
    let text = (try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)) ?? ""
    return text.split(separator: "\n").map(String.init)
  }

  func remove() {
    close(never)
    try? FileManager.default.removeItem(at: folder)
  }
}

@Suite("Name services without the C library's modules", .timeLimited)
struct NameServicesTests {
  private static let users = """
    [ "$1 $2" = "passwd --" ] || exit 1
    shift 2
    for key; do
      case $key in
      70000|far) echo "far:x:70000:70000::/:/bin/sh" ;;
      70001) echo "nonsense" ;;
      esac
    done
    exit 2
    """

  @Test("users of a directory service are found by name and by id, and each is asked for once")
  func users() throws {
    let fake = try FakeGetent(Self.users)
    defer { fake.remove() }
    let users = GetentUsers(fake.getent)
    #expect(users.names(of: [70000, 70001, 70002]) == [70000: "far"])
    #expect(users.names(of: [70000, 70002]) == [70000: "far"])
    #expect(users.uid(named: "far") == 70000)
    #expect(users.uid(named: "far") == 70000)
    #expect(users.uid(named: "nobody else") == nil)
    #expect(users.uid(named: "nearer") == nil)
    // A number would be taken for a user id, and is not asked for.
    #expect(users.uid(named: "70000") == nil)
    #expect(fake.asked == ["passwd -- 70000 70001 70002", "passwd -- far", "passwd -- nearer"])
  }

  @Test("a directory that does not answer costs its time once, and its child has ended")
  func late() throws {
    let fake = try FakeGetent("echo $$ > $folder/pid\nexec cat $folder/never\n")
    defer { fake.remove() }
    let users = GetentUsers(fake.getent, patience: 1500)
    let began = Clock.monotonicMilliseconds()
    #expect(users.names(of: [70000]) == [:])
    #expect(users.names(of: [70001]) == [:])
    #expect(users.uid(named: "far") == nil)
    #expect(Clock.monotonicMilliseconds() - began < 20_000)
    #expect(fake.asked.count == 1)
    let pid = try #require(fake.lines("pid").first.flatMap { Int32($0) })
    #expect(!processExists(pid))
  }

  @Test("the child has no descriptor but its standard streams, and none of them is a socket")
  func inheritsNothing() throws {
    let fake = try FakeGetent(
      "for n in /proc/$$/fd/*; do echo \"${n##*/} $(readlink $n)\"; done > $folder/descriptors\n")
    defer { fake.remove() }
    var ends: [Int32] = [0, 0]
    try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
    defer { ends.forEach { close($0) } }
    _ = fake.getent.ask("passwd", for: ["0"], until: Clock.monotonicMilliseconds() + 30_000)
    let descriptors = fake.lines("descriptors")
    #expect(descriptors.count >= 3)
    #expect(!descriptors.contains { $0.contains("socket:") }, "\(descriptors)")
  }

  @Test("hosts come from the file first; the rest is asked for, and what is late has no name")
  func hosts() throws {
    let fake = try FakeGetent(
      """
      shift 2
      for key; do
        case $key in
        192.0.2.1) echo "192.0.2.1       asked.example alias" ;;
        2001:db8::1) echo "2001:db8::1     six.example" ;;
        192.0.2.9) exec cat $folder/never ;;
        esac
      done
      """)
    defer { fake.remove() }
    let file = HostsFile(parsing: Array("127.0.0.1 here aka\n::1 six6\n192.0.2.3 three # four\nbroken\n".utf8))
    let hosts = GetentHosts(fake.getent, file: { file })
    let six: [UInt8] = [0x20, 1, 0xD, 0xB8] + Array(repeating: 0, count: 11) + [1]
    let mapped: [UInt8] = Array(repeating: 0, count: 10) + [0xFF, 0xFF, 127, 0, 0, 1]
    let wanted = [[127, 0, 0, 1], mapped, [192, 0, 2, 1], [192, 0, 2, 3], [192, 0, 2, 9], six, [1, 2, 3]]
    let names = hosts.names(of: wanted, milliseconds: 3000, threads: 4)
    // An IPv4-mapped address is not the IPv4 address of the file, as for the C library.
    #expect(
      names == [
        [127, 0, 0, 1]: "here", [192, 0, 2, 1]: "asked.example", [192, 0, 2, 3]: "three",
        six: "six.example",
      ])
    let asked = fake.asked.count
    #expect(hosts.names(of: wanted, milliseconds: 3000, threads: 4) == names)
    #expect(fake.asked.count == asked)
  }

  @Test("addresses of a name: written ones, those of the file, then those that are asked for")
  func addresses() throws {
    let fake = try FakeGetent(
      """
      case "$1 $3" in
      "ahosts far") printf '192.0.2.1 STREAM far\\n192.0.2.1 DGRAM\\n2001:db8::1 STREAM\\n' ;;
      "ahostsv6 far") printf '::ffff:192.0.2.1 STREAM far\\n2001:db8::1 STREAM\\n' ;;
      esac
      """)
    defer { fake.remove() }
    let file = HostsFile(parsing: Array("127.0.0.1 Here\n::1 here\n".utf8))
    let hosts = GetentHosts(fake.getent, file: { file })
    func found(_ name: String, _ family: Int32 = AF_UNSPEC) throws -> [SocketAddress] {
      try hosts.addresses(of: name, port: 7, family: family)
    }
    let six = SocketAddress.ipv6(0x2001_0DB8_0000_0000_0000_0000_0000_0001, port: 7)
    #expect(try found("127.0.0.9") == [.ipv4(0x7F00_0009, port: 7)])
    #expect(try found("127.1") == [.ipv4(0x7F00_0001, port: 7)])
    #expect(try found("::1%1") == [.ipv6(1, port: 7, scope: 1)])
    #expect(try found("here") == [.ipv4(0x7F00_0001, port: 7), .ipv6(1, port: 7)])
    #expect(try found("HERE", AF_INET6) == [.ipv6(1, port: 7)])
    #expect(try found("far") == [.ipv4(0xC000_0201, port: 7), six])
    #expect(try found("far", AF_INET6) == [six])
    for name in ["none", "", "-h", "a b", "127.0.0.1.example"] {
      #expect(throws: HostNames.LookupError.self) { try found(name) }
    }
    #expect(throws: HostNames.LookupError.self) { try found("127.0.0.1", AF_INET6) }
    let alone = GetentHosts(nil, file: { file })
    let error = #expect(throws: HostNames.LookupError.self) { try alone.addresses(of: "far", port: 1, family: 0) }
    #expect(error?.reason.contains("no getent here") == true)
  }

  @Test(
    "nsswitch.conf says whether a database has more than its file",
    arguments: [
      ("passwd: files systemd", true), ("passwd:\tfiles", false), ("passwd: files [NOTFOUND=return] sss", true),
      ("passwd: files [NOTFOUND=return]", false), ("# passwd: sss\npasswd: files # sss", false), ("group: sss", false),
      ("", false), ("passwd: compat", true),
    ])
  func nsswitch(text: String, hasMore: Bool) {
    #expect(NameServices.hasMoreThanFiles("passwd", in: Array(text.utf8), unnamed: false) == hasMore)
  }

  @Test("a program that is linked dynamically, as this one, may ask the C library")
  func linkage() throws {
    // The kernel notes the interpreter's address in entry 7 of the auxiliary vector, and 0 where
    // there is none.
    let vector = try Data(contentsOf: URL(fileURLWithPath: "/proc/self/auxv"))
    let words = vector.withUnsafeBytes { Array($0.bindMemory(to: UInt.self)) }
    let base = stride(from: 0, to: words.count - 1, by: 2).first { words[$0] == 7 }.map { words[$0 + 1] }
    #expect(NameServices.areInLibrary == (base != 0))
  }
}
