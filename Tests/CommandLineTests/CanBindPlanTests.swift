import Inspection
import Options
import SocketModel
import TestSupport
import Testing

@testable import CommandLine
@testable import Lesson
@testable import sockinspect

@Suite("What the arguments of can-bind mean", .timeLimited)
struct CanBindPlanTests {
  private func plan(_ arguments: String...) throws -> CanBindPlan {
    guard case .command(let plan as CanBindPlan) = try Plan(TypedArguments.parse(["can-bind"] + arguments), in: .test)
    else { throw UsageError("no plan of can-bind") }
    return plan
  }

  @Test(
    "an address and a port, in every spelling",
    arguments: [
      ("8080", nil, 8080), (":8080", nil, 8080), ("*:8080", nil, 8080), ("127.0.0.1:1", "127.0.0.1", 1),
      ("[::1]:65535", "::1", 65535), ("[fe80::1%eth0]:80", "fe80::1%eth0", 80), ("web1:80", "web1", 80),
      ("[::ffff:1.2.3.4]:80", "::ffff:1.2.3.4", 80), ("https", nil, 443),
    ] as [(String, String?, UInt16)])
  func places(text: String, host: String?, port: UInt16) throws {
    let plan = try plan(text)
    #expect(plan.host == host && plan.port == port)
  }

  @Test("options say what the program would set, and for whom")
  func options() throws {
    let plan = try plan(
      "80", "--udp", "--reuse-address", "--reuse-port", "--v6only", "--user", "33", "--probe", "--json")
    #expect(plan.transport == .udp && plan.reuse == [.address, .port] && plan.isIPv6Only && plan.uid == 33)
    #expect(plan.probes && plan.isJSON)
    #expect(try self.plan("80").uid == nil)
    #expect(try self.plan("80", "--lang", "es").language == .spanish)
    #expect(
      try self.plan("80", "--root", "./web1", "--netns", "blue").list.namespaces == NamespaceSelection.one("blue"))
  }

  @Test(
    "mistakes are said in one line",
    arguments: [
      ([], "can-bind: which port?"),
      (["0"], "can-bind: with port 0 the kernel chooses a free one, so it can always be bound"),
      (["70000"], "can-bind: 70000 is not a port: they go from 1 to 65535"),
      (["nosuch"], "can-bind: 'nosuch' is neither a port nor the name of a service"),
      (["1", "2"], "can-bind: one port at a time"), (["::1"], "can-bind: '::1' has no port"),
      (["10.0.0.1"], "can-bind: '10.0.0.1' has no port"), (["a::b:80"], "can-bind: 'a::b:80' has no port"),
      (["x:y:80"], "can-bind: 'x:y:80' is no address and port"), (["[x]:80"], "can-bind: 'x' is not an IPv6 address"),
      (["1.2.3.4,1.2.3.5:80"], "can-bind: one address at a time"),
      (["1", "--user", "nosuch"], "--user: no user 'nosuch'"),
      (["1", "--netns", "all"], "can-bind: one network namespace, not all"),
      (["1", "--probe", "--root", "x"], "--probe binds on the running kernel, and --root reads something else"),
    ])
  func mistakes(arguments: [String], message: String) {
    let error = #expect(throws: UsageError.self) {
      try Plan(TypedArguments.parse(["can-bind"] + arguments), in: .test)
    }
    #expect(error?.message == message)
  }
}
