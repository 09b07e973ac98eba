/// Something that kept a snapshot from being complete. A problem never stops the rest from being shown.
public struct Problem: Sendable, Hashable {
  /// What went wrong.
  public enum Kind: String, CaseIterable, Sendable, Hashable {
    /// A row or record that does not parse. It is left out.
    case malformed
    /// A table or stream that ends in the middle of a row or record.
    case truncated
    /// A table that is not there, or a family that no source has, though it was asked for.
    case missing
    /// A file or socket that could not be read.
    case unreadable
    /// Processes whose descriptors may not be read, by lack of privilege, or as there is no /proc.
    case forbidden
    /// A dump that the kernel marked as inconsistent (`NLM_F_DUMP_INTR`), again after repeating it.
    case interrupted
    /// Rows that contradict each other. They are shown.
    case inconsistent
    /// Sockets of network namespaces other than the one that was read.
    case otherNamespace = "other_namespace"
    /// A field that was asked for is missing from the source, so that which sockets match is not
    /// known.
    case unknown
  }

  /// Which part of a scan a problem is about, for code to go by: ``subject`` is for people.
  public enum Place: Sendable, Hashable {
    /// A table of `/proc/net` that has sockets of a transport.
    case table(Transport)
    /// A dump of sock_diag that has sockets of a transport.
    case dump(Transport)
    /// sock_diag as a whole.
    case sockDiag
    /// Transports that no source that was asked has.
    case transports(Set<Transport>)
    /// A table of counters.
    case counters(CounterGroup.Table)
    /// Anything else: processes, a manifest, a series.
    case other
  }

  /// What went wrong.
  public var kind: Kind
  /// The part of the scan that it happened to, for code.
  public var place: Place
  /// What it happened to: a file below the /proc root such as `net/tcp`, or a dump such as `sock_diag tcp ipv4`.
  public var subject: String
  /// The number of the line in the file, from 1; `nil` where there are no lines.
  public var line: Int?
  /// How many times; for ``Kind/forbidden``, how many processes.
  public var count: Int
  /// The bytes that would not parse, at most the first 120. They may hold anything.
  public var evidence: [UInt8]
  /// What happened, in words, without the subject: "the local address has 7 digits, not 8".
  public var message: String
  /// What would help, as an instruction with a command where there is one.
  public var advice: String?

  /// The ``subject`` of problems with the walk over the descriptors of processes: owners may be missing, sockets are not.
  public static let descriptors = "the descriptors of processes"

  /// Whether it can have cost owners only, and no socket.
  public var costsOnlyOwners: Bool { kind == .forbidden || subject == Self.descriptors }

  /// Makes a problem, without line, evidence or advice unless given.
  public init(
    _ kind: Kind, place: Place = .other, subject: String, line: Int? = nil, count: Int = 1, evidence: [UInt8] = [],
    message: String, advice: String? = nil
  ) {
    self.kind = kind
    self.place = place
    self.subject = subject
    self.line = line
    self.count = count
    self.evidence = evidence
    self.message = message
    self.advice = advice
  }
}

extension Problem {
  /// The transports of which a socket may be missing for it; empty when it is about none in particular.
  public var transports: Set<Transport> {
    switch place {
    case .table(let transport), .dump(let transport): [transport]
    case .transports(let transports): transports
    case .sockDiag, .counters, .other: []
    }
  }
}
