import Inspection
import KernelFormats
import LinuxSystem
import SocketModel

/// One capture while it is being written.
///
/// Reading and writing fail differently: what cannot be read is noted in the manifest, what cannot
/// be written ends the capture.
struct CaptureWork: ~Copyable {
  private let root: ProcRoot
  private let folder: Descriptor
  /// The substitutes so far; `nil` when none are wanted.
  private(set) var redaction: Redaction?
  private(set) var report = Capture.Report()
  /// The other network namespaces that were copied.
  private var namespaces: [ListedNamespace] = []

  /// The most bytes of a table that are held in memory to be redacted.
  private static let mostRedacted = 1 << 30

  private let byteOrder: TableByteOrder
  private var hasCheckedUnixNames = false
  private var sysctls: [Sysctl] = []

  init(
    root: ProcRoot, folder: consuming Descriptor, redaction: consuming Redaction?, byteOrder: TableByteOrder
  ) {
    self.byteOrder = byteOrder
    self.root = root
    self.folder = folder
    self.redaction = redaction
  }

  /// Writes everything; returns false when it was stopped on the way, so that something is missing.
  mutating func run(unless isOver: () -> Bool = { false }) throws(SystemError) -> Bool {
    let beginning = Timestamp.now
    try copyTables()
    try copyDumps()
    try copyCounters()
    try copySocketCounts()
    if root.coversAllNamespaces { try copyNamespaces() }
    try copySettings()
    guard try copyProcesses(unless: isOver) else { return false }
    // The boot time would reveal that two captures are of the same machine.
    if redaction == nil, let bytes = root.readIfPossible("stat", limit: 16 << 20) {
      try write("stat", bytes, in: folder)
    }
    // Last, so that a tree without a manifest is one whose capture was interrupted.
    try write("manifest", manifest(beginning).encoded(), in: folder)
    return true
  }

  // MARK: Tables

  private mutating func copyTables() throws(SystemError) {
    let net = try folder.makePrivateFolder("net")
    for table in ProcNetTable.allCases {
      let file: Descriptor
      let checked: UnixNameCheck.Table?
      do throws(SystemError) {
        checked = table == .unix ? try root.checkedUnixTable() : nil
        file = try root.openTable(table.rawValue)
      } catch {
        if !error.isGone { note(.table(table), error) }
        continue
      }
      report.tables += 1
      let copy = try create(table, in: net)
      if let checked {
        try keep(checked, in: copy)
      } else if redaction != nil {
        try redact(table, file, to: copy)
      } else {
        try stream(file, table, to: copy)
      }
    }
  }

  /// Records what sock_diag reports, which is more than the tables show: limits of accept queues,
  /// drops, `tcp_info`, the peers of unix sockets. From a captured tree its recorded dumps are
  /// copied.
  private mutating func copyDumps() throws(SystemError) {
    guard root.isOwnKernel || root.shape == .tree else { return }
    let place = try folder.makePrivateFolder(Self.dumpFolder)
    for dump in Transport.allCases.flatMap({ SockDiagDump.all(of: $0, families: [.ipv4, .ipv6]) }) {
      if redaction != nil, !Redaction.coversDump(of: dump.transport) { continue }
      var read: [UInt8]?
      do throws(SystemError) {
        if root.isOwnKernel {
          read = try SockDiagRecording.messages(of: dump)
        } else {
          read = try root.recordedMessages(of: dump)
        }
      } catch {
        note(.dump(dump), error)
      }
      guard let messages = read else { continue }
      try write(dump.fileName, redaction?.messages(of: dump, messages.span) ?? messages, in: place)
    }
  }

  /// The name of the folder of recorded dumps.
  private static let dumpFolder = String(RecordedDump.folder.dropLast())

