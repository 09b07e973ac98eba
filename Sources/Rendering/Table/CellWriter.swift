package import SocketModel
internal import Text

/// Writes the fields of a snapshot's sockets as cells of a table.
///
/// - The two ends are written by ``EndText``: `127.0.0.1:1234`, `[::1]:1234`, `*:8080`,
///   `0.0.0.0%lo:1234`.
/// - The owners are `python3[4112] fd 3`, several descriptors `fd 3,4`, several processes separated
///   by `, `. A `[` in a process's name is written `\x5b`, so that the first `[` always ends the
///   name.
/// - Where an owner may not be seen, the workload of the socket is in its place: `(nginx.service)`.
/// - What is not known is `-`.
///
/// The fields of the default columns are read from the records themselves; the others come as
/// ``FieldValue``.
package struct CellWriter: Sendable {
  package let snapshot: Snapshot
  private let names: ShownNames
  private let resolves: Bool
  private let ends: EndText
  private let namespaceLabels: [UInt32: [UInt8]]
  /// The escaped names of the processes, and their widths in columns.
  private let processNames: [[UInt8]]
  private let processWidths: [Int]
  private let stateNames: [[UInt8]]
  private let transportNames: [[UInt8]]
  /// Whether a socket without a known owner shows its workload in place of it.
  private let showsWorkloads: Bool

  /// Prepares to write the fields of a snapshot's sockets.
  package init(snapshot: Snapshot, names: ShownNames) {
    self.snapshot = snapshot
    self.names = names
    resolves = !names.isEmpty
    ends = EndText(snapshot, names: names)
    showsWorkloads = snapshot.hidesOwners && !snapshot.workloads.isEmpty
    namespaceLabels = snapshot.namespaceNames
    var processNames: [[UInt8]] = []
    var processWidths: [Int] = []
    processNames.reserveCapacity(snapshot.processes.count)
    for process in snapshot.processes {
      var name: [UInt8] = []
      Escaping.append(process.shownName[...], to: &name, also: UInt8(ascii: "["))
      processWidths.append(TextWidth.columns(name[...]))
      processNames.append(name)
    }
    self.processNames = processNames
    self.processWidths = processWidths
    var stateNames = [[UInt8]](repeating: [], count: 256)
    for state in SocketState.allCases { stateNames[Int(state.rawValue)] = Array(state.name.utf8) }
    self.stateNames = stateNames
    transportNames = Transport.allCases.map { Array($0.name.utf8) }
  }

  /// Appends the cell of a field and returns its width in columns.
  @inline(__always)
  package func append(_ field: Field, _ record: SocketRecord, row: Int, to output: inout [UInt8]) -> Int {
    let start = output.count
    switch field {
    case .transport: output.append(contentsOf: transportNames[Int(record.transport.rawValue)])
    case .state: output.append(contentsOf: stateNames[Int(record.state.rawValue)])
    case .receiveQueue: append(record.receiveQueue, if: record.known.contains(.receiveQueue), to: &output)
    case .sendQueue: append(record.sendQueue, if: record.known.contains(.sendQueue), to: &output)
    case .local where record.hasPlainLocal && !resolves:
      appendEndpoint(record.localBits, record.localPort, isIPv4: record.family == .ipv4, to: &output)
    case .peer where record.hasPlainPeer && !resolves:
      if record.hasPeer {
        appendEndpoint(record.remoteBits, record.remotePort, isIPv4: record.family == .ipv4, to: &output)
      } else {
        output.append(ASCII.hyphen)
      }
    case .owners: return appendOwners(row, to: &output)
    default: return appendOther(field, record, row: row, to: &output)
    }
    return output.count - start
  }

  /// The width of the cell of a field in columns; `scratch` is for cells that must be written to be
  /// measured.
  @inline(__always)
  package func width(_ field: Field, _ record: SocketRecord, row: Int, scratch: inout [UInt8]) -> Int {
    switch field {
    case .transport: return transportNames[Int(record.transport.rawValue)].count
    case .state: return stateNames[Int(record.state.rawValue)].count
    case .receiveQueue:
      return record.known.contains(.receiveQueue) ? ByteText.digits(UInt64(record.receiveQueue)) : 1
    case .sendQueue: return record.known.contains(.sendQueue) ? ByteText.digits(UInt64(record.sendQueue)) : 1
    case .local where record.hasPlainLocal && !resolves:
      if record.family == .ipv4 { return dottedWidth(record.localBits, record.localPort) }
    case .peer where record.hasPlainPeer && !resolves:
      if !record.hasPeer { return 1 }
      if record.family == .ipv4 { return dottedWidth(record.remoteBits, record.remotePort) }
    case .owners: return ownersWidth(row)
    default: break
    }
    scratch.removeAll(keepingCapacity: true)
    return append(field, record, row: row, to: &scratch)
  }

  /// Whether the cell of a field shows that there is no value.
  func isAbsent(_ field: Field, _ record: SocketRecord, row: Int, scratch: inout [UInt8]) -> Bool {
    scratch.removeAll(keepingCapacity: true)
    _ = append(field, record, row: row, to: &scratch)
    return scratch.isEmpty || scratch == [UInt8(ascii: "-")]
  }

  @inline(__always)
  private func append(_ number: UInt32, if isKnown: Bool, to output: inout [UInt8]) {
    if isKnown { output.appendDecimal(UInt64(number)) } else { output.append(ASCII.hyphen) }
  }

  @inline(__always)
  private func dottedWidth(_ bits: UInt128, _ port: UInt16) -> Int {
    ByteText.dottedLength(UInt32(truncatingIfNeeded: bits)) + 1 + ByteText.digits(UInt64(port))
  }

  @inline(__always)
  private func appendEndpoint(_ bits: UInt128, _ port: UInt16, isIPv4: Bool, to output: inout [UInt8]) {
    if isIPv4 {
      output.appendDotted(UInt32(truncatingIfNeeded: bits))
    } else {
      output.append(UInt8(ascii: "["))
      output.appendAddress(bits, isIPv4: false)
      output.append(UInt8(ascii: "]"))
    }
    output.append(ASCII.colon)
    if port == 0 { output.append(UInt8(ascii: "*")) } else { output.appendDecimal(UInt64(port)) }
  }

  /// Appends the cell of a field that is seldom shown, or whose numbers are replaced by names.
  private func appendOther(_ field: Field, _ record: SocketRecord, row: Int, to output: inout [UInt8]) -> Int {
    let start = output.count
    if field == .local || field == .path, record.transport == .unix, let name = snapshot.name(at: row) {
      name.appendCell(to: &output)
    } else if field == .local, record.transport != .unix, record.transport != .other {
      ends.appendLocal(record, to: &output)
    } else if field == .peer, record.transport.isInternet, record.hasPeer {
      ends.appendPeer(record, to: &output)
    } else if field.isPerOwner {
      appendValues(of: field, record, row: row, to: &output)
    } else {
      appendValue(snapshot.value(of: field, at: row), record, field, to: &output)
    }
    return TextWidth.columns(output[start...])
  }

  /// Appends the values of all owners. Commands contain commas, which are escaped only where they
  /// would look like those between the owners, and are long, so that each process has only one.
  private func appendValues(of field: Field, _ record: SocketRecord, row: Int, to output: inout [UInt8]) {
    let owners = snapshot.ownerRange(at: row)
    if owners.isEmpty { output.append(ASCII.hyphen) }
    let isCommand = field == .command
    let isList =
      !isCommand
      || owners.contains { snapshot.owners[$0].processIndex != snapshot.owners[owners.lowerBound].processIndex }
    for index in owners {
      if index != owners.lowerBound {
        if isCommand, snapshot.owners[index].processIndex == snapshot.owners[index - 1].processIndex { continue }
        output.append(ASCII.comma)
      }
      let value = snapshot.value(of: field, owner: snapshot.owners[index])
      appendValue(value, record, field, to: &output, also: isList ? ASCII.comma : 0)
    }
  }

  private func appendValue(
    _ value: FieldValue, _ record: SocketRecord, _ field: Field? = nil, to output: inout [UInt8], also: UInt8 = 0
  ) {
    switch value {
    case .absent: output.append(ASCII.hyphen)
    case .number(let number):
      if resolves, field == .localPort || field == .peerPort, number <= UInt16.max,
        let name = names.service(UInt16(number), of: record.transport)
      {
        Escaping.appendCell(Array(name.utf8)[...], to: &output)
      } else if field == .netns, let label = namespaceLabels[UInt32(truncatingIfNeeded: number)] {
        Escaping.appendCell(label[...], to: &output)
      } else if let field, let words = WordsForNumbers.text(number, field.numberWords) {
        output.append(ascii: words)
      } else {
        output.appendDecimal(number)
      }
    case .hexadecimal(let number): output.appendHexadecimal(number)
    case .address(let address):
      if let name = resolves ? names.hosts[address] : nil {
        Escaping.appendCell(Array(name.utf8)[...], to: &output)
      } else {
        output.appendAddress(address.bits, isIPv4: address.isIPv4)
      }
    case .endpoint(let endpoint): output.append(ascii: endpoint.description)
    case .word(let word): output.append(ascii: word)
    case .bytes(let bytes): Escaping.appendCell(bytes[...], to: &output, also: also)
    case .flag(let flag): output.append(ascii: flag ? "yes" : "no")
    }
  }
}

