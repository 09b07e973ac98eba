package import SocketModel

/// Something that a capture lacks, entirely or partly, and why: an `unreadable` line of its
/// manifest.
///
/// In the manifest it is text: what could not be read (a path below the root), followed by a blank
/// and the reason where it is known.
package struct CaptureGap: Sendable, Hashable {
  /// What could not be read.
  package var item: Item
  /// Why; `nil` when not known.
  package var reason: Reason?

  /// What could not be read.
  package enum Item: Sendable, Hashable {
    /// A table of sockets, `net/tcp`.
    case table(ProcNetTable)
    /// A dump of sock_diag, `sock_diag/tcp`.
    case dump(SockDiagDump)
    /// A table of counters, `net/snmp`.
    case counters(CounterGroup.Table)
    /// A setting, `sys/net/core/somaxconn`.
    case sysctl(Sysctl)
    /// The list of processes.
    case processList
    /// The folder of a process, `300`.
    case process(Int32)
    /// The descriptors of a process, `300/fd`.
    case descriptors(of: Int32)
    /// A file whose name was left out by redaction.
    case unnamed
    /// Any other path.
    case other(String)
  }

  /// Why something could not be read.
  package enum Reason: Sendable, Hashable {
    /// Only this many bytes were copied.
    case limit(bytes: Int)
    /// This many lines of a table were left out, because they are not rows.
    case omittedLines(Int)
    /// This many messages of a dump were left out, because their form is not known.
    case omittedMessages(Int)
    /// A call failed: one of the texts that the C library, or `SystemError`, has for that.
    case call(String)
    /// Any other text.
    case other(String)
  }

  package init(_ item: Item, _ reason: Reason?) {
    self.item = item
    self.reason = reason
  }

  /// The process whose descriptors, or whose whole folder, could not be read; `nil` when the gap is
  /// about something else.
  package var refusedProcess: Int32? {
    switch item {
    case .process(let pid), .descriptors(let pid): pid
    case .table, .dump, .counters, .sysctl, .processList, .unnamed, .other: nil
    }
  }

  /// The gap without names from the machine: without paths and reasons other than the known ones.
  package var redacted: CaptureGap {
    switch item {
    case .processList: return CaptureGap(.processList, nil)
    case .unnamed, .other: return CaptureGap(.unnamed, nil)
    case .table, .dump, .counters, .sysctl, .process, .descriptors: break
    }
    if case .other = reason { return CaptureGap(item, nil) }
    return self
  }
}

// MARK: Text form

extension CaptureGap {
  /// Parses the text of a manifest. Every text has a meaning.
  package init(parsing text: String) {
    for item in [Item.processList, .unnamed] where text == item.text || text.hasPrefix(item.text + " ") {
      let rest = text.utf8.dropFirst(item.text.utf8.count + 1)
      let reason = text == item.text ? nil : Reason(parsing: String(Substring(rest)))
      self.init(item, reason)
      return
    }
    let parts = text.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
    let item = Item(parsing: String(parts.first ?? ""))
    self.init(item, parts.count == 2 ? Reason(parsing: String(parts[1])) : nil)
  }

  /// The text for a manifest.
  package var text: String { reason.map { "\(item.text) \($0.text)" } ?? item.text }
}

extension CaptureGap.Item {
  fileprivate init(parsing path: String) {
    let parts = path.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    var known: Self?
    if parts.count == 2, parts[0] == "net" {
      known = ProcNetTable(rawValue: parts[1]).map { .table($0) }
      known = known ?? CounterGroup.Table(rawValue: parts[1]).map { .counters($0) }
    } else if parts.count == 2, parts[0] == "sock_diag" {
      known = Transport.allCases.lazy.flatMap { SockDiagDump.all(of: $0, families: [.ipv4, .ipv6]) }
        .first { $0.fileName == parts[1] }.map { .dump($0) }
    } else if parts.count == 2, parts[0] == "sys" {
      known = Sysctl(rawValue: parts[1]).map { .sysctl($0) }
    } else if let pid = Int32(parts[0]), pid > 0 {
      known = parts.count == 1 ? .process(pid) : .descriptors(of: pid)
    }
    // It is a number written in another way, or another file of a process.
    self = known.flatMap { $0.text == path ? $0 : nil } ?? .other(path)
  }

  /// The path, or what replaces it.
  package var text: String {
    switch self {
    case .table(let table): "net/\(table.rawValue)"
    case .dump(let dump): RecordedDump.folder + dump.fileName
    case .counters(let table): "net/\(table.rawValue)"
    case .sysctl(let sysctl): "sys/\(sysctl.rawValue)"
    case .processList: "the list of processes"
    case .process(let pid): "\(pid)"
    case .descriptors(let pid): "\(pid)/fd"
    case .unnamed: "a file"
    case .other(let path): path
    }
  }
}

extension CaptureGap.Reason {
  /// Parses a reason.
  package init(parsing text: String) {
    let digits = text.utf8.drop { !isDigit($0) }.prefix(while: isDigit)
    let number = Int(String(decoding: digits, as: UTF8.self))
    for known in number.map({ [Self.limit(bytes: $0), .omittedLines($0), .omittedMessages($0)] }) ?? []
    where known.text == text {
      self = known
      return
    }
    self = Self.calls.contains(text) ? .call(text) : .other(text)
  }

  /// The reason in words.
  package var text: String {
    switch self {
    case .limit(let bytes): "beyond \(bytes) bytes"
    case .omittedLines(let count): "lines that are no rows are left out: \(count)"
    case .omittedMessages(let count): "messages of another form are left out: \(count)"
    case .call(let text), .other(let text): text
    }
  }

  private static let calls = [
    "Permission denied", "Operation not permitted", "No such file or directory", "No such process",
    "Input/output error",
    "Invalid argument", "Cannot allocate memory", "Too many open files", "Too many open files in system",
    "It leads out of the folder", "Too many levels of symbolic links", "Not a directory", "Is a directory",
  ]
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
