import LinuxSystem
import TestSupport
import Testing

@Suite("Names of addresses", .timeLimited)
struct HostNamesTests {
  @Test("the loopback address has the name that /etc/hosts gives it; nonsense has none")
  func loopback() {
    let names = HostNames.lookUp([[127, 0, 0, 1], [1, 2, 3], []], milliseconds: 2000)
    #expect(names[[127, 0, 0, 1]] == "localhost")
    #expect(names.count == 1)
  }

  @Test("nothing is asked without time or addresses")
  func nothing() {
    #expect(HostNames.lookUp([], milliseconds: 1000).isEmpty)
    #expect(HostNames.lookUp([[127, 0, 0, 1]], milliseconds: 0).isEmpty)
  }
}
