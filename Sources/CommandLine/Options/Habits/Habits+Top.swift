import Options

/// Recognises options of the listing, `watch` and top(1) typed after the command `top`.
extension Habits {
  /// What to type instead of an option that `top` does not have; `nil` for any other.
  ///
  /// - Parameters:
  ///   - name: the letter or long name, without dashes.
  ///   - arguments: the whole line.
  static func hintsOfTop(forOption name: String, in arguments: [String]) -> [String]? {
    let rest = line(arguments, without: name)
    switch name {
    case "root":
      return ["captures have no counters of bytes, which the kernel reports by sock_diag alone: leave it out"]
    case "d", "delay": return ["time between scans: " + TypedLine(rest + ["--interval", "1"]).text]
    case "b", "batch", "once": return ["a table after ten seconds: " + TypedLine(rest + ["--for", "10"]).text]
    case "ndjson", "jsonl", "csv", "rates":
      return [
        "the rates of each socket, one JSON object a line: sockinspect watch --rates --ndjson",
        "the sums as one document: sockinspect top --json",
      ]
    case "sort", "reverse": return ["the group with the most bytes comes first; what groups are: --by"]
    default: return nil
    }
  }
}
