import Foundation
import Glibc
import TestSupport
import Testing

@testable import Inspection
@testable import LinuxSystem

@Suite("Names and paths of the machine", .timeLimited)
struct NamesTests {
  @Test("users are found by name and by id, and unknown ones are absent")
  func users() {
    #expect(Users.names(of: [0, 4_294_967_000]) == [0: "root"])
    #expect(Users.names(of: []) == [:])
    #expect(Users.uid(named: "root") == 0)
    #expect(Users.uid(named: "no such user") == nil)
  }

  @Test("malformed lines of the password file are skipped")
  func passwordLines() {
    var found: [String: UInt32] = [:]
    let text = "root:x:0:0::/:/bin/sh\n\nbroken\n:x:5:\nhalf:x\nbig:x:99999999999:1\nlast:x:7"
    Users.forEachPasswordEntry(in: Array(text.utf8)) { found[$0] = $1 }
    #expect(found == ["root": 0, "last": 7])
  }

  @Test("the loopback interface is found by name and by index, and an unknown one is absent")
  func interfaces() throws {
    let index = try #require(Interfaces.index(of: "lo"))
    #expect(Interfaces.name(of: index) == "lo")
    #expect(Interfaces.name(of: 4_000_000_000) == nil)
    #expect(Interfaces.index(of: "nosuchinterface") == nil)
  }

  @Test("a cgroup's path is found by the inode of its folder; one that is not there has none")
  func cgroups() throws {
    let mounts = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"]
    let mount = try #require(
      mounts.first { (try? Descriptor.open($0, for: .directory).isInCgroupFileSystem) == true }, "needs cgroup v2")
    #expect(CgroupTree().paths(of: []) == [:])
    let top = try Descriptor.open(mount, for: .directory).status().inode
    #expect(CgroupTree().paths(of: [top, .max]) == [top: Array("/".utf8)])
    let name = "/sockinspect-test-\(getpid())"
    guard mkdir(mount + name, 0o755) == 0 else { return }
    defer {
      rmdir(mount + name + "/inner")
      rmdir(mount + name)
    }
    try #require(mkdir(mount + name + "/inner", 0o755) == 0)
    let inner = try Descriptor.open(mount + name + "/inner", for: .directory).status().inode
    #expect(CgroupTree().paths(of: [inner]) == [inner: Array((name + "/inner").utf8)])
  }

  @Test("without openat2 no link is followed and no path leads out of a folder")
  func stepwise() throws {
    let tree = try Tree()
    try tree.write("a/b/file", "content")
    try tree.link("a/link", to: "b")
    try tree.link("a/b/out", to: "/etc/passwd")
    let folder = try Descriptor.open(tree.path, for: .directory)
    func content(_ path: String) throws -> String {
      var bytes: [UInt8] = []
      try Descriptor.openStepwise(path, in: folder, flags: O_RDONLY).readAll(into: &bytes)
      return String(decoding: bytes, as: UTF8.self)
    }
    #expect(try content("a/b/file") == "content")
    #expect(try content("./a//b/./file") == "content")
    for path in ["a/link/file", "a/b/out", "../" + tree.path, "/etc/passwd", "a/../a/b/file", "none"] {
      #expect(throws: SystemError.self) { try content(path) }
    }
  }
}
