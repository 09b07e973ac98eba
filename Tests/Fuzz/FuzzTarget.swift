import KernelFormats
import Options
import Query
import SocketModel

@testable import CommandLine

/// The inputs that a fuzzing run feeds: one decoder or parser each. `SOCKINSPECT_FUZZ` names the
/// one that runs.
enum FuzzTarget: String, CaseIterable {
  case procnet, sockdiag, process, manifest, query, options
  case joined, redaction, names, counters, tracepoint, archive
  case outputs, keys, classic, filter
  /// Breaks a promise on purpose, so that a run can prove that it would notice.
  case detector

  /// Feeds the bytes. A trap, a hang or a broken promise (`precondition`) is a finding.
  func feed(_ bytes: Span<UInt8>) {
    switch self {
    case .procnet: feedTable(bytes)
    case .sockdiag: feedDumps(bytes)
    case .process: feedProcess(bytes)
    case .manifest: feedManifest(bytes)
    case .query: feedQuery(bytes)
    case .options: feedOptions(bytes)
    case .joined: feedJoined(bytes)
    case .redaction: feedRedaction(bytes)
    case .names: feedNames(bytes)
    case .counters: feedCounters(bytes)
    case .tracepoint: feedTracepoint(bytes)
    case .archive: feedArchive(bytes)
    case .outputs: feedOutputs(bytes)
    case .keys: feedKeys(bytes)
    case .classic: feedClassicArguments(bytes)
    case .filter: feedFilter(bytes)
    case .detector: precondition(bytes.isEmpty || bytes[0] != 0x21, "the first byte is an exclamation mark")
    }
  }

  /// Feeds rules, chains and sets of nf_tables, cut into messages by their first byte, and tries
  /// packets with them.
  private func feedFilter(_ bytes: Span<UInt8>) {
    var ruleset = FilterRuleset()
    var start = 0
    while bytes.count - start > 2 {
      let kind = bytes[start]
      let end = min(bytes.count, start + 2 + Int(bytes[start + 1]))
      let message = bytes.extracting(start + 2..<end)
      switch kind % 3 {
      case 0: if let chain = try? NFTChain(parsing: message) { ruleset.add(chain) }
      case 1: if let rule = try? NFTRule(parsing: message) { ruleset.add(rule) }
      default:
        if let elements = try? NFTElement.all(parsing: message), let set = ruleset.wantedSets.first {
          ruleset.add(elements, to: set)
        }
      }
      start = end
    }
    for address in [nil, IPAddress(ipv4: 0x7F00_0001), IPAddress(ipv6: 1)] {
      for isUDP in [false, true] {
        _ = ruleset.rules(for: FilterRuleset.Packet(port: 8080, address: address, isUDP: isUDP))
      }
    }
  }

  /// Feeds a table whole and in two pieces: the records must be the same.
  private func feedTable(_ bytes: Span<UInt8>) {
    guard bytes.count > 2 else { return }
    let table = ProcNetTable.allCases[Int(bytes[0]) % ProcNetTable.allCases.count]
    let order: ByteOrder = bytes[1] & 1 == 0 ? .little : .big
    let text = bytes.extracting(2..<bytes.count)
    _ = ProcNetTable.recognise(header: text)
    let whole = decode(text, cutAt: text.count, table, order)
    let pieces = decode(text, cutAt: Int(bytes[1]) % (text.count + 1), table, order)
    precondition(whole.records == pieces.records, "a table decodes differently in two pieces")
    precondition(whole.problems == pieces.problems, "a table has other problems in two pieces")
    readEverything(of: whole)
  }

