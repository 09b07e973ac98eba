package import SocketModel

/// The properties by which `lsof` can select descriptors, one bit for each kind of option. The raw
/// values are this program's own.
package struct LsofSelectors: OptionSet, Sendable, Hashable {
  /// One bit per kind.
  package let rawValue: UInt16
  /// Makes a set from its bits.
  package init(rawValue: UInt16) { self.rawValue = rawValue }
  /// Names of processes (`-c`).
  package static let command = LsofSelectors(rawValue: 1 << 0)
  /// Descriptor numbers (`-d`).
  package static let descriptor = LsofSelectors(rawValue: 1 << 1)
  /// Internet addresses, ports and protocols (`-i` with a value).
  package static let address = LsofSelectors(rawValue: 1 << 2)
  /// Internet sockets (`-i`, `-i4`, `-i6`).
  package static let internet = LsofSelectors(rawValue: 1 << 3)
  /// Process groups (`-g`).
  package static let group = LsofSelectors(rawValue: 1 << 4)
  /// Processes (`-p`).
  package static let process = LsofSelectors(rawValue: 1 << 5)
  /// Users (`-u`).
  package static let user = LsofSelectors(rawValue: 1 << 6)
  /// Unix sockets (`-U`).
  package static let unix = LsofSelectors(rawValue: 1 << 7)

  /// Names of files (the arguments after the options).
  package static let name = LsofSelectors(rawValue: 1 << 8)

  /// Threads (`-K`).
  package static let task = LsofSelectors(rawValue: 1 << 9)

  /// Those that select sockets.
  package static let sockets: LsofSelectors = [.address, .internet, .unix, .name]
  /// Those that select processes by what is known before their names.
  static let identities: LsofSelectors = [.group, .process, .user, .task]
}

/// One item of a list of numbers, as `-p`, `-g` and `-u` take them.
package struct LsofNumber: Sendable, Hashable {
  /// The process, process group or user id.
  package let number: UInt32
  /// Whether `^` preceded it.
  package let isExcluded: Bool
  /// The login name that stood for the user id; `nil` when it was a number.
  package let login: String?

  package init(_ number: UInt32, isExcluded: Bool = false, login: String? = nil) {
    self.number = number
    self.isExcluded = isExcluded
    self.login = login
  }
}

/// A condition on the name of a process: `-c NAME`, `-c ^NAME` or `-c /REGEX/`.
package struct LsofCommand: Sendable {
  /// The beginning of the name, or the text of the expression.
  package let text: [UInt8]
  /// Whether `^` preceded it.
  package let isExcluded: Bool
  /// Whether a name matches the expression; `nil` for the beginning of a name.
  package let expression: (@Sendable (_ name: [UInt8]) -> Bool)?

  /// Takes the beginning of a name.
  package init(beginning text: [UInt8], isExcluded: Bool = false) {
    self.text = text
    self.isExcluded = isExcluded
    expression = nil
  }

  /// Takes an expression and its test.
  package init(expression text: [UInt8], _ test: @escaping @Sendable (_ name: [UInt8]) -> Bool) {
    self.text = text
    isExcluded = false
    expression = test
  }

  package func matches(_ name: [UInt8]) -> Bool { expression?(name) ?? name.starts(with: text) }
}

/// One Internet address to look for, of `-i [46][PROTOCOL][@HOST][:PORTS]`: an option with a list
/// of ports, or a host with several addresses, gives several.
package struct LsofAddress: Sendable, Hashable {
  /// The option's value as it was typed.
  package let argument: String
  /// The address family; `nil` for both.
  package let family: AddressFamily?
  /// `tcp`, `udp` or `udplite`; `nil` for all.
  package let transport: Transport?
  /// The host's address; 0 for all.
  package let bits: UInt128
  /// The ports; `nil` for all.
  package let ports: ClosedRange<Int>?

  /// Makes an address to look for; the defaults match everything.
  package init(
    argument: String, family: AddressFamily? = nil, transport: Transport? = nil, bits: UInt128 = 0,
    ports: ClosedRange<Int>? = nil
  ) {
    self.argument = argument
    self.family = family
    self.transport = transport
    self.bits = bits
    self.ports = ports
  }

  package func matches(_ transport: Transport, _ family: AddressFamily, _ bits: UInt128, _ port: UInt16) -> Bool {
    if let wanted = self.transport, wanted != transport { return false }
    if let wanted = self.family, wanted != family { return false }
    if self.bits != 0, self.bits != bits { return false }
    return ports?.contains(Int(port)) ?? true
  }
}

