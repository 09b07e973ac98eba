import Rendering
package import SocketModel
internal import Text

/// The columns of `lsof` (`print_file` of its `print.c`): each as wide as its title or longest
/// cell, the process's name at most as wide as requested.
package struct LsofTable: Sendable {
  private let context: LsofContext
  private let files: [OwnedSocket]
  private var command = 7
  private var pid = 3
  /// The widths of the columns about threads, where any is listed.
  private var task: (id: Int, command: Int)?
  private var parent = 4
  private var group = 4
  private var user = 4
  private var type = 4
  private var flags = 9
  private var device = 6
  private var node = 4
  /// The number, its access and its lock take six columns, whatever the number.
  private static let descriptor = 4
  private let size: Int
  private var commands: [[UInt8]]

  /// Lays out a table of the descriptors given.
  package init(_ view: LsofView, _ snapshot: Snapshot, files: [OwnedSocket]) {
    context = LsofContext(view, snapshot)
    self.files = files
    size =
      switch view.sizes {
      case .either: 8
      case .size: 4
      case .offset: 6
      }
    commands = Array(repeating: [], count: snapshot.processes.count)
    measure()
  }

  /// How many descriptors there are.
  package var count: Int { files.count }

  private mutating func measure() {
    let view = context.view
    var previous: Int32?
    var widestInode: UInt64 = 0
    var scratch: [UInt8] = []
    for file in files {
      let owner = context.snapshot.owners[Int(file.owner)]
      if let process = owner.processIndex, process != previous {
        previous = process
        measure(context.snapshot.processes[Int(process)], at: Int(process))
      }
      let row = Int(file.row)
      let transport = context.snapshot.records[row].transport
      let inode = context.snapshot.records[row].inode
      switch transport {
      case .tcp, .mptcp, .udp:
        widestInode = max(widestInode, inode)
      case .udplite:
        node = max(node, 7)
        widestInode = max(widestInode, inode)
      case .packet:
        widestInode = max(widestInode, inode)
        scratch.removeAll(keepingCapacity: true)
        _ = context.appendProtocol(of: context.snapshot.records[row], to: &scratch)
        node = max(node, scratch.count)
      case .unix:
        if context.snapshot.records[row].kernelAddress != nil { device = max(device, 18) }
        node = max(node, ByteText.digits(inode))
      case .netlink:
        type = max(type, 7)
        node = max(node, ByteText.digits(inode))
      case .raw, .icmp, .sctp, .smc, .vsock, .xdp, .tipc, .other: node = max(node, ByteText.digits(inode))
      }
      if view.flags != .none {
        scratch.removeAll(keepingCapacity: true)
        _ = context.appendFlags(of: file, hexadecimal: view.flags == .hexadecimal, to: &scratch)
        flags = max(flags, scratch.count)
      }
    }
    if widestInode > 0 { device = max(device, ByteText.digits(widestInode)) }
  }

  private mutating func measure(_ process: ProcessInfo, at index: Int) {
    let name = process.name.isEmpty ? Array("(unknown)".utf8) : process.name
    commands[index] = name
    let width = LsofText.nameWidth(name)
    let limit = context.view.commandLimit
    command = max(command, limit == 0 ? width : min(width, limit))
    pid = max(pid, ByteText.columns(process.pid))
    if let info = process.task {
      let width = LsofText.nameWidth(info.name)
      let known = task ?? (id: 3, command: 7)
      task = (
        id: max(known.id, ByteText.columns(info.id)),
        command: max(known.command, limit == 0 ? width : min(width, limit))
      )
    }
    parent = max(parent, ByteText.columns(process.parent ?? 0))
    group = max(group, ByteText.columns(process.group ?? 0))
    let uid = process.uid ?? 0
    user = max(user, context.userName(uid)?.count ?? max(8, ByteText.digits(UInt64(uid))))
  }

  /// The line of titles.
  package var header: [UInt8] {
    var output: [UInt8] = []
    func title(_ text: String, _ width: Int) {
      output.append(ASCII.blank)
      Self.appendRight(text.utf8, width, to: &output)
    }
    output.append(ascii: "COMMAND")
    output.append(contentsOf: repeatElement(ASCII.blank, count: command - 7))
    title("PID", pid)
    if let task {
      title("TID", task.id)
      output.append(ascii: " TASKCMD")
      output.append(contentsOf: repeatElement(ASCII.blank, count: task.command - 7))
    }
    if context.view.parents { title("PPID", parent) }
    if context.view.groups { title("PGID", group) }
    title("USER", user)
    title("FD", Self.descriptor)
    output.append(ascii: "  ")
    title("TYPE", type)
    if context.view.flags != .none { title("FILE-FLAG", flags) }
    title("DEVICE", device)
    switch context.view.sizes {
    case .either: title("SIZE/OFF", size)
    case .size: title("SIZE", size)
    case .offset: title("OFFSET", size)
    }
    if context.view.links { title("NLINK", 5) }
    title("NODE", node)
    output.append(ascii: " NAME\n")
    return output
  }

  /// The rows of some of the descriptors.
  package func render(_ range: Range<Int>) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(range.count * 128)
    var beginning: [UInt8] = []
    var previous: Int32?
    var scratch: [UInt8] = []
    for index in range {
      let file = files[index]
      let owner = context.snapshot.owners[Int(file.owner)]
      if let process = owner.processIndex, process != previous {
        previous = process
        beginning = self.beginning(of: Int(process))
      }
      output.append(contentsOf: beginning)
      append(file, owner, context.snapshot.records[Int(file.row)], &scratch, to: &output)
    }
    return output
  }

  /// The beginning that all rows of a process share.
  private func beginning(of index: Int) -> [UInt8] {
    let process = context.snapshot.processes[index]
    var output: [UInt8] = []
    func number(_ number: Int32, _ width: Int) {
      output.append(ASCII.blank)
      output.append(contentsOf: repeatElement(ASCII.blank, count: max(0, width - ByteText.columns(number))))
      output.appendDecimal(Int(number))
    }
    LsofText.appendName(commands[index], width: command, to: &output)
    number(process.pid, pid)
    if let task {
      if let info = process.task { number(info.id, task.id) } else { output.append(blanks: task.id + 1) }
      output.append(ASCII.blank)
      LsofText.appendName(process.task?.name ?? [], width: task.command, to: &output)
    }
    if context.view.parents { number(process.parent ?? 0, parent) }
    if context.view.groups { number(process.group ?? 0, group) }
    output.append(ASCII.blank)
    let uid = process.uid ?? 0
    Self.appendRight(context.userName(uid) ?? Array("\(uid)".utf8), user, to: &output)
    return output
  }

  @inline(__always)
  private func append(
    _ file: OwnedSocket, _ owner: Owner, _ record: SocketRecord, _ scratch: inout [UInt8], to output: inout [UInt8]
  ) {
    func cell(_ width: Int, _ write: (inout [UInt8]) -> Void) {
      scratch.removeAll(keepingCapacity: true)
      write(&scratch)
      output.append(ASCII.blank)
      Self.appendRight(scratch, width, to: &output)
    }
    cell(Self.descriptor) { context.appendDescriptor(owner, to: &$0) }
    output.append(ascii: "u ")
    cell(type) { $0.append(ascii: context.type(of: record).description) }
    if context.view.flags != .none {
      cell(flags) { _ = context.appendFlags(of: file, hexadecimal: context.view.flags == .hexadecimal, to: &$0) }
    }
    cell(device) { _ = context.appendDevice(of: record, to: &$0) }
    cell(size) { if context.view.sizes != .size { $0.append(ascii: "0t0") } }
    if context.view.links { cell(5) { _ in } }
    cell(node) { if !context.appendProtocol(of: record, to: &$0) { $0.appendDecimal(record.inode) } }
    output.append(ASCII.blank)
    let hasName = context.appendName(of: file, record, to: &output)
    context.appendInformation(of: record, hasName: hasName, to: &output)
    output.append(ASCII.newline)
  }

  @inline(__always)
  private static func appendRight(_ text: some Collection<UInt8>, _ width: Int, to output: inout [UInt8]) {
    let missing = width - text.count
    if missing > 0 { for _ in 0..<missing { output.append(ASCII.blank) } }
    output.append(contentsOf: text)
  }
}
