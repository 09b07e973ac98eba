import Presentation

/// What the command line of netstat means: the counterpart of the flags in `netstat.c`.
struct NetstatArguments: Sendable, Equatable {
  /// What ends the parsing of the command line: a wrong option, or one that asks for something
  /// other than sockets.
  enum End: Error, Sendable, Equatable {
    /// Wrong usage, with what getopt says about it.
    case wrong(String?)
    /// `-h`.
    case help
    /// `-V`.
    case version
    /// An option that is not about sockets: its spelling, what it shows, and what to use.
    case refused(String, shows: String, use: String)
    /// An address family that does not exist.
    case unknownFamily(String)
    /// `-Z`.
    case contexts
  }

  /// A protocol that was named, in the order in which netstat prints them.
  enum Socket: Sendable, CaseIterable {
    case tcp, sctp, udp, udplite, raw, unix, ipx, ax25, x25, netrom, rose, l2cap, rfcomm

    /// Whether it is a protocol of IPv4 and IPv6.
    var isInternet: Bool {
      switch self {
      case .tcp, .sctp, .udp, .udplite, .raw: true
      case .unix, .ipx, .ax25, .x25, .netrom, .rose, .l2cap, .rfcomm: false
      }
    }

    /// How netstat names it when the kernel lacks it.
    var familyName: String {
      switch self {
      case .tcp: "AF INET (tcp)"
      case .sctp: "AF INET (sctp)"
      case .udp: "AF INET (udp)"
      case .udplite: "AF INET (udplite)"
      case .raw: "AF INET (raw)"
      case .unix: "AF UNIX"
      case .ipx: "AF IPX"
      case .ax25: "AF AX25"
      case .x25: "AF X25"
      case .netrom: "AF NETROM"
      case .rose: "AF ROSE"
      case .l2cap, .rfcomm: "AF BLUETOOTH"
      }
    }
  }

  /// How the sockets are shown.
  var view = NetstatOptions()
  /// The kinds of sockets that were named.
  var sockets: Set<Socket> = []
  /// The names of the address families, in the order typed: `inet`, `unix` ...
  var families: [String] = []
  /// Whether the internet protocols were only named through an address family, so that it does not
  /// matter when the kernel lacks one.
  var areProtocolsImplied = false
  var isVerbose = false
  var isContinuous = false
  var wantsStatistics = false
  /// What to read instead of the live kernel.
  var root: String?

  var hasIPv4: Bool { families.contains("inet") }
  var hasIPv6: Bool { families.contains("inet6") }

  /// Whether kinds of sockets were chosen; otherwise all are shown.
  var isChosen: Bool { !sockets.isEmpty }

  /// Whether a kind is shown.
  func shows(_ socket: Socket) -> Bool { !isChosen || sockets.contains(socket) }

  /// Reads the arguments after the program's name.
  init(_ arguments: [String]) throws(End) {
    var rest = arguments
    root = try Self.takeRoot(&rest)
    for event in Self.getopt.parse(rest) {
      switch event {
      // As in the original: an argument that is not an option is ignored, even a number after -c.
      case .operand: continue
      case .wrong(let message): throw .wrong(message)
      case .option(let letter, let name, let value): try take(letter, name, value)
      }
    }
    if families.contains("bluetooth"), sockets.isDisjoint(with: [.l2cap, .rfcomm]) {
      sockets.formUnion([.l2cap, .rfcomm])
    }
    chooseProtocols()
  }

  private mutating func chooseProtocols() {
    let internet: Set<Socket> = [.tcp, .sctp, .udp, .udplite, .raw]
    if hasIPv4 || hasIPv6 || wantsStatistics, sockets.isDisjoint(with: internet) {
      sockets.formUnion(internet)
      areProtocolsImplied = true
    }
  }

  /// The families whose tables of the internet protocols are read.
  var readsIPv4: Bool { !isChosen || hasIPv4 || !hasIPv6 }
  var readsIPv6: Bool { !isChosen || hasIPv6 || !hasIPv4 }

