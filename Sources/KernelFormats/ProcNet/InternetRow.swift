import SocketModel

/// A row of `/proc/net/tcp`, `udp`, `raw`, `icmp` and their IPv6 forms.
///
/// All have these columns up to the inode:
/// `sl: local:port remote:port st tx:rx tr:when retrnsmt uid timeout inode`. tcp adds figures that
/// sock_diag reports better, except for TIME_WAIT and SYN_RECV (`get_timewait4_sock`,
/// `get_openreq4`), whose rows end early; the others add `ref pointer drops`, the last since Linux
/// 2.6.27.
struct InternetRow: ProcNetRow {
  let transport: Transport
  let family: AddressFamily
  let byteOrder: ByteOrder
  let ticksPerSecond: UInt64
  let socketType: SocketType
  /// Whether there is a column with the inode, according to the header.
  var hasInode = true
  /// Whether a number after the pointer is the count of dropped packets, according to the header.
  var hasDrops = true

  /// Decodes the row that begins under the cursor, and leaves the cursor after the last column that
  /// was needed.
  @inline(__always)
  func decode(_ cursor: inout LineCursor, _ bytes: Span<UInt8>) throws(RowError) -> SocketRecord {
    cursor.skipBlanks(bytes)
    guard cursor.decimal(bytes) != nil, cursor.take(UInt8(ascii: ":"), bytes) else {
      throw RowError("sl", .numberAndColon)
    }
    var record = SocketRecord(transport: transport, family: family, state: .unconnected)
    (record.localBits, record.localPort) = try endpoint(&cursor, bytes, "local address", "local port")
    (record.remoteBits, record.remotePort) = try endpoint(&cursor, bytes, "remote address", "remote port")
    let number = try column(&cursor, bytes, "st", digits: 2)
    record.state = try state(number)

    cursor.skipBlanks(bytes)
    guard let send = cursor.word(bytes), cursor.take(UInt8(ascii: ":"), bytes) else { throw queueError("tx_queue") }
    guard let receive = cursor.word(bytes), cursor.isAtTokenEnd(bytes) else { throw queueError("rx_queue") }
    cursor.skipBlanks(bytes)
    guard let timer = cursor.hexadecimal(bytes), cursor.take(UInt8(ascii: ":"), bytes),
      let when = cursor.hexadecimal(bytes),
      cursor.isAtTokenEnd(bytes)
    else { throw RowError("tr:tm->when", .twoHexadecimalNumbers) }
    cursor.skipBlanks(bytes)
    guard let retransmits = cursor.word(bytes), cursor.isAtTokenEnd(bytes) else { throw queueError("retrnsmt") }
    let uid = try decimalColumn(&cursor, bytes, "uid")
    let probes = try decimalColumn(&cursor, bytes, "timeout")
    var inode: UInt64 = 0
    record.known = .socketType
    if hasInode {
      inode = try inodeColumn(&cursor, bytes, "inode")
      record.known = [.inode, .socketType]
    }

    record.inode = inode
    record.socketType = socketType
    setQueues(&record, send: send, receive: receive)
    // Ids have 32 bits; kernels before 3.10 print those from 2^31 on as negative numbers.
    record.uid = UInt32(truncatingIfNeeded: uid)
    let isMiniSocket = record.state == .timeWait || record.state == .synRecv
    // For the kernel a socket without a file has no user, and it prints 0; but a number other than
    // 0 is valid.
    if !(isMiniSocket && transport.hasTCPStates), inode != 0 || uid != 0 { record.known.insert(.uid) }
    if transport.hasTCPStates {
      setTimer(&record, timer: timer.value, when: when, retransmits: retransmits, probes: probes)
    } else if hasDrops {
      setDrops(&record, &cursor, bytes)
    }
    return record
  }

  @inline(__always)
  private func endpoint(
    _ cursor: inout LineCursor, _ bytes: Span<UInt8>, _ address: StaticString, _ port: StaticString
  ) throws(RowError) -> (UInt128, UInt16) {
    cursor.skipBlanks(bytes)
    var bits: UInt128 = 0
    if family == .ipv4 {
      guard let word = addressWord(&cursor, bytes), cursor.take(UInt8(ascii: ":"), bytes) else {
        throw RowError(address, .hexadecimalDigitsAndColon(8))
      }
      bits = UInt128(word)
    } else {
      guard let first = addressWord(&cursor, bytes), let second = addressWord(&cursor, bytes),
        let third = addressWord(&cursor, bytes), let fourth = addressWord(&cursor, bytes),
        cursor.take(UInt8(ascii: ":"), bytes)
      else { throw RowError(address, .hexadecimalDigitsAndColon(32)) }
      bits = UInt128(UInt64(first) << 32 | UInt64(second)) << 64 | UInt128(UInt64(third) << 32 | UInt64(fourth))
    }
    guard let number = cursor.hexadecimal(bytes), number.digits == 4, cursor.isAtTokenEnd(bytes) else {
      throw RowError(port, .hexadecimalDigits(4))
    }
    return (bits, UInt16(truncatingIfNeeded: number.value))
  }

