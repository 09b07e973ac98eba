/// A reason why a snapshot is not complete. A problem never keeps the rest from being shown.
///
/// Its subject, cause and remedy are values, which code can compare; they are put into words where
/// problems are shown.
public struct Problem: Sendable, Hashable {
  /// What it is about.
  package var subject: Subject
  /// What happened.
  package var cause: Cause
  /// What would help; `nil` when no remedy is known.
  package var remedy: Remedy?

  package init(subject: Subject, cause: Cause, remedy: Remedy? = nil) {
    self.subject = subject
    self.cause = cause
    self.remedy = remedy
  }

  /// What a problem is about.
  package enum Subject: Sendable, Hashable {
    /// A table of `/proc/net` that has sockets of a transport: a file below the root such as
    /// `net/tcp`, or the path of a root that is a single file.
    case table(Transport, path: String)
    /// The dump of sock_diag for a transport and family.
    case dump(Transport, AddressFamily)
    /// sock_diag as a whole.
    case sockDiag
    /// Transports, or families of them, that none of the requested sources has.
    case transports([Transport])
    /// A table of counters.
    case counters(CounterGroup.Table)
    /// The descriptors of all processes: owners may be missing, sockets are not.
    case descriptors
    /// One process, with its name where it is known.
    case process(Int32, name: [UInt8]?)
    /// Several processes.
    case processes(count: Int)
    /// Fields that were asked for, by their names.
    case fields([String])
    /// The marks of sockets (`SO_MARK`).
    case marks
    /// The manifest of a capture.
    case manifest
    /// A series of captures: its folder.
    case series(path: String)
    /// The tracepoint `sock:inet_sock_set_state`.
    case tracepoint
    /// A network namespace, as a table shows it.
    case namespace([UInt8])
    /// Several other network namespaces; `nil` when it is not known how many.
    case namespaces(count: Int?)
  }

  /// What kind of thing happened. The raw value is the name used in output.
  public enum Kind: String, CaseIterable, Sendable, Hashable {
    /// A row or record that does not parse. It is left out.
    case malformed
    /// A table or stream that ends in the middle of a row or record.
    case truncated
    /// A table that is not there, or a requested family that no source has.
    case missing
    /// A file or socket that could not be read.
    case unreadable
    /// Processes whose descriptors may not be read, for lack of privilege or of a /proc.
    case forbidden
    /// A dump that the kernel marked as inconsistent (`NLM_F_DUMP_INTR`), even after a repetition.
    case interrupted
    /// Rows that contradict each other. They are shown.
    case inconsistent
    /// Sockets of network namespaces other than the one that was read.
    case otherNamespace = "other_namespace"
    /// A requested field that the source lacks, so that it is not known which sockets match.
    case unknown
  }

  /// What kind of thing happened.
  public var kind: Kind {
    switch cause {
    case .malformed: .malformed
    case .truncated: .truncated
    case .missing: .missing
    case .unreadable: .unreadable
    case .forbidden: .forbidden
    case .interrupted: .interrupted
    case .inconsistent: .inconsistent
    case .otherNamespace: .otherNamespace
    case .unknown: .unknown
    }
  }

  /// The line number in the file, from 1; `nil` where there are no lines.
  public var line: Int? {
    switch cause {
    case .malformed(_, let line, _, _), .truncated(_, let line, _), .inconsistent(_, let line, _): line
    case .missing, .unreadable, .forbidden, .interrupted, .otherNamespace, .unknown: nil
    }
  }

  /// How many times it happened; for ``Kind/forbidden``, how many processes.
  public var count: Int {
    switch cause {
    case .malformed(_, _, let count, _), .inconsistent(_, _, let count): count
    case .forbidden(.processes(let count, _, _)): count
    case .forbidden(.process): 1
    case .forbidden(.noProc), .forbidden(.nestedPIDNamespace), .forbidden(.namespaces), .forbidden(.namespacesOutside):
      0
    case .forbidden(.namespacesOfProcesses(let count, _)): count
    case .interrupted(let scans): if case .dump = subject { scans } else { 1 }
    case .truncated, .missing, .unreadable, .otherNamespace, .unknown: 1
    }
  }

  /// The bytes that did not parse, at most the first 120. They may hold anything.
  public var evidence: [UInt8] {
    switch cause {
    case .malformed(_, _, _, let evidence), .truncated(_, _, let evidence): evidence
    case .missing, .unreadable, .forbidden, .interrupted, .inconsistent, .otherNamespace, .unknown: []
    }
  }

  /// Whether the sockets of whole network namespaces can be missing because of it.
  package var costsNamespaces: Bool {
    switch subject {
    case .namespace, .namespaces: true
    default: false
    }
  }

  /// Whether only owners can be missing because of it, and no socket.
  public var costsOnlyOwners: Bool { subject == .descriptors }

  /// The transports that may lack a socket because of it; empty when it concerns none in
  /// particular.
  public var transports: Set<Transport> {
    switch subject {
    case .table(let transport, _), .dump(let transport, _): [transport]
    case .transports(let transports): Set(transports)
    case .sockDiag, .counters, .descriptors, .process, .processes, .fields, .marks, .manifest, .series, .tracepoint,
      .namespace, .namespaces:
      []
    }
  }

  /// Whether it is about the table of `/proc/net` of a transport.
  package func isAboutTable(of transport: Transport) -> Bool {
    if case .table(transport, _) = subject { true } else { false }
  }

  /// Counts one more thing that did not parse and is not reported separately.
  package mutating func countOneMore() {
    guard case .malformed(let reason, let line, let count, let evidence) = cause else { return }
    cause = .malformed(reason, line: line, count: count &+ 1, evidence: evidence)
  }
}
