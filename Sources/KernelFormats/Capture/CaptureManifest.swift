package import SocketModel
internal import Text

/// The file `manifest` of a captured tree: what the tables alone do not show about the machine and
/// the capture.
///
/// One `key=value` per line. In values, backslashes and control bytes are written `\xHH`. Lines
/// that are empty or begin with `#` are skipped. Keys that this version does not know are kept in
/// ``others``.
package struct CaptureManifest: Sendable, Hashable {
  /// The version of the format that is written and read.
  package static let schema = "sockinspect.capture/1"
  /// The most bytes of a manifest that are read.
  package static let longest = 1 << 20

  /// The kernel's release, `kernel`: `6.12.0`.
  package var kernelRelease: String?
  /// The machine, `architecture`, as `uname -m` names it: `x86_64`, `s390x`.
  package var architecture: String?
  /// The byte order, `byte_order`: `little` or `big`. Addresses in the tables depend on it.
  package var byteOrder: ByteOrder?
  /// The width of a kernel pointer in bits, `pointer_bits`: 32 or 64.
  package var pointerBits: Int?
  /// Clock ticks per second, `clock_ticks` (`USER_HZ`): 1 to 1,000,000.
  package var clockTicks: Int?
  /// When the capture began, `time`: seconds since 1970, with up to 9 decimal places.
  package var time: Timestamp?
  /// The random name of that run of the kernel, `boot_id`.
  package var bootID: String?
  /// The machine's name, `host`.
  package var hostName: String?
  /// The network namespace of the tables, `netns`.
  package var netns: NetworkNamespaceID?
  /// The network namespaces in the capture, that of its own tables among them, one `namespace` line
  /// each: the number, what kind of number it is (`namespace` or `tables`), the first process or `-`,
  /// and the name or nothing.
  package var namespaces: [ListedNamespace]
  /// The effective user that captured, `user`: 0 for root, who may read all.
  public var user: UInt32?
  /// Which processes could not be seen when it was captured, `processes`; `nil` when all were
  /// visible, or that is not known.
  package var lack: Lack?
  /// Whether addresses, names and arguments were replaced, `redacted`: `yes` or `no`.
  package var isRedacted: Bool
  /// Whether the table of unix sockets was checked when it was captured, `unix_names`: `checked` or
  /// `unchecked`; see ``UnixNameCheck``.
  package var hasCheckedUnixNames: Bool
  /// The settings of the kernel that are in the capture, one `sysctl` line each.
  package var sysctls: [Sysctl]
  /// What could not be read, one `unreadable` line each.
  package var unreadable: [CaptureGap]
  /// Entries with keys that this version does not know, in their order.
  package var others: [Entry]

  /// Processes that a /proc does not have.
  package enum Lack: String, CaseIterable, Sendable, Hashable {
    /// Those of other users: /proc was mounted with `hidepid`.
    case hidden
    /// Those outside of a pid namespace.
    case outside
  }

  /// A key and its value.
  package struct Entry: Sendable, Hashable {
    /// The key: letters, digits, `_`, `-` and `.`.
    package let key: String
    /// The value.
    package let value: String

    package init(key: String, value: String) {
      self.key = key
      self.value = value
    }
  }

  /// Makes an empty manifest.
  package init() {
    namespaces = []
    isRedacted = false
    hasCheckedUnixNames = false
    sysctls = []
    unreadable = []
    others = []
  }
}

extension CaptureManifest {
  /// Forgets what could not be read of the tables, those of the namespace of the manifest.
  package mutating func leaveOutTables() {
    unreadable.removeAll { gap in
      switch gap.item {
      case .table, .dump, .counters: true
      default: false
      }
    }
  }
}

// MARK: Reading

