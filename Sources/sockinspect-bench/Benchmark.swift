import Glibc
import LinuxSystem

/// One line of the report: a piece of work, ours compared with a peer's.
struct Figure {
  let work: String
  let ours: Command
  let peer: Command
  let measure: Measure
  /// The ratio to reach; `nil` where none is set for this number of sockets.
  let target: Double?

  enum Measure { case time, memory }
}

/// Runs everything and collects the report.
struct Benchmark {
  private let plan: BenchPlan
  private let program: String
  private let nowhere: Nowhere
  /// A command is repeated until its runs have taken this long, and at least twice.
  private static let patience = 20_000_000
  /// From this many sockets on, peers whose time grows with the square of the number are left out
  /// unless they are requested.
  private static let tooMany = 200_000

  init(plan: BenchPlan) throws {
    self.plan = plan
    if let named = plan.program {
      program = named
    } else {
      let own = try ChildProcess.ownProgram()
      program = own.prefix(upTo: own.lastIndex(of: "/") ?? own.startIndex) + "/sockinspect"
    }
    guard mayExecute(program) else {
      throw BenchError("cannot run \(program); build it, or name one with --sockinspect")
    }
    nowhere = try Nowhere()
  }

  func run() throws -> Report {
    var report = Report()
    try startUp(into: &report)
    try idle(into: &report)
    try WatchStart.measure(program, runs: max(plan.runs * 2, 7), nowhere: nowhere, into: &report)
    var withOwners: [Int: Int] = [:]
    for size in plan.sizes {
      let load = try Load.make(sockets: size, processes: plan.processes)
      if load.processes > plan.processes {
        report.notes.append(
          "\(size) sockets are in \(load.processes) processes: the limit of open files does not allow fewer")
      }
      let figures = loaded(size, &report)
      let timings = try inTurns(figures)
      report.add(figures, timings, sockets: size)
      if let first = figures.first(where: { $0.work == Benchmark.ownersWork }) {
        withOwners[size] = timings[first.ours]?.medianMicroseconds
      } else if size >= Benchmark.tooMany {
        withOwners[size] = try inTurns([], extra: [ours(["-t"])])[ours(["-t"])]?.medianMicroseconds
      }
      try load.end()
    }
    if let small = withOwners[100_000], let large = withOwners[1_000_000], small > 0 {
      report.rows.append(
        Report.Row(
          sockets: 1_000_000, work: "time at 1,000,000 sockets / at 100,000", ours: "sockinspect -t",
          peer: "sockinspect -t", oursValue: large, peerValue: small, isMemory: false, target: 12, runs: plan.runs))
    }
    return report
  }

  private static let ownersWork = "list with owners / ss"

  private func ours(_ arguments: [String]) -> Command {
    Command(name: "sockinspect", path: program, arguments: arguments)
  }

  /// The figures of one number of sockets. The targets are set for 100,000.
  private func loaded(_ size: Int, _ report: inout Report) -> [Figure] {
    var figures: [Figure] = []
    func add(
      _ work: String, _ arguments: [String], _ name: String, _ peerArguments: [String], _ target: Double,
      _ measure: Figure.Measure = .time, isQuadratic: Bool = false
    ) {
      guard let path = findProgram(name) else {
        report.notes.append("\(work), \(size) sockets: not measured, \(name) is not installed")
        return
      }
      let peer = Command(name: name, path: path, arguments: peerArguments)
      if isQuadratic, size >= Benchmark.tooMany, !plan.runsSlowPeers {
        report.notes.append(
          "\(work), \(size) sockets: not measured, \(peer.title) would take minutes; --slow-peers runs it")
        return
      }
      figures.append(
        Figure(
          work: work, ours: ours(arguments), peer: peer, measure: measure, target: size == 100_000 ? target : nil))
    }
    add("list without owners / ss", ["-t", "--no-owners"], "ss", ["-tan"], 0.60)
    add(Benchmark.ownersWork, ["-t"], "ss", ["-tanp"], 0.10, isQuadratic: true)
    add("list with owners / lsof", [], "lsof", ["-i", "-n", "-P"], 0.25)
    add("nothing matches / ss", ["--port", "1234"], "ss", ["-tanp", "sport = :1234"], 0.10, isQuadratic: true)
    add("/proc, no owners / netstat", ["--source", "proc", "--no-owners"], "netstat", ["-an"], 0.7)
    add("netstat's view, with owners / netstat", ["netstat", "-anp"], "netstat", ["-anp"], 0.15, isQuadratic: true)
    add("lsof's view, with owners / lsof", ["lsof", "-i", "-n", "-P"], "lsof", ["-i", "-n", "-P"], 0.25)
    add("peak memory, with owners / lsof", [], "lsof", ["-i", "-n", "-P"], 0.8, .memory)
    add(
      "peak memory, a query without a match / ss -tin", ["-t", "--no-owners", "rtt_us > 999s"], "ss", ["-tin"], 1.5,
      .memory)
    return figures
  }

