import Inspection
import SocketModel
import Testing

@Suite("Processes whose descriptors could not be read")
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
    // A copy that followed the links: which socket this was is lost.
    try tree.process(6, "copied", [(9, 11)])
    try tree.write("6/fd/4", "")
    let snapshot = try tree.snapshot()
    #expect(snapshot.ownerNumbers(at: 0) == [[5, 3]] && snapshot.ownerNumbers(at: 1) == [[6, 9]])
    let problem = try #require(snapshot.problems.first)
    #expect(snapshot.problems.count == 1 && problem.kind == .unreadable && problem.costsOnlyOwners)
    #expect(problem.message == "1 of 2 could not be read (readlinkat fd: Invalid argument): sockets may lack owners")
  }

  @Test("a process whose folder leads out of the tree is counted, not passed over")
  func oneFolder() throws {
    let tree = try tree()
    try tree.makeFolder("6")
    try tree.link("6/fd", to: "/proc/self/fd")
    let snapshot = try tree.snapshot()
    #expect(snapshot.ownerNumbers(at: 0) == [[5, 3]])
    let message = "1 of 2 could not be read (openat2 fd: It leads out of the folder): sockets may lack owners"
    #expect(snapshot.problems.map(\.message) == [message])
  }
}
