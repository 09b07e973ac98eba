import Foundation
import Glibc

/// Repeats a look until it succeeds, at most for `seconds`; the last outcome counts.
package func eventually<Value>(
  within seconds: Double = 30, _ look: () throws -> Value, until good: (Value) -> Bool
) throws -> Value {
  let end = Date().addingTimeInterval(seconds)
  while true {
    let value = try look()
    if good(value) || Date() > end { return value }
    usleep(20_000)
  }
}