  private func decode(_ text: Span<UInt8>, cutAt cut: Int, _ table: ProcNetTable, _ order: ByteOrder) -> Snapshot {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "proc"))
    var decoder = ProcNetDecoder(table: table, path: "net/table", byteOrder: order)
    decoder.decode(text.extracting(0..<cut), into: &snapshot)
    decoder.decode(text.extracting(cut..<text.count), into: &snapshot)
    decoder.finish(into: &snapshot)
    return snapshot
  }

  private func feedDumps(_ bytes: Span<UInt8>) {
    guard bytes.count > 1 else { return }
    let transports = Transport.allCases
    let transport = transports[Int(bytes[0]) % transports.count]
    for dump in SockDiagDump.all(of: transport, families: [.ipv4, .ipv6]) {
      var table = SockDiagTable()
      var answer = SockDiagAnswer(to: dump, sequence: 1, port: 4242, states: .all, requiredDetails: .all, netns: 1)
      _ = try? answer.decode(bytes.extracting(1..<bytes.count), into: &table)
      var snapshot = Snapshot(meta: SnapshotMeta(source: "sock_diag"))
      snapshot.records = table.records
      snapshot.details = table.details
      snapshot.names = table.names
      readEverything(of: snapshot)
      feedRecording(of: dump, bytes.extracting(1..<bytes.count))
    }
  }

  /// Records the messages, and redacts what was recorded: both are whole messages.
  private func feedRecording(of dump: SockDiagDump, _ bytes: Span<UInt8>) {
    var part = RecordedDump.Part()
    try? part.append(bytes)
    precondition(RecordedDump.wholeLength(of: part.bytes.span) == part.bytes.count, "a part of a recording is cut")
    guard Redaction.coversDump(of: dump.transport) else { return }
    var redaction = Redaction(byteOrder: .native)
    var omitted = 0
    let messages = redaction.messages(of: dump, part.bytes.span, omitted: &omitted)
    var again = RecordedDump.Part()
    let isWhole: Void? = try? again.append(messages.span)
    precondition(isWhole != nil, "redacted messages do not parse")
    var table = SockDiagTable()
    var answer = SockDiagAnswer(to: dump, sequence: 0, port: 0, states: .all, requiredDetails: .all, netns: 1)
    _ = try? answer.decode(messages.span, into: &table)
  }

  private func feedProcess(_ bytes: Span<UInt8>) {
    _ = try? ProcessStat(parsing: bytes)
    _ = try? ProcessStatus(parsing: bytes)
    _ = try? ProcessControlGroup(parsing: bytes)
    _ = try? SystemStat(parsing: bytes)
    _ = FileLink.socketInode(bytes)
    _ = FileLink.networkNamespace(bytes)
    _ = try? DescriptorInfo(parsing: bytes)
    _ = DescriptorInfo.descriptorsWaiting(bytes)
    _ = RingFixedSocket.all(in: bytes)
    _ = NFSPortList(parsing: bytes)
    _ = try? LinkMessage(parsing: bytes)
    _ = try? GenericNetlinkFamily(parsing: bytes)
    _ = try? WireGuardDevice(parsing: bytes)
    _ = MountInfo.networkNamespaces(parsing: bytes)
    feedWorkload(bytes)
  }

  private func feedWorkload(_ bytes: Span<UInt8>) {
    var text: [UInt8] = []
    for index in bytes.indices { text.append(bytes[index]) }
    _ = ControlGroupPath(parsing: text).workload()?.text
    _ = ContainerConfiguration(parsing: bytes)
    _ = StoredContainers(parsing: bytes)
    _ = ContainerLogName(parsing: text)
    _ = PodLogFolder(parsing: text)
    _ = ProcessName.completed(Array(text.prefix(15)), arguments: text)
    _ = ProcessName.completed(Array(text.prefix(15)), executable: text)
  }

  /// Writes what was read, and reads it again: the result must be the same.
  private func feedManifest(_ bytes: Span<UInt8>) {
    var problems: [Problem] = []
    let manifest = CaptureManifest(parsing: bytes, problems: &problems)
    var none: [Problem] = []
    let again = CaptureManifest(parsing: manifest.encoded().span, problems: &none)
    precondition(none.isEmpty, "a manifest that was written does not read")
    precondition(again == manifest, "a manifest is not read as it was written")
  }

  private func feedQuery(_ bytes: Span<UInt8>) {
    var text: [UInt8] = []
    for index in bytes.indices { text.append(bytes[index]) }
    do {
      let query = try Query.parse(bytes: text, names: NameTables())
      let snapshot = FuzzTarget.sample
      for row in snapshot.records.indices {
        let isMatch = query.matches(snapshot, row: row)
        precondition(!isMatch || query.couldMatch(snapshot, row: row), "a match was thought impossible")
        precondition(!isMatch || query.states.contains(snapshot.records[row].state), "a match has a state left out")
      }
      _ = query.kernelFilter(for: [.tcp, .udp])
      let canonical = try Query.canonical(text)
      let again = try Query.canonical(canonical)
      precondition(again == canonical, "a query is not printed as it is read")
    } catch {
      precondition(!error.render().utf8.contains { $0 < 0x20 && $0 != 0x0A }, "a message holds control bytes")
    }
  }

  /// The arguments are separated by NULs. Planning looks nothing up on this machine.
  private func feedOptions(_ bytes: Span<UInt8>) {
    var arguments: [[UInt8]] = [[]]
    for index in bytes.indices {
      if bytes[index] == 0 { arguments.append([]) } else { arguments[arguments.count - 1].append(bytes[index]) }
    }
    let environment = Environment(
      variable: { _ in nil }, isTerminal: bytes.count & 1 == 0, terminalWidth: 80, names: { NameTables() })
    do {
      let words = arguments.map { String(decoding: $0, as: UTF8.self) }
      _ = try Plan(try TypedArguments.parse(words, for: .fuzzed), in: environment)
    } catch {
      precondition(!error.message.isEmpty, "a refusal says nothing")
    }
  }

  private func readEverything(of snapshot: Snapshot) {
    for row in snapshot.records.indices {
      for field in Field.all { _ = snapshot.value(of: field, at: row) }
    }
  }

  /// One socket of each transport and state.
  private static let sample: Snapshot = {
    var snapshot = Snapshot(meta: SnapshotMeta(source: "sample"))
    for transport in Transport.allCases {
      for state in SocketState.allCases {
        var record = SocketRecord(
          transport: transport, family: transport.isInternet ? (state.rawValue & 1 == 0 ? .ipv4 : .ipv6) : .unix,
          state: state)
        record.known = SocketRecord.Known(rawValue: state.rawValue & 1 == 0 ? .max : 0)
        record.localPort = 80
        record.remotePort = UInt16(state.rawValue) << 8
        record.localBits = 0x7F00_0001
        snapshot.records.append(record)
      }
    }
    return snapshot
  }()
}

