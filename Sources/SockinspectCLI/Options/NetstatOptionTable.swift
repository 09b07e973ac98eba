/// The options of `sockinspect netstat`, for help, manual and completions. What they mean is ``NetstatArguments``'s to say, which reads them by
/// the rules of the original.
enum NetstatOptionTable {
  static let table = OptionTable(.netstat, choosing + showing + general)

  private static let choosing: [Option] = [
    option(
      "all", "a", "servers too", example: "-an", "every socket, numbers only", "Shows servers and all others."),
    option(
      "listening", "l", "servers only", example: "-tulpn", "what this machine serves, and by which process",
      "Shows servers only: TCP sockets without remote port, others without remote address, unix sockets that listen."),
    option("tcp", "t", "TCP", "Shows TCP. Kinds of sockets that are named are shown, all others not."),
    option("udp", "u", "UDP", "Shows UDP."),
    option("udplite", "U", "UDP-Lite", "Shows UDP-Lite."),
    option(
      "sctp", "S", "SCTP",
      "Says what netstat says where the kernel has no SCTP. Where it has some, one line says that `ss -S` shows its sockets."
    ),
    option("raw", "w", "raw IP", "Shows raw IP sockets, with the protocol's number instead of the port."),
    option(
      "unix", "x", "unix sockets", example: "-x", "unix sockets only",
      "Shows unix sockets. Of a path only what stands before the first blank is shown."),
    option("inet", "4", "IPv4", "Shows the internet protocols over IPv4."),
    option("inet6", "6", "IPv6", "Shows the internet protocols over IPv6."),
    Option(
      "protocol", "A", value: OptionValue("FAMILY", .list(["inet", "inet6", "unix"])), topic: .netstat,
      "address families", examples: [Example("netstat -A inet,unix", "IPv4 and unix sockets")],
      """
      Shows the sockets of these families: `inet`, `inet6`, `unix`, and `ipx`, `ax25`, `x25`, `netrom`, `rose`, which no kernel of today has. Each \
      name is an option of its own, too: `--inet6`.
      """),
  ]

  private static let showing: [Option] = [
    option(
      "numeric", "n", "numbers instead of all names",
      "Shows addresses, ports and users as numbers. Nothing is looked up then."),
    option("numeric-hosts", nil, "numbers instead of host names", "Shows addresses as numbers."),
    option("numeric-ports", nil, "numbers instead of service names", "Shows ports as numbers."),
    option("numeric-users", nil, "numbers instead of user names", "Shows users as numbers."),
    option(
      "programs", "p", "the process", example: "-anp", "every socket with its process",
      """
      Shows one process that has the socket open, and the beginning of its name. `sockinspect` without `netstat` shows all of them, and their \
      whole names. What is not printable ASCII in a name is shown as `.`, as newer versions of netstat do.
      """),
    option("extend", "e", "users and inodes", "Shows the user and the inode of each internet socket."),
    option(
      "timers", "o", "timers", example: "-tno", "the timers of connections",
      "Shows the timer that runs, the seconds until it ends, retransmissions and probes."),
    option("wide", "W", "whole addresses", "Shows addresses whole that are too long for their column."),
    option(
      "statistics", "s", "the kernel's counters", example: "-st", "what TCP has counted",
      "Shows the counters of IP, ICMP, TCP and UDP since the machine started: those of `-t`, `-u`, `-w`, or all; with `-6` those of IPv6."
    ),
    option("continuous", "c", "again each second", "Shows it all again each second."),
    option("verbose", "v", "what the kernel lacks", "Says which kinds of sockets the kernel does not have."),
  ]

  private static let general: [Option] = [
    Option(
      "root", value: OptionValue("PATH", .path), topic: .netstat, "read a captured /proc",
      examples: [Example("netstat --root ./web1 -anp", "the sockets of a captured machine")],
      """
      Reads a folder shaped like /proc, or a single table, instead of the live kernel; users stay numbers then. The variable `SOCKINSPECT_ROOT` does the same. It is an \
      option of this program and not of the original.
      """),
    option("help", "h", "this help", "Prints this help, then ends."),
    option("version", "V", "name and version", "Prints name and version, then ends."),
  ]

  private static func option(
    _ long: String, _ short: Character?, _ summary: String, _ documentation: String
  ) -> Option {
    Option(long, short, topic: .netstat, summary, documentation)
  }

  private static func option(
    _ long: String, _ short: Character?, _ summary: String, example: String, _ effect: String,
    _ documentation: String
  ) -> Option {
    Option(
      long, short, topic: .netstat, summary, examples: [Example("netstat \(example)", effect)], documentation)
  }
}