  /// Decodes a word of an address. The kernel prints its four bytes as one native number, so only a
  /// little-endian kernel swaps them.
  @inline(__always)
  private func addressWord(_ cursor: inout LineCursor, _ bytes: Span<UInt8>) -> UInt32? {
    guard let swapped = cursor.swappedWord(bytes) else { return nil }
    return byteOrder == .little ? swapped : swapped.byteSwapped
  }

  @inline(__always)
  private func column(
    _ cursor: inout LineCursor, _ bytes: Span<UInt8>, _ name: StaticString, digits: Int
  ) throws(RowError) -> UInt64 {
    cursor.skipBlanks(bytes)
    guard let number = cursor.hexadecimal(bytes), number.digits == digits, cursor.isAtTokenEnd(bytes) else {
      throw RowError(name, .hexadecimalDigits(2))
    }
    return number.value
  }

  private func queueError(_ name: StaticString) -> RowError { RowError(name, .hexadecimalDigits(8)) }

  @inline(__always)
  private func state(_ number: UInt64) throws(RowError) -> SocketState {
    if transport.hasTCPStates {
      // 12 is NEW_SYN_RECV, which the kernel itself prints as 3.
      if number == 12 { return .synRecv }
      guard number <= 11, let state = SocketState(rawValue: UInt8(truncatingIfNeeded: number)) else {
        throw RowError("st", .state(upTo: 12))
      }
      return state
    }
    // Only "has a peer" has a meaning here; without a peer the number is 07.
    guard number >= 1, number <= 13 else { throw RowError("st", .state(upTo: 13)) }
    return number == 1 ? .connected : .unconnected
  }

  @inline(__always)
  private func setQueues(_ record: inout SocketRecord, send: UInt32, receive: UInt32) {
    // The queues are read without a lock, and a difference taken at a bad moment is negative: then
    // the length is not known.
    record.receiveQueue = receive
    record.sendQueue = send
    if receive <= UInt32(Int32.max) { record.known.insert(.receiveQueue) }
    // The limit of a listener's accept queue is not in /proc; the kernel prints 0.
    if send <= UInt32(Int32.max), !(transport.hasTCPStates && record.state == .listen) {
      record.known.insert(.sendQueue)
    }
  }

  @inline(__always)
  private func setTimer(
    _ record: inout SocketRecord, timer: UInt64, when: (value: UInt64, digits: Int), retransmits: UInt32, probes: Int64
  ) {
    if timer <= 5, let timer = SocketTimer(rawValue: UInt8(truncatingIfNeeded: timer)) {
      record.known.insert(.timer)
      record.timer = timer
      if timer != .off, when.value != 0 {
        // A timer that is already due counts as 0: kernels before 3.12 print its time as a negative
        // number of 8 or 16 digits.
        let isOverdue = when.value >> UInt64(when.digits > 8 ? 63 : 31) != 0
        let (product, overflow) = when.value.multipliedReportingOverflow(by: 1000)
        let milliseconds = overflow ? UInt64.max : product / ticksPerSecond
        record.timerMilliseconds = isOverdue ? 0 : UInt32(clamping: milliseconds)
      }
    }
    // TIME_WAIT and an orphan in FIN_WAIT2 neither send nor probe, and SYN_RECV does not probe:
    // their zeros are constants.
    guard record.state != .timeWait, timer != SocketTimer.timeWait.rawValue else { return }
    record.retransmits = UInt8(clamping: retransmits)
    record.known.insert(.retransmits)
    guard record.state != .synRecv else { return }
    record.probes = UInt8(clamping: probes)
    record.known.insert(.probes)
  }

  /// Decodes `ref pointer drops`. Rows of kernels before 2.6.27 and cut rows end earlier: then the
  /// drops are unknown.
  @inline(__always)
  private func setDrops(_ record: inout SocketRecord, _ cursor: inout LineCursor, _ bytes: Span<UInt8>) {
    for _ in 0..<2 {
      cursor.skipBlanks(bytes)
      guard cursor.skipToken(bytes) else { return }
    }
    cursor.skipBlanks(bytes)
    // The counter is signed in kernels before 4.19 or so and wraps at 2^31: a negative number has
    // the low 32 bits of the count.
    guard let drops = cursor.signedDecimal(bytes), cursor.isAtTokenEnd(bytes),
      Int64(Int32.min)...Int64(UInt32.max) ~= drops
    else { return }
    record.drops = UInt32(truncatingIfNeeded: drops)
    record.known.insert(.drops)
  }
}
