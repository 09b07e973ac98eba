import Lesson
import Options
import Rendering
import SocketModel

private typealias DemoOption = OptionDeclaration<DemoPlanBuilder>

/// The options of the commands that make sockets to look at, and of the command that explains them.
package enum DemoOptions {
  package static let listenDemo = CommandOptions("listen-demo", ofListenDemo, rules: DemoRules.listenDemo)
  package static let connectDemo = CommandOptions("connect-demo", ofConnectDemo, rules: DemoRules.connectDemo)
  package static let flowDemo = CommandOptions("flow-demo", ofFlowDemo, rules: DemoRules.flowDemo)
  package static let explain = CommandOptions("explain", ofExplain)
  package static let lesson = CommandOptions("lesson", ofLesson)

  private static let ofListenDemo: [DemoOption] =
    place(.listenDemo) + [
      Option(
        "dual-stack", topic: .listenDemo, "an IPv6 socket that takes IPv4 clients too",
        examples: [Example("listen-demo --dual-stack", "one socket for 127.0.0.1 and ::1")],
        """
        Listens with an IPv6 socket that takes IPv4 clients too (`IPV6_V6ONLY` off). Only the address `::` takes both; \
        without `--host` the socket is therefore bound to the loopback interface too (`SO_BINDTOIFINDEX`, Linux 5.7), \
        so that no other machine reaches it. With `--host ::` it serves every interface.
        """
      )
      .effect { $0.isDualStack = true },
      Option(
        "backlog", value: OptionValue("N", .number), topic: .listenDemo,
        "how many may wait to be accepted (default 128)",
        examples: [Example("listen-demo --backlog 1 --never-accept", "a full accept queue after two clients")],
        """
        The number given to `listen()`: how many connections may wait to be accepted, from 0 to 2147483647. The kernel \
        takes one more than that, and no more than net.core.somaxconn.
        """
      )
      .effect { (demo, typed) throws(UsageError) in
        demo.server.backlog = Int32(try typed.number(in: 0...Int(Int32.max)))
      },
      Option(
        "reuse-address", topic: .listenDemo, "bind although TIME_WAIT holds the port",
        "Sets `SO_REUSEADDR` before `bind()`: the port can be taken again while connections of an earlier server are in TIME_WAIT."
      )
      .effect { $0.server.reusesAddress = true },
      Option(
        "reuse-port", topic: .listenDemo, "share the port with other servers that do so",
        "Sets `SO_REUSEPORT` before `bind()`: several servers of one user share a port, and the kernel deals clients out to them."
      )
      .effect { $0.server.reusesPort = true },
      Option(
        "reply", value: OptionValue("TEXT", .text), topic: .listenDemo, "the answer to each client",
        examples: [Example("listen-demo --reply 'Hello, client'", "another answer")],
        """
        What each client is answered, `Welcome to the server` by default. An empty text answers nothing. A client that \
        asks in HTTP, as curl and browsers do, gets it behind HTTP's header.
        """
      )
      .effect { $0.server.reply = Array($1.text.utf8) },
      Option(
        "echo", topic: .listenDemo, "answer with what the client sent",
        "Sends back whatever comes until the client ends, instead of one answer."
      )
      .effect { $0.server.isEcho = true },
      Option(
        "delay", value: OptionValue("SECONDS", .number), topic: .listenDemo, "wait before the answer",
        examples: [Example("listen-demo --delay 2.5", "time to look at an established connection")],
        "How long it waits between `recv()` and `send()`, in seconds with decimals. Other clients are served meanwhile."
      )
      .effect { (demo, typed) throws(UsageError) in demo.server.delay = try typed.milliseconds() },
      buffer(.listenDemo) { $0.server.buffer = $1 },
      Option(
        "timeout", value: OptionValue("SECONDS", .number), topic: .listenDemo,
        "close a client that is silent for so long",
        "Closes a client that has sent nothing for so many seconds. Without it the server waits as long as the client."
      )
      .effect { (demo, typed) throws(UsageError) in demo.server.timeout = try typed.milliseconds(from: 1) },
      Option(
        "once", topic: .listenDemo, "end after one client",
        examples: [Example("listen-demo --once", "the lesson once through")],
        "Ends when the first client has been served."
      )
      .effect { $0.server.maxClients = 1 },
      Option(
        "max-clients", value: OptionValue("N", .number), topic: .listenDemo, "end after N clients",
        "Ends when so many clients have been served."
      )
      .effect { (demo, typed) throws(UsageError) in demo.server.maxClients = try typed.count() },
      Option(
        "never-accept", topic: .listenDemo, "leave clients in the accept queue",
        """
        Never calls `accept()`: the kernel completes connections all the same and keeps them in the accept queue until \
        it is full, after which new clients stay in SYN_SENT.
        """
      )
      .effect { $0.server.accepts = false },
      Option(
        "never-read", topic: .listenDemo, "leave what clients send in the receive queue",
        "Never calls `recv()`: what clients send fills the receive queue (RECV-Q), then their send queues."
      )
      .effect { $0.server.reads = false },
      Option(
        "never-close", topic: .listenDemo, "leave CLOSE_WAIT behind",
        examples: [Example("listen-demo --never-close", "the leak that CLOSE_WAIT shows")],
        "Never calls `close()` on a connection: when the client closes, the server's end stays in CLOSE_WAIT."
      )
      .effect { $0.server.closes = false },
      Option(
        "drop", value: OptionValue("PERCENT", .number), topic: .listenDemo, "UDP: lose a share of the datagrams",
        examples: [Example("listen-demo --udp --drop 30", "about three of ten are not answered")],
        "With `--udp`: treats so many of a hundred datagrams as lost on the way: they are neither shown nor answered."
      )
      .effect { (demo, typed) throws(UsageError) in demo.server.dropPercent = try typed.number(in: 0...100) },
      Option(
        "reorder", topic: .listenDemo, "UDP: answer in another order",
        "With `--udp`: answers datagrams in another order than they came."
      )
      .effect { $0.server.isReordering = true },
      Option(
        "hold", value: OptionValue("STATE", .choice(Words.heldStates)), topic: .listenDemo,
        "hold sockets in a state of TCP, or all",
        examples: [
          Example("listen-demo --hold close-wait", "a pair of sockets with one end in CLOSE_WAIT"),
          Example("listen-demo --hold all --for 60", "all eleven states for a minute"),
        ],
        """
        Makes real sockets in one of TCP's eleven states, or in `all` of them, says how, what ends the state and how \
        to look at it, and holds them until Ctrl-C or for the time of `--for`. Every spelling of a state is \
        understood: `TIME_WAIT`, `time-wait`, `timewait`.
        """
      )
      .effect { (demo, typed) throws(UsageError) in demo.held = try HoldPlan.states(named: typed) },
      Option(
        "scene", value: OptionValue("NAME", .choice(Words.scenes)), topic: .listenDemo,
        "make a trouble for `why` and `doctor` to find",
        examples: [
          Example("listen-demo --scene accept-queue", "a server whose accept queue is full"),
          Example("listen-demo --scene close-wait --for 90", "a leak, long enough for doctor's threshold"),
        ],
        """
        Makes a trouble with real sockets and processes, says how, what harm it does, what ends it and which command \
        finds it, and keeps it until Ctrl-C or for the time of `--for`; then nothing of it is left but TIME_WAIT. \
        \(scenes) Port 0 takes any free one. None needs root; `ephemeral-ports` is in a network namespace of its own.
        """
      )
      .effect { (demo, typed) throws(UsageError) in demo.scene = try ScenePlan.scene(named: typed) },
      Option(
        "for", value: OptionValue("SECONDS", .number), topic: .listenDemo, "end by itself after so long",
        "Ends after so many seconds, decimals allowed, whatever else happens."
      )
      .effect { (demo, typed) throws(UsageError) in demo.server.lifetime = try typed.milliseconds(from: 1) },
    ] + telling(.listenDemo) + appearance(.listenDemo, width: false)

  /// What each scene is.
  private static let scenes =
    TroubleScene.allCases.map { "`\($0.rawValue)`: \(TroubleLesson.summary(of: $0))" }.joined(separator: "; ") + "."

  private static let ofConnectDemo: [DemoOption] =
    place(.connectDemo) + [
      Option(
        "message", value: OptionValue("TEXT", .text), topic: .connectDemo, "what is sent",
        examples: [Example("connect-demo --message 'Good morning'", "another greeting")],
        "What is sent, `Hello, world` by default."
      )
      .effect { $0.client.message = Array($1.text.utf8) },
      Option(
        "count", value: OptionValue("N", .number), topic: .connectDemo, "how many connections or datagrams",
        examples: [Example("connect-demo --count 3", "one client after the other")],
        "How many connections are made, one after the other unless `--parallel` says otherwise; with `--udp`, datagrams sent."
      )
      .effect { (demo, typed) throws(UsageError) in demo.count = try typed.count() },
      Option(
        "parallel", value: OptionValue("N", .number), topic: .connectDemo, "how many at the same time",
        examples: [Example("connect-demo --parallel 20 --never-close", "twenty connections to look at")],
        "How many connections are open at the same time. Without `--count` that is also how many are made."
      )
      .effect { (demo, typed) throws(UsageError) in demo.client.parallel = try typed.number(in: 1...1_000_000) },
      Option(
        "timeout", value: OptionValue("SECONDS", .number), topic: .connectDemo, "give up after so long",
        """
        How long `connect()` and each `recv()` may take, in seconds with decimals. Without it TCP waits as long as the \
        kernel does, UDP two seconds for an answer.
        """
      )
      .effect { (demo, typed) throws(UsageError) in demo.client.timeout = try typed.milliseconds(from: 1) },
      Option(
        "delay", value: OptionValue("SECONDS", .number), topic: .connectDemo, "wait before sending",
        "How long it waits between `connect()` and `send()`, in seconds with decimals."
      )
      .effect { (demo, typed) throws(UsageError) in demo.client.delay = try typed.milliseconds() },
      buffer(.connectDemo) { $0.client.buffer = $1 },
      Option(
        "half-close", topic: .connectDemo, "close the sending direction, then read",
        examples: [Example("connect-demo --half-close", "a FIN while the answer is still to come")],
        "Calls `shutdown()` with `SHUT_WR` after sending: FIN_WAIT2 here and CLOSE_WAIT there until the server closes too."
      )
      .effect { $0.client.isHalfClosing = true },
      Option(
        "reset", topic: .connectDemo, "end with a reset (RST) instead of FIN",
        "Sets `SO_LINGER` with time 0 before `close()`: the connection is reset, and neither end sees TIME_WAIT."
      )
      .effect { $0.client.isResetting = true },
      Option(
        "never-read", topic: .connectDemo, "leave the answer in the receive queue",
        "Never calls `recv()`: the answer stays in the receive queue (RECV-Q)."
      )
      .effect { $0.client.reads = false },
      Option(
        "never-close", topic: .connectDemo, "keep the connection open until Ctrl-C",
        "Does not call `close()`: the connection stays as it is until the program ends."
      )
      .effect { $0.client.closes = false },
      Option(
        "no-guarantee", topic: .connectDemo, "UDP: the ways in which datagrams fail",
        examples: [Example("connect-demo --udp --no-guarantee", "refused, lost, reordered, truncated, dropped")],
        """
        With `--udp`: shows what it means that UDP guarantees nothing, with real datagrams and a server of its own: \
        nobody listens, one is lost, three arrive in another order, one is larger than the buffer that it is read \
        into, more come than the receive buffer holds.
        """
      )
      .effect { $0.showsNoGuarantee = true },
    ] + telling(.connectDemo) + appearance(.connectDemo, width: false)

  private static let ofFlowDemo: [DemoOption] =
    [
      udp(.flowDemo, "datagrams instead of a connection"), port(.flowDemo), ipv4(.flowDemo), ipv6(.flowDemo),
      Option(
        "step", topic: .flowDemo, "wait for Enter before each row",
        examples: [Example("flow-demo --step", "one call at a time")], "Waits for Enter before each row."
      )
      .effect { $0.narration.isStepped = true },
      language(.flowDemo, Example("flow-demo --lang es", "the flow, in Spanish")),
    ] + appearance(.flowDemo, width: true)

  private static let ofExplain: [DemoOption] =
    [language(.explain, Example("explain close_wait --lang es", "the same, in Spanish"))]
    + appearance(.explain, width: true)
}

