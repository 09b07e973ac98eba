import Capture
import Foundation
import Glibc
import Inspection
import KernelFormats
import Lesson
import LinuxSystem
import SocketModel
import TestSupport
import Testing

@Suite("Capture", .timeLimited, .serialized)
struct CaptureTests {
  private var everything: InspectionRequest {
    var request = InspectionRequest()
    request.transports = Set(Transport.allCases)
    request.source = .proc
    request.requiredDetails = [.owners, .executables, .startTimes, .processUsers]
    return request
  }

  @Test("a capture and the live listing of the same moment agree on all sockets of this process")
  func agreement() throws {
    var held = HeldSockets()
    for scenario in [TCPScenario.listen, .established, .closeWait, .notAccepted, .timeWait] {
      held.add(try scenario.hold(over: .ipv4))
      held.add(try scenario.hold(over: .ipv6))
    }
    held.add(try OtherScenario.udpConnected.hold())
    held.add(try OtherScenario.netlink.hold())
    // Other programs' sockets come and go between the two scans; those held here do not.
    let inodes = try Set(held.sockets.map { try $0.descriptor.status().inode })
    let ports = Set(held.sightings.compactMap { $0.local?.port })
    func mine(_ snapshot: Snapshot) -> Set<String> {
      Set(
        snapshot.records.indices.filter { row in
          let record = snapshot.records[row]
          return inodes.contains(record.inode)
            || (record.inode == 0 && record.transport == .tcp && ports.contains(record.localPort))
        }.map { snapshot.lines[$0] })
    }
    // A delayed acknowledgement moves FIN_WAIT1 on; after that nothing changes.
    let unsettled = try eventually {
      try Inspector(root: .live()).snapshot(everything).records.count {
        $0.state == .finWait1 && (ports.contains($0.localPort) || ports.contains($0.remotePort))
      }
    } until: {
      $0 == 0
    }
    try #require(unsettled == 0)

    let place = try Tree()
    let path = place.path + "/capture"
    let (report, live) = try ProgramStarts.undisturbed {
      (try Capture(of: .live()).write(to: path), try Inspector(root: .live()).snapshot(everything))
    }
    #expect(report.tables >= 8 && report.processes >= 1)
    let captured = try Inspector(root: .open(path)).snapshot(everything)

    let (expected, found) = (mine(live), mine(captured))
    #expect(expected.count >= inodes.count)
    #expect(found.symmetricDifference(expected) == [])
    #expect(found.contains { $0.contains("\(getpid())/") })
    #expect(captured.meta.hostName == live.meta.hostName)
    #expect(captured.meta.kernelRelease == live.meta.kernelRelease)
    #expect(captured.meta.netns == live.meta.netns)
    #expect(captured.meta.bootTime == live.meta.bootTime)
    #expect(captured.meta.time != nil)
    withExtendedLifetime(held) {}
  }

  @Test(
    "descriptors used and allowed are in a capture, redacted or not, and in a copy of it", arguments: [false, true])
  func descriptorUse(isRedacting: Bool) throws {
    let place = try Tree()
    let live = try ProcRoot.live()
    let (first, second) = (place.path + "/first", place.path + "/second")
    _ = try Capture(of: live, isRedacting: isRedacting).write(to: first)
    _ = try Capture(of: .open(first), isRedacting: isRedacting).write(to: second)
    let own = try #require(live.descriptorUses().processes.first { $0.pid == getpid() })
    for path in [first, second] {
      let uses = try ProcRoot.open(path).descriptorUses()
      let captured = try #require(uses.processes.first { $0.pid == getpid() })
      #expect(uses.isReported && captured.limit == own.limit && captured.used > 0)
      let text = try String(contentsOfFile: path + "/\(getpid())/limits", encoding: .utf8)
      #expect(text == "Max open files \(own.limit == .max ? "unlimited" : "\(own.limit)") files\n")
    }
    // A copy without these files does not report them, which is not the same as none.
    let old = try secretTree()
    let none = try ProcRoot.open(old.path).descriptorUses()
    #expect(!none.isReported && none.processes.isEmpty && none.unknown > 0)
  }

