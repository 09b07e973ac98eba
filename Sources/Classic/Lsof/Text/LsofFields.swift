import Rendering
package import SocketModel
internal import Text

/// The output of `lsof -F` for other programs: one field per line, each after its letter
/// (`print_proc` of its `proc.c`).
package struct LsofFields: Sendable {
  /// The letters of the fields to print; `p` is always printed.
  package let letters: Set<Character>
  /// The byte after each field: a newline, or NUL with a newline after each set of fields.
  package let terminator: UInt8
  private let context: LsofContext
  private let files: [OwnedSocket]

  /// Prints some fields of the descriptors given.
  package init(
    _ view: LsofView, _ snapshot: Snapshot, files: [OwnedSocket], letters: Set<Character>, terminator: UInt8
  ) {
    context = LsofContext(view, snapshot)
    self.files = files
    self.letters = letters
    self.terminator = terminator
  }

  /// The whole output.
  package func render() -> [UInt8] {
    var output: [UInt8] = []
    var previous: Int32?
    for file in files {
      let owner = context.snapshot.owners[Int(file.owner)]
      if let process = owner.processIndex, process != previous {
        previous = process
        appendProcess(context.snapshot.processes[Int(process)], to: &output)
      }
      appendFile(file, owner, to: &output)
    }
    return output
  }

  private func field(_ letter: Character, to output: inout [UInt8], _ write: (inout [UInt8]) -> Bool) {
    guard letters.contains(letter) || letter == "p", let byte = letter.asciiValue else { return }
    let start = output.count
    output.append(byte)
    if write(&output) {
      output.append(terminator)
    } else {
      output.removeLast(output.count - start)
    }
  }

  private func number(_ letter: Character, _ number: Int?, to output: inout [UInt8]) {
    field(letter, to: &output) { output in
      number.map { output.appendDecimal($0) } != nil
    }
  }

  private func appendProcess(_ process: ProcessInfo, to output: inout [UInt8]) {
    number("p", Int(process.pid), to: &output)
    number("K", process.task.map { Int($0.id) }, to: &output)
    if let task = process.task {
      field("M", to: &output) {
        LsofText(isPrintable: context.view.isPrintable).append(task.name[...], to: &$0)
        return true
      }
    }
    number("g", process.group.map(Int.init), to: &output)
    number("R", process.parent.map(Int.init), to: &output)
    field("c", to: &output) {
      LsofText(isPrintable: context.view.isPrintable).append(process.name[...], to: &$0)
      return true
    }
    // As a signed number, which is how it is printed.
    number("u", process.uid.map { Int(Int32(bitPattern: $0)) }, to: &output)
    field("L", to: &output) { output in
      guard let name = process.uid.flatMap(context.userName) else { return false }
      output.append(contentsOf: name)
      return true
    }
    if terminator == 0 { output.append(ASCII.newline) }
  }

  private func appendFile(_ file: OwnedSocket, _ owner: Owner, to output: inout [UInt8]) {
    let record = context.snapshot.records[Int(file.row)]
    let start = output.count
    func text(_ letter: Character, _ text: StaticString) {
      field(letter, to: &output) {
        $0.append(ascii: text.description)
        return true
      }
    }
    field("f", to: &output) {
      context.appendDescriptor(owner, to: &$0)
      return true
    }
    text("a", "u")
    text("l", " ")
    text("t", context.type(of: record))
    field("G", to: &output) { context.appendFlags(of: file, hexadecimal: context.view.flags == .hexadecimal, to: &$0) }
    field("d", to: &output) { context.appendDevice(of: record, to: &$0) }
    if context.view.sizes != .size { text("o", "0t0") }
    let hasProtocol = field("P", record, to: &output)
    if !hasProtocol { number("i", Int(truncatingIfNeeded: record.inode), to: &output) }
    field("n", to: &output) {
      _ = context.appendName(of: file, record, to: &$0)
      return true
    }
    appendInformation(of: record, to: &output)
    if terminator == 0, output.count > start { output.append(ASCII.newline) }
  }

  /// Whether the socket has a protocol instead of an inode number; it is printed if the field was
  /// requested.
  private func field(_ letter: Character, _ record: SocketRecord, to output: inout [UInt8]) -> Bool {
    var scratch: [UInt8] = []
    guard context.appendProtocol(of: record, to: &scratch) else { return false }
    field(letter, to: &output) {
      $0.append(contentsOf: scratch)
      return true
    }
    return true
  }

  private func appendInformation(of record: SocketRecord, to output: inout [UInt8]) {
    guard letters.contains("T") else { return }
    if context.view.information.contains(.state), let state = context.stateName(of: record) {
      field("T", to: &output) {
        $0.append(ascii: "ST=" + state)
        return true
      }
    }
    guard context.view.information.contains(.queues) else { return }
    switch record.transport {
    case .tcp, .mptcp, .udp, .udplite:
      for (name, size) in context.queues(of: record) {
        field("T", to: &output) {
          $0.append(ascii: name)
          $0.appendDecimal(UInt64(size))
          return true
        }
      }
    default: break
    }
  }
}
