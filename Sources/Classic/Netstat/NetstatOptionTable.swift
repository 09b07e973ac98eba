package import Options
import Rendering
import Text

/// An option of `sockinspect netstat` and its effect. ``GetoptLong`` looks up here which letters
/// and long names exist; help and manual look up what to explain.
struct NetstatOption: Sendable {
  /// The option as it was typed.
  struct Typed: Sendable {
    /// The letter or name with its dashes, for messages.
    let spelling: String
    /// Its value, or for one of several long names, which one.
    let value: String
  }

  typealias Effect = @Sendable (inout NetstatArguments, Typed) throws(NetstatArguments.End) -> Void

  /// Whether help and manual explain it.
  enum Standing: Sendable {
    case explained(Option)
    /// It is accepted but changes nothing in what is shown of sockets, for a reason.
    case ineffective(String)
    /// It is refused, for a reason.
    case refused(String)
    /// It is another way to write an explained option.
    case alias(of: String)
  }

  /// A long name, and its place in the original's list, which decides what a shortened name stands
  /// for.
  struct Name: Sendable {
    let name: String
    let place: Int
  }

  /// What getopt returns for it: its letter, or another character for an option with only a long
  /// name.
  let mark: Character
  /// Whether the mark is a letter that can be typed.
  let hasLetter: Bool
  let names: [Name]
  let takesValue: Bool
  let standing: Standing
  let effect: Effect

  /// The option to explain; `nil` for one that help and manual leave out.
  var option: Option? { if case .explained(let option) = standing { option } else { nil } }

  /// Makes an option that is accepted for completeness' sake, or refused.
  fileprivate init(
    _ letter: Character, name: String? = nil, place: Int = 0, _ standing: Standing, _ effect: @escaping Effect
  ) {
    (mark, hasLetter, takesValue) = (letter, true, false)
    names = name.map { [Name(name: $0, place: place)] } ?? []
    self.standing = standing
    self.effect = effect
  }

  fileprivate init(
    mark: Character, hasLetter: Bool, names: [Name], takesValue: Bool = false, _ standing: Standing,
    _ effect: @escaping Effect
  ) {
    (self.mark, self.hasLetter, self.names, self.takesValue) = (mark, hasLetter, names, takesValue)
    self.standing = standing
    self.effect = effect
  }

  /// Makes an option that is not about sockets, refused with what to use instead.
  fileprivate static func refused(
    _ letter: Character, _ name: String, place: Int, shows: String, use: String
  ) -> NetstatOption {
    NetstatOption(letter, name: name, place: place, .refused(shows)) { (_, typed) throws(NetstatArguments.End) in
      throw .refused(typed.spelling, shows: shows, use: use)
    }
  }
}

extension Option {
  /// Declares the effect of an option of netstat, by its letter and by its name at a place of the
  /// original's list.
  fileprivate func effect(place: Int, _ effect: @escaping NetstatOption.Effect) -> NetstatOption {
    // An option without a letter needs a mark that nobody can type.
    let mark = short ?? Character(Unicode.Scalar(UInt8(place)))
    return NetstatOption(
      mark: mark, hasLetter: short != nil, names: [.init(name: long, place: place)], takesValue: value != nil,
      .explained(self), effect)
  }

  /// Declares the effect of an option of netstat without a value.
  fileprivate func effect(place: Int, _ effect: @escaping @Sendable (inout NetstatArguments) -> Void) -> NetstatOption {
    self.effect(place: place) { arguments, _ in effect(&arguments) }
  }

  /// Declares the effect of the letter of an option whose name is one of the families.
  fileprivate func effectOfLetter(_ effect: @escaping NetstatOption.Effect) -> NetstatOption {
    NetstatOption(mark: short ?? "?", hasLetter: true, names: [], .explained(self), effect)
  }
}

