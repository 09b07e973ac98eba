import SocketModel
import Text

/// The messages about rates, on standard error.
enum RateText {
  /// Why there are no counters where TCP was read from the tables of /proc.
  static let noCounters = "they come from sock_diag, and TCP was read from /proc/net here, which has none"

  /// How much was printed.
  static func account(_ rates: RateStream, after milliseconds: Int) -> String {
    let time = seconds((milliseconds + 50) / 100 * 100)
    let intervals = counted(rates.intervals, "interval", "intervals")
    guard rates.lines > 0 else { return "no byte was sent or received in \(time)" }
    return "\(counted(rates.lines, "line", "lines")) of \(intervals) in \(time)"
  }
}

extension Snapshot {
  /// Whether TCP was read from where its bytes are counted.
  var countsBytes: Bool { !fromTables.contains(.tcp) }
}
