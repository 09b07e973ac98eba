import SocketModel

extension Redaction {
  /// A table with substitutes.
  package struct Table: Sendable {
    /// The table.
    package var bytes: [UInt8] = []
    /// How many lines were left out because they are not rows, so that the table shows less than
    /// the original.
    package var omittedLines = 0
  }

  /// Returns a table of `/proc/net` with substitutes for its addresses, users and unix names, and
  /// with zeros for the kernel's pointers.
  ///
  /// Only rows in the form of the table are kept, because it is not known what else a line may
  /// contain; they can be decoded like the originals. A table that ends in the middle of a row
  /// still does.
  ///
  /// - Parameters:
  ///   - table: which table it is.
  ///   - bytes: its text.
  ///   - hasCheckedNames: whether names of unix sockets are escaped, as ``UnixNameCheck`` does it.
  package mutating func table(
    _ table: ProcNetTable, _ bytes: Span<UInt8>, hasCheckedNames: Bool = false
  ) -> Table {
    var output = Table()
    output.bytes.reserveCapacity(bytes.count)
    var names = PendingName()
    // The substitutes must not turn a line that a reader refuses into a row.
    var reader = ProcNetDecoder(table: table, path: "", byteOrder: .little)
    var isInOther = false
    var start = 0
    while start < bytes.count {
      let end = ProcNetDecoder.endOfLine(bytes, from: start)
      let line = bytes.extracting(start..<end)
      let isCut = end == bytes.count
      var isKept = true
      // After the heading of another table a reader takes nothing for rows of this one.
      let header = start == 0 || table != .unix ? ProcNetHeader(line) : nil
      reader.lineCount += 1
      // A heading alone, without its newline, can be that of any table.
      if let header, start > 0 || !isCut { isInOther = !reader.mayGoOn(behind: header) }
      if isInOther {
        isKept = false
      } else if header != nil {
        // A heading that is cut is a whole table only as the first line.
        if isCut, start > 0, output.bytes.isEmpty { output.bytes.append(UInt8(ascii: "\n")) }
        headerLine(line, into: &output.bytes)
      } else {
        switch table {
        case .unix:
          isKept = unixLine(line, isCut: isCut, isEscaped: hasCheckedNames, &names, into: &output.bytes)
        case .sctpEndpoints, .sctpAssociations:
          // A row that is cut may end in an address.
          isKept = !isCut && reader.isRow(line) && associationLine(line, table, into: &output.bytes)
        default:
          isKept = (isCut || reader.isRow(line)) && columnsLine(line, Columns(table), into: &output.bytes)
        }
      }
      if isCut {
        flush(&names, into: &output.bytes)
        if isKept {
          output.bytes.removeLast()
        } else {
          // Of a row that was cut in an address, only the fact that there is one is kept.
          output.bytes.append(UInt8(ascii: "0"))
        }
      } else if !isKept, !isBlankLine(line) {
        output.omittedLines += 1
      }
      start = end + 1
    }
    flush(&names, into: &output.bytes)
    return output
  }

  private func isBlankLine(_ line: Span<UInt8>) -> Bool {
    line.indices.allSatisfy { isBlank(line[$0]) }
  }

  /// The heading as far as it consists of words that the kernel writes, with the blanks that
  /// distinguish the tables.
  private func headerLine(_ line: Span<UInt8>, into output: inout [UInt8]) {
    var cursor = FieldCursor()
    var end = line.count
    var known = 0
    while let field = cursor.field(line) {
      let word = line.extracting(field)
      guard Self.headings.contains(where: { isEqual(word, $0) }) else {
        end = known
        break
      }
      known = field.upperBound
    }
    append(line.extracting(0..<end), to: &output)
    output.append(UInt8(ascii: "\n"))
  }

