/// What to measure about watching.
struct WatchPlan {
  /// How many connections the burst makes, by how many processes to how many.
  var connections = 20_000
  var clients = 8
  var servers = 4
  /// The most connections per second; 0 for no limit.
  var perSecond = 0
  /// Whether the watching process runs as another user, without privileges.
  var isUnprivileged = false
  /// Whether everything is done in a separate network namespace.
  var isIsolated = false
  /// How many sockets are held all the time.
  var idleSockets = 0
  /// For how many seconds only those are watched, instead of a burst; 0 for a burst.
  var idleSeconds = 0
  var isHelp = false

  static let usage = """
    sockinspect-bench watch: makes a burst of short connections and compares what is seen of it with what was made

    Usage: sockinspect-bench watch [OPTIONS]
      --connections N      how many connections (20000)
      --clients N          by how many processes (8)
      --servers N          to how many processes (4)
      --rate N             how many a second at most (as fast as it goes)
      --unprivileged       the watching process gives up root
      --idle-sockets N     hold so many sockets besides (0)
      --idle SECONDS       make no burst, but watch the idle sockets for so long, against ss -tanp once a second
      --isolate            in a network namespace of its own (root)

    Ends with status 1 when something was neither seen nor counted as missed, or an owner was wrong.
    """

  static func parse(_ arguments: ArraySlice<String>) throws(BenchError) -> BenchArguments {
    var plan = WatchPlan()
    var rest = arguments
    while let argument = rest.popFirst() {
      func number(_ range: ClosedRange<Int>) throws(BenchError) -> Int {
        try BenchArguments.number(BenchArguments.value(argument, &rest), argument, range)
      }
      switch argument {
      case "-h", "--help": plan.isHelp = true
      case "--connections": plan.connections = try number(1...10_000_000)
      case "--clients": plan.clients = try number(1...200)
      case "--servers": plan.servers = try number(1...200)
      case "--rate": plan.perSecond = try number(1...1_000_000)
      case "--idle-sockets": plan.idleSockets = try number(0...1_000_000)
      case "--idle": plan.idleSeconds = try number(1...3600)
      case "--unprivileged": plan.isUnprivileged = true
      case "--isolate": plan.isIsolated = true
      default: throw BenchError(usage: "unknown option \(argument)\n\(usage)")
      }
    }
    return .measureWatch(plan)
  }
}
