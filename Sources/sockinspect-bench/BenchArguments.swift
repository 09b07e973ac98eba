/// The request of the command line.
enum BenchArguments {
  case help
  case hold(index: Int, count: Int)
  case measure(BenchPlan)
  case serve(index: Int)
  case connect(index: Int, count: Int, perSecond: Int, ports: [UInt16])
  case watch(unprivileged: Bool, ports: [UInt16])
  case measureWatch(WatchPlan)

  static let usage = """
    sockinspect-bench: times sockinspect against ss, lsof and netstat, run in turns, on sockets made for it

    Usage: sockinspect-bench [OPTIONS]
           sockinspect-bench watch [OPTIONS]   (sockinspect-bench watch --help)
      --sockets N,N...     how many TCP sockets to make, one measurement each (200,20000,100000)
      --processes M        how many processes hold them (5; more when the limit of open files asks for it)
      --runs R             how often each program is run at most (5; a slow one fewer times)
      --sockinspect PATH   the program to measure (the one beside this)
      --isolate            measure in a network namespace of its own, without the machine's other sockets (root)
      --slow-peers         run peers whose time grows with the square of the sockets at 200,000 and more, too
      --json               print JSON
      --check              end with status 1 when a target is missed
    """

  static func parse(_ arguments: [String]) throws(BenchError) -> BenchArguments {
    if arguments.first == "watch" { return try WatchPlan.parse(arguments.dropFirst()) }
    var plan = BenchPlan()
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "-h", "--help": return .help
      case "--json": plan.asJSON = true
      case "--check": plan.checksTargets = true
      case "--isolate": plan.isIsolated = true
      case "--slow-peers": plan.runsSlowPeers = true
      case "--sockets": plan.sizes = try numbers(value(argument, &rest), argument, 2...4_000_000)
      case "--processes": plan.processes = try number(value(argument, &rest), argument, 1...10_000)
      case "--runs": plan.runs = try number(value(argument, &rest), argument, 1...1000)
      case "--sockinspect": plan.program = try value(argument, &rest)
      case "--hold":
        let index = try number(value(argument, &rest), argument, 0...60_000)
        return .hold(index: index, count: try number(value(argument, &rest), argument, 2...4_000_000))
      case "--serve": return .serve(index: try number(value(argument, &rest), argument, 0...200))
      case "--connect":
        let index = try number(value(argument, &rest), argument, 0...200)
        let count = try number(value(argument, &rest), argument, 0...10_000_000)
        let rate = try number(value(argument, &rest), argument, 0...1_000_000)
        let ports = try numbers(value(argument, &rest), argument, 1...65535, isSorted: false)
        return .connect(
          index: index, count: count, perSecond: rate, ports: ports.map { UInt16(truncatingIfNeeded: $0) })
      case "--watch":
        let ports = rest.compactMap { UInt16($0) }
        return .watch(unprivileged: rest.contains("nobody"), ports: ports)
      default: throw BenchError(usage: "unknown option \(argument)\n\(usage)")
      }
    }
    return .measure(plan)
  }

  static func value(_ option: String, _ rest: inout ArraySlice<String>) throws(BenchError) -> String {
    guard let value = rest.popFirst() else { throw BenchError(usage: "\(option) wants a value") }
    return value
  }

  static func number(_ text: String, _ option: String, _ range: ClosedRange<Int>) throws(BenchError) -> Int {
    guard let number = Int(text), range.contains(number) else {
      throw BenchError(usage: "\(option) wants a number from \(range.lowerBound) to \(range.upperBound), not \(text)")
    }
    return number
  }

  private static func numbers(
    _ text: String, _ option: String, _ range: ClosedRange<Int>, isSorted: Bool = true
  ) throws(BenchError) -> [Int] {
    var result: [Int] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      result.append(try number(String(part), option, range))
    }
    return isSorted ? result.sorted() : result
  }
}

/// What to measure and how.
struct BenchPlan {
  var sizes = [200, 20_000, 100_000]
  var processes = 5
  var runs = 5
  var program: String?
  var asJSON = false
  var isIsolated = false
  var checksTargets = false
  var runsSlowPeers = false
}

/// Why there is no measurement.
struct BenchError: Error {
  let message: String
  let isUsage: Bool

  init(_ message: String) {
    self.message = message
    isUsage = false
  }

  init(usage message: String) {
    self.message = message
    isUsage = true
  }
}
