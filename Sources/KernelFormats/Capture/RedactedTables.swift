import SocketModel

extension Redaction {
  /// A table of `/proc/net` with substitutes for its addresses, users and unix names.
  ///
  /// Only rows that have the form of the table are kept, for nobody knows what else a line may hold; they may be decoded as the originals.
  public mutating func table(_ table: ProcNetTable, _ bytes: Span<UInt8>) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    var names = PendingName()
    var start = 0
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != 0x0A { end += 1 }
      let line = bytes.extracting(start..<end)
      if start == 0, ProcNetTable.recognise(header: line) != nil {
        append(line, to: &output)
        output.append(0x0A)
      } else {
        switch table {
        case .unix: unixLine(line, &names, into: &output)
        case .packet: columnsLine(line, addresses: [], user: 7, table, into: &output)
        case .netlink: columnsLine(line, addresses: [], user: nil, table, into: &output)
        default: columnsLine(line, addresses: [1, 2], user: 7, table, into: &output)
        }
      }
      start = end + 1
    }
    flush(&names, into: &output)
    return output
  }

  /// A row of columns between blanks; of it the addresses and the user are replaced, and nothing but short columns is let through.
  private mutating func columnsLine(
    _ line: Span<UInt8>, addresses: [Int], user: Int?, _ table: ProcNetTable, into output: inout [UInt8]
  ) {
    let begin = output.count
    var cursor = FieldCursor()
    var column = 0
    var copied = 0
    while let field = cursor.field(line) {
      append(line.extracting(copied..<field.lowerBound), to: &output)
      let text = line.extracting(field)
      copied = field.upperBound
      if addresses.contains(column) {
        guard let substitute = endpoint(text, table.family) else { return output.removeLast(output.count - begin) }
        output.append(contentsOf: substitute)
      } else if column == user {
        guard let uid = decimalNumber(text).flatMap({ UInt32(exactly: $0) }) else {
          return output.removeLast(output.count - begin)
        }
        output.append(contentsOf: "\(self.user(uid))".utf8)
      } else {
        // Numbers in any base, the kernel's pointer, `tx:rx` and `quick|pingpong`. Nothing of it is longer than 32 bytes.
        guard isNumeric(text) else { return output.removeLast(output.count - begin) }
        append(text, to: &output)
      }
      column += 1
    }
    guard column > (addresses.last ?? user ?? 8) else { return output.removeLast(output.count - begin) }
    append(line.extracting(copied..<line.count), to: &output)
    output.append(0x0A)
  }

  private func isNumeric(_ text: Span<UInt8>) -> Bool {
    guard text.count <= 32 else { return false }
    for index in text.indices {
      switch text[index] {
      case 0x30...0x39, 0x41...0x46, 0x61...0x66, 0x3A, 0x2D, 0x7C: continue
      // "(null)", an unhashed pointer of old kernels.
      case 0x28, 0x29, 0x6E, 0x75, 0x6C: continue
      default: return false
      }
    }
    return true
  }

  /// `ADDRESS:PORT` with a substitute for the address; `nil` when it does not have that form.
  private mutating func endpoint(_ text: Span<UInt8>, _ family: AddressFamily) -> [UInt8]? {
    let words = family == .ipv4 ? 1 : 4
    guard text.count > words * 8, text[words * 8] == 0x3A else { return nil }
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
      output.append(contentsOf: repeatElement(0x30, count: 8 - digits.utf8.count))
      output.append(contentsOf: digits.utf8)
    }
    let port = text.extracting((words * 8)..<text.count)
    guard port.count <= 9, isNumeric(port) else { return nil }
    append(port, to: &output)
    return output
  }

  // MARK: Unix sockets

  /// A row of the unix table whose name may go on in the next line.
  private struct PendingName {
    var row: [UInt8] = []
    var name: [UInt8]?
  }

  private mutating func unixLine(_ line: Span<UInt8>, _ pending: inout PendingName, into output: inout [UInt8]) {
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
      append(line.extracting(0..<cursor.position), to: &pending.row)
      // The name is everything behind exactly one blank.
      pending.name = cursor.position < line.count ? (cursor.position + 1..<line.count).map { line[$0] } : nil
    } else if var name = pending.name, name.count + line.count < ProcNetDecoder.longestUnixName {
      name.append(0x0A)
      append(line, to: &name)
      pending.name = name
    }
  }

  private mutating func flush(_ pending: inout PendingName, into output: inout [UInt8]) {
    guard !pending.row.isEmpty else { return }
    output.append(contentsOf: pending.row)
    if let name = pending.name {
      output.append(0x20)
      output.append(contentsOf: unixName(name))
    }
    output.append(0x0A)
    pending = PendingName()
  }

  private func append(_ bytes: Span<UInt8>, to output: inout [UInt8]) {
    for index in bytes.indices { output.append(bytes[index]) }
  }
}