  /// Copies the tables of counters. They concern nobody, so no substitutes are needed, but a
  /// redacted capture leaves out a table that holds more than names and numbers.
  private mutating func copyCounters() throws(SystemError) {
    let net = try Descriptor.openBeneath("net", in: folder, directoryExpected: true, followLinks: false)
    for table in CounterGroup.Table.allCases {
      let bytes: [UInt8]
      do throws(SystemError) {
        bytes = try root.readTable(table.rawValue, limit: 1 << 20)
      } catch {
        if !error.isGone { note(.counters(table), error) }
        continue
      }
      if redaction != nil, !CounterTables.holdsOnlyCounters(bytes) { continue }
      if table == .sctp {
        try write("snmp", bytes, in: try subfolder("sctp", in: net))
      } else {
        try write(table.rawValue, bytes, in: net)
      }
    }
  }

  /// Copies the tables that count sockets.
  private func copySocketCounts() throws(SystemError) {
    let net = try Descriptor.openBeneath("net", in: folder, directoryExpected: true, followLinks: false)
    for name in ["sockstat", "sockstat6"] {
      guard let bytes = try? root.readTable(name, limit: 4096) else { continue }
      if redaction != nil, !CounterTables.holdsOnlyCounters(bytes) { continue }
      try write(name, bytes, in: net)
    }
  }

  /// Copies the settings of the kernel: numbers and ports, which concern nobody. A file that holds
  /// anything else is left out.
  private mutating func copySettings() throws(SystemError) {
    for sysctl in Sysctl.allCases {
      let bytes: [UInt8]
      do throws(SystemError) {
        bytes = try root.read(sysctl)
      } catch {
        if !error.isGone { note(.sysctl(sysctl), error) }
        continue
      }
      var settings = SystemSettings()
      guard settings.read(sysctl, bytes.span) else { continue }
      try writeSetting(sysctl, bytes)
      sysctls.append(sysctl)
    }
  }

  private func writeSetting(_ sysctl: Sysctl, _ bytes: [UInt8]) throws(SystemError) {
    var place = try subfolder("sys", in: folder)
    let parts = sysctl.rawValue.split(separator: "/").map(String.init)
    for part in parts.dropLast() { place = try subfolder(part, in: place) }
    try write(parts[parts.count - 1], bytes, in: place)
  }

  /// A folder of the capture, made when there is none yet.
  private func subfolder(_ name: String, in place: borrowing Descriptor) throws(SystemError) -> Descriptor {
    do throws(SystemError) {
      return try place.makePrivateFolder(name)
    } catch {
      guard error.isPresent else { throw error }
    }
    return try Descriptor.openBeneath(name, in: place, directoryExpected: true, followLinks: false)
  }

  /// Makes the file of a table, which may be in a folder of its own.
  private func create(_ table: ProcNetTable, in net: borrowing Descriptor) throws(SystemError) -> Descriptor {
    let parts = table.rawValue.split(separator: "/").map(String.init)
    guard parts.count == 2 else { return try Self.create(table.rawValue, in: net) }
    return try Self.create(parts[1], in: subfolder(parts[0], in: net))
  }

  private mutating func stream(
    _ file: borrowing Descriptor, _ table: ProcNetTable, to copy: borrowing Descriptor
  ) throws(SystemError) {
    var buffer: [UInt8] = Array(repeating: 0, count: 65536)
    var total = 0
    while total < ProcSource.mostBytes {
      let count: Int
      do throws(SystemError) {
        count = try file.read(into: &buffer)
      } catch {
        return note(.table(table), error)
      }
      if count == 0 { return }
      total += count
      try copy.writeAll(buffer.span.extracting(0..<count))
    }
    report.unreadable.append(CaptureGap(.table(table), .limit(bytes: total)))
  }

  private mutating func redact(
    _ table: ProcNetTable, _ file: borrowing Descriptor, to copy: borrowing Descriptor
  ) throws(SystemError) {
    var bytes: [UInt8] = []
    do throws(SystemError) {
      if try !file.readAll(into: &bytes, limit: Self.mostRedacted, subject: "net/\(table.rawValue)") {
        report.unreadable.append(CaptureGap(.table(table), .limit(bytes: bytes.count)))
      }
    } catch {
      note(.table(table), error)
    }
    try writeRedacted(table, bytes, to: copy)
  }