extension CaptureManifest {
  /// Parses a manifest. Lines that do not parse become problems (20 at most, then one with their
  /// number); the rest is used.
  ///
  /// - Parameters:
  ///   - bytes: the file's content.
  ///   - problems: the array that gets a problem for each line that does not parse.
  package init(parsing bytes: Span<UInt8>, problems: inout [Problem]) {
    self.init()
    var malformed = 0
    var line = 0
    var schema: String?
    func refuse(_ text: Span<UInt8>, _ reason: Problem.Malformation, _ problems: inout [Problem]) {
      malformed += 1
      guard malformed <= 20 else { return }
      let evidence = (0..<min(text.count, 120)).map { text[$0] }
      problems.append(Problem(subject: .manifest, cause: .malformed(reason, line: line, evidence: evidence)))
    }
    let end = min(bytes.count, Self.longest)
    if bytes.count > end {
      problems.append(Problem(subject: .manifest, cause: .truncated(.limit(bytes: Self.longest))))
    }
    var start = 0
    while start < end {
      line += 1
      var stop = start
      while stop < end, bytes[stop] != ASCII.newline { stop += 1 }
      let text = bytes.extracting(start..<stop)
      start = stop + 1
      if text.isEmpty || text[0] == UInt8(ascii: "#") { continue }
      guard let entry = Self.entry(text) else {
        refuse(text, .noEntry, &problems)
        continue
      }
      if entry.key == "schema" {
        schema = entry.value
      } else if let expected = take(entry) {
        refuse(text, .entry(key: entry.key, expected), &problems)
      }
    }
    if malformed > 20 {
      problems.append(Problem(subject: .manifest, cause: .malformed(.further, count: malformed - 20)))
    }
    if schema != Self.schema {
      problems.append(Problem(subject: .manifest, cause: .malformed(.noSchema(Self.schema))))
    }
  }

  /// Applies one entry; returns what was expected when its value is wrong, `nil` when it is right.
  private mutating func take(_ entry: Entry) -> Problem.EntryForm? {
    let value = entry.value
    switch entry.key {
    case "kernel": kernelRelease = value
    case "architecture": architecture = value
    case "boot_id": bootID = value
    case "host": hostName = value
    case "sysctl":
      // A later version may capture more of them.
      if let sysctl = Sysctl(rawValue: value) { sysctls.append(sysctl) }
    case "unreadable": unreadable.append(CaptureGap(parsing: value))
    case "byte_order":
      guard let order = ByteOrder(rawValue: value) else { return .either("little", "big") }
      byteOrder = order
    case "pointer_bits":
      guard value == "32" || value == "64" else { return .either("32", "64") }
      pointerBits = value == "32" ? 32 : 64
    case "clock_ticks":
      guard let ticks = Self.number(value), Self.tickRange.contains(ticks) else { return .number(Self.tickRange) }
      clockTicks = Int(ticks)
    case "netns":
      guard let inode = Self.number(value).flatMap({ UInt32(exactly: $0) }) else { return .numberOfBits(32) }
      netns = NetworkNamespaceID(inode: inode)
    case "namespace":
      guard let namespace = ListedNamespace(manifest: value) else { return .numberOfBits(32) }
      namespaces.append(namespace)
    case "user":
      guard let uid = Self.number(value).flatMap({ UInt32(exactly: $0) }) else { return .numberOfBits(32) }
      user = uid
    case "processes":
      guard let lack = Lack(rawValue: value) else { return .either("hidden", "outside") }
      self.lack = lack
    case "time":
      guard let moment = Self.moment(value) else { return .secondsSince1970 }
      time = moment
    case "redacted":
      guard value == "yes" || value == "no" else { return .either("yes", "no") }
      isRedacted = value == "yes"
    case "unix_names":
      guard value == "checked" || value == "unchecked" else { return .either("checked", "unchecked") }
      hasCheckedUnixNames = value == "checked"
    default: others.append(entry)
    }
    return nil
  }

  private static let tickRange: ClosedRange<UInt64> = 1...1_000_000

  private static func entry(_ line: Span<UInt8>) -> Entry? {
    var equals = 0
    while equals < line.count, isKeyByte(line[equals]) { equals += 1 }
    guard equals > 0, equals < line.count, line[equals] == UInt8(ascii: "=") else { return nil }
    var value: [UInt8] = []
    var index = equals + 1
    while index < line.count {
      if line[index] == ASCII.backslash {
        guard index + 3 < line.count, line[index + 1] == UInt8(ascii: "x"),
          let high = hexadecimalDigit(line[index + 2]),
          let low = hexadecimalDigit(line[index + 3])
        else { return nil }
        value.append(high << 4 | low)
        index += 4
      } else {
        value.append(line[index])
        index += 1
      }
    }
    let key = (0..<equals).map { line[$0] }
    return Entry(key: String(decoding: key, as: UTF8.self), value: String(decoding: value, as: UTF8.self))
  }

  private static func isKeyByte(_ byte: UInt8) -> Bool {
    switch byte {
    case ASCII.digits, ASCII.capitals, ASCII.smallLetters, UInt8(ascii: "_"), ASCII.hyphen, ASCII.period: true
    default: false
    }
  }

