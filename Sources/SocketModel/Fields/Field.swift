/// Something that can be asked of a socket: a column of a table, a key of a query, a member of JSON
/// and CSV.
///
/// A field is the number of its ``FieldDeclaration``, which holds everything else about it: its
/// names, what must be collected for it, how its value is read, compared and shown. `FieldRegistry`
/// lists the declarations; help, man page, completions, `--list-columns`, `--columns`, `--sort`,
/// `--count-by` and the query language are made from them. A value is read with
/// ``Snapshot/value(of:at:)``.
///
/// To add a field, add its declaration to the group that it belongs to, in the folder
/// `Declarations`. Only a field that code asks for by name needs a member here too.
public struct Field: Hashable, Sendable {
  /// Where its declaration is found: numbers below ``metricNumbers`` are those of the groups, then
  /// comes one per ``TCPMetric``, and from ``addedNumbers`` on those that
  /// `FieldRegistry.adding(_:to:)` adds.
  @usableFromInline package let number: UInt8

  /// Makes the field with a number.
  @inlinable
  package init(number: UInt8) { self.number = number }

  /// The number of the first TCP metric.
  package static let metricNumbers: UInt8 = 112
  /// The first number of a declaration that is not in the standard registry.
  package static let addedNumbers: UInt8 = 192

  /// Whether both are the same field.
  @inlinable
  public static func == (left: Field, right: Field) -> Bool { left.number == right.number }

  /// Feeds the field to a hasher.
  @inlinable
  public func hash(into hasher: inout Hasher) { hasher.combine(number) }

  /// The field of a figure of `tcp_info`.
  package static func tcp(_ metric: TCPMetric) -> Field { Field(number: metricNumbers + metric.rawValue) }

  /// The figure of `tcp_info` that it is; `nil` for every other field.
  package var metric: TCPMetric? {
    number >= Self.metricNumbers && number < Self.addedNumbers ? TCPMetric(rawValue: number - Self.metricNumbers) : nil
  }
}

/// One of the two ends of a socket.
package enum SocketEnd: Sendable, Hashable {
  /// The end on the side of the process that has the socket.
  case local
  /// The end that it is connected to.
  case peer
}

/// What kind of values a field has: how they are compared and what a query may compare them with.
public enum FieldType: Sendable, Hashable {
  /// A number without a unit, or in the unit that the declaration names.
  case number
  /// A port: numbers, ranges and service names.
  case port
  /// An IP address: compared with addresses and blocks in CIDR form.
  case address
  /// An address with a port: `ADDRESS`, `ADDRESS/LENGTH`, `:PORT` or both.
  case endpoint
  /// One of a fixed set of words.
  case word
  /// A socket state, in any of its spellings.
  case state
  /// Text that a process or user chose: compared whole, or as a glob.
  case text
  /// A user: a name or number.
  case user
  /// Yes or no.
  case flag
}

