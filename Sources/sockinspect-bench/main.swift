import LinuxSystem

// The benchmark: sockets held by children, sockinspect and its peers timed in turns.
do {
  switch try BenchArguments.parse(Array(CommandLine.arguments.dropFirst())) {
  case .help: print(BenchArguments.usage)
  case .hold(let index, let count): try Holder.run(index: index, count: count)
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
