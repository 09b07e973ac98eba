package import SocketModel

/// Decodes `/proc/net/stat/nf_conntrack` (`net/netfilter/nf_conntrack_standalone.c`,
/// `ct_cpu_seq_show`): a line of names, then a line of hexadecimal numbers for each processor.
extension ConntrackCounts {
  /// The name of the table below `net`.
  package static let tableName = "stat/nf_conntrack"

  /// Parses the file's content and adds up the processors.
  ///
  /// - Throws: ``DecodeError`` when it lacks the names or has anything else than numbers below them.
  package init(parsing bytes: Span<UInt8>) throws(DecodeError) {
    self.init()
    let lines = (0..<bytes.count).map { bytes[$0] }.split(separator: UInt8(ascii: "\n"))
    func words(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
      line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    }
    let names = lines.first.map { words($0).map { String(decoding: $0, as: UTF8.self) } } ?? []
    guard let drops = names.firstIndex(of: "drop"), let insertFailed = names.firstIndex(of: "insert_failed"),
      let earlyDrops = names.firstIndex(of: "early_drop")
    else { throw DecodeError("nf_conntrack", "expected a line with the names of the counters", in: bytes) }
    for line in lines.dropFirst() {
      let numbers = words(line).map { UInt32(String(decoding: $0, as: UTF8.self), radix: 16) }
      guard numbers.count == names.count, let dropped = numbers[drops], let failed = numbers[insertFailed],
        let early = numbers[earlyDrops]
      else { throw DecodeError("nf_conntrack", "expected as many hexadecimal numbers as names", in: bytes) }
      self.drops += UInt64(dropped)
      self.insertFailed += UInt64(failed)
      self.earlyDrops += UInt64(early)
    }
  }
}