// Owners.
extension CellWriter {
  /// Appends all owners of a row and returns their width in columns.
  @inline(__always)
  private func appendOwners(_ row: Int, to output: inout [UInt8]) -> Int {
    let range = snapshot.ownerRange(at: row)
    guard !range.isEmpty else { return appendWithoutOwner(row, to: &output) }
    var width = 0
    var index = range.lowerBound
    while index < range.upperBound {
      if index != range.lowerBound {
        output.append(ASCII.comma)
        output.append(ASCII.blank)
        width += 2
      }
      width += appendProcess(&index, range.upperBound, to: &output)
    }
    return width
  }

  /// Appends one process with all of its descriptors, moves `index` past them, and returns the
  /// width in columns.
  @inline(__always)
  private func appendProcess(
    _ index: inout Int, _ end: Int, hasDescriptors: Bool = true, to output: inout [UInt8]
  ) -> Int {
    let owner = snapshot.owners[index]
    index += 1
    guard let processIndex = owner.processIndex, let pid = owner.pid else { return appendName(of: owner, to: &output) }
    let process = Int(processIndex)
    output.append(contentsOf: processNames[process])
    let start = output.count
    output.append(UInt8(ascii: "["))
    output.appendDecimal(Int(pid))
    output.append(UInt8(ascii: "]"))
    if hasDescriptors, let attribution = owner.attribution, attribution.isWithoutPlainDescriptor {
      appendCarriers(&index, end, to: &output)
      return processWidths[process] + output.count - start
    }
    // The descriptor of an owner from an event may be unknown.
    guard let descriptor = owner.descriptor ?? owner.ring?.descriptor ?? owner.receiver else {
      return processWidths[process] + output.count - start
    }
    guard hasDescriptors else {
      while index < end, snapshot.owners[index].processIndex == processIndex { index += 1 }
      return processWidths[process] + output.count - start
    }
    output.append(ASCII.blank)
    output.append(UInt8(ascii: "f"))
    output.append(UInt8(ascii: "d"))
    output.append(ASCII.blank)
    output.appendDecimal(Int(descriptor))
    while index < end, snapshot.owners[index].processIndex == processIndex,
      let descriptor = snapshot.owners[index].descriptor
    {
      output.append(ASCII.comma)
      output.appendDecimal(Int(descriptor))
      index += 1
    }
    return processWidths[process] + output.count - start
  }