extension DemoOptions {
  private static let ofLesson: [DemoOption] =
    [language(.lesson, Example("lesson --lang es", "the same, in Spanish"))] + appearance(.lesson, width: true)

  /// Where the socket is.
  private static func place(_ topic: TopicID) -> [DemoOption] {
    let isServer = topic == .listenDemo
    return [
      Option(
        "host", value: OptionValue("HOST", .host), topic: topic,
        isServer ? "where to listen (default 127.0.0.1)" : "the server (default 127.0.0.1)",
        examples: isServer ? [Example("listen-demo --host 0.0.0.0", "reachable from other machines")] : [],
        isServer
          ? "The name or address to listen on. Without it that is the loopback address, which only this machine reaches."
          : "The name or address of the server, this machine by default."
      )
      .effect { $0.host = $1 },
      port(topic), ipv4(topic), ipv6(topic), udp(topic, "UDP instead of TCP"),
      Option(
        "unix", value: OptionValue("PATH", .path), topic: topic, "a unix socket instead of host and port",
        examples: [Example("\(topic.name) --unix @lesson", "an abstract name, which leaves no file")],
        """
        A unix socket at a path, or with an abstract name behind `@`. With `--udp` it is one for datagrams. A file \
        whose name begins with `@` is `./@name`.
        """
      )
      .effect { $0.unix = $1 },
    ]
  }

