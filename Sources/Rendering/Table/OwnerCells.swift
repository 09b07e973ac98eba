internal import SocketModel
internal import Text

// The cells of owners.
extension CellWriter {
  /// Appends all owners of a row and returns their width in columns.
  @inline(__always)
  func appendOwners(_ range: Range<Int>, of row: Int?, to output: inout [UInt8]) -> Int {
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
  func ownersWidth(_ range: Range<Int>, of row: Int?) -> Int {
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

  /// Whether a row shows its workload because its owners are not known.
  func showsWorkload(at row: Int) -> Bool { workloadCell(at: row) != nil }

  @inline(__always)
  private func workloadCell(at row: Int?) -> WorkloadCell? {
    guard !workloadCells.isEmpty, let row, snapshot.lacksOwner(at: row) else { return nil }
    return workloadCells[snapshot.records[row].cgroup]
  }

  /// Appends what is shown of a row without owners, and returns its width in columns: the workload
  /// in parentheses where the owner may not be seen, or that there is none.
  private func appendWithoutOwner(_ row: Int?, to output: inout [UInt8]) -> Int {
    guard let cell = workloadCell(at: row) else {
      output.append(ASCII.hyphen)
      return 1
    }
    output.append(contentsOf: cell.text)
    return cell.width
  }

  private func widthWithoutOwner(_ row: Int?) -> Int { workloadCell(at: row)?.width ?? 1 }

  /// The columns that a workload among owners needs to be recognised.
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

/// The short text of a workload as a cell of owners: `(nginx.service)`, escaped once for all rows.
struct WorkloadCell: Sendable {
  let text: [UInt8]
  /// Its width in columns.
  let width: Int

  init(_ workload: Workload) {
    var text = [UInt8(ascii: "(")]
    Escaping.append(workload.label[...], to: &text, also: UInt8(ascii: ")"))
    text.append(UInt8(ascii: ")"))
    self.text = text
    width = TextWidth.columns(text[...])
  }
}

extension Snapshot {
  /// Whether the value of a field for an owner, by its index in ``Snapshot/owners``, is left out,
  /// because the owner before it, another descriptor of the same process, has it already.
  ///
  /// The fields of the other end have one value for each process. Those of the socket's own owners
  /// have one for each descriptor, so that they can be read side by side with `fd`; in a table only
  /// the process ids do.
  func repeatsProcess(_ field: Field, at index: Int, inTable: Bool = false) -> Bool {
    guard index > 0, let process = owners[index].processIndex, owners[index - 1].processIndex == process else {
      return false
    }
    return field.isOfPeer ? field != .peerOwners : inTable && field != .pid && field != .descriptor
  }
}