  private mutating func writeRedacted(
    _ table: ProcNetTable, _ bytes: [UInt8], hasCheckedNames: Bool = false, to copy: borrowing Descriptor
  ) throws(SystemError) {
    guard let substitutes = redaction?.table(table, bytes.span, hasCheckedNames: hasCheckedNames) else { return }
    note(omitted: substitutes.omittedLines, of: table)
    try copy.writeAll(substitutes.bytes.span)
  }

  /// Writes the table of unix sockets without the lines that only imitate a row.
  private mutating func keep(
    _ checked: UnixNameCheck.Table, in copy: borrowing Descriptor
  ) throws(SystemError) {
    hasCheckedUnixNames = true
    note(omitted: checked.omittedLines, of: .unix)
    if redaction != nil { return try writeRedacted(.unix, checked.bytes, hasCheckedNames: true, to: copy) }
    try copy.writeAll(checked.bytes.span)
  }

  /// Notes how many lines of a table were left out, if any were.
  private mutating func note(omitted lines: Int, of table: ProcNetTable) {
    guard lines > 0 else { return }
    report.unreadable.append(CaptureGap(.table(table), .omittedLines(lines)))
  }

  // MARK: Namespaces

  /// Copies the tables and dumps of the other network namespaces, each into a folder of its own.
  private mutating func copyNamespaces() throws(SystemError) {
    let copies = NamespaceCopies(root: root, isRedacting: redaction != nil)
    let place = try folder.makePrivateFolder(String(ProcRoot.namespaceFolder.dropLast()))
    for namespace in copies.namespaces {
      let copy: NamespaceCopies.Copy
      switch copies.copy(namespace) {
      case .success(let found?): copy = found
      case .success(nil): continue
      case .failure(let error):
        note(.other("\(ProcRoot.namespaceFolder)\(namespace.id)"), error)
        continue
      }
      namespaces.append(namespace)
      let own = try place.makePrivateFolder("\(namespace.id)")
      let net = try own.makePrivateFolder("net")
      for (name, bytes) in copy.counts where redaction == nil || CounterTables.holdsOnlyCounters(bytes) {
        try write(name, bytes, in: net)
      }
      for (table, bytes) in copy.tables {
        report.tables += 1
        try write(table.rawValue, redaction?.table(table, bytes.span).bytes ?? bytes, in: net)
      }
      if copy.dumps.isEmpty { continue }
      let answers = try own.makePrivateFolder(Self.dumpFolder)
      for (dump, bytes) in copy.dumps {
        try write(dump.fileName, redaction?.messages(of: dump, bytes.span) ?? bytes, in: answers)
      }
    }
  }

  // MARK: Processes

  private mutating func copyProcesses(unless isOver: () -> Bool) throws(SystemError) -> Bool {
    let pids: [Int32]
    do throws(SystemError) {
      pids = try root.processIDs()
    } catch {
      note(.processList, error)
      return true
    }
    report.lack = root.hidesProcesses(pids) ? .hidden : root.lacksProcessesOutside ? .outside : nil
    for pid in pids {
      if isOver() { return false }
      let process: ProcessFolder
      do throws(SystemError) {
        process = try ProcessFolder(pid, in: root)
      } catch {
        if !error.isGone { note(.process(pid), error) }
        continue
      }
      try copy(process)
    }
    return true
  }