  private static let headings: [String] = [
    "sl", "local_address", "rem_address", "remote_address", "st", "tx_queue", "rx_queue", "tr", "tm->when", "retrnsmt",
    "uid", "timeout", "inode", "ref", "pointer", "drops", "sk", "RefCnt", "Type", "Proto", "Iface", "R", "Rmem", "User",
    "Inode", "Eth", "Pid", "Groups", "Wmem", "Dump", "Locks", "Drops", "Num", "RefCount", "Protocol", "Flags", "St",
    "Path", "ENDPT", "ASSOC", "SOCK", "STY", "SST", "ST", "HBKT", "LPORT", "RPORT", "UID", "INODE", "LADDRS", "RADDRS",
    "<->", "ASSOC-ID", "TX_QUEUE", "RX_QUEUE", "HBINT", "INS", "OUTS", "MAXRT", "T1X", "T2X", "RTXC", "wmema",
    "wmemq", "sndbuf", "rcvbuf",
  ]

  /// Which columns of a table, counted from 0, hold which values.
  private struct Columns {
    var addresses: [Int] = [1, 2]
    var user: Int? = 7
    /// The kernel's pointers, which are real ones for a privileged reader.
    var pointers: [Int] = [11]
    /// A row has more columns than this.
    var least = 2
    /// The most columns to copy: what the kernel never writes is dropped, even a number.
    var most = 17
    let family: AddressFamily

    init(_ table: ProcNetTable) {
      family = table.family
      switch table {
      case .packet: (addresses, pointers, least, most) = ([], [0], 7, 9)
      // `Dump` is a pointer before Linux 3.13.
      case .netlink: (addresses, user, pointers, least, most) = ([], nil, [0, 6], 7, 10)
      default: break
      }
    }
  }

  /// Writes a row of columns between blanks, in which the addresses, the user and pointers are
  /// replaced and all other columns are short.
  ///
  /// - Returns: whether the line is a row.
  private mutating func columnsLine(_ line: Span<UInt8>, _ columns: Columns, into output: inout [UInt8]) -> Bool {
    let begin = output.count
    var cursor = FieldCursor()
    var column = 0
    var copied = 0
    while column < columns.most, let field = cursor.field(line) {
      append(line.extracting(copied..<field.lowerBound), to: &output)
      let text = line.extracting(field)
      copied = field.upperBound
      var isWell = true
      if columns.addresses.contains(column) {
        let substitute = endpoint(text, columns.family)
        output.append(contentsOf: substitute ?? [])
        isWell = substitute != nil
      } else if column == columns.user {
        // Kernels before 3.10 print numbers from 2^31 on as negative ones.
        if let uid = decimalNumber(text), Int128(Int32.min)...Int128(UInt32.max) ~= uid {
          output.append(contentsOf: "\(user(UInt32(truncatingIfNeeded: uid)))".utf8)
        } else {
          isWell = false
        }
      } else {
        // Numbers in any base, the kernel's pointer, `tx:rx` and `quick|pingpong`. None of them is
        // longer than 32 bytes.
        isWell = isNumeric(text)
        if columns.pointers.contains(column) { appendZeros(for: text, to: &output) } else { append(text, to: &output) }
      }
      guard isWell else {
        output.removeLast(output.count - begin)
        return false
      }
      column += 1
    }
    guard column > columns.least else {
      output.removeLast(output.count - begin)
      return false
    }
    while copied < line.count, isBlank(line[copied]) {
      output.append(line[copied])
      copied += 1
    }
    output.append(UInt8(ascii: "\n"))
    return true
  }

  /// Appends as many zeros as a pointer has digits, so that the row keeps its width. A short number
  /// is not a pointer.
  func appendZeros(for text: Span<UInt8>, to output: inout [UInt8]) {
    for index in text.indices {
      let isDigit = text.count >= 8 && hexadecimalDigit(text[index]) != nil
      output.append(isDigit ? UInt8(ascii: "0") : text[index])
    }
  }

