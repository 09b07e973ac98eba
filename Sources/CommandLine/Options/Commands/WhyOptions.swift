import Lesson
import Options
import SocketModel

/// The options of `why`: its own, and those of the listing that say where to read.
package enum WhyOptions {
  package static let options = CommandOptions("why", own + shared + [Option.help(.why).effect { _ in }])

  private static let shared: [OptionDeclaration<WhyPlanBuilder>] =
    ListingOptions.shared(["root", "netns", "byte-order", "quiet"])

  private static let own: [OptionDeclaration<WhyPlanBuilder>] = [
    Option(
      "unreachable", topic: .why, "why clients do not reach a server",
      examples: [
        Example("why --unreachable 192.0.2.7:8080", "why a client there gets no answer"),
        Example("why --unreachable 8080", "why other machines do not reach the port"),
      ],
      """
      Says why clients do not reach a server at this end: nothing listens, or only on the loopback interface, for \
      IPv6 or in another network namespace; its accept queue is full, its process is stopped or does not accept; a rule \
      of nf_tables drops the packets or sends them elsewhere, with the rule's counter. Asked on the machine of a client, \
      it finds the connections that nobody answers.
      """
    )
    .effect { $0.plan.isUnreachable = true },
    Option(
      "process", "p", topic: .why, "the word is a process: its id or name",
      examples: [Example("why --process 8080", "the process with this id, not the port")],
      """
      What is asked about is a process, by its id or name. A number up to 65535 is a port without it, and a name that \
      no process has is the name of a service.
      """
    )
    .effect { $0.isProcess = true },
    Option(
      "tcp", "t", topic: .why, "the port of TCP only",
      "Looks at TCP and Multipath TCP only. Without it and `--udp` all transports with ports are looked at."
    )
    .effect { $0.transports.formUnion([.tcp, .mptcp]) },
    Option(
      "udp", "u", topic: .why, "the port of UDP only",
      examples: [Example("why --udp 53", "who answers names here")],
      "Looks at UDP only."
    )
    .effect { $0.transports.insert(.udp) },
    Option(
      "json", "J", topic: .why, "one JSON object",
      examples: [Example("why 8080 --json", "the verdict as a word, and what it rests on")],
      """
      Prints an object with `verdict`, `evidence`, `actions` and `looked_at`. The verdict is one of the words of this \
      chapter; texts are in English.
      """
    )
    .effect { $0.plan.isJSON = true },
    Option.language(.why).effect { (why, typed) throws(UsageError) in why.plan.language = try typed.language() },
  ]
}