  private static func number(_ text: String) -> UInt64? {
    decimalNumber(Array(text.utf8).span).flatMap { UInt64(exactly: $0) }
  }

  private static func moment(_ text: String) -> Timestamp? {
    let parts = text.utf8.split(separator: ASCII.period, maxSplits: 1, omittingEmptySubsequences: false)
    guard let seconds = decimalNumber(Array(parts[0]).span).flatMap({ Int64(exactly: $0) }) else { return nil }
    guard parts.count == 2 else { return Timestamp(seconds: seconds, nanoseconds: 0) }
    guard (1...9).contains(parts[1].count), parts[1].allSatisfy({ ASCII.digits.contains($0) }) else { return nil }
    let digits = Array(parts[1]) + Array(repeating: ASCII.zero, count: 9 - parts[1].count)
    let nanoseconds = digits.reduce(Int32(0)) { $0 * 10 + Int32($1 - ASCII.zero) }
    return Timestamp(seconds: seconds, nanoseconds: nanoseconds)
  }
}

// MARK: Writing

extension CaptureManifest {
  /// The manifest as bytes; parsing them gives the same manifest.
  ///
  /// Entries of ``others`` are left out when their key has a wrong form or is one that this version
  /// knows.
  package func encoded() -> [UInt8] {
    var output: [UInt8] = []
    func add(_ key: String, _ value: String?) {
      guard let value else { return }
      output.append(contentsOf: key.utf8)
      output.append(UInt8(ascii: "="))
      for byte in value.utf8 {
        if byte < ASCII.blank || byte == ASCII.delete || byte == ASCII.backslash {
          output.append(ascii: "\\x")
          output.appendUpperHexadecimalByte(byte)
        } else {
          output.append(byte)
        }
      }
      output.append(ASCII.newline)
    }
    add("schema", Self.schema)
    add("kernel", kernelRelease)
    add("architecture", architecture)
    add("byte_order", byteOrder?.rawValue)
    add("pointer_bits", pointerBits.map { "\($0)" })
    add("clock_ticks", clockTicks.map { "\($0)" })
    add("time", time.map { Self.text($0) })
    add("boot_id", bootID)
    add("host", hostName)
    add("netns", netns.map { "\($0)" })
    for namespace in namespaces { add("namespace", namespace.manifestText) }
    add("user", user.map { "\($0)" })
    add("processes", lack?.rawValue)
    add("redacted", isRedacted ? "yes" : "no")
    add("unix_names", hasCheckedUnixNames ? "checked" : nil)
    for sysctl in sysctls { add("sysctl", sysctl.rawValue) }
    for gap in unreadable { add("unreadable", gap.text) }
    for entry in others where !entry.key.isEmpty && entry.key.utf8.allSatisfy(Self.isKeyByte) {
      guard !Self.knownKeys.contains(entry.key) else { continue }
      add(entry.key, entry.value)
    }
    return output
  }

  private static let knownKeys: Set<String> = [
    "schema", "kernel", "architecture", "byte_order", "pointer_bits", "clock_ticks", "time", "boot_id", "host", "netns",
    "namespace", "user", "processes", "redacted", "unix_names", "sysctl", "unreadable",
  ]

  private static func text(_ time: Timestamp) -> String {
    let nanoseconds = String(min(max(0, time.nanoseconds), 999_999_999))
    return "\(time.seconds)." + String(repeating: "0", count: 9 - nanoseconds.utf8.count) + nanoseconds
  }
}

extension ListedNamespace {
  /// Parses a line of a manifest.
  fileprivate init?(manifest text: String) {
    let words = text.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
    guard words.count >= 3, let inode = UInt32(words[0]), words[1] == "namespace" || words[1] == "tables" else {
      return nil
    }
    let process = words[2] == "-" ? nil : Int32(words[2])
    guard words[2] == "-" || process != nil else { return nil }
    self.init(
      id: NetworkNamespaceID(inode: inode), hasNumber: words[1] == "namespace",
      name: words.count == 4 && !words[3].isEmpty ? Array(words[3].utf8) : nil, process: process)
  }

  fileprivate var manifestText: String {
    let name = name.map { " " + String(decoding: $0, as: UTF8.self) } ?? ""
    return "\(id) \(hasNumber ? "namespace" : "tables") \(process.map { "\($0)" } ?? "-")\(name)"
  }
}