/// The options of `sockinspect netstat`: those of net-tools 2.10 as Debian builds it.
package enum NetstatOptionTable {
  /// Every option that getopt knows.
  static let all: [NetstatOption] = choosing + showing + general + unexplained

  /// The options in help, manual and completions.
  package static let explained: [Option] =
    (choosing + showing).compactMap(\.option) + [root, netns] + general.compactMap(\.option)

  /// The letters and long names for getopt, the names in the order of the original.
  static let getopt = GetoptLong(
    letters: all.filter(\.hasLetter).map { "\($0.mark)" + ($0.takesValue ? ":" : "") }.joined(),
    names: all.flatMap { option in option.names.map { (option, $0) } }.sorted { $0.1.place < $1.1.place }.map {
      GetoptLong.Name($1.name, $0.mark, takesValue: $0.takesValue)
    })

  /// The declaration for what getopt returned.
  static func option(_ mark: Character) -> NetstatOption? { all.first { $0.mark == mark } }

  private static let choosing: [NetstatOption] = [
    option(
      "all", "a", "servers too", example: "-an", "every socket, numbers only", "Shows servers and all others."
    )
    .effect(place: 28) { $0.view.servers = .all },
    option(
      "listening", "l", "servers only", example: "-tulpn", "what this machine serves, and by which process",
      "Shows servers only: TCP sockets without remote port, others without remote address, unix sockets that listen."
    )
    .effect(place: 27) { if $0.view.servers == .none { $0.view.servers = .only } },
    option("tcp", "t", "TCP", "Shows TCP. Kinds of sockets that are named are shown, all others not.")
      .effect(place: 19) { $0.sockets.insert(.tcp) },
    option("udp", "u", "UDP", "Shows UDP.")
      .effect(place: 21) { $0.sockets.insert(.udp) },
    option("udplite", "U", "UDP-Lite", "Shows UDP-Lite.")
      .effect(place: 22) { $0.sockets.insert(.udplite) },
    option(
      "sctp", "S", "SCTP",
      "Says what netstat says where the kernel has no SCTP. Where it has some, one line says that `ss -S` shows its sockets."
    )
    .effect(place: 20) { $0.sockets.insert(.sctp) },
    option("raw", "w", "raw IP", "Shows raw IP sockets, with the protocol's number instead of the port.")
      .effect(place: 23) { $0.sockets.insert(.raw) },
    option(
      "unix", "x", "unix sockets", example: "-x", "unix sockets only",
      "Shows unix sockets. Of a path only what stands before the first blank is shown."
    )
    .effect(place: 24) { (netstat, _) throws(NetstatArguments.End) in try netstat.takeFamilies("unix") },
    option("inet", "4", "IPv4", "Shows the internet protocols over IPv4.")
      .effectOfLetter { (netstat, _) throws(NetstatArguments.End) in try netstat.takeFamilies("inet") },
    option("inet6", "6", "IPv6", "Shows the internet protocols over IPv6.")
      .effectOfLetter { (netstat, _) throws(NetstatArguments.End) in try netstat.takeFamilies("inet6") },
    Option(
      "protocol", "A", value: OptionValue("FAMILY", .list(["inet", "inet6", "unix"])), topic: .netstat,
      "address families", examples: [Example("netstat -A inet,unix", "IPv4 and unix sockets")],
      """
      Shows the sockets of these families: `inet`, `inet6`, `unix`, and `ipx`, `ax25`, `x25`, `netrom`, `rose`, which \
      no kernel of today has. Each name is an option of its own, too: `--inet6`.
      """
    )
    .effect(place: 18) { (netstat, typed) throws(NetstatArguments.End) in try netstat.takeFamilies(typed.value) },
  ]

  private static let showing: [NetstatOption] = [
    option(
      "numeric", "n", "numbers instead of all names",
      "Shows addresses, ports and users as numbers. Nothing is looked up then."
    )
    .effect(place: 36) { ($0.view.numericHosts, $0.view.numericPorts, $0.view.numericUsers) = (true, true, true) },
    option("numeric-hosts", nil, "numbers instead of host names", "Shows addresses as numbers.")
      .effect(place: 37) { $0.view.numericHosts = true },
    option("numeric-ports", nil, "numbers instead of service names", "Shows ports as numbers.")
      .effect(place: 38) { $0.view.numericPorts = true },
    option("numeric-users", nil, "numbers instead of user names", "Shows users as numbers.")
      .effect(place: 39) { $0.view.numericUsers = true },
    option(
      "programs", "p", "the process", example: "-anp", "every socket with its process",
      """
      Shows one process that has the socket open, and the beginning of its name. `sockinspect` without `netstat` shows \
      all of them, and their whole names. What is not printable ASCII in a name is shown as `.`, as newer versions of \
      netstat do.
      """
    )
    .effect(place: 32) { $0.view.showsPrograms = true },
    option("extend", "e", "users and inodes", "Shows the user and the inode of each internet socket.")
      .effect(place: 31) { $0.view.showsUsers = true },
    option(
      "timers", "o", "timers", example: "-tno", "the timers of connections",
      "Shows the timer that runs, the seconds until it ends, retransmissions and probes."
    )
    .effect(place: 29) { $0.view.showsTimers = true },
    option("wide", "W", "whole addresses", "Shows addresses whole that are too long for their column.")
      .effect(place: 35) { $0.view.isWide = true },
    option(
      "statistics", "s", "the kernel's counters", example: "-st", "what TCP has counted",
      "Shows the counters of IP, ICMP, TCP and UDP since the machine started: those of `-t`, `-u`, `-w`, or all; with `-6` those of IPv6."
    )
    .effect(place: 34) { $0.wantsStatistics = true },
    option("continuous", "c", "again each second", "Shows it all again each second.")
      .effect(place: 30) { $0.isContinuous = true },
    option("verbose", "v", "what the kernel lacks", "Says which kinds of sockets the kernel does not have.")
      .effect(place: 33) { $0.isVerbose = true },
  ]

  /// `--root DIR` is this program's own: ``NetstatArguments`` takes it out of the line before
  /// getopt reads it.
  private static let root =
    Option(
      "root", value: OptionValue("PATH", .path), topic: .netstat, "read a captured /proc",
      examples: [Example("netstat --root ./web1 -anp", "the sockets of a captured machine")],
      """
      Reads a folder shaped like /proc, or a single table, instead of the live kernel; users stay numbers then. The \
      variable `SOCKINSPECT_ROOT` does the same. It is an option of this program and not of the original.
      """)

  /// `--netns NAMESPACE` is this program's own too.
  private static let netns =
    Option(
      "netns", value: OptionValue("NAMESPACE", .networkNamespace), topic: .netstat,
      "network namespace: all, a name, a pid",
      examples: [Example("netstat --netns blue -tln", "the servers of a namespace")],
      """
      The network namespaces that are read, as with `--netns` of the listing. It is an option of this program and not \
      of the original.
      """)

  private static let general: [NetstatOption] = [
    option("help", "h", "this help", "Prints this help, then ends.")
      .effect(place: 15) { (_, _) throws(NetstatArguments.End) in throw .help },
    option("version", "V", "name and version", "Prints name and version, then ends.")
      .effect(place: 13) { (_, _) throws(NetstatArguments.End) in throw .version },
  ]

  /// The options that are not explained separately: names of families, options without an effect on
  /// sockets, and options about other things.
  private static let unexplained: [NetstatOption] = [
    NetstatOption(
      mark: "\u{1}", hasLetter: false,
      names: [
        "ax25", "x25", "ip", "ipx", "appletalk", "netrom", "inet", "inet6", "ddp", "rose", "unix", "bluetooth", "tcpip",
      ].enumerated().map { .init(name: $1, place: $0) }, .alias(of: "--protocol")
    ) { (netstat, typed) throws(NetstatArguments.End) in try netstat.takeFamilies(typed.value) },
    NetstatOption("?", .alias(of: "--help")) { (_, _) throws(NetstatArguments.End) in throw .wrong(nil) },
    NetstatOption("d", .ineffective("the original accepts it and does nothing")) { _, _ in },
    NetstatOption("N", name: "symbolic", place: 40, .ineffective("names of hardware, which sockets do not have")) {
      _, _ in
    },
    NetstatOption("2", name: "l2cap", place: 25, .ineffective("the original is built without Bluetooth")) {
      netstat, _ in
      netstat.sockets.insert(.l2cap)
    },
    NetstatOption("f", name: "rfcomm", place: 26, .ineffective("the original is built without Bluetooth")) {
      netstat, _ in
      netstat.sockets.insert(.rfcomm)
    },
    NetstatOption("Z", name: "context", place: 44, .refused("contexts of SELinux")) {
      (_, _) throws(NetstatArguments.End) in
      throw .contexts
    },
    .refused("r", "route", place: 16, shows: "the routing table", use: "ip route"),
    .refused("F", "fib", place: 42, shows: "the routing table", use: "ip route"),
    .refused("C", "cache", place: 41, shows: "the routing cache", use: "ip route show cache"),
    .refused("i", "interfaces", place: 14, shows: "network interfaces", use: "ip -s link"),
    .refused("g", "groups", place: 43, shows: "multicast groups", use: "ip maddress"),
    .refused("M", "masquerade", place: 17, shows: "masqueraded connections", use: "conntrack -L"),
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
