import Foundation
import Testing

/// `sockinspect netstat` and the original, side by side.
@Suite("netstat, byte for byte", .needsRoot, .serialized)
struct NetstatTests {
  @Test("quick", .needs("netstat"), .needs("setpriv"), .needs("ip"))
  func quick() throws {
    try withClassicScenario { scenario in
      let comparison = ClassicComparison(original: "netstat", program: scenario.program)
      let result = try comparison.run(["netstat", "-anp"])
      print(result.output)
      let other = try comparison.run(["netstat", "-anp"], 65534)
      print(other.errors)
      for line in [["-anp"]] {
        if let difference = try comparison.difference(line) { print(difference) }
        if let difference = try comparison.difference(line, user: 65534) { print(difference) }
      }
    }
  }
}
