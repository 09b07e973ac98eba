import KernelFormats
import SocketModel
import TestSupport
import Testing
import Text

@Suite("Control groups of a capture", .timeLimited)
struct CapturedControlGroupsTests {
  private static let groups = CapturedControlGroups([
    .init(
      id: 4242, path: Array("/system.slice/secret.service".utf8),
      workload: Workload(.unit, name: Array("secret.service".utf8), unit: Array("secret.service".utf8))),
    .init(id: 1, path: Array("/".utf8), workload: nil),
    .init(
      id: nil, path: Array("/a b\\\u{e9}".utf8) + [0xFF, ASCII.newline],
      workload: Workload(
        .pod, name: Array("secret/pod/api".utf8), unit: Array("-".utf8), container: Array("api".utf8),
        pod: Array("secret/pod".utf8))),
    .init(id: .max, path: Array("/x".utf8), workload: Workload(.docker, name: [ASCII.blank], container: [ASCII.blank])),
    .init(
      id: 7, path: Array("/user.slice/x".utf8),
      workload: Workload(.user, name: Array("4711/secret.scope".utf8), unit: Array("secret.scope".utf8))),
    .init(
      id: 8, path: Array("/init.scope".utf8),
      workload: Workload(.unit, name: Array("init.scope".utf8), unit: Array("init.scope".utf8))),
    .init(id: 9, path: Array("/m".utf8), workload: Workload(.machine, name: Array("secret".utf8))),
  ])

  @Test("what is written is read again, whatever the bytes")
  func roundTrip() {
    let bytes = Self.groups.encoded()
    #expect(bytes.allSatisfy { (ASCII.blank..<ASCII.delete).contains($0) || $0 == ASCII.newline })
    let read = CapturedControlGroups(parsing: bytes.span)
    #expect(read == Self.groups)
  }

  @Test(
    "a line of another form is left out, and the others are read",
    arguments: [
      "x /a", "4 a", "4", "4 /a unit", "4 /a nothing a - - -", "4 /a unit - - - -", "4 /a\\x2", "4  /a",
      "4 /a unit a - - - -",
    ])
  func otherLines(line: String) {
    let text = Array("1 /first\n\(line)\n2 /last\n".utf8)
    let read = CapturedControlGroups(parsing: text.span).groups
    #expect(read.map(\.id) == [1, 2])
  }

  @Test("redaction replaces paths and names, and keeps ids, kinds, suffixes and what is equal")
  func redaction() throws {
    var redaction = Redaction(byteOrder: .native)
    let groups = redaction.controlGroups(Self.groups).groups
    #expect(groups.map(\.id) == Self.groups.groups.map(\.id))
    #expect(groups.map(\.workload?.kind) == Self.groups.groups.map(\.workload?.kind))
    let text = String(decoding: CapturedControlGroups(groups).encoded(), as: UTF8.self)
    for secret in ["secret", "4711", "api", "slice"] { #expect(!text.contains(secret), "\(secret)") }
    #expect(
      groups.compactMap { $0.workload.map { String(decoding: $0.text, as: UTF8.self) } } == [
        "unit:unit1.service", "pod:pod1/container1", "docker:container2", "user:1001/unit3.scope", "unit:init.scope",
        "machine:workload1",
      ])
    #expect(groups[1].path == Array("/".utf8))
    // The processes of a redacted capture have the same paths.
    let file = redaction.cgroup(Array("0::/system.slice/secret.service\n".utf8))
    #expect(file == Array("0::".utf8) + groups[0].path + [ASCII.newline])
  }

  @Test("names of interfaces are read again, and redacted but for the loopback")
  func interfaces() {
    let names: [UInt32: [UInt8]] = [1: Array("lo".utf8), 2: Array("secret0".utf8), 70000: [0xFF, ASCII.blank]]
    let bytes = CapturedInterfaces.encoded(names)
    let other = Array("x lo\n1\n2 a b\n3 c\n".utf8)
    let (read, rest) = (CapturedInterfaces.parse(bytes.span), CapturedInterfaces.parse(other.span))
    #expect(read == names && rest == [3: Array("c".utf8)])
    var redaction = Redaction(byteOrder: .native)
    #expect(
      redaction.interfaces(names) == [
        1: Array("lo".utf8), 2: Array("interface1".utf8), 70000: Array("interface2".utf8),
      ])
  }

  @Test("the ids in recorded messages are found")
  func ids() {
    let payload = [UInt8](repeating: 0, count: 72) + netlinkAttribute(21, hostBytes(UInt64(4242)))
    let messages = netlinkMessage(type: 20, payload) + netlinkMessage(type: 20, [1, 2]) + netlinkMessage(type: 3, [0])
    let ids = RecordedDump.controlGroups(in: messages.span)
    #expect(ids == [4242])
  }
}
