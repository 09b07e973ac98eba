import Options
import SocketModel

/// The options of `top`: those of the listing that select sockets, and its own.
package enum TopOptions {
  package static let options = CommandOptions(
    "top", own + selecting + shared + [Option.help(.top).effect { _ in }])

  private static let selecting: [OptionDeclaration<TopPlanBuilder>] = SelectingOptions.all.map { $0.inCommand() }

  private static let shared: [OptionDeclaration<TopPlanBuilder>] =
    ListingOptions.shared(["netns", "limit", "quiet"])

  private static let own: [OptionDeclaration<TopPlanBuilder>] = [
    Option(
      "by", value: OptionValue("WHAT", .choice(TrafficGroups.Grouping.allCases.map(\.rawValue))), topic: .top,
      "sums by: process, workload, peer, port, netns",
      examples: [Example("top --by peer --for 30", "which addresses most bytes go to and come from")],
      """
      What sockets are put together by: the `process` that has them, which is the default, the `workload` (unit, \
      container or pod), the address of the `peer`, the `port` of the server, or the network namespace, `netns`.
      """
    )
    .effect { (top, typed) throws(UsageError) in
      top.plan.grouping = TrafficGroups.Grouping(rawValue: try typed.choice()) ?? .process
    },
    Option(
      "for", value: OptionValue("SECONDS", .number), topic: .top, "measure for so long (default 10)",
      examples: [Example("top --for 1m :443", "a minute of HTTPS")],
      """
      How long to measure; decimals and `ms`, `s`, `m`, `h` are allowed. Without it a terminal shows the live view, and \
      anything else measures for 10 seconds. Ctrl-C ends it earlier, with what was measured until then.
      """
    )
    .effect { (top, typed) throws(UsageError) in
      top.plan.duration = try typed.duration(from: 100, to: 86_400_000)
      top.endsByItself = true
    },
    Option(
      "interval", value: OptionValue("SECONDS", .number), topic: .top, "time between scans (default 1)",
      """
      How often the counters are read, from 0.1 seconds on. The sums do not depend on it: a connection that no scan \
      meets is counted by the kernel's notice of its end.
      """
    )
    .effect { (top, typed) throws(UsageError) in
      top.plan.watch.interval = try typed.duration(from: 100, to: 86_400_000)
    },
    Option(
      "json", topic: .top, "one JSON document",
      examples: [Example("top --json --for 5 | jq '.groups[0]'", "who used the most, for a script")],
      """
      One JSON document of the schema `sockinspect.top/1`: `meta` with `by` and `duration_us`, `groups` with what they \
      have in common, `rx_rate`, `tx_rate`, `rx_bytes`, `tx_bytes` and `sockets`, the same in `total`, and `not_counted`.
      """
    )
    .effect {
      $0.plan.shape = .json
      $0.endsByItself = true
    },
  ]
}