  @inline(__always)
  private func ownersWidth(_ row: Int) -> Int {
    let range = snapshot.ownerRange(at: row)
    guard !range.isEmpty else { return widthWithoutOwner(row) }
    var width = 0
    var index = range.lowerBound
    while index < range.upperBound {
      width += index == range.lowerBound ? 0 : 2
      width += processWidth(&index, range.upperBound)
    }
    return width
  }

  /// The width of a process with all of its descriptors, in columns; moves `index` past them.
  @inline(__always)
  private func processWidth(_ index: inout Int, _ end: Int) -> Int {
    let owner = snapshot.owners[index]
    var width = bareWidth(owner)
    index += 1
    if let attribution = owner.attribution, attribution.isWithoutPlainDescriptor {
      var scratch: [UInt8] = []
      appendCarriers(&index, end, to: &scratch)
      return width + scratch.count
    }
    guard let processIndex = owner.processIndex, let descriptor = owner.descriptor else { return width }
    width += 4 + ByteText.columns(descriptor)
    while index < end, snapshot.owners[index].processIndex == processIndex,
      let descriptor = snapshot.owners[index].descriptor
    {
      width += 1 + ByteText.columns(descriptor)
      index += 1
    }
    return width
  }

  /// Appends what a process has a socket through, for the owner before `index` and those of the same
  /// process after it: `ring fd 3 slot 0` of an io_uring, `thread 17 fd 4` of a thread with its own
  /// descriptors, `in flight to fd 5?` of a unix socket in which it may wait. Moves `index` past them.
  private func appendCarriers(_ index: inout Int, _ end: Int, to output: inout [UInt8]) {
    index -= 1
    let process = snapshot.owners[index].processIndex
    var isFirst = true
    while index < end, snapshot.owners[index].processIndex == process {
      let owner = snapshot.owners[index]
      output.append(isFirst ? ASCII.blank : ASCII.comma)
      if let ring = owner.ring {
        output.append(ascii: "ring fd \(ring.descriptor)")
        if let slot = ring.slot { output.append(ascii: " slot \(slot)") }
      } else if let receiver = owner.receiver {
        output.append(ascii: "in flight to fd \(receiver)?")
      } else {
        if let thread = owner.thread { output.append(ascii: "thread \(thread) ") }
        output.append(ascii: owner.descriptor.map { "fd \($0)" } ?? "fd ?")
      }
      isFirst = false
      index += 1
    }
  }

