import Capture
import Foundation
import Glibc
import Inspection
import KernelFormats
import LinuxSystem
import SocketModel
import TestSupport
import Testing

@Suite("Captures in an archive", .timeLimited)
struct CaptureArchiveTests {
  private static let everything: InspectionRequest = {
    var request = InspectionRequest()
    request.transports = Set(Transport.allCases)
    request.requiredDetails = [.owners, .executables, .startTimes, .processUsers, .arguments, .workloads]
    return request
  }()

  private static func snapshot(_ path: String) throws -> Snapshot {
    try Inspector(root: .open(path)).snapshot(everything)
  }

  private static func tree() throws -> Tree {
    let tree = try Tree()
    try tree.write(
      "net/tcp",
      tcpHeader + tcpRow("0A02A8C0:1F90", "637100CB:01BB", state: "01", uid: 4711, inode: 77)
        + tcpRow("0100007F:0050", inode: 78))
    try tree.writeUsualTables()
    try tree.write("net/sctp/snmp", "SctpCurrEstab 0\n")
    try tree.write("sys/net/core/somaxconn", "4096\n")
    try tree.process(31, "secretd", [(3, 77), (4, 90)], uid: 4711)
    try tree.process(32, "other", [(5, 78)])
    try FileManager.default.removeItem(atPath: tree.path + "/32/exe")
    let program = "/opt/" + String(repeating: "secret/", count: 40)
    let link = Array((program + "x").utf8) + [0xFF]
    let made = tree.path + "/32/exe"
    guard symlink(link.map { CChar(bitPattern: $0) } + [0], made) == 0 else { throw CocoaError(.fileWriteUnknown) }
    try tree.write(
      "cgroups",
      "4242 /system.slice/secretd.service unit secretd.service secretd.service - -\n"
        + "- /system.slice/other.service docker web other.service web -\n")
    try tree.write("manifest", "schema=sockinspect.capture/1\nhost=secrethost\nbyte_order=little\nnetns=7\n")
    return tree
  }