/// What must be collected before a field has a value. When empty, every source reports it anyway.
public struct RequiredDetails: OptionSet, Sendable, Hashable {
  /// One bit per thing to collect.
  public let rawValue: UInt32
  /// Makes a set from its bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// The walk over the processes' descriptors.
  public static let owners = RequiredDetails(rawValue: 1 << 0)
  /// ``ProcessInfo/executable`` of the owners.
  public static let executables = RequiredDetails(rawValue: 1 << 1)
  /// ``ProcessInfo/startTime`` of the owners.
  public static let startTimes = RequiredDetails(rawValue: 1 << 2)
  /// ``SocketDetail/memory``.
  public static let memory = RequiredDetails(rawValue: 1 << 3)
  /// ``SocketDetail/tcp`` and ``SocketDetail/mptcp``.
  public static let tcpInfo = RequiredDetails(rawValue: 1 << 4)
  /// ``SocketDetail/congestion``.
  public static let congestion = RequiredDetails(rawValue: 1 << 5)
  /// ``SocketDetail/mark``, ``SocketDetail/typeOfService`` and ``SocketDetail/trafficClass``.
  public static let attributes = RequiredDetails(rawValue: 1 << 6)
  /// ``Snapshot/userNames``.
  public static let userNames = RequiredDetails(rawValue: 1 << 7)
  /// ``Snapshot/interfaceNames``.
  public static let interfaceNames = RequiredDetails(rawValue: 1 << 8)
  /// ``Snapshot/cgroupPaths``.
  public static let cgroupPaths = RequiredDetails(rawValue: 1 << 9)
  /// ``ProcessInfo/uid``.
  public static let processUsers = RequiredDetails(rawValue: 1 << 10)
  /// ``SocketDetail/mark``, which is among the ``attributes`` but not reported to everyone: when it
  /// is missing, the snapshot has a ``Problem``.
  public static let marks = RequiredDetails(rawValue: 1 << 11)
  /// ``ProcessInfo/arguments`` of the owners.
  public static let arguments = RequiredDetails(rawValue: 1 << 12)
  /// ``Snapshot/lockedProcesses`` and ``Snapshot/foundOwnedSocket``, even when no listed socket
  /// could have an owner.
  public static let refusals = RequiredDetails(rawValue: 1 << 13)
  /// `Snapshot.counters`.
  public static let counters = RequiredDetails(rawValue: 1 << 14)
  /// ``ProcessInfo/parent`` and ``ProcessInfo/group``.
  public static let families = RequiredDetails(rawValue: 1 << 15)
  /// ``Snapshot/descriptorFlags``.
  public static let descriptorFlags = RequiredDetails(rawValue: 1 << 16)
  /// ``SocketRecord/Flags/isAutobound``, for which the kernel is asked twice. No field shows it, so
  /// it is not in ``all``.
  public static let autobound = RequiredDetails(rawValue: 1 << 17)
  /// ``SocketRecord/drops``, which the kernel reports among the figures of ``memory`` but which
  /// need no ``SocketDetail``.
  public static let drops = RequiredDetails(rawValue: 1 << 18)
  /// ``Snapshot/workloads``: the unit, container or pod that the control group of each socket or,
  /// where a socket's is not known, of its owner belongs to.
  public static let workloads = RequiredDetails(rawValue: 1 << 19)
  /// The sockets at the other ends, with their owners.
  public static let peers = RequiredDetails(rawValue: 1 << 20)
  /// ``ProcessInfo/workingDirectory`` of the owners.
  public static let workingDirectories = RequiredDetails(rawValue: 1 << 21)
  /// Whether sockets without an owner still exist, so that ``Snapshot/ownerReason(at:)`` knows which
  /// ended meanwhile.
  public static let ownerReasons = RequiredDetails(rawValue: 1 << 22)
  /// The names of network namespaces.
  public static let namespaceNames = RequiredDetails(rawValue: 1 << 23)
  /// ``ProcessInfo/parentName`` of the owners, with ``families``.
  public static let parentNames = RequiredDetails(rawValue: 1 << 24)
  /// Of ``memory`` and ``tcpInfo``, only those of sockets with which something may be wrong: queued or
  /// repeated data, an end that waits, an accept queue, drops, silence for an hour without keepalive.
  /// The others have no ``SocketDetail``. No field shows it, so it is not in ``all``.
  public static let tellingDetailsOnly = RequiredDetails(rawValue: 1 << 25)
  /// With ``tellingDetailsOnly``, those of all connections without keepalive too.
  public static let detailsWithoutKeepalive = RequiredDetails(rawValue: 1 << 26)
  /// The bytes that TCP sockets have sent and received, counted at each scan: only tracked sockets,
  /// of which there is more than one scan, have rates. It is not in ``all``.
  public static let byteCounters = RequiredDetails(rawValue: 1 << 27)
  /// Everything that fields show of one scan; ``memory`` includes the ``drops``.
  public static let all = RequiredDetails(rawValue: (1 << 25) - 1).subtracting(.autobound)
}

/// One value of a field.
public enum FieldValue: Sendable, Hashable {
  /// The source did not report it, or the field has no meaning for this socket.
  case absent
  /// A number that is never negative.
  case number(UInt64)
  /// An identifier that is shown in hexadecimal without `0x`.
  case hexadecimal(UInt64)
  /// An address.
  case address(IPAddress)
  /// An address with its port.
  case endpoint(Endpoint)
  /// One of this program's own words; needs no escaping.
  case word(String)
  /// Bytes that a process, user or file system chose; must be escaped before they are shown.
  case bytes([UInt8])
  /// Yes or no.
  case flag(Bool)
}
