import Inspection
import Rendering

/// The meaning of netstat's command line: the counterpart of the flags in `netstat.c`.
package struct NetstatArguments: Sendable, Equatable {
  /// What ends the parsing of the command line: a wrong option, or one that asks for something
  /// other than sockets.
  enum End: Error, Sendable, Equatable {
    /// Wrong usage, with getopt's message about it.
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
  enum Socket: String, Sendable, CaseIterable {
    case tcp, sctp, udp, udplite, raw, unix, ipx, ax25, x25, netrom, rose, l2cap, rfcomm

    /// Whether it is a protocol of IPv4 and IPv6.
    var isInternet: Bool {
      switch self {
      case .tcp, .sctp, .udp, .udplite, .raw: true
      case .unix, .ipx, .ax25, .x25, .netrom, .rose, .l2cap, .rfcomm: false
      }
    }

    /// Its name in netstat's message when the kernel lacks it.
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
  /// The network namespaces to read.
  var namespaces = NamespaceSelection.here

  var hasIPv4: Bool { families.contains("inet") }
  var hasIPv6: Bool { families.contains("inet6") }

  /// Whether kinds of sockets were chosen; otherwise all are shown.
  var isChosen: Bool { !sockets.isEmpty }

  /// Whether a kind is shown.
  func shows(_ socket: Socket) -> Bool { !isChosen || sockets.contains(socket) }

  /// Reads the arguments after the program's name.
  init(_ arguments: [String]) throws(End) {
    var rest = arguments
    root = try Self.take("--root", from: &rest)
    if let selection = try Self.take("--netns", from: &rest) { namespaces = NamespaceSelection(selection) }
    for event in NetstatOptionTable.getopt.parse(rest) {
      switch event {
      // As in the original: an argument that is not an option is ignored, even a number after -c.
      case .operand: continue
      case .wrong(let message): throw .wrong(message)
      case .option(let mark, let name, let value):
        let spelling = name.map { "--\($0)" } ?? "-\(mark)"
        guard let option = NetstatOptionTable.option(mark) else { throw .wrong(nil) }
        try option.effect(&self, NetstatOption.Typed(spelling: spelling, value: value ?? name ?? ""))
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

  /// Adds the families of a list.
  mutating func takeFamilies(_ list: String) throws(End) {
    for word in list.split(separator: ",", omittingEmptySubsequences: false) {
      guard let family = Self.families[String(word)] else { throw .unknownFamily(String(word)) }
      families.append(family)
      if let socket = Self.socket(ofFamily: family) { sockets.insert(socket) }
    }
  }

  /// The kind of sockets of a family, where there is only one.
  private static func socket(ofFamily name: String) -> Socket? {
    let single: [Socket] = [.unix, .ipx, .ax25, .x25, .netrom, .rose]
    return single.first { $0.rawValue == name }
  }

  /// The words for address families and what they stand for (`lib/af.c`).
  private static let families: [String: String] = [
    "ax25": "ax25", "ip": "inet", "ip6": "inet6", "ipx": "ipx", "rose": "rose", "appletalk": "ddp", "netrom": "netrom",
    "inet": "inet", "inet6": "inet6", "ddp": "ddp", "unix": "unix", "tcpip": "inet", "econet": "ec", "x25": "x25",
    "ash": "ash", "bluetooth": "bluetooth",
  ]

  /// Takes an option of this program and its value out of the arguments; the last one counts.
  private static func take(_ option: String, from arguments: inout [String]) throws(End) -> String? {
    var found: String?
    var kept: [String] = []
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--" {
        kept += [argument] + rest
        break
      } else if argument == option {
        guard let value = rest.popFirst() else { throw .wrong("option '\(option)' requires an argument") }
        found = value
      } else if argument.hasPrefix(option + "=") {
        found = String(argument.dropFirst(option.count + 1))
      } else {
        kept.append(argument)
      }
    }
    arguments = kept
    return found
  }
}