  @Test("the folder, the archive and the unpacked archive of a capture are the same listing", arguments: [false, true])
  func agreement(isRedacting: Bool) throws {
    let tree = try Self.tree()
    let place = try Tree()
    let capture = try Capture(of: .open(tree.path), isRedacting: isRedacting)
    let folder = try capture.write(to: place.path + "/folder")
    let archived = try capture.writeArchive(to: place.path + "/capture.tar")
    #expect(archived?.tables == folder.tables && archived?.processes == folder.processes)
    try place.makeFolder("unpacked")
    let run = try #require(
      try Run("tar", ["-xf", place.path + "/capture.tar", "-C", place.path + "/unpacked"]))
    #expect(run.status == 0 && run.output.isEmpty && run.errors.isEmpty, "\(run.errors)")
    let same = try #require(
      try Run("diff", ["-r", "--no-dereference", place.path + "/folder", place.path + "/unpacked"]))
    #expect(same.status == 0, "\(same.output)")
    let first = try Self.snapshot(place.path + "/folder")
    for path in ["/capture.tar", "/unpacked"] {
      let other = try Self.snapshot(place.path + path)
      #expect(other.lines == first.lines && other.processes == first.processes, "\(path)")
      #expect(other.workloads == first.workloads)
    }
    if !isRedacting {
      #expect(first.lines == (try tree.snapshot(Self.everything)).lines)
      #expect(first.processes.first { $0.pid == 32 }?.executable?.last == 0xFF)
    }
    // A capture of the archive is the same again.
    _ = try Capture(of: .open(place.path + "/capture.tar")).write(to: place.path + "/again")
    #expect(try Self.snapshot(place.path + "/again").lines == first.lines)
  }

  @Test("two archives of the same are the same bytes but for their times, and for their owner only")
  func deterministic() throws {
    let tree = try Self.tree()
    let place = try Tree()
    for name in ["a.tar", "b.tar"] { _ = try Capture(of: .open(tree.path)).writeArchive(to: place.path + "/" + name) }
    func listing(_ name: String) throws -> String {
      let run = try #require(try Run("tar", ["-tf", place.path + "/" + name]))
      return run.output
    }
    #expect(try listing("a.tar") == listing("b.tar"))
    #expect(try listing("a.tar").hasSuffix("cgroups\nmanifest\n"))
    var status = stat()
    #expect(stat(place.path + "/a.tar", &status) == 0 && status.st_mode & 0o777 == 0o600)
  }

  @Test("workloads in a capture are those that were recorded, also of another machine")
  func workloads() throws {
    let tree = try Self.tree()
    let place = try Tree()
    _ = try Capture(of: .open(tree.path)).writeArchive(to: place.path + "/capture.tar")
    _ = try Capture(of: .open(tree.path), isRedacting: true).writeArchive(to: place.path + "/redacted.tar")
    func texts(_ path: String) throws -> [String] {
      try Self.snapshot(path).processes.map { String(decoding: $0.workload?.text ?? [], as: UTF8.self) }
    }
    #expect(try texts(tree.path) == ["unit:secretd.service", "docker:web"])
    #expect(try texts(place.path + "/capture.tar") == ["unit:secretd.service", "docker:web"])
    #expect(try texts(place.path + "/redacted.tar") == ["unit:unit2.service", "docker:container1"])
  }

  @Test("a redacted archive holds none of the secrets")
  func redaction() throws {
    let tree = try Self.tree()
    let place = try Tree()
    _ = try Capture(of: .open(tree.path), isRedacting: true).writeArchive(to: place.path + "/redacted.tar")
    let bytes = try #require(FileManager.default.contents(atPath: place.path + "/redacted.tar"))
    for secret in ["secret", "4711", "0A02A8C0", "637100CB", "web", "other"] {
      #expect(bytes.firstRange(of: Data(secret.utf8)) == nil, "\(secret) is still there")
    }
    #expect(bytes.firstRange(of: Data("redacted=yes".utf8)) != nil)
  }

  @Test("no file is overwritten, and nothing remains of an archive that is not whole")
  func overwriting() throws {
    let tree = try Self.tree()
    let place = try Tree()
    let path = place.path + "/capture.tar"
    let capture = try Capture(of: .open(tree.path))
    func refusal(_ path: String) -> String? {
      do throws(InspectionError) {
        _ = try capture.writeArchive(to: path)
        return nil
      } catch {
        return "\(error)"
      }
    }
    #expect(try capture.writeArchive(to: path, unless: { true }) == nil)
    #expect(try FileManager.default.contentsOfDirectory(atPath: place.path) == [])
    try place.write("capture.tar", "precious")
    try place.write("other.tar.partial", "precious")
    try place.link("link.tar", to: "nowhere")
    #expect(refusal(path) == "\(path) exists: a capture never overwrites anything")
    #expect(refusal(place.path + "/link.tar")?.contains("exists") == true)
    #expect(refusal(place.path + "/other.tar")?.hasSuffix("rm \(place.path)/other.tar.partial") == true)
    #expect(refusal(place.path + "/no/such.tar")?.contains("cannot write") == true)
    #expect(refusal(place.path) != nil && refusal("/") != nil)
    let names = try FileManager.default.contentsOfDirectory(atPath: place.path).sorted()
    #expect(names == ["capture.tar", "link.tar", "other.tar.partial"])
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    // A full device: nothing remains either.
    #expect(throws: InspectionError.self) { try capture.writeArchive(to: "/dev/full/x.tar") }
  }

  @Test("a running machine is captured with the workloads of its processes and sockets")
  func live() throws {
    let place = try Tree()
    let report = try Capture(of: .live()).writeArchive(to: place.path + "/live.tar")
    #expect(try #require(report).processes > 0)
    let bytes = try ProcRoot.open(place.path + "/live.tar").read(
      "cgroups", in: ProcRoot.open(place.path + "/live.tar").folder)
    let groups = CapturedControlGroups(parsing: bytes.span).groups
    let own = try ProcRoot.live().read("\(getpid())/cgroup", in: ProcRoot.live().folder)
    let path = try ProcessControlGroup(parsing: own.span).path
    #expect(groups.contains { $0.path == path })
  }
}
