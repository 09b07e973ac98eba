import Rendering
package import SocketModel
internal import Text

/// How to show the descriptors that `lsof` selected, as its options say.
package struct LsofView: Sendable {
  /// What is shown about the state of a socket after its name: `-T`.
  package struct Information: OptionSet, Sendable, Hashable {
    /// One bit per kind.
    package let rawValue: UInt8
    /// Makes a set from its bits.
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Flags, which Linux does not provide; only the blank before them is left.
    package static let flags = Information(rawValue: 1 << 0)
    /// The bytes in the queues.
    package static let queues = Information(rawValue: 1 << 1)
    /// The state.
    package static let state = Information(rawValue: 1 << 2)
    /// Everything.
    package static let all: Information = [.flags, .queues, .state]
  }

  /// What the column of sizes shows.
  package enum Sizes: Sendable, Hashable {
    /// `SIZE/OFF`: for a socket its offset, which is always 0.
    case either
    /// `SIZE`, which sockets do not have.
    case size
    /// `OFFSET`.
    case offset
  }

  /// How the flags of descriptors are shown.
  package enum Flags: Sendable, Hashable { case none, names, hexadecimal }

  /// Whether the process's parent has a column.
  package var parents = false
  /// Whether the process group has a column.
  package var groups = false
  /// Whether the number of links, which sockets do not have, has a column.
  package var links = false
  /// The column of the descriptor's flags.
  package var flags = Flags.none
  /// What the column of sizes shows.
  package var sizes = Sizes.either
  /// The most characters of the process's name that are shown; 0 for all.
  package var commandLimit = 9
  /// Whether users are shown by name.
  package var userNames = true
  /// What is shown after names.
  package var information: Information = .state
  /// The other ends to show after names; `nil` for none.
  package var endpoints: LsofEndpoints?
  /// The names to show instead of addresses and ports.
  package var names = ShownNames()
  /// Whether a character above ASCII may be printed as it is; `nil` where the locale knows ASCII
  /// only.
  package var isPrintable: (@Sendable (Unicode.Scalar) -> Bool)?

  /// Makes the view of `lsof` without options.
  package init() {}
}

/// What both forms of the output share: the snapshot, the descriptors in order, and how to make
/// text safe.
struct LsofContext: Sendable {
  let view: LsofView
  let snapshot: Snapshot
  /// The names of the user ids that are shown by name.
  private let users: [UInt32: [UInt8]]

  init(_ view: LsofView, _ snapshot: Snapshot) {
    self.view = view
    self.snapshot = snapshot
    users = view.userNames ? snapshot.userNames.mapValues { Array($0.utf8.prefix(32)) } : [:]
  }

  /// A user's name, at most 32 bytes of it; `nil` where the number is shown.
  func userName(_ uid: UInt32) -> [UInt8]? { users[uid] }

  /// Appends the number of a descriptor in lsof's form: the last three digits after `*` when it has
  /// more than four.
  func appendDescriptor(_ owner: Owner, to output: inout [UInt8]) {
    guard let descriptor = owner.descriptor else { return output.append(UInt8(ascii: "-")) }
    if descriptor < 10000 {
      output.appendDecimal(Int(descriptor))
    } else {
      output.append(UInt8(ascii: "*"))
      output.appendDecimal(UInt64(descriptor % 1000), digits: 3)
    }
  }

  /// The type of a socket's file.
  func type(of record: SocketRecord) -> StaticString {
    switch record.transport {
    case .tcp, .mptcp, .udp, .udplite: record.family == .ipv6 ? "IPv6" : "IPv4"
    case .raw: record.family == .ipv6 ? "raw6" : "raw"
    case .icmp: "icmp"
    case .unix: "unix"
    case .packet: "pack"
    case .netlink: "netlink"
    case .sctp, .smc, .vsock, .xdp, .tipc, .other: "sock"
    }
  }

  /// Appends the name of the protocol, for sockets that have one instead of an inode number.
  func appendProtocol(of record: SocketRecord, to output: inout [UInt8]) -> Bool {
    if record.transport == .packet {
      output.append(ascii: LsofProtocols.packet(record.localPort))
    } else if let name = record.transport.description.lsofName {
      output.append(ascii: name)
    } else {
      return false
    }
    return true
  }

  /// Appends what lsof shows as the socket's device: its inode number or, for a unix socket, its
  /// address in the kernel. Nothing for other sockets.
  func appendDevice(of record: SocketRecord, to output: inout [UInt8]) -> Bool {
    switch record.transport {
    case .tcp, .mptcp, .udp, .udplite, .packet: output.appendDecimal(record.inode)
    case .unix:
      guard let address = record.kernelAddress else { return false }
      output.append(ascii: "0x")
      for shift in stride(from: UInt64(56), through: 0, by: -8) {
        output.appendHexadecimalByte(UInt8(truncatingIfNeeded: address >> shift))
      }
    default: return false
    }
    return true
  }

  /// Appends the flags of a descriptor, in hexadecimal or by name; nothing where they are unknown.
  func appendFlags(of file: OwnedSocket, hexadecimal: Bool, to output: inout [UInt8]) -> Bool {
    let index = Int(file.owner)
    guard index < snapshot.descriptorFlags.count, case let flags = snapshot.descriptorFlags[index],
      flags != Snapshot.unknownFlags, hexadecimal || flags != 0
    else { return false }
    if hexadecimal {
      output.append(ascii: "0x")
      output.appendHexadecimal(UInt64(flags))
      output.append(ascii: ";0x0")
    } else {
      LsofProtocols.appendFlagNames(flags, to: &output)
    }
    return true
  }
}
