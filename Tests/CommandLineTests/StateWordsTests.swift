import Options
import Query
import SocketModel
import TestSupport
import Testing

@testable import CommandLine
@testable import sockinspect

@Suite("The words of --state", .timeLimited)
struct StateWordsTests {
  private func states(_ argument: String) throws -> SocketStateSet {
    guard case .list(let plan) = try Plan(TypedArguments.parse(["--state", argument]), in: .test) else { return [] }
    return plan.selection.states
  }

  @Test(
    "each state is known by the names that the kernel, ss, netstat and lsof have for it",
    arguments: [
      (.established, ["established", "ESTAB", "estab", "ESTABLISHED"]),
      (.synSent, ["syn_sent", "SYN-SENT", "syn-sent", "SYN_SENT", "synsent"]),
      (.synRecv, ["syn_recv", "SYN-RECV", "syn-recv", "SYN_RECV", "syn-rcv", "SYN_RECEIVED"]),
      (.finWait1, ["fin_wait1", "FIN-WAIT-1", "fin-wait-1", "FIN_WAIT1", "FIN_WAIT_1"]),
      (.finWait2, ["fin_wait2", "FIN-WAIT-2", "fin-wait-2", "FIN_WAIT2", "FIN_WAIT_2"]),
      (.timeWait, ["time_wait", "TIME-WAIT", "time-wait", "TIME_WAIT", "timewait"]),
      (.close, ["close", "closed", "CLOSE", "CLOSED"]), (.closeWait, ["close_wait", "CLOSE-WAIT", "CLOSE_WAIT"]),
      (.lastAck, ["last_ack", "LAST-ACK", "LAST_ACK"]), (.listen, ["listen", "LISTEN", "listening", "LISTENING"]),
      (.closing, ["closing", "CLOSING"]), (.boundInactive, ["bound_inactive", "bound-inactive"]),
      (.unconnected, ["unconnected", "UNCONN"]), (.connecting, ["connecting", "CONNECTING"]),
      (.disconnecting, ["disconnecting", "DISCONNECTING"]),
    ] as [(SocketState, [String])])
  func spellings(state: SocketState, names: [String]) throws {
    for name in names { #expect(try states(name) == SocketStateSet(state), "\(name)") }
  }

  @Test("groups are those of ss, in any case")
  func groups() throws {
    let unpaired: [SocketState] = [.close, .unconnected, .listen, .boundInactive, .unhashed]
    let bucket = SocketStateSet([.timeWait, .synRecv])
    #expect(try states("all") == .all)
    #expect(try states("connected") == SocketStateSet.all.subtracting(SocketStateSet(unpaired)))
    #expect(try states("Synchronized") == SocketStateSet.all.subtracting(SocketStateSet(unpaired + [.synSent])))
    #expect(try states("bucket") == bucket)
    #expect(try states("BIG") == SocketStateSet.all.subtracting(bucket))
    // The same words after `state` in a query.
    for name in ["all", "connected", "synchronized", "bucket", "big"] {
      #expect(try Query.parse("state \(name)").states == states(name), "\(name)")
    }
  }

  @Test("! before a list means all other states, before a later name it takes that one away; ^ is the same")
  func negations() throws {
    func other(_ states: SocketState...) -> SocketStateSet { .all.subtracting(SocketStateSet(states)) }
    #expect(try states("listen,time-wait") == SocketStateSet([.listen, .timeWait]))
    #expect(try states("!time_wait") == other(.timeWait))
    #expect(try states("^TIME-WAIT") == other(.timeWait))
    #expect(try states("!time_wait,close_wait") == other(.timeWait, .closeWait))
    #expect(try states("!time_wait,!close_wait") == other(.timeWait, .closeWait))
    #expect(try states("all,^time_wait") == other(.timeWait))
    #expect(try states("bucket,!time_wait") == SocketStateSet(.synRecv))
    #expect(try states("!big") == states("bucket"))
    for wrong in ["", "!", "!!listen", "listen,", ",listen", "!listen,", "lsten", "!lsten", "*"] {
      #expect(throws: UsageError.self, "\(wrong)") { try states(wrong) }
    }
  }

  @Test("the help names every group")
  func help() {
    let text = HelpText.of(.topic(.selecting)) + HelpText.of(.option("state", of: nil))
    for name in ["all", "connected", "synchronized", "bucket", "big"] { #expect(text.contains(name)) }
    #expect(HelpText.of(.topic(.selecting)).contains("synchronized"))
  }
}
