public import SocketModel

/// The names that a query may use instead of numbers, as the program that runs it knows them.
///
/// Each table has a function that looks one name up and one that lists the names, for suggestions
/// and patterns. A table with an empty list counts as missing, unless the tables are
/// ``areComplete``: then names of users and interfaces are compared with those in the snapshot.
public struct NameTables: Sendable {
  /// A port of a service name.
  public struct ServicePort: Sendable, Hashable {
    /// The port in host order.
    public let port: UInt16
    /// The transport of the entry (`tcp`, `udp` ...); `nil` when the table does not say.
    public let transport: Transport?

    /// Makes an entry for a port.
    public init(port: UInt16, transport: Transport?) {
      self.port = port
      self.transport = transport
    }
  }

  /// The ports of a service; empty for an unknown one.
  public var servicePorts: @Sendable (_ name: String) -> [ServicePort]
  /// The names of all services.
  public var serviceNames: @Sendable () -> [String]
  /// The id of a user; `nil` for an unknown one.
  public var userID: @Sendable (_ name: String) -> UInt32?
  /// The names of all users.
  public var userNames: @Sendable () -> [String]
  /// The index of an interface; `nil` for an unknown one.
  public var interfaceIndex: @Sendable (_ name: String) -> UInt32?
  /// The names of all interfaces.
  public var interfaceNames: @Sendable () -> [String]
  /// The names of network namespaces with their inode numbers; several may have one name.
  package var namespaces: @Sendable () -> [(name: String, number: UInt32)]
  /// Whether a name that is in no table is wrong even when the table is empty, as on a machine
  /// without `/etc/passwd`.
  public var areComplete = false
  /// The fields that queries know: all fields of the program, unless others are set.
  package var fields: FieldRegistry {
    get { otherFields ?? .standard }
    set { otherFields = newValue }
  }
  /// Most command lines name no field: the standard registry is made only for those that do.
  private var otherFields: FieldRegistry?
  /// The ports that the kernel chooses from (`/proc/sys/net/ipv4/ip_local_port_range`), for
  /// `autobound`.
  public var ephemeralPorts: @Sendable () -> ClosedRange<UInt16>

  /// Makes tables without names; the ephemeral ports are the kernel's default.
  public init() {
    servicePorts = { _ in [] }
    serviceNames = { [] }
    userID = { _ in nil }
    userNames = { [] }
    interfaceIndex = { _ in nil }
    interfaceNames = { [] }
    namespaces = { [] }
    ephemeralPorts = { 32768...60999 }
  }
}
