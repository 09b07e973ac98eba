import LinuxSystem

// The benchmark: children hold sockets; sockinspect and its peers are timed in turns.
do {
  switch try BenchArguments.parse(Array(CommandLine.arguments.dropFirst())) {
  case .help: print(BenchArguments.usage)
  case .hold(let index, let count): try Holder.run(index: index, count: count)
  case .serve(let index): try BurstRoles.serve(index: index)
  case .connect(let index, let count, let perSecond, let ports):
    try BurstRoles.connect(index: index, count: count, ports: ports, perSecond: perSecond)
  case .watch(let unprivileged, let ports): try WatchRole.watch(unprivileged: unprivileged, ports: ports)
  case .measureWatch(let plan):
    if plan.isHelp {
      print(WatchPlan.usage)
    } else {
      let report =
        try plan.isIsolated
        ? inNewNetworkNamespace { Result { try WatchBenchmark(plan: plan).run() } }.get()
        : WatchBenchmark(plan: plan).run()
      for line in report.lines { print(line) }
      if report.isMissed { exitProgram(1) }
    }
  case .measure(let plan):
    let report =
      try plan.isIsolated
      ? inNewNetworkNamespace { Result { try Benchmark(plan: plan).run() } }.get() : Benchmark(plan: plan).run()
    print(plan.asJSON ? report.json : report.table)
    if plan.checksTargets, report.missed { exitProgram(1) }
  }
} catch let error as BenchError {
  write(line: "sockinspect-bench: \(error.message)", to: 2)
  exitProgram(error.isUsage ? 2 : 4)
} catch {
  write(line: "sockinspect-bench: \(error)", to: 2)
  exitProgram(4)
}
