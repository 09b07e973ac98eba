import Inspection
import SocketModel
import TestSupport
import Testing

@Suite("Processes whose descriptors could not be read", .timeLimited)
struct UnreadProcessTests {
  private func tree() throws -> Tree {
    let tree = try Tree()
    try tree.write("net/tcp", tcpHeader + tcpRow("0100007F:04D2", inode: 10) + tcpRow("0100007F:04D3", inode: 11))
    try tree.writeUsualTables()
    try tree.process(5, "server", [(3, 10)])
    return tree
  }

  @Test("a descriptor that cannot be read is counted and the others of its process are found")
  func oneDescriptor() throws {
    let tree = try tree()
    // A copy that followed the links: it is lost which socket this was.
    try tree.process(6, "copied", [(9, 11)])
    try tree.write("6/fd/4", "")
    let snapshot = try tree.snapshot()
    #expect(snapshot.ownerNumbers(at: 0) == [[5, 3]] && snapshot.ownerNumbers(at: 1) == [[6, 9]])
    let problem = try #require(snapshot.problems.first)
    #expect(snapshot.problems.count == 1 && problem.kind == .unreadable && problem.costsOnlyOwners)
    #expect(problem.message == "1 of 2 could not be read (readlinkat fd: Invalid argument): sockets may lack owners")
  }

  @Test("a process whose folder leads out of the tree is counted, not skipped")
  func oneFolder() throws {
    let tree = try tree()
    try tree.makeFolder("6")
    try tree.link("6/fd", to: "/proc/self/fd")
    let snapshot = try tree.snapshot()
    #expect(snapshot.ownerNumbers(at: 0) == [[5, 3]])
    let message = "1 of 2 could not be read (openat2 fd: It leads out of the folder): sockets may lack owners"
    #expect(snapshot.problems.map(\.message) == [message])
  }

  @Test("owners are unknown, not none, in a tree without descriptors", arguments: [false, true])
  func noDescriptors(hasEmptyFolders: Bool) throws {
    let tree = try Tree()
    try tree.write("net/tcp", tcpHeader + tcpRow("0100007F:04D2", inode: 10))
    for pid in [5, 6] {
      try tree.write("\(pid)/comm", "server\n")
      try tree.write("\(pid)/cmdline", "server\0")
      // What `cp -r` makes of folders that it may not look into.
      if hasEmptyFolders { try tree.makeFolder("\(pid)/fd") }
    }
    let snapshot = try tree.snapshot()
    #expect(!snapshot.hasOwners && snapshot.owners(at: 0).isEmpty)
    let problems = snapshot.problems.filter(\.costsOnlyOwners)
    let problem = try #require(problems.first)
    #expect(problems.count == 1 && problem.kind == .missing)
    #expect(problem.message == "\(tree.path) does not have those of any process (PID/fd): owners are not known")
    #expect(problem.advice?.contains("sockinspect capture") == true)
  }

  @Test("a tree that lacks the descriptors of some processes says how many; kernel threads have none")
  func someDescriptors() throws {
    let tree = try tree()
    try tree.write("6/comm", "other\n")
    try tree.write("7/comm", "kworker/0:1\n")
    try tree.write("7/cmdline", "")
    try tree.makeFolder("7/fd")
    let snapshot = try tree.snapshot()
    #expect(snapshot.hasOwners && snapshot.ownerNumbers(at: 0) == [[5, 3]])
    #expect(
      snapshot.problems.map(\.message) == [
        "\(tree.path) does not have those of 1 of 3 processes (PID/fd): sockets may lack owners"
      ])
  }

  @Test(
    "owners are unknown where there are no processes; that is a problem to who asks for some",
    arguments: [false, true])
  func noProcesses(isSingleTable: Bool) throws {
    let tree = try Tree()
    try tree.write("net/tcp", tcpHeader + tcpRow("0100007F:04D2", inode: 10))
    let root = try ProcRoot.open(isSingleTable ? tree.path + "/net/tcp" : tree.path)
    var request = InspectionRequest()
    request.transports = [.tcp]
    let snapshot = try Inspector(root: root).snapshot(request)
    #expect(snapshot.records.count == 1 && !snapshot.hasOwners && !snapshot.problems.contains(where: \.costsOnlyOwners))
    request.processes.admits = { _, _ in true }
    let asked = try Inspector(root: root).snapshot(request)
    let problems = asked.problems.filter(\.costsOnlyOwners)
    #expect(!asked.hasOwners && problems.map(\.kind) == [.missing])
    #expect(problems.first?.message.contains("has no processes") == true)
  }
}
