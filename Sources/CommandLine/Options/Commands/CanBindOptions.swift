import Lesson
import Options
import SocketModel

/// The options of `can-bind`: its own, and those of the listing that say where to read.
package enum CanBindOptions {
  package static let options = CommandOptions(
    "can-bind", own + shared + [Option.help(.canBind).effect { _ in }])

  private static let shared: [OptionDeclaration<CanBindPlanBuilder>] =
    ListingOptions.shared(["root", "netns", "byte-order", "quiet"])

  private static let own: [OptionDeclaration<CanBindPlanBuilder>] = [
    Option(
      "udp", "u", topic: .canBind, "a UDP port instead of a TCP one",
      examples: [Example("can-bind --udp 53", "whether a name server can start")],
      "The port of UDP instead of that of TCP."
    )
    .effect { $0.plan.transport = .udp },
    Option(
      "reuse-address", topic: .canBind, "for a program that sets SO_REUSEADDR",
      "The program sets `SO_REUSEADDR` before `bind()`, as most servers do."
    )
    .effect { $0.plan.reuse.insert(.address) },
    Option(
      "reuse-port", topic: .canBind, "for a program that sets SO_REUSEPORT",
      "The program sets `SO_REUSEPORT` before `bind()`, to share the port with others of the same user."
    )
    .effect { $0.plan.reuse.insert(.port) },
    Option(
      "v6only", aliases: ["ipv6-only"], topic: .canBind, "an IPv6 socket that takes no IPv4",
      "An IPv6 socket with `IPV6_V6ONLY`. Without it `::` takes IPv4 clients too."
    )
    .effect { $0.plan.isIPv6Only = true },
    Option(
      "user", value: OptionValue("USER", .users), topic: .canBind, "for a program that this user runs",
      examples: [Example("can-bind 80 --user www-data", "whether it needs more than that user may")],
      """
      The user that runs the program: `SO_REUSEPORT` shares ports of one user only, and ports below \
      net.ipv4.ip_unprivileged_port_start need `CAP_NET_BIND_SERVICE`, which is assumed of root alone. Without it \
      the user and the capability are those of `can-bind` itself.
      """
    )
    .effect { (can, typed) throws(UsageError) in try can.setUser(typed) },
    Option(
      "probe", topic: .canBind, "bind for microseconds, and compare",
      examples: [Example("can-bind 8080 --probe", "what bind() really does")],
      """
      Also binds a socket with each combination of options, and closes it at once: it never listens and sends nothing, \
      but has the port for some microseconds. The answer is then what `bind()` did, and where the tables say something \
      else, a line says so. With `--user` it needs root, unless that is who asks.
      """
    )
    .effect { $0.plan.probes = true },
    Option(
      "json", "J", topic: .canBind, "one JSON object",
      "Prints an object with `verdict`, `can_bind`, `combinations`, `holders`, `actions` and `looked_at`."
    )
    .effect { $0.plan.isJSON = true },
    Option.language(.canBind).effect { (can, typed) throws(UsageError) in can.plan.language = try typed.language() },
  ]
}
