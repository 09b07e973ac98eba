import Inspection
import KernelFormats
import LinuxSystem
import SocketModel

/// One capture while it is being written.
///
/// Reading and writing fail differently: what cannot be read is noted in the manifest, what cannot
/// be written ends the capture.
struct CaptureWork: ~Copyable {
  let root: ProcRoot
  private let output: any CaptureOutput
  /// The substitutes so far; `nil` when none are wanted.
  var redaction: Redaction?
  var report = Capture.Report()
  /// The control groups of the sockets in recorded dumps, and those of the processes.
  var groupIDs: Set<UInt64> = []
  var groupPaths: Set<[UInt8]> = []
  /// The folders that exist by now, without those of processes.
  private var folders: Set<String> = []
  /// The network namespaces that were copied, in a capture of all.
  var namespaces: [ListedNamespace] = []

  /// The most bytes of a table that are held in memory to be redacted.
  private static let mostRedacted = 1 << 30

  private let byteOrder: TableByteOrder
  private var hasCheckedUnixNames = false
  private var sysctls: [Sysctl] = []

  init(
    root: ProcRoot, output: any CaptureOutput, redaction: consuming Redaction?, byteOrder: TableByteOrder
  ) {
    self.byteOrder = byteOrder
    self.root = root
    self.output = output
    self.redaction = redaction
  }

  /// Writes everything; returns false when it was stopped on the way, so that something is missing.
  mutating func run(unless isOver: () -> Bool = { false }) throws(SystemError) -> Bool {
    let beginning = Timestamp.now
    try copyTables()
    try copyDumps()
    try copyCounters()
    try copySocketCounts()
    try copyInterfaces()
    if root.coversAllNamespaces { try copyNamespaces() }
    try copySettings()
    guard try copyProcesses(unless: isOver) else { return false }
    try copyControlGroups()
    // The boot time would reveal that two captures are of the same machine.
    if redaction == nil, let bytes = root.readIfPossible("stat", limit: 16 << 20) {
      try output.write("stat", bytes.span)
    }
    // Last, so that a tree without a manifest is one whose capture was interrupted.
    let manifest = manifest(beginning).encoded()
    try output.write("manifest", manifest.span)
    return true
  }

  // MARK: Tables

  private mutating func copyTables() throws(SystemError) {
    try makeFolder("net")
    for table in ProcNetTable.allCases {
      let file: RootFile
      let checked: UnixNameCheck.Table?
      do throws(SystemError) {
        checked = table == .unix ? try root.checkedUnixTable() : nil
        file = try root.openTable(table.rawValue)
      } catch {
        if !error.isGone { note(.table(table), error) }
        continue
      }
      report.tables += 1
      if let checked {
        try keep(checked)
      } else if redaction != nil {
        try redact(table, file)
      } else {
        try stream(file, table)
      }
    }
  }

