import Diagnosis
import Glibc
import SocketModel
import TestSupport
import Testing

@testable import Lesson
@testable import LinuxSystem

@Suite("The account of a client", .timeLimited)
struct ClientTextTests {
  /// An account of a thousand datagrams, each with a different fate.
  private static func account(_ fate: (Int) -> DatagramReport.Fate) -> ClientText {
    var report = DatagramReport()
    report.fates = (1...1000).map(fate)
    var account = ClientAccount()
    account.begun = 1000
    account.datagrams = report
    var plan = ClientPlan()
    plan.isDatagram = true
    plan.settings.count = 1000
    return ClientText(plan: plan, account: account)
  }

  @Test("for a thousand datagrams it stays within 80 columns, and says how many it leaves out")
  func narrow() {
    let fates: [DatagramReport.Fate] = [.answered, .lost, .overtaken(by: 1000), .late, .refused, .unsent, .lost]
    let lines = ClientTextTests.account { fates[$0 % fates.count] }.fates()
    #expect(lines.count == 6)
    #expect(lines.allSatisfy { $0.count <= 80 && $0.firstMatch(of: #/ and \d+ more$/#) != nil }, "\(lines)")
  }

  @Test("names neighbours as ranges")
  func ranges() {
    let lines = ClientTextTests.account { $0 == 7 || $0 > 990 ? .lost : .answered }.fates()
    #expect(lines == ["  answered: #1-#6, #8-#990", "  lost: #7, #991-#1000"])
  }

  @Test(
    "says of used-up ports what state their connections are in, and what frees them",
    arguments: [
      ([.timeWait: 8, .established: 2], "10 have a connection to it (8 time_wait, 2 established)", "wait a minute"),
      ([.closeWait: 20], "20 have a connection to it (20 close_wait)", "the server closed them"),
      (
        [.established: 5, .timeWait: 4], "9 have a connection to it (5 established, 4 time_wait)",
        "when their connections are closed"
      ),
      (nil, "no local port is left for this address", "lists what has them"),
    ] as [([SocketState: Int]?, String, String)])
  func ports(states: [SocketState: Int]?, what: String, advice: String) {
    let trouble = ClientTrouble(
      call: "connect", error: SystemError("connect", code: EADDRNOTAVAIL), address: .ipv4(0x7F00_0001, port: 1234))
    var text = ClientText(plan: ClientPlan(), account: ClientAccount())
    text.ports = states.map(PortsInUse.init(states:))
    #expect(text.message(trouble).hasSuffix(what))
    #expect(text.advice(trouble).first?.contains(advice) == true, "\(text.advice(trouble))")
  }

  @Test("counts one as one")
  func singular() {
    var account = ClientAccount()
    account.begun = 1
    account.done = 1
    account.bytesSent = 1
    account.bytesReceived = 21
    #expect(
      ClientText(plan: ClientPlan(), account: account).accountLine()
        == "1 connection: 1 answered; 1 byte sent, 21 received")
  }
}