  func isNumeric(_ text: Span<UInt8>) -> Bool {
    guard text.count <= 32 else { return false }
    for index in text.indices {
      switch text[index] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "F"),
        UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: "|"):
        continue
      // "(null)", an unhashed pointer of old kernels.
      case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "n"), UInt8(ascii: "u"), UInt8(ascii: "l"): continue
      default: return false
      }
    }
    return true
  }

  /// Writes `ADDRESS:PORT` with a substitute for the address; `nil` when it does not have that
  /// form.
  private mutating func endpoint(_ text: Span<UInt8>, _ family: AddressFamily) -> [UInt8]? {
    let words = family == .ipv4 ? 1 : 4
    guard text.count > words * 8, text[words * 8] == UInt8(ascii: ":") else { return nil }
    var cursor = LineCursor(at: 0, isCut: false)
    var bits: UInt128 = 0
    for _ in 0..<words {
      guard let word = byteOrder == .little ? cursor.swappedWord(text) : cursor.word(text) else { return nil }
      bits = bits << 32 | UInt128(word)
    }
    let address = address(IPAddress(bits: bits, isIPv4: words == 1))
    var output: [UInt8] = []
    for index in (0..<words).reversed() {
      let word = UInt32(truncatingIfNeeded: address.bits >> UInt128(32 * index))
      let shown = byteOrder == .little ? word.byteSwapped : word
      let digits = String(shown, radix: 16, uppercase: true)
      output.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: 8 - digits.utf8.count))
      output.append(contentsOf: digits.utf8)
    }
    let port = text.extracting((words * 8)..<text.count)
    guard port.count <= 9, isNumeric(port) else { return nil }
    append(port, to: &output)
    return output
  }

  // MARK: Unix sockets

  /// A row of the unix table whose name may continue in the next line.
  private struct PendingName {
    var row: [UInt8] = []
    var name: [UInt8]?
  }

  /// - Returns: whether the line is a row or continues the name of one.
  private mutating func unixLine(
    _ line: Span<UInt8>, isCut: Bool, isEscaped: Bool, _ pending: inout PendingName, into output: inout [UInt8]
  ) -> Bool {
    var cursor = LineCursor(at: 0, isCut: false)
    var isRow = false
    do throws(RowError) {
      _ = try UnixRow().decode(&cursor, line)
      isRow = true
    } catch {
      isRow = false
    }
    if isRow {
      flush(&pending, into: &output)
      // A row whose name is too long is not a row to a reader either.
      let longest = ProcNetDecoder.longestUnixName(isEscaped: isEscaped)
      guard line.count - cursor.position - 1 <= longest else { return false }
      var pointer = FieldCursor()
      if let field = pointer.field(line) {
        append(line.extracting(0..<field.lowerBound), to: &pending.row)
        appendZeros(for: line.extracting(field), to: &pending.row)
      }
      append(line.extracting(pointer.position..<cursor.position), to: &pending.row)
      // The name is everything after exactly one blank.
      pending.name = cursor.position < line.count ? (cursor.position + 1..<line.count).map { line[$0] } : nil
    } else if !isCut, !isEscaped, var name = pending.name,
      ProcNetDecoder.mayContinueName(of: name.count, with: line)
    {
      name.append(UInt8(ascii: "\n"))
      append(line, to: &name)
      pending.name = name
    } else {
      // What follows a line that is not part of a name is not part of one either.
      flush(&pending, into: &output)
      return false
    }
    return true
  }

  private mutating func flush(_ pending: inout PendingName, into output: inout [UInt8]) {
    guard !pending.row.isEmpty else { return }
    output.append(contentsOf: pending.row)
    if let name = pending.name {
      output.append(UInt8(ascii: " "))
      output.append(contentsOf: unixName(name))
    }
    output.append(UInt8(ascii: "\n"))
    pending = PendingName()
  }

  private func append(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
    for index in bytes.indices { output.append(bytes[index]) }
  }
}