extension Registry {
  /// The listing, and the commands with their own options; their meaning is found out, and nothing
  /// is carried out.
  fileprivate static let fuzzed = Registry(
    listing: ListingOptions.listing.table,
    commands: [
      Command(
        "watch", "watch [QUERY]", "", options: .own { WatchOptions.options.table }, operands: .query
      ) { (typed, environment) throws(UsageError) in
        var builder = WatchPlanBuilder(typed, in: environment)
        _ = try builder.build(typed)
        return .version
      },
      demo("listen-demo", DemoOptions.listenDemo) { (builder) throws(UsageError) in
        if try builder.hold() == nil { _ = try builder.serverPlan() }
      },
      demo("connect-demo", DemoOptions.connectDemo) { (builder) throws(UsageError) in _ = try builder.clientPlan() },
      demo("flow-demo", DemoOptions.flowDemo) { (builder) throws(UsageError) in _ = builder.flow() },
    ], chapters: { _ in [] })

  private static func demo(
    _ name: String, _ options: CommandOptions<DemoPlanBuilder>,
    _ finish: @escaping @Sendable (DemoPlanBuilder) throws(UsageError) -> Void
  ) -> Command {
    Command(name, name, "", options: .own { options.table }) { (typed, environment) throws(UsageError) in
      var builder = DemoPlanBuilder(environment: environment)
      try options.apply(typed.options, to: &builder)
      try finish(builder)
      return .version
    }
  }
}
