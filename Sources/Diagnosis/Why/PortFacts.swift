package import SocketModel

/// What is asked about a port.
package struct PortQuestion: Sendable, Hashable {
  package var port: UInt16
  /// The address; `nil` for any.
  package var address: IPAddress?
  /// The transports that count.
  package var transports: Set<Transport>

  package init(port: UInt16, address: IPAddress? = nil, transports: Set<Transport> = Transport.withPorts) {
    self.port = port
    self.address = address
    self.transports = transports
  }
}

extension Transport {
  /// Those whose sockets have ports.
  package static let withPorts = Set(Transport.allCases.filter(\.hasPorts))
}

/// Everything that was found out about a port. What was not looked at is `nil`: ``PortAnswer`` says
/// which of it could change the answer.
package struct PortFacts: Sendable {
  /// A server in another network namespace.
  package struct Elsewhere: Sendable, Hashable {
    /// What the namespace is called.
    package var label: [UInt8]
    /// The value of `--netns` that shows it.
    package var place: String
    package var local: Endpoint
    package var transport: Transport
    /// A process that has the socket, or else one of the namespace.
    package var process: ProcessDetail?

    package init(label: [UInt8], place: String, local: Endpoint, transport: Transport, process: ProcessDetail?) {
      self.label = label
      self.place = place
      self.local = local
      self.transport = transport
      self.process = process
    }
  }

  /// What was looked at in other network namespaces.
  package struct Namespaces: Sendable, Hashable {
    package var servers: [Elsewhere] = []
    /// Whether any could be looked for.
    package var wereLookedAt = true
    /// Whether there may be more that this user does not see.
    package var areIncomplete = false

    package init() {}
  }

  package var question: PortQuestion
  /// The sockets with the port at their local end, with their owners.
  package var snapshot: Snapshot
  /// Who has them, by process id.
  package var processes: [Int32: ProcessDetail]?
  /// The rows whose other end is a listener, or was connected to from here; see
  /// ``PortAnswer/Look/peers``.
  package var rowsToListeners: Set<Int>?
  /// Whether a row's socket was bound to its port by `bind(2)`, of those of which that is known.
  package var boundRows: [Int: Bool]?
  package var settings: SystemSettings?
  /// Whether the address is one of the machine's; the outer `nil` when that was not looked at, the
  /// inner when it is not known.
  package var isOwnAddress: Bool??
  /// Whether the user may bind to any port.
  package var mayBindAnyPort = true
  package var namespaces: Namespaces?
  /// The rules that send connections to the port elsewhere.
  package var forwarding: ForwardingRules?
  /// The proxies of container runtimes that forward the port, looked for when the owner of its
  /// socket may not be seen: everyone may read their arguments.
  package var proxies: [ProcessDetail]?
  /// What `bind(2)` would do at the address of the holder, for each set of options.
  package var bind: [ReuseOptions: BindOutcome]?
  /// The socket units of systemd with the port.
  package var socketUnits: [[UInt8]]?

  package init(_ question: PortQuestion, _ snapshot: Snapshot) {
    self.question = question
    self.snapshot = snapshot
  }
}