/// The selection of a command line of `lsof`, in which lists and `-a` mean what its manual page
/// says.
package struct LsofCriteria: Sendable {
  /// Which Internet sockets `-i` without an address selects.
  package enum Internet: Sendable, Hashable { case none, all, ipv4, ipv6 }

  /// `-a`: every kind of option must select the descriptor, whereas otherwise one is enough.
  package var isAnded = false
  /// Whether the descriptors of all processes are looked at: with `-E` and `+E` no process is left
  /// out, not even one after `^`, whose sockets are listed if another option selects them.
  package var looksAtExcluded = false
  /// `-K`: the threads of processes are listed too, each with its table of descriptors.
  package var tasks = false
  /// `-c`, in the order typed.
  package var commands: [LsofCommand] = []
  /// `-p`, in the order typed.
  package var processes: [LsofNumber] = []
  /// `-g`, in the order typed.
  package var groups: [LsofNumber] = []
  /// `-u`, in the order typed.
  package var users: [LsofNumber] = []
  /// `-d`: ranges of descriptors; empty ranges stand for names such as `cwd`, which no socket has.
  /// `nil` without the option.
  package var descriptors: [Range<Int64>]?
  /// Whether the descriptors are those to leave out.
  package var excludesDescriptors = false
  /// `-i`, `-i4`, `-i6`.
  package var internet = Internet.none
  /// `-i` with a value, in the order typed.
  package var addresses: [LsofAddress] = []
  /// `-U`.
  package var unix = false
  /// The names of unix sockets' files, as typed: a socket is selected when it was bound to exactly
  /// that text, as in lsof's `is_file_named`.
  package var names: [[UInt8]] = []
  /// `-s TCP:`: the kernel's numbers of the states to list; empty for all.
  package var states: Set<UInt8> = []
  /// `-s TCP:^`: the kernel's numbers of the states to leave out.
  package var excludedStates: Set<UInt8> = []

  /// Makes criteria that select nothing.
  package init() {}

  /// The kinds of options that select; a list of exclusions alone does not.
  package var selectors: LsofSelectors {
    var selectors: LsofSelectors = []
    if commands.contains(where: { !$0.isExcluded }) { selectors.insert(.command) }
    if descriptors != nil { selectors.insert(.descriptor) }
    if !addresses.isEmpty { selectors.insert(.address) }
    if internet != .none { selectors.insert(.internet) }
    if unix { selectors.insert(.unix) }
    if !names.isEmpty { selectors.insert(.name) }
    if groups.contains(where: { !$0.isExcluded }) { selectors.insert(.group) }
    if processes.contains(where: { !$0.isExcluded }) { selectors.insert(.process) }
    if users.contains(where: { !$0.isExcluded }) { selectors.insert(.user) }
    if tasks { selectors.insert(.task) }
    return selectors
  }

  /// Whether processes are looked at by more than their sockets, so that those without sockets
  /// count too.
  package var looksAtProcesses: Bool {
    tasks || !commands.isEmpty || !processes.isEmpty || !groups.isEmpty || !users.isEmpty
  }

  /// Whether unix sockets may be listed.
  package var mayShowUnix: Bool { takesEveryProtocol || unix || !names.isEmpty }

  /// Whether sockets are listed because of their process or descriptor alone, whatever their
  /// protocol.
  package var takesEveryProtocol: Bool { !isAnded && !selectors.subtracting(.sockets).isEmpty }
}