  /// The width of a process without its descriptors, in columns: `NAME[PID]`.
  private func bareWidth(_ owner: Owner) -> Int {
    guard let process = owner.processIndex, let pid = owner.pid else {
      var scratch: [UInt8] = []
      return appendName(of: owner, to: &scratch)
    }
    return processWidths[Int(process)] + ByteText.columns(pid) + 2
  }

  /// Appends the name of an owner that is not a process, and returns its width in columns.
  private func appendName(of owner: Owner, to output: inout [UInt8]) -> Int {
    let start = output.count
    Escaping.append(snapshot.name(of: owner)[...], to: &output, also: UInt8(ascii: "["))
    return TextWidth.columns(output[start...])
  }

  /// Whether the owners of a row are not known, and its workload is shown in place of them.
  func showsWorkload(at row: Int) -> Bool { showsWorkloads && snapshot.workloadWithoutOwner(at: row) != nil }

  /// Appends what is shown of a row without owners, and returns its width in columns: the workload
  /// in parentheses where the owner may not be seen, or that there is none.
  private func appendWithoutOwner(_ row: Int, to output: inout [UInt8]) -> Int {
    guard showsWorkloads, let workload = snapshot.workloadWithoutOwner(at: row) else {
      output.append(ASCII.hyphen)
      return 1
    }
    let start = output.count
    output.append(UInt8(ascii: "("))
    Escaping.append(workload.label[...], to: &output, also: UInt8(ascii: ")"))
    output.append(UInt8(ascii: ")"))
    return TextWidth.columns(output[start...])
  }

  private func widthWithoutOwner(_ row: Int) -> Int {
    guard showsWorkloads else { return 1 }
    var scratch: [UInt8] = []
    return appendWithoutOwner(row, to: &scratch)
  }

  /// The columns that a workload in place of owners needs to be recognised.
  private static let leastWorkload = 16

  /// The most columns for the descriptors of a process: a longer list is left out entirely.
  private static let descriptorLimit = 40

  /// The widths of a row's owners in columns: all of them; the first with its descriptors and ` +N`
  /// for the others; the first without descriptors.
  func ownersWidths(_ row: Int) -> (whole: Int, brief: Int, bare: Int) {
    let range = snapshot.ownerRange(at: row)
    guard let first = range.first else {
      let width = widthWithoutOwner(row)
      return (width, width, min(width, Self.leastWorkload))
    }
    let bare = bareWidth(snapshot.owners[first])
    var whole = 0
    var processes = 0
    var firstWidth = 0
    var index = range.lowerBound
    while index < range.upperBound {
      whole += processes == 0 ? 0 : 2
      whole += processWidth(&index, range.upperBound)
      processes += 1
      if processes == 1 { firstWidth = whole }
    }
    if range.count == 1 { return (whole, whole, bare) }
    let tail = processes == 1 ? 0 : 2 + ByteText.digits(UInt64(processes - 1))
    return (whole, (firstWidth <= Self.descriptorLimit ? firstWidth : bare) + tail, bare + tail)
  }

  /// Appends as many owners as fit into `limit` columns, and ` +N` for the N processes that do not.
  /// The first is written without descriptors if they do not fit, and may even then be too wide.
  func appendOwners(_ row: Int, within limit: Int, hasDescriptors: Bool = true, to output: inout [UInt8]) -> Int {
    let range = snapshot.ownerRange(at: row)
    guard !range.isEmpty else { return appendWithoutOwner(row, to: &output) }
    var processes = 0
    var previous: Int32?
    for index in range {
      let process = snapshot.owners[index].processIndex
      if process == nil || process != previous { processes += 1 }
      previous = process
    }
    let beginning = output.count
    var width = 0
    var shown = 0
    var index = range.lowerBound
    while index < range.upperBound {
      let start = output.count
      let separator = shown == 0 ? 0 : 2
      if shown != 0 { output.append(ascii: ", ") }
      let added =
        separator + appendProcess(&index, range.upperBound, hasDescriptors: hasDescriptors, to: &output)
      let rest = processes - shown - 1
      let tail = rest == 0 ? 0 : 2 + ByteText.digits(UInt64(rest))
      if width + added + tail > limit {
        if shown == 0, hasDescriptors {
          output.removeLast(output.count - beginning)
          return appendOwners(row, within: limit, hasDescriptors: false, to: &output)
        }
        if shown != 0 {
          output.removeLast(output.count - start)
          break
        }
      }
      width += added
      shown += 1
    }
    guard shown < processes else { return width }
    output.append(ascii: " +")
    output.appendDecimal(processes - shown)
    return width + 2 + ByteText.digits(UInt64(processes - shown))
  }
}