  /// Records what sock_diag reports, which is more than the tables show: limits of accept queues,
  /// drops, `tcp_info`, the peers of unix sockets. From a captured tree its recorded dumps are
  /// copied.
  private mutating func copyDumps() throws(SystemError) {
    guard root.isOwnKernel || root.shape == .tree else { return }
    try makeFolder(Self.dumpFolder)
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
      try write(messages, of: dump, in: RecordedDump.folder)
    }
  }

  /// The name of the folder of recorded dumps.
  private static let dumpFolder = String(RecordedDump.folder.dropLast())

  /// Writes the messages of a dump, and notes the control groups in them.
  mutating func write(_ messages: [UInt8], of dump: SockDiagDump, in place: String) throws(SystemError) {
    if [.internet, .sctp].contains(dump.transport.description.format) {
      groupIDs.formUnion(RecordedDump.controlGroups(in: messages.span))
    }
    var omitted = 0
    let kept = redaction?.messages(of: dump, messages.span, omitted: &omitted) ?? messages
    if omitted > 0 { report.unreadable.append(CaptureGap(.dump(dump), .omittedMessages(omitted))) }
    try write(place + dump.fileName, kept)
  }

  /// Copies the tables of counters. They concern nobody, so no substitutes are needed, but a
  /// redacted capture leaves out a table that holds more than names and numbers.
  private mutating func copyCounters() throws(SystemError) {
    for table in CounterGroup.Table.allCases {
      let bytes: [UInt8]
      do throws(SystemError) {
        bytes = try root.readTable(table.rawValue, limit: 1 << 20)
      } catch {
        if !error.isGone { note(.counters(table), error) }
        continue
      }
      if redaction != nil, !CounterTables.holdsOnlyCounters(bytes) { continue }
      try write("net/\(table.rawValue)", bytes)
    }
  }

  /// Copies the tables that count sockets and tracked connections.
  private mutating func copySocketCounts() throws(SystemError) {
    for name in ["sockstat", "sockstat6"] {
      guard let bytes = try? root.readTable(name, limit: 4096) else { continue }
      if redaction != nil, !CounterTables.holdsOnlyCounters(bytes) { continue }
      try write("net/" + name, bytes)
    }
    guard let bytes = try? root.readTable(ConntrackCounts.tableName, limit: 1 << 20),
      redaction == nil || CounterTables.holdsOnlyCounters(bytes)
    else { return }
    try write("net/" + ConntrackCounts.tableName, bytes)
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
      try write("sys/\(sysctl.rawValue)", bytes)
      sysctls.append(sysctl)
    }
  }

  /// Makes a folder of the capture, unless it exists.
  mutating func makeFolder(_ path: String) throws(SystemError) {
    guard folders.insert(path).inserted else { return }
    try output.makeFolder(path)
  }

  /// Writes a file, and makes the folders around it that do not exist yet.
  mutating func write(_ path: String, _ bytes: [UInt8]) throws(SystemError) {
    try makeFolders(around: path)
    try output.write(path, bytes.span)
  }

  mutating func makeFolders(around path: String) throws(SystemError) {
    for (index, byte) in zip(path.utf8.indices, path.utf8) where byte == UInt8(ascii: "/") {
      try makeFolder(String(path[..<index]))
    }
  }

  private mutating func stream(
    _ file: consuming RootFile, _ table: ProcNetTable
  ) throws(SystemError) {
    let path = "net/\(table.rawValue)"
    try makeFolders(around: path)
    try output.begin(path)
    try passOn(file, table)
    try output.finish()
  }

  /// Passes a table on to the file that was begun.
  private mutating func passOn(_ file: consuming RootFile, _ table: ProcNetTable) throws(SystemError) {
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
      try output.append(buffer.span.extracting(0..<count))
    }
    report.unreadable.append(CaptureGap(.table(table), .limit(bytes: total)))
  }

  private mutating func redact(_ table: ProcNetTable, _ file: consuming RootFile) throws(SystemError) {
    var bytes: [UInt8] = []
    do throws(SystemError) {
      if try !file.readAll(into: &bytes, limit: Self.mostRedacted, subject: "net/\(table.rawValue)") {
        report.unreadable.append(CaptureGap(.table(table), .limit(bytes: bytes.count)))
      }
    } catch {
      note(.table(table), error)
    }
    try writeRedacted(table, bytes)
  }

  private mutating func writeRedacted(
    _ table: ProcNetTable, _ bytes: [UInt8], hasCheckedNames: Bool = false
  ) throws(SystemError) {
    guard let substitutes = redaction?.table(table, bytes.span, hasCheckedNames: hasCheckedNames) else { return }
    note(omitted: substitutes.omittedLines, of: table)
    try write("net/\(table.rawValue)", substitutes.bytes)
  }

  /// Writes the table of unix sockets without the lines that only imitate a row.
  private mutating func keep(_ checked: UnixNameCheck.Table) throws(SystemError) {
    hasCheckedUnixNames = true
    note(omitted: checked.omittedLines, of: .unix)
    if redaction != nil { return try writeRedacted(.unix, checked.bytes, hasCheckedNames: true) }
    try write("net/unix", checked.bytes)
  }

  /// Notes how many lines of a table were left out, if any were.
  private mutating func note(omitted lines: Int, of table: ProcNetTable) {
    guard lines > 0 else { return }
    report.unreadable.append(CaptureGap(.table(table), .omittedLines(lines)))
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
        if name == "cgroup", let group = try? ProcessControlGroup(parsing: bytes.span) { groupPaths.insert(group.path) }
      }
    }
    if let limits = process.limits { files.append((ProcessFolder.limitsName, limits)) }
    if let count = process.descriptorCount {
      files.append((ProcessFolder.descriptorCountName, Array("\(count)\n".utf8)))
    }
    let executable = (try? process.executable ?? nil).map { redaction?.program($0) ?? $0 }
    let namespace = try? process.namespaceLink

    if let refusal { note(.descriptors(of: process.pid), refusal) }
    report.processes += 1
    // Each folder is made once, so that nothing has to be known about it later.
    let copy = "\(process.pid)"
    try output.makeFolder(copy)
    for file in files { try output.write("\(copy)/\(file.name)", file.bytes.span) }
    if let executable, !executable.isEmpty { try output.makeLink("\(copy)/exe", to: executable) }
    if let namespace, FileLink.networkNamespace(namespace.span) != nil {
      try output.makeFolder("\(copy)/ns")
      try output.makeLink("\(copy)/ns/net", to: namespace)
    }
    guard refusal == nil else { return }
    let descriptors = "\(copy)/fd"
    try output.makeFolder(descriptors)
    for link in links {
      try output.makeLink("\(descriptors)/\(link.descriptor)", to: Array("socket:[\(link.inode)]".utf8))
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

  mutating func note(_ item: CaptureGap.Item, _ error: SystemError) {
    report.unreadable.append(CaptureGap(item, CaptureGap.Reason(parsing: error.reason)))
  }
}
