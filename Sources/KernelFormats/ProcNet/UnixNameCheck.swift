package import SocketModel
internal import Text

/// Distinguishes rows of `/proc/net/unix` from names that imitate rows, by the names that sock_diag
/// reports.
///
/// The table prints names as they are, including newlines. So a process can choose a name with a
/// newline followed by what looks like a whole row, and nothing in the table shows the difference.
/// sock_diag reports each name with its length.
///
/// The checked table has one line per socket, and no name in it contains a newline: see
/// `unescaped(_:)`.
package struct UnixNameCheck: Sendable {
  /// The name of each socket by its inode, empty for a socket without a name.
  private var names: [UInt64: [UInt8]] = [:]
  /// All names that contain a newline, as the table prints them.
  private var broken: [[UInt8]] = []

  /// Makes a check without any socket.
  package init() {}

  /// Adds what sock_diag reports about all unix sockets. A socket may get its name between two
  /// calls.
  package mutating func add(_ snapshot: borrowing Snapshot) {
    var known = Set(broken)
    for row in snapshot.records.indices where snapshot.records[row].transport == .unix {
      let name = snapshot.name(at: row)?.bytes ?? []
      names[snapshot.records[row].inode] = name
      let printed = Self.printed(name)
      if printed.contains(Self.newline), known.insert(printed).inserted { broken.append(printed) }
    }
    broken.sort { $0.count > $1.count }
  }

  /// A checked table, and how many of its lines were left out.
  package struct Table: Sendable {
    /// The table, with escaped names.
    package var bytes: [UInt8] = []
    /// How many lines are neither the row of a socket that sock_diag reported nor part of its name.
    package var omittedLines = 0
  }

  /// Checks a whole table: rows of sockets that sock_diag did not report, or reported with another
  /// name, are left out.
  ///
  /// sock_diag does not report sockets without an inode, the ends that a listener has not accepted
  /// yet; they have the name of the listener.
  package func checked(_ bytes: Span<UInt8>) -> Table {
    var table = Table()
    // What follows a row that was left out may be the rest of its name.
    var isDoubtful = false
    table.bytes.reserveCapacity(bytes.count)
    var start = 0
    while start < bytes.count {
      let end = ProcNetDecoder.endOfLine(bytes, from: start)
      let line = bytes.extracting(start..<end)
      if start == 0, ProcNetHeader(line)?.table == .unix {
        append(bytes, start..<end, to: &table.bytes)
        table.bytes.append(Self.newline)
      } else if let row = row(bytes, at: start), !(isDoubtful && row.inode == 0) {
        isDoubtful = false
        append(bytes, start..<row.nameStart, to: &table.bytes)
        if !row.name.isEmpty {
          table.bytes.append(UInt8(ascii: " "))
          Self.appendEscaped(row.name, to: &table.bytes)
        }
        table.bytes.append(Self.newline)
        start = row.end + 1
        continue
      } else if end > start {
        table.omittedLines += 1
        isDoubtful = true
      }
      start = end + 1
    }
    return table
  }

  /// Parses the row of a socket that begins at an index.
  private func row(_ bytes: Span<UInt8>, at start: Int) -> Row? {
    let end = ProcNetDecoder.endOfLine(bytes, from: start)
    let line = bytes.extracting(start..<end)
    var cursor = LineCursor(at: 0, isCut: false)
    guard let record = try? UnixRow().decode(&cursor, line) else { return nil }
    let nameStart = start + cursor.position
    func follows(_ printed: [UInt8]) -> Bool {
      let stop = nameStart + 1 + printed.count
      guard stop <= bytes.count, stop == bytes.count || bytes[stop] == Self.newline else { return false }
      // Old kernels print a NUL as it is.
      return printed.indices.allSatisfy {
        let byte = bytes[nameStart + 1 + $0]
        return byte == printed[$0] || byte == 0 && printed[$0] == UInt8(ascii: "@")
      }
    }
    guard nameStart < end else {
      // It may have got its name after the table was read.
      return record.inode == 0 || names[record.inode] != nil ? Row(record.inode, nameStart, [], end) : nil
    }
    if record.inode == 0 {
      let rest = (nameStart + 1..<end).map { bytes[$0] }
      let printed = broken.first(where: follows) ?? rest
      return Row(0, nameStart, Self.bytes(ofPrinted: printed), nameStart + 1 + printed.count)
    }
    guard let name = names[record.inode], !name.isEmpty else { return nil }
    let printed = Self.printed(name)
    return follows(printed) ? Row(record.inode, nameStart, name, nameStart + 1 + printed.count) : nil
  }

  /// A row: its inode, the end of its columns, its name, and the index of the newline after it.
  private struct Row {
    let inode: UInt64
    let nameStart: Int
    let name: [UInt8]
    let end: Int

    init(_ inode: UInt64, _ nameStart: Int, _ name: [UInt8], _ end: Int) {
      self.inode = inode
      self.nameStart = nameStart
      self.name = name
      self.end = end
    }
  }

  // MARK: Names

  private static let newline = UInt8(ascii: "\n")

  /// A name as the table prints it: each NUL of an abstract one as `@`.
  private static func printed(_ name: [UInt8]) -> [UInt8] {
    name.first == 0 ? name.map { $0 == 0 ? UInt8(ascii: "@") : $0 } : name
  }

  /// The name as far as it follows from its printed form, when nothing else is known about it.
  private static func bytes(ofPrinted name: [UInt8]) -> [UInt8] {
    name.first == UInt8(ascii: "@") ? [0] + name.dropFirst() : name
  }

  /// Appends a name in which control bytes, backslashes and an `@` at the beginning of a path are
  /// escaped as `\xHH`; the NUL at the beginning of an abstract name is written `@`, as in the
  /// kernel's table.
  private static func appendEscaped(_ name: [UInt8], to output: inout [UInt8]) {
    for (index, byte) in name.enumerated() {
      if index == 0, byte == 0 {
        output.append(UInt8(ascii: "@"))
      } else if byte < UInt8(ascii: " ") || byte == ASCII.delete || byte == UInt8(ascii: "\\")
        || index == 0 && byte == UInt8(ascii: "@")
      {
        output.append(ascii: "\\x")
        output.appendUpperHexadecimalByte(byte)
      } else {
        output.append(byte)
      }
    }
  }

  /// The bytes of a name from a checked table; what is not an escape stands for itself.
  static func unescaped(_ name: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    var index = 0
    while index < name.count {
      if name[index] == UInt8(ascii: "\\"), index + 3 < name.count, name[index + 1] == UInt8(ascii: "x"),
        let high = hexadecimalDigit(name[index + 2]), let low = hexadecimalDigit(name[index + 3])
      {
        output.append(high << 4 | low)
        index += 4
      } else {
        output.append(index == 0 && name[0] == UInt8(ascii: "@") ? 0 : name[index])
        index += 1
      }
    }
    return output
  }

  private func append(_ bytes: Span<UInt8>, _ range: Range<Int>, to output: inout [UInt8]) {
    for index in range { output.append(bytes[index]) }
  }
}