  private static func port(_ topic: TopicID) -> DemoOption {
    let isClient = topic == .connectDemo
    let range = (isClient ? 1 : 0)...65535
    let explanation =
      isClient
      ? "The server's port, from 1 to 65535."
      : "The port to listen on, from 0 to 65535; 0 takes any free one and says which."
    return Option(
      "port", "p", value: OptionValue("PORT", .number), topic: topic,
      isClient ? "the server's port (default 1234)" : "port (default 1234; 0 for any free one)",
      examples: [Example("\(topic.name) --port 5000", "at another port")], explanation
    )
    .effect { (demo, typed) throws(UsageError) in
      demo.port = UInt16(try typed.number(in: range))
      demo.isPortTyped = true
    }
  }

  private static func udp(_ topic: TopicID, _ summary: String) -> DemoOption {
    Option(
      "udp", "u", topic: topic, summary,
      examples: [Example("\(topic.name) --udp", "the same with datagrams")],
      "Datagrams (`SOCK_DGRAM`) instead of a connection."
    )
    .effect { $0.isDatagram = true }
  }

  private static func ipv4(_ topic: TopicID) -> DemoOption {
    Option("ipv4", "4", topic: topic, "IPv4", "Over IPv4.")
      .effect { $0.family = .ipv4 }
  }