  private func idle(into report: inout Report) throws {
    let lsof = ["-i", "-n", "-P"]
    let pairs = [
      ("default listing", [], "ss", ["-tanp"]), ("netstat's view", ["netstat", "-anp"], "netstat", ["-anp"]),
      ("lsof's view", ["lsof"] + lsof, "lsof", lsof),
    ]
    for (what, arguments, name, peerArguments) in pairs {
      guard let path = findProgram(name) else {
        report.notes.append("idle machine / \(name): not measured, \(name) is not installed")
        continue
      }
      let figure = Figure(
        work: "idle machine, \(what) / \(name)", ours: ours(arguments),
        peer: Command(name: name, path: path, arguments: peerArguments), measure: .time, target: 1.0)
      // Runs of a few milliseconds vary, and cost little to repeat.
      report.add([figure], try inTurns([figure], runs: max(plan.runs * 5, 15)), sockets: 0)
    }
  }

  /// `--version` against a C program that prints one line.
  private func startUp(into report: inout Report) throws {
    let folder = try TemporaryFolder(prefix: "sockinspect-bench")
    let hello = Command(name: "hello", path: folder.path + "/hello", arguments: [])
    if let compiler = findProgram("cc") {
      let source = folder.path + "/hello.c"
      let text = "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n"
      try Descriptor.open(source, for: .creating).writeAll(Array(text.utf8).span)
      var ignored = Timing()
      let build = Command(name: "cc", path: compiler, arguments: ["-O2", "-o", hello.path, source])
      try ignored.measure(build, into: nowhere)
    }
    guard mayExecute(hello.path) else {
      report.notes.append("start-up: not measured, there is no C compiler (cc) to make a program to compare with")
      return
    }
    var figures = [
      Figure(
        work: "start-up, --version / C hello", ours: ours(["--version"]), peer: hello, measure: .time,
        target: Benchmark.startUpTarget)
    ]
    if let figure = try startUpWithoutProc(hello) {
      figures.append(figure)
    } else {
      report.notes.append("start-up without /proc: not measured, that takes root and the program unshare")
    }
    let timings = try inTurns(figures, runs: max(plan.runs * 10, 40))
    report.add(figures, timings, sockets: 0)
    if let floor = timings[hello]?.medianKilobytes {
      report.notes.append("peak memory below \(floor) KiB cannot be measured: that much shows for a C hello")
    }
  }

  /// 3.0 ms for ours where the C program takes 0.8 ms.
  private static let startUpTarget = 3.0 / 0.8

  /// `--version` against the C program where nothing is mounted at /proc. Each runs twenty times in
  /// one mount namespace, so that making it hardly counts. `nil` when this user may not make one.
  private func startUpWithoutProc(_ hello: Command) throws -> Figure? {
    guard let unshare = findProgram("unshare") else { return nil }
    func repeated(_ command: Command) -> Command {
      let script =
        "mount -t tmpfs none /proc || exit; for run in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do \"$@\" || exit; done"
      return Command(
        name: "unshare", path: unshare,
        arguments: ["-m", "sh", "-c", script, "sh", command.path] + command.arguments,
        title: "20 times \(command.title)")
    }
    let figure = Figure(
      work: "start-up without /proc, --version / C hello", ours: repeated(ours(["--version"])), peer: repeated(hello),
      measure: .time, target: Benchmark.startUpTarget)
    for command in [figure.ours, figure.peer] {
      var ignored = Timing()
      guard try ignored.measure(command, into: nowhere).exitStatus == 0 else { return nil }
    }
    return figure
  }

  /// Runs every command of the figures in turns, so that disturbances of the machine affect all of
  /// them alike.
  private func inTurns(_ figures: [Figure], extra: [Command] = [], runs: Int? = nil) throws -> [Command: Timing] {
    var commands: [Command] = []
    for command in figures.flatMap({ [$0.ours, $0.peer] }) + extra where !commands.contains(command) {
      commands.append(command)
    }
    var timings: [Command: Timing] = [:]
    for turn in 0..<(runs ?? plan.runs) {
      for command in commands {
        var timing = timings[command] ?? Timing()
        if turn >= 2, timing.spentMicroseconds > Benchmark.patience { continue }
        try timing.measure(command, into: nowhere)
        timings[command] = timing
      }
    }
    return timings
  }
}
