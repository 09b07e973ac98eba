extension Problem {
  /// What happened, with the evidence.
  package enum Cause: Sendable, Hashable {
    /// Bytes that do not parse, with the line number where they are in a line, and how many such
    /// things this stands for.
    case malformed(Malformation, line: Int? = nil, count: Int = 1, evidence: [UInt8] = [])
    /// Something ends too early.
    case truncated(Truncation, line: Int? = nil, evidence: [UInt8] = [])
    /// Something is not there.
    case missing(Absence)
    /// Something is there and could not be read.
    case unreadable(Obstacle)
    /// Processes may not be read.
    case forbidden(Refusal)
    /// Sockets came and went during each of this many scans.
    case interrupted(scans: Int)
    /// Rows that contradict each other or another source.
    case inconsistent(Contradiction, line: Int? = nil, count: Int)
    /// Sockets that are not listed because they are in another network namespace.
    case otherNamespace(Elsewhere)
    /// The source lacks the fields. `root` is the path of its root, `nil` for the running kernel's
    /// /proc.
    case unknown(Consequence, root: String?)
  }

  /// Why bytes do not parse.
  package enum Malformation: Sendable, Hashable {
    /// A column of a row is not in the form that it should have.
    case column(String, ColumnForm)
    /// A line is longer than this many bytes.
    case longLine(limit: Int)
    /// A line is not a row.
    case noRow
    /// The heading of another table stands among the rows; what follows it is left out.
    case otherHeading
    /// More of what was reported individually before.
    case further
    /// A line of a manifest is not of the form `key=value`.
    case noEntry
    /// The value of a key in a manifest is not in the form that it should have.
    case entry(key: String, EntryForm)
    /// A manifest lacks the line that states this schema.
    case noSchema(String)
    /// A capture of a series is older than the one before it.
    case capturesOutOfOrder(before: String, after: String)
    /// A name in a table of counters is not followed by a colon.
    case counterWithoutColon
    /// A message or record of the kernel is wrong; the text is from its decoder.
    case undecodable(String)
  }

  /// The form that a column of a /proc table should have.
  package enum ColumnForm: Sendable, Hashable {
    case hexadecimalDigits(Int)
    case hexadecimalDigitsAndColon(Int)
    case hexadecimalNumber
    case hexadecimalNumberAndColon
    case twoHexadecimalNumbers
    case number
    case numberAndColon
    /// A number of at most this many bits.
    case numberOfBits(Int)
    case socketType
    /// A state from 1 to this one.
    case state(upTo: UInt8)
    case pointer
    /// An IPv4 or IPv6 address as text.
    case address
    /// At most this many bytes.
    case bytes(atMost: Int)
    /// A line of at most this many bytes.
    case line(atMost: Int)
  }

  /// The form that a value in a manifest should have.
  package enum EntryForm: Sendable, Hashable {
    case either(String, String)
    case number(ClosedRange<UInt64>)
    /// A number of at most this many bits.
    case numberOfBits(Int)
    case secondsSince1970
  }

  /// What ends too early, and where.
  package enum Truncation: Sendable, Hashable {
    /// A table in the middle of a row.
    case row(isShown: Bool)
    /// A file, of which only this many bytes were read.
    case limit(bytes: Int)
    /// A table begins without its header.
    case noHeader
    /// A table is empty, without even its header.
    case empty
    /// A table of counters lacks the values of its last group.
    case lastGroup
    /// An answer of sock_diag was longer than the receive buffer.
    case answer
    /// The part of a cut message that is there does not parse; the text is from its decoder.
    case undecodable(String)
  }

  /// What is not there.
  package enum Absence: Sendable, Hashable {
    /// The running kernel lists no sockets of the transport; the source, when only one was asked.
    case transport(in: KernelSource?)
    /// A root has no table of the transports; `isNamed` says whether they were asked for by name.
    case table(root: String, isNamed: Bool)
    /// A root has only some of the tables of the transports: these are missing.
    case tables([String], root: String)
    /// A capture of a series lacks a table that others have.
    case captured(name: String)
    /// A single table has no counters.
    case counters
    /// A file that is not there; the call that found this.
    case file(CallFailure)
    /// A root has no processes.
    case processes(root: String)
    /// A tree was copied without the descriptors of `count` of its processes; `nil` when it has
    /// none at all.
    case descriptors(count: Int?, of: Int, root: String)
  }

  /// One of the two sources of the running kernel.
  package enum KernelSource: Sendable, Hashable {
    case sockDiag, proc
  }

  /// What kept something from being read.
  package enum Obstacle: Sendable, Hashable {
    /// A call failed.
    case call(CallFailure)
    /// It could not be read, or not to its end, when the tree was captured; the reason is the one
    /// in the manifest.
    case uncaptured(reason: String, isPartial: Bool)
    /// A dump returned no sockets, and no other source was asked.
    case dump(DumpFailure)
    /// A dump returned no sockets, so the tables of these transports are read instead.
    case replaced(DumpFailure, of: Transport, AddressFamily, by: [Transport])
    /// The kernel ended a dump with an error.
    case endedEarly(CallFailure)
    /// The kernel shows it only to holders of a capability.
    case capability(String)
    /// The list of processes cannot be read.
    case processList(CallFailure)
    /// `count` processes of all could not be read; the first failure.
    case processes(count: Int, of: Int, CallFailure)
    /// A capture of a series has no manifest that states a time.
    case noManifest(capture: String)
    /// The ends of this many sockets that no table lists: the call that failed.
    case ends(count: Int, CallFailure)
  }

  /// Why processes may not be read.
  package enum Refusal: Sendable, Hashable {
    /// `count` of the visible processes, and whether others are hidden as well (`hidepid`).
    case processes(count: Int, of: Int, hidesOthers: Bool)
    /// The one process that was asked for.
    case process(Int32)
    /// There is no /proc.
    case noProc
    /// This /proc belongs to a container and lacks the processes outside.
    case nestedPIDNamespace
    /// This /proc lacks the processes outside of a container, and with them their network namespaces.
    case namespacesOutside
    /// Network namespaces without a process may be entered only by root.
    case namespaces
    /// The namespaces of `count` processes may not be asked for, and whether others are hidden as
    /// well (`hidepid`).
    case namespacesOfProcesses(count: Int, hidesOthers: Bool)
  }

  /// What contradicts what.
  package enum Contradiction: Sendable, Hashable {
    /// Rows have the same inode but different ends.
    case sharedInodes
    /// Lines were left out because sock_diag does not report their sockets.
    case imitatedRows
  }

  /// What is in another network namespace.
  package enum Elsewhere: Sendable, Hashable {
    /// The process and this many others; the inode number of its namespace where there is only one
    /// process and the number is known.
    case process(others: Int, netns: UInt64?)
  }

  /// What an unknown field makes unknown.
  package enum Consequence: Sendable, Hashable {
    case whichMatch, order
  }

  /// What would help.
  package enum Remedy: Sendable, Hashable {
    /// To run the program as root.
    case runAsRoot(Gain)
    /// To capture again as root.
    case captureAsRoot
    /// Root lacks `CAP_SYS_PTRACE`.
    case grantPtrace
    /// To allow this process more descriptors (EMFILE).
    case allowMoreFiles
    /// To see what uses all of the machine's open files (ENFILE).
    case freeMachineFiles
    /// To mount /proc.
    case mountProc
    /// To run outside of the container.
    case leaveContainer
    /// To run outside of the user namespace, whose root has no rights over the rest.
    case leaveUserNamespace
    /// To capture outside of the container.
    case captureOutside
    /// To list the sockets of one process from within the network namespace of another, or of
    /// itself.
    case enterNamespace(of: Int32, listing: Int32, asRoot: Bool)
    /// To copy /proc with a tool that reads files whose size is 0.
    case copyWithOtherTool
    /// To ask sock_diag too.
    case askSockDiag
  }

  /// What root would see.
  package enum Gain: Sendable, Hashable {
    case marks, owners, table, namespaces, ends
  }
}

/// A system call that failed, as evidence: which, on what, and why.
package struct CallFailure: Sendable, Hashable {
  /// The name of the call, such as `openat`.
  package let call: String
  /// What it was called on; empty when that was nothing.
  package let subject: String
  /// The `errno` of the call.
  package let code: Int32
  /// The C library's text for the code.
  package let reason: String

  package init(call: String, subject: String = "", code: Int32, reason: String) {
    self.call = call
    self.subject = subject
    self.code = code
    self.reason = reason
  }
}

/// Why a dump of sock_diag gave no sockets.
package enum DumpFailure: Sendable, Hashable {
  /// The kernel has no such dump: the C library's text for its `errno`.
  case notSupported(reason: String)
  /// There is no sock_diag to ask.
  case cannotBeAsked(CallFailure)
  /// The kernel refused, or a call on the netlink socket failed.
  case failed(CallFailure)
  /// The answers belong to other requests.
  case foreignAnswers
}