  private static func ipv6(_ topic: TopicID) -> DemoOption {
    Option("ipv6", "6", topic: topic, "IPv6", "Over IPv6, on ::1 unless a host is given.")
      .effect { $0.family = .ipv6 }
  }

  private static func buffer(
    _ topic: TopicID, _ setting: @escaping @Sendable (inout DemoPlanBuilder, Int) -> Void
  ) -> DemoOption {
    Option(
      "buffer", value: OptionValue("BYTES", .number), topic: topic,
      "how much one recv() may bring (default 1024)",
      """
      How many bytes one `recv()` may bring, from 1 to 1048576. A datagram that is larger is cut; of a connection the \
      rest comes with the next call.
      """
    )
    .effect { (demo, typed) throws(UsageError) in setting(&demo, try typed.number(in: 1...1_048_576)) }
  }

  /// How much is printed.
  private static func telling(_ topic: TopicID) -> [DemoOption] {
    [
      Option(
        "step", topic: topic, "wait for Enter before each call",
        examples: [Example("\(topic.name) --step", "time to look with another terminal")],
        "Waits for Enter before each call, so that the sockets can be looked at from another terminal."
      )
      .effect { $0.narration.isStepped = true },
      Option(
        "quiet", "q", topic: topic, "no narration, the lesson's lines only",
        "Prints the lesson's lines on standard output and only errors on standard error."
      )
      .effect { $0.narration.isQuiet = true },
      language(topic, Example("\(topic.name) --lang es", "the narration in Spanish")),
    ]
  }

  /// The language of all output.
  private static func language(_ topic: TopicID, _ example: Example) -> DemoOption {
    Option.language(topic, examples: [example])
      .effect { (demo, typed) throws(UsageError) in demo.narration.language = try typed.language() }
  }

  /// How it looks, and the way to the help.
  private static func appearance(_ topic: TopicID, width: Bool) -> [DemoOption] {
    let color: DemoOption = Option(
      "color", aliases: ["colour"], value: OptionValue("WHEN", .choice(ColourChoice.words)),
      topic: topic,
      "colour: auto, always, never",
      "Colour: `always`, `never` or `auto`, which is the default: on a terminal, unless `NO_COLOR` is set."
    )
    .effect { (demo, typed) throws(UsageError) in demo.colour = try typed.colour() }
    let columns: DemoOption = Option(
      "width", value: OptionValue("N", .number), topic: topic, "make it fit N columns",
      "Makes it fit so many columns instead of those of the terminal; 0 is no limit."
    )
    .effect { (demo, typed) throws(UsageError) in demo.width = .some(try typed.width()) }
    let help: DemoOption = Option.help(topic).effect { _ in }
    return width ? [color, columns, help] : [color, help]
  }
}
