import Lesson
import SocketModel
import TestSupport
import Testing

@Suite("What the demo holds, as ss sees it", .timeLimited, .needsRoot, .needs("ss"))
struct DemoTests {
  static let stateNames: [SocketState: String] = [
    .listen: "LISTEN", .established: "ESTAB", .closeWait: "CLOSE-WAIT", .finWait1: "FIN-WAIT-1",
    .finWait2: "FIN-WAIT-2", .lastAck: "LAST-ACK", .closing: "CLOSING", .timeWait: "TIME-WAIT",
    .synSent: "SYN-SENT", .synRecv: "SYN-RECV",
  ]

  @Test("Each TCP state is reached over each loopback", arguments: TCPScenario.allCases, Loopback.allCases)
  func tcp(scenario: TCPScenario, loopback: Loopback) throws {
    let ss = try peer("ss")
    let (wanted, seen) = try isolated {
      let held = try scenario.hold(over: loopback)
      let wanted = held.sightings.compactMap { DemoTests.stateNames[$0.state] }.sorted()
      let seen = try eventually {
        Finished(running: ss, ["-H", "-tan"]).text.split(separator: "\n")
          .compactMap { $0.split(separator: " ").first.map(String.init) }.sorted()
      } until: {
        $0 == wanted
      }
      return (wanted, seen)
    }
    #expect(seen == wanted)
  }
}
