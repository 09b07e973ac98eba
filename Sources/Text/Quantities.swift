/// A number and what it counts: `1 byte`, `2 bytes`.
package func counted(_ count: Int, _ one: String, _ many: String) -> String { "\(count) \(count == 1 ? one : many)" }

/// A time in seconds with as many decimals as it needs: `2 s`, `0.3 s`.
package func seconds(_ milliseconds: Int) -> String {
  milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(Double(milliseconds) / 1000) s"
}

/// Bytes as people read them, in three digits and a unit of powers of 1000, without a space, so that
/// it is one word of a table and can be typed in a query: `0B`, `999B`, `1.5kB`, `58.5GB`.
///
/// - Parameter gap: what stands between number and unit, for sentences.
package func scaledBytes(_ count: UInt64, gap: String = "") -> String {
  if count < 1000 { return "\(count)\(gap)B" }
  var unit: UInt64 = 1
  for name in ["kB", "MB", "GB", "TB", "PB"] {
    unit *= 1000
    let tenths = rounded(count, unit / 10)
    if tenths < 1000 { return "\(tenths / 10).\(tenths % 10)\(gap)\(name)" }
    let whole = rounded(count, unit)
    if whole < 1000 || name == "PB" { return "\(whole)\(gap)\(name)" }
  }
  return "\(count)\(gap)B"
}

private func rounded(_ count: UInt64, _ unit: UInt64) -> UInt64 {
  count / unit + (count % unit >= unit - unit / 2 ? 1 : 0)
}
