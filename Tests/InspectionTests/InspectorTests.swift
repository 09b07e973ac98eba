import Glibc
import Inspection
import Lesson
import LinuxSystem
import SocketModel
import TestSupport
import Testing

@Suite("Inspector on the live kernel", .timeLimited)
struct InspectorTests {
  @Test(
    "a listener of this process is found with its owner by every source", arguments: InspectionRequest.Source.allCases)
  func ownListener(source: InspectionRequest.Source) throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    try #require(listen(descriptor, 5) == 0)
    var request = InspectionRequest()
    request.source = source
    request.states = [SocketStateSet(.listen)]
    let snapshot = try Inspector(root: .live()).snapshot(request)
    var mine: [Int] = []
    for row in snapshot.records.indices
    where snapshot.owners(at: row).contains(where: { $0.pid == getpid() && $0.descriptor == descriptor }) {
      mine.append(row)
    }
    #expect(mine.count == 1)
    #expect(snapshot.records.allSatisfy { $0.state == .listen })
    let row = try #require(mine.first)
    #expect(snapshot.records[row].localPort != 0)
  }
}