  private mutating func take(_ letter: Character, _ name: String?, _ value: String?) throws(End) {
    switch letter {
    case "A": try takeFamilies(value ?? "")
    case "\u{1}": try takeFamilies(name ?? "")
    case "4": try takeFamilies("inet")
    case "6": try takeFamilies("inet6")
    case "x": try takeFamilies("unix")
    case "t": sockets.insert(.tcp)
    case "S": sockets.insert(.sctp)
    case "u": sockets.insert(.udp)
    case "U": sockets.insert(.udplite)
    case "w": sockets.insert(.raw)
    case "2": sockets.insert(.l2cap)
    case "f": sockets.insert(.rfcomm)
    case "a": view.servers = .all
    case "l": if view.servers == .none { view.servers = .only }
    case "n": (view.numericHosts, view.numericPorts, view.numericUsers) = (true, true, true)
    case "!": view.numericHosts = true
    case "@": view.numericPorts = true
    case "#": view.numericUsers = true
    case "e": view.showsUsers = true
    case "p": view.showsPrograms = true
    case "o": view.showsTimers = true
    case "W": view.isWide = true
    case "c": isContinuous = true
    case "v": isVerbose = true
    case "s": wantsStatistics = true
    case "h": throw .help
    case "V": throw .version
    case "Z": throw .contexts
    case "?": throw .wrong(nil)
    // -d and, for sockets, -N do nothing.
    case "d", "N": break
    default: try refuse(letter, name)
    }
  }

  private func refuse(_ letter: Character, _ name: String?) throws(End) {
    let spelling = name.map { "--\($0)" } ?? "-\(letter)"
    switch letter {
    case "r": throw .refused(spelling, shows: "the routing table", use: "ip route")
    case "F": throw .refused(spelling, shows: "the routing table", use: "ip route")
    case "C": throw .refused(spelling, shows: "the routing cache", use: "ip route show cache")
    case "i": throw .refused(spelling, shows: "network interfaces", use: "ip -s link")
    case "g": throw .refused(spelling, shows: "multicast groups", use: "ip maddress")
    default: throw .refused(spelling, shows: "masqueraded connections", use: "conntrack -L")
    }
  }

  private mutating func takeFamilies(_ list: String) throws(End) {
    for word in list.split(separator: ",", omittingEmptySubsequences: false) {
      guard let family = Self.families[String(word)] else { throw .unknownFamily(String(word)) }
      families.append(family)
      if let socket = Self.socket(ofFamily: family) { sockets.insert(socket) }
    }
  }

  private static func socket(ofFamily name: String) -> Socket? {
    switch name {
    case "unix": .unix
    case "ipx": .ipx
    case "ax25": .ax25
    case "x25": .x25
    case "netrom": .netrom
    case "rose": .rose
    default: nil
    }
  }

  /// The words for address families and what they stand for (`lib/af.c`).
  private static let families: [String: String] = [
    "ax25": "ax25", "ip": "inet", "ip6": "inet6", "ipx": "ipx", "rose": "rose", "appletalk": "ddp", "netrom": "netrom",
    "inet": "inet", "inet6": "inet6", "ddp": "ddp", "unix": "unix", "tcpip": "inet", "econet": "ec", "x25": "x25",
    "ash": "ash", "bluetooth": "bluetooth",
  ]

  /// Takes `--root DIR`, an option of this program's own, out of the arguments; the last one counts.
  private static func takeRoot(_ arguments: inout [String]) throws(End) -> String? {
    var root: String?
    var kept: [String] = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        kept += [argument] + rest
        break
      } else if argument == "--root" {
        guard let value = rest.popFirst() else { throw .wrong("option '--root' requires an argument") }
        root = value
      } else if argument.hasPrefix("--root=") {
        root = String(argument.dropFirst(7))
      } else {
        kept.append(argument)
      }
    }
    arguments = kept
    return root
  }

  /// The options of net-tools 2.10 as Debian builds it, in the original's order.
  static let getopt = GetoptLong(
    letters: "A:CFMacdeghilnNoprsStuUvVWw2fx64?Z",
    names: [
      "ax25", "x25", "ip", "ipx", "appletalk", "netrom", "inet", "inet6", "ddp", "rose", "unix", "bluetooth", "tcpip",
    ].map { .init($0, "\u{1}") } + [
      .init("version", "V"), .init("interfaces", "i"), .init("help", "h"), .init("route", "r"),
      .init("masquerade", "M"),
      .init("protocol", "A", takesValue: true), .init("tcp", "t"), .init("sctp", "S"), .init("udp", "u"),
      .init("udplite", "U"), .init("raw", "w"), .init("unix", "x"), .init("l2cap", "2"), .init("rfcomm", "f"),
      .init("listening", "l"), .init("all", "a"), .init("timers", "o"), .init("continuous", "c"), .init("extend", "e"),
      .init("programs", "p"), .init("verbose", "v"), .init("statistics", "s"), .init("wide", "W"),
      .init("numeric", "n"), .init("numeric-hosts", "!"), .init("numeric-ports", "@"), .init("numeric-users", "#"),
      .init("symbolic", "N"), .init("cache", "C"), .init("fib", "F"), .init("groups", "g"), .init("context", "Z"),
    ])
}