  private mutating func copy(_ process: ProcessFolder) throws(SystemError) {
    // Everything is read before anything is written, so that a process that ends meanwhile leaves
    // no partial copy.
    var links: [(descriptor: Int32, inode: UInt64)] = []
    var refusal: SystemError?
    do throws(SystemError) {
      _ = try process.forEachSocket { links.append(($0, $1)) }
    } catch {
      if !error.isGone { refusal = error }
    }
    let comm: [UInt8]
    do throws(SystemError) {
      comm = try root.read("comm", in: process.folder, limit: 4096)
    } catch {
      if !error.isGone { note(.process(process.pid), error) }
      return
    }
    var files: [(name: String, bytes: [UInt8])] = [("comm", redaction?.comm(comm) ?? comm)]
    for name in ["stat", "status", "cmdline", "cgroup"] {
      if let bytes = try? root.read(name, in: process.folder, limit: 4 << 20), let kept = substitute(name, bytes) {
        files.append((name, kept))
      }
    }
    let executable = (try? process.executable ?? nil).map { redaction?.program($0) ?? $0 }
    let namespace = try? process.namespaceLink

    if let refusal { note(.descriptors(of: process.pid), refusal) }
    report.processes += 1
    let copy = try folder.makePrivateFolder("\(process.pid)")
    for file in files { try write(file.name, file.bytes, in: copy) }
    if let executable, !executable.isEmpty { try copy.makeLink("exe", to: executable) }
    if let namespace, FileLink.networkNamespace(namespace.span) != nil {
      try copy.makePrivateFolder("ns").makeLink("net", to: namespace)
    }
    guard refusal == nil else { return }
    let descriptors = try copy.makePrivateFolder("fd")
    for link in links {
      try descriptors.makeLink("\(link.descriptor)", to: Array("socket:[\(link.inode)]".utf8))
    }
  }

  /// A file's content, with substitutes if they were asked for; `nil` when it does not have the
  /// expected form.
  private mutating func substitute(_ name: String, _ bytes: [UInt8]) -> [UInt8]? {
    guard redaction != nil else { return bytes }
    switch name {
    case "stat": return redaction?.stat(bytes.span)
    case "status": return redaction?.status(bytes.span)
    case "cmdline": return redaction?.commandLine(bytes)
    case "cgroup": return redaction?.cgroup(bytes)
    default: return nil
    }
  }

  // MARK: The manifest

  private mutating func manifest(_ time: Timestamp) -> CaptureManifest {
    var manifest = root.manifest ?? CaptureManifest()
    if root.shape == .live {
      manifest.architecture = Machine.architecture
      manifest.byteOrder = .native
      manifest.pointerBits = Int.bitWidth
      manifest.clockTicks = Clock.ticksPerSecond
      manifest.time = time
      manifest.netns = root.ownNamespace
      manifest.user = Users.effectiveUID
      manifest.lack = report.lack
    }
    if hasCheckedUnixNames { manifest.hasCheckedUnixNames = true }
    // An assumed order is not recorded as if it were known.
    if byteOrder.source != .assumed { manifest.byteOrder = byteOrder.order }
    manifest.kernelRelease = root.kernelRelease
    manifest.bootID = root.bootID
    manifest.hostName = root.hostName
    manifest.sysctls = sysctls
    manifest.namespaces = namespaces
    manifest.unreadable += report.unreadable
    guard redaction != nil else { return manifest }
    let user = manifest.user
    manifest.redact()
    manifest.user = user.flatMap { redaction?.user($0) }
    return manifest
  }

  private mutating func note(_ item: CaptureGap.Item, _ error: SystemError) {
    report.unreadable.append(CaptureGap(item, CaptureGap.Reason(parsing: error.reason)))
  }

  private func write(_ name: String, _ bytes: [UInt8], in directory: borrowing Descriptor) throws(SystemError) {
    try Self.create(name, in: directory).writeAll(bytes.span)
  }

  /// Makes a file that only its owner can read: only root may see much of what is copied.
  private static func create(_ name: String, in directory: borrowing Descriptor) throws(SystemError) -> Descriptor {
    try Descriptor.open(name, in: directory, for: .creating, permissions: 0o600)
  }
}
