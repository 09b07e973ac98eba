import Options

/// The options of the demos that exclude each other, and why.
enum DemoRules {
  /// Of `listen-demo`.
  static let listenDemo: [OptionRule] =
    place + [
      .exclusion("dual-stack", ["ipv4", "unix"], "a dual-stack socket is an IPv6 one"),
      .exclusion(
        "udp", ["backlog", "never-accept"], "datagrams are not accepted one by one, there is no accept queue"),
      .exclusion("udp", ["never-close", "timeout"], "UDP has no connection that could be closed"),
      .exclusion("unix", ["reuse-address", "reuse-port"], "a unix socket has no port to share"),
      .exclusion(
        "never-accept",
        ["echo", "reply", "delay", "buffer", "timeout", "once", "max-clients", "never-read", "never-close"],
        "nothing is accepted that could be served"),
      .exclusion("never-read", ["echo", "buffer"], "what is not read cannot be sent back or counted"),
      .exclusion("echo", ["reply"], "what the client sent is the answer"),
      .exclusion("once", ["max-clients"], "one says how many clients already"),
      .exclusion(
        "hold",
        [
          "unix", "udp", "dual-stack", "backlog", "reuse-address", "reuse-port", "reply", "echo", "delay", "buffer",
          "timeout", "once",
          "max-clients", "never-accept", "never-read", "never-close", "drop", "reorder", "step",
        ], "states are held without a server"),
      .exclusion(
        "scene",
        [
          "hold", "host", "ipv4", "ipv6", "unix", "udp", "dual-stack", "backlog", "reuse-address", "reuse-port",
          "reply",
          "echo", "delay", "buffer", "timeout", "once", "max-clients", "never-accept", "never-read", "never-close",
          "drop", "reorder", "step",
        ], "a scene has its own servers and clients"),
      .requirement("drop", "udp", "TCP sends again what is lost"),
      .requirement("reorder", "udp", "TCP keeps the order"),
      silence,
    ]

  /// Of `connect-demo`.
  static let connectDemo: [OptionRule] =
    place + [
      .exclusion(
        "no-guarantee",
        [
          "host", "port", "unix", "message", "count", "parallel", "timeout", "delay", "buffer", "half-close", "reset",
          "never-read",
          "never-close",
        ], "it brings its own server and datagrams"),
      .exclusion("udp", ["half-close", "reset", "never-close"], "UDP has no connection that could be closed"),
      .exclusion("unix", ["reset"], "a unix socket is never reset"),
      .exclusion("never-close", ["reset"], "a reset is a way to close"),
      .exclusion("step", ["parallel"], "steps are those of one client at a time"),
      .requirement("no-guarantee", "udp", "TCP does guarantee it"),
      silence,
    ]

  /// Of `flow-demo`.
  static let flowDemo: [OptionRule] = [families]

  private static let place: [OptionRule] = [
    .exclusion("unix", ["host", "port", "ipv4", "ipv6"], "a unix socket has a path instead of host and port"), families,
  ]
  private static let families = OptionRule.exclusion("ipv4", ["ipv6"], "a socket is of one family")
  private static let silence = OptionRule.exclusion("step", ["quiet"], "the steps are those of the narration")
}
