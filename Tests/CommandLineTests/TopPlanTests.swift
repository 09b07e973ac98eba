import Inspection
import Options
import Query
import Rendering
import SocketModel
import TestSupport
import Testing
import Tracking

@testable import CommandLine
@testable import sockinspect

@Suite("What the arguments of top and watch --rates mean", .timeLimited)
struct TopPlanTests {
  private func top(_ options: String, in world: Environment = .test) throws -> TopPlan {
    guard case .command(let command) = try Plan(TypedArguments.parse(shellWords("top " + options)), in: world),
      let plan = command as? TopPlan
    else { throw UsageError("\(options) is no top") }
    return plan
  }

  private func error(_ line: String) -> UsageError? {
    do throws(UsageError) {
      _ = try Plan(TypedArguments.parse(shellWords(line)), in: .test)
      return nil
    } catch {
      return error
    }
  }

  @Test("without options it sums by process, for ten seconds on a pipe and as a view on a terminal")
  func lesson() throws {
    let plan = try top("")
    #expect(plan.grouping == .process && plan.shape == .text && plan.duration == 10_000)
    #expect(plan.watch.interval == 1000 && plan.watch.options.interval == 1000)
    #expect(plan.watch.request().requiredDetails.isSuperset(of: [.byteCounters, .owners]))
    let terminal = Environment.test(variables: [:], width: 80)
    #expect(try top("", in: terminal).shape == .view && top("", in: terminal).watch.shape == .view)
    #expect(try top("--for 3", in: terminal).shape == .text)
    #expect(try top("--json", in: terminal).shape == .json)
    #expect(try top("--by port", in: terminal).watch.grouping == .port)
  }

  @Test("the options say what is summed and for how long")
  func options() throws {
    let plan = try top("--by workload --for 500ms --interval 2 'rx_rate > 1M' :443")
    #expect(plan.grouping == .workload && plan.duration == 500)
    #expect(plan.watch.interval == 500, "two scans at least")
    #expect(plan.watch.request().requiredDetails.contains(.workloads))
    #expect(error("top --by user")?.details == ["known: process, workload, peer, port, netns"])
    #expect(error("top --for 0")?.message.contains("--for") == true)
  }

  @Test(
    "rates are refused where there are none, with what has them",
    arguments: [
      ("--columns rx_rate", "sockinspect watch --columns +rx_rate"), ("'tx_rate > 1k'", "sockinspect top"),
      ("--sort -rx_rate", "sockinspect watch"), ("--count-by tx_rate", "sockinspect top"),
      ("graph 'rx_rate > 1'", "sockinspect top"),
      ("watch --root ./dir --columns +rx_rate", "captures have no counters"),
      ("watch --root ./dir --rates", "captures have no counters"), ("top --root ./dir", "captures have no counters"),
      ("top --ndjson", "watch --rates --ndjson"), ("top 'peer_process = nginx'", "peer_process"),
    ])
  func refused(line: String, hint: String) throws {
    let refusal = try #require(self.error(line), "\(line)")
    let words = [refusal.message] + refusal.details
    #expect(words.contains { $0.contains(hint) }, "\(line): \(words)")
  }

  @Test("rates of watch are lines, on a terminal too, in any order, and no events")
  func rates() throws {
    func watch(_ options: String, in world: Environment = .test) throws -> WatchPlan {
      try CommandLineTests.plan("watch " + options, in: world)
    }
    let terminal = Environment.test(variables: [:], width: 80)
    #expect(try watch("--rates").shape == .text && watch("--rates", in: terminal).shape == .text)
    #expect(try watch("--rates --ndjson").shape == .ndjson)
    #expect(try watch("--rates").request().requiredDetails.contains(.byteCounters))
    #expect(try !watch("").request().requiredDetails.contains(.byteCounters), "nobody asked for them")
    #expect(try watch("--columns +rx_rate").request().requiredDetails.contains(.byteCounters))
    #expect(try watch("'rx_rate > 1M'").request().requiredDetails.contains(.byteCounters))
    #expect(try watch("--rates --sort -tx_rate").list.output.order.keys.count == 1)
    for other in ["--count 3", "--until :80", "--until-gone :80"] {
      #expect(error("watch --rates \(other)")?.message.contains("--rates") == true, "\(other)")
    }
  }
}