  @Test("a capture of a capture is the same listing")
  func again() throws {
    let tree = try secretTree()
    let path = tree.path + "-copy"
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = try Capture(of: .open(tree.path)).write(to: path)
    #expect(try Inspector(root: .open(path)).snapshot(everything).lines == tree.snapshot(everything).lines)
  }

  @Test("nothing is overwritten, and nothing is written outside the folder")
  func overwriting() throws {
    let tree = try secretTree()
    let place = try Tree()
    try place.write("there/net/tcp", "precious")
    #expect(throws: InspectionError.self) { try Capture(of: .open(tree.path)).write(to: place.path + "/there") }
    #expect(try String(contentsOfFile: place.path + "/there/net/tcp", encoding: .utf8) == "precious")
    #expect(throws: InspectionError.self) {
      try Capture(of: .open(tree.path)).write(to: place.path + "/no/such/folder")
    }
    try place.write("file", "precious")
    #expect(throws: InspectionError.self) { try Capture(of: .open(tree.path)).write(to: place.path + "/file") }
    try place.makeFolder("empty")
    _ = try Capture(of: .open(tree.path)).write(to: place.path + "/empty")
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).sorted() == ["empty", "file", "there"])
    #expect(throws: InspectionError.self) { try Capture(of: .open(tree.path)).write(to: place.path + "/empty") }
    #expect(throws: InspectionError.self) { try Capture(of: .open(place.path + "/file")).write(to: place.path + "/x") }
  }

  @Test("no name of a unix socket imitates a row, in a capture, a redacted one, or read from /proc")
  func forgedRow() throws {
    let name = [0] + Array("nl\nffff888000000000: 00000002 00000000 00010000 0001 01 4242424242 /run/fake.sock".utf8)
    let descriptor = Descriptor(owning: socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let length = socklen_t(2 + name.count)
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor.number, $0, length) }
    }
    try #require(bound == 0 && listen(descriptor.number, 1) == 0)
    let inode = try descriptor.status().inode
    var request = everything
    request.transports = [.unix]
    let place = try Tree()
    _ = try Capture(of: .live()).write(to: place.path + "/plain")
    _ = try Capture(of: .live(), isRedacting: true).write(to: place.path + "/redacted")
    for root in [try ProcRoot.live(), try .open(place.path + "/plain"), try .open(place.path + "/redacted")] {
      let snapshot = try Inspector(root: root).snapshot(request)
      #expect(!snapshot.records.contains { $0.inode == 4_242_424_242 }, "\(root.path)")
      let row = try #require(snapshot.records.firstIndex { $0.inode == inode })
      let isRedacted = root.path.hasSuffix("redacted")
      #expect(snapshot.name(at: row)?.isAbstract == true)
      #expect((snapshot.name(at: row)?.bytes == name) == !isRedacted)
    }
    withExtendedLifetime(descriptor) {}
  }

  @Test("what is captured is for its owner only, whatever the folder's permissions are", arguments: [0o755, 0o700])
  func permissions(_ mode: Int) throws {
    let tree = try secretTree()
    try tree.write("net/sctp/snmp", "SctpCurrEstab 0\n")
    let place = try Tree()
    try place.makeFolder("copy")
    #expect(chmod(place.path + "/copy", mode_t(mode)) == 0)
    _ = try Capture(of: .open(tree.path)).write(to: place.path + "/copy")
    var seen: Set<FileAttributeType> = []
    for case let name as String in try #require(FileManager.default.enumerator(atPath: place.path + "/copy")) {
      let attributes = try FileManager.default.attributesOfItem(atPath: place.path + "/copy/" + name)
      let type = try #require(attributes[.type] as? FileAttributeType)
      seen.insert(type)
      if type == .typeSymbolicLink { continue }
      let expected = type == .typeDirectory ? 0o700 : 0o600
      #expect(attributes[.posixPermissions] as? Int == expected, "\(name)")
    }
    #expect(seen == [.typeDirectory, .typeRegular, .typeSymbolicLink])
  }

  @Test("a folder that others may write to, or a link to a folder, is refused")
  func unsafeFolders() throws {
    let tree = try secretTree()
    let place = try Tree()
    func refusal(_ name: String) -> String? {
      do throws(InspectionError) {
        _ = try Capture(of: .open(tree.path)).write(to: place.path + "/" + name)
        return nil
      } catch {
        return "\(error)".replacingOccurrences(of: place.path, with: "")
      }
    }
    for (name, mode) in [("group", 0o775), ("everybody", 0o777), ("sticky", 0o1777)] {
      try place.makeFolder(name)
      #expect(chmod(place.path + "/" + name, mode_t(mode)) == 0)
      let remedy = "could lead what is written elsewhere: chmod go-w /\(name)"
      #expect(refusal(name) == "others may write to /\(name) and \(remedy)")
      #expect(try FileManager.default.contentsOfDirectory(atPath: place.path + "/" + name) == [])
    }
    try place.makeFolder("empty")
    try place.link("link", to: "empty")
    try place.link("dangling", to: "nowhere")
    for name in ["link", "link/", "dangling"] {
      #expect(refusal(name)?.contains("is a symbolic link") == true, "\(name)")
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path + "/empty") == [])
    #expect(!FileManager.default.fileExists(atPath: place.path + "/nowhere"))
    // Everything before the last component was chosen by the user who typed it.
    try place.makeFolder("deep/folder")
    try place.link("way", to: "deep")
    #expect(refusal("way/folder/") == nil && refusal("way/new") == nil)
  }

  @Test("a folder of another user is refused, also by root", .enabled(if: geteuid() == 0, "needs root for chown"))
  func foreignFolder() throws {
    let tree = try secretTree()
    let place = try Tree()
    try place.makeFolder("theirs")
    #expect(chown(place.path + "/theirs", 65534, 65534) == 0)
    #expect(throws: InspectionError.self) { try Capture(of: .open(tree.path)).write(to: place.path + "/theirs") }
    #expect(throws: InspectionError.self) {
      _ = try Capture.Series(Capture(of: .open(tree.path)), in: place.path + "/theirs").count
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path + "/theirs") == [])
  }

  @Test("what could not be read is in the report, and a listing of the capture says so")
  func unreadable() throws {
    let tree = try secretTree()
    try tree.makeFIFO("net/udp")
    let path = tree.path + "-copy"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let report = try Capture(of: .open(tree.path)).write(to: path)
    #expect(report.unreadable == [CaptureGap(.table(.udp), .call("Invalid argument"))])
    let manifest = try String(contentsOfFile: path + "/manifest", encoding: .utf8)
    #expect(manifest.contains("unreadable=net/udp Invalid argument\n"))
  }

  /// A tree with everything that a redaction must replace, and with words to search for.
  private func secretTree() throws -> Tree {
    let tree = try Tree()
    let rows =
      tcpRow("0A02A8C0:1F90", "637100CB:01BB", state: "01", uid: 4711, inode: 77)
      + tcpRow("0A02A8C0:1F91", "637100CB:01BC", state: "01", uid: 4711, inode: 79)
      + tcpRow("0100007F:0050", inode: 78) + tcpRow("00000000:0051", inode: 80)
    try tree.write("net/tcp", tcpHeader + rows)
    let header6 =
      "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when"
      + " retrnsmt   uid  timeout inode\n"
    try tree.write(
      "net/tcp6",
      header6
        + "   0: 0000000000000000FFFF00000A02A8C0:1F90 B80D0120000000000000000042000000:0016 01 00000000:00000000 00:00000000 00000000 4711 0 81 1 0 20 4 30 10 -1\n"
    )
    try tree.write(
      "net/unix",
      unixHeader + "0000000000000000: 00000002 00000000 00010000 0001 01 90 /run/secret name\nsecond secret line\n"
        + "0000000000000000: 00000002 00000000 00000000 0001 03 91 @secret\n"
        + "0000000000000000: 00000003 00000000 00000000 0001 03 92\n"
        + "0000000000000000: 00000002 00000000 00000000 0001 03 93 @secret\n")
    try tree.write("stat", "cpu 1 2 3\nbtime 1400000000\n")
    try tree.process(31, "secretd", [(3, 77), (4, 90)], uid: 4711)
    try tree.process(32, "secretd", [(5, 79)], uid: 0)
    try tree.write(
      "manifest",
      "schema=sockinspect.capture/1\nhost=secrethost\nkernel=6.1.0-secret\nbyte_order=little\nboot_id=secret\n"
        + "user=4711\n"
    )
    return tree
  }

  @Test("a redacted capture keeps the sockets, owners and what belongs together, and none of the secrets")
  func redaction() throws {
    let tree = try secretTree()
    let path = tree.path + "-copy"
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = try Capture(of: .open(tree.path), isRedacting: true).write(to: path)
    let before = try tree.snapshot(everything)
    let after = try Inspector(root: .open(path)).snapshot(everything)

    #expect(after.problems.map(\.subject) == before.problems.map(\.subject))
    #expect(after.records.map(\.inode) == before.records.map(\.inode))
    #expect(after.records.map(\.localPort) == before.records.map(\.localPort))
    #expect(after.records.map(\.state) == before.records.map(\.state))
    for row in before.records.indices { #expect(after.ownerNumbers(at: row) == before.ownerNumbers(at: row)) }
    // Equal originals stay equal, different ones different, and loopback and unspecified addresses
    // stay themselves.
    #expect(after.records[0].local?.address == after.records[1].local?.address)
    #expect(after.records[0].local?.address != before.records[0].local?.address)
    #expect(after.records[0].remote?.address != after.records[0].local?.address)
    #expect(after.records[2].local == before.records[2].local && after.records[3].local == before.records[3].local)
    #expect(after.records[4].local?.address.embeddedIPv4 == after.records[0].local?.address.embeddedIPv4)
    #expect(after.records[0].uid == after.processes[0].uid && after.processes[1].uid == 0)
    #expect(after.processes[0].name == after.processes[1].name)
    #expect(after.processes[0].startTime == before.processes[0].startTime)
    let names = after.records.indices.map { after.name(at: $0)?.display }
    #expect(names[6] == names[8] && names[6]?.first == 0x40 && names[5]?.first == 0x2F && names[7] == nil)
    #expect(after.meta.hostName == nil && after.meta.kernelRelease == "6.1.0")
    #expect(try ProcRoot.open(path).manifest?.user == after.records[0].uid)

    var texts: [String] = []
    for name in try #require(FileManager.default.enumerator(atPath: path)).compactMap({ $0 as? String }) {
      texts.append(name)
      let full = path + "/" + name
      if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: full) { texts.append(target) }
      if let data = FileManager.default.contents(atPath: full) { texts.append(String(decoding: data, as: UTF8.self)) }
    }
    for secret in ["secret", "4711", "0A02A8C0", "637100CB", "B80D0120"] {
      #expect(!texts.contains { $0.contains(secret) }, "\(secret) is still there")
    }
    #expect(texts.contains { $0.contains("redacted=yes") })
  }

  @Test("lines that are not rows are left out of a redacted capture, whatever they contain")
  func malformedRows() throws {
    let tree = try secretTree()
    try tree.write(
      "net/tcp",
      tcpHeader + "secret\n   0: secret 00000000:0000 0A\n" + tcpRow("0100007F:0050", inode: 5)
        + "   1: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000 secret 0 5\n"
        + "   1: 0100007F:secret 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 5\n"
        + "   1: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 5 secret\n")
    try tree.write("31/stat", "31 (secretd) S secret")
    try tree.write("31/cgroup", "secret\n0::/secret\n1:secret\n")
    let path = tree.path + "-copy"
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = try Capture(of: .open(tree.path), isRedacting: true).write(to: path)
    let manifest = try String(contentsOfFile: path + "/manifest", encoding: .utf8)
    #expect(manifest.contains("unreadable=net/tcp lines that are no rows are left out: 5\n"))
    #expect(!FileManager.default.fileExists(atPath: path + "/stat"))
    for name in ["net/tcp", "31/cgroup"] {
      #expect(try !String(contentsOfFile: path + "/" + name, encoding: .utf8).contains("secret"))
    }
    #expect(!FileManager.default.fileExists(atPath: path + "/31/stat"))
    #expect(try Inspector(root: .open(path)).snapshot(.init()).records.filter { $0.family == .ipv4 }.count == 1)
  }
}
